/* buf.c: the growable byte buffer behind everything that is written: answers, JSON, PDF, CSV.
 * Lives from buf_init (or BUF_INIT) to buf_finish. Passing `max` is remembered in `overflow`; running out of memory ends the
 * process. */
#include "base/buf.h"
#include "base/log.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max)
{
    *b = BUF_INIT;
    b->max = max;
}

void buf_finish(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.max = b->max};
}

static void buf_grow(struct buf *b, size_t need)
{
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < need) cap += cap / 2 + 16;
    char *data = realloc(b->data, cap);
    if (!data) log_panic(__FILE__, __LINE__, "the machine has no memory left");
    b->data = data, b->cap = cap;
}

char *buf_reserve(struct buf *b, size_t n)
{
    ASSERT(n < PTRDIFF_MAX - b->len - 1);
    if (b->overflow || (b->max && b->len + n > b->max)) {
        b->overflow = true;
        return NULL;
    }
    if (b->len + n + 1 > b->cap) buf_grow(b, b->len + n + 1);
    return b->data + b->len;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    char *to = buf_reserve(b, n);
    if (!to) return;
    if (n) memcpy(to, p, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_add_str(struct buf *b, struct str s) { buf_add(b, s.ptr, s.len); }

void buf_addz(struct buf *b, const char *z) { buf_add(b, z, strlen(z)); }

void buf_add_byte(struct buf *b, char c) { buf_add(b, &c, 1); }

void buf_addf(struct buf *b, const char *fmt, ...)
{
    char small[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    ASSERT(n >= 0);
    if ((size_t)n < sizeof small) {
        buf_add(b, small, (size_t)n);
        return;
    }
    char *to = buf_reserve(b, (size_t)n);
    if (!to) return;
    va_start(ap, fmt);
    vsnprintf(to, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

/* Writes the digits so that they end at `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t v)
{
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return end;
}

void buf_add_int(struct buf *b, int64_t v)
{
    char text[24], *end = text + sizeof text;
    char *p = digits_before(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0) *--p = '-';
    buf_add(b, p, (size_t)(end - p));
}

/* Beyond 2^53 there is no fraction to lose; printf writes such a number whole. */
static void buf_add_huge(struct buf *b, double v)
{
    char text[400];
    int n = snprintf(text, sizeof text, "%.0f", v);
    ASSERT(n > 0 && (size_t)n < sizeof text);
    buf_add(b, text, (size_t)n);
}

void buf_add_fixed(struct buf *b, double v, int decimals)
{
    ASSERT(isfinite(v) && decimals >= 0 && decimals <= 9);
    static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    while (decimals > 0 && fabs(v) * power[decimals] > 9e15) decimals--;
    if (fabs(v) > 9e15) {
        buf_add_huge(b, v);
        return;
    }
    uint64_t scaled = (uint64_t)llround(fabs(v) * power[decimals]);
    bool is_negative = v < 0 && scaled != 0;
    for (; decimals > 0 && scaled % 10 == 0; decimals--) scaled /= 10;
    char text[40], *end = text + sizeof text, *p = end;
    for (int i = 0; i < decimals; i++, scaled /= 10) *--p = (char)('0' + scaled % 10);
    if (decimals > 0) *--p = '.';
    p = digits_before(p, scaled);
    if (is_negative) *--p = '-';
    buf_add(b, p, (size_t)(end - p));
}
