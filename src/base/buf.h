/* buf.h: a growable byte buffer on the heap. Invariants: `data` is never NULL after the first add, always one NUL beyond `len`.
 * With `max` set an add that would pass it sets `overflow` and adds nothing more; look at it once, at the end. */
#pragma once
#include "base/str.h"
#include <stdarg.h>

struct buf {
    char *data;
    size_t len, cap;
    size_t max; /* 0: none */
    bool overflow;
};

#define BUF_INIT ((struct buf){0})

void buf_init(struct buf *b, size_t max);
void buf_finish(struct buf *b); /* frees; the struct is empty and usable again */
static inline void buf_clear(struct buf *b)
{
    b->len = 0, b->overflow = false;
    if (b->data) b->data[0] = '\0';
}
/* Room for n more bytes at the returned place; commit them with `b->len += used` (the NUL behind them is then the caller's).
 * NULL when max forbids it. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_addz(struct buf *b, const char *z);
void buf_add_byte(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_add_int(struct buf *b, int64_t v);
/* A number as PDF and JSON want it: at most `decimals` places, no exponent, no trailing zeros, "-0" is "0". Locale-free. */
void buf_add_fixed(struct buf *b, double v, int decimals);
static inline struct str buf_str(const struct buf *b) { return (struct str){b->data ? b->data : "", b->len}; }
