/* campaign_webhook.c: see campaign_webhook.h. Each change is one unit; what it sets is copied out after the commit. */
#include "mail/campaign_webhook.h"
#include "mail/campaign_private.h"
#include "outbox/subscription_row.h"
#include "base/log.h"

enum { FIRST_NUMBER = 1000000000 }; /* store/id_pool.c: a webhook's number is never a drop's */

struct work {
    const struct hooks *hooks;
    struct arena *arena; /* the caller's, who waits */
    int64_t account, id;
    const struct hook_wish *wish;
    enum event_source source;
    int64_t source_id;
    struct hook out, *made;
};

uint64_t hook_every_code(enum event_source source)
{
    uint64_t codes = 0;
    if (source == EVENT_LIST) return 1u << CONTACT_CREATED | 1u << CONTACT_UPDATED | 1u << CONTACT_DELETED;
    for (size_t i = 0; status_at(i); i++) codes |= STATUS_BIT(status_at(i)->code);
    return codes;
}

/* ---- finding ---- */

/* The source as its own number: a campaign's becomes that of its newest drop. */
static bool find_source(struct tx *tx, int64_t account, enum event_source source, int64_t *id)
{
    struct r_drop_find drop;
    if (*id == 0) return true;
    if (source == EVENT_LIST)
        return tx_first(tx, Q_LIST_FIND, &(struct q_list_find){account, *id}, NULL) || tx_not_found(tx, "list", *id);
    if (source == EVENT_CONNECTION)
        return tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){account, *id}, NULL) ||
               tx_not_found(tx, "connection", *id);
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){account, *id}, &drop)) return tx_not_found(tx, "campaign", *id);
    *id = drop.drop_id;
    return true;
}

/* The newest webhook of a source, of all of them the one at `address` when that is given. */
static bool find_of_source(struct tx *tx, const struct work *w, int64_t source_id, struct str address, struct subscription *out)
{
    struct r_subscription_page row;
    struct r_subscription_find same;
    bool found = false;
    _Static_assert(sizeof row == sizeof same, "all readings of a subscription give the same columns");
    struct rows r = tx_rows(tx, Q_SUBSCRIPTION_PAGE, &(struct q_subscription_page){w->account, w->source, source_id});
    while (!found && rows_next(&r, &row)) {
        if (row.link != w->hooks->link->number) continue;
        if (row.source_id != source_id || (address.ptr && !str_eq(row.address, address))) continue;
        memcpy(&same, &row, sizeof same);
        *out = subscription_row_read(w->arena, w->account, &same);
        found = true;
    }
    rows_end(&r);
    return found;
}

static bool find(struct tx *tx, struct work *w, struct subscription *out)
{
    struct r_subscription_find row;
    if (w->id >= FIRST_NUMBER) {
        if (!tx_first(tx, Q_SUBSCRIPTION_FIND, &(struct q_subscription_find){w->account, w->id}, &row) ||
            (w->hooks->only_webhooks && row.link != w->hooks->link->number))
            return tx_not_found(tx, w->hooks->only_webhooks ? "webhook" : "subscription", w->id);
        *out = subscription_row_read(w->arena, w->account, &row);
        return true;
    }
    int64_t drop = w->id;
    w->source = EVENT_DROP;
    return find_source(tx, w->account, EVENT_DROP, &drop) &&
           (find_of_source(tx, w, drop, STR_NULL, out) || tx_not_found(tx, "webhook", w->id));
}

/* ---- making and changing ---- */

static void apply(const struct hook_wish *w, struct subscription *s)
{
    if (w->name.ptr) s->name = w->name;
    if (w->url.ptr) s->address = w->url;
    if (w->is_enabled >= 0) s->is_enabled = w->is_enabled == 1;
    if (w->has_codes) s->codes = w->codes;
    if (w->delay_ms != DB_NULL) s->delay_ms = w->delay_ms;
    if (w->settings.ptr) s->settings = w->settings;
}

/* An address that is new to the account gets the new secret; one that is known keeps its own. */
static bool put(struct tx *tx, struct work *w, struct subscription *s)
{
    const struct link_def *link = w->hooks->link;
    struct q_destination_by_address at = {w->account, link->number, s->address};
    bool is_known = tx_first(tx, Q_DESTINATION_BY_ADDRESS, &at, NULL);
    struct str secret = w->wish->secret.ptr ? w->wish->secret : is_known ? STR_NULL : w->wish->new_secret;
    if (!tx_ok(tx) || !subscription_put(w->hooks->outbox, tx, link, s, secret)) return false;
    w->out = (struct hook){*s, !w->wish->secret.ptr && secret.ptr};
    return true;
}

/* To a connection's destination: its secrets are its own, and its label is no address. */
static bool put_connected(struct tx *tx, struct work *w, struct subscription *s)
{
    struct subscription put = *s;
    if (w->wish->url.ptr || w->wish->secret.ptr)
        return tx_refuse(tx, FAULT_USER, 400,
                         "This subscription goes to a connection: it has no url and no secret of its own.");
    put.address = STR_NULL;
    if (!subscription_put(w->hooks->outbox, tx, w->hooks->link, &put, STR_NULL)) return false;
    put.address = s->address;
    w->out = (struct hook){put, false};
    return true;
}

static bool add_connected(struct tx *tx, struct work *w, struct subscription *s)
{
    struct r_destination_by_connection row;
    int64_t id = w->wish->connection_id;
    if (!tx_first(tx, Q_DESTINATION_BY_CONNECTION, &(struct q_destination_by_connection){w->account, id}, &row))
        return tx_not_found(tx, "connection", id);
    s->connection_id = id;
    s->destination_id = row.destination_id;
    apply(w->wish, s);
    return put_connected(tx, w, s);
}

/* A campaign that is sent: one destination for each, and as many subscriptions as there are wishes (other delays, other values). */
static bool put_send(struct tx *tx, struct work *w, struct subscription *s)
{
    if (!w->wish->is_send && w->wish->url.ptr)
        return tx_refuse(tx, FAULT_USER, 400, "This subscription sends mail: it has no url. Say what it sends with send.");
    if (w->wish->secret.ptr) return tx_refuse(tx, FAULT_USER, 400, "This subscription sends mail: it has no secret.");
    if (w->wish->is_send &&
        !tx_first(tx, Q_DROP_BY_ENDPOINT, &(struct q_drop_by_endpoint){w->account, w->wish->endpoint}, NULL))
        return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 404, "send: there is no campaign with the endpoint \"%.*s\".",
                                      STR_ARG(w->wish->endpoint));
    apply(w->wish, s);
    if (!subscription_put(w->hooks->outbox, tx, w->hooks->sends, s, STR_NULL)) return false;
    s->link = w->hooks->sends->number;
    w->out = (struct hook){*s, false};
    return true;
}

static bool add(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct subscription s = {.account_id = w->account,
                             .source = w->source,
                             .codes = hook_every_code(w->source),
                             .is_enabled = true,
                             .connection_id = DB_NULL,
                             .name = STR("")};
    int64_t source_id = w->wish->source_id;
    if (!find_source(tx, w->account, w->source, &source_id)) return false;
    s.source_id = source_id;
    if (w->wish->connection_id) return add_connected(tx, w, &s);
    if (w->wish->is_send) return put_send(tx, w, &s);
    find_of_source(tx, w, source_id, w->wish->url, &s);
    s.source_id = source_id;
    apply(w->wish, &s);
    return tx_ok(tx) && put(tx, w, &s);
}

static bool change(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct subscription s, other;
    if (!find(tx, w, &s)) return false;
    w->source = s.source;
    if (w->wish->source_id != DB_NULL && w->wish->source_id != s.source_id) {
        s.source_id = w->wish->source_id;
        if (!find_source(tx, w->account, s.source, &s.source_id)) return false;
    }
    if (s.connection_id != DB_NULL) {
        struct str label = s.address;
        apply(w->wish, &s);
        s.address = label;
        return put_connected(tx, w, &s);
    }
    if (w->hooks->sends && s.link == w->hooks->sends->number) return put_send(tx, w, &s);
    if (w->wish->is_send)
        return tx_refuse(tx, FAULT_USER, 400, "This subscription posts to an address: make another one that sends.");
    if (w->wish->settings.ptr) return tx_refuse(tx, FAULT_USER, 400, "Only a subscription of a connection has settings.");
    apply(w->wish, &s);
    if (find_of_source(tx, w, s.source_id, s.address, &other) && other.subscription_id != s.subscription_id)
        return tx_refuse(tx, FAULT_USER, 409, "The webhook %lld has this address already.", (long long)other.subscription_id);
    return tx_ok(tx) && put(tx, w, &s);
}

/* What was made is shown before the unit has ended: an Idempotency-Key rides along and keeps it. */
static bool add_and_show(struct tx *tx, void *arg)
{
    struct work *w = arg;
    if (!add(tx, w)) return false;
    *w->made = w->out;
    return true;
}

bool hook_add(const struct hooks *h, int64_t account, const struct hook_wish *wish, struct arena *a, struct hook *out,
              struct fault *f)
{
    struct work w = {.hooks = h, .arena = a, .account = account, .wish = wish, .source = wish->source};
    w.made = out;
    return store_write(h->store, add_and_show, &w, f);
}

bool hook_change(const struct hooks *h, int64_t account, int64_t id, const struct hook_wish *wish, struct arena *a,
                 struct hook *out, struct fault *f)
{
    struct work w = {.hooks = h, .arena = a, .account = account, .id = id, .wish = wish};
    if (!store_write(h->store, change, &w, f)) return false;
    *out = w.out;
    return true;
}

/* ---- showing and removing ---- */

static bool get(struct tx *tx, void *arg)
{
    struct work *w = arg;
    w->out = (struct hook){.is_new_secret = false};
    return find(tx, w, &w->out.s);
}

bool hook_get(const struct hooks *h, int64_t account, int64_t id, struct arena *a, struct hook *out, struct fault *f)
{
    struct work w = {.hooks = h, .arena = a, .account = account, .id = id};
    if (!store_read(h->store, get, &w, f)) return false;
    *out = w.out;
    return true;
}

static bool resolve(struct tx *tx, void *arg)
{
    struct work *w = arg;
    return find_source(tx, w->account, w->source, &w->source_id);
}

int hook_all(const struct hooks *h, int64_t account, enum event_source source, int64_t source_id, struct arena *a,
             struct subscription **out, struct fault *f)
{
    struct work w = {.hooks = h, .account = account, .source = source, .source_id = source_id};
    if (!store_read(h->store, resolve, &w, f)) return -1;
    int n = subscription_all(h->store, a, account, source, w.source_id, out, f), kept = 0;
    for (int i = 0; i < n; i++)
        if (!h->only_webhooks || (*out)[i].link == h->link->number) (*out)[kept++] = (*out)[i];
    return n < 0 ? n : kept;
}

static bool remove_one(struct tx *tx, void *arg)
{
    struct work *w = arg;
    return get(tx, w) && subscription_remove(w->hooks->outbox, tx, w->account, w->out.s.subscription_id);
}

bool hook_remove(const struct hooks *h, int64_t account, int64_t id, struct arena *a, struct hook *out, struct fault *f)
{
    struct work w = {.hooks = h, .arena = a, .account = account, .id = id};
    if (!store_write(h->store, remove_one, &w, f)) return false;
    *out = w.out;
    return true;
}
