/* cond_compile.c: text of a condition to a short program of tests and forward jumps. Called once for each {{IF}} of a template
 * and each branch of a flow; the program lives in the caller's arena.
 *
 * Written by hand: field names may hold blanks and have no quotes, so where a name ends is known only when an operator's words
 * begin. A token grammar would have to ask the parser what it is in; here it is one look ahead. There are three levels of
 * precedence and no more: OR, AND, NOT.
 *
 *   any  := all (OR all)*      all := one (AND one)*      one := NOT one | "(" any ")" | name operator [value] */
#include "lql/cond_private.h"
#include "base/limits.h"
#include "base/utf8.h"

struct parser {
    struct str text;
    size_t at;
    int64_t depth;
    struct cond_step *step;
    int n_steps, cap;
    struct arena *arena;
    cond_field_fn *field;
    void *ctx;
    bool lenient;
    struct fault *fault;
};

/* Longer forms stand before the shorter ones they begin with. */
static const struct {
    const char *words;
    enum cond_op op;
    bool has_value;
} operators[] = {
    {"GREATER THAN OR EQUAL TO", COND_GE, true},
    {"LESS THAN OR EQUAL TO", COND_LE, true},
    {"IS GREATER THAN", COND_GT, true},
    {"IS LESS THAN", COND_LT, true},
    {"GREATER THAN", COND_GT, true},
    {"LESS THAN", COND_LT, true},
    {"DOES NOT EQUAL", COND_NE, true},
    {"DOES NOT CONTAIN", COND_NOT_CONTAINS, true},
    {"NOT EQUALS", COND_NE, true},
    {"EQUALS", COND_EQ, true},
    {"CONTAINS", COND_CONTAINS, true},
    {"STARTS WITH", COND_STARTS, true},
    {"ENDS WITH", COND_ENDS, true},
    {"IS NOT EMPTY", COND_NOT_EMPTY, false},
    {"IS EMPTY", COND_EMPTY, false},
    {"!=", COND_NE, true},
    {"<>", COND_NE, true},
    {">=", COND_GE, true},
    {"<=", COND_LE, true},
    {"=", COND_EQ, true},
    {">", COND_GT, true},
    {"<", COND_LT, true},
};

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool ends_word(char c) { return is_blank(c) || strchr("()\"'=<>!", c) != NULL; }
static char peek(const struct parser *p) { return p->at < p->text.len ? p->text.ptr[p->at] : 0; }
static void skip_blanks(struct parser *p)
{
    while (p->at < p->text.len && is_blank(p->text.ptr[p->at])) p->at++;
}

/* Where `words` end when they stand at `at` (any case, any run of blanks between them, and the last one whole), or 0. */
static size_t match_words(struct str text, size_t at, const char *words)
{
    bool is_symbol = !((words[0] >= 'A' && words[0] <= 'Z'));
    for (; *words; words++) {
        if (*words == ' ') {
            if (at >= text.len || !is_blank(text.ptr[at])) return 0;
            while (at < text.len && is_blank(text.ptr[at])) at++;
        } else {
            if (at >= text.len) return 0;
            char c = text.ptr[at++];
            if ((c >= 'a' && c <= 'z' ? c - 32 : c) != *words) return 0;
        }
    }
    return is_symbol || at == text.len || ends_word(text.ptr[at]) ? at : 0;
}

static int match_operator(struct str text, size_t at, size_t *end)
{
    for (int i = 0; i < (int)(sizeof operators / sizeof *operators); i++)
        if ((*end = match_words(text, at, operators[i].words))) return i;
    return -1;
}

static bool complain(struct parser *p, size_t at, const char *expected)
{
    struct str rest = str_make(p->text.ptr + at, p->text.len - at), shown = rest;
    size_t length = 0;
    while (shown.len && length < 20) utf8_next(&shown), length++;
    size_t before = utf8_length(str_make(p->text.ptr, at));
    if (rest.len == 0)
        return fault_user(p->fault, 400, "condition: expected %s at character %zu, found the end", expected, before + 1);
    return fault_user(p->fault, 400, "condition: expected %s at character %zu, found \"%.*s\"", expected, before + 1,
                      (int)(rest.len - shown.len), rest.ptr);
}

static struct cond_step *add_step(struct parser *p, enum cond_act act)
{
    int64_t most = limit_get(LIMIT_COND_MAX_STEPS);
    if (p->n_steps >= most) {
        fault_user(p->fault, 400, "condition: longer than %lld comparisons", (long long)most / 2);
        return NULL;
    }
    ARENA_GROW(p->arena, p->step, p->n_steps, p->cap);
    p->step[p->n_steps].act = act;
    return &p->step[p->n_steps++];
}

/* Inside quotes a backslash keeps the next character as it is. */
static bool quoted(struct parser *p, struct str *out)
{
    size_t start = p->at;
    char quote = p->text.ptr[p->at++];
    while (p->at < p->text.len && p->text.ptr[p->at] != quote) p->at += p->text.ptr[p->at] == '\\' ? 2 : 1;
    if (p->at >= p->text.len) return complain(p, start, "a closing quote for the value");
    char *to = arena_alloc(p->arena, p->at - start);
    size_t n = 0;
    for (size_t i = start + 1; i < p->at; i++) {
        if (p->text.ptr[i] == '\\') i++;
        to[n++] = p->text.ptr[i];
    }
    p->at++;
    *out = str_make(to, n);
    return true;
}

/* A bare value goes on over blanks to AND, OR, ")" or the end: state=New York AND … */
static bool bare(struct parser *p, struct str *out)
{
    size_t start = p->at;
    while (p->at < p->text.len && !strchr("()\"'=<>!", p->text.ptr[p->at])) {
        bool word_starts = p->at > start && is_blank(p->text.ptr[p->at - 1]);
        if ((word_starts || p->at == start) && (match_words(p->text, p->at, "AND") || match_words(p->text, p->at, "OR"))) break;
        p->at++;
    }
    *out = str_trim(str_make(p->text.ptr + start, p->at - start));
    return out->len ? true : complain(p, start, "a value");
}

static bool value(struct parser *p, struct str *out)
{
    skip_blanks(p);
    return peek(p) == '"' || peek(p) == '\'' ? quoted(p, out) : bare(p, out);
}

/* The name is everything up to the operator's words. */
static int name_and_operator(struct parser *p, struct str *name)
{
    size_t start = p->at, end = 0;
    int op = -1;
    for (; p->at < p->text.len; p->at++) {
        bool may_start = (p->at > start && is_blank(p->text.ptr[p->at - 1])) || strchr("=<>!", p->text.ptr[p->at]);
        if (may_start && (op = match_operator(p->text, p->at, &end)) >= 0) break;
        if (strchr("()\"'", p->text.ptr[p->at])) break;
    }
    *name = str_trim(str_make(p->text.ptr + start, p->at - start));
    if (name->len == 0) {
        complain(p, start, "a field name");
        return -1;
    }
    if (op < 0)
        complain(p, p->at, "an operator such as EQUALS or IS EMPTY");
    else
        p->at = end;
    return op;
}

static bool comparison(struct parser *p)
{
    size_t start = p->at;
    struct str name, text = STR_NULL;
    int op = name_and_operator(p, &name);
    if (op < 0) return false;
    int field = p->field(p->ctx, name);
    if (field < 0 && !p->lenient) return complain(p, start, "the name of a field that exists");
    if (operators[op].has_value && !value(p, &text)) return false;
    struct cond_step *s = add_step(p, COND_TEST);
    if (!s) return false;
    s->op = operators[op].op, s->field = field;
    s->value = arena_str(p->arena, str_trim(text));
    s->value_is_number = cond_number(s->value, &s->number);
    return true;
}

static bool any(struct parser *p);

static bool one(struct parser *p)
{
    skip_blanks(p);
    size_t end = match_words(p->text, p->at, "NOT");
    if (!end && peek(p) != '(') return comparison(p);
    if (++p->depth > limit_get(LIMIT_COND_MAX_DEPTH)) return complain(p, p->at, "fewer levels of NOT and parentheses");
    if (end) {
        p->at = end;
        if (!one(p) || !add_step(p, COND_NOT)) return false;
    } else {
        p->at++;
        if (!any(p)) return false;
        skip_blanks(p);
        if (peek(p) != ')') return complain(p, p->at, "AND, OR or \")\"");
        p->at++;
    }
    p->depth--;
    return true;
}

/* Items joined by `word`. Every jump goes to the next jump of the chain, which jumps on for the same reason, so none needs to
 * be revisited but the last. */
static bool chain(struct parser *p, bool (*item)(struct parser *), const char *word, enum cond_act jump)
{
    int last = -1;
    for (;;) {
        if (!item(p)) return false;
        if (last >= 0) p->step[last].to = p->n_steps;
        skip_blanks(p);
        size_t end = match_words(p->text, p->at, word);
        if (!end) return true;
        p->at = end;
        last = p->n_steps;
        if (!add_step(p, jump)) return false;
    }
}

static bool all(struct parser *p) { return chain(p, one, "AND", COND_IF_FALSE_TO); }
static bool any(struct parser *p) { return chain(p, all, "OR", COND_IF_TRUE_TO); }

struct cond *cond_compile(struct arena *a, struct str text, cond_field_fn *field, void *ctx, bool lenient, struct fault *f)
{
    struct parser p = {.text = text, .arena = a, .field = field, .ctx = ctx, .lenient = lenient, .fault = f};
    if (!text.ptr) p.text = STR("");
    size_t bad;
    if (!utf8_is_valid(p.text, &bad) || memchr(p.text.ptr, 0, p.text.len)) {
        fault_user(f, 400, "condition: not valid UTF-8 text");
        return NULL;
    }
    if (!any(&p)) return NULL;
    if (p.at < p.text.len) {
        complain(&p, p.at, "AND, OR or the end");
        return NULL;
    }
    struct cond *c = ARENA_NEW(a, struct cond);
    c->n_steps = p.n_steps, c->step = p.step;
    return c;
}
