/* address_fold.c: text to what an address block prints: A-Z, 0-9, - / # and single blanks. Called for each field of an address.
 * Fails on characters without such a form (other scripts, control characters, broken UTF-8) and names the field. */
#include "postal/address_table.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

/* Letters that Unicode does not decompose, and punctuation with a plain form. */
static const struct {
    int32_t cp;
    const char *as;
} special[] = {
    {0xDF, "SS"}, {0x1E9E, "SS"}, {0xC6, "AE"}, {0xE6, "AE"},  {0x152, "OE"}, {0x153, "OE"}, {0xD8, "O"},   {0xF8, "O"},
    {0x141, "L"}, {0x142, "L"},   {0x110, "D"}, {0x111, "D"},  {0xD0, "D"},   {0xF0, "D"},   {0xDE, "TH"},  {0xFE, "TH"},
    {0x131, "I"}, {0x126, "H"},   {0x127, "H"}, {0x2010, "-"}, {0x2011, "-"}, {0x2012, "-"}, {0x2013, "-"}, {0x2014, "-"},
    {0x2018, ""}, {0x2019, ""},   {0x201C, ""}, {0x201D, ""},  {0x201E, ""},  {0xAB, ""},    {0xBB, ""},    {0xB4, ""},
    {0x2BC, ""},  {0xB7, ""},     {0xAD, ""},   {0x200B, ""},  {0xFEFF, ""},
};

static void add_text(struct buf *to, const char *s)
{
    for (; *s; s++) {
        bool at_blank = to->len == 0 || to->data[to->len - 1] == ' ';
        if (*s != ' ' || !at_blank) buf_add_byte(to, *s);
    }
}

static bool add_ascii(struct buf *to, int32_t c)
{
    char one[2] = {(char)c, 0};
    if (c >= 'a' && c <= 'z') one[0] = (char)(c - 32);
    if (c == '&')
        add_text(to, " AND ");
    else if (c == '.' || c == '\'' || c == '"' || c == '`')
        return true; /* O'BRIEN, U.S.: the parts belong together */
    else if ((one[0] >= 'A' && one[0] <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '/' || c == '#')
        add_text(to, one);
    else if (c >= 32 || c == '\t' || c == '\n' || c == '\r')
        add_text(to, " ");
    else
        return false;
    return c != 127;
}

static bool add_decomposed(struct buf *to, int32_t cp)
{
    UErrorCode error = U_ZERO_ERROR;
    UChar parts[32];
    const UNormalizer2 *nfkd = unorm2_getNFKDInstance(&error);
    int32_t n = U_SUCCESS(error) ? unorm2_getDecomposition(nfkd, cp, parts, 32, &error) : -1;
    if (U_FAILURE(error) || n < 0) return false;
    for (int32_t i = 0; i < n; i++) {
        if (parts[i] < 128 ? !add_ascii(to, parts[i]) : u_charType(parts[i]) != U_NON_SPACING_MARK) return false;
    }
    return true;
}

static bool add_char(struct buf *to, int32_t cp)
{
    if (cp < 128) return add_ascii(to, cp);
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (special[i].cp != cp) continue;
        add_text(to, special[i].as);
        return true;
    }
    return u_charType(cp) == U_NON_SPACING_MARK || add_decomposed(to, cp);
}

bool address_fold_into(struct buf *to, struct str s, const char *field, struct fault *f)
{
    if (!utf8_is_valid(s, NULL)) return fault_user(f, 400, "%s: not valid UTF-8 text", field);
    size_t most = (size_t)limit_get(LIMIT_ADDRESS_MAX_CHARACTERS), start = to->len;
    if (utf8_length(s) > most) return fault_user(f, 400, "%s: longer than %zu characters", field, most);
    while (s.len) {
        struct str before = s;
        int32_t cp = utf8_next(&s);
        if (cp >= 0 && add_char(to, cp)) continue;
        if (cp < 32 || cp == 127)
            return fault_user(f, 400, "%s: a control character (U+%04X) cannot be printed", field, (unsigned)cp);
        return fault_user(f, 400, "%s: \"%.*s\" cannot be printed in an address; use Latin letters", field,
                          (int)(before.len - s.len), before.ptr);
    }
    while (to->len > start && to->data[to->len - 1] == ' ') to->len--;
    if (to->len - start > most) /* "&" is printed as AND */
        return fault_user(f, 400, "%s: longer than %zu characters when printed", field, most);
    return true;
}

struct str address_fold(struct arena *a, struct str s, const char *field, bool *ok, struct fault *f)
{
    struct buf b = BUF_INIT;
    struct str folded = STR("");
    if (*ok) *ok = address_fold_into(&b, s, field, f);
    if (*ok) folded = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return folded;
}
