/* cond_run.c: evaluates a compiled condition against one record. Called for every recipient from several threads at once; takes
 * no memory, cannot fail, changes nothing. */
#include "lql/cond_private.h"
#include "base/utf8.h"
#include <unicode/uchar.h>

enum { NUMBER_MAX = 40 };

/* A comma counts only between digits of the whole part with three digits after it: "1,5" is text. */
static bool comma_is_thousands(struct str s, size_t at)
{
    if (at == 0 || s.len - at < 4) return false;
    for (size_t i = 1; i <= 3; i++)
        if (s.ptr[at + i] < '0' || s.ptr[at + i] > '9') return false;
    bool goes_on = s.len - at > 4 && s.ptr[at + 4] >= '0' && s.ptr[at + 4] <= '9';
    return s.ptr[at - 1] >= '0' && s.ptr[at - 1] <= '9' && !goes_on;
}

bool cond_number(struct str s, double *out)
{
    char plain[NUMBER_MAX];
    size_t n = 0;
    bool in_fraction = false;
    s = str_trim(s);
    if (s.len && s.ptr[0] == '-') {
        plain[n++] = '-';
        s.ptr++, s.len--;
    }
    if (s.len && s.ptr[0] == '$') s.ptr++, s.len--;
    if (s.len == 0 || s.len > NUMBER_MAX - 2) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == ',' && !in_fraction && comma_is_thousands(s, i)) continue;
        if ((c < '0' || c > '9') && (c != '.' || in_fraction)) return false;
        in_fraction = in_fraction || c == '.';
        plain[n++] = c;
    }
    if (plain[n - 1] == '.') return false;
    return str_to_double(str_make(plain, n), out);
}

/* The next code point without case, -1 at the end. Bytes that are not UTF-8 stand for themselves, above all code points. */
static int32_t next_folded(struct str *s)
{
    if (s->len == 0) return -1;
    unsigned char c = (unsigned char)*s->ptr;
    if (c < 128) {
        s->ptr++, s->len--;
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    int32_t cp = utf8_next(s);
    return cp < 0 ? 0x110000 + c : u_foldCase(cp, U_FOLD_CASE_DEFAULT);
}

/* Below, at or above zero; *is_prefix (may be NULL) tells whether all of b was met while a had more. */
static int compare(struct str a, struct str b, bool *is_prefix)
{
    for (;;) {
        int32_t ca = next_folded(&a), cb = next_folded(&b);
        if (is_prefix) *is_prefix = cb < 0;
        if (ca != cb) return ca < cb ? -1 : 1;
        if (ca < 0) return 0;
    }
}

static bool starts(struct str text, struct str with)
{
    bool is_prefix;
    compare(text, with, &is_prefix);
    return is_prefix;
}

/* At every code point of the text: does it start (or, for `at_end`, end) with the value? */
static bool found(struct str text, struct str value, bool at_end)
{
    for (;; next_folded(&text)) {
        if (at_end ? compare(text, value, NULL) == 0 : starts(text, value)) return true;
        if (text.len == 0) return false;
    }
}

static int order(const struct cond_step *t, struct str text)
{
    double number;
    if (t->value_is_number && cond_number(text, &number)) return number < t->number ? -1 : number > t->number;
    return compare(text, t->value, NULL);
}

static bool test(const struct cond_step *t, struct str text)
{
    switch (t->op) {
    case COND_EQ: return compare(text, t->value, NULL) == 0;
    case COND_NE: return compare(text, t->value, NULL) != 0;
    case COND_CONTAINS: return found(text, t->value, false);
    case COND_NOT_CONTAINS: return !found(text, t->value, false);
    case COND_STARTS: return starts(text, t->value);
    case COND_ENDS: return found(text, t->value, true);
    case COND_EMPTY: return text.len == 0;
    case COND_NOT_EMPTY: return text.len != 0;
    case COND_GT: return order(t, text) > 0;
    case COND_LT: return order(t, text) < 0;
    case COND_GE: return order(t, text) >= 0;
    case COND_LE: return order(t, text) <= 0;
    }
    return false;
}

bool cond_run(const struct cond *c, const struct str *values, int n_values)
{
    bool result = false;
    for (int i = 0; i < c->n_steps; i++) {
        const struct cond_step *s = &c->step[i];
        switch (s->act) {
        case COND_TEST: result = test(s, s->field >= 0 && s->field < n_values ? str_trim(values[s->field]) : STR_NULL); break;
        case COND_NOT: result = !result; break;
        case COND_IF_FALSE_TO: i = result ? i : s->to - 1; break;
        case COND_IF_TRUE_TO: i = result ? s->to - 1 : i; break;
        }
    }
    return result;
}
