/* domain.h: tracking domains: host names that serve nothing but the personal URLs of one account. In memory, which changes
 * with the commit (a participant), so that every request may ask. The operator's to give: a name decides what a whole Host serves. */
#pragma once
#include "mail/mail.h"
#include "store/store.h"

struct domains;
struct domains *domains_load(struct store *s, struct fault *f);
void domains_destroy(struct domains **d);
/* The account of the tracking domain that a Host header names (any case, with or without a port or a dot at the end); 0: it is none. Any
 * thread, no waiting. */
int64_t domain_account(struct mail *m, struct str host_header);
/* 400: no host name, or the house's own (of purl.base and what `asked_at`, the request's own Host, names); 404: no such account; 409: another
 * account's. Nothing changes when it is there already. */
bool domain_put(struct mail *m, int64_t account, struct str host, struct str asked_at, struct fault *f);
bool domain_delete(struct mail *m, int64_t account, struct str host, struct fault *f);
struct domain_row {
    struct str host;
    int64_t account, created_at;
};
/* Oldest first; account 0: all. -1 with a fault. */
int domain_all(struct store *s, struct arena *a, int64_t account, struct domain_row **out, struct fault *f);
/* What the personal URLs of an account begin with: purl.base, its host replaced by the account's newest tracking domain. */
const char *purl_base(struct mail *m, struct arena *a, int64_t account);
