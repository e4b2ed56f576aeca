/* chromium_page.c: one page of the browser, from its opening to its PDF. See chromium_page.h. Every request is answered from memory or
 * failed. */
#include "press/chromium_page.h"
#include "base/digest.h"
#include "base/log.h"
#include "press/chromium_script.h"
#include <math.h>

#define CHUNK_BYTES (1u << 20) /* of bodies, in one call */

/* ---- calls ---- */

static struct json_out params_begin(struct chromium_page *p)
{
    buf_clear(&p->params);
    struct json_out o = json_out_begin(&p->params);
    json_object(&o, NULL);
    return o;
}

static bool params_call(struct chromium_page *p, struct json_out *o, const char *method, struct json_value *result,
                        struct fault *f)
{
    json_end(o);
    json_out_end(o);
    return cdp_call(p->cdp, method, buf_str(&p->params), result, f);
}

static bool plain_call(struct chromium_page *p, const char *method, const char *params, struct fault *f)
{
    return cdp_call(p->cdp, method, params ? str_of(params) : STR_NULL, NULL, f);
}

/* Opens `function(…)` of our world; the arguments follow. */
struct json_out chromium_page_begin(struct chromium_page *p, const char *function)
{
    struct json_out o = params_begin(p);
    json_strz(&o, "functionDeclaration", function);
    json_int(&o, "executionContextId", p->world);
    json_bool(&o, "returnByValue", true);
    json_array(&o, "arguments");
    return o;
}

/* A world that is gone, or a script of ours that failed, is the creative's doing: it left its page or broke the document. */
bool chromium_page_call(struct chromium_page *p, struct json_out *o, struct json_value *value, struct fault *f)
{
    struct json_value result;
    struct fault why = {0};
    json_end(o);
    if (!params_call(p, o, "Runtime.callFunctionOn", &result, &why)) {
        if (why.whose == FAULT_OURS) return fault_user(f, 422, "the creative was stopped: it went away from its page");
        if (f) *f = why;
        return false;
    }
    struct json_value wrong = json_get(result, "exceptionDetails");
    if (wrong.type == JSON_OBJECT)
        return fault_user(f, 422, "the creative cannot be laid out: %.*s",
                          STR_ARG(json_get(json_get(wrong, "exception"), "description").string));
    if (value) *value = json_get(json_get(result, "result"), "value");
    return true;
}

void chromium_page_str(struct json_out *o, struct str s)
{
    json_object(o, NULL);
    json_str(o, "value", s);
    json_end(o);
}

/* ---- what Chromium asks for ---- */

static bool is_late_document(struct chromium_page *p, struct str type)
{
    return str_eq(type, STR("Document")) && p->was_answered;
}

static void answer_request(struct chromium_page *p, struct json_value params)
{
    struct str id = json_get(params, "requestId").string, type = json_get(params, "resourceType").string;
    struct str url = json_get(json_get(params, "request"), "url").string;
    struct buf b = BUF_INIT;
    p->requests++;
    if (str_eq(type, STR("Document")) && !p->was_answered && str_eq(url, str_of(CHROMIUM_ORIGIN))) {
        struct buf text = BUF_INIT;
        buf_add_str(&text, p->d->head);
        buf_add_str(&text, p->d->bodies[0]);
        struct str served = chromium_assets_rewrite(p->assets, p->arena, buf_str(&text));
        chromium_answer(&b, id, STR("text/html; charset=utf-8"), served);
        cdp_post(p->cdp, "Fetch.fulfillRequest", buf_str(&b));
        buf_finish(&text);
        p->was_answered = true;
    } else if (!is_late_document(p, type) && chromium_assets_answer(p->assets, &b, id, url)) {
        cdp_post(p->cdp, "Fetch.fulfillRequest", buf_str(&b));
    } else {
        chromium_refuse(&b, id, str_eq(type, STR("Document")) ? "Aborted" : "AddressUnreachable");
        cdp_post(p->cdp, "Fetch.failRequest", buf_str(&b));
    }
    buf_finish(&b);
}

static void on_event(void *ctx, struct str method, struct str session, struct json_value params)
{
    struct chromium_page *p = ctx;
    if (!str_eq(session, p->session)) return;
    if (str_eq(method, STR("Fetch.requestPaused")))
        answer_request(p, params);
    else if (str_eq(method, STR("Page.loadEventFired")))
        p->has_loaded = true;
    else if (str_eq(method, STR("Inspector.targetCrashed")))
        p->has_crashed = true;
}

bool chromium_page_pump(struct chromium_page *p, int ms, struct fault *f)
{
    if (!cdp_pump(p->cdp, ms, f)) return false;
    return !p->has_crashed || fault_user(f, 422, "the creative was stopped: it made Chromium crash, or used too much memory");
}

/* ---- the page ---- */

static struct str keep(struct chromium_page *p, struct json_value v, const char *key)
{
    return arena_str(p->arena, json_get(v, key).string);
}

/* A browser context of its own, so that nothing is left of the document before. */
static bool page_open(struct chromium_page *p, struct fault *f)
{
    struct json_value r;
    cdp_set_session(p->cdp, STR_NULL);
    if (!cdp_call(p->cdp, "Target.createBrowserContext", STR_NULL, &r, f)) return false;
    p->context = keep(p, r, "browserContextId");
    struct json_out o = params_begin(p);
    json_strz(&o, "url", "about:blank");
    json_str(&o, "browserContextId", p->context);
    if (!params_call(p, &o, "Target.createTarget", &r, f)) return false;
    p->target = keep(p, r, "targetId");
    o = params_begin(p);
    json_str(&o, "targetId", p->target);
    json_bool(&o, "flatten", true);
    if (!params_call(p, &o, "Target.attachToTarget", &r, f)) return false;
    p->session = keep(p, r, "sessionId");
    cdp_set_session(p->cdp, p->session);
    return true;
}

int chromium_page_px(double pt) { return (int)lround(pt * 96 / 72); }

static bool page_prepare(struct chromium_page *p, struct fault *f)
{
    struct json_out o = params_begin(p);
    json_int(&o, "width", chromium_page_px(p->d->width_pt));
    json_int(&o, "height", chromium_page_px(p->d->height_pt));
    json_int(&o, "deviceScaleFactor", 1);
    json_bool(&o, "mobile", false);
    return params_call(p, &o, "Emulation.setDeviceMetricsOverride", NULL, f) && plain_call(p, "Page.enable", NULL, f) &&
           plain_call(p, "Page.setBypassCSP", "{\"enabled\":true}", f) &&
           plain_call(p, "Emulation.setScriptExecutionDisabled", "{\"value\":true}", f) &&
           plain_call(p, "Emulation.setEmulatedMedia", "{\"media\":\"print\"}", f) &&
           plain_call(p, "Fetch.enable", "{\"patterns\":[{\"urlPattern\":\"*\"}]}", f);
}

static bool page_load(struct chromium_page *p, struct fault *f)
{
    struct json_value r;
    if (!plain_call(p, "Page.navigate", "{\"url\":\"" CHROMIUM_ORIGIN "\"}", f)) return false;
    while (!p->has_loaded)
        if (!chromium_page_pump(p, 2, f)) return false;
    if (!cdp_call(p->cdp, "Page.getFrameTree", STR_NULL, &r, f)) return false;
    p->frame = keep(p, json_get(json_get(r, "frameTree"), "frame"), "id");
    struct json_out o = params_begin(p);
    json_str(&o, "frameId", p->frame);
    json_strz(&o, "worldName", "press");
    if (!params_call(p, &o, "Page.createIsolatedWorld", &r, f)) return false;
    p->world = json_get(r, "executionContextId").integer;
    o = params_begin(p);
    json_strz(&o, "expression", chromium_script);
    json_int(&o, "contextId", p->world);
    return params_call(p, &o, "Runtime.evaluate", NULL, f);
}

static bool page_start(struct chromium_page *p, struct fault *f)
{
    struct json_value said;
    struct buf css = BUF_INIT;
    buf_addz(&css, "*{text-rendering:geometricPrecision!important}@page{margin:0!important;size:");
    buf_add_fixed(&css, p->d->width_pt, 3);
    buf_addz(&css, "pt ");
    buf_add_fixed(&css, p->d->height_pt, 3);
    buf_addz(&css, "pt!important}html{overflow:visible!important;margin:0!important;padding:0!important;"
                   "display:block!important;-webkit-print-color-adjust:exact!important}"
                   "body{position:relative!important;break-after:page!important;contain:style!important;anchor-scope:all}"
                   "pp-marks{display:none!important}pp-mark{position:absolute!important;left:0;top:0;width:1px;height:1px}");
    struct json_out o = chromium_page_begin(p, "function(css){const s=pp.start(css);if(!s)pp.paint();return s}");
    chromium_page_str(&o, buf_str(&css));
    bool ok = chromium_page_call(p, &o, &said, f);
    buf_finish(&css);
    return ok && (said.string.len == 0 || fault_user(f, 422, "the creative %.*s", STR_ARG(said.string)));
}

/* Bodies go over by the megabyte, not one by one. */
bool chromium_page_add_bodies(struct chromium_page *p, struct fault *f)
{
    for (int i = 1; i < p->d->n_bodies;) {
        struct json_out o = chromium_page_begin(p, "function(...a){pp.add(a)}");
        for (size_t n = 0; i < p->d->n_bodies && n < CHUNK_BYTES; i++) {
            chromium_page_str(&o, chromium_assets_rewrite(p->assets, p->arena, p->d->bodies[i]));
            n += p->d->bodies[i].len;
        }
        if (!chromium_page_call(p, &o, NULL, f)) return false;
    }
    return true;
}

static bool page_preload(struct chromium_page *p, struct fault *f)
{
    struct json_out o = chromium_page_begin(p, "function(...a){pp.preload(a)}");
    int n = 0;
    for (int i = 0; i < p->d->n_assets; i++) {
        const struct chromium_asset *asset = &p->d->assets[i];
        if (!str_starts(asset->media_type, STR("image/"))) continue;
        chromium_page_str(&o, chromium_assets_rewrite(p->assets, p->arena, arena_str(p->arena, asset->address)));
        n++;
    }
    return chromium_page_call(p, &o, NULL, f) && n >= 0;
}

bool chromium_page_open(struct chromium_page *p, struct fault *f)
{
    cdp_on_event(p->cdp, on_event, p);
    return page_open(p, f) && page_prepare(p, f) && page_load(p, f) && page_start(p, f) && page_preload(p, f);
}

/* ---- printing ---- */

static bool stream_read(struct chromium_page *p, struct str handle, struct buf *pdf, struct fault *f)
{
    struct arena *piece = arena_create(2u << 20);
    bool is_good = true;
    for (bool is_end = false; !is_end && is_good;) {
        struct json_value r;
        struct json_out o = params_begin(p);
        json_str(&o, "handle", handle);
        json_int(&o, "size", 1 << 20);
        is_good = params_call(p, &o, "IO.read", &r, f);
        if (!is_good) break;
        arena_reset(piece);
        struct str data = json_get(r, "data").string;
        struct str bytes = json_get(r, "base64Encoded").boolean ? base64_decode(piece, data) : data;
        buf_add_str(pdf, bytes);
        is_end = json_get(r, "eof").boolean;
    }
    arena_destroy(&piece);
    return is_good;
}

bool chromium_page_print(struct chromium_page *p, struct buf *pdf, struct fault *f)
{
    struct json_value r;
    struct json_out o = params_begin(p);
    json_fixed(&o, "paperWidth", p->d->width_pt / 72, 6);
    json_fixed(&o, "paperHeight", p->d->height_pt / 72, 6);
    json_int(&o, "marginTop", 0);
    json_int(&o, "marginBottom", 0);
    json_int(&o, "marginLeft", 0);
    json_int(&o, "marginRight", 0);
    json_bool(&o, "printBackground", true);
    json_bool(&o, "preferCSSPageSize", true);
    json_bool(&o, "generateTaggedPDF", false);
    json_strz(&o, "transferMode", "ReturnAsStream");
    struct fault why = {0};
    if (!params_call(p, &o, "Page.printToPDF", &r, &why)) {
        if (why.whose == FAULT_OURS) return fault_user(f, 422, "the creative was stopped: Chromium could not print it");
        if (f) *f = why;
        return false;
    }
    struct str handle = keep(p, r, "stream");
    if (!handle.len) return fault_operator(f, "Chromium printed nothing");
    return stream_read(p, handle, pdf, f);
}

void chromium_page_close(struct chromium_page *p)
{
    cdp_set_session(p->cdp, STR_NULL);
    cdp_on_event(p->cdp, NULL, NULL);
    struct json_out o = params_begin(p);
    json_str(&o, "browserContextId", p->context);
    params_call(p, &o, "Target.disposeBrowserContext", NULL, NULL);
}

void chromium_page_finish(struct chromium_page *p)
{
    cdp_on_event(p->cdp, NULL, NULL);
    buf_finish(&p->params);
}
