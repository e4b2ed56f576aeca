/* track.c: see track.h. Called inside units, by the intake of scans, by orphans that found their piece, by printers' returns. Rows come
 * sorted, so neighbours in the store are read in one range and merged here; a row that is there already says nothing again. */
#include "mail/track.h"
#include "mail/drop_row.h"
#include "mail/piece.h"
#include "mail/recipient.h"
#include "mail/track_batch.h"
#include "base/log.h"
#include "outbox/event.h"
#include "postal/status.h"
#include "queries.h"
#include <stdlib.h>

enum {
    NEAR = 16,     /* pieces: nearer ones are read over rather than looked for anew */
    REMEMBER = 64, /* telling rows of one piece that a new one is compared with; all but ReRouted are told once */
};

struct scan track_printed(enum status_code status, int64_t at_ms)
{
    return (struct scan){.scanned_at = at_ms, .op_code = (int16_t)status, .handling = 'P', .phase = SCAN_PHASE_NONE};
}

struct scan track_acs(enum acs_kind kind, char letter, int64_t at_ms)
{
    return (struct scan){
        .scanned_at = at_ms, .op_code = (int16_t)(unsigned char)letter, .handling = 'C', .phase = (uint8_t)kind};
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int row_order(int64_t at, int64_t op, int64_t facility, int64_t handling, const struct scan *s)
{
    int d = ORDER(at, s->scanned_at);
    if (!d) d = ORDER(op, s->op_code);
    if (!d) d = ORDER(facility, s->facility);
    return d ? d : ORDER(handling, s->handling);
}

int track_order(const void *pa, const void *pb)
{
    const struct track_row *a = pa, *b = pb;
    int d = ORDER(a->account, b->account);
    if (!d) d = ORDER(a->piece_id, b->piece_id);
    return d ? d : row_order(a->scan.scanned_at, a->scan.op_code, a->scan.facility, a->scan.handling, &b->scan);
}

/* ---- what is known of the pieces between two ---- */

struct range {
    struct mail *m;
    struct tx *tx;
    const struct track_batch *batch;
    int64_t account, intake_id;
    struct r_scan_range *rows;
    size_t n_rows, at_row;
    struct r_piece_people *people;
    size_t n_people, at_person;
    struct track_count *count;
};

static bool read_rows(struct range *g, int64_t first, int64_t last)
{
    struct track_batches *room = g->m->track_batches;
    struct rows r = tx_rows(g->tx, Q_SCAN_RANGE, &(struct q_scan_range){g->account, first, last});
    do g->rows = track_room(room, TRACK_ROOM_ROWS, sizeof *g->rows * (g->n_rows + 1));
    while (rows_next(&r, &g->rows[g->n_rows]) && ++g->n_rows);
    rows_end(&r);
    return tx_ok(g->tx);
}

static bool read_people(struct range *g, int64_t first, int64_t last)
{
    size_t most = (size_t)(last - first + 1);
    g->people = track_room(g->m->track_batches, TRACK_ROOM_PEOPLE, sizeof *g->people * most);
    struct rows r = tx_rows(g->tx, Q_PIECE_PEOPLE, &(struct q_piece_people){g->account, first, last});
    while (g->n_people < most && rows_next(&r, &g->people[g->n_people])) g->n_people++;
    rows_end(&r);
    return tx_ok(g->tx);
}

/* Whom the piece is for; a piece whose row was erased is its own person. */
static int64_t person_of(struct range *g, int64_t piece_id)
{
    while (g->at_person < g->n_people && g->people[g->at_person].piece_id < piece_id) g->at_person++;
    bool is_there = g->at_person < g->n_people && g->people[g->at_person].piece_id == piece_id;
    return is_there && g->people[g->at_person].contact_id ? g->people[g->at_person].contact_id : -piece_id;
}

/* The first three digits of the ZIP code it was sent to; -1: none. */
static bool read_destination(struct range *g, int64_t piece_id, int *zip3)
{
    struct r_piece_find row;
    struct recipient *who = ARENA_NEW(tx_arena(g->tx), struct recipient);
    struct fault f;
    *zip3 = -1;
    if (!tx_first(g->tx, Q_PIECE_FIND, &(struct q_piece_find){g->account, piece_id}, &row)) return tx_ok(g->tx);
    struct json_parser *p = json_parser_create();
    bool ok = recipient_read(p, tx_arena(g->tx), row.recipient, who, &f);
    json_parser_destroy(&p);
    if (!ok) return tx_fail(g->tx, &f);
    *zip3 = track_zip3(who->values[FIELD_ADDRESS_ZIP]);
    return true;
}

/* ---- one piece ---- */

struct past { /* what a new row is compared with */
    int64_t piece_id;
    struct track_seen seen[REMEMBER];
    size_t n;
    unsigned reached;
    struct track_piece piece;
    bool has_destination;
};

static void remember(struct past *p, int64_t at, int64_t facility, unsigned emits)
{
    if (!emits) return;
    size_t place = p->n;
    if (p->n == REMEMBER) /* only ReRouted comes that often: the oldest such row is forgotten */
        for (place = 0; place + 1 < p->n && p->seen[place].emits != STATUS_BIT(STATUS_REROUTED);) place++;
    else
        p->n++;
    p->seen[place] = (struct track_seen){at, facility, emits};
    p->reached |= emits;
}

static bool is_nixie(int64_t handling, int64_t phase) { return handling == 'C' && phase == ACS_NIXIE; }

static void begin_piece(struct range *g, int64_t piece_id, struct past *p)
{
    const struct track_batch *b = g->batch;
    p->piece_id = piece_id;
    p->n = 0;
    p->reached = 0;
    p->has_destination = false;
    p->piece = (struct track_piece){.return_zip3 = b->return_zip3, .destination_zip3 = -1, .stid = b->stid};
    while (g->at_row < g->n_rows && g->rows[g->at_row].piece_id < piece_id) g->at_row++;
    for (size_t i = g->at_row; i < g->n_rows && g->rows[i].piece_id == piece_id; i++) {
        const struct r_scan_range *r = &g->rows[i];
        remember(p, r->scanned_at, r->facility, (unsigned)r->emits);
        if (is_nixie(r->handling, r->phase)) p->piece.has_nixie = true;
    }
}

/* Rows of both sides stand in the same order. */
static bool is_there(struct range *g, const struct track_row *row)
{
    for (; g->at_row < g->n_rows && g->rows[g->at_row].piece_id == row->piece_id; g->at_row++) {
        const struct r_scan_range *r = &g->rows[g->at_row];
        int d = row_order(r->scanned_at, r->op_code, r->facility, r->handling, &row->scan);
        if (d >= 0) return d == 0;
    }
    return false;
}

static bool emits_of(struct range *g, struct past *p, const struct scan *s, unsigned *emits)
{
    if (s->handling == 'P' || s->handling == 'C') {
        unsigned caused = s->handling == 'P'
                              ? STATUS_BIT(s->op_code)
                              : acs_status((enum acs_kind)s->phase, g->batch->mail_class, stid_returns(g->batch->stid));
        *emits = status_news(p->reached, caused);
        return true;
    }
    if (!p->has_destination &&
        (p->reached & STATUS_BIT(STATUS_PROCESSED))) { /* only then it matters where it should have gone */
        if (!read_destination(g, p->piece_id, &p->piece.destination_zip3)) return false;
        p->has_destination = true;
    }
    *emits = track_emits(g->m->op_table, s, &p->piece, p->seen, p->n);
    return true;
}

/* ---- what follows ---- */

static const enum status_code in_order[] = {STATUS_ADDRESSED, STATUS_PRINTED,       STATUS_MAILED,    STATUS_IN_TRANSIT,
                                            STATUS_REROUTED,  STATUS_IN_LOCAL_AREA, STATUS_PROCESSED, STATUS_RETURNED};

/* How many links the piece came through (send.h); person_of has found it. */
static int hops_of(const struct range *g, int64_t piece_id)
{
    bool is_there = g->at_person < g->n_people && g->people[g->at_person].piece_id == piece_id;
    return is_there ? source_ref_hops(g->people[g->at_person].source_ref) : 0;
}

static bool tell(struct range *g, const struct track_row *row, unsigned emits)
{
    const struct track_batch *b = g->batch;
    int64_t person = emits ? person_of(g, row->piece_id) : 0;
    int hops = emits ? hops_of(g, row->piece_id) : 0;
    for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) {
        if (!(emits & STATUS_BIT(in_order[i]))) continue;
        struct event e = {
            .account_id = row->account,
            .source_id = b->drop_id,
            .source = EVENT_DROP,
            .code = in_order[i],
            .is_test = b->is_test,
            .hops = hops,
            .subject_id = row->piece_id,
            .person_id = person,
            .happened_at = row->scan.scanned_at,
            .detail = row->detail,
        };
        if (!event_emit(g->m->outbox, g->tx, &e)) return false;
        if (!stat_add(g->m, g->tx, row->account, b->drop_id, in_order[i], b->is_test, row->scan.scanned_at, 1)) return false;
        g->count->n_events++;
    }
    return true;
}

static bool add_one(struct range *g, struct past *p, const struct track_row *row)
{
    const struct scan *s = &row->scan;
    unsigned emits;
    if (!emits_of(g, p, s, &emits)) return false;
    struct q_scan_insert in = {row->account, row->piece_id, s->scanned_at,  s->op_code,   s->facility,
                               s->handling,  s->phase,      (int64_t)emits, g->intake_id, row->detail};
    if (!tx_run(g->tx, Q_SCAN_INSERT, &in, NULL)) return false;
    remember(p, s->scanned_at, s->facility, emits);
    if (is_nixie(s->handling, s->phase)) p->piece.has_nixie = true;
    g->count->n_added++;
    return tell(g, row, emits);
}

static bool add_range(struct range *g, const struct track_row *rows, size_t n)
{
    struct past *past = ARENA_NEW(tx_arena(g->tx), struct past);
    int64_t first = rows[0].piece_id, last = rows[n - 1].piece_id;
    if (!read_rows(g, first, last) || !read_people(g, first, last)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!i || rows[i].piece_id != rows[i - 1].piece_id) begin_piece(g, rows[i].piece_id, past);
        bool is_repeat = is_there(g, &rows[i]) || (i && track_order(&rows[i - 1], &rows[i]) == 0);
        if (is_repeat)
            g->count->n_repeat++;
        else if (!add_one(g, past, &rows[i]))
            return false;
    }
    return true;
}

/* Rows of neighbouring pieces of one batch. */
static size_t range_end(const struct track_row *rows, size_t at, size_t n)
{
    int64_t batch = PIECE_BATCH(rows[at].piece_id);
    size_t i = at + 1;
    while (i < n && PIECE_BATCH(rows[i].piece_id) == batch && rows[i].piece_id - rows[i - 1].piece_id <= NEAR) i++;
    return i;
}

bool track_add(struct mail *m, struct tx *tx, const struct track_row *rows, size_t n, int64_t intake_id,
               struct track_count *count)
{
    ASSERT(!n || m->outbox);
    for (size_t at = 0, end; at < n; at = end) {
        ASSERT(!at || track_order(&rows[at - 1], &rows[at]) <= 0);
        end = range_end(rows, at, n);
        struct range g = {.m = m, .tx = tx, .account = rows[at].account, .intake_id = intake_id, .count = count};
        g.batch = track_batch_of(m->track_batches, tx, g.account, PIECE_BATCH(rows[at].piece_id));
        if (!g.batch) return tx_ok(tx) ? tx_not_found(tx, "batch", PIECE_BATCH(rows[at].piece_id)) : false;
        if (!add_range(&g, rows + at, end - at)) return false;
    }
    return tx_ok(tx);
}
