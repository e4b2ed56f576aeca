/* seat.c: seats pieces in open batches, and closes them. On the committer's thread only, so there is no lock. A failure leaves
 * memory as the last committed group left it. */
#include "mail/seat.h"
#include "mail/batch.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"

int64_t seat_due(const struct open_batch *b)
{
    return b->is_test ? b->touched_at + setting_int(SETTING_MAIL_TEST_GATHER_MS)
                      : b->opened_at + setting_int(SETTING_MAIL_GATHER_SECONDS) * 1000;
}

static bool seat_before_commit(struct participant *p, struct tx *tx)
{
    struct seat *s = (struct seat *)p;
    int64_t changed = 0;
    if (!s->now.batch_id) return true;
    struct q_batch_fill in = {s->account, s->now.batch_id, s->now.n, store_node(tx_store(tx)), seat_due(&s->now)};
    if (!tx_run(tx, Q_BATCH_FILL, &in, &changed)) return false;
    if (changed && !FAILPOINT("seat.fill.lost")) return true;
    s->is_lost = true;
    return tx_refuse(tx, FAULT_REMOTE, 0, "The batch %lld was closed by another node.", (long long)s->now.batch_id);
}

static void seat_ended(struct participant *p, bool committed)
{
    struct seat *s = (struct seat *)p;
    if (committed)
        s->committed = s->now;
    else
        s->now = s->is_lost ? (s->committed = (struct open_batch){0}) : s->committed;
    s->is_lost = false;
}

void seat_init(struct seat *s, int64_t account, int64_t drop_id)
{
    *s = (struct seat){
        .participant = {.before_commit = seat_before_commit, .ended = seat_ended}, .account = account, .drop_id = drop_id};
}

/* ---- taking ---- */

static bool open_batch(struct tx *tx, struct seat *s)
{
    struct r_drop_open drop;
    if (!tx_first(tx, Q_DROP_OPEN, &(struct q_drop_open){s->account, s->drop_id}, &drop))
        return tx_not_found(tx, "campaign", s->drop_id);
    struct open_batch b = {.opened_at = tx_now(tx), .touched_at = tx_now(tx), .is_test = !drop.is_live, .mid = drop.mid};
    struct batch_birth birth = {s->account, s->drop_id, drop.template_version, drop.mid, drop.stid, seat_due(&b), b.is_test};
    tx_join(tx, &s->participant);
    b.batch_id = batch_open(tx, &birth);
    if (b.batch_id) s->now = b;
    return b.batch_id != 0;
}

static bool close_now(struct tx *tx, struct seat *s)
{
    const struct open_batch *b = &s->now;
    if (!batch_close(tx, &(struct batch_closing){s->account, b->batch_id, b->mid, b->n, b->touched_at, b->is_test}))
        return false;
    s->now = (struct open_batch){0};
    return true;
}

bool seat_take(struct tx *tx, struct seat *s, int64_t *piece_id)
{
    if (!s->now.batch_id && !open_batch(tx, s)) return false;
    tx_join(tx, &s->participant);
    struct open_batch *b = &s->now;
    *piece_id = PIECE_ID(b->batch_id, b->n);
    b->n++;
    b->touched_at = tx_now(tx);
    ASSERT(b->n <= SEATS_A_BATCH);
    return b->n < limit_get(LIMIT_BATCH_MAX_PIECES) || close_now(tx, s);
}

/* ---- closing ---- */

/* A batch that is open in the database but not in this memory: a process ended with it open. */
static bool close_left_over(struct tx *tx, const struct seat *s, const struct r_batch_find *b)
{
    struct r_piece_last last = {.created_at = b->opened_at};
    struct q_piece_last in = {s->account, PIECE_ID(b->batch_id, 0), PIECE_ID(b->batch_id + 1, 0) - 1};
    tx_first(tx, Q_PIECE_LAST, &in, &last);
    ASSERT(b->n_pieces > 0); /* a batch is opened by the piece that needs it */
    struct batch_closing c = {s->account, b->batch_id, b->mid, b->n_pieces, last.created_at, b->is_test != 0};
    return tx_ok(tx) && batch_close(tx, &c);
}

static bool close_one(struct tx *tx, struct seat *s, int64_t batch_id, bool only_due, bool *closed)
{
    struct r_batch_find b;
    tx_join(tx, &s->participant);
    if (s->now.batch_id == batch_id) {
        if (only_due && seat_due(&s->now) > tx_now(tx)) return true;
        return *closed = close_now(tx, s);
    }
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){s->account, batch_id}, &b)) return tx_ok(tx);
    if (b.state != BATCH_OPEN || (only_due && b.due_at > tx_now(tx))) return true;
    return *closed = close_left_over(tx, s, &b);
}

bool seat_close_due(struct tx *tx, struct seat *s, int64_t batch_id, bool *closed)
{
    *closed = false;
    return close_one(tx, s, batch_id, true, closed);
}

bool seat_close_drop(struct tx *tx, struct seat *s)
{
    enum { AT_MOST = 64 };
    int64_t ids[AT_MOST];
    int n = 0;
    bool closed;
    struct r_batch_open_of_drop row;
    struct rows r = tx_rows(tx, Q_BATCH_OPEN_OF_DROP, &(struct q_batch_open_of_drop){s->account, s->drop_id});
    while (n < AT_MOST && rows_next(&r, &row)) ids[n++] = row.batch_id;
    rows_end(&r);
    for (int i = 0; i < n; i++)
        if (!close_one(tx, s, ids[i], false, &closed)) return false;
    return tx_ok(tx);
}
