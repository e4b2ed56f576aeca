/* merge_compile.c: a creative's source to a short program: text, values, tests and forward jumps. It follows the HTML as it
 * goes (html_scan.h), so that each value knows at compile time how it must be escaped, and so that both branches of an {{IF}}
 * leave the HTML in the same place. One pass; all memory is the arena's. */
#include "base/limits.h"
#include "base/text.h"
#include "base/utf8.h"
#include "press/merge_private.h"
#include <stdio.h>

struct frame {
    size_t at;  /* of the {{IF}} */
    int unless; /* the test whose false target is still open; -1 after {{ELSE}} */
    int jumps;  /* chain of jumps to the end, through target; -1: none */
    bool has_branch;
    struct html_scan begin, end;
};
struct compiler {
    struct arena *arena;
    struct merge *m;
    const struct merge_options *o;
    struct str source;
    int cap_ops, cap_names;
    struct str *keys; /* of m->names */
    struct html_scan scan;
    bool is_in_body;
    struct frame *frames;
    int depth;
};

/* The fault's sentence with the place put before it. */
static bool fault_at(const struct compiler *c, size_t at, struct fault *f, const struct fault *why)
{
    size_t line = 1, begin = 0;
    for (size_t i = 0; i < at; i++)
        if (c->source.ptr[i] == '\n') line++, begin = i + 1;
    size_t column = utf8_length((struct str){c->source.ptr + begin, at - begin}) + 1;
    return fault_user(f, 400, "line %zu, column %zu: %.400s", line, column, why->text);
}

static bool refuse(const struct compiler *c, size_t at, struct fault *f, const char *why)
{
    struct fault inner;
    fault_user(&inner, 400, "%s", why);
    return fault_at(c, at, f, &inner);
}

static struct merge_op *op_add(struct compiler *c, enum merge_op_kind kind)
{
    struct merge *m = c->m;
    ARENA_GROW(c->arena, m->ops, m->n_ops, c->cap_ops);
    struct merge_op *op = &m->ops[m->n_ops++];
    *op = (struct merge_op){.kind = kind, .field = -1, .name = -1, .target = -1};
    return op;
}

static int name_note(struct compiler *c, struct str name)
{
    struct merge *m = c->m;
    struct str key = text_title_key(c->arena, name);
    for (int i = 0; i < m->n_names; i++)
        if (str_eq(c->keys[i], key)) return i;
    if (m->n_names == c->cap_names) {
        int cap = c->cap_names ? c->cap_names * 2 : 16;
        struct str *names = ARENA_ARRAY(c->arena, struct str, cap), *keys = ARENA_ARRAY(c->arena, struct str, cap);
        if (m->n_names) {
            memcpy(names, m->names, sizeof *names * (size_t)m->n_names);
            memcpy(keys, c->keys, sizeof *keys * (size_t)m->n_names);
        }
        m->names = names, c->keys = keys, c->cap_names = cap;
    }
    m->names[m->n_names] = arena_str(c->arena, name), c->keys[m->n_names] = key;
    return m->n_names++;
}

static int condition_field(void *ctx, struct str name)
{
    struct compiler *c = ctx;
    int noted = name_note(c, name);
    return c->o->fields ? field_set_find(c->o->fields, name) : noted;
}

static void text_add(struct compiler *c, size_t from, size_t to)
{
    if (from == to) return;
    for (size_t i = from; i < to; i++)
        if (html_scan_feed(&c->scan, c->source.ptr[i]) && !c->scan.is_end_tag && strcmp(c->scan.tag, "body") == 0)
            c->is_in_body = true;
    op_add(c, OP_TEXT)->text = arena_str(c->arena, (struct str){c->source.ptr + from, to - from});
}

/* How a value is escaped here, or why it may not stand here. */
static const char *place_refusal(const struct html_scan *s, bool is_qr, enum merge_escape *how)
{
    enum html_place place = html_scan_place(s);
    bool is_value = place == HTML_QUOTED_VALUE || place == HTML_BARE_VALUE || place == HTML_BEFORE_VALUE;
    *how = ESCAPE_HTML;
    if (place == HTML_SCRIPT || (is_value && s->attribute == HTML_ATTR_EVENT))
        return "a field may not stand in script; creatives print without script";
    if (place == HTML_TAG) return "a field may not stand in a tag outside of an attribute's value";
    if (is_qr && place != HTML_TEXT)
        return "{{qr}} is a picture: put it into the text, not into an attribute, style sheet or title";
    if (is_value && s->attribute == HTML_ATTR_DOCUMENT) return "a field may not stand in srcdoc";
    bool is_bare = place == HTML_BARE_VALUE || place == HTML_BEFORE_VALUE;
    bool is_css = place == HTML_CSS || (is_value && s->attribute == HTML_ATTR_STYLE);
    if (is_css)
        *how = is_bare ? ESCAPE_CSS_BARE : ESCAPE_CSS;
    else if (is_bare)
        *how = ESCAPE_BARE;
    else if (place == HTML_COMMENT)
        *how = ESCAPE_COMMENT;
    return NULL;
}

static bool value_add(struct compiler *c, const struct merge_tag *tag, size_t at, size_t end, struct fault *f)
{
    enum merge_escape how;
    enum html_place place = html_scan_place(&c->scan);
    const char *why = place_refusal(&c->scan, tag->kind == TAG_QR, &how);
    if (why) return refuse(c, at, f, why);
    struct merge_op *op = op_add(c, tag->kind == TAG_QR ? OP_QR : tag->kind == TAG_PURL ? OP_PURL : OP_FIELD);
    char next = end < c->source.len ? c->source.ptr[end] : '>';
    op->escape = how, op->size_px = tag->size_px;
    op->is_whole_value = place == HTML_BEFORE_VALUE && next && strchr(" \t\r\n\f>", next);
    op->must_fill = place == HTML_COMMENT || (place == HTML_BEFORE_VALUE && !op->is_whole_value);
    op->has_default = tag->by_default.ptr != NULL, op->text = arena_str(c->arena, tag->by_default);
    html_scan_value(&c->scan);
    c->m->uses_purl |= tag->kind != TAG_FIELD;
    c->m->head_varies |= !c->is_in_body || place == HTML_CSS;
    if (tag->kind != TAG_FIELD) return true;
    op->name = name_note(c, tag->name);
    op->field = c->o->fields ? field_set_find(c->o->fields, tag->name) : op->name;
    if (op->field >= 0 || !c->o->strict) return true;
    struct fault unknown;
    fault_user(&unknown, 400, "there is no field {{%.*s}}", STR_ARG(tag->name));
    return fault_at(c, at, f, &unknown);
}

static bool condition_add(struct compiler *c, const struct merge_tag *tag, size_t at, struct fault *f)
{
    struct fault inner = {0};
    const struct cond *cond = cond_compile(c->arena, tag->condition, condition_field, c, !c->o->strict, &inner);
    if (!cond) return fault_at(c, at, f, &inner);
    op_add(c, OP_UNLESS)->condition = cond;
    c->frames[c->depth - 1].unless = c->m->n_ops - 1;
    c->m->head_varies |= !c->is_in_body || html_scan_place(&c->scan) == HTML_CSS;
    return true;
}

/* The end of a branch: all branches must leave the HTML in the same place. */
static bool branch_end(struct compiler *c, struct frame *fr, size_t at, struct fault *f)
{
    if (fr->has_branch && !html_scan_same(&fr->end, &c->scan))
        return refuse(
            c, at, f,
            "the branches of this {{IF}} end in different places of the HTML (a tag or quote is open in one of them)");
    fr->has_branch = true, fr->end = c->scan;
    return true;
}

static bool if_open(struct compiler *c, const struct merge_tag *tag, size_t at, struct fault *f)
{
    if (c->depth == limit_get(LIMIT_MERGE_MAX_DEPTH)) return refuse(c, at, f, "{{IF}} stands inside too many other {{IF}}");
    c->frames[c->depth++] = (struct frame){.at = at, .jumps = -1, .unless = -1, .begin = c->scan};
    return condition_add(c, tag, at, f);
}

static bool else_add(struct compiler *c, const struct merge_tag *tag, size_t at, struct fault *f)
{
    struct frame *fr = c->depth ? &c->frames[c->depth - 1] : NULL;
    bool has_condition = tag->kind == TAG_ELSEIF;
    if (!fr) return refuse(c, at, f, has_condition ? "{{ELSEIF}} without {{IF}}" : "{{ELSE}} without {{IF}}");
    if (fr->unless < 0)
        return refuse(c, at, f, has_condition ? "{{ELSEIF}} after {{ELSE}}" : "a second {{ELSE}} for one {{IF}}");
    if (!branch_end(c, fr, at, f)) return false;
    op_add(c, OP_JUMP)->target = fr->jumps;
    fr->jumps = c->m->n_ops - 1;
    c->m->ops[fr->unless].target = c->m->n_ops;
    fr->unless = -1;
    c->scan = fr->begin;
    return !has_condition || condition_add(c, tag, at, f);
}

static bool if_close(struct compiler *c, size_t at, struct fault *f)
{
    struct frame *fr = c->depth ? &c->frames[c->depth - 1] : NULL;
    if (!fr) return refuse(c, at, f, "{{ENDIF}} without {{IF}}");
    if (!branch_end(c, fr, at, f)) return false;
    if (fr->unless >= 0) { /* no {{ELSE}}: the empty branch ends where the first one began */
        c->scan = fr->begin;
        if (!branch_end(c, fr, at, f)) return false;
        c->m->ops[fr->unless].target = c->m->n_ops;
    }
    for (int j = fr->jumps; j >= 0;) {
        int next = c->m->ops[j].target;
        c->m->ops[j].target = c->m->n_ops;
        j = next;
    }
    c->scan = fr->end;
    c->depth--;
    return true;
}

static bool tag_add(struct compiler *c, size_t at, size_t end, struct fault *f)
{
    struct fault inner = {0};
    struct merge_tag tag;
    struct str inside = {c->source.ptr + at + 2, end - at - 4};
    if (!merge_tag_parse(c->arena, inside, &tag, &inner)) return fault_at(c, at, f, &inner);
    switch (tag.kind) {
    case TAG_IF: return if_open(c, &tag, at, f);
    case TAG_ELSEIF:
    case TAG_ELSE: return else_add(c, &tag, at, f);
    case TAG_ENDIF: return if_close(c, at, f);
    default: return value_add(c, &tag, at, end, f);
    }
}

static size_t find(struct str s, size_t from, const char *two)
{
    for (size_t i = from; i + 1 < s.len; i++)
        if (s.ptr[i] == two[0] && s.ptr[i + 1] == two[1]) return i;
    return s.len;
}

static bool source_compile(struct compiler *c, struct fault *f)
{
    for (size_t at = 0; at < c->source.len;) {
        size_t open = find(c->source, at, "{{");
        text_add(c, at, open);
        if (open == c->source.len) break;
        size_t close = find(c->source, open + 2, "}}");
        if (close == c->source.len || find(c->source, open + 2, "{{") < close)
            return refuse(c, open, f, "{{ is never closed by }}");
        if (!tag_add(c, open, close + 2, f)) return false;
        at = close + 2;
    }
    return c->depth == 0 || refuse(c, c->frames[c->depth - 1].at, f, "{{IF}} is never closed by {{ENDIF}}");
}

struct merge *merge_compile(struct arena *a, struct str source, const struct merge_options *o, struct fault *f)
{
    size_t bad;
    struct compiler c = {.arena = a, .o = o, .source = source, .m = ARENA_NEW(a, struct merge)};
    if (source.len > (size_t)limit_get(LIMIT_MERGE_MAX_SOURCE_BYTES)) {
        fault_user(f, 413, "the creative has %zu bytes; %lld are allowed", source.len,
                   (long long)limit_get(LIMIT_MERGE_MAX_SOURCE_BYTES));
        return NULL;
    }
    if (!utf8_is_valid(source, &bad)) {
        refuse(&c, bad, f, "this is not UTF-8");
        return NULL;
    }
    c.frames = ARENA_ARRAY(a, struct frame, limit_get(LIMIT_MERGE_MAX_DEPTH));
    c.m->strict = o->strict;
    return source_compile(&c, f) ? c.m : NULL;
}

int merge_names(const struct merge *m, const struct str **names)
{
    *names = m->names;
    return m->n_names;
}

bool merge_uses_purl(const struct merge *m) { return m->uses_purl; }

bool merge_head_varies(const struct merge *m) { return m->head_varies; }
