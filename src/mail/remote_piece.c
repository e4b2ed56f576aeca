/* remote_piece.c: see remote_piece.h. Called by printers on the hand-over's threads. */
#include "mail/remote_piece.h"
#include "mail/mail_private.h"
#include "mail/piece_row.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "queries.h"

struct work {
    struct arena *arena;
    int64_t account, batch_id;
    const struct remote_piece *piece;
    struct remote_piece *out;
    enum remote_piece_state to;
    struct str remote_id, why;
    bool is_over, is_ours;
    int64_t at, *ids;
    int n, max;
};

static int64_t first_of(int64_t batch_id) { return PIECE_ID(batch_id, 0); }
static int64_t last_of(int64_t batch_id) { return PIECE_ID(batch_id + 1, 0) - 1; }

static bool next(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_remote_piece_next row;
    struct fault f;
    struct q_remote_piece_next in = {w->account, first_of(w->batch_id), last_of(w->batch_id)};
    w->is_over = !tx_first(tx, Q_REMOTE_PIECE_NEXT, &in, &row);
    if (w->is_over) return tx_ok(tx);
    struct json_parser *p = json_parser_create();
    *w->out = (struct remote_piece){.account = w->account, .piece_id = row.piece_id, .contact_id = row.contact_id};
    bool ok = recipient_read(p, w->arena, row.recipient, &w->out->who, &f) || tx_fail(tx, &f);
    json_parser_destroy(&p);
    return ok;
}

bool remote_piece_next(struct store *s, struct arena *a, int64_t account, int64_t batch_id, struct remote_piece *out,
                       bool *is_over, struct fault *f)
{
    struct work w = {.arena = a, .account = account, .batch_id = batch_id, .out = out};
    if (!store_read(s, next, &w, f)) return false;
    *is_over = w.is_over;
    return true;
}

static bool claim(struct tx *tx, void *arg)
{
    struct work *w = arg;
    int64_t changed = 0;
    struct q_remote_piece_claim in = {w->piece->account, w->piece->piece_id, w->piece->connection_id, REMOTE_CLAIMED,
                                      tx_now(tx)};
    if (!tx_run(tx, Q_REMOTE_PIECE_CLAIM, &in, &changed)) return false;
    w->is_ours = changed == 1;
    return true;
}

bool remote_piece_claim(struct store *s, const struct remote_piece *p, bool *is_ours, struct fault *f)
{
    struct work w = {.piece = p};
    if (!store_write(s, claim, &w, f)) return false;
    *is_ours = w.is_ours;
    return !FAILPOINT("remote_piece.claim.after") || fault_operator(f, "the failpoint remote_piece.claim.after was hit");
}

static bool mark(struct tx *tx, void *arg)
{
    const struct work *w = arg;
    const struct remote_piece *p = w->piece;
    int64_t changed = 0;
    struct q_remote_piece_mark in = {p->account, p->piece_id, REMOTE_CLAIMED, w->to, w->remote_id};
    if (!tx_run(tx, Q_REMOTE_PIECE_MARK, &in, &changed)) return false;
    if (!changed || w->to != REMOTE_REFUSED) return true; /* a person has decided meanwhile */
    return piece_refuse(tx, p->account, p->piece_id, PIECE_PRINTER_REFUSED, w->why) &&
           tx_run(tx, Q_BATCH_ONE_REFUSED, &(struct q_batch_one_refused){p->account, PIECE_BATCH(p->piece_id)}, NULL);
}

bool remote_piece_mark(struct store *s, const struct remote_piece *p, enum remote_piece_state to, struct str remote_id,
                       struct str why, struct fault *f)
{
    ASSERT(to == REMOTE_SENT || to == REMOTE_UNKNOWN || to == REMOTE_REFUSED);
    struct work w = {.piece = p, .to = to, .remote_id = remote_id, .why = why};
    return store_write(s, mark, &w, f);
}

static bool unclaim(struct tx *tx, void *arg)
{
    const struct remote_piece *p = arg;
    return tx_run(tx, Q_REMOTE_PIECE_UNCLAIM, &(struct q_remote_piece_unclaim){p->account, p->piece_id, REMOTE_CLAIMED}, NULL);
}

bool remote_piece_unclaim(struct store *s, const struct remote_piece *p, struct fault *f)
{
    return store_write(s, unclaim, (void *)(uintptr_t)p, f);
}

static bool open_ones(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_remote_piece_open row;
    struct q_remote_piece_open in = {w->account,     first_of(w->batch_id), last_of(w->batch_id),
                                     REMOTE_CLAIMED, REMOTE_UNKNOWN,        w->max};
    struct rows r = tx_rows(tx, Q_REMOTE_PIECE_OPEN, &in);
    for (w->n = 0; w->n < w->max && rows_next(&r, &row); w->n++) w->ids[w->n] = row.piece_id;
    rows_end(&r);
    return tx_ok(tx);
}

int remote_piece_open(struct store *s, int64_t account, int64_t batch_id, int64_t *ids, int max, struct fault *f)
{
    struct work w = {.account = account, .batch_id = batch_id, .ids = ids, .max = max};
    return store_read(s, open_ones, &w, f) ? w.n : -1;
}

static bool last(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_remote_piece_last row = {DB_NULL};
    struct q_remote_piece_last in = {w->account, first_of(w->batch_id), last_of(w->batch_id), REMOTE_SENT, REMOTE_REFUSED};
    tx_first(tx, Q_REMOTE_PIECE_LAST, &in, &row);
    w->at = row.last_at;
    return tx_ok(tx);
}

bool remote_piece_last(struct store *s, int64_t account, int64_t batch_id, int64_t *at, struct fault *f)
{
    struct work w = {.account = account, .batch_id = batch_id};
    if (!store_read(s, last, &w, f)) return false;
    *at = w.at;
    return true;
}

static bool in_a_row(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_remote_piece_in_a_row row = {0};
    struct q_remote_piece_in_a_row in = {w->account,     first_of(w->batch_id), last_of(w->batch_id), REMOTE_CLAIMED,
                                         REMOTE_UNKNOWN, REMOTE_SENT,           REMOTE_REFUSED};
    tx_first(tx, Q_REMOTE_PIECE_IN_A_ROW, &in, &row);
    w->n = (int)row.n;
    return tx_ok(tx);
}

int remote_piece_in_a_row(struct store *s, int64_t account, int64_t batch_id, struct fault *f)
{
    struct work w = {.account = account, .batch_id = batch_id};
    return store_read(s, in_a_row, &w, f) ? w.n : -1;
}

bool remote_piece_forget(struct tx *tx, int64_t account, int64_t batch_id)
{
    struct q_remote_piece_forget in = {account, first_of(batch_id), last_of(batch_id), REMOTE_CLAIMED, REMOTE_UNKNOWN};
    return tx_run(tx, Q_REMOTE_PIECE_FORGET, &in, NULL);
}
