/* view.c: the tree of values and the template engine. Called by the pages on the server's pool threads; nothing is kept between
 * two pages. A template that does not fit its tags stops the build (tools/embed.py), so here it is only asserted. */
#include "web/view.h"
#include "assets.h"
#include "base/log.h"
#include <stdio.h>

struct value {
    const char *name;
    struct str text;            /* a text, or … */
    struct view *first, **last; /* … a list */
    struct value *next;
};
struct view {
    struct arena *arena;
    const struct view *around; /* where a name is looked up next */
    struct value *values;
    struct view *next; /* item of the same list */
};

struct view *view_create(struct arena *a)
{
    struct view *v = ARENA_NEW(a, struct view);
    v->arena = a;
    return v;
}

struct arena *view_arena(const struct view *v) { return v->arena; }

static struct value *own_value(const struct view *v, struct str name)
{
    for (struct value *at = v->values; at; at = at->next)
        if (str_eq(str_of(at->name), name)) return at;
    return NULL;
}

static struct value *value_of(struct view *v, const char *name)
{
    struct value *at = own_value(v, str_of(name));
    if (at) return at;
    at = ARENA_NEW(v->arena, struct value);
    at->name = name;
    at->last = &at->first;
    at->next = v->values;
    v->values = at;
    return at;
}

void view_str(struct view *v, const char *name, struct str s) { value_of(v, name)->text = s; }
void view_strz(struct view *v, const char *name, const char *z) { view_str(v, name, str_of(z)); }
void view_flag(struct view *v, const char *name, bool is_set) { view_str(v, name, is_set ? STR("1") : STR_NULL); }

void view_fmt(struct view *v, const char *name, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    view_strz(v, name, arena_vprintf(v->arena, fmt, ap));
    va_end(ap);
}

void view_number(struct view *v, const char *name, int64_t n) { view_fmt(v, name, "%lld", (long long)n); }

struct view *view_item(struct view *v, const char *name)
{
    struct value *list = value_of(v, name);
    struct view *item = view_create(v->arena);
    item->around = v;
    *list->last = item;
    list->last = &item->next;
    return item;
}

void html_escape(struct buf *out, struct str s)
{
    for (size_t i = 0, from = 0; i <= s.len; i++) {
        const char *as = NULL;
        switch (i < s.len ? s.ptr[i] : '\0') {
        case '&': as = "&amp;"; break;
        case '<': as = "&lt;"; break;
        case '>': as = "&gt;"; break;
        case '"': as = "&quot;"; break;
        case '\'': as = "&#39;"; break;
        }
        if (!as && i < s.len) continue;
        if (i > from) buf_add(out, s.ptr + from, i - from);
        if (as) buf_addz(out, as);
        from = i + 1;
    }
}

struct str web_file(const char *name)
{
    for (int i = 0; i < web_asset_count; i++)
        if (strcmp(web_assets[i].name, name) == 0) return web_assets[i].bytes;
    return STR_NULL;
}

static const struct value *look_up(const struct view *v, struct str name)
{
    for (; v; v = v->around) {
        const struct value *found = own_value(v, name);
        if (found) return found;
    }
    return NULL;
}

/* Cuts the next tag off: *before is what stands before it, *tag what stands between the braces. */
static bool next_tag(struct str *rest, struct str *before, struct str *tag)
{
    const char *open = rest->len ? memmem(rest->ptr, rest->len, "{{", 2) : NULL;
    if (!open) return false;
    const char *end = rest->ptr + rest->len, *close = memmem(open, (size_t)(end - open), "}}", 2);
    ASSERT(close && close > open + 2);
    *before = str_make(rest->ptr, (size_t)(open - rest->ptr));
    *tag = str_make(open + 2, (size_t)(close - open - 2));
    *rest = str_make(close + 2, (size_t)(end - close - 2));
    return true;
}

/* A section's inside; *rest goes on behind its closing tag. */
static struct str cut_section(struct str *rest)
{
    struct str inside = *rest, before, tag;
    for (int depth = 1; depth > 0;) {
        const char *at = rest->ptr;
        bool is_there = next_tag(rest, &before, &tag);
        ASSERT(is_there);
        if (*tag.ptr == '#' || *tag.ptr == '^') depth++;
        if (*tag.ptr == '/' && --depth == 0) inside.len = (size_t)(at - inside.ptr) + before.len;
    }
    return inside;
}

static void render(const struct view *v, struct str text, struct buf *out);

static void render_section(const struct view *v, const struct value *value, struct str inside, struct buf *out)
{
    if (!value) return;
    if (value->text.len) render(v, inside, out);
    for (const struct view *item = value->first; item; item = item->next) render(item, inside, out);
}

static void render_partial(const struct view *v, struct str name, struct buf *out)
{
    char file[64];
    snprintf(file, sizeof file, "%.*s.html", STR_ARG(name));
    struct str text = web_file(file);
    ASSERT(text.ptr);
    render(v, text, out);
}

static void render(const struct view *v, struct str text, struct buf *out)
{
    struct str before, tag;
    while (next_tag(&text, &before, &tag)) {
        struct str name = str_make(tag.ptr + 1, tag.len - 1);
        buf_add_str(out, before);
        switch (*tag.ptr) {
        case '>': render_partial(v, name, out); break;
        case '#': render_section(v, look_up(v, name), cut_section(&text), out); break;
        case '^': {
            const struct value *value = look_up(v, name);
            struct str inside = cut_section(&text);
            if (!value || (!value->text.len && !value->first)) render(v, inside, out);
            break;
        }
        default: {
            const struct value *value = look_up(v, tag);
            if (value) html_escape(out, value->text);
        }
        }
    }
    buf_add_str(out, text);
}

void view_render(const struct view *v, const char *template_name, struct buf *out)
{
    render_partial(v, str_of(template_name), out);
}
