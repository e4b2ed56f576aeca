/* batch.h: a batch's states and every move between them (specs: schema §4). Each function is one move, inside a unit. Nobody
 * else writes batch.state. */
#pragma once
#include "mail/mail_private.h"
#include "queries.h"

/* For due_source.find: batches of a state that are due, oldest first, at most n; *next_due becomes the next one's time where that is sooner. And
 * those whose holder's lease is dead. `sub_id`: what the items say. */
int batch_find_due(struct tx *tx, enum batch_state state, int64_t sub_id, int64_t now, struct due_item *items, int n,
                   int64_t *next_due);
int batch_find_stale(struct tx *tx, enum batch_state state, int64_t sub_id, int64_t now, struct due_item *items, int n);

struct batch_birth {
    int64_t account, drop_id, template_version, mid /* DB_NULL: the demonstration's */, stid, due_at;
    bool is_test;
};
/* Open: takes pieces of this committer. Returns its number, 0 when the database failed. */
int64_t batch_open(struct tx *tx, const struct batch_birth *b);
/* Born Closed with n pieces and its serials: what a smart send makes. */
int64_t batch_make_closed(struct tx *tx, const struct batch_birth *b, int64_t n);

/* 0 → 1, with its run of serials; due for rendering at once in test mode, else when the newest piece can no longer be recalled.
 * Without room for serials it closes all the same and gets them when it is rendered. */
struct batch_closing {
    int64_t account, batch_id, mid, n, newest_at;
    bool is_test, is_held; /* held: closed, and not due until it is released */
};
bool batch_close(struct tx *tx, const struct batch_closing *c);
int64_t batch_render_due(bool is_test, int64_t newest_at, int64_t now);

/* 1 → 2. False without a fault: somebody was faster. */
bool batch_claim(struct tx *tx, int64_t account, int64_t batch_id, struct r_batch_claim *out);
/* 2 → 3; false with a fault when the lease was lost. */
struct batch_finished {
    int64_t account, batch_id, n_refused, n_cancelled, pages_each, file_bytes;
    bool has_pieces; /* there is something to hand over, or to tell of in test mode: due at once */
    struct str file, digest;
};
bool batch_finish(struct tx *tx, const struct batch_finished *b);
/* 2 → 1, again at due_at, or 2 → 8 when given up (due_at DB_NULL). `attempt`: how many have failed, with this one. */
struct batch_unclaimed {
    int64_t account, batch_id, due_at, attempt;
    enum batch_state to;
    struct str why;
};
bool batch_unclaim(struct tx *tx, const struct batch_unclaimed *u);
/* 2 → 1 when the holder's lease is dead. */
bool batch_lost(struct tx *tx, int64_t account, int64_t batch_id);

/* A held batch that is Closed becomes due as if its newest piece had come now. */
bool batch_release(struct tx *tx, int64_t account, int64_t batch_id);
/* 1 or 3 → 7: nothing of it goes on paper. Its serials are free at once, the pieces that were seated are Cancelled. */
bool batch_cancel(struct tx *tx, int64_t account, const struct batch *b, struct str why);

/* 3 → 5 or 9: what was sent of it, piece by piece, is all that will be (handover_recall.c). */
bool batch_end_recalled(struct tx *tx, int64_t account, const struct batch *b, enum batch_state to, struct str why);

/* ---- hand-over (handover.c) ---- */
struct batch_leaving { /* who hands it over; `attempt` tells this holder from an earlier one of the same node */
    int64_t account, batch_id, attempt, printer_id;
    struct str file, printer_job; /* STR_NULL: nothing has left; in the unit's arena */
};
/* 3 → 4. False without a fault: it is not there to be claimed any more. */
bool batch_hand_over(struct tx *tx, int64_t account, int64_t batch_id, int64_t printer_id, struct batch_leaving *out);
/* Still 4, of a holder whose lease is dead. */
bool batch_take_over(struct tx *tx, int64_t account, int64_t batch_id, struct batch_leaving *out);
/* 4 → 5 (due: its events), 4 → 3 (due by the ladder), 4 → 9; false with a fault when the lease was lost. */
bool batch_handed(struct tx *tx, const struct batch_leaving *l, enum batch_state to, int64_t due_at, struct str printer_job,
                  struct str why);
/* 9 → 5 or 3: a person has looked. False with a 409: it is not Unknown. */
bool batch_decide(struct tx *tx, int64_t account, int64_t batch_id, enum batch_state to);
