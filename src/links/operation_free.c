/* operation_free.c: the free call of a connector: the caller brings method, path, query, headers and body; where it goes and what proves who asks
 * stay the connection's. Pure. */
#include "links/operation_private.h"
#include "net/url.h"

static bool holds_any(struct str s, bool also_plain)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < ' ' || c == 0x7f || c == '\\' || (also_plain && (c == ' ' || c == '#'))) return true;
    }
    return false;
}

/* A path that leads nowhere else than below the connection's own address. What stands behind its ? is the other side's to read. */
static bool check_relative(struct making *m, struct str path)
{
    struct str rest = str_cut(path, '?', &(struct str){0}), decoded = url_decode(m->arena, rest, false);
    if (!decoded.ptr || path.len == 0 || path.ptr[0] != '/' || str_starts(decoded, STR("//")))
        return fault_user(m->f, 400,
                          "path must begin with one slash and say a place below the connection's address, like /v1/templates.");
    if (holds_any(path, true) || holds_any(decoded, false))
        return fault_user(m->f, 400, "path must not hold blanks (write %%20), backslashes, # or control characters.");
    while (decoded.ptr) {
        struct str part = str_cut(decoded, '/', &decoded);
        part = str_cut(part, ';', &(struct str){0}); /* Java's servers read /..;x/ as /../ */
        if (str_eq(part, STR("..")) || str_eq(part, STR(".")))
            return fault_user(m->f, 400, "path must not hold . or .. as a part.");
    }
    return true;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", s.ptr[i])) return false;
    return s.len > 0;
}

enum { FREE_HEADERS_MOST = 10 };

static bool add_free_headers(struct making *m, struct json_value headers)
{
    static const char *const ours[] = {"authorization", "host", "content-length", "transfer-encoding", "connection", "cookie"};
    struct json_iter it = {0};
    struct str name;
    struct json_value v;
    if (headers.type == JSON_MISSING || headers.type == JSON_NULL) return true;
    if (headers.type != JSON_OBJECT) return fault_user(m->f, 400, "headers must be an object of texts.");
    while (json_next(headers, &it, &name, &v)) {
        if (!is_token(name) || v.type != JSON_STRING) return fault_user(m->f, 400, "headers must be an object of texts.");
        for (size_t i = 0; i < v.string.len; i++)
            if ((unsigned char)v.string.ptr[i] < ' ') return fault_user(m->f, 400, "headers must not hold control characters.");
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            if (str_eq_nocase(name, str_of(ours[i])))
                return fault_user(m->f, 400, "The header %s is the connection's own.", ours[i]);
        if (m->ask->n_headers >= FREE_HEADERS_MOST) return fault_user(m->f, 400, "headers may hold ten lines.");
        m->ask->headers[m->ask->n_headers++] = str_of(arena_printf(m->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(v.string)));
    }
    return true;
}

static bool check_keys(struct making *m)
{
    static const char *const known[] = {"path", "method", "query", "headers", "body"};
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    while (json_next(m->input, &it, &key, &v)) {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) is_known |= str_eq(key, str_of(known[i]));
        if (!is_known) return fault_user(m->f, 400, "%s takes method, path, query, headers and body.", m->op->name);
    }
    return true;
}

static bool read_method(struct making *m)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    struct json_value method = json_get(m->input, "method");
    m->ask->method = method.type == JSON_MISSING ? "GET" : NULL;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (method.type == JSON_STRING && str_eq_nocase(method.string, str_of(methods[i]))) m->ask->method = methods[i];
    return m->ask->method || fault_user(m->f, 400, "method must be GET, POST, PUT, PATCH or DELETE.");
}

static bool add_free_query(struct making *m, struct buf *b, struct json_value query)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    bool is_first = memchr(b->data, '?', b->len) == NULL;
    while (query.type == JSON_OBJECT && json_next(query, &it, &key, &v)) {
        buf_add_byte(b, is_first ? '?' : '&');
        is_first = false;
        url_encode(b, key);
        buf_add_byte(b, '=');
        if (!operation_add_plain(m, b, "query", v)) return false;
    }
    return true;
}

static bool make_free_url(struct making *m)
{
    struct json_value path = json_get(m->input, "path"), query = json_get(m->input, "query");
    if (path.type != JSON_STRING) return fault_user(m->f, 400, "path is required.");
    if (query.type != JSON_OBJECT && !is_absent(query))
        return fault_user(m->f, 400, "query must be an object of texts and numbers.");
    if (!check_relative(m, path.string)) return false;
    struct buf b = BUF_INIT;
    buf_add_str(&b, path.string);
    bool ok = add_free_query(m, &b, query);
    m->ask->url = arena_str(m->arena, buf_str(&b));
    buf_finish(&b);
    return ok;
}

/* A text goes as it is; anything else as JSON. */
static void make_free_body(struct making *m)
{
    struct json_value body = json_get(m->input, "body");
    if (is_absent(body)) return;
    if (body.type == JSON_STRING) {
        m->ask->body = arena_str(m->arena, body.string);
        return;
    }
    m->ask->body = json_value_text(m->arena, body);
    m->ask->headers[m->ask->n_headers++] = STR("Content-Type: application/json");
}

bool operation_make_free(struct making *m)
{
    if (!check_keys(m) || !read_method(m) || !make_free_url(m) || !add_free_headers(m, json_get(m->input, "headers")))
        return false;
    make_free_body(m);
    return true;
}
