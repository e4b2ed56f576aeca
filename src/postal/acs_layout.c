/* acs_layout.c: where the fields of a fixed ACS record lie, from CSV name,start,length. Made at start-up; read by any thread. A layout
 * that cannot be used is a fault that names line and column. */
#include "postal/acs_private.h"
#include "base/csv.h"
#include "base/durable.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

#define MAX_RECORD 4096

struct acs_layout {
    struct {
        size_t at, len; /* len 0: the record has no such field */
    } field[ACS_FIELDS];
    size_t record_len; /* at least */
};

int acs_field_of(struct str name)
{
    static const char *const names[] = {
#define X(ident, words) words,
        ACS_FIELD_LIST(X)
#undef X
    };
    char folded[48];
    struct str word = str_make(folded, scan_fold(name, folded));
    for (int i = 0; i < ACS_FIELDS && word.len; i++)
        if (scan_is_one_of(word, names[i])) return i;
    return -1;
}

bool acs_fields_suffice(const bool has[ACS_FIELDS], const char **why)
{
    *why = "no field is named imb_tracking_code or imb, nor are mailer_id and serial_number";
    if (!has[ACS_FIELD_TRACKING] && !has[ACS_FIELD_IMB] && !(has[ACS_FIELD_MID] && has[ACS_FIELD_SERIAL])) return false;
    *why = "no field is named deliverability_code";
    return has[ACS_FIELD_LETTER];
}

struct reading {
    struct acs_layout *layout;
    struct fault *f;
    bool is_bad, has_header, has[ACS_FIELDS];
};

static bool complain(struct reading *r, const struct csv_row *row, int column, const char *what)
{
    static const char *const names[] = {"name", "start", "length"};
    struct str value = (size_t)column < row->n ? row->fields[column] : STR("");
    r->is_bad = true;
    return fault_user(r->f, 400, "line %lld, column %s: \"%s\" %s", (long long)row->line, names[column], scan_quote(value).text,
                      what);
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct reading *r = ctx;
    int64_t start, len;
    if (row->bad || row->n == 0) {
        r->is_bad = true;
        return fault_user(r->f, 400, "line %lld %s", (long long)row->line, row->bad ? row->bad : "is empty");
    }
    if (str_starts(row->fields[0], STR("#"))) return true;
    if (!r->has_header && str_eq_nocase(row->fields[0], STR("name"))) return r->has_header = true;
    if (!r->has_header) return complain(r, row, 0, "stands where the header name,start,length should");
    if (row->n < 3 || !str_to_int64(row->fields[1], &start) || start < 1 || start > MAX_RECORD)
        return complain(r, row, 1, "is not a place from 1 on");
    if (!str_to_int64(row->fields[2], &len) || len < 1 || start + len - 1 > MAX_RECORD)
        return complain(r, row, 2, "is not a length from 1 on");
    int field = acs_field_of(row->fields[0]);
    if (field < 0) return complain(r, row, 0, "is not a field that is used");
    if (r->has[field]) return complain(r, row, 0, "stands twice");
    r->has[field] = true;
    r->layout->field[field].at = (size_t)start - 1;
    r->layout->field[field].len = (size_t)len;
    if ((size_t)(start + len - 1) > r->layout->record_len) r->layout->record_len = (size_t)(start + len - 1);
    return true;
}

struct acs_layout *acs_layout_read(struct str csv, struct fault *f)
{
    struct reading r = {.layout = calloc(1, sizeof(struct acs_layout)), .f = f};
    const char *why;
    ASSERT(r.layout);
    struct csv_reader *reader = csv_reader_create(on_row, &r);
    if (csv_reader_feed(reader, csv)) csv_reader_end(reader);
    csv_reader_destroy(&reader);
    if (!r.is_bad && !acs_fields_suffice(r.has, &why)) {
        r.is_bad = true;
        fault_user(f, 400, "the layout cannot be used: %s", why);
    }
    if (r.is_bad) acs_layout_destroy(&r.layout);
    return r.layout;
}

struct acs_layout *acs_layout_load(const char *path, struct fault *f)
{
    struct buf b = BUF_INIT;
    struct fault inner = {0};
    struct acs_layout *l = NULL;
    if (file_read(path, 1 << 20, &b, f)) {
        l = acs_layout_read(buf_str(&b), &inner);
        if (!l) fault_operator(f, "%s, %s", path, inner.text);
    }
    buf_finish(&b);
    return l;
}

void acs_layout_destroy(struct acs_layout **l)
{
    if (!l) return;
    free(*l);
    *l = NULL;
}

bool acs_layout_cut(const struct acs_layout *l, struct str record, struct acs_values *out)
{
    if (record.len < l->record_len) return false;
    for (int i = 0; i < ACS_FIELDS; i++)
        out->v[i] = l->field[i].len ? str_trim(str_make(record.ptr + l->field[i].at, l->field[i].len)) : STR("");
    return true;
}
