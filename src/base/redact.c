/* redact.c: see redact.h. Pure. */
#include "base/redact.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/json_out.h"
#include <stdio.h>

enum { SECRET_LEAST = 6, KNOWN_BY = 16, LINE_LEAST = 16 };

struct redaction redaction_begin(struct arena *a) { return (struct redaction){.arena = a}; }

/* ---- the secrets ---- */

/* Secrets are looked for in small letters: who repeats one may have changed its case. */
static struct str lowered(struct arena *a, struct str s)
{
    char *out = ARENA_ARRAY(a, char, s.len + 1);
    for (size_t i = 0; i < s.len; i++) out[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    return str_make(out, s.len);
}

static void add_spelling(struct redaction *r, struct str value)
{
    value = lowered(r->arena, value);
    for (int i = 0; i < r->n; i++)
        if (str_eq(r->values[i], value)) return;
    if (r->n == r->size) {
        struct str *more = ARENA_ARRAY(r->arena, struct str, r->size ? r->size * 2 : 8);
        if (r->n) memcpy(more, r->values, sizeof *more * (size_t)r->n);
        r->size = r->size ? r->size * 2 : 8;
        r->values = more;
    }
    r->values[r->n++] = value;
}

/* As JSON has it; some programs escape slashes too. */
static void add_quoted(struct redaction *r, struct str value)
{
    struct buf b = BUF_INIT, slashed = BUF_INIT;
    json_quote(&b, value);
    struct str quoted = str_make(b.data + 1, b.len - 2);
    for (size_t i = 0; i < quoted.len; i++) {
        if (quoted.ptr[i] == '/') buf_add_byte(&slashed, '\\');
        buf_add_byte(&slashed, quoted.ptr[i]);
    }
    add_spelling(r, quoted);
    add_spelling(r, buf_str(&slashed));
    buf_finish(&b), buf_finish(&slashed);
}

static bool is_unreserved(char c)
{
    return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", c);
}

static void add_encoded(struct redaction *r, struct str value)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < value.len; i++) {
        if (is_unreserved(value.ptr[i]))
            buf_add_byte(&b, value.ptr[i]);
        else
            buf_addf(&b, "%%%02X", (unsigned)(unsigned char)value.ptr[i]);
    }
    add_spelling(r, buf_str(&b));
    buf_finish(&b);
}

static void add_plain(struct redaction *r, struct str value)
{
    add_spelling(r, value);
    add_quoted(r, value);
    add_encoded(r, value);
}

static void add_hex(struct redaction *r, struct str value)
{
    char *text = ARENA_ARRAY(r->arena, char, 2 * value.len + 1);
    hex_encode(value.ptr, value.len, text);
    add_spelling(r, str_of(text));
}

/* As a page has it, in the two ways in which programs write characters that a page may take for its own. */
static void add_referenced(struct redaction *r, struct str value)
{
    static const char *const forms[] = {"&#%u;", "&#x%X;"};
    for (int k = 0; k < 2; k++) {
        struct buf b = BUF_INIT;
        for (size_t i = 0; i < value.len; i++) {
            bool is_plain = is_unreserved(value.ptr[i]) && !strchr("-._~", value.ptr[i]);
            if (is_plain)
                buf_add_byte(&b, value.ptr[i]);
            else
                buf_addf(&b, forms[k], (unsigned)(unsigned char)value.ptr[i]);
        }
        add_spelling(r, buf_str(&b));
        buf_finish(&b);
    }
}

/* Inside a text in base 64, behind 0, 1 or 2 bytes of a group of three: the letters that are its alone. */
static void add_inside(struct redaction *r, struct str value, struct str (*encode)(struct arena *a, struct str s))
{
    for (size_t before = 0; before < 3; before++) {
        struct str text = str_of(arena_printf(r->arena, "%.*s%.*s", (int)before, "::", STR_ARG(value)));
        size_t from = (before * 8 + 5) / 6, to = text.len * 8 / 6;
        if (to >= from + SECRET_LEAST) add_plain(r, str_make(encode(r->arena, text).ptr + from, to - from));
    }
}

/* In base 64: as a part of any text, and, so that no letter is left of it, alone and as a user's name without a password. */
static void add_base64(struct redaction *r, struct str value)
{
    struct str as_user = str_of(arena_printf(r->arena, "%.*s:", STR_ARG(value)));
    add_plain(r, base64_encode(r->arena, value));
    add_plain(r, base64_encode(r->arena, as_user));
    add_plain(r, base64_url_encode(r->arena, value));
    add_plain(r, base64_url_encode(r->arena, as_user));
    add_inside(r, value, base64_encode);
    add_inside(r, value, base64_url_encode);
}

void redaction_add(struct redaction *r, struct str secret)
{
    struct str line, all = str_trim(secret);
    if (all.len < SECRET_LEAST) return;
    if (memchr(all.ptr, '\n', all.len)) { /* a key: it signs, and is itself never sent */
        for (struct str rest = all; rest.ptr;)
            if ((line = str_trim(str_cut(rest, '\n', &rest))).len >= LINE_LEAST && !str_starts(line, STR("-----")))
                add_plain(r, line);
        return;
    }
    add_plain(r, all);
    add_hex(r, all);
    add_referenced(r, all);
    add_base64(r, all);
}

static bool is_no_secret(struct str name) { return str_ends(name, STR("_url")) || str_ends(name, STR("_id")); }

void redaction_add_json(struct redaction *r, struct str object)
{
    struct json_parser *p;
    struct json_value root, v;
    struct json_iter it = {0};
    struct str key;
    if (!object.len) return;
    p = json_parser_create();
    if (!json_parse(p, json_padded(r->arena, object), &root, NULL) || root.type != JSON_OBJECT)
        redaction_add(r, object);
    else
        while (json_next(root, &it, &key, &v))
            if (v.type == JSON_STRING && !is_no_secret(key)) redaction_add(r, v.string);
    json_parser_destroy(&p);
}

void redaction_add_header(struct redaction *r, struct str line)
{
    struct str value, name = str_cut(line, ':', &value), credentials;
    if (!value.ptr || !str_eq_nocase(str_trim(name), STR("Authorization"))) return;
    value = str_trim(value);
    (void)str_cut(value, ' ', &credentials);
    redaction_add(r, credentials.ptr ? credentials : value);
}

/* ---- the text ---- */

/* How much of `text` is the secret, or the beginning of a long one; 0: nothing. */
static size_t match(struct str text, struct str secret)
{
    size_t n = 0, least = secret.len < KNOWN_BY ? secret.len : KNOWN_BY;
    while (n < secret.len && n < text.len && text.ptr[n] == secret.ptr[n]) n++;
    return n >= least ? n : 0;
}

/* A text in small letters, and where each secret stands next in it, at or behind the last place asked for; text.len: nowhere more. */
struct search {
    struct str text;
    size_t *next;
};

static size_t next_place(struct str text, size_t from, struct str secret)
{
    size_t known = secret.len < KNOWN_BY ? secret.len : KNOWN_BY;
    const char *p = text.len > from ? memmem(text.ptr + from, text.len - from, secret.ptr, known) : NULL;
    return p ? (size_t)(p - text.ptr) : text.len;
}

static struct search search_begin(const struct redaction *r, struct str text)
{
    struct search s = {lowered(r->arena, text), ARENA_ARRAY(r->arena, size_t, r->n)};
    for (int i = 0; i < r->n; i++) s.next[i] = next_place(s.text, 0, r->values[i]);
    return s;
}

/* The first place at or behind `from` where one stands, and the longest there; text.len: none. */
static size_t find(const struct redaction *r, struct search *s, size_t from, size_t *len)
{
    size_t first = s->text.len;
    *len = 0;
    for (int i = 0; i < r->n; i++) {
        if (s->next[i] < from) s->next[i] = next_place(s->text, from, r->values[i]);
        size_t at = s->next[i];
        if (at == s->text.len || at > first) continue;
        size_t n = match(str_make(s->text.ptr + at, s->text.len - at), r->values[i]);
        if (at < first || n > *len) *len = n;
        first = at;
    }
    return first;
}

struct str redaction_run(const struct redaction *r, struct str text)
{
    struct search s = search_begin(r, text);
    size_t len, from = 0, at = find(r, &s, 0, &len);
    struct buf b = BUF_INIT;
    if (at == text.len) return text;
    while (at < text.len) {
        buf_add(&b, text.ptr + from, at - from);
        buf_addz(&b, REDACTED);
        from = at + len;
        at = find(r, &s, from, &len);
    }
    buf_add(&b, text.ptr + from, text.len - from);
    struct str out = arena_str(r->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

void redaction_run_in(const struct redaction *r, char *text, size_t size)
{
    struct str was = str_of(text), now = redaction_run(r, was);
    if (now.ptr != was.ptr) snprintf(text, size, "%.*s", STR_ARG(now));
}
