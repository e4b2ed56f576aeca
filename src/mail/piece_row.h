/* piece_row.h: the one move of a piece that this folder makes, and what a piece's batch says of it. */
#pragma once
#include "mail/mail_private.h"

/* 0 → 1. False with a fault when the piece is not Seated (a second rendering of a refused piece changes nothing: true). */
bool piece_refuse(struct tx *tx, int64_t account, int64_t piece_id, enum press_refusal reason, struct str detail);
/* The 20 digits; "" while the batch has no serials. */
void piece_tracking(const struct batch *b, int64_t piece_id, char out[21]);
