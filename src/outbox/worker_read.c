/* worker_read.c: what can begin now, of all destinations that have room, in one snapshot: the destination as it is, its queue in order, and
 * for each delivery what its link needs. What is under way is passed over, and so is what stands behind its order key. */
#include "outbox/worker_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/seal.h"
#include <stdio.h>

struct reading {
    struct worker *worker;
    int64_t now, mono;
    int room; /* attempts that may still begin */
    struct dest *dests[STARTS_MAX];
    int n_dests;
};
/* One destination's part of it. */
struct serving {
    struct reading *reading;
    struct dest *dest;
    struct tx *tx;
    struct r_destination_find row;
    struct str secret;
    bool is_sealed_shut; /* its secret does not open with this house's key */
};

/* ---- the destination ---- */

static bool may_serve(struct serving *s)
{
    struct dest *d = s->dest;
    const struct r_destination_find *r = &s->row;
    int node = store_node(s->reading->worker->o->store);
    bool found = tx_first(s->tx, Q_DESTINATION_FIND, &(struct q_destination_find){d->account, d->id}, &s->row);
    if (!tx_ok(s->tx)) return false;
    if (!found || r->lease_node != node || r->state != DESTINATION_OPEN) {
        dest_move(d, DEST_CLOSING);
        d->is_woken = false;
        s->reading->worker->has_upkeep = true;
        return false;
    }
    d->is_failing = r->failing_since != DB_NULL;
    if (r->paused_until > s->reading->now) {
        d->next_due = r->paused_until;
        return false;
    }
    if (r->lease_until > s->reading->now) return true;
    d->next_due = s->reading->now + STORE_AGAIN_MS; /* else it is renewed in this very turn, or the store takes nothing in */
    return false;
}

static void unseal(struct serving *s)
{
    const struct seal *seal = s->reading->worker->o->seal;
    if (!s->row.sealed.ptr || !seal) return;
    s->secret = seal_unseal(seal, tx_arena(s->tx), destination_purpose(tx_arena(s->tx), s->dest->id), s->row.sealed);
    s->is_sealed_shut = !s->secret.ptr;
}

/* ---- one delivery ---- */

static bool is_same_key(const struct r_delivery_due *a, const struct r_delivery_due *b)
{
    return a->person_id == b->person_id && a->subscription_id == b->subscription_id && a->source_id == b->source_id &&
           a->source == b->source;
}

/* Is it, or something that it must wait for, under way? */
static bool must_wait(const struct dest *d, const struct r_delivery_due *r)
{
    for (const struct attempt *a = d->attempts; a; a = a->next)
        if (a->row.delivery_id == r->delivery_id || (d->link->is_ordered && is_same_key(&a->row, r))) return true;
    return false;
}

/* An older one of its key waits for another attempt: until when, 0: nothing holds it. */
static int64_t held_until(const struct serving *s, const struct r_delivery_due *r)
{
    struct r_delivery_older older;
    const struct dest *d = s->dest;
    int64_t hold = limit_get(LIMIT_OUTBOX_HOLD_S) * 1000;
    if (!d->link->is_ordered || !d->has_retries) return 0;
    struct q_delivery_older in = {d->account,   d->id,          r->person_id,          r->subscription_id,
                                  r->source_id, r->delivery_id, s->reading->now - hold};
    if (!tx_first(s->tx, Q_DELIVERY_OLDER, &in, &older)) return 0;
    int64_t end = older.first_due_at + hold;
    return older.due_at < end ? older.due_at : end;
}

static bool load_event(struct serving *s, struct attempt *a)
{
    struct event *e = &a->d.event;
    struct r_event_find row;
    const struct r_delivery_due *r = &a->row;
    if (!tx_first(s->tx, Q_EVENT_FIND, &(struct q_event_find){s->dest->account, r->source, r->source_id, r->event_id}, &row))
        return false;
    *e = (struct event){
        .account_id = s->dest->account,
        .source = (enum event_source)r->source,
        .source_id = r->source_id,
        .event_id = r->event_id,
        .code = (int)row.code,
        .is_test = row.is_test != 0,
        .hops = (int)row.hops,
        .subject_id = row.subject_id,
        .person_id = row.person_id,
        .happened_at = row.happened_at,
        .recorded_at = row.recorded_at,
        .detail = arena_str(a->d.arena, row.detail),
    };
    return true;
}

/* LINK_ASK: it can begin. */
static enum link_result load(struct serving *s, struct attempt *a)
{
    struct link_delivery *d = &a->d;
    const struct link_def *link = s->dest->link;
    struct r_subscription_serve subscription;
    bool is_wanted = tx_first(s->tx, Q_SUBSCRIPTION_SERVE,
                              &(struct q_subscription_serve){s->dest->account, a->row.subscription_id}, &subscription);
    if (!is_wanted) {
        snprintf(d->sentence, sizeof d->sentence, "Its subscription is gone.");
        return LINK_CANCELLED;
    }
    d->settings = arena_str(d->arena, subscription.settings);
    if (!load_event(s, a)) {
        snprintf(d->sentence, sizeof d->sentence, "Its event is gone.");
        return LINK_PERMANENT;
    }
    d->may_be_known = d->event.recorded_at < s->dest->unwritten_until;
    if (s->is_sealed_shut) { /* never without its signature; the destination waits for another secret */
        snprintf(d->sentence, sizeof d->sentence,
                 "The destination's secret does not open with this house's key. Save it again.");
        return LINK_AUTH;
    }
    if (link->load && !link->load(link->ctx, s->tx, d)) return LINK_PERMANENT;
    return LINK_ASK;
}

static void fill(struct serving *s, struct attempt *a, const struct r_delivery_due *r)
{
    struct arena *arena = a->d.arena;
    a->row = *r;
    a->started_at = s->reading->now;
    a->started_mono = s->reading->mono;
    a->n_opened = s->row.n_opened;
    a->row.sent_mark = arena_str(arena, r->sent_mark);
    a->d = (struct link_delivery){
        .arena = arena,
        .delivery_id = r->delivery_id,
        .subscription_id = r->subscription_id,
        .destination_id = s->dest->id,
        .connection_id = s->row.connection_id,
        .first_due_at = r->first_due_at,
        .attempt = (int)r->attempt,
        .address = arena_str(arena, s->row.address),
        .secret = arena_str(arena, s->secret),
        .sent_mark = a->row.sent_mark,
        .now = s->reading->now,
    };
}

/* False: the database failed. */
static bool start(struct serving *s, const struct r_delivery_due *r)
{
    struct worker *w = s->reading->worker;
    int64_t held = held_until(s, r);
    if (!tx_ok(s->tx)) return false;
    struct attempt *a = attempt_take(w, s->dest);
    fill(s, a, r);
    s->reading->room--;
    if (held) {
        a->is_postponing = true;
        a->verdict = (struct verdict){.due_at = held > s->reading->now ? held : s->reading->now + 1};
    } else {
        a->result = load(s, a);
    }
    if (!tx_ok(s->tx)) {
        attempt_release(w, a);
        return false;
    }
    attempt_list_add(&w->fresh, a);
    return true;
}

/* ---- the queue ---- */

static void read_queue(struct serving *s)
{
    struct dest *d = s->dest;
    struct r_delivery_due row;
    int n = 0;
    bool goes_on = true;
    d->is_blocked = false;
    d->next_due = FOREVER;
    d->head_due = 0;
    struct rows r = tx_rows(s->tx, Q_DELIVERY_DUE, &(struct q_delivery_due){d->account, d->id, ROWS_MAX});
    while (goes_on && rows_next(&r, &row)) {
        if (row.due_at > s->reading->now) {
            d->next_due = row.due_at;
            break;
        }
        if (n++ == 0) d->head_due = row.due_at;
        if (must_wait(d, &row)) {
            d->is_blocked = true;
        } else if (s->reading->room > 0 && dest_may_begin(s->reading->worker, d, s->reading->mono)) {
            goes_on = start(s, &row);
        } else {
            d->next_due = 0;
            break;
        }
    }
    rows_end(&r);
    if (d->next_due == FOREVER && d->n_attempts == 0) d->idle_mono = s->reading->mono;
    if (n == ROWS_MAX) d->is_blocked = true; /* there may be more behind what was passed over */
}

static bool serve(struct tx *tx, struct reading *g, struct dest *d)
{
    struct serving s = {.reading = g, .dest = d, .tx = tx};
    if (!may_serve(&s)) return tx_ok(tx);
    if (!d->was_read) d->has_retries = tx_first(tx, Q_DELIVERY_RETRIES, &(struct q_delivery_retries){d->account, d->id}, NULL);
    d->was_read = true;
    unseal(&s);
    d->is_gathering = d->link->gather_most && d->n_attempts == 0;
    read_queue(&s);
    d->is_gathering = false;
    return tx_ok(tx);
}

static bool read_all(struct tx *tx, void *arg)
{
    struct reading *g = arg;
    for (int i = 0; i < g->n_dests; i++)
        if (!serve(tx, g, g->dests[i])) return false;
    return true;
}

/* Those in front of the ready list; what finds no room stays in it. */
static void choose(struct worker *w, struct reading *g)
{
    while (w->first_ready && g->n_dests < STARTS_MAX) {
        struct dest *d = w->first_ready;
        w->first_ready = d->next_ready;
        if (!w->first_ready) w->ready_end = &w->first_ready;
        d->is_ready = false;
        if (dest_may_begin(w, d, g->mono)) g->dests[g->n_dests++] = d;
    }
}

static void begin_fresh(struct worker *w)
{
    struct attempt_list firsts = {0};
    for (struct attempt *a; (a = attempt_list_take(&w->fresh));) {
        if (a->is_postponing)
            attempt_list_add(&w->results, a);
        else if (a->result != LINK_ASK)
            attempt_end(w, a, a->result);
        else if (a->dest->link->gather_most)
            group_join(&firsts, a);
        else
            attempt_begin(w, a);
    }
    for (struct attempt *a; (a = attempt_list_take(&firsts));) group_begin(w, a);
}

void worker_read(struct worker *w, int64_t now, int64_t mono)
{
    struct reading g = {.worker = w, .now = now, .mono = mono};
    struct fault f = {0};
    int64_t room = limit_get(LIMIT_OUTBOX_IN_FLIGHT) - w->n_under_way;
    g.room = room < STARTS_MAX ? (int)room : STARTS_MAX;
    if (g.room <= 0 || !w->first_ready || mono < w->read_again_mono) return;
    choose(w, &g);
    if (!g.n_dests) return;
    atomic_fetch_add(&w->reads, 1);
    if (!store_read(w->o->store, read_all, &g, &f)) {
        log_warning("outbox", "Deliveries could not be read; again in a second: %s", f.text);
        w->read_again_mono = mono + STORE_AGAIN_MS;
        for (struct attempt *a; (a = attempt_list_take(&w->fresh));) attempt_release(w, a);
        for (int i = 0; i < g.n_dests; i++) {
            g.dests[i]->next_due = 0;
            if (g.dests[i]->state == DEST_SERVED) dest_ready(w, g.dests[i]);
        }
        return;
    }
    begin_fresh(w);
    for (int i = 0; i < g.n_dests; i++) /* what found no room in this turn; what is blocked waits for a result */
        if (g.dests[i]->next_due <= now) dest_look(w, g.dests[i]);
}
