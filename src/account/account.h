/* account.h: accounts, their sub-accounts and their API keys. A key itself is shown once; the store holds its digest. Keys of accounts that
 * are alive lie in memory, so a request is authenticated without the database.
 *
 * An account made by another one is its sub-account: the parent sees it, changes it, deletes it, and acts for it (api.c). There is one such
 * level: a sub-account makes no accounts. */
#pragma once
#include "net/rate.h"
#include "store/store.h"

/* What its owner may change. */
#define ACCOUNT_TEXTS(X)                                                                                                       \
    X(username)                                                                                                                \
    X(first_name)                                                                                                              \
    X(last_name) X(email_address) X(company) X(phone) X(address_street) X(address_city) X(address_state) X(address_zip)
enum account_text {
#define X(name) ACCOUNT_##name,
    ACCOUNT_TEXTS(X)
#undef X
        ACCOUNT_N_TEXTS
};

struct account {
    int64_t account_id, parent_id /* DB_NULL */;
#define X(name) struct str name;
    ACCOUNT_TEXTS(X)
#undef X
    struct str password; /* only goes in; STR_NULL: nobody can log in by name, or it stays as it is */
    int64_t created_at;
    int64_t mid;      /* its mailer id, DB_NULL: it can only test */
    bool has_rate;    /* false: the house's */
    struct rate rate; /* of each of its keys */
};
#define ACCOUNT_MOST ((1 << 20) - 1) /* the last number of an account: a personal URL has 20 bits for it (mail/purl.c) */
struct accounts;                     /* the directory in memory; one per server */
struct accounts *accounts_load(struct store *s, struct fault *f);
void accounts_destroy(struct accounts **a);
struct jobs;
/* The due source that forgets sessions, login links and kept answers that are over. */
void accounts_source_add(struct accounts *a, struct jobs *j);
/* Account of a live key, 0: none. hint (may be NULL) gets the key's last 4 characters and a NUL. Any thread, no waiting. */
int64_t accounts_by_key(struct accounts *a, struct str key, char hint[5]);
/* Counts a request of the key, with that hint, against its account's rate, or the house's where it has none: 0, or after how many
 * microseconds to ask again. *rate is the one that counted. */
int64_t accounts_take(struct accounts *a, struct str key, struct rate house, struct rate *rate);
bool accounts_exists(struct accounts *a, int64_t account_id);
/* Is `child` alive and made by `parent`? */
bool accounts_is_child(struct accounts *a, int64_t parent, int64_t child);

/* Makes an account with one key, the GUID that is shown this once; key, account_id and created_at are set before its unit has ended. 409 when
 * the user name is taken; 403 when the parent is a sub-account; the operator's when no number is left. */
bool account_make(struct accounts *a, struct account *in, char key[37], struct fault *f);
bool account_create(struct accounts *a, const struct account *in, int64_t *account_id, char key[37], struct fault *f);
bool account_get(struct store *s, struct arena *arena, int64_t account_id, struct account *out, struct fault *f); /* 404 */
int account_list(struct store *s, struct arena *arena, struct account **out, struct fault *f); /* the operator's; -1 on fault */
int account_children(struct store *s, struct arena *arena, int64_t parent, struct account **out, struct fault *f);
/* named: bit i for the i-th of ACCOUNT_TEXTS. Only these change; one that is STR_NULL becomes null. A password that is there is a new one. */
bool account_change(struct accounts *a, int64_t account_id, const struct account *to, uint32_t named, struct fault *f);
/* NULL: the house's rate again. */
bool account_set_rate(struct accounts *a, int64_t account_id, const struct rate *rate, struct fault *f);
/* Inside a unit: the account is marked deleted; its keys, names, sessions and passwords are no more. False when it was not there. */
bool account_remove(struct tx *tx, int64_t account_id);
/* After that unit's commit: the directory forgets it. */
void accounts_removed(struct accounts *a, int64_t account_id);

bool account_key_create(struct accounts *a, int64_t account_id, struct str label, char key[37], struct fault *f);
bool account_key_revoke(struct accounts *a, int64_t account_id, struct str hint, struct fault *f);
/* A mailer id belongs to one account; makes its serial pools (live and test). */
bool account_mailer_id_add(struct accounts *a, int64_t account_id, int64_t mid, struct fault *f);
/* The last of the nine-digit mailer ids, kept for demonstrations. Accounts without a mailer id of their own test with it, so that every
 * test piece has a whole barcode; its serials come from one test pool of the house. It cannot be added to an account and never
 * goes live. */
#define ACCOUNT_DEMONSTRATION_MID 999999999

struct account_connection {
    struct str name;
    bool is_connected;
};
int account_connections(struct store *s, struct arena *arena, int64_t account_id, struct account_connection **out,
                        struct fault *f);
