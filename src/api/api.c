/* api.c: the table of routes, who may ask for them, and how an error looks. One per server; lives as long as the server. */
#include "api/api_private.h"
#include "api/outward.h"
#include "api/pace.h"
#include "account/session.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/settings.h"
#include <stdatomic.h>
#include <stdlib.h>

static const struct {
    struct http_route route;
    enum limit max_body;
    struct route_info info;
} table[] = {
#define ROUTE(method, pattern, handler, flags, limit, who, summary)                                                            \
    {{HTTP_##method, pattern, handler, flags, 0, NULL}, LIMIT_##limit, {who, summary}},
#include "api/routes.def"
#undef ROUTE
};
enum { N_ROUTES = sizeof table / sizeof *table };

bool api_check_settings(struct fault *f)
{
    struct rate r;
    if (rate_parse(str_of(setting_get(SETTING_API_RATE_LIMIT)), &r, f)) return true;
    struct fault why = *f;
    return fault_user(f, 0, "api.rate_limit: %s", why.text);
}

struct api *api_create(const struct api_config *c)
{
    struct api *a = calloc(1, sizeof *a);
    struct fault f;
    ASSERT(a);
    a->config = *c;
    bool is_rate = rate_parse(str_of(setting_get(SETTING_API_RATE_LIMIT)), &a->rate, &f);
    ASSERT(is_rate); /* api_check_settings */
    a->arena = arena_create(8192);
    a->pace = pace_create();
    a->hook_pace = pace_create();
    a->outward = outward_create((int)limit_get(LIMIT_HTTP_POOL_THREADS));
    a->disk_asked_ms = a->disk_said_ms = INT64_MIN / 2;
    return a;
}

void api_destroy(struct api **ap)
{
    struct api *a = *ap;
    if (!a) return;
    arena_destroy(&a->arena);
    pace_destroy(&a->pace);
    pace_destroy(&a->hook_pace);
    outward_destroy(&a->outward);
    free(a);
    *ap = NULL;
}

const struct http_route *api_routes(struct api *a, const struct http_route *extra, size_t n_extra, size_t *n)
{
    *n = N_ROUTES + n_extra;
    struct http_route *routes = ARENA_ARRAY(a->arena, struct http_route, *n);
    for (size_t i = 0; i < N_ROUTES; i++) {
        routes[i] = table[i].route;
        routes[i].max_body = limit_get(table[i].max_body);
        routes[i].info = &table[i].info;
    }
    if (n_extra) memcpy(routes + N_ROUTES, extra, sizeof *extra * n_extra);
    return a->routes = routes;
}

/* ---- who asks ---- */

static bool is_reading(struct http_exchange *x) { return http_method(x) == HTTP_GET || http_method(x) == HTTP_HEAD; }

/* A browser keeps the key of the status page and sends it along with whatever another site makes it send. Such a request names its
 * page in Origin; programs send none. */
static bool comes_from_elsewhere(struct http_exchange *x)
{
    struct str origin = http_header(x, "Origin"), host = http_header(x, "Host");
    if (!origin.ptr || is_reading(x)) return false;
    bool has_scheme = str_starts(origin, STR("http://")) || str_starts(origin, STR("https://"));
    return !has_scheme || !str_ends(origin, host) || host.len + 2 >= origin.len ||
           memcmp(origin.ptr + origin.len - host.len - 2, "//", 2) != 0;
}

static bool refuse_caller(struct http_exchange *x)
{
    http_add_header(x, "WWW-Authenticate", "Basic realm=\"api\"");
    http_fail(x, 401, "Invalid API key. User authentication failed");
    return false;
}

static bool operator_caller(struct http_exchange *x, struct caller *c, enum route_who who)
{
    struct str name = http_header(x, "X-Account");
    c->is_operator = true;
    if (who == WHO_OPERATOR || who == WHO_ANYONE || (who == WHO_FEED && !name.ptr)) return true;
    if (!name.ptr) {
        http_fail(x, 400, "This belongs to an account: name it in the header X-Account (pennypost: --account ID).");
        return false;
    }
    if (str_to_int64(name, &c->account_id) && accounts_exists(c->api->config.accounts, c->account_id)) return true;
    http_fail(x, 404, "There is no account %.*s.", STR_ARG(name));
    return false;
}

/* Everything beside the API is a page of the house. */
static bool is_page(struct http_exchange *x)
{
    return !str_starts(http_path(x), STR("/api/")) && !str_starts(http_path(x), STR("/v1/"));
}

static bool is_too_fast(struct http_exchange *x, const struct caller *c, struct str key)
{
    struct rate rate;
    int64_t wait_us = accounts_take(c->api->config.accounts, key, c->api->rate, &rate);
    char text[RATE_TEXT_BYTES];
    if (!wait_us) return false;
    int64_t seconds = (wait_us + 999999) / 1000000;
    rate_write(rate, text);
    http_add_header(x, "Retry-After", arena_printf(http_arena(x), "%lld", (long long)seconds));
    http_fail(x, 429, "Too many requests: this key may make %s. Try again in %lld s.", text, (long long)seconds);
    return true;
}

/* An agency's key may act for a sub-account of its own. */
static bool acts_for(struct http_exchange *x, struct caller *c)
{
    struct str name = http_header(x, "X-Account");
    int64_t id;
    c->account_id = c->key_account;
    if (!name.ptr) return true;
    if (str_to_int64(str_trim(name), &id) &&
        (id == c->key_account || accounts_is_child(c->api->config.accounts, c->key_account, id))) {
        c->account_id = id;
        return true;
    }
    http_fail(x, 404, "There is no account %.*s.", (int)(name.len > 40 ? 40 : name.len), name.ptr);
    return false;
}

static bool key_caller(struct http_exchange *x, struct caller *c, enum route_who who)
{
    struct accounts *accounts = c->api->config.accounts;
    struct str key = http_basic_user(x);
    if (who == WHO_ANYONE) return true;
    if (who == WHO_FEED && !key.ptr && feed_is_allowed(http_peer(x), str_of(setting_get(SETTING_USPS_PUSH_FROM)))) return true;
    if (key.ptr)
        c->key_account = accounts_by_key(accounts, key, c->key_hint);
    else if (is_page(x) && is_reading(x))
        c->key_account = session_account(accounts, login_cookie(x));
    if (!c->key_account) return refuse_caller(x);
    if (!is_page(x) && is_too_fast(x, c, key)) return false;
    if (who != WHO_OPERATOR && who != WHO_OPERATOR_FOR) return acts_for(x, c);
    http_fail(x, 403, "Only the operator may do this, over the socket of the server's own machine.");
    return false;
}

bool api_before(struct http_exchange *x, void *api)
{
    const struct route_info *info = http_route(x)->info;
    enum route_who who = info ? info->who : WHO_KEY;
    struct caller *c = ARENA_NEW(http_arena(x), struct caller);
    c->api = api;
    http_set_user(x, c);
    if (http_is_unix(x)) return operator_caller(x, c, who);
    if (!key_caller(x, c, who)) return false;
    if (who == WHO_ANYONE || !comes_from_elsewhere(x)) return true; /* what needs no key cannot misuse one */
    http_fail(x, 403, "A page of another site may not do this.");
    return false;
}

/* ---- for handlers ---- */

struct caller *api_caller(struct http_exchange *x) { return http_user(x); }
struct store *api_store(struct http_exchange *x) { return api_caller(x)->api->config.store; }
struct mail *api_mail(struct http_exchange *x) { return api_caller(x)->api->config.mail; }
struct outbox *api_outbox(struct http_exchange *x) { return api_caller(x)->api->config.outbox; }
const struct link_house *api_links(struct http_exchange *x) { return api_caller(x)->api->config.links; }

const struct connector *api_connector_of(struct http_exchange *x, int kind)
{
    const struct api_config *c = &api_caller(x)->api->config;
    return connector_of(c->connectors, c->n_connectors, kind);
}

struct accounts *api_accounts(struct http_exchange *x) { return api_caller(x)->api->config.accounts; }
const char *api_data_dir(struct http_exchange *x) { return api_caller(x)->api->config.data_dir; }

int64_t api_account(struct http_exchange *x)
{
    ASSERT(api_caller(x)->account_id != 0);
    return api_caller(x)->account_id;
}

bool api_takes_mail(struct http_exchange *x, struct fault *f)
{
    struct api *a = api_caller(x)->api;
    int64_t now = clock_mono_ms(), least = limit_get(LIMIT_DISK_MIN_FREE_MB);
    if (now - atomic_load(&a->disk_asked_ms) >= 1000) {
        atomic_store(&a->disk_asked_ms, now);
        atomic_store(&a->disk_free_mb, disk_free_mb(a->config.data_dir));
    }
    int64_t mb = atomic_load(&a->disk_free_mb);
    if (mb < 0 || mb >= least) return true;
    if (now - atomic_exchange(&a->disk_said_ms, now) >=
        60000) /* a client that asks in a loop must not write the log full as well */
        log_warning("api", "Only %lld MB are free on the disk and disk.min_free is %lld: nothing is taken in.", (long long)mb,
                    (long long)least);
    return fault_user(f, 503,
                      "The disk is nearly full, so nothing is taken in; nothing of this request was kept. Try again later.");
}
