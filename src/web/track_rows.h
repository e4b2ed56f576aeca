/* track_rows.h: what is known of pieces after they left the press, as rows of a page: a drop's numbers, and one piece's journey. */
#pragma once
#include "mail/campaign.h"
#include "web/page.h"

/* Items `tracks` (web/tracks.html): live numbers, and test numbers apart; none when nothing has happened yet. */
bool track_rows(struct page *p, const struct drop *d, struct fault *f);
/* Items `journey` (web/journey.html), newest first, with what is expected on top. */
bool journey_rows(struct page *p, const struct piece *piece, struct fault *f);
