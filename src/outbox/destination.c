/* destination.c: destinations to look at, and the moves that a person makes. The moves that deliveries make are worker_result.c's. */
#include "outbox/outbox_private.h"
#include "base/log.h"

struct look {
    struct outbox *outbox;
    struct arena *arena;
    int64_t account;
    struct destination *rows;
    int n, max;
};

static void add(struct look *l, const struct r_destination_every *r)
{
    ARENA_GROW(l->arena, l->rows, l->n, l->max);
    const struct link_def *link = outbox_link(l->outbox, r->link);
    l->rows[l->n++] = (struct destination){
        .destination_id = r->destination_id,
        .connection_id = r->connection_id,
        .paused_until = r->paused_until,
        .failing_since = r->failing_since,
        .n_waiting = r->n_waiting,
        .n_given_up = r->n_given_up,
        .created_at = r->created_at,
        .state = (enum destination_state)r->state,
        .link = link ? str_of(link->name) : str_of(arena_printf(l->arena, "%lld", (long long)r->link)),
        .address = arena_str(l->arena, r->address),
        .last_error = arena_str(l->arena, r->last_error),
    };
}

static bool all(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_destination_every row;
    struct rows r = tx_rows(tx, Q_DESTINATION_EVERY, &(struct q_destination_every){l->account});
    while (rows_next(&r, &row)) add(l, &row);
    rows_end(&r);
    return tx_ok(tx);
}

int destination_all(struct outbox *o, struct arena *a, int64_t account, struct destination **out, struct fault *f)
{
    struct look l = {.outbox = o, .arena = a, .account = account};
    if (!store_read(o->store, all, &l, f)) return -1;
    *out = l.rows;
    return l.n;
}

struct set {
    struct outbox *outbox;
    int64_t account, id;
    enum destination_state to;
};

static bool set(struct tx *tx, void *arg)
{
    const struct set *s = arg;
    int64_t changed = 0;
    if (!tx_run(tx, Q_DESTINATION_SET, &(struct q_destination_set){s->account, s->id, s->to}, &changed)) return false;
    if (changed != 1) return outbox_not_found(tx, "destination", s->id);
    outbox_wake(s->outbox, tx, index_wake(s->outbox->index, s->account, s->id), 0);
    return true;
}

bool destination_set_state(struct outbox *o, int64_t account, int64_t destination_id, enum destination_state to,
                           struct fault *f)
{
    struct set s = {o, account, destination_id, to};
    return store_write(o->store, set, &s, f);
}

/* ---- of a connection ---- */

static int64_t find_of(struct tx *tx, int64_t account, int64_t connection_id)
{
    struct r_destination_by_connection row;
    struct q_destination_by_connection in = {account, connection_id};
    return tx_first(tx, Q_DESTINATION_BY_CONNECTION, &in, &row) ? row.destination_id : 0;
}

static int64_t make(struct tx *tx, const struct link_def *link, int64_t account, int64_t connection_id, struct str label)
{
    struct q_destination_insert in = {
        .account_id = account,
        .destination_id = tx_next_id(tx, ID_DESTINATION),
        .link = link->number,
        .connection_id = connection_id,
        .address = label,
        .state = DESTINATION_OPEN,
        .window_size = link->window,
        .created_at = tx_now(tx),
    };
    return tx_ok(tx) && tx_run(tx, Q_DESTINATION_INSERT, &in, NULL) ? in.destination_id : 0;
}

int64_t destination_of_connection(struct tx *tx, const struct link_def *link, int64_t account, int64_t connection_id,
                                  struct str label)
{
    int64_t id = find_of(tx, account, connection_id);
    if (!id) return tx_ok(tx) ? make(tx, link, account, connection_id, label) : 0;
    return tx_run(tx, Q_DESTINATION_RELABEL, &(struct q_destination_relabel){account, id, label}, NULL) ? id : 0;
}

bool destination_open_of_connection(struct outbox *o, struct tx *tx, int64_t account, int64_t connection_id)
{
    int64_t id = find_of(tx, account, connection_id);
    if (!id) return tx_ok(tx);
    if (!tx_run(tx, Q_DESTINATION_SET, &(struct q_destination_set){account, id, DESTINATION_OPEN}, NULL)) return false;
    outbox_wake(o, tx, index_wake(o->index, account, id), 0);
    return true;
}

bool destination_of_connection_is_open(struct tx *tx, int64_t account, int64_t connection_id)
{
    struct r_destination_by_connection row;
    struct q_destination_by_connection in = {account, connection_id};
    return tx_first(tx, Q_DESTINATION_BY_CONNECTION, &in, &row) && row.state == DESTINATION_OPEN;
}

bool destination_reopen_of_connection(struct outbox *o, struct tx *tx, int64_t account, int64_t connection_id)
{
    int64_t id = find_of(tx, account, connection_id);
    if (!id) return tx_ok(tx);
    if (!tx_run(tx, Q_DESTINATION_REOPEN, &(struct q_destination_reopen){account, id}, NULL)) return false;
    outbox_wake(o, tx, index_wake(o->index, account, id), 0);
    return true;
}

bool subscription_to_connection(struct outbox *o, struct tx *tx, int64_t connection_id, struct subscription *s)
{
    struct r_destination_find row;
    int64_t id = find_of(tx, s->account_id, connection_id);
    if (!id || !tx_first(tx, Q_DESTINATION_FIND, &(struct q_destination_find){s->account_id, id}, &row)) return tx_ok(tx);
    const struct link_def *link = outbox_link(o, row.link);
    if (!link) return true;
    s->destination_id = id;
    return subscription_put(o, tx, link, s, STR_NULL);
}

bool destination_remove(struct outbox *o, struct tx *tx, int64_t account, int64_t connection_id)
{
    int64_t id = find_of(tx, account, connection_id);
    struct r_destination_subscriptions row;
    if (!id) return tx_ok(tx);
    while (tx_first(tx, Q_DESTINATION_SUBSCRIPTIONS, &(struct q_destination_subscriptions){account, id}, &row))
        if (!subscription_remove(o, tx, account, row.subscription_id)) return false;
    return tx_ok(tx) && tx_run(tx, Q_DESTINATION_DELETE, &(struct q_destination_delete){account, id}, NULL);
}
