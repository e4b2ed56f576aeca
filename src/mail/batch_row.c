/* batch_row.c: batches to look at: one, a page of an account's or a drop's, and where the file lies. */
#include "mail/batch_row.h"
#include "base/log.h"

struct batch batch_row_read(struct arena *a, const struct r_batch_find *r)
{
    return (struct batch){
        .batch_id = r->batch_id,
        .drop_id = r->drop_id,
        .n_pieces = r->n_pieces,
        .n_refused = r->n_refused,
        .n_cancelled = r->n_cancelled,
        .n_told = r->n_told,
        .handed_over_at = r->handed_over_at,
        .printer_id = r->printer_id,
        .pages_each = r->pages_each,
        .template_version = r->template_version,
        .opened_at = r->opened_at,
        .due_at = r->due_at,
        .attempt = r->attempt,
        .file_bytes = r->file_bytes == DB_NULL ? 0 : r->file_bytes,
        .mid = r->mid,
        .first_serial = r->first_serial,
        .state = (enum batch_state)r->state,
        .is_test = r->is_test != 0,
        .stid = (int)r->stid,
        .file = arena_str(a, r->file),
        .last_error = arena_str(a, r->last_error),
        .printer_job = arena_str(a, r->printer_job),
    };
}

bool batch_is_held(const struct batch *b)
{
    return (b->state == BATCH_OPEN || b->state == BATCH_CLOSED) && b->due_at == DB_NULL;
}

bool batch_is_written(const struct batch *b)
{
    return (b->state >= BATCH_READY && b->state <= BATCH_DONE) || b->state == BATCH_UNKNOWN;
}

bool batch_is_forgotten(const struct batch *b) { return batch_is_written(b) && b->file.ptr && !b->file.len; }

struct read {
    struct arena *arena;
    int64_t account, id, before;
    struct batch *rows;
    int n, max;
};

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_batch_find r;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){g->account, g->id}, &r)) return tx_not_found(tx, "batch", g->id);
    g->rows[0] = batch_row_read(g->arena, &r);
    return true;
}

bool batch_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct batch *out, struct fault *f)
{
    struct batch row;
    if (!store_read(s, read_one, &(struct read){.arena = a, .account = account, .id = id, .rows = &row}, f)) return false;
    *out = row;
    return true;
}

static bool read_page(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_batch_find row;
    g->n = 0;
    if (g->id && !tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){g->account, g->id}, NULL))
        return tx_not_found(tx, "campaign", g->id);
    struct rows r =
        g->id ? tx_rows(tx, Q_BATCH_PAGE_OF_DROP, &(struct q_batch_page_of_drop){g->account, g->id, g->before, g->max})
              : tx_rows(tx, Q_BATCH_PAGE, &(struct q_batch_page){g->account, g->before, g->max});
    while (g->n < g->max && rows_next(&r, &row)) g->rows[g->n++] = batch_row_read(g->arena, &row);
    rows_end(&r);
    return tx_ok(tx);
}

int batch_all(struct store *s, struct arena *a, int64_t account, int64_t drop_or_0, int64_t before_id, int n,
              struct batch **out, struct fault *f)
{
    ASSERT(n > 0);
    struct read g = {.arena = a, .account = account, .id = drop_or_0, .before = before_id ? before_id : INT64_MAX, .max = n};
    g.rows = ARENA_ARRAY(a, struct batch, n);
    if (!store_read(s, read_page, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

const char *batch_pdf(struct mail *m, struct arena *a, const struct batch *b)
{
    bool is_there = batch_is_written(b) && b->file.len && b->n_refused + b->n_cancelled < b->n_pieces;
    return is_there ? mail_path(m, a, "%.*s/pieces.pdf", STR_ARG(b->file)) : "";
}
