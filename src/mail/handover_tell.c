/* handover_tell.c: one MailPieceCreated per piece of a batch that was handed over, or, in test mode, that is Ready. In units of event.per_unit,
 * each of which moves the cursor (batch.n_told) with the events it wrote: a crash neither forgets nor repeats one. The first unit is the
 * move itself. */
#include "mail/handover_private.h"
#include "mail/stat.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "outbox/event.h"
#include "postal/status.h"

static int read_pieces(struct tx *tx, int64_t account, const struct batch *b, struct r_piece_to_tell *out, int max)
{
    int n = 0;
    struct q_piece_to_tell in = {account, PIECE_ID(b->batch_id, b->n_told), PIECE_ID(b->batch_id + 1, 0) - 1, max};
    struct rows r = tx_rows(tx, Q_PIECE_TO_TELL, &in);
    while (n < max && rows_next(&r, &out[n])) n++;
    rows_end(&r);
    return n;
}

static bool emit(struct mail *m, struct tx *tx, int64_t account, const struct batch *b, const struct r_piece_to_tell *p)
{
    struct event e = {.account_id = account,
                      .source = EVENT_DROP,
                      .source_id = b->drop_id,
                      .code = STATUS_CREATED,
                      .is_test = b->is_test,
                      .hops = source_ref_hops(p->source_ref),
                      .subject_id = p->piece_id,
                      .person_id = p->contact_id,
                      .happened_at = b->is_test ? b->due_at : b->handed_over_at};
    return (!m->outbox || event_emit(m->outbox, tx, &e)) &&
           stat_add(m, tx, account, b->drop_id, STATUS_CREATED, b->is_test, e.happened_at, 1);
}

bool handover_tell(struct mail *m, struct tx *tx, int64_t account, const struct batch *b)
{
    int max = (int)limit_get(LIMIT_EVENT_PER_UNIT);
    struct r_piece_to_tell *pieces = ARENA_ARRAY(tx_arena(tx), struct r_piece_to_tell, max);
    ASSERT(b->is_test ? b->state == BATCH_READY : b->state == BATCH_HANDED_OVER);
    int n = read_pieces(tx, account, b, pieces, max);
    for (int i = 0; i < n && tx_ok(tx); i++) emit(m, tx, account, b, &pieces[i]);
    if (!tx_ok(tx)) return false;
    bool is_over = n < max;
    int64_t changed = 0, n_told = is_over ? b->n_pieces : PIECE_SEAT(pieces[n - 1].piece_id) + 1;
    struct q_batch_told in = {account, b->batch_id, n_told, is_over ? DB_NULL : b->due_at, b->n_told};
    if (!tx_run(tx, Q_BATCH_TOLD, &in, &changed)) return false;
    return changed ? true : tx_refuse(tx, FAULT_REMOTE, 0, "Batch %lld is told of by somebody else.", (long long)b->batch_id);
}

struct rest {
    struct mail *mail;
    int64_t account, batch_id;
    bool is_over;
};

static bool tell_more(struct tx *tx, void *arg)
{
    struct rest *t = arg;
    struct r_batch_find row;
    t->is_over = true;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){t->account, t->batch_id}, &row)) return tx_ok(tx);
    struct batch b = batch_row_read(tx_arena(tx), &row);
    bool is_due = b.due_at != DB_NULL && (b.is_test ? b.state == BATCH_READY : b.state == BATCH_HANDED_OVER);
    if (!is_due) return true;
    t->is_over = false;
    return handover_tell(t->mail, tx, t->account, &b);
}

void handover_tell_rest(struct mail *m, int64_t account, int64_t batch_id)
{
    struct fault f;
    struct rest t = {.mail = m, .account = account, .batch_id = batch_id};
    while (!t.is_over) {
        if (!store_write(m->store, tell_more, &t, &f)) {
            log_error("mail", "The events of batch %lld were not written: %s", (long long)batch_id, f.text);
            return;
        }
        (void)FAILPOINT("handover.tell.after");
    }
}
