/* daily_cap.h: how many live pieces a key and a campaign have made today (UTC), against send.key_day and send.campaign_day (DESIGN §10: a
 * stolen key must not empty the house's purse). Counts are in the committer's memory, move with its groups, and are stored once a group.
 * Used only inside units. */
#pragma once
#include "store/store.h"

struct daily_caps;
struct daily_caps *daily_caps_create(void);
void daily_caps_destroy(struct daily_caps **c);
/* Counts n live pieces of a campaign and, unless `key` is "", of a key of the account (by its hint). *is_above: they would pass a cap, and
 * nothing was counted. False when the database failed. */
bool daily_cap_take(struct tx *tx, struct daily_caps *c, int64_t account, int64_t campaign, const char *key, int64_t n,
                    bool *is_above);
