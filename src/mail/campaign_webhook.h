/* campaign_webhook.h: who is told of what happens to drops and lists: a subscription of the outbox with a name, and an address (a webhook)
 * or a connection, or nobody outside: a campaign that is sent. A source has any number of them; no two of one source have the same address, but a connection may be told in several
 * ways (another delay, other settings). Where an id is taken, it is the subscription's (from
 * 1,000,000,000 up), or a drop's or a campaign's: then that drop's newest webhook. */
#pragma once
#include "mail/mail.h"
#include "outbox/outbox.h"

struct hooks { /* what these functions work on */
    struct store *store;
    struct outbox *outbox;
    const struct link_def *link;  /* the webhooks' */
    bool only_webhooks;           /* other subscriptions are not there */
    const struct link_def *sends; /* the link that sends mail, which has settings and needs no connection; NULL: none */
};
/* What is not named (STR_NULL, -1, DB_NULL) stays as it is. */
struct hook_wish {
    enum event_source source; /* EVENT_DROP, EVENT_LIST or EVENT_CONNECTION (mail that is watched there) */
    int64_t source_id;        /* a drop's, a campaign's or a list's; 0: all of the account's */
    struct str name, url;     /* the address was looked at by the guard */
    int is_enabled;
    bool has_codes;
    uint64_t codes;
    int64_t delay_ms;
    struct str secret;     /* the user's own */
    struct str new_secret; /* to be used when the address has none yet */
    int64_t connection_id; /* hook_add: whose destination the events go to, instead of an address; 0: none */
    struct str settings;   /* a JSON object that its connector has checked */
    bool is_send;          /* to `sends`: url is what is shown of it, settings are said */
    struct str endpoint;   /* with is_send: of the campaign that is sent */
};
struct hook {
    struct subscription s;
    bool is_new_secret; /* new_secret was taken: to be shown, once */
};
/* Makes one, or changes the one that this source has at this address. 404: no such drop, campaign, list, connection, or endpoint.
 * `out` is set before its unit has ended. */
bool hook_add(const struct hooks *h, int64_t account, const struct hook_wish *w, struct arena *a, struct hook *out,
              struct fault *f);
/* 404; 409: the source has another one at this address; 400: an address or a secret for a connection's. */
bool hook_change(const struct hooks *h, int64_t account, int64_t id, const struct hook_wish *w, struct arena *a,
                 struct hook *out, struct fault *f);
bool hook_get(const struct hooks *h, int64_t account, int64_t id, struct arena *a, struct hook *out, struct fault *f);
/* Of a source's kind, newest first; source_id 0: of all. 404: no such drop, list. How many, -1 with a fault. */
int hook_all(const struct hooks *h, int64_t account, enum event_source source, int64_t source_id, struct arena *a,
             struct subscription **out, struct fault *f);
/* Its number and its source's, for the answer. */
bool hook_remove(const struct hooks *h, int64_t account, int64_t id, struct arena *a, struct hook *out, struct fault *f);
/* All codes that a source has. */
uint64_t hook_every_code(enum event_source source);
