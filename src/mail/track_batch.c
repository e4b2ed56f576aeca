/* track_batch.c: see track_batch.h. */
#include "mail/track_batch.h"
#include "mail/drop_row.h"
#include "base/log.h"
#include <stdlib.h>

enum { TRACK_BATCHES = 1 << 15 }; /* 1.3 MB; direct mapped: batches that are in the mail together lie beside each other */

struct track_batches {
    struct track_batch rows[TRACK_BATCHES];
    void *room[TRACK_ROOMS];
    size_t room_bytes[TRACK_ROOMS];
};

struct track_batches *track_batches_create(void)
{
    struct track_batches *t = calloc(1, sizeof *t);
    ASSERT(t);
    return t;
}

void track_batches_destroy(struct track_batches **t)
{
    for (int i = 0; *t && i < TRACK_ROOMS; i++) free((*t)->room[i]);
    free(*t);
    *t = NULL;
}

void *track_room(struct track_batches *t, enum track_room which, size_t bytes)
{
    if (bytes > t->room_bytes[which]) {
        t->room_bytes[which] = bytes + bytes / 2;
        t->room[which] = realloc(t->room[which], t->room_bytes[which]);
        ASSERT(t->room[which]);
    }
    return t->room[which];
}

int track_zip3(struct str zip)
{
    if (zip.len < 5) return -1;
    for (size_t i = 0; i < 5; i++)
        if (zip.ptr[i] < '0' || zip.ptr[i] > '9') return -1;
    return (zip.ptr[0] - '0') * 100 + (zip.ptr[1] - '0') * 10 + (zip.ptr[2] - '0');
}

static bool read_batch(struct tx *tx, int64_t account, int64_t batch_id, struct track_batch *out)
{
    struct r_batch_find b;
    struct r_drop_printed d;
    struct drop drop;
    struct fault f;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, batch_id}, &b)) return false;
    if (!tx_first(tx, Q_DROP_PRINTED, &(struct q_drop_printed){account, b.drop_id}, &d)) return false;
    if (!drop_row_read(tx_arena(tx), &d, &drop, &f)) return tx_fail(tx, &f);
    const struct stid_def *stid = stid_find((int)b.stid);
    *out = (struct track_batch){
        .account = account,
        .batch_id = batch_id,
        .drop_id = b.drop_id,
        .return_zip3 = track_zip3(drop.sender_zip),
        .stid = (int)b.stid,
        .mail_class = stid ? stid->mail_class : MAIL_FIRST_CLASS,
        .is_test = b.is_test != 0,
    };
    return true;
}

const struct track_batch *track_batch_of(struct track_batches *t, struct tx *tx, int64_t account, int64_t batch_id)
{
    struct track_batch *row = &t->rows[batch_id % TRACK_BATCHES], fresh;
    if (row->batch_id == batch_id && row->account == account) return row;
    if (!read_batch(tx, account, batch_id, &fresh)) return NULL;
    *row = fresh;
    return row;
}
