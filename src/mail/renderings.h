/* renderings.h: how far the batches are that are being rendered now. */
#pragma once
#include "mail/mail_private.h"

struct renderings *renderings_create(void);
void renderings_destroy(struct renderings **r);
void renderings_set(struct renderings *r, int64_t batch_id, int64_t done);
void renderings_end(struct renderings *r, int64_t batch_id);
