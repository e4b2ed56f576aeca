/* screening.h: who is not printed although his address is good: looked at once, right before the press gets a batch's pieces, so what was
 * suppressed or mailed after the send still counts. */
#pragma once
#include "mail/render_job.h"

/* Refuses the seats of people whom the account suppresses (PIECE_SUPPRESSED), and, where the campaign sets a minimum of days between mailings,
 * of addresses that it mailed to lately (PIECE_MAILED_LATELY); those that stay are marked as mailed by this piece, so another try of the
 * batch does not refuse them. Test batches are looked at alike and mark nothing. Moves the seats that stay together. An account that uses
 * neither pays two small queries a batch. */
bool screening_run(struct mail *m, struct arena *a, struct render_job *r, struct fault *f);
/* Inside the unit that refuses a seat after all: its address was not mailed. */
bool screening_give_back(struct tx *tx, const struct render_job *r, int64_t piece_id);
