/* seat.h: the open batch of one drop in the committer's memory: where the next piece sits. A participant of the groups that
 * seat pieces: it writes the batch's count once a group, and goes back to what it was when the group does. Used only inside
 * units. */
#pragma once
#include "mail/mail_private.h"
#include "queries.h"

struct open_batch {
    int64_t batch_id; /* 0: none is open */
    int64_t n, opened_at, touched_at, mid, campaign_id;
    bool is_test, is_held;
};
/* A drop gathers in one batch; live pieces above a daily cap sit in a second one, which is not due until somebody releases it. */
enum seat_row { ROW_GATHERING, ROW_HELD, SEAT_ROWS };
/* Invariant: between groups now equals committed, which is what the database holds. */
struct seat {
    struct participant participant; /* must be first */
    int64_t account, drop_id;
    struct daily_caps *caps;
    struct open_batch now[SEAT_ROWS], committed[SEAT_ROWS];
    bool is_lost; /* another node closed a batch: forget them */
};
void seat_init(struct seat *s, int64_t account, int64_t drop_id, struct daily_caps *caps);
/* The next seat; opens a batch with the drop's settings of this moment when none is open. Refuses (404: the drop is gone)
 * before anything was written. `key` is the hint of the API key that asks, "" for others: whose daily cap it counts against. */
bool seat_take(struct tx *tx, struct seat *s, const char *key, int64_t *piece_id);
/* When the open batch closes by itself; DB_NULL: it is held. */
int64_t seat_due(const struct open_batch *b);
/* A held batch goes on its way as if its newest piece had come now. 404; 409: it is not held. */
bool seat_release(struct tx *tx, struct seat *s, int64_t batch_id);
/* The drop changed: closes whatever is open of it. */
bool seat_close_drop(struct tx *tx, struct seat *s);
/* Closes this batch of the drop if it is open and due; true also when there was nothing to do. */
bool seat_close_due(struct tx *tx, struct seat *s, int64_t batch_id, bool *closed);
