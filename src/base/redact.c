/* redact.c: see redact.h. Pure. */
#include "base/redact.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/utf8.h"
#include <stdio.h>

enum { SECRET_LEAST = 6, KNOWN_BY = 16, LINE_LEAST = 16 };

struct redaction redaction_begin(struct arena *a) { return (struct redaction){.arena = a}; }

/* ---- the secrets ---- */

/* Secrets are looked for in small letters: who repeats one may have changed its case. */
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static struct str lowered(struct arena *a, struct str s)
{
    char *out = ARENA_ARRAY(a, char, s.len + 1);
    for (size_t i = 0; i < s.len; i++) out[i] = lower(s.ptr[i]);
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

static void add_hex(struct redaction *r, struct str value)
{
    char *text = ARENA_ARRAY(r->arena, char, 2 * value.len + 1);
    hex_encode(value.ptr, value.len, text);
    add_spelling(r, str_of(text));
}

/* Inside a text in base 64, behind 0, 1 or 2 bytes of a group of three: the letters that are its alone. */
static void add_inside(struct redaction *r, struct str value, struct str (*encode)(struct arena *a, struct str s))
{
    for (size_t before = 0; before < 3; before++) {
        struct str text = str_of(arena_printf(r->arena, "%.*s%.*s", (int)before, "::", STR_ARG(value)));
        size_t from = (before * 8 + 5) / 6, to = text.len * 8 / 6;
        if (to >= from + SECRET_LEAST) add_spelling(r, str_make(encode(r->arena, text).ptr + from, to - from));
    }
}

/* In base 64: as a part of any text, and, so that no letter is left of it, alone and as a user's name without a password. */
static void add_base64(struct redaction *r, struct str value)
{
    struct str as_user = str_of(arena_printf(r->arena, "%.*s:", STR_ARG(value)));
    add_spelling(r, base64_encode(r->arena, value));
    add_spelling(r, base64_encode(r->arena, as_user));
    add_spelling(r, base64_url_encode(r->arena, value));
    add_spelling(r, base64_url_encode(r->arena, as_user));
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
                add_spelling(r, line);
        return;
    }
    add_spelling(r, all);
    add_hex(r, all);
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

/* ---- how a character may be spelt ---- */

/* What the beginning of a text may stand for. */
struct spelt {
    char bytes[4]; /* in small letters */
    size_t n, len; /* bytes; how long the spelling is */
};

/* The names that pages and their libraries have for the characters of ASCII that are neither letters nor digits. */
static const struct {
    const char *name;
    char c;
} references[] = {
    {"amp", '&'},    {"lt", '<'},    {"gt", '>'},     {"quot", '"'},   {"apos", '\''},  {"sol", '/'},    {"plus", '+'},
    {"equals", '='}, {"num", '#'},   {"excl", '!'},   {"quest", '?'},  {"dollar", '$'}, {"percnt", '%'}, {"lpar", '('},
    {"rpar", ')'},   {"ast", '*'},   {"midast", '*'}, {"comma", ','},  {"period", '.'}, {"colon", ':'},  {"semi", ';'},
    {"commat", '@'}, {"lsqb", '['},  {"lbrack", '['}, {"rsqb", ']'},   {"rbrack", ']'}, {"bsol", '\\'},  {"hat", '^'},
    {"lowbar", '_'}, {"grave", '`'}, {"lcub", '{'},   {"lbrace", '{'}, {"verbar", '|'}, {"vert", '|'},   {"rcub", '}'},
    {"rbrace", '}'}, {"nbsp", ' '},
};

static int digit_of(char c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* The number that `text` begins with, of at most `most` digits; *n: how many there are. */
static uint32_t number(struct str text, int base, size_t most, size_t *n)
{
    uint32_t value = 0;
    for (*n = 0; *n < most && *n < text.len && digit_of(text.ptr[*n]) < base; ++*n)
        value = value * (uint32_t)base + (uint32_t)digit_of(text.ptr[*n]);
    return value;
}

static bool stands_for(struct spelt *s, uint32_t cp, size_t len)
{
    if (!cp || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) return false;
    s->n = utf8_put(s->bytes, cp);
    s->bytes[0] = lower(s->bytes[0]);
    s->len = len;
    return true;
}

/* "%2F": a byte, be it of a longer character. */
static bool read_percent(struct str text, struct spelt *s)
{
    size_t n;
    uint32_t byte = number(str_make(text.ptr + 1, text.len - 1), 16, 2, &n);
    *s = (struct spelt){.bytes = {lower((char)byte)}, .n = 1, .len = 3};
    return n == 2;
}

/* "&amp;", "&#38;", "&#x26;". */
static bool read_reference(struct str text, struct spelt *s)
{
    const size_t most = 12; /* "&#x00000026;" */
    const char *end = memchr(text.ptr, ';', text.len < most ? text.len : most);
    size_t n, len = end ? (size_t)(end - text.ptr) : 0;
    if (len < 3) return false;
    bool is_number = text.ptr[1] == '#', is_hex = is_number && lower(text.ptr[2]) == 'x';
    struct str body = str_make(text.ptr + 1 + is_number + is_hex, len - 1 - is_number - is_hex);
    if (is_number) {
        uint32_t cp = number(body, is_hex ? 16 : 10, 8, &n);
        return n > 0 && n == body.len && stands_for(s, cp, len + 1);
    }
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (str_eq_nocase(body, str_of(references[i].name))) return stands_for(s, (uint32_t)references[i].c, len + 1);
    return false;
}

/* Behind a backslash, or behind several, when JSON was quoted in JSON. */
static bool read_letter(struct str text, struct spelt *s)
{
    static const char letters[] = "\"/'bfnrt", meant[] = "\"/'\b\f\n\r\t";
    const size_t most = 8;
    size_t at = 1, n;
    while (at < most && at < text.len && text.ptr[at] == '\\') at++;
    const char *letter = at < text.len && text.ptr[at] ? strchr(letters, text.ptr[at]) : NULL;
    if (letter) return stands_for(s, (uint32_t)meant[letter - letters], at + 1);
    if (at < text.len && text.ptr[at] == 'u') {
        uint32_t cp = number(str_make(text.ptr + at + 1, text.len - at - 1), 16, 4, &n);
        if (n == 4) return stands_for(s, cp, at + 5);
    }
    return false;
}

/* Two backslashes are one, also where a letter follows that one alone would make something else of. */
static int read_escape(struct str text, struct spelt *s)
{
    int n = read_letter(text, s);
    if (text.len > 1 && text.ptr[1] == '\\') n += stands_for(&s[n], '\\', 2);
    return n;
}

enum { WAYS = 3 };

/* The ways to read what `text`, which is not empty, begins with: the byte as it is, and what it may be a spelling of. */
static int read_ways(struct str text, struct spelt ways[WAYS])
{
    ways[0] = (struct spelt){.bytes = {lower(*text.ptr)}, .n = 1, .len = 1};
    switch (*text.ptr) {
    case '%': return 1 + read_percent(text, &ways[1]);
    case '&': return 1 + read_reference(text, &ways[1]);
    case '\\': return 1 + read_escape(text, &ways[1]);
    case '+': return 1 + stands_for(&ways[1], ' ', 1);
    default: return 1;
    }
}

/* ---- the text ---- */

/* How far a secret and a text that is to be it go together. */
struct reach {
    size_t known, len; /* bytes of the secret, of the text */
};

static struct str behind(struct str s, size_t n) { return str_make(s.ptr + n, s.len - n); }

/* Those of them that the secret goes on with. */
static int ways_on(struct str secret, struct str text, struct spelt ways[WAYS])
{
    int n = 0, all = read_ways(text, ways);
    for (int i = 0; i < all; i++)
        if (str_starts(secret, str_make(ways[i].bytes, ways[i].n))) ways[n++] = ways[i];
    return n;
}

/* Where there are several ways on ("&" of "&amp;") all are gone, `forks` times. */
static struct reach reach_of(struct str secret, struct str text, int *forks)
{
    struct reach at = {0, 0};
    while (at.known < secret.len && at.len < text.len) {
        struct spelt ways[WAYS];
        struct str left = behind(secret, at.known), rest = behind(text, at.len);
        int n = ways_on(left, rest, ways);
        if (n == 0) break;
        if (n > 1 && --*forks >= 0) {
            struct reach best = {0, 0};
            for (int i = 0; i < n; i++) {
                struct reach r = reach_of(behind(left, ways[i].n), behind(rest, ways[i].len), forks);
                r.known += ways[i].n, r.len += ways[i].len;
                if (r.known > best.known) best = r;
            }
            return (struct reach){at.known + best.known, at.len + best.len};
        }
        at.known += ways[n > 1].n;
        at.len += ways[n > 1].len;
    }
    return at;
}

/* How much of `text` is the secret, or the beginning of a long one; 0: nothing. */
static size_t match(struct str secret, struct str text)
{
    int forks = 8;
    struct reach r = reach_of(secret, text, &forks);
    bool is_known = r.known >= SECRET_LEAST && (r.known == secret.len || r.known >= KNOWN_BY || r.len >= KNOWN_BY);
    return is_known ? r.len : 0;
}

/* The secrets by their first byte, which few places of a text have: what keeps a search of a large one short. */
struct search {
    const struct redaction *r;
    int first[256], *next; /* -1: none, none more */
};

static struct search search_begin(const struct redaction *r)
{
    struct search s = {.r = r, .next = ARENA_ARRAY(r->arena, int, r->n + 1)};
    memset(s.first, 0xFF, sizeof s.first);
    for (int i = 0; i < r->n; i++) {
        int *first = &s.first[(unsigned char)*r->values[i].ptr];
        s.next[i] = *first;
        *first = i;
    }
    return s;
}

static size_t longest_at(const struct search *s, struct str text, char byte)
{
    size_t n, most = 0;
    for (int i = s->first[(unsigned char)byte]; i >= 0; i = s->next[i])
        if ((n = match(s->r->values[i], text)) > most) most = n;
    return most;
}

/* The first place at or behind `from` where one stands, and the longest there; text.len: none. */
static size_t find(const struct search *s, struct str text, size_t from, size_t *len)
{
    struct spelt ways[WAYS];
    for (*len = 0; from < text.len; from++) {
        struct str rest = behind(text, from);
        int n = read_ways(rest, ways);
        for (int i = 0; i < n; i++) {
            size_t here = longest_at(s, rest, ways[i].bytes[0]);
            if (here > *len) *len = here;
        }
        if (*len) break;
    }
    return from;
}

struct str redaction_run(const struct redaction *r, struct str text)
{
    struct search s = search_begin(r);
    size_t len, from = 0, at = find(&s, text, 0, &len);
    struct buf b = BUF_INIT;
    if (at == text.len) return text;
    while (at < text.len) {
        buf_add(&b, text.ptr + from, at - from);
        buf_addz(&b, REDACTED);
        from = at + len;
        at = find(&s, text, from, &len);
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
