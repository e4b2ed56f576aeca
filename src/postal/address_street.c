/* address_street.c: one street line to Publication 28: directionals, suffix and unit designator abbreviated, the unit taken
 * off. Called by address.c with folded text. Cannot fail: words it does not know stay as they are. Results live in the arena.
 */
#include "postal/address_table.h"

struct words {
    struct str *at;
    int n;
};

static void split(struct arena *a, struct str s, struct words *w)
{
    w->n = 0;
    w->at = ARENA_ARRAY(a, struct str, s.len / 2 + 1);
    while (s.ptr && s.len) {
        struct str word = str_cut(s, ' ', &s);
        if (word.len) w->at[w->n++] = word;
    }
}

static struct str join(struct arena *a, const struct words *w, int from, int to)
{
    size_t len = 0;
    for (int i = from; i < to; i++) len += w->at[i].len + 1;
    if (len == 0) return STR("");
    char *text = arena_alloc(a, len), *end = text;
    for (int i = from; i < to; i++) {
        if (i > from) *end++ = ' ';
        memcpy(end, w->at[i].ptr, w->at[i].len);
        end += w->at[i].len;
    }
    return str_make(text, (size_t)(end - text));
}

static bool has_digit(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9') return true;
    return false;
}

/* Forms of boxes and routes: the words people write, the words that are printed. */
static const struct {
    const char *written, *printed;
} boxes[] = {
    {"P O BOX ", "PO BOX "},      {"POST OFFICE BOX ", "PO BOX "},
    {"PO BOX ", "PO BOX "},       {"POBOX ", "PO BOX "},
    {"P O B ", "PO BOX "},        {"POB ", "PO BOX "},
    {"RURAL ROUTE ", "RR "},      {"RR ", "RR "},
    {"HIGHWAY CONTRACT ", "HC "}, {"HC ", "HC "},
};

static bool box(struct arena *a, struct str s, struct str *out)
{
    for (size_t i = 0; i < sizeof boxes / sizeof *boxes; i++) {
        struct str written = str_of(boxes[i].written);
        if (!str_starts(s, written) || s.len == written.len) continue;
        struct str id = str_make(s.ptr + written.len, s.len - written.len);
        while (id.len && (id.ptr[0] == '#' || id.ptr[0] == ' ')) id.ptr++, id.len--;
        if (!has_digit(id) && id.len != 1) continue;
        *out = str_of(arena_printf(a, "%s%.*s", boxes[i].printed, STR_ARG(id)));
        return true;
    }
    return false;
}

/* An apartment's name: "4B", "A", "#12"; not a word such as ST that makes the designator part of a street's name. */
static bool is_unit_id(struct str s)
{
    return has_digit(s) || s.ptr[0] == '#' || (s.len == 1 && s.ptr[0] >= 'A' && s.ptr[0] <= 'Z');
}

/* Where a unit begins in the words from `first` on, or w->n. */
static int find_unit(const struct words *w, int first)
{
    for (int i = first; i < w->n; i++) {
        bool needs_id, is_last = i == w->n - 1;
        struct str unit = address_unit(w->at[i], &needs_id);
        if (w->at[i].ptr[0] == '#') return i;
        if (!unit.ptr) continue;
        bool after_street =
            i == 0 || address_suffix(w->at[i - 1]).ptr || address_directional(w->at[i - 1]).ptr || has_digit(w->at[i - 1]);
        if (needs_id ? (!is_last && is_unit_id(w->at[i + 1])) || (is_last && after_street && !address_suffix(w->at[i]).ptr)
                     : after_street && is_last)
            return i;
    }
    return w->n;
}

/* "APARTMENT #4" to "APT 4", "#4" to "# 4"; several units in a row as well. */
static struct str unit_text(struct arena *a, struct words *w, int from, unsigned *warnings)
{
    bool wants_id = false;
    for (int i = from; i < w->n; i++) {
        bool needs_id;
        struct str unit = address_unit(w->at[i], &needs_id), *word = &w->at[i];
        if (unit.ptr && !wants_id) {
            *word = unit;
            wants_id = needs_id;
            continue;
        }
        if (word->ptr[0] == '#' && word->len > 1)
            *word = wants_id ? str_make(word->ptr + 1, word->len - 1)
                             : str_of(arena_printf(a, "# %.*s", (int)word->len - 1, word->ptr + 1));
        else if (word->ptr[0] == '#' && wants_id) {
            *word = STR("");
            continue;
        }
        wants_id = false;
    }
    if (wants_id) *warnings |= ADDRESS_WARN_UNIT_MISSING;
    struct str text = join(a, w, from, w->n);
    char *to = arena_alloc(a, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) /* an emptied "#" left two blanks */
        if (text.ptr[i] != ' ' || (n && to[n - 1] != ' ')) to[n++] = text.ptr[i];
    return str_trim(str_make(to, n)); /* "STE #" left one at the end */
}

/* words: number, [directional], name, [suffix], [directional]. A directional or suffix that is all there is of the name stays.
 */
static void abbreviate(struct words *w, int n)
{
    int first = has_digit(w->at[0]) ? 1 : 0, last = n - 1;
    struct str s;
    if (last >= first + 2 && (s = address_directional(w->at[last])).ptr && address_suffix(w->at[last - 1]).ptr)
        w->at[last--] = s;
    if (last > first && (s = address_suffix(w->at[last])).ptr) w->at[last--] = s;
    if (last > first && (s = address_directional(w->at[first])).ptr) w->at[first] = s;
}

struct str address_street(struct arena *a, struct str folded, struct str *unit, unsigned *warnings)
{
    struct words w;
    struct str out;
    *unit = STR_NULL;
    if (box(a, folded, &out)) return out;
    split(a, folded, &w);
    if (w.n == 0) return STR("");
    int at = find_unit(&w, has_digit(w.at[0]) ? 2 : 1);
    if (at < w.n) *unit = unit_text(a, &w, at, warnings);
    if (!has_digit(w.at[0])) *warnings |= ADDRESS_WARN_NO_NUMBER;
    abbreviate(&w, at < w.n ? at : w.n);
    return join(a, &w, 0, at);
}

struct str address_secondary(struct arena *a, struct str folded, unsigned *warnings)
{
    struct words w;
    struct str out;
    if (box(a, folded, &out)) return out;
    split(a, folded, &w);
    if (w.n == 0 || find_unit(&w, 0) != 0) return folded;
    return unit_text(a, &w, 0, warnings);
}
