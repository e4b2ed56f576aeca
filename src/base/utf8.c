/* utf8.c: checking, decoding and writing UTF-8. No state; nothing allocates. ASCII goes eight bytes at a time. */
#include "base/utf8.h"

static bool word_is_ascii(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return (w & 0x8080808080808080u) == 0;
}

/* Length of the valid sequence at p, 0 when there is none. Unicode 15, table 3-7. */
static size_t sequence_length(const unsigned char *p, size_t left)
{
    unsigned char c = p[0];
    if (c < 0x80) return 1;
    if (c < 0xC2 || c > 0xF4 || left < 2) return 0;
    unsigned char low = 0x80, high = 0xBF; /* bounds of the second byte */
    if (c == 0xE0) low = 0xA0;
    if (c == 0xED) high = 0x9F;
    if (c == 0xF0) low = 0x90;
    if (c == 0xF4) high = 0x8F;
    if (p[1] < low || p[1] > high) return 0;
    if (c < 0xE0) return 2;
    if (left < 3 || (p[2] & 0xC0) != 0x80) return 0;
    if (c < 0xF0) return 3;
    return left < 4 || (p[3] & 0xC0) != 0x80 ? 0 : 4;
}

bool utf8_is_valid(struct str s, size_t *bad)
{
    size_t i = 0;
    while (i < s.len) {
        if (i + 8 <= s.len && word_is_ascii(s.ptr + i)) {
            i += 8;
            continue;
        }
        size_t n = sequence_length((const unsigned char *)s.ptr + i, s.len - i);
        if (n == 0) {
            if (bad) *bad = i;
            return false;
        }
        i += n;
    }
    return true;
}

int32_t utf8_next(struct str *s)
{
    if (s->len == 0) return -1;
    const unsigned char *p = (const unsigned char *)s->ptr;
    size_t n = sequence_length(p, s->len);
    size_t step = n ? n : 1;
    s->ptr += step, s->len -= step;
    switch (n) {
    case 1: return p[0];
    case 2: return (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    case 3: return (p[0] & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    case 4: return (p[0] & 0x07) << 18 | (p[1] & 0x3F) << 12 | (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    default: return -1;
    }
}

size_t utf8_put(char out[4], uint32_t cp)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6), out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12), out[1] = (char)(0x80 | (cp >> 6 & 0x3F)), out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18), out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F)), out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t utf8_length(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) n += (s.ptr[i] & 0xC0) != 0x80;
    return n;
}

bool utf8_is_control(int32_t cp) { return (cp >= 0 && cp < ' ') || (cp >= 0x7F && cp <= 0x9F); }

size_t utf8_line(char *out, size_t size, struct str s)
{
    size_t len = 0;
    while (s.len) {
        char one[4];
        int32_t cp = utf8_next(&s);
        size_t n = utf8_put(one, cp < 0 ? '?' : utf8_is_control(cp) ? ' ' : (uint32_t)cp);
        if (len + n >= size) break;
        memcpy(out + len, one, n);
        len += n;
    }
    out[len] = '\0';
    return len;
}

bool utf8_has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) return true;
        /* U+0080-9F are C2 80 to C2 9F. */
        if (c == 0xC2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xA0) return true;
    }
    return false;
}

void utf8_mend(char *text)
{
    size_t bad, from = 0, len = strlen(text);
    while (!utf8_is_valid(str_make(text + from, len - from), &bad)) {
        text[from + bad] = '?';
        from += bad + 1;
    }
}
