/* printed.c: the printer's return file, row by row through base/csv. Called by the intake of such files; a reader lives for one file.
 * Rows that cannot be used are given with their reason. */
#include "postal/printed.h"
#include "postal/scan_private.h"
#include "base/csv.h"
#include "base/log.h"
#include "base/text.h"
#include <stdlib.h>

enum column { COLUMN_PIECE, COLUMN_STATUS, COLUMN_TIME, COLUMNS };
static const char *const column_names[COLUMNS] = {"pieceid piece", "status event", "time datetime date"};

struct printed_reader {
    printed_row_fn *fn;
    void *ctx;
    struct csv_reader *csv;
    struct scan_bounds bounds;
    int64_t now_ms;
    bool has_header, failed, stopped;
    int column[COLUMNS]; /* place in the row; -1: not there */
    int64_t at_byte;
};

static void give(struct printed_reader *r, const struct printed_row *row)
{
    r->at_byte = row->at_byte;
    if (!r->fn(r->ctx, row)) r->stopped = true;
    if (row->reason == SCAN_REASON_FILE) r->failed = true;
}

static void header_read(struct printed_reader *r, const struct csv_row *row)
{
    char folded[48];
    for (int c = 0; c < COLUMNS; c++) {
        r->column[c] = -1;
        for (size_t i = row->n; i-- > 0;)
            if (scan_is_one_of(str_make(folded, scan_fold(row->fields[i], folded)), column_names[c])) r->column[c] = (int)i;
    }
    r->has_header = true;
    if (row->bad || r->column[COLUMN_PIECE] < 0 || r->column[COLUMN_STATUS] < 0)
        give(r, &(struct printed_row){.reason = SCAN_REASON_FILE,
                                      .why = "the header line must name the columns piece_id and status (and may name time)",
                                      .line = row->line,
                                      .at_byte = row->at_byte,
                                      .raw = scan_raw(row->raw)});
}

static struct str cell(const struct printed_reader *r, const struct csv_row *row, enum column c)
{
    return r->column[c] >= 0 && (size_t)r->column[c] < row->n ? str_trim(row->fields[r->column[c]]) : STR("");
}

static enum scan_reason time_read(struct printed_reader *r, struct str s, struct printed_row *out, struct scan_why *why)
{
    out->at_ms = r->now_ms;
    if (s.len == 0) return SCAN_FINE;
    char text[48];
    if (!text_parse_iso8601(s, &out->at_ms)) {
        size_t n = s.len < sizeof text - 1 ? s.len : 0;
        memcpy(text, s.ptr, n);
        text[n] = 'Z'; /* it may only lack its zone */
        if (!text_parse_iso8601(str_make(text, n + 1), &out->at_ms)) {
            scan_why_set(why, "\"%s\" is not a time like 2026-05-30T02:02:04Z", scan_quote(s).text);
            return SCAN_REASON_TIME;
        }
    }
    if (out->at_ms < r->bounds.least_ms) {
        scan_why_set(why, "%s is older than the limit scan.oldest", scan_quote(s).text);
        return SCAN_REASON_TOO_OLD;
    }
    if (out->at_ms <= r->bounds.most_ms) return SCAN_FINE;
    scan_why_set(why, "%s lies further ahead than the limit scan.ahead", scan_quote(s).text);
    return SCAN_REASON_FUTURE;
}

static enum scan_reason row_read(struct printed_reader *r, const struct csv_row *row, struct printed_row *out,
                                 struct scan_why *why)
{
    struct str piece = cell(r, row, COLUMN_PIECE), status = cell(r, row, COLUMN_STATUS);
    if (row->bad) {
        scan_why_set(why, "the row %s", row->bad);
        return SCAN_REASON_UNREADABLE;
    }
    if (!str_to_int64(piece, &out->piece_id) || out->piece_id <= 0) {
        scan_why_set(why, "\"%s\" is not the number of a piece", scan_quote(piece).text);
        return SCAN_REASON_PIECE;
    }
    const struct status_def *d = status_by_name(status);
    if (!d || (d->code != STATUS_ADDRESSED && d->code != STATUS_PRINTED && d->code != STATUS_MAILED)) {
        scan_why_set(why, "\"%s\" is neither Addressed nor Printed nor Mailed", scan_quote(status).text);
        return SCAN_REASON_STATUS;
    }
    out->status = d->code;
    return time_read(r, cell(r, row, COLUMN_TIME), out, why);
}

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct printed_reader *r = ctx;
    if (!r->has_header) {
        header_read(r, row);
    } else {
        struct printed_row out = {.line = row->line, .at_byte = row->at_byte, .raw = scan_raw(row->raw)};
        struct scan_why why;
        out.reason = row_read(r, row, &out, &why);
        out.why = out.reason ? why.text : NULL;
        give(r, &out);
    }
    return !r->stopped && !r->failed;
}

struct printed_reader *printed_reader_create(int64_t now_ms, printed_row_fn *fn, void *ctx)
{
    struct printed_reader *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->fn = fn, r->ctx = ctx;
    r->now_ms = now_ms;
    r->bounds = scan_bounds_make(now_ms);
    r->csv = csv_reader_create(on_row, r);
    return r;
}

bool printed_reader_feed(struct printed_reader *r, struct str bytes)
{
    if (!r->stopped && !r->failed) csv_reader_feed(r->csv, bytes);
    return !r->stopped;
}

bool printed_reader_end(struct printed_reader *r)
{
    if (!r->stopped && !r->failed) csv_reader_end(r->csv);
    if (!r->stopped && !r->has_header)
        give(r, &(struct printed_row){.reason = SCAN_REASON_FILE, .why = "the file holds nothing", .line = 1, .raw = STR("")});
    return !r->stopped;
}

void printed_reader_destroy(struct printed_reader **r)
{
    if (!r || !*r) return;
    csv_reader_destroy(&(*r)->csv);
    free(*r);
    *r = NULL;
}
