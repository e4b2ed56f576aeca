/* track_batch.h: what tracking must know of a piece's batch, read once and kept: it does not change after the batch has closed. The
 * committer's; bounded by TRACK_BATCHES entries, after which it begins anew. */
#pragma once
#include "mail/mail_private.h"
#include "postal/stid.h"

struct track_batch {
    int64_t account, batch_id, drop_id;
    int return_zip3, stid;
    enum mail_class mail_class;
    bool is_test;
};
struct track_batches;
struct track_batches *track_batches_create(void);
void track_batches_destroy(struct track_batches **t);
/* Inside a unit. NULL: no such batch of this account, or the unit failed. Good until the next call. */
const struct track_batch *track_batch_of(struct track_batches *t, struct tx *tx, int64_t account, int64_t batch_id);
/* Memory that is used again by each unit: at least `bytes`, what was in it kept. */
enum track_room { TRACK_ROOM_ROWS, TRACK_ROOM_PEOPLE, TRACK_ROOMS };
void *track_room(struct track_batches *t, enum track_room which, size_t bytes);
int track_zip3(struct str zip); /* -1: not a ZIP code */
