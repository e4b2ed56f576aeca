/* remote_piece.h: pieces of a batch that are printed one by one, each by a request to another house (a printer of links/postalytics). A row
 * of remote_piece is made before the request and says afterwards what came of it; who finds a row sends nothing. So a piece is sent once at
 * most, whatever crashes, and whoever believes to have the batch's lease. */
#pragma once
#include "mail/recipient.h"
#include "store/store.h"

enum remote_piece_state {
    REMOTE_CLAIMED = 1, /* its request may be under way, or was when a server ended */
    REMOTE_SENT = 2,
    REMOTE_UNKNOWN = 3, /* a person decides (handover_resolve) */
    REMOTE_REFUSED = 4  /* the piece is Refused, with the other side's words */
};
struct remote_piece {
    int64_t account, piece_id, contact_id, connection_id;
    struct recipient who;
};
/* The batch's next piece without a row; *is_over: there is none. False: the database failed. */
bool remote_piece_next(struct store *s, struct arena *a, int64_t account, int64_t batch_id, struct remote_piece *out,
                       bool *is_over, struct fault *f);
/* Durable when it returns. *is_ours false: somebody else has it. */
bool remote_piece_claim(struct store *s, const struct remote_piece *p, bool *is_ours, struct fault *f);
/* From REMOTE_CLAIMED. REMOTE_REFUSED also refuses the piece, with `why`. */
bool remote_piece_mark(struct store *s, const struct remote_piece *p, enum remote_piece_state to, struct str remote_id,
                       struct str why, struct fault *f);
/* Nothing came of its request, for sure: it may be sent. */
bool remote_piece_unclaim(struct store *s, const struct remote_piece *p, struct fault *f);
/* Those of which nobody knows, at most max; -1 with a fault. */
int remote_piece_open(struct store *s, int64_t account, int64_t batch_id, int64_t *ids, int max, struct fault *f);
/* When the last of the batch's requests left that was answered with yes or no (REMOTE_SENT, REMOTE_REFUSED); DB_NULL: none was. */
bool remote_piece_last(struct store *s, int64_t account, int64_t batch_id, int64_t *at, struct fault *f);
/* Of how many requests nobody knows, that left after that one; -1 with a fault. */
int remote_piece_in_a_row(struct store *s, int64_t account, int64_t batch_id, struct fault *f);
/* Inside a unit: a person says that those were not made. */
bool remote_piece_forget(struct tx *tx, int64_t account, int64_t batch_id);
