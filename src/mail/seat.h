/* seat.h: the open batch of one drop in the committer's memory: where the next piece sits. A participant of the groups that
 * seat pieces: it writes the batch's count once a group, and goes back to what it was when the group does. Used only inside
 * units. */
#pragma once
#include "mail/mail_private.h"
#include "queries.h"

struct open_batch {
    int64_t batch_id; /* 0: none is open */
    int64_t n, opened_at, touched_at, mid;
    bool is_test;
};
/* Invariant: between groups now equals committed, which is what the database holds. */
struct seat {
    struct participant participant; /* must be first */
    int64_t account, drop_id;
    struct open_batch now, committed;
    bool is_lost; /* another node closed the batch: forget it */
};
void seat_init(struct seat *s, int64_t account, int64_t drop_id);
/* The next seat; opens a batch with the drop's settings of this moment when none is open. Refuses (404: the drop is gone)
 * before anything was written. */
bool seat_take(struct tx *tx, struct seat *s, int64_t *piece_id);
/* When the open batch closes by itself. */
int64_t seat_due(const struct open_batch *b);
/* The drop changed: closes whatever is open of it. */
bool seat_close_drop(struct tx *tx, struct seat *s);
/* Closes this batch of the drop if it is open and due; true also when there was nothing to do. */
bool seat_close_due(struct tx *tx, struct seat *s, int64_t batch_id, bool *closed);
