/* remote_address.c: see remote_address.h. Called when a version's addresses are fetched and when its creative is made, so that both mean one. */
#include "mail/remote_address.h"
#include "base/buf.h"
#include "net/web_address.h"

static bool begins(struct str s, size_t at, const char *word)
{
    size_t n = strlen(word);
    return at + n <= s.len && str_eq_nocase(str_make(s.ptr + at, n), str_make(word, n));
}

/* &amp; is the one entity that addresses are full of; coded quotes end them. */
static struct str decoded(struct arena *a, struct str raw)
{
    static const char *const quotes[] = {"&quot;", "&#34;", "&#39;", "&apos;"};
    struct buf b = BUF_INIT;
    bool is_end = false;
    if (begins(raw, 0, "//")) buf_addz(&b, "https:");
    for (size_t i = 0; i < raw.len && !is_end && raw.ptr[i] != '#';) {
        for (size_t k = 0; k < sizeof quotes / sizeof *quotes; k++) is_end |= begins(raw, i, quotes[k]);
        if (is_end) break;
        buf_add_byte(&b, raw.ptr[i]);
        i += begins(raw, i, "&amp;") ? 5 : 1;
    }
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

struct str remote_address(struct arena *a, struct str raw, struct fault *f)
{
    struct web_address w;
    struct str text = decoded(a, str_trim(raw));
    if (memmem(raw.ptr, raw.len, "{{", 2)) {
        fault_user(f, 400, "The address holds a merge field; what is fetched once is the same for everybody.");
        return STR_NULL;
    }
    if (!web_address_read(text, &w, f)) return STR_NULL;
    bool is_v6 = strchr(w.host, ':') != NULL, is_usual = w.port == (w.is_https ? 443 : 80);
    const char *port = is_usual ? "" : arena_printf(a, ":%d", w.port);
    return str_of(arena_printf(a, "http%s://%s%s%s%s%s%.*s", w.is_https ? "s" : "", is_v6 ? "[" : "", w.host, is_v6 ? "]" : "",
                               port, w.rest.len && w.rest.ptr[0] == '/' ? "" : "/", STR_ARG(w.rest)));
}

/* ---- style sheets ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

/* What stands at `at`, in quotes or up to a closing bracket. */
static struct str css_value(struct str css, size_t at, bool needs_quote)
{
    while (at < css.len && is_blank(css.ptr[at])) at++;
    char quote = at < css.len && (css.ptr[at] == '"' || css.ptr[at] == '\'') ? css.ptr[at] : '\0';
    if (!quote && needs_quote) return STR("");
    if (quote) at++;
    size_t end = at;
    while (end < css.len && (quote ? css.ptr[end] != quote : css.ptr[end] != ')' && !is_blank(css.ptr[end]))) end++;
    return str_make(css.ptr + at, end - at);
}

static void add(struct arena *a, struct str reference, struct str base, struct str *out, int *n, int max)
{
    struct fault none;
    if (reference.len == 0 || reference.ptr[0] == '#' || begins(reference, 0, "data:") || begins(reference, 0, "asset:"))
        return;
    struct str joined = web_address_join(a, base, reference);
    struct str address = joined.ptr ? remote_address(a, joined, &none) : STR_NULL;
    if (address.ptr && *n < max) out[(*n)++] = address;
}

int remote_addresses_of_css(struct arena *a, struct str css, struct str base, struct str *out, int max)
{
    int n = 0;
    for (size_t i = 0; i < css.len; i++) {
        if (begins(css, i, "url("))
            add(a, css_value(css, i + 4, false), base, out, &n, max);
        else if (begins(css, i, "@import"))
            add(a, css_value(css, i + 7, true), base, out, &n, max);
    }
    return n;
}
