/* api.c: the table of routes, who may ask for them, and how an error looks. One per server; lives as long as the server. */
#include "api/api_private.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
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

struct api *api_create(const struct api_config *c)
{
    struct api *a = calloc(1, sizeof *a);
    ASSERT(a);
    a->config = *c;
    a->arena = arena_create(8192);
    a->disk_asked_ms = INT64_MIN / 2;
    return a;
}

void api_destroy(struct api **ap)
{
    struct api *a = *ap;
    if (!a) return;
    arena_destroy(&a->arena);
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
    if (who != WHO_KEY && who != WHO_OPERATOR_FOR) return true;
    if (!name.ptr) {
        http_fail(x, 400, "This belongs to an account: name it in the header X-Account (pennypost: --account ID).");
        return false;
    }
    if (str_to_int64(name, &c->account_id) && accounts_exists(c->api->config.accounts, c->account_id)) return true;
    http_fail(x, 404, "There is no account %.*s.", STR_ARG(name));
    return false;
}

static bool key_caller(struct http_exchange *x, struct caller *c, enum route_who who)
{
    struct str key = http_basic_user(x);
    if (who == WHO_ANYONE) return true;
    if (key.ptr) c->account_id = accounts_by_key(c->api->config.accounts, key, c->key_hint);
    if (!c->account_id) return refuse_caller(x);
    if (who != WHO_OPERATOR && who != WHO_OPERATOR_FOR) return true;
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
    if (!comes_from_elsewhere(x)) return true;
    http_fail(x, 403, "A page of another site may not do this.");
    return false;
}

/* ---- for handlers ---- */

struct caller *api_caller(struct http_exchange *x) { return http_user(x); }
struct store *api_store(struct http_exchange *x) { return api_caller(x)->api->config.store; }
struct mail *api_mail(struct http_exchange *x) { return api_caller(x)->api->config.mail; }
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
    return fault_operator(f, "Only %lld MB are free on the disk and disk.min_free is %lld: no mail is taken.", (long long)mb,
                          (long long)least);
}
