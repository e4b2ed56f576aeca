/* campaign.h: campaigns and their mail drops. A triggered drip has an endpoint and starts in test mode; a smart send prints a
 * whole list once. */
#pragma once
#include "postal/status.h"
#include "store/store.h"

enum campaign_kind { CAMPAIGN_SMART_SEND = 0, CAMPAIGN_TRIGGERED = 1 };
/* The wire's numbers; Failed is ours: a smart send that could not be expanded to its end, see last_error. */
enum drop_state { DROP_FAILED = -2, DROP_DRAFT = -1, DROP_PENDING = 0, DROP_SENT = 1, DROP_PROCESSING = 9 };
struct drop {
    int64_t campaign_id, drop_id, template_id, template_version, contact_list_id /* DB_NULL */, created_at, send_at,
        mid /* DB_NULL: cannot go live */;
    int64_t
        parent_id; /* campaign_create: one more drop in this one's campaign (a drop's or a campaign's number); 0: a new campaign */
    int64_t min_days_between; /* of the campaign: days between two mailings to one address; 0: none */
    int64_t daily_cap;        /* live pieces a day; 0: no cap of its own */
    struct str campaign_name; /* a campaign may be renamed without its drops */
    struct str name, endpoint /* STR_NULL: smart send */, starting_url, goal_url;
    enum campaign_kind kind;
    enum drop_state state;
    bool is_live;
    int postage_type, credit_type, stid, size;
    struct str sender_name, sender_address1, sender_address2, sender_city, sender_state, sender_zip, sender_country;
    struct str last_error;  /* why sending the list stopped; STR_NULL: it did not */
    char endpoint_text[40]; /* campaign_create: `endpoint` points here */
};
struct drop_stats {
    int64_t accepted, printed, refused, cancelled, batches_open, batches_waiting, batches_ready, batches_failed;
    /* What the post and the web told, of the mode the drop is in: live pieces, or test pieces in test mode. */
    int64_t reached[STATUS_CODES]; /* by code of postal/status.def: pieces that came so far */
    int64_t page_views, visitors, conversions;
};
struct mail;
/* ---- campaign.c ---- */
/* 400 names the field; 404 template, list or parent; 409: the template is not compiled (state or reason), a smart send without room for
 * its serials. With a parent the drop is of the parent's kind: 400 when it says another one. */
bool campaign_create(struct mail *m, int64_t account, struct drop *d, struct fault *f);

/* ---- campaign_show.c: id is a drop id, or a campaign id (they never coincide): then its newest drop ---- */
bool campaign_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct drop *out, struct drop_stats *stats,
                  struct fault *f);
/* All drops, newest first; how many, -1 with a fault. */
int campaign_all(struct store *s, struct arena *a, int64_t account, bool drips_only, struct drop **out, struct fault *f);
/* At most n of them from the skip-th (0-based) on, oldest first, so that a new one moves no page; with their numbers as of one moment. */
int campaign_page(struct store *s, struct arena *a, int64_t account, bool drips_only, int64_t skip, int64_t n,
                  struct drop **out, struct drop_stats **stats, struct fault *f);

/* ---- campaign_change.c ---- */
/* 409 without a mailer id: "this account has no mailer id, so it can only test …". Closes the drop's open batch in the same
 * transaction. */
bool campaign_set_live(struct mail *m, int64_t account, int64_t id, bool is_live, struct fault *f);
/* What is not named stays: STR_NULL, DB_NULL. An empty address takes it away. The campaign's name and its days (from the next batch that goes
 * to the press on) are the campaign's, the rest is the drop's: of a campaign's number, the newest drop's. */
struct campaign_change {
    struct str campaign_name, drop_name, starting_url, goal_url;
    int64_t min_days_between, daily_cap;
};
bool campaign_change(struct mail *m, int64_t account, int64_t id, const struct campaign_change *c, struct fault *f);
/* A drop's number: the drop, and its campaign when that was the last one. A campaign's: all its drops. Recalls what is not handed over; what
 * is, stays for tracking. */
bool campaign_delete(struct mail *m, int64_t account, int64_t id, struct fault *f);
