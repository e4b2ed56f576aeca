/* printed.h: what printers send back: lines of their return files become rows of `scan`, events and statistics. The file is kept first
 * (intake_keep_printed), then worked off in chunks by a due source; lines that cannot be used are kept with their reason. */
#pragma once
#include "mail/mail_private.h"
#include "postal/printed.h"

enum printed_result { PRINTED_USED, PRINTED_REPEAT, PRINTED_REFUSED };
/* Inside a unit: one line of the account. PRINTED_REFUSED: the unit goes on, *why says what is wrong with the line (*reason: its kind).
 * Look at tx_ok afterwards. */
enum printed_result printed_add(struct mail *m, struct tx *tx, struct json_parser *p, int64_t account,
                                const struct printed_row *row, int64_t intake_id, enum scan_reason *reason, struct str *why);
