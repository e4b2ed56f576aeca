/* event.c: an event and its deliveries, in the unit that made it true. Called from the committer's thread, up to 100,000 times a second. */
#include "outbox/outbox_private.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"

static const struct list_event_def list_events[] = {[CONTACT_CREATED] = {"contact.created", "Contact created"},
                                                    [CONTACT_UPDATED] = {"contact.updated", "Contact changed"},
                                                    [CONTACT_DELETED] = {"contact.deleted", "Contact deleted"}};
enum { LIST_EVENTS = sizeof list_events / sizeof *list_events };

const struct list_event_def *list_event_find(int64_t code)
{
    return code >= CONTACT_CREATED && code < LIST_EVENTS ? &list_events[code] : NULL;
}

int list_event_by_name(struct str name)
{
    for (int i = CONTACT_CREATED; i < LIST_EVENTS; i++)
        if (str_eq_nocase(name, str_of(list_events[i].name))) return i;
    return 0;
}

static bool deliver(struct outbox *o, struct tx *tx, const struct event *e, const struct wanted *w)
{
    for (; w; w = w->next) {
        if (!w->is_enabled || !(w->codes >> e->code & 1)) continue;
        int64_t due_at = e->recorded_at + w->delay_ms;
        struct q_delivery_insert in = {
            .account_id = e->account_id,
            .destination_id = w->wake->destination_id,
            .due_at = due_at,
            .delivery_id = tid_next(store_node(o->store)),
            .subscription_id = w->subscription_id,
            .source = e->source,
            .source_id = e->source_id,
            .event_id = e->event_id,
            .person_id = e->person_id,
            .first_due_at = due_at,
        };
        if (!tx_run(tx, Q_DELIVERY_INSERT, &in, NULL)) return false;
        outbox_wake(o, tx, w->wake, due_at);
    }
    return true;
}

bool event_emit(struct outbox *o, struct tx *tx, struct event *e)
{
    ASSERT(e->account_id > 0 && e->source_id > 0 && e->code >= 0 && e->code < 63 && e->hops >= 0);
    e->event_id = tid_next(store_node(o->store));
    e->recorded_at = tx_now(tx);
    struct q_event_insert in = {
        .account_id = e->account_id,
        .source = e->source,
        .source_id = e->source_id,
        .event_id = e->event_id,
        .code = e->code,
        .is_test = e->is_test,
        .hops = e->hops,
        .subject_id = e->subject_id,
        .person_id = e->person_id,
        .happened_at = e->happened_at,
        .recorded_at = e->recorded_at,
        .detail = e->detail,
    };
    if (!tx_run(tx, Q_EVENT_INSERT, &in, NULL)) return false;
    if (e->hops > limit_get(LIMIT_OUTBOX_MAX_HOPS))
        return true; /* it goes round in a circle: to be seen, not to be delivered */
    return deliver(o, tx, e, index_first(o->index, e->account_id, e->source, e->source_id)) &&
           deliver(o, tx, e, index_first(o->index, e->account_id, e->source, 0));
}

bool event_is_wanted(struct outbox *o, int64_t account, enum event_source source, int64_t source_id, int code)
{
    return index_wants(o->index, account, source, source_id, code);
}

/* ---- to look at ---- */

bool event_details_forget(struct tx *tx, int64_t account, enum event_source source, int64_t source_id, int64_t most,
                          int64_t *place, int64_t *n)
{
    struct r_event_window w = {0};
    struct q_event_window in = {account, source, source_id, *place, most};
    if (!tx_first(tx, Q_EVENT_WINDOW, &in, &w)) return false;
    struct q_event_blank blank = {account, source, source_id, *place, w.last};
    if (w.n && !tx_run(tx, Q_EVENT_BLANK, &blank, NULL)) return false;
    if (w.n) *place = w.last;
    *n = w.n;
    return true;
}

struct page {
    struct arena *arena;
    struct q_event_page in;
    struct event *rows;
    int n;
};

static bool read_page(struct tx *tx, void *arg)
{
    struct page *p = arg;
    struct r_event_page row;
    struct rows r = tx_rows(tx, Q_EVENT_PAGE, &p->in);
    while (p->n < p->in.n && rows_next(&r, &row))
        p->rows[p->n++] = (struct event){
            .account_id = p->in.account_id,
            .source = (enum event_source)p->in.source,
            .source_id = p->in.source_id,
            .event_id = row.event_id,
            .code = (int)row.code,
            .is_test = row.is_test != 0,
            .hops = (int)row.hops,
            .subject_id = row.subject_id,
            .person_id = row.person_id,
            .happened_at = row.happened_at,
            .recorded_at = row.recorded_at,
            .detail = arena_str(p->arena, row.detail),
        };
    rows_end(&r);
    return tx_ok(tx);
}

int event_page(struct store *s, struct arena *a, int64_t account, enum event_source source, int64_t source_id, int64_t start,
               int n, struct event **out, struct fault *f)
{
    ASSERT(n > 0 && start >= 0);
    struct page p = {.arena = a, .in = {account, source, source_id, start, n}, .rows = ARENA_ARRAY(a, struct event, n)};
    if (!store_read(s, read_page, &p, f)) return -1;
    *out = p.rows;
    return p.n;
}
