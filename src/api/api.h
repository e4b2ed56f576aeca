/* api.h: the HTTP surface over the mail house: /api/v1 (wire-compatible with Postalytics, specs: postalytics-api §11) and /v1
 * (ours). One file per resource, one table of routes (routes.def) from which come the server's routes, the key matrix test and
 * `pennypost routes`. */
#pragma once
#include "mail/mail.h"
#include "net/http.h"

struct api;
struct api_config {
    struct store *store;
    struct accounts *accounts;
    struct mail *mail;
    const char *data_dir;
};
struct api *api_create(const struct api_config *c);
void api_destroy(struct api **a);

/* The routes, for http_config; `extra` (the pages') are appended. Lives as long as the api. */
const struct http_route *api_routes(struct api *a, const struct http_route *extra, size_t n_extra, size_t *n);
/* http_config's `before`: authenticates (Basic, key as user name; over the operator's socket X-Account names the account) and
 * sets the caller. */
bool api_before(struct http_exchange *x, void *api);

/* ---- for handlers (src/api, src/web) ---- */
struct caller {
    struct api *api;
    int64_t account_id; /* 0: the operator without an account */
    bool is_operator;
    char key_hint[5];
};
struct caller *api_caller(struct http_exchange *x);
struct store *api_store(struct http_exchange *x);
struct mail *api_mail(struct http_exchange *x);

enum route_who { WHO_ANYONE, WHO_KEY, WHO_OPERATOR /* only over the socket */, WHO_OPERATOR_FOR /* the same, and X-Account names whose it is */ };
struct route_info {
    enum route_who who;
    const char *summary;
};
