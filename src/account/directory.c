/* directory.c: who is alive and which key opens what, in memory. Read by every request without waiting for the database;
 * changed after the commit of what changed it, by the same thread. Loaded at start, one per server. */
#include "account/account_private.h"
#include "base/log.h"
#include "queries.h"
#include <stdlib.h>

static struct str id_key(const int64_t *account_id) { return str_make(account_id, sizeof *account_id); }

void accounts_note_account(struct accounts *a, int64_t account_id)
{
    static char present; /* a set: the value only says "is there" */
    pthread_rwlock_wrlock(&a->lock);
    map_put(a->alive, id_key(&account_id), &present);
    pthread_rwlock_unlock(&a->lock);
}

void accounts_note_key(struct accounts *a, const uint8_t digest[SHA256_BYTES], int64_t account_id, struct str hint)
{
    struct key_entry *e = calloc(1, sizeof *e);
    ASSERT(e);
    e->account_id = account_id;
    memcpy(e->hint, hint.ptr, hint.len < 4 ? hint.len : 4);
    pthread_rwlock_wrlock(&a->lock);
    free(map_put(a->keys, str_make(digest, SHA256_BYTES), e));
    pthread_rwlock_unlock(&a->lock);
}

void accounts_forget_key(struct accounts *a, struct str digest)
{
    pthread_rwlock_wrlock(&a->lock);
    free(map_remove(a->keys, digest));
    pthread_rwlock_unlock(&a->lock);
}

static bool load(struct tx *tx, void *arg)
{
    struct accounts *a = arg;
    struct r_account_alive account;
    struct rows r = tx_rows(tx, Q_ACCOUNT_ALIVE, NULL);
    while (rows_next(&r, &account)) accounts_note_account(a, account.account_id);
    rows_end(&r);
    struct r_api_key_alive key;
    r = tx_rows(tx, Q_API_KEY_ALIVE, NULL);
    while (rows_next(&r, &key)) {
        ASSERT(key.key_digest.len == SHA256_BYTES);
        accounts_note_key(a, (const uint8_t *)key.key_digest.ptr, key.account_id, key.hint);
    }
    rows_end(&r);
    return tx_ok(tx);
}

struct accounts *accounts_load(struct store *s, struct fault *f)
{
    struct accounts *a = calloc(1, sizeof *a);
    ASSERT(a);
    *a = (struct accounts){.store = s, .keys = map_create(), .alive = map_create()};
    pthread_rwlock_init(&a->lock, NULL);
    if (!store_read(s, load, a, f)) accounts_destroy(&a);
    return a;
}

void accounts_destroy(struct accounts **accounts)
{
    struct accounts *a = *accounts;
    if (!a) return;
    size_t at = 0;
    struct str key;
    void *entry;
    while (map_next(a->keys, &at, &key, &entry)) free(entry);
    map_destroy(&a->keys);
    map_destroy(&a->alive);
    pthread_rwlock_destroy(&a->lock);
    free(a);
    *accounts = NULL;
}

int64_t accounts_by_key(struct accounts *a, struct str key, char hint[5])
{
    uint8_t digest[SHA256_BYTES];
    sha256(key, digest);
    pthread_rwlock_rdlock(&a->lock);
    const struct key_entry *e = map_get(a->keys, str_make(digest, sizeof digest));
    int64_t account_id = e ? e->account_id : 0;
    if (e && hint) memcpy(hint, e->hint, sizeof e->hint);
    pthread_rwlock_unlock(&a->lock);
    return account_id;
}

bool accounts_exists(struct accounts *a, int64_t account_id)
{
    pthread_rwlock_rdlock(&a->lock);
    bool exists = map_get(a->alive, id_key(&account_id)) != NULL;
    pthread_rwlock_unlock(&a->lock);
    return exists;
}
