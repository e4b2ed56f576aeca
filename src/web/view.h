/* view.h: what a page shows, as named values in a tree, and the templates that show it.
 *
 * A template (web/NAME.html) knows five tags, a subset of mustache:
 *   {{name}}              the value, escaped for HTML text and quoted attributes. There is no way to show one unescaped.
 *   {{#name}} … {{/name}} for each item of the list `name`, with the item's own values in front of those around it; of a text or
 *                         flag: once when it is not empty
 *   {{^name}} … {{/name}} when it is absent or empty
 *   {{>name}}             the template of that name, here
 * tools/embed.py checks them when they are built in. Looked at before this was written: Debian's mustache libraries for C and C++
 * (libmstch, libkainjow-mustache, libctemplate) are all C++ and let a template switch escaping off; there is no C one. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

struct view;
/* Lives in the arena, as do the texts given to it. Names are literals. */
struct view *view_create(struct arena *a);
struct arena *view_arena(const struct view *v);
void view_str(struct view *v, const char *name, struct str s); /* STR_NULL: absent */
void view_strz(struct view *v, const char *name, const char *z);
void view_fmt(struct view *v, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void view_number(struct view *v, const char *name, int64_t n); /* plain digits: ids, attributes */
void view_flag(struct view *v, const char *name, bool is_set);
/* One more item of the list `name`. */
struct view *view_item(struct view *v, const char *name);
/* Appends the page; the template must be there (a bug otherwise). */
void view_render(const struct view *v, const char *template_name, struct buf *out);
void html_escape(struct buf *out, struct str s);
/* A file of web/; STR_NULL: none. */
struct str web_file(const char *name);
