/* campaign_show.c: drops and their numbers, read in one snapshot. Called for answers and pages. */
#include "mail/campaign_private.h"
#include "mail/drop_row.h"
#include "mail/stat.h"

struct read {
    struct arena *arena;
    int64_t account, id, skip, max;
    bool drips_only, with_stats;
    struct drop *rows;
    struct drop_stats *stats;
    int n;
};

/* ---- numbers ---- */

static bool read_tracked(struct tx *tx, int64_t account, int64_t drop_id, bool is_test, struct drop_stats *out)
{
    struct stat_totals totals;
    if (!stat_of_drop_tx(tx, account, drop_id, is_test, &totals)) return false;
    memcpy(out->reached, totals.n, sizeof out->reached);
    out->page_views = totals.n[STAT_VISIT];
    out->visitors = totals.n[STAT_VISITOR];
    out->conversions = totals.n[STAT_CONVERSION];
    return true;
}

static bool read_stats(struct tx *tx, int64_t account, const struct drop *d, struct drop_stats *out)
{
    struct r_drop_counts row;
    struct rows r = tx_rows(tx, Q_DROP_COUNTS, &(struct q_drop_counts){account, d->drop_id});
    *out = (struct drop_stats){0};
    while (rows_next(&r, &row)) {
        out->accepted += row.n_pieces;
        out->refused += row.n_refused;
        out->cancelled += row.n_cancelled;
        if ((row.state >= BATCH_READY && row.state <= BATCH_DONE) || row.state == BATCH_UNKNOWN)
            out->printed += row.n_pieces - row.n_refused - row.n_cancelled, out->batches_ready += row.n;
        out->batches_open += row.state == BATCH_OPEN ? row.n : 0;
        out->batches_waiting += row.state == BATCH_CLOSED || row.state == BATCH_RENDERING ? row.n : 0;
        out->batches_failed += row.state == BATCH_FAILED ? row.n : 0;
    }
    rows_end(&r);
    return tx_ok(tx) && read_tracked(tx, account, d->drop_id, !d->is_live, out);
}

/* ---- drops ---- */

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_drop_find row;
    struct fault f;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){g->account, g->id}, &row)) return tx_not_found(tx, "campaign", g->id);
    if (!drop_row_read(g->arena, &row, g->rows, &f)) return tx_fail(tx, &f);
    return !g->stats || read_stats(tx, g->account, g->rows, g->stats);
}

bool campaign_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct drop *out, struct drop_stats *stats,
                  struct fault *f)
{
    struct drop row;
    struct read g = {.arena = a, .account = account, .id = id, .rows = &row, .stats = stats};
    if (!store_read(s, read_one, &g, f)) return false;
    *out = row;
    return true;
}

static bool read_page(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_drop_find row;
    struct fault f;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_DROP_EVERY, &(struct q_drop_every){g->account, g->drips_only, g->skip, g->max});
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        ARENA_GROW(g->arena, g->rows, g->n, cap);
        if (!drop_row_read(g->arena, &row, &g->rows[g->n], &f)) return tx_fail(tx, &f);
    }
    rows_end(&r);
    g->stats = ARENA_ARRAY(g->arena, struct drop_stats, g->n + 1);
    for (int i = 0; g->with_stats && i < g->n && tx_ok(tx); i++) read_stats(tx, g->account, &g->rows[i], &g->stats[i]);
    return tx_ok(tx);
}

int campaign_page(struct store *s, struct arena *a, int64_t account, bool drips_only, int64_t skip, int64_t n,
                  struct drop **out, struct drop_stats **stats, struct fault *f)
{
    struct read g = {.arena = a, .account = account, .drips_only = drips_only, .skip = skip, .max = n, .with_stats = stats};
    if (!store_read(s, read_page, &g, f)) return -1;
    *out = g.rows;
    if (stats) *stats = g.stats;
    return g.n;
}

int campaign_all(struct store *s, struct arena *a, int64_t account, bool drips_only, struct drop **out, struct fault *f)
{
    int n = campaign_page(s, a, account, drips_only, 0, INT64_MAX, out, NULL, f);
    for (int i = 0; i < n / 2; i++) {
        struct drop newer = (*out)[n - 1 - i];
        (*out)[n - 1 - i] = (*out)[i];
        (*out)[i] = newer;
    }
    return n;
}
