/* fuzz_acs.c: any bytes as ACS records. The first byte: its low half is the size of the pieces, its highest bit gives a layout. In one
 * piece they must give the same rows. */
#include "postal/acs.h"
#include "postal/imb.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
    uint64_t sum;
    int64_t line;
};

static bool on_row(void *ctx, const struct acs_row *row)
{
    struct tally *t = ctx;
    const struct acs_record *a = &row->record;
    ASSERT(row->line > t->line || row->reason == SCAN_REASON_FILE);
    t->line = row->line;
    t->sum = (t->sum ^ (uint64_t)row->line ^ (uint64_t)row->reason << 40) * UINT64_C(1099511628211);
    if (row->reason) {
        ASSERT(row->why && utf8_is_valid(str_of(row->why), NULL));
        return true;
    }
    ASSERT(!row->why && a->code.serial >= 0 && a->code.serial < imb_serial_space(a->code.mid));
    ASSERT(a->what && utf8_is_valid(a->street, NULL) && utf8_is_valid(a->name, NULL) && utf8_is_valid(a->city, NULL));
    t->sum = (t->sum ^ (uint64_t)a->at_ms ^ (uint64_t)a->letter ^ a->street.len) * UINT64_C(1099511628211);
    return true;
}

static uint64_t read_by(const struct acs_layout *layout, const uint8_t *data, size_t size, size_t step)
{
    struct tally t = {0};
    struct acs_reader *r = acs_reader_create(layout, INT64_C(1781481600000), on_row, &t);
    for (size_t i = 0; i < size; i += step) acs_reader_feed(r, str_make(data + i, size - i < step ? size - i : step));
    acs_reader_end(r);
    acs_reader_destroy(&r);
    return t.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct acs_layout *layout;
    if (size < 2) return 0;
    if (!layout)
        layout = acs_layout_read(
            STR("name,start,length\nimb,1,20\ndeliverability code,21,1\ndate,22,8\nnew_address,30,10\nnewZip,40,5\n"), NULL);
    ASSERT(layout);
    limit_set(STR("csv.max_row_bytes"), 2000, NULL);
    const struct acs_layout *used = data[0] & 0x80 ? layout : NULL;
    size_t step = data[0] & 0x0F ? data[0] & 0x0F : 100;
    ASSERT(read_by(used, data + 1, size - 1, step) == read_by(used, data + 1, size - 1, size));
    acs_layout_destroy(&(struct acs_layout *){acs_layout_read(str_make(data + 1, size - 1), NULL)});
    return 0;
}
