/* crm.h: one event of a piece, as CRM connectors tell it: whose contact, which code in the CRMs' spelling, and a line of history. */
#pragma once
#include "links/connector.h"
#include "mail/story.h"
#include "postal/status.h"

struct crm_update {
    struct connection connection; /* with its secrets */
    struct piece_story piece;
    const struct status_def *status;
    struct str
        remote_id; /* the contact there: it came with the send or with its list's import, or was found before; STR_NULL: to be found */
    bool was_found;          /* remote_id is from a search before (crm_remember) */
    struct str email, phone; /* to find it by; STR_NULL */
};
/* For a link's `load`. False: it can never be told (d->sentence says why), or the database failed. Events of other sources than
 * drops, ours and those of a watched connection, are not told. */
bool crm_update_read(const struct link_house *h, struct tx *tx, struct json_parser *p, struct link_delivery *d,
                     struct crm_update *out);
/* One line: code, campaign, drop, time in UTC, the personal URL that was visited: "Mailed: Spring postcard, mail drop 572, 2026-05-04 10:31 UTC".
 * `marker` makes it findable: "[pennypost 17-4711]", the same for one event. */
struct str crm_note(struct arena *a, const struct link_delivery *d, const struct crm_update *u, bool with_marker);
struct str crm_marker(struct arena *a, const struct link_delivery *d);
/* For a link's `settle`: the contact was found (remote_id), or is gone there (STR_NULL). */
bool crm_remember(struct tx *tx, int64_t account, int64_t connection_id, int64_t contact_id, struct str remote_id);
