/* http_request.c: what a handler asks of its exchange. Any thread that has the exchange may ask, until it released it: the
 * library leaves a suspended connection alone. */
#include "base/digest.h"
#include "net/http_private.h"
#include "net/url.h"

enum http_method http_method(const struct http_exchange *x) { return x->method; }
struct str http_path(const struct http_exchange *x) { return x->path; }
bool http_is_unix(const struct http_exchange *x) { return x->conn->port->is_unix; }

const struct sockaddr *http_peer(const struct http_exchange *x)
{
    return MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
}
const struct http_route *http_route(const struct http_exchange *x) { return x->route; }
struct arena *http_arena(struct http_exchange *x) { return x->arena; }
int http_status(const struct http_exchange *x) { return x->status; }
void http_set_user(struct http_exchange *x, void *user) { x->user = user; }
void *http_user(const struct http_exchange *x) { return x->user; }
struct http_server *http_server_of(struct http_exchange *x) { return x->server; }

struct str http_param(struct http_exchange *x, const char *name)
{
    if (!x->route) return STR("");
    struct str rest = str_of(x->route->pattern + 1), want = str_of(name);
    for (int i = 0; rest.ptr && i < x->n_segments; i++) {
        struct str segment = str_cut(rest, '/', &rest);
        if (segment.len == want.len + 2 && segment.ptr[0] == '{' && memcmp(segment.ptr + 1, want.ptr, want.len) == 0)
            return x->segments[i];
    }
    return STR("");
}

struct str http_query(struct http_exchange *x, const char *name)
{
    struct str rest = x->query, want = str_of(name);
    while (rest.ptr) {
        struct str value, pair = str_cut(rest, '&', &rest);
        struct str key = url_decode(x->arena, str_cut(pair, '=', &value), true);
        if (!key.ptr || !str_eq(key, want)) continue;
        return value.ptr ? url_decode(x->arena, value, true) : STR("");
    }
    return STR_NULL;
}

struct str http_query_text(const struct http_exchange *x) { return x->query; }

struct str http_header(struct http_exchange *x, const char *name)
{
    return str_of(MHD_lookup_connection_value(x->mhd, MHD_HEADER_KIND, name));
}

struct str http_basic_user(struct http_exchange *x)
{
    struct str value = http_header(x, "Authorization"), rest;
    if (!value.ptr || value.len < 6 || !str_eq_nocase(str_make(value.ptr, 6), STR("basic "))) return STR_NULL;
    struct str pair = base64_decode(x->arena, str_trim(str_make(value.ptr + 6, value.len - 6)));
    if (!pair.ptr || memchr(pair.ptr, '\0', pair.len)) return STR_NULL;
    struct str user = str_cut(pair, ':', &rest);
    return rest.ptr ? user : STR_NULL;
}
