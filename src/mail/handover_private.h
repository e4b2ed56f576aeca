/* handover_private.h: between the hand-over (handover.c) and the events that follow from it (handover_tell.c). */
#pragma once
#include "mail/batch.h"
#include "mail/batch_row.h"

/* Writes MailPieceCreated for the next seats of a batch that is on paper (in test mode: that is Ready), at most event.per_unit of them, and
 * moves the batch's cursor in the same unit. `b`: the row as it is in this unit. */
bool handover_tell(struct mail *m, struct tx *tx, int64_t account, const struct batch *b);
/* All that is left of a batch, unit by unit. A failure is logged and the batch stays due. */
void handover_tell_rest(struct mail *m, int64_t account, int64_t batch_id);
