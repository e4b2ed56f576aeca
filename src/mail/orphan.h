/* orphan.h: scans of codes that are no piece's. They wait under the account whose feed told of them (0: the house's) until a run of serials
 * brings their piece; then an intake of its own (SCAN_INTAKE_ORPHANS, target: the batch) works them off, so a crash forgets none. */
#pragma once
#include "mail/serial.h"
#include "mail/track.h"

/* Inside a unit: stores what has no piece; *n_new: how many were not there. Rows whose piece has come meanwhile make its intake due. */
bool orphans_put(struct mail *m, struct tx *tx, const struct track_row *rows, size_t n, int64_t account, int64_t intake_id,
                 int64_t *n_new);
/* Inside the unit that gave a batch its run of n serials of mailer id `mid` from `first` on: does anything wait for it? */
bool orphans_expect(struct tx *tx, const struct serial_want *w, int64_t first);
/* One step of such an intake: up to scan.rows_per_commit rows find their pieces. *n_found 0: none is left. */
bool orphans_match(struct mail *m, struct tx *tx, int64_t account, int64_t batch_id, int64_t intake_id,
                   struct track_count *count, int64_t *n_found);
