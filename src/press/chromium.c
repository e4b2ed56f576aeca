/* chromium.c: documents laid out and printed over the debugging pipe, in the press worker. See chromium.h.
 *
 * One document of a head and N bodies: the first is served with the head from an address that exists nowhere, the others are
 * appended by our script in an isolated world. Every request is answered from memory or failed. A body that could disturb
 * another (it hangs below its end, is fixed to every page, brings its own style sheet) is taken out before printing and
 * reported, so that a sheet never shows one person's piece on another's. */
#include "press/chromium.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/log.h"
#include "press/cdp.h"
#include "press/chromium_assets.h"
#include "press/chromium_script.h"
#include "press/pdf_import.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK_BYTES (1u << 20) /* of bodies, in one call */

struct chromium {
    int to_fd, from_fd;
    struct cdp *cdp;
    struct chromium_assets *assets; /* of the document at hand, with what was missing */
    char late[200];
    int documents;
};

/* The document at hand. */
struct job {
    struct chromium *c;
    const struct chromium_document *d;
    struct arena *arena;
    struct chromium_sheet *sheet;
    struct str context, target, session, frame;
    int64_t world;
    struct buf params; /* of the next call */
    bool was_answered; /* the document's own request */
    bool has_loaded, has_crashed;
    int requests;
};

/* ---- attaching ---- */

struct chromium *chromium_attach(int to_fd, int from_fd, struct fault *f)
{
    struct chromium *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->to_fd = to_fd, c->from_fd = from_fd;
    c->cdp = cdp_create(to_fd, from_fd);
    c->assets = chromium_assets_create();
    cdp_set_deadline(c->cdp, clock_mono_ms() + limit_get(LIMIT_PRESS_CHROMIUM_TIMEOUT_S) * 1000, NULL);
    if (!cdp_call(c->cdp, "Browser.getVersion", STR_NULL, NULL, f)) chromium_detach(&c);
    return c;
}

void chromium_detach(struct chromium **cp)
{
    struct chromium *c = *cp;
    *cp = NULL;
    if (!c) return;
    cdp_destroy(&c->cdp);
    chromium_assets_destroy(&c->assets);
    close(c->to_fd);
    close(c->from_fd);
    free(c);
}

int chromium_missing(struct chromium *c, const struct str **addresses) { return chromium_assets_missing(c->assets, addresses); }

int chromium_documents(const struct chromium *c) { return c->documents; }

/* ---- calls ---- */

static struct json_out params_begin(struct job *j)
{
    buf_clear(&j->params);
    struct json_out o = json_out_begin(&j->params);
    json_object(&o, NULL);
    return o;
}

static bool params_call(struct job *j, struct json_out *o, const char *method, struct json_value *result, struct fault *f)
{
    json_end(o);
    json_out_end(o);
    return cdp_call(j->c->cdp, method, buf_str(&j->params), result, f);
}

static bool plain_call(struct job *j, const char *method, const char *params, struct fault *f)
{
    return cdp_call(j->c->cdp, method, params ? str_of(params) : STR_NULL, NULL, f);
}

/* Opens `function(…)` of our world; the arguments follow. */
static struct json_out world_begin(struct job *j, const char *function)
{
    struct json_out o = params_begin(j);
    json_strz(&o, "functionDeclaration", function);
    json_int(&o, "executionContextId", j->world);
    json_bool(&o, "returnByValue", true);
    json_array(&o, "arguments");
    return o;
}

/* A world that is gone, or a script of ours that failed, is the creative's doing: it left its page or broke the document. */
static bool world_call(struct job *j, struct json_out *o, struct json_value *value, struct fault *f)
{
    struct json_value result;
    struct fault why = {0};
    json_end(o);
    if (!params_call(j, o, "Runtime.callFunctionOn", &result, &why)) {
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

static void world_str(struct json_out *o, struct str s)
{
    json_object(o, NULL);
    json_str(o, "value", s);
    json_end(o);
}

/* ---- what Chromium asks for ---- */

static bool is_late_document(struct job *j, struct str type) { return str_eq(type, STR("Document")) && j->was_answered; }

static void answer_request(struct job *j, struct json_value params)
{
    struct str id = json_get(params, "requestId").string, type = json_get(params, "resourceType").string;
    struct str url = json_get(json_get(params, "request"), "url").string;
    struct buf b = BUF_INIT;
    j->requests++;
    if (str_eq(type, STR("Document")) && !j->was_answered && str_eq(url, str_of(CHROMIUM_ORIGIN))) {
        struct buf text = BUF_INIT;
        buf_add_str(&text, j->d->head);
        buf_add_str(&text, j->d->bodies[0]);
        struct str served = chromium_assets_rewrite(j->c->assets, j->arena, buf_str(&text));
        chromium_answer(&b, id, STR("text/html; charset=utf-8"), served);
        cdp_post(j->c->cdp, "Fetch.fulfillRequest", buf_str(&b));
        buf_finish(&text);
        j->was_answered = true;
    } else if (!is_late_document(j, type) && chromium_assets_answer(j->c->assets, &b, id, url)) {
        cdp_post(j->c->cdp, "Fetch.fulfillRequest", buf_str(&b));
    } else {
        chromium_refuse(&b, id, str_eq(type, STR("Document")) ? "Aborted" : "AddressUnreachable");
        cdp_post(j->c->cdp, "Fetch.failRequest", buf_str(&b));
    }
    buf_finish(&b);
}

static void on_event(void *ctx, struct str method, struct str session, struct json_value params)
{
    struct job *j = ctx;
    if (!str_eq(session, j->session)) return;
    if (str_eq(method, STR("Fetch.requestPaused")))
        answer_request(j, params);
    else if (str_eq(method, STR("Page.loadEventFired")))
        j->has_loaded = true;
    else if (str_eq(method, STR("Inspector.targetCrashed")))
        j->has_crashed = true;
}

static bool pump(struct job *j, int ms, struct fault *f)
{
    if (!cdp_pump(j->c->cdp, ms, f)) return false;
    return !j->has_crashed || fault_user(f, 422, "the creative was stopped: it made Chromium crash, or used too much memory");
}

/* ---- the page ---- */

static struct str keep(struct job *j, struct json_value v, const char *key)
{
    return arena_str(j->arena, json_get(v, key).string);
}

/* A browser context of its own, so that nothing is left of the document before. */
static bool page_open(struct job *j, struct fault *f)
{
    struct json_value r;
    cdp_set_session(j->c->cdp, STR_NULL);
    if (!cdp_call(j->c->cdp, "Target.createBrowserContext", STR_NULL, &r, f)) return false;
    j->context = keep(j, r, "browserContextId");
    struct json_out o = params_begin(j);
    json_strz(&o, "url", "about:blank");
    json_str(&o, "browserContextId", j->context);
    if (!params_call(j, &o, "Target.createTarget", &r, f)) return false;
    j->target = keep(j, r, "targetId");
    o = params_begin(j);
    json_str(&o, "targetId", j->target);
    json_bool(&o, "flatten", true);
    if (!params_call(j, &o, "Target.attachToTarget", &r, f)) return false;
    j->session = keep(j, r, "sessionId");
    cdp_set_session(j->c->cdp, j->session);
    return true;
}

static int page_px(double pt) { return (int)lround(pt * 96 / 72); }

static bool page_prepare(struct job *j, struct fault *f)
{
    struct json_out o = params_begin(j);
    json_int(&o, "width", page_px(j->d->width_pt));
    json_int(&o, "height", page_px(j->d->height_pt));
    json_int(&o, "deviceScaleFactor", 1);
    json_bool(&o, "mobile", false);
    return params_call(j, &o, "Emulation.setDeviceMetricsOverride", NULL, f) && plain_call(j, "Page.enable", NULL, f) &&
           plain_call(j, "Page.setBypassCSP", "{\"enabled\":true}", f) &&
           plain_call(j, "Emulation.setScriptExecutionDisabled", "{\"value\":true}", f) &&
           plain_call(j, "Emulation.setEmulatedMedia", "{\"media\":\"print\"}", f) &&
           plain_call(j, "Fetch.enable", "{\"patterns\":[{\"urlPattern\":\"*\"}]}", f);
}

static bool page_load(struct job *j, struct fault *f)
{
    struct json_value r;
    if (!plain_call(j, "Page.navigate", "{\"url\":\"" CHROMIUM_ORIGIN "\"}", f)) return false;
    while (!j->has_loaded)
        if (!pump(j, 2, f)) return false;
    if (!cdp_call(j->c->cdp, "Page.getFrameTree", STR_NULL, &r, f)) return false;
    j->frame = keep(j, json_get(json_get(r, "frameTree"), "frame"), "id");
    struct json_out o = params_begin(j);
    json_str(&o, "frameId", j->frame);
    json_strz(&o, "worldName", "press");
    if (!params_call(j, &o, "Page.createIsolatedWorld", &r, f)) return false;
    j->world = json_get(r, "executionContextId").integer;
    o = params_begin(j);
    json_strz(&o, "expression", chromium_script);
    json_int(&o, "contextId", j->world);
    return params_call(j, &o, "Runtime.evaluate", NULL, f);
}

static bool page_start(struct job *j, struct fault *f)
{
    struct json_value said;
    struct buf css = BUF_INIT;
    buf_addz(&css, "*{text-rendering:geometricPrecision!important}@page{margin:0!important;size:");
    buf_add_fixed(&css, j->d->width_pt, 3);
    buf_addz(&css, "pt ");
    buf_add_fixed(&css, j->d->height_pt, 3);
    buf_addz(&css, "pt!important}html{overflow:visible!important;margin:0!important;padding:0!important;"
                   "display:block!important;-webkit-print-color-adjust:exact!important}"
                   "body{position:relative!important;break-after:page!important;contain:style!important;anchor-scope:all}"
                   "pp-marks{display:none!important}pp-mark{position:absolute!important;left:0;top:0;width:1px;height:1px}");
    struct json_out o = world_begin(j, "function(css){const s=pp.start(css);if(!s)pp.paint();return s}");
    world_str(&o, buf_str(&css));
    bool ok = world_call(j, &o, &said, f);
    buf_finish(&css);
    return ok && (said.string.len == 0 || fault_user(f, 422, "the creative %.*s", STR_ARG(said.string)));
}

/* Bodies go over by the megabyte, not one by one. */
static bool page_add_bodies(struct job *j, struct fault *f)
{
    for (int i = 1; i < j->d->n_bodies;) {
        struct json_out o = world_begin(j, "function(...a){pp.add(a)}");
        for (size_t n = 0; i < j->d->n_bodies && n < CHUNK_BYTES; i++) {
            world_str(&o, chromium_assets_rewrite(j->c->assets, j->arena, j->d->bodies[i]));
            n += j->d->bodies[i].len;
        }
        if (!world_call(j, &o, NULL, f)) return false;
    }
    return true;
}

static bool page_preload(struct job *j, struct fault *f)
{
    struct json_out o = world_begin(j, "function(...a){pp.preload(a)}");
    int n = 0;
    for (int i = 0; i < j->d->n_assets; i++) {
        const struct chromium_asset *asset = &j->d->assets[i];
        if (!str_starts(asset->media_type, STR("image/"))) continue;
        world_str(&o, chromium_assets_rewrite(j->c->assets, j->arena, arena_str(j->arena, asset->address)));
        n++;
    }
    return world_call(j, &o, NULL, f) && n >= 0;
}

/* ---- verdicts ---- */

static void verdict_set(struct job *j, int i, enum chromium_verdict v, struct str why)
{
    if (i < 0 || i >= j->d->n_bodies || j->sheet->verdict[i] != CHROMIUM_OK) return;
    j->sheet->verdict[i] = v;
    snprintf(j->sheet->why[i], sizeof j->sheet->why[i], "%.*s", STR_ARG(str_make(why.ptr, why.len < 190 ? why.len : 190)));
}

/* Everything is there when no picture and no font is awaited and two looks in a row saw no request. */
static bool page_settle(struct job *j, struct fault *f)
{
    for (int quiet = 0; quiet < 2;) {
        struct json_value v;
        int before = j->requests;
        struct json_out o = world_begin(j, "function(){return pp.state()}");
        if (!world_call(j, &o, &v, f)) return false;
        bool is_ready = json_get(v, "left").integer == 0 && json_get(v, "fonts").boolean;
        if (is_ready && quiet == 1) {
            struct json_iter it = {0};
            for (struct json_value pair; json_next(json_get(v, "broken"), &it, NULL, &pair);) {
                struct json_iter in = {0};
                struct json_value number, url;
                if (!json_next(pair, &in, NULL, &number) || !json_next(pair, &in, NULL, &url)) continue;
                verdict_set(j, (int)number.integer, CHROMIUM_MISSING_ASSET,
                            chromium_assets_name(j->c->assets, j->arena, url.string));
            }
        }
        if (!pump(j, 4, f)) return false;
        quiet = is_ready && j->requests == before ? quiet + 1 : 0;
    }
    return true;
}

/* An address that was asked for in vain is the trouble of the bodies that name it; of all when it stands in the head. */
static void blame_missing(struct job *j)
{
    const struct str *missing;
    int n = chromium_assets_missing(j->c->assets, &missing);
    for (int m = 0; m < n; m++) {
        bool in_head = memmem(j->d->head.ptr ? j->d->head.ptr : "", j->d->head.len, missing[m].ptr, missing[m].len) != NULL;
        bool is_blamed = false;
        for (int i = 0; i < j->d->n_bodies; i++) {
            struct str b = j->d->bodies[i];
            if (!in_head && !memmem(b.ptr, b.len, missing[m].ptr, missing[m].len)) continue;
            verdict_set(j, i, CHROMIUM_MISSING_ASSET, missing[m]);
            is_blamed = true;
        }
        for (int i = 0; !is_blamed && i < j->d->n_bodies; i++) verdict_set(j, i, CHROMIUM_MISSING_ASSET, missing[m]);
    }
}

static bool page_check(struct job *j, struct fault *f)
{
    struct json_value list;
    struct json_out o = world_begin(j, "function(w){return pp.check(w)}");
    json_object(&o, NULL);
    json_int(&o, "value", page_px(j->d->width_pt));
    json_end(&o);
    if (!world_call(j, &o, &list, f)) return false;
    struct json_iter it = {0};
    for (struct json_value row; json_next(list, &it, NULL, &row);) {
        struct json_iter in = {0};
        struct json_value number, kind, words;
        if (!json_next(row, &in, NULL, &number) || !json_next(row, &in, NULL, &kind) || !json_next(row, &in, NULL, &words))
            continue;
        verdict_set(j, (int)number.integer, kind.integer == 2 ? CHROMIUM_CUT : CHROMIUM_ALONE, words.string);
    }
    return true;
}

/* Alone a body may do to the page what it likes. */
static bool is_dropped(const struct job *j, int i) { return j->d->n_bodies > 1 && j->sheet->verdict[i] != CHROMIUM_OK; }

static bool page_finish(struct job *j, int *n_left, struct fault *f)
{
    struct json_out o = world_begin(j, "function(...drop){return pp.finish(drop)}");
    *n_left = 0;
    for (int i = 0; i < j->d->n_bodies; i++) {
        if (!is_dropped(j, i)) {
            (*n_left)++;
            continue;
        }
        json_object(&o, NULL);
        json_int(&o, "value", i);
        json_end(&o);
    }
    return world_call(j, &o, NULL, f);
}

/* ---- printing ---- */

static bool stream_read(struct job *j, struct str handle, struct fault *f)
{
    struct arena *piece = arena_create(2u << 20);
    bool is_good = true;
    for (bool is_end = false; !is_end && is_good;) {
        struct json_value r;
        struct json_out o = params_begin(j);
        json_str(&o, "handle", handle);
        json_int(&o, "size", 1 << 20);
        is_good = params_call(j, &o, "IO.read", &r, f);
        if (!is_good) break;
        arena_reset(piece);
        struct str data = json_get(r, "data").string;
        struct str bytes = json_get(r, "base64Encoded").boolean ? base64_decode(piece, data) : data;
        buf_add_str(&j->sheet->pdf, bytes);
        is_end = json_get(r, "eof").boolean;
    }
    arena_destroy(&piece);
    return is_good;
}

static bool page_print(struct job *j, struct fault *f)
{
    struct json_value r;
    struct json_out o = params_begin(j);
    json_fixed(&o, "paperWidth", j->d->width_pt / 72, 6);
    json_fixed(&o, "paperHeight", j->d->height_pt / 72, 6);
    json_int(&o, "marginTop", 0);
    json_int(&o, "marginBottom", 0);
    json_int(&o, "marginLeft", 0);
    json_int(&o, "marginRight", 0);
    json_bool(&o, "printBackground", true);
    json_bool(&o, "preferCSSPageSize", true);
    json_bool(&o, "generateTaggedPDF", false);
    json_strz(&o, "transferMode", "ReturnAsStream");
    struct fault why = {0};
    if (!params_call(j, &o, "Page.printToPDF", &r, &why)) {
        if (why.whose == FAULT_OURS) return fault_user(f, 422, "the creative was stopped: Chromium could not print it");
        if (f) *f = why;
        return false;
    }
    struct str handle = keep(j, r, "stream");
    if (!handle.len) return fault_operator(f, "Chromium printed nothing");
    return stream_read(j, handle, f);
}

static bool sheet_read(struct job *j, struct fault *f)
{
    struct pdf_source *s = pdf_source_open(buf_str(&j->sheet->pdf), f);
    if (!s) return false;
    j->sheet->n_pages = pdf_source_pages(s);
    pdf_source_destinations(s, "pp-", j->sheet->start_page, j->d->n_bodies);
    pdf_source_close(&s);
    return true;
}

static void deadline_set(struct job *j, const char *what)
{
    int64_t s = limit_get(LIMIT_PRESS_CHROMIUM_TIMEOUT_S);
    snprintf(j->c->late, sizeof j->c->late, "the creative was stopped: it did not finish %s within %lld s", what, (long long)s);
    cdp_set_deadline(j->c->cdp, clock_mono_ms() + s * 1000, j->c->late);
}

static bool job_run(struct job *j, struct fault *f)
{
    int n_left;
    cdp_on_event(j->c->cdp, on_event, j);
    deadline_set(j, "loading");
    if (!page_open(j, f) || !page_prepare(j, f) || !page_load(j, f) || !page_start(j, f) || !page_preload(j, f)) return false;
    if (!page_settle(j, f) || !page_add_bodies(j, f) || !page_settle(j, f)) return false;
    blame_missing(j);
    if (!page_check(j, f) || !page_finish(j, &n_left, f)) return false;
    deadline_set(j, "printing");
    return n_left == 0 || (page_print(j, f) && sheet_read(j, f));
}

static void job_close(struct job *j)
{
    cdp_set_session(j->c->cdp, STR_NULL);
    cdp_on_event(j->c->cdp, NULL, NULL);
    struct json_out o = params_begin(j);
    json_str(&o, "browserContextId", j->context);
    params_call(j, &o, "Target.disposeBrowserContext", NULL, NULL);
}

bool chromium_print(struct chromium *c, const struct chromium_document *d, struct arena *a, struct chromium_sheet *sheet,
                    struct fault *f)
{
    ASSERT(d->n_bodies > 0);
    struct job j = {.c = c, .d = d, .arena = a, .sheet = sheet};
    *sheet = (struct chromium_sheet){.start_page = ARENA_ARRAY(a, int, d->n_bodies),
                                     .verdict = ARENA_ARRAY(a, enum chromium_verdict, d->n_bodies),
                                     .why = arena_alloc(a, sizeof *sheet->why * (size_t)d->n_bodies)};
    for (int i = 0; i < d->n_bodies; i++) sheet->start_page[i] = -1;
    chromium_assets_set(c->assets, d->assets, d->n_assets);
    c->documents++;
    bool ok = job_run(&j, f);
    chromium_assets_forget(c->assets);
    if (ok) job_close(&j);
    cdp_on_event(c->cdp, NULL, NULL);
    buf_finish(&j.params);
    return ok;
}
