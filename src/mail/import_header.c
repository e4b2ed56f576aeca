/* import_header.c: which column of a CSV is which field of a contact. Columns that are no known field become columns of the
 * list. Pure. */
#include "mail/contact_check.h"
#include "mail/contact_key.h"
#include "mail/import.h"
#include "base/limits.h"
#include "base/text.h"
#include "press/fields.h"

static int column_find(struct arena *a, const struct import_header *h, struct str name)
{
    struct str key = text_title_key(a, name);
    for (int i = 0; i < h->n_columns; i++)
        if (str_eq(text_title_key(a, h->columns[i]), key)) return i;
    return -1;
}

static bool is_taken(const struct import_header *h, int n, int place)
{
    for (int i = 0; i < n; i++)
        if (h->place[i] == place) return true;
    return false;
}

/* The place of an unknown name: the list's column of that name, or a new one. */
static bool place_column(struct arena *a, struct import_header *h, int i, struct str name, struct fault *f)
{
    int at = column_find(a, h, name);
    for (int k = 2; at >= 0 && is_taken(h, i, FIELD_KNOWN + at); k++) { /* a name that stands twice keeps both columns */
        name = str_of(arena_printf(a, "%.*s (%d)", STR_ARG(name), k));
        at = column_find(a, h, name);
    }
    if (at < 0) {
        int64_t max = limit_get(LIMIT_LIST_MAX_COLUMNS);
        if (h->n_columns >= max)
            return fault_user(
                f, 400,
                "The list would have more than %lld columns beyond the known ones (list.max_columns): \"%.*s\" has no room.",
                (long long)max, STR_ARG(name));
        at = h->n_columns;
        h->columns[h->n_columns++] = arena_str(a, name);
    }
    h->place[i] = FIELD_KNOWN + at;
    return true;
}

static bool required_are_there(const struct import_header *h, struct fault *f)
{
    static const int required[] = {FIELD_FIRST_NAME,   FIELD_LAST_NAME,     FIELD_ADDRESS_STREET,
                                   FIELD_ADDRESS_CITY, FIELD_ADDRESS_STATE, FIELD_ADDRESS_ZIP};
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        if (!is_taken(h, h->n, required[i]))
            return fault_user(
                f, 400,
                "The file's first line names no column for %s. It must name the columns, such as \"First Name\" or "
                "\"address_zip\".",
                contact_field_name(required[i]));
    return true;
}

bool import_header_make(struct arena *a, const struct csv_row *row, const struct contact_list *list, struct import_header *out,
                        struct fault *f)
{
    const struct field_set *known = field_set_create(a, NULL, 0);
    if (row->bad) return fault_user(f, 400, "The file's first line cannot be used: it %s.", row->bad);
    struct import_header h = {.n = (int)row->n, .place = ARENA_ARRAY(a, int, row->n + 1), .n_columns = list->n_columns};
    h.columns = ARENA_ARRAY(a, struct str, (size_t)list->n_columns + row->n + 1);
    if (list->n_columns) memcpy(h.columns, list->columns, sizeof *h.columns * (size_t)list->n_columns);
    for (int i = 0; i < h.n; i++) {
        struct str name = str_trim(row->fields[i]);
        int field = name.len ? field_set_find(known, name) : -1;
        if (!name.len)
            h.place[i] = -1;
        else if (field >= 0 && field < FIELD_KNOWN && !is_taken(&h, i, field))
            h.place[i] = field;
        else if (!place_column(a, &h, i, name, f))
            return false;
    }
    if (!required_are_there(&h, f)) return false;
    struct contact_list with = *list; /* the key may be a column that this file brings */
    with.columns = h.columns;
    with.n_columns = h.n_columns;
    h.key_place = list_key_place(a, &with);
    if (list->key_field.ptr && (!h.key_place || !is_taken(&h, h.n, h.key_place - 1)))
        return fault_user(f, 400, "The file's first line names no column for %.*s, by which the list tells its contacts apart.",
                          STR_ARG(list->key_field));
    *out = h;
    return true;
}
