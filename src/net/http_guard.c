/* http_guard.c: the checks on a request's head that the HTTP library does not make.
 * Called by http_head.c for each field of each request, and by the fuzzer. Keeps no memory; the first fault found stays. A
 * request that two programs could frame differently is refused: behind a proxy its second half would be read as somebody else's
 * request. */
#include "net/http_guard.h"

/* RFC 9110 §5.6.2: the characters of a field name. */
static bool is_token_byte(unsigned char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_token_byte((unsigned char)s.ptr[i])) return false;
    return s.len > 0;
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    return s.len > 0 && s.len <= 18;
}

/* RFC 9110 §5.5: visible bytes, space, tab and bytes above 0x7F. */
static bool is_field_value(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7F) return false;
    }
    return true;
}

/* A host with an optional port; no spaces, lists, paths or user names, which proxies read differently. */
static bool is_host(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || strchr(",/@?#\\", s.ptr[i])) return false;
    return true;
}

static void refuse(struct http_guard *g, const char *why)
{
    if (!g->bad) g->bad = why;
}

void http_guard_field(struct http_guard *g, struct str name, struct str value)
{
    if (!is_token(name)) refuse(g, "A header's name has a character that is not allowed there.");
    if (!is_field_value(value)) refuse(g, "A header's value has a control character.");
    if (str_eq_nocase(name, STR("content-length"))) {
        if (++g->n_content_length > 1) refuse(g, "There is more than one Content-Length.");
        if (!is_digits(value)) refuse(g, "Content-Length is not a plain number.");
    } else if (str_eq_nocase(name, STR("transfer-encoding"))) {
        if (++g->n_transfer_encoding > 1) refuse(g, "There is more than one Transfer-Encoding.");
        if (!str_eq_nocase(value, STR("chunked"))) refuse(g, "The only Transfer-Encoding taken is chunked.");
    } else if (str_eq_nocase(name, STR("host"))) {
        if (++g->n_host > 1) refuse(g, "There is more than one Host.");
        if (!is_host(value)) refuse(g, "Host is not a host name with an optional port.");
    } else if (str_eq_nocase(name, STR("authorization"))) {
        if (g->who & 1) refuse(g, "There is more than one Authorization.");
        g->who |= 1;
    } else if (str_eq_nocase(name, STR("x-account"))) {
        if (g->who & 2) refuse(g, "There is more than one X-Account.");
        g->who |= 2;
    }
}

const char *http_guard_end(struct http_guard *g)
{
    if (g->n_transfer_encoding && g->n_content_length) refuse(g, "There is a Content-Length beside Transfer-Encoding.");
    if (g->n_transfer_encoding && !g->is_http_11) refuse(g, "Transfer-Encoding needs HTTP/1.1.");
    if (g->is_http_11 && g->n_host == 0) refuse(g, "HTTP/1.1 needs a Host header.");
    return g->bad;
}
