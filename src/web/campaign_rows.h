/* campaign_rows.h: mail drops as rows of a table, for home and for the page of all campaigns. */
#pragma once
#include "mail/campaign.h"
#include "web/page.h"

/* Adds `n` drops from `drops` as items `drops` with their counts, and an item `total` of them. False with a fault. */
bool campaign_rows(struct page *p, const struct drop *drops, int n, struct drop_stats *stats, struct fault *f);
/* What every row and page says of a drop: name, ids, kind, size, tag. */
void campaign_name(struct view *v, const struct drop *d);
