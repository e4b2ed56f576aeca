/* serial.h: serial numbers of mailer ids: runs for batches, and whether there is room for a send (specs: schema §4, "Serial
 * room"). */
#pragma once
#include "store/store.h"

/* Takes n consecutive serials for a batch and writes its run. mid DB_NULL: the demonstration mailer id. *first is DB_NULL when
 * the pool has no room now; false only when the database failed. */
struct serial_want {
    int64_t account, batch_id, mid, n;
    bool is_test;
};
bool serial_run_take(struct tx *tx, const struct serial_want *w, int64_t *first);

/* From when on a batch's serials may be given again: after a hand-over, or now when it was cancelled. None (DB_NULL): nothing to do. */
bool serial_run_rest(struct tx *tx, int64_t mid, int64_t first, int64_t batch_id, int64_t free_at);

/* What is free, known in memory and read again each second. Any thread. */
struct serial_rooms;
struct serial_rooms *serial_rooms_create(struct store *s);
void serial_rooms_destroy(struct serial_rooms **r);
/* Notes n live pieces that will want a serial. FAULT_USER 409 when there is no room for them. */
bool serial_room_check(struct serial_rooms *r, int64_t mid, int64_t n, struct fault *f);
