/* connection_body.h: connections in requests and answers: their bodies, how they are shown, and what of a subscription is a connector's. */
#pragma once
#include "api/api_private.h"
#include "api/body.h"
#include "links/connection_save.h"
#include "mail/campaign_webhook.h"

/* A connection's connector; NULL, 409 in f: this program has none of its kind. */
const struct connector *api_connector(struct http_exchange *x, int kind, struct fault *f);

/* {label, description, settings, secrets, is_tested}, into the arena but for settings and secrets, which live as body.h says. */
bool connection_read_body(struct http_exchange *x, struct json_value root, struct connection_wish *w, struct fault *f);
/* {name, title, verbs, settings, operations} */
void connector_json(struct json_out *j, const struct connector *d);
/* Never a secret. `destination` NULL: it has none; `log` (of n rows) NULL: not in this answer. */
struct connection_view {
    const struct connector *connector; /* NULL: this program has none of its kind */
    const struct connection *connection;
    const struct destination *destination;
    const struct attempt_row *log;
    int n_log;
    bool has_token;
    int64_t refused_at;
    struct str refused;
};
void connection_json(struct json_out *j, const struct connection_view *v);
/* Null when it was not tried. */
void connection_tried_json(struct json_out *j, const char *key, const struct connection_tried *t);

/* connection_id and settings of a new subscription: is there such a connection, does it tell of such events, are the settings as it wants
 * them? 400, 404, 409. */
bool connection_of_subscription(struct http_exchange *x, struct json_value root, struct hook_wish *w, struct fault *f);
/* Of one that there is. connection_id DB_NULL: it goes to an address. */
bool connection_settings_of_subscription(struct http_exchange *x, struct json_value root, int64_t connection_id,
                                         struct hook_wish *w, struct fault *f);

/* outbox.c: the parts of an answer that destinations and connections share. */
void destination_members_json(struct json_out *j, const struct destination *d);
void attempt_json(struct json_out *j, const struct attempt_row *a);
