/* subscription_row.h: a subscription out of its row: for queries of other folders that find subscriptions by something else. */
#pragma once
#include "outbox/outbox.h"
#include "queries.h"

/* Texts are copied into the arena. */
struct subscription subscription_row_read(struct arena *a, int64_t account, const struct r_subscription_find *r);
