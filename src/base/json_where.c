/* json_where.c: finds the place where a refused JSON text goes wrong, and says so: simdjson only knows that it does.
 * A plain scanner after RFC 8259; runs only after a document was refused, so it need not be fast. No state, no allocation. */
#include "base/json_private.h"
#include "base/utf8.h"
#include <stdio.h>

/* Deeper is refused before it gets here; the bound keeps a bit per level. */
#define MAX_DEPTH 4096

struct scan {
    struct str text;
    size_t at;
    const char *wrong; /* NULL so far */
    int depth;
    uint8_t is_object[MAX_DEPTH / 8];
};

static bool fault_at(struct str text, size_t at, const char *what, struct fault *f)
{
    size_t line = 1, from = 0;
    for (size_t i = 0; i < at; i++)
        if (text.ptr[i] == '\n') line++, from = i + 1;
    size_t column = utf8_length(str_make(text.ptr + from, at - from)) + 1;
    return fault_user(f, 400, "line %zu, column %zu: %s", line, column, what);
}

static bool scan_fail(struct scan *s, const char *wrong)
{
    if (!s->wrong) s->wrong = s->at >= s->text.len ? "the text ends too early" : wrong;
    return false;
}

/* The byte at the scanner, 0 at the end; a NUL in the text is wrong everywhere. */
static char scan_peek(const struct scan *s) { return s->at < s->text.len ? s->text.ptr[s->at] : '\0'; }

static void scan_blanks(struct scan *s)
{
    while (s->at < s->text.len && strchr(" \t\r\n", s->text.ptr[s->at]) && s->text.ptr[s->at]) s->at++;
}

static bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

static unsigned hex_value(const char *p)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++) v = v * 16 + (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
    return v;
}

/* At the u of \uXXXX. */
static bool scan_unicode(struct scan *s, unsigned *unit)
{
    size_t first = s->at++;
    for (int i = 0; i < 4; i++, s->at++)
        if (!is_hex(scan_peek(s))) return scan_fail(s, "\\u needs four hexadecimal digits");
    *unit = hex_value(s->text.ptr + first + 1);
    return true;
}

static bool scan_escape(struct scan *s)
{
    size_t backslash = s->at++;
    unsigned high, low = 0;
    char c = scan_peek(s);
    if (c != 'u') {
        if (!c || !strchr("\"\\/bfnrt", c)) return scan_fail(s, "this escape is not one of JSON");
        s->at++;
        return true;
    }
    if (!scan_unicode(s, &high)) return false;
    bool is_whole = high < 0xD800 || high > 0xDFFF;
    if (high >= 0xD800 && high < 0xDC00 && scan_peek(s) == '\\' && s->at + 1 < s->text.len && s->text.ptr[s->at + 1] == 'u') {
        s->at++;
        if (!scan_unicode(s, &low)) return false;
        is_whole = low >= 0xDC00 && low <= 0xDFFF;
    }
    if (is_whole) return true;
    s->at = backslash;
    return scan_fail(s, "half of a surrogate pair");
}

static bool scan_string(struct scan *s)
{
    for (s->at++;;) {
        char c = scan_peek(s);
        if (s->at >= s->text.len || (unsigned char)c < ' ')
            return scan_fail(s, "a control character inside a string must be escaped");
        if (c == '\\' && !scan_escape(s)) return false;
        if (c == '\\') continue;
        s->at++;
        if (c == '"') return true;
    }
}

static void scan_digits(struct scan *s)
{
    while (scan_peek(s) >= '0' && scan_peek(s) <= '9') s->at++;
}

static bool scan_number(struct scan *s)
{
    if (scan_peek(s) == '-') s->at++;
    size_t from = s->at;
    scan_digits(s);
    if (s->at == from) return scan_fail(s, "a digit is expected here");
    if (s->text.ptr[from] == '0' && s->at > from + 1) return s->at = from, scan_fail(s, "a number does not begin with 0");
    if (scan_peek(s) == '.') {
        from = ++s->at;
        scan_digits(s);
        if (s->at == from) return scan_fail(s, "a digit is expected here");
    }
    if ((scan_peek(s) | 32) != 'e') return true;
    s->at++;
    if (scan_peek(s) == '+' || scan_peek(s) == '-') s->at++;
    from = s->at;
    scan_digits(s);
    return s->at > from || scan_fail(s, "a digit is expected here");
}

static bool scan_word(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    struct str rest = str_make(s->text.ptr + s->at, s->text.len - s->at);
    for (size_t i = 0; i < 3; i++) {
        if (!str_starts(rest, str_of(words[i]))) continue;
        s->at += strlen(words[i]);
        return true;
    }
    return scan_fail(s, "a value is expected here");
}

static bool in_object(const struct scan *s) { return s->is_object[s->depth / 8] >> (s->depth % 8) & 1; }

static bool scan_open(struct scan *s)
{
    if (++s->depth == MAX_DEPTH) return scan_fail(s, "nested too deeply");
    uint8_t bit = (uint8_t)(1 << s->depth % 8);
    bool is_object = s->text.ptr[s->at++] == '{';
    s->is_object[s->depth / 8] = (uint8_t)(is_object ? s->is_object[s->depth / 8] | bit : s->is_object[s->depth / 8] & ~bit);
    return true;
}

static bool scan_key(struct scan *s)
{
    scan_blanks(s);
    if (scan_peek(s) != '"') return scan_fail(s, "a key in quotes is expected here");
    if (!scan_string(s)) return false;
    scan_blanks(s);
    if (scan_peek(s) != ':') return scan_fail(s, "a colon is expected here");
    s->at++;
    return true;
}

/* One value. True with *opened set when it opened a container that is not empty. */
static bool scan_value(struct scan *s, bool *opened)
{
    scan_blanks(s);
    *opened = false;
    char c = scan_peek(s);
    if (c == '"') return scan_string(s);
    if (c == '-' || (c >= '0' && c <= '9')) return scan_number(s);
    if (c != '{' && c != '[') return scan_word(s);
    if (!scan_open(s)) return false;
    scan_blanks(s);
    *opened = scan_peek(s) != (c == '{' ? '}' : ']');
    if (*opened) return true;
    s->at++, s->depth--;
    return true;
}

/* Closes what ends here; true when another value follows. */
static bool scan_after_value(struct scan *s)
{
    for (; s->depth > 0; s->depth--) {
        scan_blanks(s);
        char c = scan_peek(s);
        if (c == ',') {
            s->at++;
            return true;
        }
        if (c != (in_object(s) ? '}' : ']'))
            return scan_fail(s, in_object(s) ? "a comma or } is expected here" : "a comma or ] is expected here");
        s->at++;
    }
    scan_blanks(s);
    return s->at < s->text.len && scan_fail(s, "nothing may follow the value");
}

static void scan_document(struct scan *s)
{
    bool opened;
    do {
        if (s->depth > 0 && in_object(s) && !scan_key(s)) return;
        if (!scan_value(s, &opened)) return;
    } while (opened || scan_after_value(s));
}

bool json_fault_syntax(struct str text, const char *simdjson_says, struct fault *f)
{
    size_t bad;
    if (!utf8_is_valid(text, &bad)) return fault_at(text, bad, "this byte is not UTF-8", f);
    struct scan s = {.text = text};
    scan_document(&s);
    if (s.wrong) return fault_at(text, s.at < text.len ? s.at : text.len, s.wrong, f);
    return fault_user(f, 400, "this JSON cannot be read: %s",
                      simdjson_says); /* well formed: a number out of range, or too large a text */
}

/* Steps over a string or one byte; the strings of `text` are known to be well formed, or its end stops the scan. */
static char scan_step(struct scan *s)
{
    char c = s->text.ptr[s->at];
    if (c != '"')
        s->at++;
    else if (!scan_string(s))
        s->at = s->text.len;
    return c;
}

bool json_fault_at_string(struct str text, size_t n, const char *what, struct fault *f)
{
    struct scan s = {.text = text};
    size_t here = 0;
    for (bool is_found = false; !is_found && s.at < text.len;) {
        here = s.at;
        is_found = scan_step(&s) == '"' && n-- == 0;
    }
    return fault_at(text, here, what, f);
}

bool json_fault_too_deep(struct str text, int64_t max_depth, struct fault *f)
{
    struct scan s = {.text = text};
    size_t here = 0;
    for (int64_t depth = 0; depth <= max_depth && s.at < text.len;) {
        here = s.at;
        char c = scan_step(&s);
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
    char what[80];
    snprintf(what, sizeof what, "nested deeper than %lld levels", (long long)max_depth);
    return fault_at(text, here, what, f);
}
