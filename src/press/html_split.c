/* html_split.c: a merged creative cut into what stands before <body> and the body element. Called by press workers for each
 * recipient; tolerant: whatever is not found is made up, as browsers do. */
#include "base/arena.h"
#include "base/digest.h"
#include "press/html_scan.h"

struct found {
    size_t head_end; /* behind </head>, else behind <html …> or the doctype */
    size_t body, body_end;
    bool has_body;
    struct sha256_sum *sum; /* of style sheets and links in the body */
};

/* Bounds of the tag that ended just now are [from, to). `style_from`: where the open style element began. */
static void tag_seen(struct found *w, const struct html_scan *s, struct str text, size_t from, size_t to, size_t *style_from)
{
    bool is_end = s->is_end_tag;
    if (strcmp(s->tag, "body") == 0) {
        if (!is_end && !w->has_body) w->has_body = true, w->body = from;
        if (is_end) w->body_end = to;
    } else if (strcmp(s->tag, "html") == 0 || (strcmp(s->tag, "head") == 0 && !w->has_body)) {
        if (!is_end && strcmp(s->tag, "html") == 0 && w->head_end == 0) w->head_end = to;
        if (is_end && strcmp(s->tag, "head") == 0) w->head_end = to;
        if (is_end && strcmp(s->tag, "html") == 0 && w->body_end == 0) w->body_end = from;
    } else if (strcmp(s->tag, "style") == 0) {
        if (!is_end)
            *style_from = from;
        else
            sha256_add(w->sum, (struct str){text.ptr + *style_from, to - *style_from});
    } else if (strcmp(s->tag, "link") == 0) {
        sha256_add(w->sum, (struct str){text.ptr + from, to - from});
    }
}

static void look(struct str text, struct found *w)
{
    struct html_scan s = {0};
    size_t from = 0, style_from = 0;
    for (size_t i = 0; i < text.len; i++) {
        enum html_place place = html_scan_place(&s);
        if (text.ptr[i] == '<' && (place == HTML_TEXT || place == HTML_CSS || place == HTML_SCRIPT || place == HTML_RCDATA))
            from = i;
        if (html_scan_feed(&s, text.ptr[i])) tag_seen(w, &s, text, from, i + 1, &style_from);
    }
}

static size_t doctype_end(struct str text)
{
    struct str t = str_trim(text);
    const char *end = t.len > 9 && str_eq_nocase((struct str){t.ptr, 9}, STR("<!doctype")) ? memchr(t.ptr, '>', t.len) : NULL;
    return end ? (size_t)(end + 1 - text.ptr) : 0;
}

static struct str joined(struct arena *a, struct str x, struct str y, struct str z)
{
    char *p = arena_alloc(a, x.len + y.len + z.len + 1);
    memcpy(p, x.ptr, x.len);
    memcpy(p + x.len, y.ptr, y.len);
    memcpy(p + x.len + y.len, z.ptr, z.len);
    return (struct str){p, x.len + y.len + z.len};
}

void html_split(struct arena *a, struct str merged, struct html_parts *out)
{
    struct found w = {.sum = sha256_create()};
    look(merged, &w);
    size_t begin = w.has_body ? w.body : w.head_end ? w.head_end : doctype_end(merged);
    size_t end = w.body_end > begin ? w.body_end : merged.len;
    struct str middle = {merged.ptr + begin, end - begin};
    out->head = (struct str){merged.ptr, begin};
    if (w.has_body)
        out->body = str_ends(middle, STR(">")) && w.body_end ? middle : joined(a, middle, STR("</body>"), STR(""));
    else
        out->body = joined(a, STR("<body>"), middle, STR("</body>"));
    sha256_add(w.sum, out->head);
    sha256_take(w.sum, out->key);
    sha256_destroy(&w.sum);
}
