/* fuzz_printed.c: any bytes as a printer's return file, and as an operation table. The first byte chooses the size of the pieces; in
 * one piece they must give the same rows. */
#include "postal/printed.h"
#include "postal/track.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
    uint64_t sum;
    int64_t line;
};

static bool on_row(void *ctx, const struct printed_row *row)
{
    struct tally *t = ctx;
    ASSERT(row->line > t->line);
    t->line = row->line;
    t->sum = (t->sum ^ (uint64_t)row->line ^ (uint64_t)row->reason << 40) * UINT64_C(1099511628211);
    if (row->reason) {
        ASSERT(row->why && utf8_is_valid(str_of(row->why), NULL));
        return true;
    }
    ASSERT(!row->why && row->piece_id > 0 &&
           (row->status == STATUS_ADDRESSED || row->status == STATUS_PRINTED || row->status == STATUS_MAILED));
    t->sum = (t->sum ^ (uint64_t)row->at_ms ^ (uint64_t)row->piece_id) * UINT64_C(1099511628211);
    return true;
}

static uint64_t read_by(const uint8_t *data, size_t size, size_t step)
{
    struct tally t = {0};
    struct printed_reader *r = printed_reader_create(INT64_C(1781481600000), on_row, &t);
    for (size_t i = 0; i < size; i += step) printed_reader_feed(r, str_make(data + i, size - i < step ? size - i : step));
    printed_reader_end(r);
    printed_reader_destroy(&r);
    return t.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault f = {0};
    if (size < 2) return 0;
    limit_set(STR("csv.max_row_bytes"), 2000, NULL);
    ASSERT(read_by(data + 1, size - 1, data[0] ? data[0] : 256) == read_by(data + 1, size - 1, size));
    if (data[1] != 'o') return 0; /* a table is large to make */
    struct op_table *t = op_table_read(str_make(data + 1, size - 1), &f);
    ASSERT(t || f.text[0]);
    op_table_destroy(&t);
    return 0;
}
