/* piece_row.h: the moves of pieces, and what a piece's batch says of it. */
#pragma once
#include "mail/mail_private.h"

/* 0 → 1. False with a fault when the piece is not Seated (a second rendering of a refused piece changes nothing: true). */
bool piece_refuse(struct tx *tx, int64_t account, int64_t piece_id, int refusal /* piece_refusal_text */, struct str detail);
/* 0 → 2 of all in the range that are Seated; *n (may be NULL): how many. */
bool piece_cancel(struct tx *tx, int64_t account, int64_t from_id, int64_t to_id, int64_t *n);
/* The 20 digits; "" while the batch has no serials. */
void piece_tracking(const struct batch *b, int64_t piece_id, char out[21]);
