/* acs.c: address change service records, row by row. Called by the intake of such files; a reader lives for one file. The first line
 * tells the shape: a header line, or a fixed record. Rows that cannot be used are given with their reason. */
#include "postal/acs_private.h"
#include "postal/status.h"
#include "base/csv.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>

/* Publication 8A; the letter says what became of the piece. C comes from a publisher's description of the file. */
static const struct {
    char letter;
    enum acs_kind kind;
    const char *what;
} letters[] = {
    {' ', ACS_FORWARDED, "moved, forwarded"},
    {'W', ACS_TEMPORARY, "temporarily away"},
    {'K', ACS_GONE, "moved, left no address"},
    {'G', ACS_GONE, "post office box closed"},
    {'C', ACS_GONE, "no delivery at this address"},
    {'A', ACS_NIXIE, "attempted, not known"},
    {'B', ACS_NIXIE, "returned for better address"},
    {'D', ACS_NIXIE, "outside delivery limits"},
    {'E', ACS_NIXIE, "in dispute"},
    {'I', ACS_NIXIE, "insufficient address"},
    {'L', ACS_NIXIE, "illegible"},
    {'M', ACS_NIXIE, "no mail receptacle"},
    {'N', ACS_NIXIE, "no such number"},
    {'P', ACS_NIXIE, "deceased"},
    {'Q', ACS_NIXIE, "not deliverable as addressed"},
    {'R', ACS_NIXIE, "refused"},
    {'S', ACS_NIXIE, "no such street"},
    {'U', ACS_NIXIE, "unclaimed"},
    {'V', ACS_NIXIE, "vacant"},
    {'X', ACS_NIXIE, "no such office"},
};

enum shape { SHAPE_UNKNOWN, SHAPE_DELIMITED, SHAPE_FIXED };

struct acs_reader {
    const struct acs_layout *layout;
    acs_row_fn *fn;
    void *ctx;
    int64_t now_ms;
    struct scan_bounds bounds;
    bool stopped, failed;
    enum shape shape;

    struct buf held; /* the beginning of a line, until its end has come; delimited: only the first line */
    size_t max_row;
    int64_t thrown_away, line, at_byte;
    struct arena *decoded;

    struct csv_reader *csv;
    bool has_header;
    int *field; /* of each column */
    size_t n_columns;
};

struct acs_reader *acs_reader_create(const struct acs_layout *layout, int64_t now_ms, acs_row_fn *fn, void *ctx)
{
    struct acs_reader *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->layout = layout;
    r->fn = fn, r->ctx = ctx;
    r->now_ms = now_ms;
    r->bounds = scan_bounds_make(now_ms);
    r->line = 1;
    r->max_row = (size_t)limit_get(LIMIT_CSV_MAX_ROW_BYTES);
    return r;
}

void acs_reader_destroy(struct acs_reader **r)
{
    if (!r || !*r) return;
    csv_reader_destroy(&(*r)->csv);
    arena_destroy(&(*r)->decoded);
    buf_finish(&(*r)->held);
    free((*r)->field);
    free(*r);
    *r = NULL;
}

static bool is_over(const struct acs_reader *r) { return r->stopped || r->failed; }

static void give(struct acs_reader *r, const struct acs_row *row)
{
    if (!r->fn(r->ctx, row)) r->stopped = true;
    if (row->reason == SCAN_REASON_FILE) r->failed = true;
}

static void fail(struct acs_reader *r, int64_t line, struct str raw, const char *why)
{
    give(r,
         &(struct acs_row){.reason = SCAN_REASON_FILE, .why = why, .line = line, .at_byte = r->at_byte, .raw = scan_raw(raw)});
}

/* 20260530, 2026-05-30 or with a time. */
static enum scan_reason date_read(struct acs_reader *r, struct str s, int64_t *ms, struct scan_why *why)
{
    char text[11];
    *ms = r->now_ms;
    if (s.len == 0) return SCAN_FINE;
    struct str date = s;
    if (s.len == 8) date = str_make(text, (size_t)snprintf(text, sizeof text, "%.4s-%.2s-%.2s", s.ptr, s.ptr + 4, s.ptr + 6));
    if (!text_parse_iso8601(date, ms)) {
        scan_why_set(why, "\"%s\" is not a date like 20260530", scan_quote(s).text);
        return SCAN_REASON_TIME;
    }
    if (*ms >= r->bounds.least_ms && *ms <= r->bounds.most_ms) return SCAN_FINE;
    scan_why_set(why, "the date %s lies outside the limits scan.oldest and scan.ahead", scan_quote(s).text);
    return *ms < r->bounds.least_ms ? SCAN_REASON_TOO_OLD : SCAN_REASON_FUTURE;
}

static bool letter_read(struct str s, struct acs_record *out, struct scan_why *why)
{
    char c = s.len == 0 ? ' ' : s.len > 1 ? '\0' : s.ptr[0] >= 'a' && s.ptr[0] <= 'z' ? (char)(s.ptr[0] - 32) : s.ptr[0];
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i].letter != c) continue;
        out->kind = letters[i].kind, out->letter = c, out->what = letters[i].what;
        return true;
    }
    scan_why_set(why, "\"%s\" is not a deliverability code", scan_quote(s).text);
    return false;
}

static bool is_zip(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < '0' || s.ptr[i] > '9') && s.ptr[i] != '-') return false;
    return s.len == 0 || s.len == 5 || s.len == 9 || s.len == 10;
}

static enum scan_reason values_read(struct acs_reader *r, const struct acs_values *v, struct acs_record *out,
                                    struct scan_why *why)
{
    struct scan_values code = {0};
    enum scan_reason reason;
    code.v[SCAN_FIELD_TRACKING] = v->v[ACS_FIELD_TRACKING], code.v[SCAN_FIELD_IMB] = v->v[ACS_FIELD_IMB];
    code.v[SCAN_FIELD_MID] = v->v[ACS_FIELD_MID], code.v[SCAN_FIELD_SERIAL] = v->v[ACS_FIELD_SERIAL];
    code.v[SCAN_FIELD_STID] = v->v[ACS_FIELD_STID];
    if (!scan_code_of(&code, &out->code, &reason, why)) return reason;
    if (!letter_read(v->v[ACS_FIELD_LETTER], out, why)) return SCAN_REASON_STATUS;
    if ((reason = date_read(r, v->v[ACS_FIELD_DATE], &out->at_ms, why)) != SCAN_FINE) return reason;
    if (!is_zip(v->v[ACS_FIELD_ZIP])) {
        scan_why_set(why, "\"%s\" is not a ZIP code", scan_quote(v->v[ACS_FIELD_ZIP]).text);
        return SCAN_REASON_UNREADABLE;
    }
    out->has_new_address = out->kind == ACS_FORWARDED && v->v[ACS_FIELD_STREET].len > 0;
    if (!out->has_new_address) return SCAN_FINE;
    out->name = v->v[ACS_FIELD_NAME], out->street = v->v[ACS_FIELD_STREET], out->city = v->v[ACS_FIELD_CITY];
    out->state = v->v[ACS_FIELD_STATE], out->zip = v->v[ACS_FIELD_ZIP], out->zip4 = v->v[ACS_FIELD_ZIP4];
    return SCAN_FINE;
}

static void values_give(struct acs_reader *r, const struct acs_values *v, struct acs_row *row)
{
    struct scan_why why;
    row->reason = values_read(r, v, &row->record, &why);
    row->why = row->reason ? why.text : NULL;
    give(r, row);
}

static bool on_csv_row(void *ctx, const struct csv_row *csv)
{
    struct acs_reader *r = ctx;
    struct acs_row row = {.line = csv->line, .at_byte = csv->at_byte, .raw = scan_raw(csv->raw)};
    struct acs_values v = {0};
    if (!r->has_header) return r->has_header = true; /* shape_find has read it */
    if (csv->bad || csv->n != r->n_columns) {
        struct scan_why why;
        row.reason = SCAN_REASON_UNREADABLE;
        if (csv->bad)
            row.why = scan_why_set(&why, "the row %s", csv->bad);
        else /* a blank code says something, a missing one does not */
            row.why = scan_why_set(&why, "the row has %zu columns, the header line %zu", csv->n, r->n_columns);
        give(r, &row);
        return !is_over(r);
    }
    for (size_t i = 0; i < csv->n; i++)
        if (r->field[i] >= 0 && v.v[r->field[i]].len == 0) v.v[r->field[i]] = str_trim(csv->fields[i]);
    values_give(r, &v, &row);
    return !is_over(r);
}

/* Reads one line for the names of its columns. */
struct header {
    struct acs_reader *reader;
    bool is_named; /* at least one column is ours */
    bool has[ACS_FIELDS];
};
static bool on_first_line(void *ctx, const struct csv_row *csv)
{
    struct header *h = ctx;
    struct acs_reader *r = h->reader;
    free(r->field);
    r->n_columns = csv->bad ? 0 : csv->n;
    r->field = calloc(r->n_columns + 1, sizeof *r->field);
    ASSERT(r->field);
    for (size_t i = 0; i < r->n_columns; i++) {
        r->field[i] = acs_field_of(csv->fields[i]);
        if (r->field[i] < 0) continue;
        h->is_named = h->has[r->field[i]] = true;
    }
    return false;
}

/* `line` is the first that is not blank. */
static void shape_find(struct acs_reader *r, struct str line)
{
    struct header h = {.reader = r};
    const char *why;
    struct csv_reader *first = csv_reader_create(on_first_line, &h);
    if (csv_reader_feed(first, line)) csv_reader_end(first);
    char separator = csv_reader_separator(first);
    csv_reader_destroy(&first);
    r->shape = h.is_named ? SHAPE_DELIMITED : SHAPE_FIXED;
    if (r->shape == SHAPE_FIXED && !r->layout) {
        fail(r, r->line, line, "there is no header line, and for fixed records no layout is set (usps.acs_layout)");
    } else if (r->shape == SHAPE_DELIMITED) {
        if (!acs_fields_suffice(h.has, &why)) {
            fail(r, r->line, line, why);
            return;
        }
        r->csv = csv_reader_create(on_csv_row, r);
        csv_reader_resume(r->csv, separator, r->line, r->at_byte);
    }
}

/* A fixed record that is not UTF-8 is Windows-1252, which keeps its places: it is cut first. */
static void values_decode(struct acs_reader *r, struct acs_values *v)
{
    for (int i = 0; i < ACS_FIELDS; i++) {
        if (v->v[i].len == 0 || utf8_is_valid(v->v[i], NULL)) continue;
        if (!r->decoded) r->decoded = arena_create(1024);
        v->v[i] = text_from_windows_1252(r->decoded, v->v[i]);
    }
}

static void record_read(struct acs_reader *r, struct str record, int64_t whole_len)
{
    struct acs_row row = {.line = r->line, .at_byte = r->at_byte + whole_len, .raw = scan_raw(record)};
    struct acs_values v = {0};
    if (record.ptr[0] == 'H') return; /* the file's header record */
    row.reason = SCAN_REASON_UNREADABLE;
    if (r->thrown_away > 0) {
        row.why = "the record is longer than the limit csv.max_row_bytes";
        give(r, &row);
    } else if (memchr(record.ptr, '\0', record.len)) {
        row.why = "the record holds a NUL byte";
        give(r, &row);
    } else if (!acs_layout_cut(r->layout, record, &v)) {
        row.why = "the record is shorter than the layout (usps.acs_layout)";
        give(r, &row);
    } else {
        values_decode(r, &v);
        values_give(r, &v, &row);
        if (r->decoded) arena_reset(r->decoded);
    }
}

/* A whole line lies in `held`. */
static void line_end(struct acs_reader *r)
{
    struct str whole = buf_str(&r->held), line = whole;
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r')) line.len--;
    int64_t whole_len = (int64_t)whole.len + r->thrown_away;
    if (str_trim(line).len > 0) {
        if (r->shape == SHAPE_UNKNOWN) shape_find(r, line);
        if (r->csv) csv_reader_feed(r->csv, whole);
        if (r->shape == SHAPE_FIXED && !is_over(r)) record_read(r, line, whole_len);
    }
    r->line++;
    r->at_byte += whole_len;
    r->thrown_away = 0;
    buf_clear(&r->held);
}

static void line_hold(struct acs_reader *r, struct str part)
{
    size_t room = r->max_row - r->held.len;
    if (part.len > room) r->thrown_away += (int64_t)(part.len - room);
    buf_add(&r->held, part.ptr, part.len < room ? part.len : room);
}

bool acs_reader_feed(struct acs_reader *r, struct str bytes)
{
    while (bytes.len > 0 && !is_over(r)) {
        if (r->csv) {
            csv_reader_feed(r->csv, bytes);
            break;
        }
        const char *newline = memchr(bytes.ptr, '\n', bytes.len);
        size_t n = newline ? (size_t)(newline - bytes.ptr) + 1 : bytes.len;
        line_hold(r, str_make(bytes.ptr, n));
        bytes = str_make(bytes.ptr + n, bytes.len - n);
        if (newline) line_end(r);
    }
    return !r->stopped;
}

bool acs_reader_end(struct acs_reader *r)
{
    if (!is_over(r) && !r->csv && r->held.len > 0) line_end(r);
    if (!is_over(r) && r->csv) csv_reader_end(r->csv);
    if (!is_over(r) && r->shape == SHAPE_UNKNOWN) fail(r, 1, STR(""), "the file holds nothing");
    return !r->stopped;
}

unsigned acs_status(enum acs_kind kind, enum mail_class mail_class, bool returns)
{
    if (kind == ACS_FORWARDED || kind == ACS_TEMPORARY) return STATUS_BIT(STATUS_REROUTED);
    return mail_class == MAIL_FIRST_CLASS || returns ? STATUS_BIT(STATUS_RETURNED) : 0;
}
