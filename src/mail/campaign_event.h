/* campaign_event.h: what happened to the pieces of a drop, with the people they went to: for GET /campaigns/{id}/events. */
#pragma once
#include "mail/campaign.h"
#include "mail/recipient.h"

struct campaign_event {
    int64_t event_id, contact_id, piece_id, drop_id, happened_at, recorded_at;
    int code; /* postal/status.def */
    bool is_test;
    struct str detail;     /* JSON object or STR_NULL: what the event alone knows (a visit's url) */
    struct recipient *who; /* as the piece was accepted */
};
/* At most n events of a drop (a drop's number, or a campaign's: its newest drop), newest first from the skip-th (0-based) on; of one
 * contact when it is not 0. How many, -1 with a fault: 404, there is no such campaign. */
int campaign_event_page(struct store *s, struct arena *a, int64_t account, int64_t id, int64_t contact_id, int64_t skip, int n,
                        struct campaign_event **out, struct fault *f);
