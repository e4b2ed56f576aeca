/* fuzz_scan.c: any bytes as a scan push or file. The first byte chooses the size of the pieces. In one piece they must give the same
 * rows; each good row must be what may be stored, and rows come in order. */
#include "postal/imb.h"
#include "postal/scan.h"
#include "postal/track.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1781481600000)

struct tally {
    uint64_t sum;
    int64_t line, at_byte;
};

static void add(struct tally *t, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++) t->sum = (t->sum ^ ((const uint8_t *)p)[i]) * UINT64_C(1099511628211);
}

static void check_scan(const struct scan_row *row)
{
    const struct scan *s = &row->scan;
    ASSERT(!row->why && s->serial >= 0 && s->serial < imb_serial_space(s->mid));
    ASSERT(s->stid >= -1 && s->stid <= 999 && s->op_code >= 0 && s->op_code <= 999);
    ASSERT(s->phase < SCAN_PHASES && s->facility >= 0 && strchr("ALSO", s->handling) && s->handling);
    ASSERT(s->scanned_at >= NOW - limit_get(LIMIT_SCAN_OLDEST_DAYS) * 86400000);
    ASSERT(s->scanned_at <= NOW + limit_get(LIMIT_SCAN_AHEAD_HOURS) * 3600000);
    ASSERT(utf8_is_valid(row->city, NULL) && utf8_is_valid(row->facility_name, NULL) && utf8_is_valid(row->state, NULL));
    track_emits(op_table_default(), s, &(struct track_piece){335, 606, s->stid, false}, NULL, 0);
}

static bool on_row(void *ctx, const struct scan_row *row)
{
    struct tally *t = ctx;
    if (row->reason == SCAN_FINE)
        check_scan(row);
    else
        ASSERT(row->why && utf8_is_valid(str_of(row->why), NULL) && scan_reason_word(row->reason)[0]);
    if (row->reason != SCAN_REASON_FILE) { /* where a file goes wrong may be told a piece later */
        ASSERT(row->line > t->line && row->at_byte >= t->at_byte);
        t->line = row->line, t->at_byte = row->at_byte;
        add(t, &row->at_byte, sizeof row->at_byte);
        add(t, &row->line, sizeof row->line);
    }
    add(t, &row->reason, sizeof row->reason);
    add(t, row->raw.ptr, row->raw.len);
    if (row->reason == SCAN_FINE) add(t, &row->scan.scanned_at, sizeof row->scan.scanned_at);
    return true;
}

static uint64_t read_by(const uint8_t *data, size_t size, size_t step)
{
    struct tally t = {0};
    struct scan_reader *r = scan_reader_create(NOW, on_row, &t);
    for (size_t i = 0; i < size; i += step) scan_reader_feed(r, str_make(data + i, size - i < step ? size - i : step));
    scan_reader_end(r);
    scan_reader_destroy(&r);
    return t.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    limit_set(STR("csv.max_row_bytes"), 2000, NULL); /* so that a small input can pass it */
    limit_set(STR("scan.max_object_bytes"), 2000, NULL);
    limit_set(STR("scan.max_unzipped_bytes"), 1000000, NULL);
    ASSERT(read_by(data + 1, size - 1, data[0] ? data[0] : 256) == read_by(data + 1, size - 1, size));
    return 0;
}
