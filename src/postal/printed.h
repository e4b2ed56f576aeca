/* printed.h: the printer's return file: CSV with the header piece_id,status,time (specs: postal §5.2). Status is Addressed, Printed or
 * Mailed in any spelling of status.def; time is ISO 8601 (without a zone: UTC), or empty: now. Other columns are passed over. */
#pragma once
#include "postal/scan.h"
#include "postal/status.h"

struct printed_row {
    enum scan_reason reason; /* SCAN_FINE: the next three hold it */
    const char *why;
    int64_t piece_id, at_ms;
    enum status_code status; /* STATUS_ADDRESSED, STATUS_PRINTED or STATUS_MAILED */
    int64_t line, at_byte;
    struct str raw; /* cut at 4 KiB */
};
typedef bool printed_row_fn(void *ctx, const struct printed_row *row);

struct printed_reader;
struct printed_reader *printed_reader_create(int64_t now_ms, printed_row_fn *fn, void *ctx);
/* False: the callback stopped it. A file without the two columns piece_id and status gives one SCAN_REASON_FILE row. */
bool printed_reader_feed(struct printed_reader *r, struct str bytes);
bool printed_reader_end(struct printed_reader *r);
void printed_reader_destroy(struct printed_reader **r);
