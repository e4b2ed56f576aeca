/* purl.c: personal URLs and what landing pages say (mail/visit.h). Open to everybody, so: a pace per address, nothing about a person but what
 * the campaign gives, and the same answer for codes that are none, of nobody, or of another account than the tracking domain's. */
#include "api/body.h"
#include "api/pace.h"
#include "api/visitor.h"
#include "api/api_private.h"
#include "api/t_js.h"
#include "base/clock.h"
#include "base/log.h"
#include "mail/domain.h"
#include "mail/purl_url.h"

#define PAGE(title, text)                                                                                                      \
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"       \
    "<meta name=\"robots\" content=\"noindex\"><title>" title "</title><p>" text "</p></html>\n"
static const char page_nothing[] = PAGE("Nothing here", "There is nothing at this address.");
static const char page_thanks[] = PAGE("Thank you", "Thank you for your visit. This page has nothing more to show.");
static const char page_slowly[] = PAGE("Too many requests", "Too many requests came from your network. Try again in a minute.");

static void add_headers(struct http_exchange *x)
{
    http_add_header(x, "Cache-Control", "no-store");
    http_add_header(x, "X-Robots-Tag", "noindex");
    http_add_header(x, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
}

static void answer_page(struct http_exchange *x, int status, const char *page)
{
    add_headers(x);
    http_answer(x, status, "text/html; charset=utf-8", str_of(page));
}

/* ---- tracking domains ---- */

/* What a tracking domain serves. */
static bool is_of_visitors(struct str path)
{
    return str_starts(path, STR("/p/")) || str_starts(path, STR("/t/")) || str_eq(path, STR("/t.js"));
}

bool api_door(struct http_exchange *x, void *ctx)
{
    struct api *api = ctx;
    if (http_is_unix(x) || !domain_account(api->config.mail, http_header(x, "Host")) || is_of_visitors(http_path(x)))
        return true;
    answer_page(x, 404, page_nothing);
    return false;
}

/* ---- what all have in common ---- */

static bool is_too_fast(struct http_exchange *x)
{
    uint8_t address[16];
    visitor_address(x, address);
    int64_t wait = pace_take(api_caller(x)->api->pace, address, limit_get(LIMIT_PURL_PER_MINUTE), clock_mono_ms());
    if (!wait) return false;
    http_add_header(x, "Retry-After", arena_printf(http_arena(x), "%lld", (long long)(wait + 999) / 1000));
    return true;
}

static bool find(struct http_exchange *x, struct purl *p, struct fault *f)
{
    int64_t only = http_is_unix(x) ? 0 : domain_account(api_mail(x), http_header(x, "Host"));
    return purl_find(api_mail(x), http_arena(x), http_param(x, "code"), only, p, f);
}

static struct str agent_of(struct http_exchange *x)
{
    struct str agent = http_header(x, "User-Agent");
    return agent.ptr ? agent : STR("");
}

/* ---- GET /p/{code} ---- */

/* A visit that cannot be written down is the operator's trouble, not the visitor's. */
static int64_t open_visit(struct http_exchange *x, const struct purl *p)
{
    struct visit v = {.purl = p, .agent = agent_of(x)};
    struct fault f;
    const char *here = p->starting_url.ptr
                           ? purl_location(http_arena(x), p->starting_url, http_param(x, "code"), 0, http_query_text(x))
                           : arena_strz(http_arena(x), http_path(x).ptr);
    v.url = purl_page(http_arena(x), str_of(here));
    v.is_known_visitor = visitor_of_cookie(x, v.visitor);
    if (!visit_open(api_mail(x), &v, &f)) {
        log_warning("purl", "A visit to piece %lld was not counted: %s", (long long)p->piece_id, f.text);
        return 0;
    }
    if (v.is_counted && !v.is_known_visitor) visitor_set_cookie(x, v.visitor);
    return v.visit_id;
}

void handle_purl(struct http_exchange *x)
{
    struct purl p;
    struct fault f;
    if (is_too_fast(x)) {
        answer_page(x, 429, page_slowly);
        return;
    }
    if (!find(x, &p, &f)) {
        if (f.whose != FAULT_USER)
            http_fail_fault(x, &f);
        else
            answer_page(x, 404, page_nothing);
        return;
    }
    int64_t visit = visitor_counts(x, api_mail(x)) ? open_visit(x, &p) : 0;
    if (!p.starting_url.ptr) {
        answer_page(x, 200, page_thanks);
        return;
    }
    http_add_header(x, "Location",
                    purl_location(http_arena(x), p.starting_url, http_param(x, "code"), visit, http_query_text(x)));
    add_headers(x);
    http_answer(x, 302, "text/plain; charset=utf-8", STR(""));
}

/* ---- /t.js and /t/{code}: pages of other sites ask, so they are let (CORS); no cookie and no key counts here ---- */

void handle_landing_script(struct http_exchange *x)
{
    http_add_header(x, "Cache-Control", "public, max-age=3600");
    http_add_header(x, "Access-Control-Allow-Origin", "*");
    http_answer(x, 200, "text/javascript; charset=utf-8", STR(T_JS));
}

static bool begin_landing(struct http_exchange *x, struct purl *p)
{
    struct fault f;
    bool is_fast = is_too_fast(x);
    http_add_header(x, "Access-Control-Allow-Origin", "*");
    http_add_header(x, "Cache-Control", "no-store");
    if (is_fast)
        http_fail(x, 429, "Too many requests. Try again in a minute.");
    else if (!find(x, p, &f))
        http_fail_fault(x, &f);
    else
        return true;
    return false;
}

void handle_landing_get(struct http_exchange *x)
{
    struct purl p;
    struct fault f;
    struct reply r;
    if (!begin_landing(x, &p)) return;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_object(j, "fields");
    if (request_failed(x, purl_fields(&p, http_arena(x), j, &f), &f)) {
        buf_finish(&r.buf);
        return;
    }
    json_end(j);
    json_end(j);
    reply_end(&r, 200);
}

/* {"visit":"4711","url":"https://…"}: the visit may be empty. */
static bool read_report(struct http_exchange *x, struct visit *v, struct fault *f)
{
    struct json_value root;
    if (!body_parse(x, false, &root, f)) return false;
    struct json_value visit = json_get(root, "visit"), url = json_get(root, "url");
    bool is_number = visit.type != JSON_STRING || str_is_empty(visit.string) ||
                     (str_to_int64(visit.string, &v->visit_id) && v->visit_id > 0);
    if (!is_number) return fault_user(f, 400, "visit is the number in the address's parameter " PURL_PARAMETER ", or empty.");
    if (url.type != JSON_STRING || url.string.len > (size_t)limit_get(LIMIT_PURL_BODY_BYTES) ||
        !(str_starts(url.string, STR("http://")) || str_starts(url.string, STR("https://"))))
        return fault_user(f, 400, "url is the http or https address of the page that was seen.");
    v->url = purl_page(http_arena(x), url.string);
    size_t most = (size_t)limit_get(LIMIT_URL_MAX_BYTES);
    return v->url.len <= most || fault_user(f, 400, "url is longer than %zu bytes.", most);
}

void handle_landing_post(struct http_exchange *x)
{
    struct purl p;
    struct fault f;
    struct visit v = {.purl = &p, .agent = agent_of(x)};
    if (!begin_landing(x, &p)) return;
    bool ok = read_report(x, &v, &f) && (!visitor_counts(x, api_mail(x)) || visit_report(api_mail(x), &v, &f));
    if (!request_failed(x, ok, &f)) http_answer(x, 204, "text/plain; charset=utf-8", STR(""));
}
