/* runs.c: see runs.h. Within one lap of a pool runs lie behind each other and are disjoint (serial.c), so each lap is a sorted array that only
 * grows at its end, and a look-up is one binary search a lap. */
#include "mail/runs.h"
#include "mail/piece.h"
#include "base/log.h"
#include "base/map.h"
#include "queries.h"
#include <pthread.h>
#include <stdlib.h>

struct run {
    int32_t first, n;
    int64_t assigned_at, account, batch_id;
};
struct lap { /* of one pool: a mailer id's live or test serials */
    int64_t key, lap;
    int64_t seen_next; /* the pool's next_serial when it was in this lap and looked at last */
    struct run *runs;
    size_t n, max;
    struct lap *next; /* of the same mailer id, newest first */
};
/* Who learns holds `learning` from the look at the pools to the end, and `lock` only to write down what the database said: whoever looks a code
 * up never waits for a read. The laps change with both held. */
struct runs {
    pthread_mutex_t learning;
    pthread_rwlock_t lock;
    struct map *laps; /* by the 8 bytes of the mailer id: its lap that was found last */
};

static int64_t abs_of(int64_t mid) { return mid < 0 ? -mid : mid; }

static struct lap *laps_of(const struct runs *r, int64_t mid) { return map_get(r->laps, str_make(&mid, sizeof mid)); }

static struct lap *lap_of(struct runs *r, int64_t key, int64_t number)
{
    int64_t mid = abs_of(key);
    struct lap *first = laps_of(r, mid);
    for (struct lap *l = first; l; l = l->next)
        if (l->key == key && l->lap == number) return l;
    struct lap *l = calloc(1, sizeof *l);
    ASSERT(l);
    *l = (struct lap){.key = key, .lap = number, .next = first};
    map_put(r->laps, str_make(&mid, sizeof mid), l);
    return l;
}

/* The pool's newest known lap; NULL: none. */
static const struct lap *newest(const struct runs *r, int64_t key)
{
    const struct lap *best = NULL;
    for (const struct lap *l = laps_of(r, abs_of(key)); l; l = l->next)
        if (l->key == key && (!best || l->lap > best->lap)) best = l;
    return best;
}

static int64_t end_of(const struct lap *l) { return l->n ? l->runs[l->n - 1].first + l->runs[l->n - 1].n : 0; }

static void put(struct runs *r, int64_t key, const struct r_runs_behind *w)
{
    struct lap *l = lap_of(r, key, w->lap);
    ASSERT(end_of(l) <= w->first_serial);
    if (l->n == l->max) {
        l->max = l->max ? l->max * 2 : 16;
        l->runs = realloc(l->runs, sizeof *l->runs * l->max);
        ASSERT(l->runs);
    }
    l->runs[l->n++] = (struct run){(int32_t)w->first_serial, (int32_t)w->n, w->assigned_at, w->piece_account_id, w->batch_id};
}

struct runs *runs_create(void)
{
    struct runs *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->laps = map_create();
    pthread_mutex_init(&r->learning, NULL);
    pthread_rwlock_init(&r->lock, NULL);
    return r;
}

void runs_destroy(struct runs **rp)
{
    struct runs *r = *rp;
    if (!r) return;
    size_t at = 0;
    struct str key;
    void *lap;
    while (map_next(r->laps, &at, &key, &lap))
        for (struct lap *l = lap, *next; l; l = next) {
            next = l->next;
            free(l->runs);
            free(l);
        }
    map_destroy(&r->laps);
    pthread_rwlock_destroy(&r->lock);
    pthread_mutex_destroy(&r->learning);
    free(r);
    *rp = NULL;
}

/* ---- learning ---- */

static bool is_known(const struct runs *r, const struct r_pool_every *pool)
{
    const struct lap *l = newest(r, pool->mid);
    return l && l->lap == pool->lap && l->seen_next == pool->next_serial;
}

/* What the database says of one pool that stands elsewhere than we know. */
struct news {
    struct r_pool_every pool;
    struct r_runs_behind *runs; /* lap by lap */
    size_t n, max;
};
struct lesson {
    const struct runs *runs;
    struct arena *arena;
    struct news *news;
    size_t n, max;
};

static bool take(struct lesson *g, struct news *to, struct tx *tx, struct rows rows)
{
    struct r_runs_behind row;
    while (rows_next(&rows, &row)) {
        ARENA_GROW(g->arena, to->runs, to->n, to->max);
        to->runs[to->n++] = row;
    }
    rows_end(&rows);
    return tx_ok(tx);
}

static bool read_runs(struct lesson *g, struct news *to, struct tx *tx)
{
    const struct r_pool_every *pool = &to->pool;
    const struct lap *l = newest(g->runs, pool->mid);
    int64_t lap = l ? l->lap : -1;
    if (l && !take(g, to, tx, tx_rows(tx, Q_RUNS_BEHIND, &(struct q_runs_behind){pool->account_id, pool->mid, lap, end_of(l)})))
        return false;
    return lap >= pool->lap ||
           take(g, to, tx, tx_rows(tx, Q_RUNS_OF_LAPS, &(struct q_runs_of_laps){pool->account_id, pool->mid, lap}));
}

static bool read_pools(struct lesson *g, struct tx *tx)
{
    struct r_pool_every row;
    struct rows rows = tx_rows(tx, Q_POOL_EVERY, NULL);
    for (g->n = 0; rows_next(&rows, &row);) {
        ARENA_GROW(g->arena, g->news, g->n, g->max);
        g->news[g->n++] = (struct news){.pool = row};
    }
    rows_end(&rows);
    return tx_ok(tx);
}

/* Leaves of what was read the pools that stand elsewhere than we know. */
static void leave_moved(struct lesson *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        if (!is_known(g->runs, &g->news[i].pool)) g->news[n++] = g->news[i];
    g->n = n;
}

static bool read_news(struct tx *tx, void *arg)
{
    struct lesson *g = arg;
    if (!read_pools(g, tx)) return false;
    leave_moved(g);
    for (size_t i = 0; i < g->n; i++)
        if (!read_runs(g, &g->news[i], tx)) return false;
    return true;
}

static void learn(struct runs *r, const struct lesson *g)
{
    pthread_rwlock_wrlock(&r->lock);
    for (size_t i = 0; i < g->n; i++) {
        const struct news *w = &g->news[i];
        for (size_t k = 0; k < w->n; k++) put(r, w->pool.mid, &w->runs[k]);
        lap_of(r, w->pool.mid, w->pool.lap)->seen_next = w->pool.next_serial;
    }
    pthread_rwlock_unlock(&r->lock);
}

bool runs_refresh(struct runs *r, struct store *s, struct fault *f)
{
    struct lesson g = {.runs = r, .arena = arena_create(4096)};
    pthread_mutex_lock(&r->learning);
    bool ok = store_read(s, read_news, &g, f);
    if (ok && g.n) learn(r, &g);
    pthread_mutex_unlock(&r->learning);
    arena_destroy(&g.arena);
    return ok;
}

bool runs_are_behind(struct runs *r, struct tx *tx)
{
    struct lesson g = {.runs = r, .arena = tx_arena(tx)};
    if (!read_pools(&g, tx)) return false;
    pthread_rwlock_rdlock(&r->lock);
    leave_moved(&g);
    pthread_rwlock_unlock(&r->lock);
    return g.n > 0;
}

/* ---- looking up ---- */

struct search {
    int64_t serial, at_ms;
    int64_t best; /* assigned_at of the hit; INT64_MIN: none */
    struct run_hit *out;
};

/* The last one before the time wins; among those after it, within the slack, the first. */
static void offer(struct search *g, const struct run *u)
{
    if (g->serial < u->first || g->serial >= u->first + u->n || u->assigned_at > g->at_ms + RUNS_SLACK_MS) return;
    bool is_before = u->assigned_at <= g->at_ms, had = g->best != INT64_MIN, had_before = had && g->best <= g->at_ms;
    if (had && (is_before ? had_before && g->best >= u->assigned_at : had_before || g->best <= u->assigned_at)) return;
    g->best = u->assigned_at;
    *g->out = (struct run_hit){u->account, u->batch_id * SEATS_A_BATCH + (g->serial - u->first), u->assigned_at};
}

static void search_lap(struct search *g, const struct lap *l)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (l->runs[mid].first <= g->serial)
            low = mid + 1;
        else
            high = mid;
    }
    if (low) offer(g, &l->runs[low - 1]);
}

bool runs_find(struct runs *r, int64_t mid, int64_t serial, int64_t at_ms, struct run_hit *out)
{
    struct search g = {.serial = serial, .at_ms = at_ms, .best = INT64_MIN, .out = out};
    pthread_rwlock_rdlock(&r->lock);
    for (const struct lap *l = map_get(r->laps, str_make(&mid, sizeof mid)); l; l = l->next) search_lap(&g, l);
    pthread_rwlock_unlock(&r->lock);
    return g.best != INT64_MIN;
}
