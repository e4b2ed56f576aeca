/* subscription.c: who wants which events, and where they go. Each change is part of the caller's unit, in the database and in the index
 * alike; a group that is taken back takes both back. */
#include "outbox/outbox_private.h"
#include "outbox/subscription_row.h"
#include "base/log.h"
#include "base/seal.h"

/* ---- the destination of a subscription ---- */

static struct str seal_secret(struct outbox *o, struct tx *tx, int64_t destination_id, struct str secret)
{
    if (!secret.ptr) return STR_NULL;
    if (o->seal) return seal_shut(o->seal, tx_arena(tx), destination_purpose(tx_arena(tx), destination_id), secret);
    tx_refuse(tx, FAULT_OPERATOR, 0, "This server has no key to keep secrets with.");
    return STR_NULL;
}

static int64_t make_destination(struct outbox *o, struct tx *tx, const struct link_def *link, const struct subscription *s,
                                struct str secret)
{
    int64_t id = tx_next_id(tx, ID_DESTINATION);
    struct q_destination_insert in = {
        .account_id = s->account_id,
        .destination_id = id,
        .link = link->number,
        .connection_id = DB_NULL,
        .address = s->address,
        .sealed = seal_secret(o, tx, id, secret),
        .state = DESTINATION_OPEN,
        .window_size = link->window,
        .created_at = tx_now(tx),
    };
    return tx_ok(tx) && tx_run(tx, Q_DESTINATION_INSERT, &in, NULL) ? id : 0;
}

/* One that was there: another secret, and open again when it was disabled. */
static bool refresh(struct outbox *o, struct tx *tx, const struct subscription *s, int64_t id, int64_t state, struct str secret)
{
    if (secret.ptr) {
        struct q_destination_seal in = {s->account_id, id, seal_secret(o, tx, id, secret)};
        if (!tx_ok(tx) || !tx_run(tx, Q_DESTINATION_SEAL, &in, NULL)) return false;
    }
    if (!s->is_enabled || state != DESTINATION_DISABLED) return true;
    return tx_run(tx, Q_DESTINATION_SET, &(struct q_destination_set){s->account_id, id, DESTINATION_OPEN}, NULL);
}

/* Its number; 0: refused or failed. */
static int64_t settle_destination(struct outbox *o, struct tx *tx, const struct link_def *link, const struct subscription *s,
                                  struct str secret)
{
    if (s->address.ptr) {
        struct r_destination_by_address row;
        if (tx_first(tx, Q_DESTINATION_BY_ADDRESS, &(struct q_destination_by_address){s->account_id, link->number, s->address},
                     &row))
            return refresh(o, tx, s, row.destination_id, row.state, secret) ? row.destination_id : 0;
        return tx_ok(tx) ? make_destination(o, tx, link, s, secret) : 0;
    }
    struct r_destination_find row;
    if (!tx_first(tx, Q_DESTINATION_FIND, &(struct q_destination_find){s->account_id, s->destination_id}, &row)) {
        outbox_not_found(tx, "destination", s->destination_id);
        return 0;
    }
    return refresh(o, tx, s, s->destination_id, row.state, secret) ? s->destination_id : 0;
}

static bool remove_unused(struct tx *tx, int64_t account, int64_t destination_id)
{
    return tx_run(tx, Q_DESTINATION_DELETE_UNUSED, &(struct q_destination_delete_unused){account, destination_id}, NULL);
}

/* ---- put and remove ---- */

static bool insert(struct tx *tx, struct subscription *s)
{
    s->subscription_id = tx_next_id(tx, ID_SUBSCRIPTION);
    s->created_at = s->updated_at;
    struct q_subscription_insert in = {
        .account_id = s->account_id,
        .subscription_id = s->subscription_id,
        .name = s->name.ptr ? s->name : STR(""),
        .source = s->source,
        .source_id = s->source_id,
        .destination_id = s->destination_id,
        .codes = (int64_t)s->codes,
        .delay_ms = s->delay_ms,
        .is_enabled = s->is_enabled,
        .settings = s->settings.ptr ? s->settings : STR("{}"),
        .created_at = s->created_at,
        .updated_at = s->updated_at,
    };
    return tx_ok(tx) && tx_run(tx, Q_SUBSCRIPTION_INSERT, &in, NULL);
}

/* What waits follows it to where it goes now. */
static bool move(struct outbox *o, struct tx *tx, const struct subscription *s, int64_t from)
{
    if (from == s->destination_id) return true;
    outbox_wake(o, tx, index_wake(o->index, s->account_id, s->destination_id), 0);
    struct q_delivery_readdress in = {s->account_id, from, s->subscription_id, s->destination_id};
    return tx_run(tx, Q_DELIVERY_READDRESS, &in, NULL) && remove_unused(tx, s->account_id, from);
}

static bool update(struct outbox *o, struct tx *tx, struct subscription *s, const struct r_subscription_find *was)
{
    s->created_at = was->created_at;
    struct q_subscription_update in = {
        .account_id = s->account_id,
        .subscription_id = s->subscription_id,
        .name = s->name.ptr ? s->name : STR(""),
        .source = s->source,
        .source_id = s->source_id,
        .destination_id = s->destination_id,
        .codes = (int64_t)s->codes,
        .delay_ms = s->delay_ms,
        .is_enabled = s->is_enabled,
        .settings = s->settings.ptr ? s->settings : STR("{}"),
        .updated_at = s->updated_at,
    };
    return tx_run(tx, Q_SUBSCRIPTION_UPDATE, &in, NULL) && move(o, tx, s, was->destination_id);
}

bool subscription_put(struct outbox *o, struct tx *tx, const struct link_def *link, struct subscription *sp, struct str secret)
{
    struct subscription s = *sp;
    struct r_subscription_find was;
    ASSERT(s.account_id > 0 && s.source_id >= 0 && s.delay_ms >= 0 && !(s.codes >> 63));
    bool is_new = s.subscription_id == 0;
    if (!is_new && !tx_first(tx, Q_SUBSCRIPTION_FIND, &(struct q_subscription_find){s.account_id, s.subscription_id}, &was))
        return outbox_not_found(tx, "subscription", s.subscription_id);
    s.destination_id = settle_destination(o, tx, link, &s, secret);
    if (!s.destination_id) return false;
    s.updated_at = tx_now(tx);
    tx_join(tx, &o->participant);
    if (!(is_new ? insert(tx, &s) : update(o, tx, &s, &was))) return false;
    struct wanted w = {
        .account = s.account_id,
        .subscription_id = s.subscription_id,
        .source = s.source,
        .source_id = s.source_id,
        .codes = s.codes,
        .delay_ms = s.delay_ms,
        .is_enabled = s.is_enabled,
    };
    index_change(o->index, s.subscription_id, &w, s.destination_id);
    outbox_wake(o, tx, index_wake(o->index, s.account_id, s.destination_id), 0); /* another secret, or open again */
    *sp = s;
    return true;
}

bool subscription_remove(struct outbox *o, struct tx *tx, int64_t account, int64_t subscription_id)
{
    struct r_subscription_find was;
    if (!tx_first(tx, Q_SUBSCRIPTION_FIND, &(struct q_subscription_find){account, subscription_id}, &was))
        return outbox_not_found(tx, "subscription", subscription_id);
    tx_join(tx, &o->participant);
    struct q_delivery_remove_of waiting = {account, was.destination_id, subscription_id};
    if (!tx_run(tx, Q_SUBSCRIPTION_DELETE, &(struct q_subscription_delete){account, subscription_id}, NULL) ||
        !tx_run(tx, Q_DELIVERY_REMOVE_OF, &waiting, NULL) || !remove_unused(tx, account, was.destination_id))
        return false;
    index_change(o->index, subscription_id, NULL, 0);
    return true;
}

bool subscription_remove_of(struct outbox *o, struct tx *tx, int64_t account, enum event_source source, int64_t source_id)
{
    struct r_subscription_of_source row;
    ASSERT(source_id > 0);
    while (tx_first(tx, Q_SUBSCRIPTION_OF_SOURCE, &(struct q_subscription_of_source){account, source, source_id}, &row))
        if (!subscription_remove(o, tx, account, row.subscription_id)) return false;
    return tx_ok(tx);
}

bool subscription_remove_all(struct outbox *o, struct tx *tx, int64_t account)
{
    struct r_subscription_of_account row;
    while (tx_first(tx, Q_SUBSCRIPTION_OF_ACCOUNT, &(struct q_subscription_of_account){account}, &row))
        if (!subscription_remove(o, tx, account, row.subscription_id)) return false;
    return tx_ok(tx) && tx_run(tx, Q_DESTINATION_DELETE_CONNECTED, &(struct q_destination_delete_connected){account}, NULL);
}

/* ---- to look at ---- */

struct look {
    struct arena *arena;
    int64_t account, id, source_id;
    enum event_source source;
    struct subscription *rows;
    int n, max;
};

struct subscription subscription_row_read(struct arena *a, int64_t account, const struct r_subscription_find *r)
{
    return (struct subscription){
        .account_id = account,
        .subscription_id = r->subscription_id,
        .source_id = r->source_id,
        .destination_id = r->destination_id,
        .delay_ms = r->delay_ms,
        .created_at = r->created_at,
        .updated_at = r->updated_at,
        .source = (enum event_source)r->source,
        .codes = (uint64_t)r->codes,
        .is_enabled = r->is_enabled != 0,
        .name = arena_str(a, r->name),
        .settings = arena_str(a, r->settings),
        .connection_id = r->connection_id,
        .link = (int)r->link,
        .address = arena_str(a, r->address),
    };
}

static bool get(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_subscription_find row;
    if (!tx_first(tx, Q_SUBSCRIPTION_FIND, &(struct q_subscription_find){l->account, l->id}, &row))
        return outbox_not_found(tx, "subscription", l->id);
    *l->rows = subscription_row_read(l->arena, l->account, &row);
    return true;
}

bool subscription_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct subscription *out, struct fault *f)
{
    struct subscription row;
    struct look l = {.arena = a, .account = account, .id = id, .rows = &row};
    if (!store_read(s, get, &l, f)) return false;
    *out = row;
    return true;
}

static bool all(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_subscription_page row;
    struct r_subscription_find same;
    _Static_assert(sizeof row == sizeof same, "all readings of a subscription give the same columns");
    struct rows r = tx_rows(tx, Q_SUBSCRIPTION_PAGE, &(struct q_subscription_page){l->account, l->source, l->source_id});
    while (rows_next(&r, &row)) {
        ARENA_GROW(l->arena, l->rows, l->n, l->max);
        memcpy(&same, &row, sizeof same);
        l->rows[l->n++] = subscription_row_read(l->arena, l->account, &same);
    }
    rows_end(&r);
    return tx_ok(tx);
}

int subscription_all(struct store *s, struct arena *a, int64_t account, enum event_source source, int64_t source_id,
                     struct subscription **out, struct fault *f)
{
    struct look l = {.arena = a, .account = account, .source = source, .source_id = source_id};
    if (!store_read(s, all, &l, f)) return -1;
    *out = l.rows;
    return l.n;
}

static bool all_to(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_subscription_find row;
    struct rows r = tx_rows(tx, Q_SUBSCRIPTION_OF_CONNECTION, &(struct q_subscription_of_connection){l->account, l->id});
    while (rows_next(&r, &row)) {
        ARENA_GROW(l->arena, l->rows, l->n, l->max);
        l->rows[l->n++] = subscription_row_read(l->arena, l->account, &row);
    }
    rows_end(&r);
    return tx_ok(tx);
}

int subscription_all_to(struct store *s, struct arena *a, int64_t account, int64_t connection_id, struct subscription **out,
                        struct fault *f)
{
    struct look l = {.arena = a, .account = account, .id = connection_id};
    if (!store_read(s, all_to, &l, f)) return -1;
    *out = l.rows;
    return l.n;
}
