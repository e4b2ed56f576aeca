/* seat.c: seats pieces in open batches, and closes them. On the committer's thread only, so there is no lock. A failure leaves
 * memory as the last committed group left it. */
#include "mail/seat.h"
#include "mail/batch.h"
#include "mail/daily_cap.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"

int64_t seat_due(const struct open_batch *b)
{
    if (b->is_held) return DB_NULL;
    return b->is_test ? b->touched_at + setting_int(SETTING_MAIL_TEST_GATHER_MS)
                      : b->opened_at + setting_int(SETTING_MAIL_GATHER_SECONDS) * 1000;
}

static bool seat_before_commit(struct participant *p, struct tx *tx)
{
    struct seat *s = (struct seat *)p;
    for (int i = 0; i < SEAT_ROWS; i++) {
        const struct open_batch *b = &s->now[i];
        int64_t changed = 0;
        if (!b->batch_id) continue;
        struct q_batch_fill in = {s->account, b->batch_id, b->n, store_node(tx_store(tx)), seat_due(b)};
        if (!tx_run(tx, Q_BATCH_FILL, &in, &changed)) return false;
        if (changed && !FAILPOINT("seat.fill.lost")) continue;
        s->is_lost = true;
        return tx_refuse(tx, FAULT_REMOTE, 0, "The batch %lld was closed by another node.", (long long)b->batch_id);
    }
    return true;
}

static void seat_ended(struct participant *p, bool committed)
{
    struct seat *s = (struct seat *)p;
    if (s->is_lost && !committed) memset(s->committed, 0, sizeof s->committed);
    if (committed)
        memcpy(s->committed, s->now, sizeof s->now);
    else
        memcpy(s->now, s->committed, sizeof s->now);
    s->is_lost = false;
}

void seat_init(struct seat *s, int64_t account, int64_t drop_id, struct daily_caps *caps)
{
    *s = (struct seat){.participant = {.before_commit = seat_before_commit, .ended = seat_ended},
                       .account = account,
                       .drop_id = drop_id,
                       .caps = caps};
}

/* ---- taking ---- */

static bool read_drop(struct tx *tx, const struct seat *s, struct r_drop_open *drop)
{
    return tx_first(tx, Q_DROP_OPEN, &(struct q_drop_open){s->account, s->drop_id}, drop) ||
           tx_not_found(tx, "campaign", s->drop_id);
}

static bool open_batch(struct tx *tx, struct seat *s, enum seat_row row)
{
    struct r_drop_open drop;
    if (!read_drop(tx, s, &drop)) return false;
    struct open_batch b = {.opened_at = tx_now(tx),
                           .touched_at = tx_now(tx),
                           .is_test = !drop.is_live,
                           .is_held = row == ROW_HELD,
                           .mid = drop.mid,
                           .campaign_id = drop.campaign_id};
    struct batch_birth birth = {s->account, s->drop_id, drop.template_version, drop.mid, drop.stid, seat_due(&b), b.is_test};
    tx_join(tx, &s->participant);
    b.batch_id = batch_open(tx, &birth);
    if (b.batch_id) s->now[row] = b;
    return b.batch_id != 0;
}

static bool close_row(struct tx *tx, struct seat *s, enum seat_row row, bool is_held)
{
    const struct open_batch *b = &s->now[row];
    struct batch_closing c = {s->account, b->batch_id, b->mid, b->n, b->touched_at, b->is_test, is_held};
    if (!batch_close(tx, &c)) return false;
    s->now[row] = (struct open_batch){0};
    return true;
}

/* What is open of a drop is of its present mode: a change of the drop closes it. */
static bool choose_row(struct tx *tx, struct seat *s, const char *key, enum seat_row *row)
{
    const struct open_batch *b = s->now[ROW_GATHERING].batch_id ? &s->now[ROW_GATHERING] : &s->now[ROW_HELD];
    struct r_drop_open drop = {.is_live = !b->is_test, .campaign_id = b->campaign_id};
    bool is_above = false;
    if (!b->batch_id && !read_drop(tx, s, &drop)) return false;
    if (drop.is_live && !daily_cap_take(tx, s->caps, s->account, drop.campaign_id, key, 1, &is_above)) return false;
    *row = is_above ? ROW_HELD : ROW_GATHERING;
    return true;
}

bool seat_take(struct tx *tx, struct seat *s, const char *key, int64_t *piece_id)
{
    enum seat_row row;
    if (!choose_row(tx, s, key, &row) || (!s->now[row].batch_id && !open_batch(tx, s, row))) return false;
    tx_join(tx, &s->participant);
    struct open_batch *b = &s->now[row];
    *piece_id = PIECE_ID(b->batch_id, b->n);
    b->n++;
    b->touched_at = tx_now(tx);
    ASSERT(b->n <= SEATS_A_BATCH);
    return b->n < limit_get(LIMIT_BATCH_MAX_PIECES) || close_row(tx, s, row, row == ROW_HELD);
}

/* ---- closing ---- */

/* A batch that is open in the database but not in this memory: a process ended with it open. */
static bool close_left_over(struct tx *tx, const struct seat *s, const struct r_batch_find *b, bool is_held)
{
    struct r_piece_last last = {.created_at = b->opened_at};
    struct q_piece_last in = {s->account, PIECE_ID(b->batch_id, 0), PIECE_ID(b->batch_id + 1, 0) - 1};
    tx_first(tx, Q_PIECE_LAST, &in, &last);
    ASSERT(b->n_pieces > 0); /* a batch is opened by the piece that needs it */
    struct batch_closing c = {s->account, b->batch_id, b->mid, b->n_pieces, last.created_at, b->is_test != 0, is_held};
    return tx_ok(tx) && batch_close(tx, &c);
}

static bool close_one(struct tx *tx, struct seat *s, int64_t batch_id, bool only_due, bool *closed)
{
    struct r_batch_find b;
    tx_join(tx, &s->participant);
    for (enum seat_row row = 0; row < SEAT_ROWS; row++) {
        if (s->now[row].batch_id != batch_id) continue;
        if (only_due && (row == ROW_HELD || seat_due(&s->now[row]) > tx_now(tx))) return true;
        return *closed = close_row(tx, s, row, row == ROW_HELD);
    }
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){s->account, batch_id}, &b)) return tx_ok(tx);
    if (b.state != BATCH_OPEN || (only_due && (b.due_at == DB_NULL || b.due_at > tx_now(tx)))) return true;
    return *closed = close_left_over(tx, s, &b, b.due_at == DB_NULL);
}

bool seat_release(struct tx *tx, struct seat *s, int64_t batch_id)
{
    struct r_batch_find b;
    if (s->now[ROW_HELD].batch_id == batch_id) {
        tx_join(tx, &s->participant);
        s->now[ROW_HELD].touched_at = tx_now(tx);
        return close_row(tx, s, ROW_HELD, false);
    }
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){s->account, batch_id}, &b))
        return tx_not_found(tx, "batch", batch_id);
    if (b.due_at != DB_NULL || (b.state != BATCH_OPEN && b.state != BATCH_CLOSED))
        return tx_refuse(tx, FAULT_USER, 409, "Batch %lld is not held: it is %s.", (long long)batch_id,
                         batch_state_word((enum batch_state)b.state));
    if (b.state == BATCH_OPEN) return close_left_over(tx, s, &b, false);
    return batch_release(tx, s->account, batch_id);
}

bool seat_close_due(struct tx *tx, struct seat *s, int64_t batch_id, bool *closed)
{
    *closed = false;
    return close_one(tx, s, batch_id, true, closed);
}

static int read_open(struct tx *tx, const struct seat *s, int64_t *ids, int max)
{
    int n = 0;
    struct r_batch_open_of_drop row;
    struct rows r = tx_rows(tx, Q_BATCH_OPEN_OF_DROP, &(struct q_batch_open_of_drop){s->account, s->drop_id});
    while (n < max && rows_next(&r, &row)) ids[n++] = row.batch_id;
    rows_end(&r);
    return n;
}

bool seat_close_drop(struct tx *tx, struct seat *s)
{
    enum { AT_ONCE = 64 };
    int64_t ids[AT_ONCE];
    bool closed;
    int n;
    do {
        n = read_open(tx, s, ids, AT_ONCE);
        for (int i = 0; i < n; i++)
            if (!close_one(tx, s, ids[i], false, &closed)) return false;
    } while (n == AT_ONCE);
    return tx_ok(tx);
}
