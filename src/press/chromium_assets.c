/* chromium_assets.c: see chromium_assets.h. Lives as long as the chromium; the list of the missing is bounded. */
#include "press/chromium_assets.h"
#include "base/json_out.h"
#include "base/log.h"
#include <openssl/evp.h>
#include <stdlib.h>

#define MISSING_MAX 200
#define ASSET_PATH  "https://creative.invalid/-asset-/"

struct chromium_assets {
    const struct chromium_asset *all;
    int n;
    struct arena *arena; /* addresses of the missing */
    struct str missing[MISSING_MAX];
    int n_missing;
};

struct chromium_assets *chromium_assets_create(void)
{
    struct chromium_assets *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->arena = arena_create(4096);
    return s;
}

void chromium_assets_destroy(struct chromium_assets **sp)
{
    if (*sp) arena_destroy(&(*sp)->arena);
    free(*sp);
    *sp = NULL;
}

void chromium_assets_set(struct chromium_assets *s, const struct chromium_asset *all, int n)
{
    s->all = all, s->n = n, s->n_missing = 0;
    arena_reset(s->arena);
}

void chromium_assets_forget(struct chromium_assets *s) { s->all = NULL, s->n = 0; }

int chromium_assets_missing(const struct chromium_assets *s, const struct str **addresses)
{
    *addresses = s->missing;
    return s->n_missing;
}

/* ---- names ---- */

/* "asset:" counts where an address can begin: after a quote, a bracket, "=", a comma or white space. */
static bool may_begin(struct str html, size_t at) { return at == 0 || memchr("\"'(=, \t\r\n;", html.ptr[at - 1], 11) != NULL; }

struct str chromium_assets_rewrite(const struct chromium_assets *s, struct arena *a, struct str html)
{
    (void)s;
    struct str scheme = STR("asset:");
    if (!html.ptr || !memmem(html.ptr, html.len, scheme.ptr, scheme.len)) return html;
    struct buf b = BUF_INIT;
    bool in_tag = memchr(html.ptr, '<', html.len) == NULL, in_style = false;
    for (size_t i = 0; i < html.len;) {
        struct str rest = {html.ptr + i, html.len - i};
        if (rest.ptr[0] == '<') {
            in_tag = true;
            if (rest.len > 6 && str_eq_nocase(str_make(rest.ptr + 1, 5), STR("style"))) in_style = true;
            if (rest.len > 7 && str_eq_nocase(str_make(rest.ptr + 1, 6), STR("/style"))) in_style = false;
        }
        if (rest.ptr[0] == '>') in_tag = false;
        if ((in_tag || in_style) && str_starts(rest, scheme) && may_begin(html, i)) {
            buf_addz(&b, ASSET_PATH);
            i += scheme.len;
        } else {
            buf_add_byte(&b, html.ptr[i++]);
        }
    }
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Chromium asks with blanks and the like as %20; creatives write either. */
static struct str percent_decoded(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        int high = s.ptr[i] == '%' && i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(s.ptr[i + 2]) : -1;
        if (low < 0 || high * 16 + low == 0) {
            out[n++] = s.ptr[i];
            continue;
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    return (struct str){out, n};
}

struct str chromium_assets_name(const struct chromium_assets *s, struct arena *a, struct str url)
{
    (void)s;
    struct str path = str_of(ASSET_PATH), origin = str_of(CHROMIUM_ORIGIN);
    if (str_starts(url, path))
        return str_of(
            arena_printf(a, "asset:%.*s", STR_ARG(percent_decoded(a, str_make(url.ptr + path.len, url.len - path.len)))));
    if (str_starts(url, origin)) return percent_decoded(a, str_make(url.ptr + origin.len, url.len - origin.len));
    return arena_str(a, url);
}

/* ---- answers ---- */

static const struct chromium_asset *asset_find(const struct chromium_assets *s, struct arena *a, struct str url)
{
    struct str name = chromium_assets_name(s, a, url), plain = percent_decoded(a, url);
    for (int i = 0; i < s->n; i++) {
        struct str address = s->all[i].address;
        if (str_eq(address, url) || str_eq(address, name) || str_eq(percent_decoded(a, address), plain)) return &s->all[i];
    }
    return NULL;
}

static void miss(struct chromium_assets *s, struct str url)
{
    struct str name = chromium_assets_name(s, s->arena, url);
    if (str_eq(name, STR("favicon.ico")) || s->n_missing == MISSING_MAX) return;
    for (int i = 0; i < s->n_missing; i++)
        if (str_eq(s->missing[i], name)) return;
    s->missing[s->n_missing++] = arena_str(s->arena, str_make(name.ptr, name.len < 1000 ? name.len : 1000));
}

bool chromium_assets_answer(struct chromium_assets *s, struct buf *params, struct str request, struct str url)
{
    struct arena *scratch = arena_create(4096);
    const char *fragment = memchr(url.ptr ? url.ptr : "", '#', url.len);
    if (fragment) url.len = (size_t)(fragment - url.ptr);
    const struct chromium_asset *asset = asset_find(s, scratch, url);
    if (asset) /* a style sheet names its own fonts and pictures */
        chromium_answer(params, request, asset->media_type,
                        str_starts(asset->media_type, STR("text/css")) ? chromium_assets_rewrite(s, scratch, asset->bytes) : asset->bytes);
    else
        miss(s, url);
    arena_destroy(&scratch);
    return asset != NULL;
}

static void header(struct json_out *o, const char *name, struct str value)
{
    json_object(o, NULL);
    json_strz(o, "name", name);
    json_str(o, "value", value);
    json_end(o);
}

void chromium_answer(struct buf *params, struct str request, struct str media_type, struct str bytes)
{
    struct json_out o = json_out_begin(params);
    json_object(&o, NULL);
    json_str(&o, "requestId", request);
    json_int(&o, "responseCode", 200);
    json_array(&o, "responseHeaders");
    header(&o, "content-type", media_type.len ? media_type : STR("application/octet-stream"));
    header(&o, "access-control-allow-origin", STR("*")); /* fonts are fetched as from elsewhere */
    header(&o, "cache-control", STR("max-age=3600"));    /* so that 200 bodies ask once */
    json_end(&o);
    ASSERT(bytes.len < INT32_MAX / 2);
    size_t n = (bytes.len + 2) / 3 * 4;
    unsigned char *base64 = malloc(n + 1);
    ASSERT(base64);
    EVP_EncodeBlock(base64, (const unsigned char *)(bytes.ptr ? bytes.ptr : ""), (int)bytes.len);
    json_str(&o, "body", str_make(base64, n));
    free(base64);
    json_end(&o);
    json_out_end(&o);
}

void chromium_refuse(struct buf *params, struct str request, const char *reason)
{
    struct json_out o = json_out_begin(params);
    json_object(&o, NULL);
    json_str(&o, "requestId", request);
    json_strz(&o, "errorReason", reason);
    json_end(&o);
    json_out_end(&o);
}
