/* subscription_index.c: see subscription_index.h. Two maps to the same entries: by source (a chain) and by number. Readers of other threads
 * are kept out only while a chain is changed. */
#include "outbox/subscription_index.h"
#include "base/log.h"
#include "base/map.h"
#include <pthread.h>
#include <stdlib.h>

struct change {
    int64_t subscription_id;
    struct wanted *was; /* NULL: it was not there */
    struct change *next;
};
struct source_key {
    int64_t account, source, source_id;
};
/* Invariant: every entry is in both maps or in one change. */
struct subscription_index {
    pthread_rwlock_t lock;
    struct map *by_source; /* struct chain */
    struct map *by_number, *wakes;
    struct change *changes; /* of this group, newest first */
};
struct chain {
    struct wanted *first;
};

static struct str key_of(const void *p, size_t n) { return str_make(p, n); }

struct subscription_index *index_create(void)
{
    struct subscription_index *x = calloc(1, sizeof *x);
    ASSERT(x);
    pthread_rwlock_init(&x->lock, NULL);
    x->by_source = map_create();
    x->by_number = map_create();
    x->wakes = map_create();
    return x;
}

static void free_all(struct map **m)
{
    size_t at = 0;
    struct str key;
    void *value;
    while (map_next(*m, &at, &key, &value)) free(value);
    map_destroy(m);
}

void index_destroy(struct subscription_index **xp)
{
    struct subscription_index *x = *xp;
    *xp = NULL;
    if (!x) return;
    index_ended(x, true);
    free_all(&x->by_source);
    free_all(&x->by_number);
    free_all(&x->wakes);
    pthread_rwlock_destroy(&x->lock);
    free(x);
}

static struct chain *chain_of(const struct subscription_index *x, int64_t account, int64_t source, int64_t source_id)
{
    struct source_key key = {account, source, source_id};
    return map_get(x->by_source, key_of(&key, sizeof key));
}

static void chain_add(struct subscription_index *x, struct wanted *w)
{
    struct source_key key = {w->account, w->source, w->source_id};
    struct chain *c = chain_of(x, w->account, w->source, w->source_id);
    if (!c) {
        c = calloc(1, sizeof *c);
        ASSERT(c);
        map_put(x->by_source, key_of(&key, sizeof key), c);
    }
    w->next = c->first;
    c->first = w;
}

static void chain_remove(struct subscription_index *x, struct wanted *w)
{
    struct chain *c = chain_of(x, w->account, w->source, w->source_id);
    ASSERT(c);
    struct wanted **at = &c->first;
    while (*at != w) at = &(*at)->next;
    *at = w->next;
}

/* Puts `now` (NULL: nothing) where `subscription_id` is; returns what was there, now the caller's. */
static struct wanted *replace(struct subscription_index *x, int64_t subscription_id, struct wanted *now)
{
    struct str key = key_of(&subscription_id, sizeof subscription_id);
    pthread_rwlock_wrlock(&x->lock);
    struct wanted *was = now ? map_put(x->by_number, key, now) : map_remove(x->by_number, key);
    if (was) chain_remove(x, was);
    if (now) chain_add(x, now);
    pthread_rwlock_unlock(&x->lock);
    return was;
}

struct wake *index_wake(struct subscription_index *x, int64_t account, int64_t destination_id)
{
    struct str key = key_of(&destination_id, sizeof destination_id);
    struct wake *w = map_get(x->wakes, key);
    if (w) return w;
    w = calloc(1, sizeof *w);
    ASSERT(w);
    w->account = account;
    w->destination_id = destination_id;
    map_put(x->wakes, key, w);
    return w;
}

void index_change(struct subscription_index *x, int64_t subscription_id, const struct wanted *w, int64_t destination_id)
{
    struct wanted *now = NULL;
    if (w) {
        now = malloc(sizeof *now);
        ASSERT(now);
        *now = *w;
        now->wake = index_wake(x, w->account, destination_id);
    }
    struct change *c = malloc(sizeof *c);
    ASSERT(c);
    *c = (struct change){subscription_id, replace(x, subscription_id, now), x->changes};
    x->changes = c;
}

void index_ended(struct subscription_index *x, bool committed)
{
    while (x->changes) {
        struct change *c = x->changes;
        x->changes = c->next;
        free(committed ? c->was : replace(x, c->subscription_id, c->was));
        free(c);
    }
}

const struct wanted *index_first(const struct subscription_index *x, int64_t account, enum event_source source,
                                 int64_t source_id)
{
    const struct chain *c = chain_of(x, account, source, source_id);
    return c ? c->first : NULL;
}

static bool chain_wants(const struct wanted *w, int code)
{
    for (; w; w = w->next)
        if (w->is_enabled && w->codes >> code & 1) return true;
    return false;
}

bool index_wants(struct subscription_index *x, int64_t account, enum event_source source, int64_t source_id, int code)
{
    ASSERT(code >= 0 && code < 63);
    pthread_rwlock_rdlock(&x->lock);
    bool wants =
        chain_wants(index_first(x, account, source, source_id), code) || chain_wants(index_first(x, account, source, 0), code);
    pthread_rwlock_unlock(&x->lock);
    return wants;
}
