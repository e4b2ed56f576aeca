/* delivery.c: deliveries and attempts to look at, and what a person may do with a delivery: have it tried again, or take it back. */
#include "outbox/outbox_private.h"
#include "base/ids.h"
#include "base/log.h"

/* ---- to look at ---- */

struct look {
    struct arena *arena;
    struct q_delivery_page in;
    struct delivery_row *rows;
    int n;
};

static bool waiting(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_delivery_page row;
    struct rows r = tx_rows(tx, Q_DELIVERY_PAGE, &l->in);
    while (l->n < l->in.n && rows_next(&r, &row))
        l->rows[l->n++] = (struct delivery_row){
            .delivery_id = row.delivery_id,
            .destination_id = l->in.destination_id,
            .subscription_id = row.subscription_id,
            .event_id = row.event_id,
            .due_at = row.due_at,
            .attempt = row.attempt,
            .first_due_at = row.first_due_at,
            .last_result = (enum link_result)row.last_result,
            .last_error = arena_str(l->arena, row.last_error),
        };
    rows_end(&r);
    return tx_ok(tx);
}

int delivery_waiting(struct store *s, struct arena *a, int64_t account, int64_t destination_id, bool given_up, int64_t start,
                     int n, struct delivery_row **out, struct fault *f)
{
    ASSERT(n > 0 && start >= 0);
    struct look l = {.arena = a, .rows = ARENA_ARRAY(a, struct delivery_row, n)};
    l.in =
        (struct q_delivery_page){account, destination_id, given_up ? FOREVER : 0, given_up ? FOREVER : FOREVER - 1, start, n};
    if (!store_read(s, waiting, &l, f)) return -1;
    *out = l.rows;
    return l.n;
}

struct attempts {
    struct arena *arena;
    int64_t account, destination_id, before;
    struct attempt_row *rows;
    int n, max;
};

static bool attempts(struct tx *tx, void *arg)
{
    struct attempts *l = arg;
    struct r_delivery_log_page row;
    _Static_assert(sizeof row == sizeof(struct r_delivery_log_of), "both readings of the log give the same columns");
    struct q_delivery_log_page every = {l->account, l->before, l->max};
    struct q_delivery_log_of one = {l->account, l->destination_id, l->before, l->max};
    struct rows r = l->destination_id ? tx_rows(tx, Q_DELIVERY_LOG_OF, &one) : tx_rows(tx, Q_DELIVERY_LOG_PAGE, &every);
    while (l->n < l->max && rows_next(&r, &row))
        l->rows[l->n++] = (struct attempt_row){
            .log_id = row.log_id,
            .delivery_id = row.delivery_id,
            .event_id = row.event_id,
            .attempt = row.attempt,
            .http_status = row.http_status == DB_NULL ? 0 : row.http_status,
            .took_ms = row.took_ms,
            .result = (enum link_result)row.result,
            .answer = arena_str(l->arena, row.answer),
        };
    rows_end(&r);
    return tx_ok(tx);
}

int attempt_page(struct store *s, struct arena *a, int64_t account, int64_t destination_id, int64_t before, int n,
                 struct attempt_row **out, struct fault *f)
{
    ASSERT(n > 0);
    struct attempts l = {
        .arena = a, .account = account, .destination_id = destination_id, .before = before ? before : INT64_MAX, .max = n};
    l.rows = ARENA_ARRAY(a, struct attempt_row, n);
    if (!store_read(s, attempts, &l, f)) return -1;
    *out = l.rows;
    return l.n;
}

/* ---- to drive ---- */

enum { REDRIVE_ROWS = 2000 };
struct drive {
    struct outbox *outbox;
    int64_t account, destination_id, delivery_id;
    int64_t n;     /* of this unit */
    bool has_more; /* another unit is needed */
};

static bool wake(struct tx *tx, const struct drive *d)
{
    outbox_wake(d->outbox, tx, index_wake(d->outbox->index, d->account, d->destination_id), 0);
    return tx_ok(tx);
}

static bool redrive(struct tx *tx, void *arg)
{
    struct drive *d = arg;
    struct r_delivery_given_up last;
    struct q_delivery_redrive in = {d->account, d->destination_id, 0, INT64_MAX, tx_now(tx)};
    if (!tx_first(tx, Q_DESTINATION_FIND, &(struct q_destination_find){d->account, d->destination_id}, NULL))
        return outbox_not_found(tx, "destination", d->destination_id);
    if (d->delivery_id) {
        in.first_id = in.last_id = d->delivery_id;
        d->has_more = false;
    } else {
        d->has_more = tx_first(tx, Q_DELIVERY_GIVEN_UP,
                               &(struct q_delivery_given_up){d->account, d->destination_id, REDRIVE_ROWS - 1}, &last);
        if (d->has_more) in.last_id = last.delivery_id;
    }
    if (!tx_ok(tx) || !tx_run(tx, Q_DELIVERY_REDRIVE, &in, &d->n)) return false;
    if (d->delivery_id && d->n == 0) return outbox_not_found(tx, "given-up delivery", d->delivery_id);
    return wake(tx, d);
}

bool delivery_redrive(struct outbox *o, int64_t account, int64_t destination_id, int64_t delivery_id, int64_t *n,
                      struct fault *f)
{
    struct drive d = {.outbox = o, .account = account, .destination_id = destination_id, .delivery_id = delivery_id};
    int64_t total = 0;
    do {
        if (!store_write(o->store, redrive, &d, f)) return false;
        total += d.n;
    } while (d.has_more);
    *n = total;
    return true;
}

static bool cancel(struct tx *tx, void *arg)
{
    const struct drive *d = arg;
    struct r_delivery_find row;
    if (!tx_first(tx, Q_DELIVERY_FIND, &(struct q_delivery_find){d->account, d->destination_id, d->delivery_id}, &row))
        return outbox_not_found(tx, "delivery", d->delivery_id);
    struct q_delivery_log_insert log = {
        .log_id = tid_next(store_node(tx_store(tx))),
        .account_id = d->account,
        .destination_id = d->destination_id,
        .delivery_id = d->delivery_id,
        .source = row.source,
        .source_id = row.source_id,
        .event_id = row.event_id,
        .attempt = row.attempt,
        .result = LINK_CANCELLED,
        .http_status = DB_NULL,
        .answer = STR("Taken back."),
    };
    struct q_delivery_delete in = {d->account, d->destination_id, row.due_at, d->delivery_id};
    return tx_run(tx, Q_DELIVERY_DELETE, &in, NULL) && tx_run(tx, Q_DELIVERY_LOG_INSERT, &log, NULL) && wake(tx, d);
}

bool delivery_cancel(struct outbox *o, int64_t account, int64_t destination_id, int64_t delivery_id, struct fault *f)
{
    struct drive d = {.outbox = o, .account = account, .destination_id = destination_id, .delivery_id = delivery_id};
    return store_write(o->store, cancel, &d, f);
}
