/* account_private.h: what the files of src/account share: the directory's body. */
#pragma once
#include "account/account.h"
#include "base/digest.h"
#include "base/map.h"
#include <pthread.h>

struct key_entry {
    int64_t account_id;
    char hint[5];
};
/* Invariants, under the lock: `keys` holds the digest of every key that opens an account; `alive` every account that is alive,
 * by the 8 bytes of its number. Entries are the directory's. */
struct accounts {
    struct store *store;
    pthread_rwlock_t lock;
    struct map *keys, *alive;
};

void accounts_note_account(struct accounts *a, int64_t account_id);
void accounts_note_key(struct accounts *a, const uint8_t digest[SHA256_BYTES], int64_t account_id, struct str hint);
void accounts_forget_key(struct accounts *a, struct str digest);

/* A key as it is made: shown once, stored as digest and hint. */
struct new_key {
    char key[37], hint[5];
    uint8_t digest[SHA256_BYTES];
};
void new_key_make(struct new_key *k);
bool new_key_insert(struct tx *tx, const struct new_key *k, int64_t account_id, struct str label);
