/* why.c: see why.h. Reads in three steps: the piece and what it belongs to, its rows, and what was told of it. */
#include "mail/why.h"
#include "mail/campaign.h"
#include "mail/drop_row.h"
#include "mail/mail_private.h"
#include "mail/recall.h"
#include "mail/track.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "postal/scan_time.h"
#include "queries.h"
#include <stdio.h>

struct story {
    struct mail *m;
    struct arena *arena;
    int64_t account, max;
    struct piece piece;
    struct batch batch;
    struct drop drop;
    struct r_story_batch sent;
    struct scan_seen *scans;
    int n_scans;
    struct r_story_events *events;
    struct r_story_visits *visits;
    int64_t n_events, n_visits;
    struct json_out *j;
};

/* ---- reading ---- */

static bool read_drop(struct tx *tx, struct story *g)
{
    struct r_drop_printed row;
    struct fault f;
    if (!tx_first(tx, Q_DROP_PRINTED, &(struct q_drop_printed){g->account, g->batch.drop_id}, &row))
        return tx_not_found(tx, "campaign", g->batch.drop_id);
    if (!drop_row_read(g->arena, &row, &g->drop, &f)) return tx_fail(tx, &f);
    if (tx_first(tx, Q_STORY_BATCH, &(struct q_story_batch){g->account, g->batch.batch_id}, &g->sent)) {
        g->sent.printer_job = arena_str(g->arena, g->sent.printer_job);
        g->sent.last_error = arena_str(g->arena, g->sent.last_error);
    }
    return tx_ok(tx);
}

/* Events of a drop stand in order of time; those of a piece are not older than it. */
static void read_events(struct tx *tx, struct story *g)
{
    struct q_story_events in = {g->account, g->batch.drop_id, tid_first_of(g->piece.created_at), g->piece.piece_id, g->max};
    struct rows r = tx_rows(tx, Q_STORY_EVENTS, &in);
    g->events = ARENA_ARRAY(g->arena, struct r_story_events, g->max);
    g->n_events = 0;
    while (g->n_events < g->max && rows_next(&r, &g->events[g->n_events])) {
        struct r_story_events *e = &g->events[g->n_events++];
        e->detail = arena_str(g->arena, e->detail);
    }
    rows_end(&r);
}

static void read_visits(struct tx *tx, struct story *g)
{
    struct rows r = tx_rows(tx, Q_STORY_VISITS, &(struct q_story_visits){g->account, g->piece.piece_id, g->max});
    g->visits = ARENA_ARRAY(g->arena, struct r_story_visits, g->max);
    g->n_visits = 0;
    while (g->n_visits < g->max && rows_next(&r, &g->visits[g->n_visits])) {
        struct r_story_visits *v = &g->visits[g->n_visits++];
        v->url = arena_str(g->arena, v->url);
    }
    rows_end(&r);
}

static bool read_story(struct tx *tx, void *arg)
{
    struct story *g = arg;
    if (!read_drop(tx, g)) return false;
    read_events(tx, g);
    read_visits(tx, g);
    return tx_ok(tx);
}

/* ---- telling ---- */

static void number(struct json_out *j, const char *key, int64_t v)
{
    if (v == DB_NULL)
        json_null(j, key);
    else
        json_int(j, key, v);
}

static void when(struct json_out *j, const char *key, int64_t ms)
{
    if (ms == DB_NULL)
        json_null(j, key);
    else
        json_time(j, key, ms);
}

static void tell_names(struct json_out *j, const char *key, unsigned codes)
{
    json_array(j, key);
    for (size_t i = 0; status_at(i); i++)
        if (codes & STATUS_BIT(status_at(i)->code)) json_strz(j, NULL, status_at(i)->crm);
    json_end(j);
}

static void tell_contact(struct story *g)
{
    struct contact c;
    struct contact_list list;
    struct fault f;
    struct json_out *j = g->j;
    json_int(j, "contact_id", g->piece.contact_id);
    bool is_listed = contact_get(g->m->store, g->arena, g->account, 0, g->piece.contact_id, &c, &f) &&
                     list_get(g->m->store, g->arena, g->account, c.contact_list_id, &list, &f);
    if (!is_listed) {
        json_null(j, "list"); /* it was sent by itself, or the contact is gone */
        return;
    }
    json_object(j, "list");
    json_int(j, "contact_list_id", list.contact_list_id);
    json_str(j, "name", list.name);
    json_end(j);
}

static void tell_piece(struct story *g)
{
    struct json_out *j = g->j;
    const struct piece *p = &g->piece;
    json_int(j, "piece_id", p->piece_id);
    json_strz(j, "state", piece_state_word(p->state));
    json_str(j, "refused_because", p->detail);
    json_time(j, "accepted_date", p->created_at);
    when(j, "recall_until", recall_until(&g->batch, p));
    json_str(j, "tracking_code", p->tracking);
    if (p->first_page)
        json_int(j, "first_page", p->first_page);
    else
        json_null(j, "first_page");
    tell_contact(g);
}

static void tell_drop(struct story *g)
{
    struct json_out *j = g->j;
    json_object(j, "drop");
    json_int(j, "drop_id", g->drop.drop_id);
    json_int(j, "campaign_id", g->drop.campaign_id);
    json_str(j, "name", g->drop.name);
    json_int(j, "template_id", g->drop.template_id);
    json_int(j, "template_version", g->batch.template_version);
    json_end(j);
}

static void tell_batch(struct story *g)
{
    struct json_out *j = g->j;
    const struct batch *b = &g->batch;
    json_object(j, "batch");
    json_int(j, "batch_id", b->batch_id);
    json_strz(j, "state", batch_state_word(b->state));
    json_bool(j, "is_test", b->is_test);
    json_int(j, "pieces", b->n_pieces);
    json_int(j, "seat", PIECE_SEAT(g->piece.piece_id));
    json_time(j, "opened_date", b->opened_at);
    when(j, "due_date", b->due_at);
    when(j, "handed_over_date", g->sent.handed_over_at);
    json_str(j, "printer_job", g->sent.printer_job);
    json_str(j, "file", b->file);
    number(j, "mailer_id", b->mid);
    number(j, "first_serial", b->first_serial);
    json_int(j, "stid", b->stid);
    json_int(j, "attempt", b->attempt);
    json_str(j, "last_error", b->last_error);
    json_end(j);
}

static void tell_scan(struct json_out *j, const struct scan_seen *s)
{
    char facility[13], handling[2] = {s->handling, '\0'};
    json_object(j, NULL);
    json_time(j, "date", s->scanned_at);
    if (s->handling == 'P')
        json_strz(j, "source", "printer");
    else if (s->handling == 'C')
        json_strz(j, "source", "acs");
    else {
        scan_facility_text(s->facility, facility);
        json_strz(j, "source", "usps");
        json_int(j, "operation", s->op_code);
        json_strz(j, "phase", scan_phase_key(s->phase));
        json_strz(j, "facility", facility);
        json_strz(j, "handling", handling);
    }
    tell_names(j, "status", s->emits);
    if (s->detail.ptr) json_raw(j, "detail", s->detail);
    json_int(j, "intake_id", s->intake_id);
    json_end(j);
}

/* Expected, inferred, observed: a delivery is never observed, so none is told. */
static void tell_tracking(struct story *g)
{
    struct json_out *j = g->j;
    struct track_expected expected;
    unsigned reached = 0;
    for (int i = 0; i < g->n_scans; i++) reached |= g->scans[i].emits;
    for (int64_t i = 0; i < g->n_events; i++) reached |= STATUS_BIT(g->events[i].code);
    int shown = status_shown(reached);
    json_str(j, "status", shown >= 0 ? str_of(status_find(shown)->crm) : STR_NULL);
    if (track_expect(g->scans, (size_t)g->n_scans, &expected)) {
        json_object(j, "expected_delivery");
        json_time(j, "from", expected.from_ms);
        json_time(j, "to", expected.to_ms);
        json_end(j);
    } else
        json_null(j, "expected_delivery");
    json_array(j, "scans");
    for (int i = 0; i < g->n_scans; i++) tell_scan(j, &g->scans[i]);
    json_end(j);
    json_array(j, "visits");
    for (int64_t i = 0; i < g->n_visits; i++) {
        const struct r_story_visits *v = &g->visits[i];
        json_object(j, NULL);
        json_time(j, "date", v->visited_at);
        json_int(j, "kind", v->kind);
        json_bool(j, "is_test", v->is_test != 0);
        json_str(j, "url", v->url);
        json_end(j);
    }
    json_end(j);
}

static bool tell_deliveries(struct tx *tx, struct story *g, int64_t event_id)
{
    struct json_out *j = g->j;
    struct r_story_waiting waiting;
    struct r_story_attempts attempt;
    json_array(j, "waiting");
    struct rows r = tx_rows(tx, Q_STORY_WAITING, &(struct q_story_waiting){g->account, g->batch.drop_id, event_id});
    while (rows_next(&r, &waiting)) {
        json_object(j, NULL);
        json_int(j, "delivery_id", waiting.delivery_id);
        json_int(j, "destination_id", waiting.destination_id);
        json_int(j, "subscription_id", waiting.subscription_id);
        when(j, "due_date", waiting.due_at == INT64_MAX ? DB_NULL : waiting.due_at);
        json_bool(j, "is_given_up", waiting.due_at == INT64_MAX);
        json_int(j, "attempts", waiting.attempt);
        json_str(j, "last_error", waiting.last_error);
        json_end(j);
    }
    rows_end(&r);
    json_end(j);
    json_array(j, "attempts");
    r = tx_rows(tx, Q_STORY_ATTEMPTS, &(struct q_story_attempts){g->account, event_id, g->batch.drop_id, event_id});
    while (rows_next(&r, &attempt)) {
        json_object(j, NULL);
        json_time(j, "date", tid_time_ms(attempt.log_id));
        json_int(j, "delivery_id", attempt.delivery_id);
        json_int(j, "destination_id", attempt.destination_id);
        json_int(j, "attempt", attempt.attempt);
        json_int(j, "result", attempt.result);
        number(j, "http_status", attempt.http_status);
        json_int(j, "took_ms", attempt.took_ms);
        json_end(j);
    }
    rows_end(&r);
    json_end(j);
    return tx_ok(tx);
}

static bool tell_events(struct tx *tx, void *arg)
{
    struct story *g = arg;
    struct json_out *j = g->j;
    json_array(j, "events");
    for (int64_t i = 0; i < g->n_events && tx_ok(tx); i++) {
        const struct r_story_events *e = &g->events[i];
        const struct status_def *d = status_find(e->code);
        json_object(j, NULL);
        json_int(j, "event_id", e->event_id);
        json_int(j, "code", e->code);
        json_str(j, "status", d ? str_of(d->crm) : STR_NULL);
        json_bool(j, "is_test", e->is_test != 0);
        json_time(j, "happened_date", e->happened_at);
        json_time(j, "recorded_date", e->recorded_at);
        if (e->detail.ptr) json_raw(j, "detail", e->detail);
        tell_deliveries(tx, g, e->event_id);
        json_end(j);
    }
    json_end(j);
    return tx_ok(tx);
}

bool why_piece(struct mail *m, struct arena *a, int64_t account, int64_t piece_id, struct json_out *j, struct fault *f)
{
    struct story *g = ARENA_NEW(a, struct story);
    *g = (struct story){.m = m, .arena = a, .account = account, .max = limit_get(LIMIT_STORY_ROWS), .j = j};
    g->sent.handed_over_at = DB_NULL;
    if (!piece_get(m->store, a, account, piece_id, &g->piece, f) ||
        !batch_get(m->store, a, account, g->piece.batch_id, &g->batch, f) || !store_read(m->store, read_story, g, f))
        return false;
    g->n_scans = track_of_piece(m->store, a, account, piece_id, &g->scans, f);
    if (g->n_scans < 0) return false;
    json_object(j, NULL);
    tell_piece(g);
    tell_drop(g);
    tell_batch(g);
    tell_tracking(g);
    bool ok = store_read(m->store, tell_events, g, f);
    json_end(j);
    return ok;
}
