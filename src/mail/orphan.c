/* orphan.c: see orphan.h. Inside units only. */
#include "mail/orphan.h"
#include "mail/mail_private.h"
#include "mail/runs.h"
#include "mail/scan_intake.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"

enum { FEEDS = 3 };

/* Whose feeds may tell of an account's pieces: the house's, its own, and that of the account above it. */
static int feeds_of(struct tx *tx, int64_t account, int64_t feeds[FEEDS])
{
    struct r_account_parent row;
    int n = 0;
    feeds[n++] = HOUSE_ACCOUNT;
    feeds[n++] = account;
    if (tx_first(tx, Q_ACCOUNT_PARENT, &(struct q_account_parent){account}, &row) && row.parent_id != DB_NULL)
        feeds[n++] = row.parent_id;
    return n;
}

static bool make_due(struct tx *tx, int64_t account, int64_t batch_id)
{
    int64_t now = tx_now(tx), id = tx_next_id(tx, ID_INTAKE);
    struct q_intake_insert in = {account, id, SCAN_INTAKE_ORPHANS, batch_id, INTAKE_KEPT, STR(""), 0, now, now};
    return id && tx_run(tx, Q_INTAKE_INSERT, &in, NULL);
}

/* ---- the piece came ---- */

bool orphans_expect(struct tx *tx, const struct serial_want *w, int64_t first)
{
    int64_t feeds[FEEDS], mid = w->mid == DB_NULL ? ACCOUNT_DEMONSTRATION_MID : w->mid;
    int n = feeds_of(tx, w->account, feeds);
    for (int i = 0; i < n && tx_ok(tx); i++) {
        struct q_orphan_is_there in = {feeds[i], mid, first, first + w->n - 1, tx_now(tx) - RUNS_SLACK_MS};
        if (tx_first(tx, Q_ORPHAN_IS_THERE, &in, NULL)) return make_due(tx, w->account, w->batch_id);
    }
    return tx_ok(tx);
}

struct found {
    struct track_row *rows;
    int64_t n, max;
};

static void read_feed(struct tx *tx, const struct q_orphan_match *in, int64_t account, int64_t batch_id, int64_t first,
                      struct found *out)
{
    struct r_orphan_match row;
    struct rows r = tx_rows(tx, Q_ORPHAN_MATCH, in);
    while (out->n < out->max && rows_next(&r, &row))
        out->rows[out->n++] = (struct track_row){
            .account = account,
            .piece_id = PIECE_ID(batch_id, row.serial - first),
            .detail = row.detail,
            .scan = {.scanned_at = row.scanned_at,
                     .facility = row.facility,
                     .serial = (int32_t)row.serial,
                     .stid = (int16_t)row.stid,
                     .op_code = (int16_t)row.op_code,
                     .phase = (uint8_t)row.phase,
                     .handling = (char)row.handling},
        };
    rows_end(&r);
}

static bool remove_all(struct tx *tx, int64_t feed, int64_t mid, const struct found *found)
{
    for (int64_t i = 0; i < found->n && tx_ok(tx); i++) {
        const struct scan *s = &found->rows[i].scan;
        struct q_orphan_remove in = {feed, mid, s->serial, s->scanned_at, s->op_code, s->facility, s->handling};
        tx_run(tx, Q_ORPHAN_REMOVE, &in, NULL);
    }
    return tx_ok(tx);
}

bool orphans_match(struct mail *m, struct tx *tx, int64_t account, int64_t batch_id, int64_t intake_id,
                   struct track_count *count, int64_t *n_found)
{
    struct r_batch_find b;
    struct r_run_of_batch run;
    int64_t feeds[FEEDS], max = limit_get(LIMIT_SCAN_ROWS_PER_COMMIT);
    struct found found = {ARENA_ARRAY(tx_arena(tx), struct track_row, max), 0, max};
    *n_found = 0;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, batch_id}, &b) || b.first_serial == DB_NULL)
        return tx_ok(tx);
    if (!tx_first(tx, Q_RUN_OF_BATCH, &(struct q_run_of_batch){b.mid, b.first_serial, batch_id}, &run)) return tx_ok(tx);
    int n = feeds_of(tx, account, feeds);
    for (int i = 0; i < n && !found.n && tx_ok(tx); i++) {
        struct q_orphan_match in = {
            feeds[i], b.mid, b.first_serial, b.first_serial + run.n - 1, run.assigned_at - RUNS_SLACK_MS, max};
        read_feed(tx, &in, account, batch_id, b.first_serial, &found);
        if (!remove_all(tx, feeds[i], b.mid, &found)) return false;
    }
    *n_found = found.n;
    return tx_ok(tx) && track_add(m, tx, found.rows, (size_t)found.n, intake_id, count);
}

/* ---- it did not yet ---- */

static bool look_again(struct tx *tx, const struct track_row *row, int64_t feed)
{
    const struct scan *s = &row->scan;
    struct r_mailer_id_find owner = {HOUSE_ACCOUNT};
    struct r_run_of_serial run;
    if (s->mid != ACCOUNT_DEMONSTRATION_MID && !tx_first(tx, Q_MAILER_ID_FIND, &(struct q_mailer_id_find){s->mid}, &owner))
        return tx_ok(tx);
    for (int sign = 1; sign >= -1; sign -= 2) {
        struct q_run_of_serial in = {owner.account_id, sign * s->mid, s->serial, tx_now(tx) - RUNS_SLACK_MS, SEATS_A_BATCH};
        if (!tx_first(tx, Q_RUN_OF_SERIAL, &in, &run) || run.assigned_at > s->scanned_at + RUNS_SLACK_MS) continue;
        int64_t feeds[FEEDS];
        int n = feeds_of(tx, run.piece_account_id, feeds);
        for (int i = 0; i < n; i++)
            if (feeds[i] == feed) return make_due(tx, run.piece_account_id, run.batch_id);
    }
    return tx_ok(tx);
}

bool orphans_put(struct mail *m, struct tx *tx, const struct track_row *rows, size_t n, int64_t account, int64_t intake_id,
                 int64_t *n_new)
{
    bool are_behind = n && runs_are_behind(m->runs, tx);
    *n_new = 0;
    for (size_t i = 0; i < n && tx_ok(tx); i++) {
        const struct scan *s = &rows[i].scan;
        int64_t changed = 0;
        struct q_orphan_insert in = {account,     s->mid,   s->serial, s->scanned_at, s->op_code,    s->facility,
                                     s->handling, s->phase, s->stid,   intake_id,     rows[i].detail};
        if (!tx_run(tx, Q_ORPHAN_INSERT, &in, &changed)) return false;
        *n_new += changed;
        if (are_behind && changed && !look_again(tx, &rows[i], account)) return false;
    }
    return tx_ok(tx);
}
