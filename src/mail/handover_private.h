/* handover_private.h: between the hand-over (handover.c) and the events that follow from it (handover_tell.c). */
#pragma once
#include "mail/batch.h"
#include "mail/batch_row.h"

/* Writes MailPieceCreated for the next seats of a batch that is on paper (in test mode: that is Ready), at most event.per_unit of them, and
 * moves the batch's cursor in the same unit. `b`: the row as it is in this unit. */
bool handover_tell(struct mail *m, struct tx *tx, int64_t account, const struct batch *b);
/* The batch is on paper: its serials rest, and the first of its events are written. */
bool handover_on_paper(struct mail *m, struct tx *tx, int64_t account, int64_t batch_id);
/* Recalls what can be of a live batch that is Ready or HandingOver (others: nothing); *n: pieces. A Ready batch of which nothing was sent is
 * Cancelled. One that goes out piece by piece keeps what was sent, or may have been: it is HandedOver (its events are told) or Unknown, at once
 * when it is Ready, else when its printer has found nothing more to send. */
bool handover_take_back(struct mail *m, struct tx *tx, int64_t account, const struct batch *b, struct str why, int64_t *n);
bool handover_is_recalled(struct tx *tx, int64_t account, int64_t batch_id);
/* All that is left of a batch, unit by unit. A failure is logged and the batch stays due. */
void handover_tell_rest(struct mail *m, int64_t account, int64_t batch_id);
