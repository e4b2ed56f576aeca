/* handover.c: the due source that hands live batches over to their account's printer: Ready, HandingOver, HandedOver; see handover.h for
 * the rule. It also finds batches whose hand-over a crash cut off and resolves them, and lets the events of finished ones be written.
 * A printer that fails costs its own batches time and nobody else's. */
#include "mail/handover_private.h"
#include "mail/lease_keeper.h"
#include "mail/printer.h"
#include "mail/printer_turns.h"
#include "mail/remote_piece.h"
#include "mail/serial.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

#define BUSY_MS 2000                                 /* a batch whose printer is busy looks again */
enum { FROM_READY = 0, FROM_LOST = 1, TO_TELL = 2 }; /* due_item.sub_id */

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    int found = batch_find_due(tx, BATCH_READY, FROM_READY, now, items, n / 2, next_due);
    found += batch_find_due(tx, BATCH_HANDED_OVER, TO_TELL, now, items + found, (n - found) / 2, next_due);
    return found + batch_find_stale(tx, BATCH_HANDING_OVER, FROM_LOST, now, items + found, n - found);
}

/* One batch in work. */
struct work {
    struct mail *mail;
    struct due_item item;
    struct arena *arena;
    struct batch batch;
    struct batch_leaving leaving;
    bool is_claimed;
    int64_t turn; /* the printer whose turn this one holds; 0: none */
};

/* ---- claiming ---- */

static bool is_wanted(struct tx *tx, const struct work *w)
{
    struct r_account_find who;
    return tx_first(tx, Q_DROP_IS_THERE, &(struct q_drop_is_there){w->item.account_id, w->batch.drop_id}, NULL) &&
           tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){w->item.account_id}, &who);
}

static bool wait_for_printer(struct tx *tx, const struct work *w)
{
    struct str why =
        STR("This account has no printer: the batch waits until the operator grants it one (pennypost printer grant).");
    return tx_run(tx, Q_HANDOVER_WAIT, &(struct q_handover_wait){w->item.account_id, w->item.id, why}, NULL);
}

/* Pieces of it were sent through a connection, and its drop has none now: a printer that takes whole batches would print them again. */
static bool is_begun_elsewhere(struct tx *tx, const struct work *w, int64_t *connection_id)
{
    struct r_remote_piece_begun row;
    int64_t account = w->item.account_id, batch = w->item.id;
    struct q_remote_piece_begun in = {account, PIECE_ID(batch, 0), PIECE_ID(batch + 1, 0) - 1, REMOTE_REFUSED};
    if (tx_first(tx, Q_DROP_PRINTER_FIND, &(struct q_drop_printer_find){account, w->batch.drop_id}, NULL)) return false;
    if (!tx_first(tx, Q_REMOTE_PIECE_BEGUN, &in, &row)) return false;
    *connection_id = row.connection_id;
    return true;
}

static bool wait_for_connection(struct tx *tx, const struct work *w, int64_t connection_id)
{
    long long drop = w->batch.drop_id;
    struct str why =
        str_of(arena_printf(tx_arena(tx),
                            "Pieces of this batch were sent through connection %lld already, and must not be printed "
                            "twice: give the campaign a connection again (PUT /v1/drops/%lld/printer), and the others "
                            "are sent there.",
                            (long long)connection_id, drop));
    return tx_run(tx, Q_HANDOVER_WAIT, &(struct q_handover_wait){w->item.account_id, w->item.id, why}, NULL);
}

/* A claim that runs again holds its turn already. */
static bool take_turn(struct work *w, int64_t printer)
{
    if (w->turn == printer) return true;
    if (w->turn) printer_turn_give(w->mail->turns, w->turn);
    w->turn = printer_turn_take(w->mail->turns, printer) ? printer : 0;
    return w->turn != 0;
}

static bool postpone(struct tx *tx, const struct work *w)
{
    struct q_handover_postpone in = {w->item.account_id, w->item.id, tx_now(tx) + BUSY_MS};
    return tx_run(tx, Q_HANDOVER_POSTPONE, &in, NULL);
}

static bool keep_leaving(struct tx *tx, struct work *w)
{
    if (!tx_ok(tx)) return false;
    w->leaving.file = arena_str(w->arena, w->leaving.file);
    w->leaving.printer_job = arena_str(w->arena, w->leaving.printer_job);
    return w->is_claimed = true;
}

static bool claim(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_batch_find row;
    int64_t account = w->item.account_id, printer = 0, sent_by = 0;
    w->is_claimed = false;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, w->item.id}, &row)) return tx_ok(tx);
    w->batch = batch_row_read(w->arena, &row);
    if (w->batch.state == BATCH_HANDING_OVER && w->item.sub_id == FROM_LOST)
        return batch_take_over(tx, account, w->item.id, &w->leaving) ? keep_leaving(tx, w) : tx_ok(tx);
    if (w->batch.state != BATCH_READY || w->batch.is_test || w->batch.due_at == DB_NULL || w->batch.due_at > tx_now(tx))
        return true;
    if (!is_wanted(tx, w) || handover_is_recalled(tx, account, w->item.id))
        return tx_ok(tx) &&
               handover_take_back(w->mail, tx, account, &w->batch,
                                  STR("It was recalled: its campaign was deleted before it was handed over."), &sent_by);
    if (is_begun_elsewhere(tx, w, &sent_by)) return wait_for_connection(tx, w, sent_by);
    if (!(printer = printer_of(tx, account, w->batch.drop_id))) return tx_ok(tx) && wait_for_printer(tx, w);
    if (!take_turn(w, printer)) return postpone(tx, w);
    return batch_hand_over(tx, account, w->item.id, printer, &w->leaving) ? keep_leaving(tx, w) : tx_ok(tx);
}

/* ---- at the printer ---- */

struct mark {
    const struct work *work;
    struct str job;
};

static bool mark_leaving(struct tx *tx, void *arg)
{
    const struct mark *m = arg;
    const struct batch_leaving *l = &m->work->leaving;
    int64_t changed = 0;
    struct q_handover_leaving in = {l->account, l->batch_id, store_node(tx_store(tx)),
                                    l->attempt, m->job,      tx_now(tx) + lease_ms()};
    if (!tx_run(tx, Q_HANDOVER_LEAVING, &in, &changed)) return false;
    return changed ? true
                   : tx_refuse(tx, FAULT_REMOTE, 0, "The lease of batch %lld was lost before it left.", (long long)l->batch_id);
}

static bool leaving(struct handover *h, struct str job, struct fault *f)
{
    const struct work *w = h->ctx;
    if (!store_write(w->mail->store, mark_leaving, &(struct mark){w, job}, f)) return false;
    return !FAILPOINT("handover.leaving.after") || fault_operator(f, "the failpoint handover.leaving.after was hit");
}

static bool renew(struct tx *tx, void *arg)
{
    const struct batch_leaving *l = &((const struct work *)arg)->leaving;
    struct q_handover_renew in = {l->account, l->batch_id, store_node(tx_store(tx)), l->attempt, tx_now(tx) + lease_ms()};
    return tx_run(tx, Q_HANDOVER_RENEW, &in, NULL);
}

static const char *name_of(struct work *w)
{
    const char *file = arena_strz(w->arena, w->leaving.file.ptr), *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

static enum handover_result call_printer(struct work *w, struct handover *h)
{
    struct printer_at at = {w->leaving.printer_id, w->item.account_id, w->batch.drop_id};
    enum handover_result result = w->leaving.printer_job.ptr ? HANDOVER_UNKNOWN : HANDOVER_NOT_PRINTED;
    struct json_parser *p = json_parser_create(); /* holds the settings while the printer is at work */
    h->printer = printer_face(w->mail, w->arena, &at, p, &h->settings, &h->why);
    if (h->printer) result = w->item.sub_id == FROM_LOST ? h->printer->ask(h) : h->printer->hand_over(h);
    json_parser_destroy(&p);
    return result;
}

static enum handover_result go(struct work *w, struct handover *h)
{
    struct lease_keeper keeper;
    *h = (struct handover){.arena = w->arena,
                           .account = w->item.account_id,
                           .batch_id = w->item.id,
                           .attempt = (int)w->leaving.attempt,
                           .package = mail_path(w->mail, w->arena, "%.*s", STR_ARG(w->leaving.file)),
                           .name = name_of(w),
                           .job = w->leaving.printer_job,
                           .ctx = w,
                           .leaving = leaving};
    if (w->item.sub_id == FROM_LOST && !w->leaving.printer_job.ptr) {
        fault_operator(&h->why, "The server ended before anything had left.");
        return HANDOVER_NOT_PRINTED;
    }
    lease_keeper_init(&keeper, w->mail->store, renew, w, "batch", w->item.id);
    enum handover_result result = call_printer(w, h);
    lease_keeper_finish(&keeper);
    return result;
}

/* ---- what came of it ---- */

struct ending {
    struct work *work;
    const struct handover *handover;
    enum handover_result result;
};

bool handover_on_paper(struct mail *m, struct tx *tx, int64_t account, int64_t batch_id)
{
    struct r_batch_find row;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, batch_id}, &row))
        return tx_not_found(tx, "batch", batch_id);
    struct batch b = batch_row_read(tx_arena(tx), &row);
    int64_t free_at = tx_now(tx) + limit_get(LIMIT_SERIAL_REST_DAYS) * 86400000;
    return serial_run_rest(tx, b.mid, b.first_serial, batch_id, free_at) && handover_tell(m, tx, account, &b);
}

static bool end(struct tx *tx, void *arg)
{
    const struct ending *e = arg;
    const struct work *w = e->work;
    const struct batch_leaving *l = &w->leaving;
    int64_t now = tx_now(tx);
    struct str why = str_of(e->handover->why.text);
    if (e->result == HANDOVER_DONE)
        return batch_handed(tx, l, BATCH_HANDED_OVER, now, e->handover->done_job, STR_NULL) &&
               handover_on_paper(w->mail, tx, l->account, l->batch_id);
    if (e->result == HANDOVER_UNKNOWN) return batch_handed(tx, l, BATCH_UNKNOWN, DB_NULL, l->printer_job, why);
    if (e->result == HANDOVER_PARTLY)
        return batch_handed(tx, l, BATCH_READY, e->handover->again_at ? e->handover->again_at : retry_due(now, (int)l->attempt),
                            STR_NULL, why.len ? why : STR_NULL);
    bool is_again = w->item.sub_id == FROM_LOST; /* the server's failure, not the printer's */
    return batch_handed(tx, l, BATCH_READY, is_again ? now : retry_due(now, (int)l->attempt), STR_NULL, why);
}

static void tell_log(const struct work *w, const struct ending *e)
{
    long long batch = w->item.id;
    if (e->result == HANDOVER_DONE || (e->result == HANDOVER_PARTLY && !e->handover->why.text[0])) return;
    if (e->result == HANDOVER_UNKNOWN)
        log_error(
            "mail",
            "Whether batch %lld was printed is not known: %s Look, then: pennypost batch resolve %lld printed|not_printed",
            batch, e->handover->why.text, batch);
    else if (w->item.sub_id == FROM_LOST && e->result == HANDOVER_NOT_PRINTED)
        log_info("mail", "batch %lld had not left when the server ended; it is handed over again", batch);
    else
        log_warning("mail", "Batch %lld was not handed over (attempt %lld): %s", batch, (long long)w->leaving.attempt,
                    e->handover->why.text);
}

static void work(struct work *w)
{
    struct fault f;
    struct handover h;
    if (!store_write(w->mail->store, claim, w, &f)) {
        log_error("mail", "The hand-over of batch %lld could not be begun: %s", (long long)w->item.id, f.text);
        return;
    }
    if (!w->is_claimed) return;
    (void)FAILPOINT("handover.claim.after");
    struct ending e = {w, &h, go(w, &h)};
    (void)FAILPOINT("handover.printer.after");
    if (!store_write(w->mail->store, end, &e, &f)) {
        log_error("mail", "What came of handing over batch %lld was not stored; it is asked for later: %s",
                  (long long)w->item.id, f.text);
        return;
    }
    (void)FAILPOINT("handover.end.after");
    tell_log(w, &e);
    if (e.result == HANDOVER_DONE) handover_tell_rest(w->mail, w->item.account_id, w->item.id);
}

static void run(void *ctx, struct due_item item)
{
    struct work w = {.mail = ctx, .item = item};
    if (item.sub_id == TO_TELL) {
        handover_tell_rest(ctx, item.account_id, item.id);
        return;
    }
    w.arena = arena_create(16 << 10);
    work(&w);
    if (w.turn) printer_turn_give(w.mail->turns, w.turn);
    if (item.sub_id == FROM_READY && w.batch.is_test) handover_tell_rest(ctx, item.account_id, item.id);
    arena_destroy(&w.arena);
}

void handover_source_add(struct mail *m)
{
    int n = (int)limit_get(LIMIT_HANDOVER_THREADS);
    m->turns = printer_turns_create(n);
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_HANDOVER, .n_threads = n, .find = find, .run = run, .ctx = m});
}

/* ---- what a person says ---- */

struct decision {
    struct mail *mail;
    int64_t account, batch_id;
    bool was_printed;
};

/* What was not printed after all of a batch that was recalled meanwhile is recalled too. */
static bool take_back(struct tx *tx, const struct decision *d)
{
    int64_t n;
    struct r_batch_find row;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){d->account, d->batch_id}, &row)) return false;
    struct batch b = batch_row_read(tx_arena(tx), &row);
    return handover_take_back(d->mail, tx, d->account, &b, STR("It was recalled."), &n);
}

static bool decide(struct tx *tx, void *arg)
{
    const struct decision *d = arg;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){d->account, d->batch_id}, &(struct r_batch_find){0}))
        return tx_not_found(tx, "batch", d->batch_id);
    bool is_recalled = handover_is_recalled(tx, d->account, d->batch_id);
    if (!batch_decide(tx, d->account, d->batch_id, d->was_printed ? BATCH_HANDED_OVER : BATCH_READY)) return false;
    if (d->was_printed) return handover_on_paper(d->mail, tx, d->account, d->batch_id);
    return remote_piece_forget(tx, d->account, d->batch_id) && (!is_recalled || take_back(tx, d));
}

bool handover_resolve(struct mail *m, int64_t account, int64_t batch_id, bool was_printed, struct fault *f)
{
    struct decision d = {m, account, batch_id, was_printed};
    bool ok = store_write(m->store, decide, &d, f);
    if (ok) jobs_wake(m->jobs, SOURCE_HANDOVER);
    return ok;
}
