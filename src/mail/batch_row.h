/* batch_row.h: a batch as it is shown. */
#pragma once
#include "mail/mail_private.h"
#include "queries.h"

struct batch batch_row_read(struct arena *a, const struct r_batch_find *r);
