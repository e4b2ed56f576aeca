/* str.c: comparing, trimming and reading numbers from text that somebody else owns. No state; nothing allocates. */
#include "base/str.h"
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    return true;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0])) s.ptr++, s.len--;
    while (s.len && is_space(s.ptr[s.len - 1])) s.len--;
    return s;
}

struct str str_skip_bom(struct str s) { return str_starts(s, STR("\xEF\xBB\xBF")) ? str_make(s.ptr + 3, s.len - 3) : s; }

bool str_is_line(struct str s) { return !s.len || (!memchr(s.ptr, '\n', s.len) && !memchr(s.ptr, '\r', s.len)); }

struct str str_cut(struct str s, char sep, struct str *rest)
{
    const char *at = s.len ? memchr(s.ptr, sep, s.len) : NULL;
    if (!at) {
        *rest = STR_NULL;
        return s;
    }
    size_t n = (size_t)(at - s.ptr);
    *rest = str_make(at + 1, s.len - n - 1);
    return str_make(s.ptr, n);
}

bool str_to_int64(struct str s, int64_t *out)
{
    bool is_negative = s.len && s.ptr[0] == '-';
    size_t i = is_negative;
    if (i == s.len) return false;
    int64_t v = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        int digit = s.ptr[i] - '0';
        /* Counted downwards: the least number has no positive twin. */
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, digit, &v)) return false;
    }
    if (!is_negative && v == INT64_MIN) return false;
    *out = is_negative ? v : -v;
    return true;
}

static size_t skip_digits(struct str s, size_t i)
{
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9') i++;
    return i;
}

static bool is_decimal(struct str s)
{
    size_t i = s.len && s.ptr[0] == '-', from = i;
    i = skip_digits(s, i);
    if (i == from) return false;
    if (i < s.len && s.ptr[i] == '.') {
        from = ++i;
        i = skip_digits(s, i);
        if (i == from) return false;
    }
    if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
        i++;
        if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+')) i++;
        from = i;
        i = skip_digits(s, i);
        if (i == from) return false;
    }
    return i == s.len;
}

static locale_t c_locale;

static void make_c_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", NULL); }

bool str_to_double(struct str s, double *out)
{
    char z[400];
    if (s.len >= sizeof z || !is_decimal(s)) return false;
    memcpy(z, s.ptr, s.len);
    z[s.len] = '\0';
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    double v = strtod_l(z, NULL, c_locale);
    if (!isfinite(v)) return false;
    *out = v;
    return true;
}
