/* told_rows.h: what was told last, as rows of a page: which event of whom, what came of it, and to whom it went. */
#pragma once
#include "web/destination_rows.h"

/* The last 50 tries, newest first, to one destination (0: to any): items `told` (web/told_rows.html). */
bool told_rows(struct page *p, const struct destination_rows *r, int64_t destination_id, struct fault *f);
/* Does it stand for a campaign that events send (links/mailing)? */
bool told_is_campaign(const struct destination *d);
/* Of such a one: `endpoint`, and `drop_id` and `drop_name` while there is one. Inside a closure. */
bool told_campaign_row(struct tx *tx, struct page *p, struct view *row, const struct destination *d);
/* An event, as people and CRMs know it; NULL: there is none of that code. */
const char *told_event_name(int64_t source, int64_t code);
