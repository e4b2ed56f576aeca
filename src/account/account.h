/* account.h: accounts and their API keys. The key itself is shown once; the store holds its digest. Keys of accounts that are
 * alive lie in memory, so a request is authenticated without the database. */
#pragma once
#include "store/store.h"

struct account {
    int64_t account_id, parent_id /* DB_NULL */;
    struct str username, first_name, last_name, email_address, company, phone, address_street, address_city, address_state,
        address_zip;
    int64_t created_at;
    int64_t mid; /* its mailer id, DB_NULL: it can only test */
};
struct accounts; /* the directory in memory; one per server */
struct accounts *accounts_load(struct store *s, struct fault *f);
void accounts_destroy(struct accounts **a);
/* Account of a live key, 0: none. hint (may be NULL) gets the key's last 4 characters and a NUL. Any thread, no waiting. */
int64_t accounts_by_key(struct accounts *a, struct str key, char hint[5]);
bool accounts_exists(struct accounts *a, int64_t account_id);

/* Makes an account with one key. key gets the GUID, shown this once. 409 when the user name is taken. */
bool account_create(struct accounts *a, const struct account *in, int64_t *account_id, char key[37], struct fault *f);
bool account_get(struct store *s, struct arena *arena, int64_t account_id, struct account *out, struct fault *f); /* 404 */
int account_list(struct store *s, struct arena *arena, struct account **out, struct fault *f); /* the operator's; -1 on fault */
bool account_key_create(struct accounts *a, int64_t account_id, struct str label, char key[37], struct fault *f);
bool account_key_revoke(struct accounts *a, int64_t account_id, struct str hint, struct fault *f);
/* A mailer id belongs to one account; makes its serial pools (live and test). */
bool account_mailer_id_add(struct accounts *a, int64_t account_id, int64_t mid, struct fault *f);
/* The last of the nine-digit mailer ids, kept for demonstrations. Accounts without a mailer id of their own test with it, so that every
 * test piece has a whole barcode; its serials come from one test pool of the house. It cannot be added to an account and never
 * goes live. */
#define ACCOUNT_DEMONSTRATION_MID 999999999
