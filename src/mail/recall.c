/* recall.c: see recall.h. Each batch is one unit, which looks at the batch's state as it is then: the press claims a batch in a unit too, so
 * a piece is either recalled or printed. */
#include "mail/recall.h"
#include "mail/batch.h"
#include "mail/batch_row.h"
#include "mail/drop_cache.h"
#include "mail/handover_private.h"
#include "mail/piece_row.h"
#include "base/log.h"
#include "base/settings.h"

struct recall {
    struct mail *mail;
    int64_t account, id, batch_id, n;
    bool is_account, is_over;
};

static bool batch_of(struct tx *tx, int64_t account, int64_t batch_id, struct batch *out)
{
    struct r_batch_find row;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, batch_id}, &row))
        return tx_not_found(tx, "batch", batch_id);
    *out = batch_row_read(tx_arena(tx), &row);
    return true;
}

/* An earlier try of the press may have marked its address as mailed. */
static bool give_back(struct tx *tx, int64_t account, int64_t from_id, int64_t to_id)
{
    return tx_run(tx, Q_MAILED_GIVE_BACK_RANGE, &(struct q_mailed_give_back_range){account, from_id, to_id}, NULL);
}

static bool one_piece(struct tx *tx, void *arg)
{
    const struct recall *c = arg;
    struct r_piece_find p;
    struct batch b;
    if (!tx_first(tx, Q_PIECE_FIND, &(struct q_piece_find){c->account, c->id}, &p)) return tx_not_found(tx, "piece", c->id);
    if (p.state == PIECE_CANCELLED) return true;
    if (!batch_of(tx, c->account, PIECE_BATCH(c->id), &b)) return false;
    if (p.state != PIECE_SEATED)
        return tx_refuse(tx, FAULT_USER, 409, "Piece %lld cannot be recalled: it is %s.", (long long)c->id,
                         piece_state_word((enum piece_state)p.state));
    if (b.state != BATCH_OPEN && b.state != BATCH_CLOSED)
        return tx_refuse(tx, FAULT_USER, 409, "Piece %lld can be recalled no more: its batch is %s.", (long long)c->id,
                         batch_state_word(b.state));
    return piece_cancel(tx, c->account, c->id, c->id, NULL) && give_back(tx, c->account, c->id, c->id);
}

bool recall_piece(struct mail *m, int64_t account, int64_t piece_id, struct fault *f)
{
    return store_write(m->store, one_piece, &(struct recall){.mail = m, .account = account, .id = piece_id}, f);
}

/* ---- many ---- */

static bool one_batch(struct tx *tx, void *arg)
{
    struct recall *c = arg;
    struct batch b;
    int64_t n = 0, from = PIECE_ID(c->batch_id, 0), to = PIECE_ID(c->batch_id + 1, 0) - 1;
    c->n = 0;
    if (!batch_of(tx, c->account, c->batch_id, &b)) return false;
    bool is_waiting = b.state == BATCH_OPEN || b.state == BATCH_CLOSED, is_written = !is_waiting && !b.is_test;
    if (is_written) return handover_take_back(c->mail, tx, c->account, &b, STR("It was recalled."), &c->n);
    if (!is_waiting) return true;
    if (!piece_cancel(tx, c->account, from, to, &n) || !give_back(tx, c->account, from, to)) return false;
    c->n = n;
    return b.state == BATCH_OPEN || batch_cancel(tx, c->account, &b, STR("It was recalled."));
}

static bool next_batch(struct tx *tx, void *arg)
{
    struct recall *c = arg;
    struct r_recall_of_drop row;
    struct q_recall_of_drop in = {c->account, c->id, c->is_account, c->batch_id};
    c->is_over = !tx_first(tx, Q_RECALL_OF_DROP, &in, &row);
    if (!c->is_over) c->batch_id = row.batch_id;
    return tx_ok(tx);
}

static bool run_all(struct recall *c, int64_t *n, struct fault *f)
{
    struct store *s = c->mail->store;
    int64_t total = 0;
    for (;;) {
        if (!store_read(s, next_batch, c, f)) return false;
        if (c->is_over) break;
        if (!store_write(s, one_batch, c, f)) return false;
        total += c->n;
    }
    *n = total;
    jobs_wake(c->mail->jobs, SOURCE_HANDOVER); /* the events of what was sent before */
    return true;
}

static bool find_drop(struct tx *tx, void *arg)
{
    struct recall *c = arg;
    struct r_drop_find row;
    if (tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){c->account, c->id}, &row)) return (c->id = row.drop_id) != 0;
    return tx_first(tx, Q_DROP_PRINTED, &(struct q_drop_printed){c->account, c->id}, &row) ||
           tx_not_found(tx, "campaign", c->id);
}

bool recall_drop(struct mail *m, int64_t account, int64_t drop_id, int64_t *n, struct fault *f)
{
    struct recall c = {.mail = m, .account = account, .id = drop_id};
    return store_read(m->store, find_drop, &c, f) && run_all(&c, n, f);
}

bool recall_account(struct mail *m, int64_t account, int64_t *n, struct fault *f)
{
    return run_all(&(struct recall){.mail = m, .account = account, .is_account = true}, n, f);
}

int64_t recall_until(const struct batch *b, const struct piece *p)
{
    if (b->is_test || p->state != PIECE_SEATED || batch_is_held(b)) return DB_NULL;
    if (b->state == BATCH_OPEN) return batch_render_due(false, p->created_at, 0); /* or later: its batch waits for more */
    return b->state == BATCH_CLOSED ? b->due_at : DB_NULL;
}

/* ---- held batches ---- */

static bool let_go(struct tx *tx, void *arg)
{
    const struct recall *c = arg;
    struct batch b;
    if (!batch_of(tx, c->account, c->batch_id, &b)) return false;
    struct drop_ref *ref = drop_cache_of(c->mail->drops, c->account, b.drop_id);
    return seat_release(tx, &ref->seat, c->batch_id);
}

bool batch_let_go(struct mail *m, int64_t account, int64_t batch_id, struct fault *f)
{
    bool ok = store_write(m->store, let_go, &(struct recall){.mail = m, .account = account, .batch_id = batch_id}, f);
    if (ok) jobs_wake(m->jobs, SOURCE_RENDER);
    return ok;
}
