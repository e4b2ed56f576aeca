/* worker_dest.c: the destinations that this node serves: taken with a lease when something is due, renewed at a third of it, given back
 * when they are empty, paused or disabled. All their writes go in one unit at a time. */
#include "outbox/worker_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include <stdio.h>
#include <stdlib.h>

static int64_t lease_ms(void) { return limit_get(LIMIT_JOB_LEASE_S) * 1000; }

static struct str key_of(const int64_t *id) { return str_make(id, sizeof *id); }

static const unsigned moves[] = {
    [DEST_WANTED] = 1u << DEST_TAKING,
    [DEST_TAKING] = 1u << DEST_SERVED | 1u << DEST_WANTED,
    [DEST_SERVED] = 1u << DEST_RESTING | 1u << DEST_CLOSING,
    [DEST_RESTING] = 1u << DEST_SERVED | 1u << DEST_WANTED,
    [DEST_CLOSING] = 1u << DEST_FREEING,
    [DEST_FREEING] = 1u << DEST_WANTED,
};

void dest_move(struct dest *d, enum dest_state to)
{
    ASSERT(moves[d->state] & 1u << to);
    d->state = to;
}

static void begin_wanting(struct worker *w, struct dest *d)
{
    w->has_upkeep = true;
    d->window = FIRST_WINDOW;
    d->next_due = 0;
    d->was_read = d->is_woken = false;
}

void dest_want(struct worker *w, const struct want *want)
{
    struct dest *d = map_get(w->dests, key_of(&want->id));
    if (!d) {
        d = calloc(1, sizeof *d);
        ASSERT(d);
        d->account = want->account;
        d->id = want->id;
        begin_wanting(w, d); /* DEST_WANTED is 0 */
        map_put(w->dests, key_of(&d->id), d);
        w->n_dests++;
        return;
    }
    d->is_woken = true;
    if (want->due_at < d->next_due) d->next_due = want->due_at;
    if (d->state == DEST_SERVED) dest_look(w, d);
}

static void dest_forget(struct worker *w, struct dest *d)
{
    ASSERT(!d->attempts && !d->is_ready && !d->mark.is_set);
    map_remove(w->dests, key_of(&d->id));
    w->n_dests--;
    free(d);
}

/* ---- readiness ---- */

bool dest_may_begin(const struct worker *w, const struct dest *d, int64_t mono)
{
    if (d->state == DEST_SERVED && d->link->gather_most && d->n_attempts && !d->is_gathering) return false;
    if (d->state != DEST_SERVED || d->waits_for_mark || d->n_attempts >= d->window || mono < d->probe_mono) return false;
    return d->n_failures == 0 || w->n_suspects < limit_get(LIMIT_OUTBOX_IN_FLIGHT) / 2;
}

void dest_ready(struct worker *w, struct dest *d)
{
    if (d->is_ready) return;
    d->is_ready = true;
    d->next_ready = NULL;
    *w->ready_end = d;
    w->ready_end = &d->next_ready;
}

void dest_look(struct worker *w, struct dest *d)
{
    if (d->state == DEST_CLOSING) w->has_upkeep = true;
    if (d->state == DEST_SERVED && (d->is_blocked || d->next_due <= clock_now_ms()) && dest_may_begin(w, d, clock_mono_ms()))
        dest_ready(w, d);
}

static void earlier(int64_t *next, int64_t mono)
{
    if (mono < *next) *next = mono;
}

static void scan_one(struct worker *w, struct dest *d, int64_t now, int64_t mono, int64_t *next)
{
    if (d->state != DEST_SERVED || d->is_ready) return;
    if (d->next_due <= now && mono < d->probe_mono) {
        earlier(next, d->probe_mono);
    } else if (d->next_due <= now) {
        dest_look(w, d);
    } else if (d->next_due != FOREVER) {
        earlier(next, mono + d->next_due - now);
    } else if (d->n_attempts == 0 && !d->mark.is_set && !d->n_marks_out && mono - d->idle_mono >= IDLE_MS) {
        dest_move(d, DEST_RESTING);
        d->is_woken = false;
        w->has_upkeep = true;
    }
}

void dest_scan(struct worker *w, int64_t now, int64_t mono)
{
    int64_t next = mono + SCAN_MOST_MS, oldest = 0;
    size_t at = 0;
    struct str key;
    void *value;
    while (map_next(w->dests, &at, &key, &value)) {
        struct dest *d = value;
        scan_one(w, d, now, mono, &next);
        if (d->head_due && (!oldest || d->head_due < oldest)) oldest = d->head_due;
    }
    atomic_store(&w->oldest_due_at, oldest);
    w->scan_mono = next < mono + SCAN_LEAST_MS ? mono + SCAN_LEAST_MS : next;
}

/* ---- upkeep: leases, renewals, sleep ---- */

static bool pause_unknown(struct tx *tx, const struct dest *d, int64_t link)
{
    char text[100];
    int n = snprintf(text, sizeof text, "This program knows no link with the number %lld.", (long long)link);
    struct q_destination_mark mark = {
        .account_id = d->account, .destination_id = d->id, .state = DESTINATION_PAUSED, .failing_since = DB_NULL};
    mark.last_error = str_make(text, (size_t)n);
    return tx_run(tx, Q_DESTINATION_MARK, &mark, NULL);
}

static bool take_one(struct tx *tx, const struct worker *w, struct upkeep_item *item)
{
    struct r_destination_lease row;
    struct r_destination_holder before = {.lease_node = DB_NULL};
    int64_t now = tx_now(tx);
    struct q_destination_lease in = {item->dest->account, item->dest->id, store_node(w->o->store), now + lease_ms(), now};
    tx_first(tx, Q_DESTINATION_HOLDER, &(struct q_destination_holder){item->dest->account, item->dest->id}, &before);
    item->unwritten_until = before.lease_node == DB_NULL ? 0 : now + CLOCK_SLACK_MS;
    item->ok = tx_first(tx, Q_DESTINATION_LEASE, &in, &row);
    if (!item->ok) return tx_ok(tx);
    item->link = row.link;
    if (outbox_link(w->o, row.link)) return true;
    item->ok = false;
    return pause_unknown(tx, item->dest, row.link);
}

static bool give_back(struct tx *tx, const struct dest *d, int node)
{
    struct q_destination_free in = {d->account, d->id, node, d->unwritten_until != 0};
    return tx_run(tx, Q_DESTINATION_FREE, &in, NULL);
}

static bool upkeep_run(struct tx *tx, void *arg)
{
    struct upkeep_unit *u = arg;
    struct worker *w = u->worker;
    int node = store_node(w->o->store);
    for (int i = 0; i < u->n; i++) {
        struct upkeep_item *item = &u->items[i];
        int64_t changed = 0;
        bool ok;
        if (item->dest->state == DEST_TAKING)
            ok = take_one(tx, w, item);
        else if (item->dest->state == DEST_RESTING)
            ok = tx_run(tx, Q_DESTINATION_SLEEP, &(struct q_destination_sleep){item->dest->account, item->dest->id, node},
                        &changed);
        else
            ok = give_back(tx, item->dest, node);
        if (item->dest->state == DEST_RESTING) item->ok = changed == 1;
        if (!ok) return false;
    }
    u->now = tx_now(tx);
    return !u->renews || tx_run(tx, Q_DESTINATION_RENEW, &(struct q_destination_renew){node, u->now + lease_ms()}, NULL);
}

static void upkeep_done(struct unit *unit)
{
    struct worker *w = ((struct upkeep_unit *)unit)->worker;
    pthread_mutex_lock(&w->lock);
    w->upkeep_done = true;
    worker_signal(w);
    pthread_mutex_unlock(&w->lock);
}

static bool wants_upkeep(struct worker *w, struct dest *d)
{
    if (d->state == DEST_CLOSING && d->n_attempts == 0 && !d->mark.is_set && !d->n_marks_out) dest_move(d, DEST_FREEING);
    if (d->state == DEST_WANTED && !w->asks_nobody) dest_move(d, DEST_TAKING);
    return d->state == DEST_TAKING || d->state == DEST_RESTING || d->state == DEST_FREEING;
}

void upkeep_submit(struct worker *w, int64_t now, int64_t mono)
{
    struct upkeep_unit *u = &w->upkeep_unit;
    struct fault f;
    size_t at = 0;
    struct str key;
    void *value;
    if (u->is_out || w->ends || mono < u->not_before_mono) return;
    u->renews = w->n_dests && (now < w->renewed_at || now - w->renewed_at >= lease_ms() / 3);
    if (!w->has_upkeep && !u->renews) return;
    u->n = 0;
    while (u->n < UPKEEP_MAX && map_next(w->dests, &at, &key, &value))
        if (wants_upkeep(w, value)) u->items[u->n++] = (struct upkeep_item){.dest = value};
    w->has_upkeep = u->n == UPKEEP_MAX;
    if (!u->n && !u->renews) return;
    u->unit = (struct unit){.run = upkeep_run, .arg = u, .done = upkeep_done};
    u->is_out = true;
    if (!store_submit(w->o->store, &u->unit, &f)) {
        u->unit.fault = f;
        upkeep_finish(w);
    }
}

static void item_finish(struct worker *w, const struct upkeep_item *item)
{
    struct dest *d = item->dest;
    if (d->state == DEST_TAKING && item->ok) {
        d->link = outbox_link(w->o, item->link);
        d->unwritten_until = item->unwritten_until;
        dest_move(d, DEST_SERVED);
        if (d->window > d->link->window) d->window = d->link->window;
        d->idle_mono = clock_mono_ms();
        dest_ready(w, d);
    } else if (d->state == DEST_RESTING && !item->ok) {
        dest_move(d, DEST_SERVED);
        d->next_due = 0;
        d->idle_mono = clock_mono_ms();
        dest_ready(w, d);
    } else if (d->is_woken) { /* something came after it was given back, or while it was not to be had */
        dest_move(d, DEST_WANTED);
        begin_wanting(w, d);
    } else {
        dest_forget(w, d);
    }
}

void upkeep_finish(struct worker *w)
{
    struct upkeep_unit *u = &w->upkeep_unit;
    u->is_out = false;
    if (!u->unit.committed) {
        log_warning("outbox", "Leases of destinations could not be stored: %s", u->unit.fault.text);
        u->not_before_mono = clock_mono_ms() + STORE_AGAIN_MS;
        w->has_upkeep = true;
        return; /* their states stay: the next unit has them again */
    }
    if (u->renews) w->renewed_at = u->now;
    for (int i = 0; i < u->n; i++) item_finish(w, &u->items[i]);
}

/* ---- the sweep ---- */

struct sweep {
    struct want found[64];
    int n;
};

static bool sweep_read(struct tx *tx, void *arg)
{
    struct sweep *s = arg;
    struct r_destination_forgotten row;
    struct rows r = tx_rows(tx, Q_DESTINATION_FORGOTTEN, &(struct q_destination_forgotten){64});
    while (s->n < 64 && rows_next(&r, &row)) s->found[s->n++] = (struct want){row.account_id, row.destination_id, 0};
    rows_end(&r);
    return tx_ok(tx);
}

void dest_sweep(struct worker *w, int64_t mono)
{
    struct sweep s = {.n = 0};
    struct fault f;
    if (mono < w->swept_mono) return;
    w->swept_mono = mono + 30000;
    if (!store_read(w->o->store, sweep_read, &s, &f)) log_warning("outbox", "The sweep of destinations failed: %s", f.text);
    for (int i = 0; i < s.n; i++) dest_want(w, &s.found[i]);
}
