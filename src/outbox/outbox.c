/* outbox.c: the outbox as a whole: made before those who emit, ended after the scheduler. Its participant tells, once a group, the
 * destinations that something was put into. */
#include "outbox/outbox_private.h"
#include "base/log.h"
#include <stdlib.h>

/* ---- the participant: on the committer's thread ---- */

static bool before_commit(struct participant *p, struct tx *tx)
{
    const struct outbox *o = (struct outbox *)p;
    for (const struct wake *w = o->woken; w; w = w->next)
        if (!tx_run(tx, Q_DESTINATION_WAKE, &(struct q_destination_wake){w->account, w->destination_id}, NULL)) return false;
    return true;
}

static void ended(struct participant *p, bool committed)
{
    struct outbox *o = (struct outbox *)p;
    while (o->woken) {
        struct wake *w = o->woken;
        o->woken = w->next;
        w->is_listed = false;
        if (committed) worker_want(o->worker, w->account, w->destination_id, w->due_at);
    }
    index_ended(o->index, committed);
}

void outbox_wake(struct outbox *o, struct tx *tx, struct wake *w, int64_t due_at)
{
    tx_join(tx, &o->participant);
    if (w->is_listed) {
        if (due_at < w->due_at) w->due_at = due_at;
        return;
    }
    w->is_listed = true;
    w->due_at = due_at;
    w->next = o->woken;
    o->woken = w;
}

/* ---- small things of all files ---- */

const struct link_def *outbox_link(const struct outbox *o, int64_t number)
{
    for (int i = 0; i < o->n_links; i++)
        if (o->links[i]->number == number) return o->links[i];
    return NULL;
}

struct str destination_purpose(struct arena *a, int64_t destination_id)
{
    return str_of(arena_printf(a, "destination %lld", (long long)destination_id));
}

bool outbox_not_found(struct tx *tx, const char *what, int64_t id)
{
    return tx_refuse(tx, FAULT_USER, 404, "There is no %s %lld.", what, (long long)id);
}

/* ---- the due source: what nobody serves, after a crash or a pause ---- */

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx, (void)next_due;
    struct r_destination_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_DESTINATION_DUE, &(struct q_destination_due){now, n});
    while (found < n && rows_next(&r, &row)) items[found++] = (struct due_item){row.account_id, row.destination_id, 0};
    rows_end(&r);
    return found;
}

static void run(void *ctx, struct due_item item) { worker_want(((struct outbox *)ctx)->worker, item.account_id, item.id, 0); }

/* ---- life ---- */

static bool load(struct tx *tx, void *arg)
{
    struct outbox *o = arg;
    struct r_subscription_every row;
    struct rows r = tx_rows(tx, Q_SUBSCRIPTION_EVERY, NULL);
    while (rows_next(&r, &row)) {
        struct wanted w = {
            .account = row.account_id,
            .subscription_id = row.subscription_id,
            .source = (enum event_source)row.source,
            .source_id = row.source_id,
            .codes = (uint64_t)row.codes,
            .delay_ms = row.delay_ms,
            .is_enabled = row.is_enabled != 0,
        };
        index_change(o->index, row.subscription_id, &w, row.destination_id);
    }
    index_ended(o->index, true);
    return tx_ok(tx);
}

struct outbox *outbox_create(const struct outbox_config *c, struct fault *f)
{
    struct outbox *o = calloc(1, sizeof *o);
    ASSERT(o);
    *o = (struct outbox){
        .participant = {.before_commit = before_commit, .ended = ended},
        .store = c->store,
        .jobs = c->jobs,
        .fetcher = c->fetcher,
        .links = c->links,
        .n_links = c->n_links,
        .seal = c->seal,
        .index = index_create(),
    };
    if (!store_read(o->store, load, o, f) || !(o->worker = worker_create(o, f))) {
        outbox_destroy(&o);
        return NULL;
    }
    if (o->jobs)
        jobs_add(o->jobs, &(struct due_source){.name = SOURCE_OUTBOX, .n_threads = 1, .find = find, .run = run, .ctx = o});
    return o;
}

void outbox_stop(struct outbox *o)
{
    if (o) worker_stop(o->worker);
}

void outbox_destroy(struct outbox **op)
{
    struct outbox *o = *op;
    *op = NULL;
    if (!o) return;
    worker_destroy(&o->worker);
    index_destroy(&o->index);
    free(o);
}

void outbox_stats(struct outbox *o, struct outbox_stats *out) { worker_stats(o->worker, out); }
