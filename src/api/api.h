/* api.h: the HTTP surface over the mail house: /api/v1 (wire-compatible with Postalytics, specs: postalytics-api §11) and /v1
 * (ours). One file per resource, one table of routes (routes.def) from which come the server's routes, the key matrix test and
 * `pennypost routes`. */
#pragma once
#include "links/connector.h"
#include "mail/mail.h"
#include "net/address_guard.h"
#include "net/http.h"
#include "outbox/outbox.h"

struct api;
struct kizen;
struct api_config {
    struct store *store;
    struct accounts *accounts;
    struct mail *mail;
    struct outbox *outbox;
    const struct link_def *webhook;    /* the connector of webhooks */
    const struct address_guard *guard; /* where webhooks may lead */
    const struct link_house *links;    /* what connectors' requests are made with */
    const struct connector *const *connectors;
    int n_connectors;
    struct kizen *kizen;            /* makes the actions */
    const struct link_def *mailing; /* what subscriptions with `send` go to */
    const char *data_dir;
};
/* The setting api.rate_limit says a rate: asked before the house is opened. FAULT_USER. */
bool api_check_settings(struct fault *f);
struct api *api_create(const struct api_config *c);
void api_destroy(struct api **a);

/* The routes, for http_config; `extra` (the pages') are appended. Lives as long as the api. */
const struct http_route *api_routes(struct api *a, const struct http_route *extra, size_t n_extra, size_t *n);
/* http_config's `before`: authenticates, counts the request against its key's rate, and sets the caller. Who asks is named by Basic, the key as
 * user name; on the status pages also by the cookie of a login link (login.c); over the operator's socket by X-Account. With a key, X-Account
 * may name one of its account's sub-accounts: the request is then as if that sub-account's key had come. Another account's is not there (404). */
bool api_before(struct http_exchange *x, void *api);
/* http_config's `door`: a tracking domain serves the paths of visitors only (mail/domain.h). */
bool api_door(struct http_exchange *x, void *api);

/* ---- for handlers (src/api, src/web) ---- */
struct caller {
    struct api *api;
    int64_t account_id;  /* for whom; 0: the operator without an account */
    int64_t key_account; /* whose key it was: account_id, or its agency; 0: the operator */
    bool is_operator;
    char key_hint[5];
};
struct caller *api_caller(struct http_exchange *x);
struct store *api_store(struct http_exchange *x);
struct mail *api_mail(struct http_exchange *x);
struct outbox *api_outbox(struct http_exchange *x);
const struct link_house *api_links(struct http_exchange *x);
const struct connector *api_connector_of(struct http_exchange *x, int kind); /* NULL: this program has none */

/* WHO_FEED: as WHO_KEY, and for the house itself (account 0) the operator who names no account, and addresses of usps.push_from. */
enum route_who {
    WHO_ANYONE,
    WHO_KEY,
    WHO_OPERATOR /* only over the socket */,
    WHO_FEED,
    WHO_OPERATOR_FOR /* the same as WHO_OPERATOR, and X-Account names whose it is */
};
struct route_info {
    enum route_who who;
    const char *summary;
};
