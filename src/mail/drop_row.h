/* drop_row.h: a drop between its shape in memory and its row: sender and settings are JSON there. */
#pragma once
#include "mail/mail_private.h"
#include "queries.h"

/* Texts made live in the arena. due_at is the caller's to set. */
struct q_drop_insert drop_row_insert(struct arena *a, int64_t account, const struct drop *d);
bool drop_row_read(struct arena *a, const struct r_drop_find *r, struct drop *out, struct fault *f);
