/* batch.c: the states of a batch and its moves. Called inside units by sends, closings, smart sends and renderings. A move that
 * is not in the table is a bug and ends the process; a move that the database refuses (somebody was faster) is told. */
#include "mail/batch.h"
#include "mail/piece_row.h"
#include "mail/serial.h"
#include "base/log.h"
#include "base/settings.h"

#define TO(state) (1u << BATCH_##state)
static const unsigned moves[BATCH_STATES] = {
    [BATCH_OPEN] = TO(CLOSED),
    [BATCH_CLOSED] = TO(RENDERING) | TO(CANCELLED),
    [BATCH_RENDERING] = TO(READY) | TO(CLOSED) | TO(FAILED),
    [BATCH_READY] = TO(HANDING_OVER) | TO(CANCELLED) | TO(HANDED_OVER) | TO(UNKNOWN),
    [BATCH_HANDING_OVER] = TO(HANDED_OVER) | TO(READY) | TO(UNKNOWN),
    [BATCH_UNKNOWN] = TO(READY) | TO(HANDED_OVER),
};
#undef TO

static const char *const words[BATCH_STATES] = {"open",        "closed", "rendering", "ready",  "handing over",
                                                "handed over", "done",   "cancelled", "failed", "unknown"};

const char *batch_state_word(enum batch_state s)
{
    ASSERT(s >= 0 && s < BATCH_STATES);
    return words[s];
}

/* Every move passes here. */
static void move(enum batch_state from, enum batch_state to) { ASSERT(moves[from] & 1u << to); }

/* ---- finding work ---- */

int batch_find_due(struct tx *tx, enum batch_state state, int64_t sub_id, int64_t now, struct due_item *items, int n,
                   int64_t *next_due)
{
    struct r_batch_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_BATCH_DUE, &(struct q_batch_due){state, n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            if (row.due_at < *next_due) *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.batch_id, sub_id};
    }
    rows_end(&r);
    return found;
}

int batch_find_stale(struct tx *tx, enum batch_state state, int64_t sub_id, int64_t now, struct due_item *items, int n)
{
    struct r_batch_stale row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_BATCH_STALE, &(struct q_batch_stale){state, now, n});
    while (found < n && rows_next(&r, &row)) items[found++] = (struct due_item){row.account_id, row.batch_id, sub_id};
    rows_end(&r);
    return found;
}

/* ---- open, closed, rendered ---- */

int64_t batch_render_due(bool is_test, int64_t newest_at, int64_t now)
{
    return is_test ? now : newest_at + setting_int(SETTING_MAIL_RECALL_MINUTES) * 60000;
}

static bool insert(struct tx *tx, const struct batch_birth *b, int64_t batch_id, enum batch_state state, int64_t n,
                   int64_t first_serial)
{
    struct q_batch_insert in = {
        .account_id = b->account,
        .batch_id = batch_id,
        .drop_id = b->drop_id,
        .state = state,
        .is_test = b->is_test,
        .n_pieces = n,
        .template_version = b->template_version,
        .mid = b->mid == DB_NULL ? ACCOUNT_DEMONSTRATION_MID : b->mid,
        .stid = b->stid,
        .first_serial = first_serial,
        .opened_at = tx_now(tx),
        .due_at = b->due_at,
        .lease_node = state == BATCH_OPEN ? store_node(tx_store(tx)) : DB_NULL,
    };
    return tx_run(tx, Q_BATCH_INSERT, &in, NULL);
}

static int64_t next_number(struct tx *tx)
{
    int64_t id = tx_next_id(tx, ID_BATCH);
    if (id <= BATCH_MOST) return id;
    tx_refuse(tx, FAULT_OPERATOR, 0, "This house has made its %lld batches: another house must take the mail that follows.",
              BATCH_MOST);
    return 0;
}

int64_t batch_open(struct tx *tx, const struct batch_birth *b)
{
    int64_t id = next_number(tx);
    return id && insert(tx, b, id, BATCH_OPEN, 0, DB_NULL) ? id : 0;
}

int64_t batch_make_closed(struct tx *tx, const struct batch_birth *b, int64_t n)
{
    int64_t id = next_number(tx), first;
    move(BATCH_OPEN, BATCH_CLOSED);
    if (!id || !serial_run_take(tx, &(struct serial_want){b->account, id, b->mid, n, b->is_test}, &first)) return 0;
    return insert(tx, b, id, BATCH_CLOSED, n, first) ? id : 0;
}

bool batch_close(struct tx *tx, const struct batch_closing *c)
{
    int64_t first, changed = 0;
    move(BATCH_OPEN, BATCH_CLOSED);
    if (!serial_run_take(tx, &(struct serial_want){c->account, c->batch_id, c->mid, c->n, c->is_test}, &first)) return false;
    struct q_batch_close in = {
        .account_id = c->account,
        .batch_id = c->batch_id,
        .n_pieces = c->n,
        .due_at = c->is_held ? DB_NULL : batch_render_due(c->is_test, c->newest_at, tx_now(tx)),
        .first_serial = first,
        .last_error = first == DB_NULL ? STR("The mailer id has no free serial numbers.") : STR_NULL,
    };
    if (!tx_run(tx, Q_BATCH_CLOSE, &in, &changed)) return false;
    return changed ? true
                   : tx_refuse(tx, FAULT_REMOTE, 0, "The batch %lld was closed by another node.", (long long)c->batch_id);
}

bool batch_claim(struct tx *tx, int64_t account, int64_t batch_id, struct r_batch_claim *out)
{
    int64_t now = tx_now(tx);
    move(BATCH_CLOSED, BATCH_RENDERING);
    struct q_batch_claim in = {account, batch_id, store_node(tx_store(tx)), now + lease_ms(), now};
    return tx_first(tx, Q_BATCH_CLAIM, &in, out);
}

static bool lease_was_lost(struct tx *tx, int64_t batch_id)
{
    return tx_refuse(tx, FAULT_REMOTE, 0, "The lease of batch %lld was lost while it was rendered.", (long long)batch_id);
}

bool batch_finish(struct tx *tx, const struct batch_finished *b)
{
    int64_t changed = 0;
    move(BATCH_RENDERING, BATCH_READY);
    struct q_batch_finish in = {b->account,
                                b->batch_id,
                                store_node(tx_store(tx)),
                                b->n_refused,
                                b->pages_each,
                                b->file,
                                b->file_bytes,
                                b->digest,
                                b->n_cancelled,
                                b->has_pieces ? tx_now(tx) : DB_NULL};
    if (!tx_run(tx, Q_BATCH_FINISH, &in, &changed)) return false;
    return changed ? true : lease_was_lost(tx, b->batch_id);
}

bool batch_unclaim(struct tx *tx, const struct batch_unclaimed *u)
{
    int64_t changed = 0;
    move(BATCH_RENDERING, u->to);
    struct q_batch_unclaim in = {u->account, u->batch_id, store_node(tx_store(tx)), u->to, u->due_at, u->attempt, u->why};
    if (!tx_run(tx, Q_BATCH_UNCLAIM, &in, &changed)) return false;
    return changed ? true : lease_was_lost(tx, u->batch_id);
}

bool batch_lost(struct tx *tx, int64_t account, int64_t batch_id)
{
    move(BATCH_RENDERING, BATCH_CLOSED);
    return tx_run(tx, Q_BATCH_LOST, &(struct q_batch_lost){account, batch_id, tx_now(tx)}, NULL);
}

bool batch_release(struct tx *tx, int64_t account, int64_t batch_id)
{
    struct q_batch_release in = {account, batch_id, batch_render_due(false, tx_now(tx), tx_now(tx))};
    return tx_run(tx, Q_BATCH_RELEASE, &in, NULL);
}

bool batch_cancel(struct tx *tx, int64_t account, const struct batch *b, struct str why)
{
    move(b->state, BATCH_CANCELLED);
    int64_t changed = 0;
    struct q_batch_cancel in = {account, b->batch_id, b->state, why};
    if (!piece_cancel(tx, account, PIECE_ID(b->batch_id, 0), PIECE_ID(b->batch_id + 1, 0) - 1, NULL)) return false;
    if (!tx_run(tx, Q_BATCH_CANCEL, &in, &changed)) return false;
    if (!changed) return tx_refuse(tx, FAULT_REMOTE, 0, "Batch %lld moved on meanwhile.", (long long)b->batch_id);
    return b->is_test || serial_run_rest(tx, b->mid, b->first_serial, b->batch_id, tx_now(tx));
}

bool batch_end_recalled(struct tx *tx, int64_t account, const struct batch *b, enum batch_state to, struct str why)
{
    int64_t changed = 0, now = tx_now(tx);
    bool is_known = to == BATCH_HANDED_OVER;
    move(b->state, to);
    struct q_batch_recall_end in = {account,        b->batch_id, to, is_known ? now : DB_NULL, is_known ? now : DB_NULL,
                                    b->printer_job, why};
    if (!tx_run(tx, Q_BATCH_RECALL_END, &in, &changed)) return false;
    return changed ? true : tx_refuse(tx, FAULT_REMOTE, 0, "Batch %lld moved on meanwhile.", (long long)b->batch_id);
}

/* ---- hand-over ---- */

bool batch_hand_over(struct tx *tx, int64_t account, int64_t batch_id, int64_t printer_id, struct batch_leaving *out)
{
    int64_t now = tx_now(tx);
    struct r_handover_claim r;
    move(BATCH_READY, BATCH_HANDING_OVER);
    struct q_handover_claim in = {account, batch_id, store_node(tx_store(tx)), now + lease_ms(), printer_id, now};
    if (!tx_first(tx, Q_HANDOVER_CLAIM, &in, &r)) return false;
    *out = (struct batch_leaving){account, batch_id, r.attempt, printer_id, r.file, STR_NULL};
    return true;
}

bool batch_take_over(struct tx *tx, int64_t account, int64_t batch_id, struct batch_leaving *out)
{
    int64_t now = tx_now(tx);
    struct r_handover_take_over r;
    struct q_handover_take_over in = {account, batch_id, store_node(tx_store(tx)), now + lease_ms(), now};
    if (!tx_first(tx, Q_HANDOVER_TAKE_OVER, &in, &r)) return false;
    *out = (struct batch_leaving){account, batch_id, r.attempt, r.printer_id, r.file, r.printer_job};
    return true;
}

bool batch_handed(struct tx *tx, const struct batch_leaving *l, enum batch_state to, int64_t due_at, struct str printer_job,
                  struct str why)
{
    int64_t changed = 0;
    move(BATCH_HANDING_OVER, to);
    struct q_handover_end in = {.account_id = l->account,
                                .batch_id = l->batch_id,
                                .lease_node = store_node(tx_store(tx)),
                                .attempt = l->attempt,
                                .state = to,
                                .due_at = due_at,
                                .handed_over_at = to == BATCH_HANDED_OVER ? tx_now(tx) : DB_NULL,
                                .printer_job = printer_job,
                                .last_error = why};
    if (!tx_run(tx, Q_HANDOVER_END, &in, &changed)) return false;
    return changed ? true
                   : tx_refuse(tx, FAULT_REMOTE, 0, "The lease of batch %lld was lost while it was handed over.",
                               (long long)l->batch_id);
}

bool batch_decide(struct tx *tx, int64_t account, int64_t batch_id, enum batch_state to)
{
    int64_t changed = 0;
    move(BATCH_UNKNOWN, to);
    struct q_handover_decide in = {account, batch_id, to, tx_now(tx), to == BATCH_HANDED_OVER ? tx_now(tx) : DB_NULL};
    if (!tx_run(tx, Q_HANDOVER_DECIDE, &in, &changed)) return false;
    return changed ? true
                   : tx_refuse(tx, FAULT_USER, 409, "Whether batch %lld was printed is known: there is nothing to decide.",
                               (long long)batch_id);
}
