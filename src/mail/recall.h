/* recall.h: taking back what is not on paper yet, and letting go what a daily cap held. A piece can be recalled while its batch is Open or
 * Closed; a whole drop also while a finished file waits to be handed over, and the pieces that were not sent yet of a batch that goes out piece
 * by piece (links/postalytics). What was handed over stays, for tracking: its events are told. */
#pragma once
#include "mail/piece.h"

struct mail;
/* 404; 409: its batch is at the press or beyond, or the piece was refused. A recalled piece stays recalled: again is fine. */
bool recall_piece(struct mail *m, int64_t account, int64_t piece_id, struct fault *f);
/* All that can be of a drop; *n: pieces recalled. 404: no such drop (deleted ones count). */
bool recall_drop(struct mail *m, int64_t account, int64_t drop_id, int64_t *n, struct fault *f);
/* The same for everything of an account: after it was deleted. */
bool recall_account(struct mail *m, int64_t account, int64_t *n, struct fault *f);
/* Until when a live piece can surely be recalled; DB_NULL: not any more, or as long as it is held, or in test mode. */
int64_t recall_until(const struct batch *b, const struct piece *p);

/* A held batch goes on its way; its recall window begins now. 404; 409: it is not held. */
bool batch_let_go(struct mail *m, int64_t account, int64_t batch_id, struct fault *f);
