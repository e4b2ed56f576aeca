/* stat.c: see stat.h. The sums of a group lie in one table of the committer's, which is a participant: written before the commit, forgotten
 * after it. Reads add up the slots. */
#include "mail/stat.h"
#include "mail/mail_private.h"
#include "base/log.h"
#include "queries.h"
#include <stdlib.h>

enum { DAY_MS = 86400000, RECENT = 64, FIRST_SLOTS = 256 };
_Static_assert((int)STAT_VISIT >= (int)STATUS_CODES, "a code means one thing");
_Static_assert((int)STAT_CODES <= (int)STAT_TEST, "test numbers lie above all live ones");

struct sum {
    int64_t account, drop_id, day, code, n;
};
/* Invariant: between groups `n` is 0. Open addressing in `slots`: place of a sum + 1, 0: free. */
struct stats {
    struct participant participant; /* must be first */
    struct sum *sums;
    uint32_t *slots;
    size_t n, n_slots;
    size_t recent[RECENT]; /* by code: where the last one was found */
};

static bool before_commit(struct participant *p, struct tx *tx)
{
    const struct stats *s = (struct stats *)p;
    for (size_t i = 0; i < s->n; i++) {
        const struct sum *u = &s->sums[i];
        struct q_stat_add in = {u->account, u->drop_id, u->day, u->code, store_node(tx_store(tx)), u->n};
        if (!tx_run(tx, Q_STAT_ADD, &in, NULL)) return false;
    }
    return true;
}

static void ended(struct participant *p, bool committed)
{
    (void)committed; /* the units run again and add it again */
    struct stats *s = (struct stats *)p;
    memset(s->slots, 0, sizeof *s->slots * s->n_slots);
    s->n = 0;
}

static void make_room(struct stats *s, size_t n_slots)
{
    s->n_slots = n_slots;
    s->slots = realloc(s->slots, sizeof *s->slots * n_slots);
    s->sums = realloc(s->sums, sizeof *s->sums * (n_slots / 2));
    ASSERT(s->slots && s->sums);
    memset(s->slots, 0, sizeof *s->slots * n_slots);
}

struct stats *stats_create(void)
{
    struct stats *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->participant = (struct participant){.before_commit = before_commit, .ended = ended};
    make_room(s, FIRST_SLOTS);
    return s;
}

void stats_destroy(struct stats **sp)
{
    struct stats *s = *sp;
    if (!s) return;
    free(s->sums);
    free(s->slots);
    free(s);
    *sp = NULL;
}

int64_t stat_day(int64_t account, int64_t at_ms)
{
    (void)account;
    return at_ms >= 0 ? at_ms / DAY_MS : (at_ms - DAY_MS + 1) / DAY_MS;
}

static bool is_same(const struct sum *a, const struct sum *b)
{
    return a->drop_id == b->drop_id && a->day == b->day && a->code == b->code && a->account == b->account;
}

static uint32_t *slot_of(struct stats *s, const struct sum *u)
{
    uint64_t h = (uint64_t)u->drop_id * 0x9e3779b97f4a7c15u ^ (uint64_t)(u->day * 128 + u->code) * 0xbf58476d1ce4e5b9u;
    for (size_t at = (h ^ h >> 29) & (s->n_slots - 1);; at = (at + 1) & (s->n_slots - 1))
        if (!s->slots[at] || is_same(&s->sums[s->slots[at] - 1], u)) return &s->slots[at];
}

static void grow(struct stats *s)
{
    make_room(s, s->n_slots * 2);
    for (size_t i = 0; i < s->n; i++) *slot_of(s, &s->sums[i]) = (uint32_t)(i + 1);
}

bool stat_add(struct mail *m, struct tx *tx, int64_t account, int64_t drop_id, int code, bool is_test, int64_t at_ms, int64_t n)
{
    ASSERT(code >= 0 && code < STAT_CODES && drop_id > 0);
    struct stats *s = m->stats;
    struct sum u = {account, drop_id, stat_day(account, at_ms), code + (is_test ? STAT_TEST : 0), n};
    size_t *recent = &s->recent[code % RECENT];
    tx_join(tx, &s->participant);
    if (*recent >= s->n || !is_same(&s->sums[*recent], &u)) {
        if (s->n == s->n_slots / 2) grow(s);
        uint32_t *slot = slot_of(s, &u);
        if (!*slot) {
            s->sums[s->n++] = u;
            *slot = (uint32_t)s->n;
            *recent = s->n - 1;
            return tx_ok(tx);
        }
        *recent = *slot - 1;
    }
    s->sums[*recent].n += n;
    return tx_ok(tx);
}

bool stat_wipe_test(struct tx *tx, int64_t account, int64_t drop_id, unsigned codes)
{
    for (int code = 0; code < STAT_CODES; code++)
        if (codes >> code & 1) tx_run(tx, Q_STAT_WIPE, &(struct q_stat_wipe){account, drop_id, code + STAT_TEST}, NULL);
    return tx_ok(tx);
}

/* ---- to read ---- */

bool stat_of_drop_tx(struct tx *tx, int64_t account, int64_t drop_id, bool is_test, struct stat_totals *out)
{
    int first = is_test ? STAT_TEST : 0;
    struct r_stat_of_drop row;
    struct rows r = tx_rows(tx, Q_STAT_OF_DROP, &(struct q_stat_of_drop){account, drop_id, first, first + STAT_CODES - 1});
    *out = (struct stat_totals){{0}};
    while (rows_next(&r, &row)) out->n[row.code - first] = row.n;
    rows_end(&r);
    return tx_ok(tx);
}

struct read {
    struct arena *arena;
    int64_t account, drop_id, from_day, to_day;
    bool is_test;
    struct stat_totals totals;
    struct stat_day_row *rows;
    int n, max;
};

static bool read_totals(struct tx *tx, void *arg)
{
    struct read *g = arg;
    return stat_of_drop_tx(tx, g->account, g->drop_id, g->is_test, &g->totals);
}

bool stat_of_drop(struct store *s, int64_t account, int64_t drop_id, bool is_test, struct stat_totals *out, struct fault *f)
{
    struct read g = {.account = account, .drop_id = drop_id, .is_test = is_test};
    if (!store_read(s, read_totals, &g, f)) return false;
    *out = g.totals;
    return true;
}

static bool read_days(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_stat_days row;
    int first = g->is_test ? STAT_TEST : 0;
    struct q_stat_days in = {g->account, g->drop_id, first, first + STAT_CODES - 1, g->from_day, g->to_day};
    struct rows r = tx_rows(tx, Q_STAT_DAYS, &in);
    g->n = 0;
    while (rows_next(&r, &row)) {
        if (!g->n || g->rows[g->n - 1].day != row.day) {
            ARENA_GROW(g->arena, g->rows, g->n, g->max);
            g->rows[g->n++] = (struct stat_day_row){.day = row.day};
        }
        g->rows[g->n - 1].totals.n[row.code - first] = row.n;
    }
    rows_end(&r);
    return tx_ok(tx);
}

int stat_by_day(struct store *s, struct arena *a, int64_t account, int64_t drop_id, bool is_test, int64_t from_day,
                int64_t to_day, struct stat_day_row **out, struct fault *f)
{
    struct read g = {
        .arena = a, .account = account, .drop_id = drop_id, .is_test = is_test, .from_day = from_day, .to_day = to_day};
    if (!store_read(s, read_days, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}
