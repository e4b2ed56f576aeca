/* text.c: case, normal form and old code pages, by ICU. Times and zones are text_time.c. Thread-safe; ASCII never reaches ICU.
 * Bytes that are not UTF-8 come out as U+FFFD. ICU fails only when it cannot be set up at all, which ends the process. */
#include "base/text.h"
#include "base/log.h"
#include "base/utf8.h"
#include <pthread.h>
#include <unicode/ucasemap.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

static UCaseMap *root_case;
static const UNormalizer2 *nfc;

static void text_set_up(void)
{
    UErrorCode e = U_ZERO_ERROR;
    root_case = ucasemap_open("", 0, &e);
    nfc = unorm2_getNFCInstance(&e);
    ASSERT(U_SUCCESS(e));
}

static void text_ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, text_set_up);
}

/* True when all bytes are below `bound`. */
static bool all_below(struct str s, unsigned bound)
{
    unsigned char highest = 0;
    for (size_t i = 0; i < s.len; i++) highest = (unsigned char)s.ptr[i] > highest ? (unsigned char)s.ptr[i] : highest;
    return highest < bound;
}

typedef int32_t case_fn(const UCaseMap *, char *, int32_t, const char *, int32_t, UErrorCode *);

static struct str change_case(struct arena *a, struct str s, case_fn *change)
{
    text_ready();
    ASSERT(s.len < INT32_MAX / 4);
    int32_t cap = (int32_t)s.len * 3 + 16; /* the longest mapping is threefold */
    char *out = arena_alloc(a, (size_t)cap + 1);
    UErrorCode e = U_ZERO_ERROR;
    int32_t n = change(root_case, out, cap, s.ptr, (int32_t)s.len, &e);
    ASSERT(U_SUCCESS(e) && n <= cap);
    return str_make(out, (size_t)n);
}

static struct str change_ascii(struct arena *a, struct str s, char first, char last, int by)
{
    char *out = arena_alloc(a, s.len + 1);
    for (size_t i = 0; i < s.len; i++) out[i] = s.ptr[i] >= first && s.ptr[i] <= last ? (char)(s.ptr[i] + by) : s.ptr[i];
    return str_make(out, s.len);
}

struct str text_upper(struct arena *a, struct str s)
{
    if (!s.ptr) return STR_NULL;
    return all_below(s, 0x80) ? change_ascii(a, s, 'a', 'z', 'A' - 'a') : change_case(a, s, ucasemap_utf8ToUpper);
}

struct str text_lower(struct arena *a, struct str s)
{
    if (!s.ptr) return STR_NULL;
    return all_below(s, 0x80) ? change_ascii(a, s, 'A', 'Z', 'a' - 'A') : change_case(a, s, ucasemap_utf8ToLower);
}

/* A run of blanks and hyphens is one underscore; underscores that were written stay: "_Address1" and "Address1" are two
 * columns. */
struct str text_title_key(struct arena *a, struct str s)
{
    struct str low = text_lower(a, str_trim(s));
    char *out = (char *)low.ptr;
    size_t n = 0;
    bool in_run = false;
    for (size_t i = 0; i < low.len; i++) {
        bool is_joint = strchr(" \t\r\n\v\f-", low.ptr[i]) && low.ptr[i];
        if (!is_joint || !in_run) out[n++] = is_joint ? '_' : low.ptr[i];
        in_run = is_joint;
    }
    if (out) out[n] = '\0';
    return str_make(out, n);
}

/* Below U+0300 (CC 80) everything is composed. */
struct str text_nfc(struct arena *a, struct str s)
{
    if (!s.ptr || all_below(s, 0xCC)) return s;
    text_ready();
    ASSERT(s.len < INT32_MAX / 8);
    int32_t cap = (int32_t)s.len * 3 + 16, n, wide_n; /* UAX 15: at most threefold in UTF-16 and in UTF-8 */
    UErrorCode e = U_ZERO_ERROR;
    UChar *wide = ARENA_ARRAY(a, UChar, s.len + 1), *composed = ARENA_ARRAY(a, UChar, cap);
    u_strFromUTF8WithSub(wide, (int32_t)s.len + 1, &wide_n, s.ptr, (int32_t)s.len, 0xFFFD, NULL, &e);
    if (unorm2_quickCheck(nfc, wide, wide_n, &e) == UNORM_YES && utf8_is_valid(s, NULL)) return s;
    n = unorm2_normalize(nfc, wide, wide_n, composed, cap, &e);
    ASSERT(U_SUCCESS(e));
    char *out = arena_alloc(a, (size_t)n * 3 + 1);
    int32_t out_n;
    u_strToUTF8(out, n * 3 + 1, &out_n, composed, n, &e);
    ASSERT(U_SUCCESS(e));
    return str_make(out, (size_t)out_n);
}

struct str text_from_windows_1252(struct arena *a, struct str s)
{
    static const uint16_t high[32] = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                      0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
    if (!s.ptr) return STR_NULL;
    char *out = arena_alloc(a, s.len * 3 + 4);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        n += utf8_put(out + n, c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c);
    }
    out[n] = '\0';
    return str_make(out, n);
}
