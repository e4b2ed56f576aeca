/* fuzz_csv.c: any bytes as a CSV file. The first byte chooses the size of the pieces. Rows must tile the file in order, and be
 * UTF-8. */
#include "base/csv.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_row(void *ctx, const struct csv_row *row)
{
    int64_t *last = ctx;
    ASSERT(row->at_byte > *last && (int64_t)row->raw.len <= row->at_byte - *last);
    *last = row->at_byte;
    for (size_t i = 0; i < row->n; i++) ASSERT(utf8_is_valid(row->fields[i], NULL));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    int64_t last = 0;
    size_t step = data[0] ? data[0] : size;
    struct csv_reader *r = csv_reader_create(check_row, &last);
    for (size_t i = 1; i < size; i += step) csv_reader_feed(r, str_make(data + i, size - i < step ? size - i : step));
    csv_reader_end(r);
    ASSERT(last <= (int64_t)size - 1);
    csv_reader_destroy(&r);
    return 0;
}
