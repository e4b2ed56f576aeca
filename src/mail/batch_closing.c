/* batch_closing.c: the due source that closes open batches: live ones mail.gather_seconds after they were opened, test ones
 * mail.test_gather_ms after their last piece. The committer's memory has the last word on whether a batch is due. */
#include "mail/drop_cache.h"
#include "base/log.h"

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    struct r_batch_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_BATCH_DUE, &(struct q_batch_due){BATCH_OPEN, n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.batch_id, row.drop_id};
    }
    rows_end(&r);
    return found;
}

struct work {
    struct drop_ref *ref;
    int64_t batch_id;
    bool closed;
};

static bool close_due(struct tx *tx, void *arg)
{
    struct work *w = arg;
    return seat_close_due(tx, &w->ref->seat, w->batch_id, &w->closed);
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct fault f;
    struct work w = {.ref = drop_cache_of(m->drops, item.account_id, item.sub_id), .batch_id = item.id};
    if (!store_write(m->store, close_due, &w, &f))
        log_error("mail", "The batch %lld could not be closed: %s", (long long)item.id, f.text);
    else if (w.closed)
        jobs_wake(m->jobs, SOURCE_RENDER);
}

void close_source_add(struct mail *m)
{
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_CLOSE, .n_threads = 1, .find = find, .run = run, .ctx = m});
}
