/* subscription_body.h: what webhooks (/api/v1) and subscriptions (/v1) have in common: their bodies' fields, the guard at save, the names
 * of events, the secret that is shown once. */
#pragma once
#include "api/api_private.h"
#include "api/body.h"
#include "mail/campaign_webhook.h"

struct subscription_body {
    int64_t source_id, id, delay_s;
    struct str url, name, secret, source;
    int is_enabled;
};
struct hooks api_hooks(struct http_exchange *x);
/* The fields of both kinds of body, and "events": names in any spelling (postal/status.def; contact.created …) or codes. `source` is the
 * caller's to set before. False: 400 names the field, or says why this server will not post to the address. */
bool subscription_read(struct http_exchange *x, struct json_value root, struct subscription_body *b, struct hook_wish *w,
                       struct fault *f);
/* An array of the events' names. */
void subscription_events_json(struct json_out *j, const struct subscription *s);
/* "secret": the new one, or null. */
void subscription_secret_json(struct json_out *j, const struct hook *h, const struct hook_wish *w);
const char *event_source_word(enum event_source source);
