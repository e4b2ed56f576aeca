/* url.c: percent coding (RFC 3986 §2.1) and the parts of an absolute address.
 * Called by the HTTP server for each path and query, and by those who read addresses that users gave. Keeps nothing. */
#include "base/utf8.h"
#include "net/url.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* False: a bad %xx, or a NUL. `out` has room for s.len bytes. */
static bool url_unescape(struct str s, bool plus_is_space, char *out, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            int high = s.len - i > 2 ? hex_digit(s.ptr[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(s.ptr[i + 2]) : -1;
            if (low < 0) return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') return false;
        out[(*n)++] = c;
    }
    return true;
}

struct str url_decode(struct arena *a, struct str s, bool plus_is_space)
{
    char *out = arena_alloc(a, s.len + 1);
    size_t n;
    if (!url_unescape(s, plus_is_space, out, &n)) return STR_NULL;
    struct str decoded = str_make(out, n);
    return utf8_is_valid(decoded, NULL) ? decoded : STR_NULL;
}

static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

void url_encode(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (is_unreserved(s.ptr[i]))
            buf_add_byte(b, s.ptr[i]);
        else
            buf_addf(b, "%%%02X", (unsigned char)s.ptr[i]);
    }
}

struct str url_encoded(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT;
    url_encode(&b, s);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

void url_add_pair(struct buf *b, const char *name, struct str value)
{
    if (!value.ptr) return;
    buf_addf(b, "%s%s=", b->len ? "&" : "", name);
    url_encode(b, value);
}

/* Space and control characters never stand in an address; a backslash is a slash to browsers and not to us. */
static bool has_forbidden_byte(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7F || s.ptr[i] == '\\') return true;
    return false;
}

static bool url_parse_port(struct str s, int *port)
{
    int64_t n;
    if (!str_to_int64(s, &n) || n < 1 || n > 65535 || s.ptr[0] == '-') return false;
    *port = (int)n;
    return true;
}

/* `authority` is host[:port]; a v6 address stands in brackets, which are kept out of `host`. No user name: it only misleads. */
static bool url_parse_authority(struct str authority, struct url_parts *u)
{
    struct str rest = STR_NULL;
    if (memchr(authority.ptr, '@', authority.len)) return false;
    if (authority.len && authority.ptr[0] == '[') {
        const char *end = memchr(authority.ptr, ']', authority.len);
        if (!end) return false;
        u->host = str_make(authority.ptr + 1, (size_t)(end - authority.ptr) - 1);
        struct str after = str_make(end + 1, (size_t)(authority.ptr + authority.len - end) - 1);
        if (after.len && after.ptr[0] != ':') return false;
        if (after.len) rest = str_make(after.ptr + 1, after.len - 1);
    } else {
        u->host = str_cut(authority, ':', &rest);
    }
    if (u->host.len == 0) return false;
    return !rest.ptr || url_parse_port(rest, &u->port);
}

bool url_parse(struct str s, struct url_parts *out)
{
    struct url_parts u = {.path = STR("/")};
    if (!s.ptr || has_forbidden_byte(s)) return false;
    if (s.len > 7 && str_eq_nocase(str_make(s.ptr, 7), STR("http://")))
        u.scheme = STR("http"), u.port = 80, s = str_make(s.ptr + 7, s.len - 7);
    else if (s.len > 8 && str_eq_nocase(str_make(s.ptr, 8), STR("https://")))
        u.scheme = STR("https"), u.port = 443, s = str_make(s.ptr + 8, s.len - 8);
    else
        return false;
    struct str fragment, query;
    s = str_cut(s, '#', &fragment);
    s = str_cut(s, '?', &query);
    size_t n = 0;
    while (n < s.len && s.ptr[n] != '/') n++;
    if (n < s.len) u.path = str_make(s.ptr + n, s.len - n);
    u.query = query;
    if (!url_parse_authority(str_make(s.ptr, n), &u)) return false;
    *out = u;
    return true;
}

bool url_is_base(struct str s)
{
    struct url_parts u;
    return url_parse(s, &u) && !memchr(s.ptr, '?', s.len) && !memchr(s.ptr, '#', s.len);
}
