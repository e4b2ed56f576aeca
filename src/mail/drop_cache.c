/* drop_cache.c: drops in memory. Filled by sends, emptied by nobody: an entry is 200 bytes and pieces outlive their drop.
 *
 * Two maps: endpoint to entry (with the facts of the last reading), and drop number to its reference. A change raises
 * `generation`; facts of an older one are read again. A reading that began before a change and ends after it carries the older
 * generation, so it can never pass for fresh. Endpoints that do not exist are not remembered. */
#include "mail/drop_cache.h"
#include "base/log.h"
#include "base/map.h"
#include <stdlib.h>

struct entry {
    struct drop_ref *ref;
    struct drop_facts facts;
    uint64_t generation;
};
/* Under the lock. by_endpoint: account's 8 bytes, then the endpoint; by_drop: the drop's 8 bytes. */
struct drop_cache {
    struct store *store;
    struct daily_caps *caps;
    pthread_rwlock_t lock;
    struct map *by_endpoint, *by_drop;
    uint64_t generation;
};

enum { ENDPOINT_MAX = 100 };

struct drop_cache *drop_cache_create(struct store *s, struct daily_caps *caps)
{
    struct drop_cache *c = calloc(1, sizeof *c);
    ASSERT(c);
    *c = (struct drop_cache){.store = s, .caps = caps, .by_endpoint = map_create(), .by_drop = map_create()};
    pthread_rwlock_init(&c->lock, NULL);
    return c;
}

static void map_free(struct map **m)
{
    size_t at = 0;
    struct str key;
    void *value;
    while (map_next(*m, &at, &key, &value)) free(value);
    map_destroy(m);
}

void drop_cache_destroy(struct drop_cache **cache)
{
    struct drop_cache *c = *cache;
    if (!c) return;
    map_free(&c->by_endpoint);
    map_free(&c->by_drop);
    pthread_rwlock_destroy(&c->lock);
    free(c);
    *cache = NULL;
}

/* Under the write lock. */
static struct drop_ref *ref_of(struct drop_cache *c, int64_t account, int64_t drop_id)
{
    struct str key = str_make(&drop_id, sizeof drop_id);
    struct drop_ref *ref = map_get(c->by_drop, key);
    if (ref) {
        ASSERT(ref->account == account);
        return ref;
    }
    ref = calloc(1, sizeof *ref);
    ASSERT(ref);
    *ref = (struct drop_ref){.account = account, .drop_id = drop_id};
    seat_init(&ref->seat, account, drop_id, c->caps);
    map_put(c->by_drop, key, ref);
    return ref;
}

struct drop_ref *drop_cache_of(struct drop_cache *c, int64_t account, int64_t drop_id)
{
    pthread_rwlock_wrlock(&c->lock);
    struct drop_ref *ref = ref_of(c, account, drop_id);
    pthread_rwlock_unlock(&c->lock);
    return ref;
}

void drop_cache_changed(struct drop_cache *c)
{
    pthread_rwlock_wrlock(&c->lock);
    c->generation++;
    pthread_rwlock_unlock(&c->lock);
}

/* ---- finding ---- */

struct reading {
    int64_t account;
    struct str endpoint;
    struct r_drop_by_endpoint row;
};

static bool read_drop(struct tx *tx, void *arg)
{
    struct reading *g = arg;
    if (tx_first(tx, Q_DROP_BY_ENDPOINT, &(struct q_drop_by_endpoint){g->account, g->endpoint}, &g->row)) return true;
    return tx_ok(tx) ? tx_refuse(tx, FAULT_USER, 404, "There is no campaign with the endpoint \"%.*s\".", STR_ARG(g->endpoint))
                     : false;
}

static struct drop_ref *remember(struct drop_cache *c, struct str key, const struct reading *g, uint64_t generation,
                                 struct drop_facts *facts)
{
    pthread_rwlock_wrlock(&c->lock);
    struct entry *e = map_get(c->by_endpoint, key);
    if (!e) {
        e = calloc(1, sizeof *e);
        ASSERT(e);
        map_put(c->by_endpoint, key, e);
        e->ref = ref_of(c, g->account, g->row.drop_id);
    }
    e->facts = (struct drop_facts){g->row.is_live != 0, g->row.mid, (enum template_state)g->row.state};
    e->generation = generation;
    *facts = e->facts;
    struct drop_ref *ref = e->ref;
    pthread_rwlock_unlock(&c->lock);
    return ref;
}

struct drop_ref *drop_cache_find(struct drop_cache *c, int64_t account, struct str endpoint, struct drop_facts *facts,
                                 struct fault *f)
{
    char bytes[8 + ENDPOINT_MAX];
    struct reading g = {.account = account, .endpoint = endpoint};
    struct drop_ref *ref = NULL;
    if (endpoint.len > ENDPOINT_MAX) {
        fault_user(f, 404, "There is no campaign with so long an endpoint.");
        return NULL;
    }
    memcpy(bytes, &account, 8);
    if (endpoint.len) memcpy(bytes + 8, endpoint.ptr, endpoint.len);
    struct str key = str_make(bytes, 8 + endpoint.len);

    pthread_rwlock_rdlock(&c->lock);
    uint64_t generation = c->generation;
    const struct entry *e = map_get(c->by_endpoint, key);
    if (e && e->generation == generation) {
        *facts = e->facts;
        ref = e->ref;
    }
    pthread_rwlock_unlock(&c->lock);
    if (ref) return ref;
    if (!store_read(c->store, read_drop, &g, f)) return NULL;
    return remember(c, key, &g, generation, facts);
}

struct drop_ref *drop_cache_find_in(struct drop_cache *c, struct tx *tx, int64_t account, struct str endpoint,
                                    struct drop_facts *facts, struct fault *f)
{
    struct r_drop_by_endpoint row;
    if (!tx_first(tx, Q_DROP_BY_ENDPOINT, &(struct q_drop_by_endpoint){account, endpoint}, &row)) {
        fault_user(f, 404, "There is no campaign with the endpoint \"%.*s\".", STR_ARG(endpoint));
        return NULL;
    }
    *facts = (struct drop_facts){row.is_live != 0, row.mid, (enum template_state)row.state};
    return drop_cache_of(c, account, row.drop_id);
}
