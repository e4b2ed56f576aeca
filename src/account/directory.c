/* directory.c: who is alive and which key opens what, in memory. Read by every request without waiting for the database;
 * changed after the commit of what changed it, by the same thread. Loaded at start, one per server. */
#include "account/account_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "queries.h"
#include <stdlib.h>

static struct str id_key(const int64_t *account_id) { return str_make(account_id, sizeof *account_id); }

void accounts_note_account(struct accounts *a, int64_t account_id, struct account_entry entry)
{
    struct account_entry *e = malloc(sizeof *e);
    ASSERT(e);
    *e = entry;
    pthread_rwlock_wrlock(&a->lock);
    free(map_put(a->alive, id_key(&account_id), e));
    pthread_rwlock_unlock(&a->lock);
}

void accounts_note_rate(struct accounts *a, int64_t account_id, const struct rate *rate)
{
    pthread_rwlock_wrlock(&a->lock);
    struct account_entry *e = map_get(a->alive, id_key(&account_id));
    if (e) e->has_rate = rate != NULL;
    if (e && rate) e->rate = *rate;
    pthread_rwlock_unlock(&a->lock);
}

void accounts_note_key(struct accounts *a, const uint8_t digest[SHA256_BYTES], int64_t account_id, struct str hint)
{
    struct key_entry *e = calloc(1, sizeof *e);
    ASSERT(e);
    e->account_id = account_id;
    rate_meter_init(&e->meter);
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

void accounts_note_session(struct accounts *a, const uint8_t digest[SHA256_BYTES], struct session_entry entry)
{
    struct session_entry *e = malloc(sizeof *e);
    ASSERT(e);
    *e = entry;
    pthread_rwlock_wrlock(&a->lock);
    free(map_put(a->sessions, str_make(digest, SHA256_BYTES), e));
    pthread_rwlock_unlock(&a->lock);
}

void accounts_forget_sessions(struct accounts *a, int64_t before)
{
    size_t at = 0;
    struct str key;
    void *entry;
    struct map *kept = map_create();
    pthread_rwlock_wrlock(&a->lock);
    while (map_next(a->sessions, &at, &key, &entry)) {
        if (((struct session_entry *)entry)->expires_at < before)
            free(entry);
        else
            map_put(kept, key, entry);
    }
    map_destroy(&a->sessions);
    a->sessions = kept;
    pthread_rwlock_unlock(&a->lock);
}

/* Keys of the account's are few among many, and an account ends seldom: all are looked at. */
void accounts_removed(struct accounts *a, int64_t account_id)
{
    size_t at = 0;
    struct str key;
    void *entry;
    struct map *kept = map_create();
    pthread_rwlock_wrlock(&a->lock);
    while (map_next(a->keys, &at, &key, &entry)) {
        if (((struct key_entry *)entry)->account_id == account_id)
            free(entry);
        else
            map_put(kept, key, entry);
    }
    map_destroy(&a->keys);
    a->keys = kept;
    free(map_remove(a->alive, id_key(&account_id)));
    pthread_rwlock_unlock(&a->lock);
}

static void load_sessions(struct tx *tx, struct accounts *a)
{
    struct r_session_alive s;
    struct rows r = tx_rows(tx, Q_SESSION_ALIVE, &(struct q_session_alive){tx_now(tx)});
    while (rows_next(&r, &s)) {
        ASSERT(s.token_digest.len == SHA256_BYTES);
        accounts_note_session(a, (const uint8_t *)s.token_digest.ptr, (struct session_entry){s.account_id, s.expires_at});
    }
    rows_end(&r);
}

static bool load(struct tx *tx, void *arg)
{
    struct accounts *a = arg;
    struct r_account_find account;
    struct rows r = tx_rows(tx, Q_ACCOUNT_ALIVE, NULL);
    while (rows_next(&r, &account)) {
        struct account_entry e = {.parent_id = account.parent_id};
        settings_read(account.settings, &e.has_rate, &e.rate);
        accounts_note_account(a, account.account_id, e);
    }
    rows_end(&r);
    load_sessions(tx, a);
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
    *a = (struct accounts){.store = s, .keys = map_create(), .alive = map_create(), .sessions = map_create()};
    pthread_rwlock_init(&a->lock, NULL);
    if (!store_read(s, load, a, f)) accounts_destroy(&a);
    return a;
}

void accounts_destroy(struct accounts **accounts)
{
    struct accounts *a = *accounts;
    if (!a) return;
    size_t at;
    struct str key;
    void *entry;
    struct map **maps[] = {&a->keys, &a->alive, &a->sessions};
    for (int i = 0; i < 3; i++) {
        for (at = 0; map_next(*maps[i], &at, &key, &entry);) free(entry);
        map_destroy(maps[i]);
    }
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

int64_t accounts_take(struct accounts *a, struct str key, struct rate house, struct rate *rate)
{
    uint8_t digest[SHA256_BYTES];
    int64_t wait_us = 0;
    sha256(key, digest);
    pthread_rwlock_rdlock(&a->lock);
    struct key_entry *e = map_get(a->keys, str_make(digest, sizeof digest));
    const struct account_entry *owner = e ? map_get(a->alive, id_key(&e->account_id)) : NULL;
    *rate = owner && owner->has_rate ? owner->rate : house;
    if (e && !rate_is_off(*rate)) wait_us = rate_take(&e->meter, *rate, clock_mono_us());
    pthread_rwlock_unlock(&a->lock);
    return wait_us;
}

bool accounts_is_child(struct accounts *a, int64_t parent, int64_t child)
{
    pthread_rwlock_rdlock(&a->lock);
    const struct account_entry *e = map_get(a->alive, id_key(&child));
    bool is_child = e && e->parent_id == parent;
    pthread_rwlock_unlock(&a->lock);
    return is_child;
}
