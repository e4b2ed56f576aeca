/* visitor.c: see visitor.h. */
#include "api/visitor.h"
#include "api/api_private.h"
#include "base/digest.h"
#include "base/ids.h"
#include "base/settings.h"
#include <arpa/inet.h>
#include <netinet/in.h>

#define COOKIE "pennypost_visitor"
enum { COOKIE_DAYS = 395 };

/* ---- where from ---- */

static bool address_of_text(struct str s, struct sockaddr_storage *out)
{
    char text[64];
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
    s = str_trim(s);
    if (s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']') s = str_make(s.ptr + 1, s.len - 2);
    if (!s.len || s.len >= sizeof text) return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) return (out->ss_family = AF_INET) == AF_INET;
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1 && (out->ss_family = AF_INET6) == AF_INET6;
}

static struct str last_of(struct str list)
{
    for (size_t i = list.len; i > 0; i--)
        if (list.ptr[i - 1] == ',') return str_make(list.ptr + i, list.len - i);
    return list;
}

void visitor_address(struct http_exchange *x, uint8_t out[16])
{
    const struct sockaddr *peer = http_peer(x);
    struct sockaddr_storage told;
    struct str forwarded = http_header(x, "X-Forwarded-For");
    if (forwarded.ptr && feed_is_allowed(peer, str_of(setting_get(SETTING_PURL_PROXIES))) &&
        address_of_text(last_of(forwarded), &told))
        peer = (const struct sockaddr *)(const void *)&told;
    if (!feed_address(peer, out)) memset(out, 0, 16);
}

/* ---- who ---- */

static bool says(struct http_exchange *x, const char *header, const char *word)
{
    struct str value = http_header(x, header);
    return value.ptr && strcasestr(arena_str(http_arena(x), value).ptr, word);
}

static bool is_ahead_of_time(struct http_exchange *x)
{
    static const char *const headers[] = {"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"};
    static const char *const words[] = {"prefetch", "prerender", "preview"};
    for (size_t h = 0; h < sizeof headers / sizeof *headers; h++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (says(x, headers[h], words[w])) return true;
    return false;
}

bool visitor_counts(struct http_exchange *x, const struct mail *m)
{
    struct str agent = http_header(x, "User-Agent");
    return http_method(x) != HTTP_HEAD && !is_ahead_of_time(x) && !visit_is_robot(m, agent.ptr ? agent : STR(""));
}

/* ---- the cookie ---- */

bool visitor_of_cookie(struct http_exchange *x, uint8_t out[VISITOR_BYTES])
{
    struct str rest = http_header(x, "Cookie");
    while (rest.ptr) {
        struct str value, name = str_cut(str_trim(str_cut(rest, ';', &rest)), '=', &value);
        if (str_eq(name, STR(COOKIE)) && value.ptr && hex_decode(value, out, VISITOR_BYTES)) return true;
    }
    random_bytes(out, VISITOR_BYTES);
    return false;
}

void visitor_set_cookie(struct http_exchange *x, const uint8_t visitor[VISITOR_BYTES])
{
    char hex[2 * VISITOR_BYTES + 1];
    hex_encode(visitor, VISITOR_BYTES, hex);
    http_add_header(
        x, "Set-Cookie",
        arena_printf(http_arena(x), COOKIE "=%s; Path=/p/; Max-Age=%d; HttpOnly; SameSite=Lax", hex, COOKIE_DAYS * 86400));
}
