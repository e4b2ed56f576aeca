/* contact_event.h: a contact came, changed or went, told to whoever subscribed to its list. */
#pragma once
#include "outbox/event.h"

/* Inside the unit of the change. True without an outbox. */
bool contact_emit(struct outbox *o, struct tx *tx, int64_t account, int64_t list, int64_t contact, enum list_event code);
