/* template_scan.c: a look over HTML and CSS for what would be loaded. Not a parser: it errs towards seeing an address too many
 * in strange markup, and the press answers no address that is not an asset anyway. Links that are only followed by a click
 * (<a href>) are none of ours. Pure. */
#include "mail/template_scan.h"
#include "base/limits.h"

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
           c == '/' || c == '%';
}
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
static bool is_quote(char c) { return c == '"' || c == '\''; }

static bool begins(struct str s, size_t at, const char *word)
{
    size_t n = strlen(word);
    return at + n <= s.len && str_eq_nocase(str_make(s.ptr + at, n), str_make(word, n));
}

static bool ends(struct str s, size_t end, const char *word)
{
    size_t n = strlen(word);
    return end >= n && str_eq_nocase(str_make(s.ptr + end - n, n), str_make(word, n));
}

static void add(struct arena *a, struct template_names *out, bool is_asset, struct str name)
{
    struct str **list = is_asset ? &out->assets : &out->remote;
    int *n = is_asset ? &out->n_assets : &out->n_remote, most = (int)limit_get(LIMIT_TEMPLATE_MAX_NAMES);
    for (int i = 0; i < *n; i++)
        if (str_eq((*list)[i], name)) return;
    if (*n >= most) {
        out->has_too_many = true;
        return;
    }
    if (!*list) *list = ARENA_ARRAY(a, struct str, most);
    (*list)[(*n)++] = name;
}

/* The end of what stands before the value that begins at `at`: quotes, blanks and entity-coded quotes are stepped over. */
static size_t before_value(struct str s, size_t at)
{
    if (ends(s, at, "&quot;")) at -= 6;
    while (at > 0 && (is_blank(s.ptr[at - 1]) || is_quote(s.ptr[at - 1]))) at--;
    return at;
}

/* <link href> is fetched, <a href> is not; a hint to connect early fetches nothing. */
static bool is_fetched_href(struct str s, size_t at)
{
    while (at > 0 && s.ptr[at - 1] != '<') at--;
    if (begins(s, at, "a ") || begins(s, at, "a\n") || begins(s, at, "area")) return false;
    const char *end = memchr(s.ptr + at, '>', s.len - at);
    size_t n = end ? (size_t)(end - s.ptr) - at : s.len - at;
    for (size_t i = at; i < at + n; i++)
        if (begins(s, i, "preconnect") || begins(s, i, "dns-prefetch")) return false;
    return true;
}

static bool is_fetched(struct str s, size_t at)
{
    static const char *const attributes[] = {"src", "srcset", "poster", "background", "data"};
    size_t end = before_value(s, at);
    if (ends(s, end, "url(") || ends(s, end, "@import")) return true;
    if (!ends(s, end, "=")) return false;
    for (end--; end > 0 && is_blank(s.ptr[end - 1]);) end--;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (ends(s, end, attributes[i])) return true;
    return ends(s, end, "href") && is_fetched_href(s, end);
}

static struct str address_at(struct str s, size_t at)
{
    size_t end = at;
    while (end < s.len && !is_blank(s.ptr[end]) && !is_quote(s.ptr[end]) && s.ptr[end] != ')' && s.ptr[end] != '>' &&
           s.ptr[end] != '<')
        end++;
    return str_make(s.ptr + at, end - at);
}

void template_scan(struct arena *a, struct str source, struct template_names *out)
{
    for (size_t i = 1; i < source.len; i++) {
        char before = source.ptr[i - 1];
        if (!is_quote(before) && before != '(' && before != '=' && !is_blank(before) && before != ';') continue;
        if (begins(source, i, "asset:") && !is_blank(before)) {
            size_t end = i + 6;
            while (end < source.len && is_name(source.ptr[end])) end++;
            if (end > i + 6) add(a, out, true, str_make(source.ptr + i + 6, end - i - 6));
        } else if ((begins(source, i, "http://") || begins(source, i, "https://") || begins(source, i, "//")) &&
                   is_fetched(source, i)) {
            add(a, out, false, address_at(source, i));
        }
    }
    if (begins(source, 0, "asset:")) add(a, out, true, str_make(source.ptr + 6, source.len - 6));
}
