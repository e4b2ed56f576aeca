/* salesforce_rows.c: records of a query's page as rows of the file that becomes an import. Pure. */
#include "links/salesforce/salesforce_wish.h"
#include "base/csv.h"

struct str sf_street_line(struct arena *a, struct str street, int which)
{
    struct str rest, first = str_trim(str_cut(street, '\n', &rest));
    if (which == 1) return first;
    struct buf b = BUF_INIT;
    while (rest.ptr) {
        struct str line = str_trim(str_cut(rest, '\n', &rest));
        if (line.len) buf_addf(&b, "%s%.*s", b.len ? ", " : "", STR_ARG(line));
    }
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* "Account.Name", "MailingStreet#1". */
static struct str cell(struct arena *a, struct json_value record, struct str field)
{
    struct str line, path = str_cut(field, '#', &line);
    struct json_value v = record;
    for (struct str rest = path; rest.ptr;) v = json_get(v, arena_str(a, str_cut(rest, '.', &rest)).ptr);
    if (v.type == JSON_MISSING || v.type == JSON_NULL || v.type == JSON_OBJECT || v.type == JSON_ARRAY) return STR("");
    if (v.type != JSON_STRING) return json_value_text(a, v);
    return line.len ? sf_street_line(a, v.string, *line.ptr - '0') : v.string;
}

void sf_rows_header(const struct sf_wish *w, struct buf *b)
{
    csv_add_field(b, STR(SF_KEY_COLUMN), true, false);
    for (int i = 0; i < w->n_columns; i++) csv_add_field(b, w->columns[i].name, false, false);
    buf_addz(b, "\r\n");
}

int64_t sf_rows_add(struct arena *a, const struct sf_wish *w, struct json_value records, struct buf *b)
{
    int64_t n = 0;
    struct json_iter it = {0};
    struct json_value record;
    while (json_next(records, &it, NULL, &record)) {
        struct json_value id = json_get(record, "Id");
        if (id.type != JSON_STRING || !sf_id_is(id.string)) return -1;
        csv_add_field(b, id.string, true, false);
        for (int i = 0; i < w->n_columns; i++) csv_add_field(b, cell(a, record, w->columns[i].field), false, false);
        buf_addz(b, "\r\n");
        n++;
    }
    return n;
}
