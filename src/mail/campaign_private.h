/* campaign_private.h: what the files of campaigns share. */
#pragma once
#include "mail/mail_private.h"
#include "queries.h"

/* The account's mailer id into d->mid; without one a drop that is live is refused (409): it can only test. */
bool campaign_take_mid(struct tx *tx, int64_t account, struct drop *d);
