/* contact_event.c: see contact_event.h. */
#include "mail/contact_event.h"

bool contact_emit(struct outbox *o, struct tx *tx, int64_t account, int64_t list, int64_t contact, enum list_event code)
{
    struct event e = {.account_id = account,
                      .source = EVENT_LIST,
                      .source_id = list,
                      .code = code,
                      .subject_id = contact,
                      .person_id = contact,
                      .happened_at = tx_now(tx)};
    return !o || event_emit(o, tx, &e);
}
