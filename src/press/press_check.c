/* press_check.c: characters that nothing in the cage can draw. Called in the worker for each piece before it is printed, because
 * Chromium draws an empty box for them without a word. */
#include "base/utf8.h"
#include "press/press_private.h"
#include <stdio.h>

/* A character counts as drawn when either the house's fonts or the creative's have it. */
static bool covers(const struct press_work *w, struct str s, int32_t *missing)
{
    if (coverage_has(w->house->coverage, s, missing)) return true;
    if (!w->own_fonts) return false;
    while (s.len) {
        struct str one = s;
        utf8_next(&s);
        one.len -= s.len;
        int32_t other;
        if (!coverage_has(w->house->coverage, one, missing) && !coverage_has(w->own_fonts, one, &other)) return false;
    }
    return true;
}

static bool complain(char why[400], const char *what, struct str name, int32_t cp)
{
    char letter[5] = "";
    if (cp >= 32 && cp != 127) utf8_put(letter, (uint32_t)cp);
    snprintf(why, 400, "%s %.*s: no font has the character %s%s(U+%04X)", what, STR_ARG(name), letter, *letter ? " " : "",
             (unsigned)(cp < 0 ? 0xFFFD : cp));
    return false;
}

static bool check_names(const struct press_work *w, const struct merge *m, const struct press_piece *piece, char why[400])
{
    const struct str *names;
    int32_t missing;
    int n = merge_names(m, &names);
    for (int i = 0; i < n; i++) {
        int at = field_set_find(w->fields, names[i]);
        if (at >= 0 && !covers(w, piece->values[at], &missing)) return complain(why, "the field", names[i], missing);
    }
    return true;
}

bool press_check_glyphs(const struct press_work *w, const struct press_piece *piece, char why[400])
{
    int32_t missing;
    for (int i = 0; i < w->n_documents; i++)
        if (!check_names(w, w->merge[i], piece, why)) return false;
    for (int i = 0; i < piece->n_lines; i++)
        if (!coverage_has(w->house->coverage, piece->lines[i], &missing))
            return complain(why, "the address line", piece->lines[i], missing);
    return true;
}
