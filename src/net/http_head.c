/* http_head.c: a request's head: is it sound, which path, which route.
 * Called once per request on its HTTP thread, before the body is read. Whatever is refused here with 400 closes the connection:
 * the bytes behind a head that can be read in two ways belong to nobody. */
#include "net/http_guard.h"
#include "net/http_private.h"
#include "net/url.h"

static const char *const method_names[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OTHER"};

const char *http_method_name(enum http_method m) { return method_names[m]; }

static enum http_method method_of(const char *name)
{
    for (int m = 0; m < HTTP_METHODS; m++)
        if (strcmp(name, method_names[m]) == 0) return (enum http_method)m;
    return HTTP_OTHER;
}

/* The library cuts the head up where it lies and takes a bare CR or LF for a line's end, folds lines, and stops at a NUL. What
 * it hands out does not show that, but where it lies does: between a value and the next name there are exactly CR LF. */
struct head_scan {
    struct http_guard guard;
    const char *next; /* where the next name must begin: behind the line of the previous value, or the request line */
    bool is_odd;
};

/* From version 1 on the library ends a value before the spaces and tabs behind it, writes a NUL over the first, and leaves the others and CR LF. */
static const char *behind_line(const char *value_end)
{
    const char *p = value_end + 1;
    if (MHD_VERSION < 0x01000000) return value_end + 2;
    while (*p == ' ' || *p == '\t') p++;
    return p[0] == '\r' && p[1] == '\n' ? p + 2 : value_end + 2;
}

static enum MHD_Result scan_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value,
                                  size_t value_len)
{
    struct head_scan *scan = cls;
    (void)kind;
    if (name != scan->next) scan->is_odd = true;
    if (!value) return scan->is_odd = true, MHD_NO;
    scan->next = behind_line(value + value_len);
    http_guard_field(&scan->guard, str_make(name, name_len), str_make(value, value_len));
    return MHD_YES;
}

static bool refuse(struct http_exchange *x, int status, const char *why)
{
    x->is_closing = true;
    http_fail(x, status, "%s", why);
    return false;
}

static bool head_is_sound(struct http_exchange *x, const char *method, const char *version)
{
    bool is_11 = strcmp(version, "HTTP/1.1") == 0;
    if (!is_11 && strcmp(version, "HTTP/1.0") != 0)
        return refuse(x, strncmp(version, "HTTP/", 5) == 0 ? 505 : 400, "This server speaks HTTP/1.0 and HTTP/1.1.");
    if (x->raw_uri != method + strlen(method) + 1 || version != x->raw_uri + x->target.len + 1)
        return refuse(x, 400, "The request line is malformed.");
    struct head_scan scan = {.guard = {.is_http_11 = is_11}, .next = version + strlen(version) + 2};
    MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, scan_field, &scan);
    const char *bad = http_guard_end(&scan.guard);
    /* Behind the last line stand CR LF and the head is over: an empty name or a NUL would end it sooner. */
    const union MHD_ConnectionInfo *size = MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!size || scan.next + 2 != method + size->header_size) scan.is_odd = true;
    if (!bad && scan.is_odd) bad = "A header line is folded or does not end in CR LF.";
    return !bad || refuse(x, 400, bad);
}

/* The path and the query of "/path?query" or "http://host/path?query". */
static bool split_target(struct http_exchange *x)
{
    struct str t = x->target;
    struct url_parts parts;
    if (t.len && t.ptr[0] != '/') {
        if (!url_parse(t, &parts)) return false;
        x->target = parts.path;
        x->query = parts.query;
        return true;
    }
    struct str fragment;
    t = str_cut(t, '#', &fragment);
    if (fragment.ptr) return false;
    x->target = str_cut(t, '?', &x->query);
    return x->target.len > 0;
}

static bool has_bad_byte(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7F) return true;
    return false;
}

/* Cuts the path at its slashes first and decodes then, so that %2F is a part of a segment. One slash at the end is tolerated.
 */
static bool split_path(struct http_exchange *x)
{
    struct str rest = str_make(x->target.ptr + 1, x->target.len - 1);
    if (rest.len && rest.ptr[rest.len - 1] == '/') rest.len--;
    x->path = url_decode(x->arena, x->target, false);
    if (!x->path.ptr) return false;
    if (rest.len == 0) rest = STR_NULL;
    while (rest.ptr) {
        struct str segment = url_decode(x->arena, str_cut(rest, '/', &rest), false);
        if (!segment.ptr) return false;
        if (x->n_segments == HTTP_MAX_SEGMENTS) segment = STR(""); /* too deep: no route has an empty segment */
        x->segments[x->n_segments < HTTP_MAX_SEGMENTS ? x->n_segments++ : HTTP_MAX_SEGMENTS - 1] = segment;
    }
    return true;
}

static void fail_no_route(struct http_exchange *x)
{
    unsigned methods = http_routes_methods(x->server->routes, x->segments, x->n_segments);
    const struct http_config *c = &x->server->config;
    if (!methods) {
        if (c->nothing_here && c->nothing_here(x, c->ctx)) return;
        http_fail(x, 404, "There is nothing at %.*s.", STR_ARG(x->path));
        return;
    }
    struct buf allow = BUF_INIT;
    for (int m = 0; m < HTTP_METHODS; m++)
        if (methods & 1U << m) buf_addf(&allow, "%s%s", allow.len ? ", " : "", method_names[m]);
    http_add_header(x, "Allow", allow.data);
    http_fail(x, 405, "%.*s takes %s.", STR_ARG(x->path), allow.data);
    buf_finish(&allow);
}

bool http_head_check(struct http_exchange *x, const char *method, const char *version)
{
    x->method = method_of(method);
    if (!head_is_sound(x, method, version)) return false;
    if (has_bad_byte(x->target) || !split_target(x)) return refuse(x, 400, "The request's address is malformed.");
    if (!split_path(x)) return refuse(x, 400, "The path has a bad %xx or is not UTF-8.");
    const struct http_config *c = &x->server->config;
    if (c->door && !c->door(x, c->ctx)) return false;
    x->route = http_routes_find(x->server->routes, x->segments, x->n_segments, x->method);
    if (x->route)
        x->max_body = x->route->max_body ? x->route->max_body : x->server->max_body;
    else
        fail_no_route(x);
    return x->route != NULL;
}
