/* address_marks.c: which words of an address the standard form changed. Called by the page of a piece; pure. A word is compared
 * without case and without the comma behind it, with all words of the other side: good enough to draw the eye, no edit distance. */
#include "web/address_marks.h"
#include "base/text.h"

struct lines {
    struct str line[8];
    int n;
};

static void add_line(struct lines *l, struct str s)
{
    if (!str_is_empty(str_trim(s))) l->line[l->n++] = s;
}

static struct lines given_lines(struct arena *a, const struct address_in *in)
{
    struct lines l = {0};
    add_line(&l, str_of(arena_printf(a, "%.*s %.*s", STR_ARG(in->first_name), STR_ARG(in->last_name))));
    add_line(&l, in->company);
    add_line(&l, in->street);
    add_line(&l, in->street2);
    add_line(&l, str_of(arena_printf(a, "%.*s, %.*s %.*s", STR_ARG(in->city), STR_ARG(in->state), STR_ARG(in->zip))));
    add_line(&l, in->country);
    return l;
}

static struct lines printed_lines(const struct address *out)
{
    struct lines l = {0};
    for (int i = 0; i < out->n_lines; i++) add_line(&l, out->line[i]);
    return l;
}

static struct str next_word(struct str *rest)
{
    for (;;) {
        struct str word = str_cut(*rest, ' ', rest);
        if (word.len || !rest->ptr) return word;
    }
}

static struct str bare(struct str word)
{
    while (word.len && (word.ptr[word.len - 1] == ',' || word.ptr[word.len - 1] == '.')) word.len--;
    return word;
}

/* Both sides in upper case. */
static bool has_word(struct arena *a, const struct lines *l, struct str word)
{
    for (int i = 0; i < l->n; i++) {
        struct str rest = text_upper(a, l->line[i]);
        while (rest.ptr) {
            struct str other = next_word(&rest);
            if (str_eq(bare(other), word)) return true;
        }
    }
    return false;
}

static int add_marked(struct view *v, const char *name, const struct lines *l, const struct lines *other)
{
    struct arena *a = view_arena(v);
    int changes = 0;
    for (int i = 0; i < l->n; i++) {
        struct view *line = view_item(v, name);
        struct str rest = l->line[i];
        while (rest.ptr) {
            struct str word = next_word(&rest), plain = bare(word);
            if (!word.len) continue;
            bool is_changed = other && plain.len && !has_word(a, other, text_upper(a, plain));
            struct view *item = view_item(line, "words");
            view_str(item, "text", word);
            view_flag(item, "is_changed", is_changed);
            changes += is_changed;
        }
    }
    return changes;
}

void address_marks(struct view *v, const struct address_in *in, const struct address *out)
{
    struct lines given = given_lines(view_arena(v), in), printed = printed_lines(out);
    add_marked(v, "given", &given, &printed);
    int changes = add_marked(v, "as_printed", &printed, &given);
    if (changes) view_fmt(v, "changes", changes == 1 ? "1 change, marked" : "%d changes, marked", changes);
}

void address_given(struct view *v, const struct address_in *in)
{
    struct lines given = given_lines(view_arena(v), in);
    add_marked(v, "given", &given, NULL);
}
