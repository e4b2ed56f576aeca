/* str.h: a piece of text or bytes that somebody else owns. `ptr` NULL is "no value" (SQL NULL, JSON null); a length of 0 is the
 * empty string. Never assumed to end in NUL unless a function says so. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NULL     ((struct str){NULL, 0})
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_of(const char *z) { return z ? (struct str){z, strlen(z)} : STR_NULL; }
static inline struct str str_make(const void *p, size_t n) { return (struct str){(const char *)p, n}; }
static inline bool str_is_empty(struct str s) { return s.len == 0; }
static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s);     /* ASCII white space off both ends */
struct str str_skip_bom(struct str s); /* what stands behind a UTF-8 byte order mark, if it begins with one */
bool str_is_line(struct str s);        /* no line feed and no return in it */
/* Cuts off and returns what stands before `sep`; *rest is what follows (ptr NULL when there was no `sep`). */
struct str str_cut(struct str s, char sep, struct str *rest);
/* Decimal, an optional minus, nothing else; false also when it does not fit. */
bool str_to_int64(struct str s, int64_t *out);
/* Decimal with an optional fraction and exponent, locale-free; false for NaN, infinity and trailing bytes. */
bool str_to_double(struct str s, double *out);
