/* account_private.h: what the files of src/account share: the directory's body. */
#pragma once
#include "account/account.h"
#include "base/digest.h"
#include "base/map.h"
#include <pthread.h>

struct key_entry {
    int64_t account_id;
    char hint[5];
    struct rate_meter meter;
};
struct account_entry {
    int64_t parent_id; /* DB_NULL */
    bool has_rate;
    struct rate rate;
};
struct session_entry {
    int64_t account_id, expires_at;
};
/* Invariants, under the lock: `keys` holds the digest of every key that opens an account; `alive` every account that is alive,
 * by the 8 bytes of its number; `sessions` the digest of every token that a browser is logged in with, also for a while when it is over.
 * Entries are the directory's. */
struct accounts {
    struct store *store;
    pthread_rwlock_t lock;
    struct map *keys, *alive, *sessions;
    _Atomic int64_t trim_rests_until;
};

void accounts_note_account(struct accounts *a, int64_t account_id, struct account_entry e);
void accounts_note_rate(struct accounts *a, int64_t account_id, const struct rate *rate /* NULL: the house's */);
void accounts_note_key(struct accounts *a, const uint8_t digest[SHA256_BYTES], int64_t account_id, struct str hint);
void accounts_forget_key(struct accounts *a, struct str digest);
void accounts_note_session(struct accounts *a, const uint8_t digest[SHA256_BYTES], struct session_entry e);
/* Sessions that were over before then. */
void accounts_forget_sessions(struct accounts *a, int64_t before);

/* A key as it is made: shown once, stored as digest and hint. */
struct new_key {
    char key[37], hint[5];
    uint8_t digest[SHA256_BYTES];
};
void new_key_make(struct new_key *k);
bool new_key_insert(struct tx *tx, const struct new_key *k, int64_t account_id, struct str label);

bool account_texts_check(const struct account *in, struct fault *f);
struct r_account_find;
struct account account_row_read(struct arena *a, const struct r_account_find *r);

/* What the operator allows an account, as account.settings says it. */
void settings_read(struct str json, bool *has_rate, struct rate *rate);
/* "" when the password is none that may be used; else the hash, from the arena. Takes about 0.1 s and 64 MB; one at a time. */
#define PASSWORD_HASH_BYTES 129
bool password_hash(struct str password, struct str username, char hash[PASSWORD_HASH_BYTES], struct fault *f);
/* Inside a unit: the account's first user, who logs in by its user name. */
bool login_create(struct tx *tx, const struct account *in, const char *hash);
/* A row by its number: "There is no account 17.", 404. */
bool tx_no_account(struct tx *tx, int64_t account_id);
