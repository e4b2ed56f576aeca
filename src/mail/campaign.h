/* campaign.h: campaigns and their mail drops. A triggered drip has an endpoint and starts in test mode; a smart send prints a
 * whole list once. */
#pragma once
#include "store/store.h"

enum campaign_kind { CAMPAIGN_SMART_SEND = 0, CAMPAIGN_TRIGGERED = 1 };
/* The wire's numbers; Failed is ours: a smart send that could not be expanded to its end, see last_error. */
enum drop_state { DROP_FAILED = -2, DROP_DRAFT = -1, DROP_PENDING = 0, DROP_SENT = 1, DROP_PROCESSING = 9 };
struct drop {
    int64_t campaign_id, drop_id, template_id, template_version, contact_list_id /* DB_NULL */, created_at, send_at,
        mid /* DB_NULL: cannot go live */;
    struct str name, endpoint /* STR_NULL: smart send */, starting_url, goal_url;
    enum campaign_kind kind;
    enum drop_state state;
    bool is_live;
    int postage_type, credit_type, stid, size;
    int64_t min_days_between; /* between this campaign's mailings to one address; 0: none */
    struct str sender_name, sender_address1, sender_address2, sender_city, sender_state, sender_zip, sender_country;
    struct str last_error;  /* why sending the list stopped; STR_NULL: it did not */
    char endpoint_text[40]; /* campaign_create: `endpoint` points here */
};
struct drop_stats {
    int64_t accepted, printed, refused, cancelled, batches_open, batches_waiting, batches_ready, batches_failed;
};
struct mail;
/* 400 names the field; 404 template or list; 409: the template is not compiled (state or reason), a smart send without room for
 * its serials. */
bool campaign_create(struct mail *m, int64_t account, struct drop *d, struct fault *f);
int campaign_all(struct store *s, struct arena *a, int64_t account, bool drips_only, struct drop **out, struct fault *f);
/* id is a drop id, or a campaign id (they never coincide): then its newest drop. */
bool campaign_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct drop *out, struct drop_stats *stats,
                  struct fault *f);
/* 409 without a mailer id: "this account has no mailer id, so it can only test …". Closes the drop's open batch in the same
 * transaction. */
bool campaign_set_live(struct mail *m, int64_t account, int64_t id, bool is_live, struct fault *f);
/* From the next batch that goes to the press on. 400: not from 0 to 3650. */
bool campaign_set_min_days(struct mail *m, int64_t account, int64_t id, int64_t days, struct fault *f);
/* Recalls what is not handed over; what is, stays for tracking. */
bool campaign_delete(struct mail *m, int64_t account, int64_t id, struct fault *f);
