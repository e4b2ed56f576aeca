/* handover_recall.c: the recall of a batch whose file is written (handover_private.h). A printer that takes a batch as a whole leaves two cases:
 * nothing of it has left, or all. One that takes pieces one by one (mail/remote_piece.h) leaves a third: some are mail that is on its way, and
 * nobody can take them back; they must be told of like any other. The others are recalled, and the batch ends without them. */
#include "mail/handover_private.h"
#include "mail/piece_row.h"
#include "mail/remote_piece.h"
#include "mail/serial.h"

enum { SHOWN = 10 };

static int64_t first_of(const struct batch *b) { return PIECE_ID(b->batch_id, 0); }
static int64_t last_of(const struct batch *b) { return PIECE_ID(b->batch_id + 1, 0) - 1; }

bool handover_is_recalled(struct tx *tx, int64_t account, int64_t batch_id)
{
    return tx_first(tx, Q_BATCH_RECALLED, &(struct q_batch_recalled){account, batch_id}, NULL);
}

/* The connection that it was begun through; 0: nothing of it was sent. */
static int64_t begun_through(struct tx *tx, int64_t account, const struct batch *b)
{
    struct r_remote_piece_begun row;
    struct q_remote_piece_begun in = {account, first_of(b), last_of(b), REMOTE_REFUSED};
    return tx_first(tx, Q_REMOTE_PIECE_BEGUN, &in, &row) ? row.connection_id : 0;
}

/* Under way to the drop's own printer, which takes it piece by piece? */
static bool is_piecewise(struct tx *tx, int64_t account, const struct batch *b)
{
    struct r_drop_printer_find own;
    struct q_drop_printer_find in = {account, b->drop_id};
    return begun_through(tx, account, b) ||
           (tx_ok(tx) && tx_first(tx, Q_DROP_PRINTER_FIND, &in, &own) && own.connection_id == b->printer_id);
}

/* The numbers of pieces of which nobody knows, in a sentence; STR_NULL: all are known. */
static struct str unknown_ones(struct tx *tx, int64_t account, const struct batch *b)
{
    struct r_remote_piece_open row;
    struct q_remote_piece_open in = {account, first_of(b), last_of(b), REMOTE_CLAIMED, REMOTE_UNKNOWN, SHOWN + 1};
    struct rows r = tx_rows(tx, Q_REMOTE_PIECE_OPEN, &in);
    const char *list = "";
    int n = 0;
    for (; rows_next(&r, &row); n++)
        if (n < SHOWN) list = arena_printf(tx_arena(tx), "%s%s%lld", list, n ? ", " : "", (long long)row.piece_id);
    rows_end(&r);
    if (!n) return STR_NULL;
    return str_of(arena_printf(tx_arena(tx),
                               "It was recalled while it was sent, and whether the pieces %s%s were made is not known. Look at "
                               "the campaign there.",
                               list, n > SHOWN ? " and more" : ""));
}

static bool end_begun(struct mail *m, struct tx *tx, int64_t account, const struct batch *b, int64_t connection)
{
    struct batch with_job = *b;
    with_job.printer_job = str_of(arena_printf(tx_arena(tx), "connection %lld", (long long)connection));
    struct str why = unknown_ones(tx, account, b);
    if (!tx_ok(tx)) return false;
    if (why.ptr) return batch_end_recalled(tx, account, &with_job, BATCH_UNKNOWN, why);
    return batch_end_recalled(tx, account, &with_job, BATCH_HANDED_OVER, STR_NULL) &&
           handover_on_paper(m, tx, account, b->batch_id);
}

static bool give_back(struct tx *tx, int64_t account, const struct batch *b)
{
    struct q_mailed_give_back_range in = {account, first_of(b), last_of(b)};
    return tx_run(tx, Q_MAILED_GIVE_BACK_RANGE, &in, NULL);
}

bool handover_take_back(struct mail *m, struct tx *tx, int64_t account, const struct batch *b, struct str why, int64_t *n)
{
    *n = 0;
    bool is_ready = b->state == BATCH_READY;
    if (b->is_test || (!is_ready && b->state != BATCH_HANDING_OVER)) return true;
    if (!is_ready && !is_piecewise(tx, account, b)) return tx_ok(tx);
    if (!piece_cancel(tx, account, first_of(b), last_of(b), n) || !give_back(tx, account, b)) return false;
    int64_t connection = begun_through(tx, account, b);
    if (is_ready && !connection) return tx_ok(tx) && batch_cancel(tx, account, b, why);
    struct q_batch_recall mark = {account, b->batch_id, tx_now(tx), *n};
    return tx_run(tx, Q_BATCH_RECALL, &mark, NULL) && (!is_ready || end_begun(m, tx, account, b, connection));
}
