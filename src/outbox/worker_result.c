/* worker_result.c: results of many attempts become durable in one unit: the rows go or move, the log grows, destinations are marked. A
 * unit that cannot be stored is handed in again; its rows stay under way, so nothing of it is begun a second time meanwhile. */
#include "outbox/worker_private.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/log.h"
#include <stdio.h>

/* ---- in the committer ---- */

/* One that goes on waiting is written down once. */
static bool write_log(struct tx *tx, const struct attempt *a)
{
    const struct dest *d = a->dest;
    const struct r_delivery_due *r = &a->row;
    if ((a->result == LINK_WAIT || a->result == LINK_REST) && r->last_result == (int64_t)a->result) return true;
    struct q_delivery_log_insert in = {
        .log_id = tid_next(store_node(tx_store(tx))),
        .account_id = d->account,
        .destination_id = d->id,
        .delivery_id = r->delivery_id,
        .source = r->source,
        .source_id = r->source_id,
        .event_id = r->event_id,
        .attempt = r->attempt,
        .result = a->result,
        .http_status = a->http_status ? a->http_status : DB_NULL,
        .took_ms = a->took_ms,
        .answer = a->note,
    };
    return tx_run(tx, Q_DELIVERY_LOG_INSERT, &in, NULL);
}

static bool settle(struct tx *tx, struct attempt *a)
{
    const struct link_def *link = a->dest->link;
    return !link->settle || link->settle(link->ctx, tx, &a->d, a->result);
}

/* Once LINK_WAIT it stays so when the unit runs again: the row is read again, which is right either way. */
static void mind_the_change(struct tx *tx, struct attempt *a)
{
    const struct link_def *link = a->dest->link;
    if (a->result != LINK_OK || !link->still_holds || link->still_holds(link->ctx, tx, &a->d) || !tx_ok(tx)) return;
    a->result = LINK_WAIT;
    a->verdict.fate = FATE_STAYS; /* its place is the row's still */
    a->note = arena_str(a->d.arena, str_of(a->d.sentence));
}

/* A row that a person took back meanwhile is not there; then only the log has the attempt. */
static bool write_result(struct tx *tx, struct attempt *a)
{
    int64_t is_there = 0;
    const struct dest *d = a->dest;
    const struct r_delivery_due *r = &a->row;
    const struct verdict *v = &a->verdict;
    if (a->is_postponing)
        return tx_run(tx, Q_DELIVERY_POSTPONE,
                      &(struct q_delivery_postpone){d->account, d->id, r->due_at, r->delivery_id, v->due_at}, NULL);
    mind_the_change(tx, a);
    if (!tx_ok(tx) || !write_log(tx, a)) return false;
    if (v->fate == FATE_GONE)
        return tx_run(tx, Q_DELIVERY_DELETE, &(struct q_delivery_delete){d->account, d->id, r->due_at, r->delivery_id},
                      &is_there) &&
               (!is_there || settle(tx, a));
    struct q_delivery_move in = {
        .account_id = d->account,
        .destination_id = d->id,
        .due_at = r->due_at,
        .delivery_id = r->delivery_id,
        .to_due_at = v->due_at,
        .attempt = v->attempt,
        .first_due_at = v->first_due_at,
        .last_result = a->result,
        .last_error = a->note,
        .sent_mark = a->d.leave_mark,
        .given_up_at = v->fate == FATE_GIVEN_UP ? tx_now(tx) : DB_NULL,
    };
    return tx_run(tx, Q_DELIVERY_MOVE, &in, &is_there) && (!is_there || settle(tx, a));
}

/* Nothing but failures for days, and several of them in the last one. */
static bool is_hopeless(struct tx *tx, const struct dest *d, int64_t failing_since)
{
    struct r_delivery_log_failures few = {0};
    int64_t now = tx_now(tx);
    if (now - failing_since < limit_get(LIMIT_OUTBOX_DISABLE_AFTER_S) * 1000) return false;
    tx_first(tx, Q_DELIVERY_LOG_FAILURES, &(struct q_delivery_log_failures){d->account, d->id, tid_first_of(now - 86400000)},
             &few);
    return few.n >= 3;
}

static bool write_mark(struct tx *tx, const struct worker *w, const struct dest *d, const struct dest_mark *m)
{
    struct r_destination_is_ours is;
    if (!tx_first(tx, Q_DESTINATION_IS_OURS, &(struct q_destination_is_ours){d->account, d->id, store_node(w->o->store)}, &is))
        return tx_ok(tx);
    if (m->state != DESTINATION_OPEN && m->n_opened < is.n_opened) return true; /* its owner has mended it meanwhile */
    char error[400];
    struct q_destination_mark in = {.account_id = d->account, .destination_id = d->id, .state = is.state};
    int n = snprintf(error, sizeof error, "%s", m->error);
    in.failing_since = m->had_success ? DB_NULL : is.failing_since;
    if (m->is_failing && in.failing_since == DB_NULL) in.failing_since = tx_now(tx);
    if (is.state == DESTINATION_OPEN) in.state = m->state;
    if (m->is_failing && in.state == DESTINATION_OPEN && is_hopeless(tx, d, in.failing_since)) {
        in.state = DESTINATION_DISABLED;
        n = snprintf(error, sizeof error, "Nothing but failures for %lld days. The last: %s",
                     (long long)((tx_now(tx) - in.failing_since) / 86400000), m->error);
    }
    in.paused_until = m->paused_until > is.paused_until ? m->paused_until : is.paused_until;
    in.last_error = n ? str_make(error, (size_t)n) : STR_NULL;
    return tx_ok(tx) && tx_run(tx, Q_DESTINATION_MARK, &in, NULL);
}

/* A late node changes nothing: the new holder makes these attempts again. */
static bool is_ours(struct tx *tx, const struct worker *w, const struct dest *d)
{
    struct q_destination_is_ours in = {d->account, d->id, store_node(w->o->store)};
    return tx_first(tx, Q_DESTINATION_IS_OURS, &in, &(struct r_destination_is_ours){0});
}

static bool results_run(struct tx *tx, void *arg)
{
    struct result_unit *u = arg;
    const struct dest *asked = NULL;
    bool ours = false;
    if (FAILPOINT("outbox.results.before")) return tx_refuse(tx, FAULT_OPERATOR, 0, "A test failed these results");
    for (int i = 0; i < u->n; i++) {
        struct attempt *a = u->results[i];
        if (a->dest != asked) ours = is_ours(tx, u->worker, a->dest);
        asked = a->dest;
        if (!tx_ok(tx) || (ours && !write_result(tx, a))) return false;
    }
    for (int i = 0; i < u->n_marks; i++)
        if (!write_mark(tx, u->worker, u->marks[i].dest, &u->marks[i].mark)) return false;
    return true;
}

static void results_done(struct unit *unit)
{
    struct worker *w = ((struct result_unit *)unit)->worker;
    (void)FAILPOINT("outbox.results.after");
    pthread_mutex_lock(&w->lock);
    w->results_done = true;
    worker_signal(w);
    pthread_mutex_unlock(&w->lock);
}

/* ---- the worker's ---- */

void results_submit(struct worker *w, int64_t mono)
{
    struct result_unit *u = &w->result_unit;
    struct fault f;
    if (u->is_out || (mono < u->not_before_mono && !w->ends)) return;
    if (!u->n && !u->n_marks) { /* else they failed before, and are handed in as they were */
        while (u->n < RESULTS_MAX && w->results.first) u->results[u->n++] = attempt_list_take(&w->results);
        while (u->n_marks < RESULTS_MAX && w->marked) {
            struct dest *d = w->marked;
            w->marked = d->next_marked;
            u->marks[u->n_marks].dest = d;
            u->marks[u->n_marks++].mark = d->mark;
            d->mark = (struct dest_mark){.is_set = false};
            d->n_marks_out++;
        }
    }
    if (!u->n && !u->n_marks) return;
    u->unit = (struct unit){.run = results_run, .arg = u, .done = results_done};
    u->is_out = true;
    if (!store_submit(w->o->store, &u->unit, &f)) {
        u->unit.fault = f;
        results_finish(w);
    }
}

void results_finish(struct worker *w)
{
    struct result_unit *u = &w->result_unit;
    u->is_out = false;
    if (!u->unit.committed) {
        log_warning("outbox", "Results of %d attempts could not be stored: %s", u->n, u->unit.fault.text);
        u->not_before_mono = clock_mono_ms() + STORE_AGAIN_MS;
        if (!w->ends) return;
    }
    for (int i = 0; i < u->n_marks; i++) {
        struct dest *d = u->marks[i].dest;
        d->n_marks_out--;
        if (!d->mark.is_set) d->waits_for_mark = false;
        d->next_due = 0;
    }
    for (int i = 0; i < u->n; i++) {
        struct attempt *a = u->results[i];
        struct dest *d = a->dest;
        bool is_to_come = a->verdict.fate == FATE_AGAIN || (a->result == LINK_WAIT && a->verdict.fate == FATE_STAYS);
        if (!a->is_postponing && is_to_come && a->verdict.due_at < d->next_due) d->next_due = a->verdict.due_at;
        if (a->is_postponing && a->verdict.due_at < d->next_due) d->next_due = a->verdict.due_at;
        d->idle_mono = clock_mono_ms();
        attempt_release(w, a);
        dest_look(w, d);
    }
    for (int i = 0; i < u->n_marks; i++) dest_look(w, u->marks[i].dest);
    u->n = u->n_marks = 0;
}
