/* web_address.c: reading the address of another machine. Called by the address guard and by the fetcher with the same text, so both speak of
 * one host. Numbers that only inet_aton understands are refused (WHATWG URL: a host that ends in a number is a v4 address). Pure. */
#include "net/web_address.h"
#include "net/url.h"
#include "base/arena.h"
#include "base/log.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unicode/uidna.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

/* ---- the host ---- */

/* "xn--…" for a name with other letters than ASCII (UTS 46, as browsers do). */
static bool host_to_ascii(struct str host, struct web_address *out, struct fault *f)
{
    UErrorCode error = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UIDNA *idna = uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, &error);
    int32_t n = U_FAILURE(error)
                    ? 0
                    : uidna_nameToASCII_UTF8(idna, host.ptr, (int32_t)host.len, out->host, sizeof out->host, &info, &error);
    if (idna) uidna_close(idna);
    bool is_name = U_SUCCESS(error) && info.errors == 0 && n > 0 && n <= WEB_HOST_MAX_BYTES && !memchr(out->host, 0, (size_t)n);
    if (is_name) out->host[n] = '\0';
    return is_name || fault_user(f, 400, "The host name \"%.*s\" is not one.", STR_ARG(host));
}

static bool host_is_ascii(struct str host)
{
    for (size_t i = 0; i < host.len; i++)
        if ((unsigned char)host.ptr[i] >= 0x80) return false;
    return true;
}

/* Letters, digits, - and _ in labels of 1 to 63, parted by single dots. */
static bool host_is_name(const char *host)
{
    size_t label = 0;
    for (const char *p = host; *p; p++) {
        bool is_inside = is_digit(*p) || (*p >= 'a' && *p <= 'z') || *p == '-' || *p == '_';
        if (*p == '.' ? label == 0 : !is_inside) return false;
        label = *p == '.' ? 0 : label + 1;
        if (label > 63) return false;
    }
    return label > 0;
}

static bool host_ends_in_number(const char *host)
{
    const char *dot = strrchr(host, '.'), *last = dot ? dot + 1 : host;
    bool is_0x = last[0] == '0' && last[1] == 'x';
    for (const char *p = is_0x ? last + 2 : last; *p; p++)
        if (is_0x ? !is_hex(*p) : !is_digit(*p)) return false;
    return true;
}

static bool read_v6(struct web_address *out, struct fault *f)
{
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->ip;
    v6->sin6_family = AF_INET6;
    out->is_ip = true;
    return inet_pton(AF_INET6, out->host, &v6->sin6_addr) == 1 || fault_user(f, 400, "[%s] is not an IPv6 address.", out->host);
}

static bool read_v4(struct web_address *out, struct fault *f)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->ip;
    v4->sin_family = AF_INET;
    out->is_ip = true;
    return inet_pton(AF_INET, out->host, &v4->sin_addr) == 1 ||
           fault_user(f, 400, "The host \"%s\" is not an IPv4 address: write it as four numbers, like 192.0.2.7.", out->host);
}

static bool read_host(struct str host, bool is_bracketed, struct web_address *out, struct fault *f)
{
    if (host.len > WEB_HOST_MAX_BYTES)
        return fault_user(f, 400, "The host name has %zu bytes; %d is the most.", host.len, WEB_HOST_MAX_BYTES);
    if (host_is_ascii(host))
        snprintf(out->host, sizeof out->host, "%.*s", STR_ARG(host));
    else if (!host_to_ascii(host, out, f))
        return false;
    for (char *p = out->host; *p; p++)
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 32);
    if (is_bracketed) return read_v6(out, f);
    if (!host_is_name(out->host)) return fault_user(f, 400, "The host name \"%.*s\" is not one.", STR_ARG(host));
    return !host_ends_in_number(out->host) || read_v4(out, f);
}

/* ---- the whole ---- */

static bool check_bytes(struct str url, struct fault *f)
{
    if (url.len > WEB_ADDRESS_MAX_BYTES)
        return fault_user(f, 400, "The address has %zu bytes; %d is the most.", url.len, WEB_ADDRESS_MAX_BYTES);
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f || url.ptr[i] == '\\')
            return fault_user(f, 400, "The address holds a space, a backslash or a control character at byte %zu.", i + 1);
    return true;
}

/* What stands between the scheme and the path. */
static struct str authority_of(struct str url)
{
    const char *from = memmem(url.ptr, url.len, "://", 3);
    if (!from) return STR("");
    size_t at = (size_t)(from - url.ptr) + 3, end = at;
    while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?' && url.ptr[end] != '#') end++;
    return str_make(url.ptr + at, end - at);
}

bool web_address_read(struct str url, struct web_address *out, struct fault *f)
{
    struct url_parts u;
    struct web_address w = {0};
    if (!url.ptr || url.len == 0) return fault_user(f, 400, "The address is empty.");
    if (!check_bytes(url, f)) return false;
    struct str authority = authority_of(url);
    if (authority.len && memchr(authority.ptr, '@', authority.len))
        return fault_user(f, 400, "The address holds a user name or password before its host; leave them out.");
    if (!url_parse(url, &u)) return fault_user(f, 400, "The address is not a whole one: https://host/path is expected.");
    w.is_https = u.scheme.len == 5;
    w.port = u.port;
    if (!read_host(u.host, authority.ptr[0] == '[', &w, f)) return false;
    w.rest = str_make(authority.ptr + authority.len, (size_t)(url.ptr + url.len - authority.ptr) - authority.len);
    *out = w;
    return true;
}

char *web_address_text(struct arena *a, const struct web_address *w)
{
    bool is_v6 = strchr(w->host, ':') != NULL;
    return arena_printf(a, "http%s://%s%s%s:%d%.*s", w->is_https ? "s" : "", is_v6 ? "[" : "", w->host, is_v6 ? "]" : "",
                        w->port, STR_ARG(w->rest));
}

struct str web_address_join(struct arena *a, struct str base, struct str reference)
{
    char *text = NULL;
    CURLU *u = curl_url();
    ASSERT(u);
    bool is_joined = curl_url_set(u, CURLUPART_URL, arena_str(a, base).ptr, CURLU_URLENCODE) == CURLUE_OK &&
                     curl_url_set(u, CURLUPART_URL, arena_str(a, reference).ptr, CURLU_URLENCODE) == CURLUE_OK &&
                     curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK;
    struct str out = is_joined ? str_of(arena_strz(a, text)) : STR_NULL;
    curl_free(text);
    curl_url_cleanup(u);
    return out;
}
