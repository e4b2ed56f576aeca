/* render.c: the due source that turns closed batches into packages: Closed, Rendering, Ready.
 *
 * Claim with a lease; read the pieces; build the job; the press writes the package under its final name; one transaction then
 * refuses the pieces that could not be printed and makes the batch Ready. A crash at any line leaves a batch that goes back to
 * Closed and a package that is whole or not there; the next try finds a whole package and only reads it back. A failure returns
 * the batch to Closed by the retry ladder; above it the batch is Failed with the reason. */
#include "mail/batch.h"
#include "mail/drop_row.h"
#include "mail/piece_row.h"
#include "mail/render_job.h"
#include "mail/renderings.h"
#include "mail/screening.h"
#include "mail/serial.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdatomic.h>
#include <stdio.h>

enum { FROM_CLOSED = 0, FROM_LOST = 1 }; /* due_item.sub_id */

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    int found = batch_find_due(tx, BATCH_CLOSED, FROM_CLOSED, now, items, n, next_due);
    return found + batch_find_stale(tx, BATCH_RENDERING, FROM_LOST, now, items + found, n - found);
}

/* One batch in work. */
struct work {
    struct mail *mail;
    struct due_item item;
    struct arena *arena;
    bool is_claimed, is_lost;
    int64_t attempt, renew_mono;
    struct render_job job;
    struct package_result result;
};

/* ---- claiming ---- */

/* Batches that closed without room get their serials now; still none is a failure like others. */
static bool take_serials(struct tx *tx, struct work *w, const struct r_batch_claim *c)
{
    int64_t first = c->first_serial, changed = 0;
    if (first != DB_NULL) return true;
    if (!serial_run_take(tx, &(struct serial_want){w->item.account_id, w->item.id, c->mid, c->n_pieces, c->is_test != 0},
                         &first))
        return false;
    if (first == DB_NULL) return true;
    return tx_run(tx, Q_BATCH_SERIALS,
                  &(struct q_batch_serials){w->item.account_id, w->item.id, first, store_node(tx_store(tx))}, &changed);
}

static bool claim(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_batch_claim c;
    w->is_claimed = false;
    if (w->item.sub_id == FROM_LOST && !batch_lost(tx, w->item.account_id, w->item.id)) return false;
    if (!batch_claim(tx, w->item.account_id, w->item.id, &c)) return tx_ok(tx);
    w->is_claimed = true;
    w->attempt = c.attempt;
    return take_serials(tx, w, &c);
}

/* ---- reading ---- */

static bool read_seats(struct tx *tx, struct work *w)
{
    struct r_piece_find row;
    int64_t batch = w->item.id, n = w->job.batch.n_pieces;
    struct render_seat *seats = ARENA_ARRAY(w->arena, struct render_seat, n + 1);
    int64_t n_read = 0;
    w->job.n_seats = w->job.n_cancelled = 0;
    struct rows r =
        tx_rows(tx, Q_PIECE_RANGE,
                &(struct q_piece_range){w->item.account_id, PIECE_ID(batch, 0), PIECE_ID(batch + 1, 0) - 1, SEATS_A_BATCH});
    while (rows_next(&r, &row)) {
        ASSERT(n_read < n);
        n_read++;
        if (row.state == PIECE_CANCELLED) w->job.n_cancelled++;
        if (row.state == PIECE_SEATED)
            seats[w->job.n_seats++] = (struct render_seat){row.piece_id, row.contact_id, arena_str(w->arena, row.recipient), NULL};
    }
    rows_end(&r);
    w->job.seats = seats;
    if (!tx_ok(tx)) return false;
    ASSERT(n_read == n); /* a batch says how many pieces it has; one that is not there was lost */
    return true;
}

static bool read_batch(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_batch_find b;
    struct r_drop_find d;
    struct r_template_source t;
    struct fault f;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){w->item.account_id, w->item.id}, &b))
        return tx_not_found(tx, "batch", w->item.id);
    w->job.account = w->item.account_id;
    w->job.batch = batch_row_read(w->arena, &b);
    if (!tx_first(tx, Q_DROP_PRINTED, &(struct q_drop_printed){w->item.account_id, b.drop_id}, &d))
        return tx_not_found(tx, "campaign", b.drop_id);
    if (!drop_row_read(w->arena, &d, &w->job.drop, &f)) return tx_fail(tx, &f);
    struct q_template_source in = {w->item.account_id, d.template_id, b.template_version};
    if (!tx_first(tx, Q_TEMPLATE_SOURCE, &in, &t)) return tx_not_found(tx, "template", d.template_id);
    w->job.template_name = arena_str(w->arena, t.name);
    return read_seats(tx, w);
}

/* ---- printing ---- */

static bool renew(struct tx *tx, void *arg)
{
    struct work *w = arg;
    int64_t changed = 0;
    struct q_batch_renew in = {w->item.account_id, w->item.id, store_node(tx_store(tx)), tx_now(tx) + lease_ms()};
    if (!tx_run(tx, Q_BATCH_RENEW, &in, &changed)) return false; /* a database that is away has not lost the lease */
    w->is_lost = !changed;
    return true;
}

static bool on_stop(void *ctx)
{
    struct work *w = ctx;
    struct fault f;
    if (clock_mono_ms() >= w->renew_mono) {
        w->renew_mono = clock_mono_ms() + lease_ms() / 3;
        if (!store_write(w->mail->store, renew, w, &f))
            log_warning("mail", "The lease of batch %lld was not renewed: %s", (long long)w->item.id, f.text);
    }
    return w->is_lost || jobs_stopping(w->mail->jobs);
}

static void on_progress(void *ctx, int done, int refused)
{
    struct work *w = ctx;
    (void)refused;
    renderings_set(w->mail->renderings, w->item.id, done);
    (void)on_stop(w);
}

static bool enough_disk(struct mail *m, struct fault *f)
{
    int64_t mb = disk_free_mb(m->data_dir), least = limit_get(LIMIT_DISK_MIN_FREE_MB);
    return mb < 0 || mb >= least ||
           fault_operator(f, "Only %lld MB are free; the press stops below %lld MB (disk.min_free).", (long long)mb,
                          (long long)least);
}

static char *package_file(struct work *w)
{
    return arena_printf(w->arena, "batches/%lld/batch-%lld-%lld", (long long)w->item.account_id, (long long)w->job.drop.drop_id,
                        (long long)w->item.id);
}

static bool print(struct work *w, struct fault *f)
{
    struct mail *m = w->mail;
    struct render_job *r = &w->job;
    if (!enough_disk(m, f) || !store_read(m->store, read_batch, w, f)) return false;
    if (r->batch.first_serial == DB_NULL)
        return fault_operator(f, "The mailer id %lld has no free serial numbers.", (long long)r->batch.mid);
    if (!template_creative(m, w->arena, w->item.account_id, r->drop.template_id, r->batch.template_version, &r->creative, f))
        return false;
    if (!screening_run(m, w->arena, r, f) || !render_job_build(m, w->arena, r, f)) return false;
    if (r->job.n_pieces == 0) return true; /* every piece is refused: there is nothing to print */
    if (!make_dirs(mail_path(m, w->arena, "batches/%lld", (long long)w->item.account_id), 0750, f)) return false;
    r->spec.dir = mail_path(m, w->arena, "%s", package_file(w));
    r->job.progress = on_progress;
    r->job.stop = on_stop;
    r->job.ctx = w;
    return package_write(m->press, &r->job, &r->spec, w->arena, &w->result, f);
}

/* ---- finishing ---- */

static bool refuse(struct tx *tx, const struct render_job *r, int64_t piece_id, enum press_refusal why, struct str detail)
{
    return piece_refuse(tx, r->account, piece_id, why, detail) && screening_give_back(tx, r, piece_id);
}

static bool refuse_pieces(struct tx *tx, const struct work *w, int64_t *n_refused)
{
    const struct render_job *r = &w->job;
    const struct press_outcome *o = &w->result.outcome;
    *n_refused = r->batch.n_pieces - r->n_cancelled - r->n_seats + r->n_refused;
    for (int i = 0; i < r->n_refused; i++)
        if (!refuse(tx, r, r->refused[i].piece_id, r->refused[i].reason, r->refused[i].detail)) return false;
    for (int i = 0; i < r->job.n_pieces; i++) {
        if (o->refusal[i] == PRESS_OK) continue;
        if (!refuse(tx, r, r->piece_ids[i], o->refusal[i], o->detail[i])) return false;
        ++*n_refused;
    }
    return true;
}

static bool finish(struct tx *tx, void *arg)
{
    struct work *w = arg;
    bool has_file = w->job.job.n_pieces > 0;
    struct batch_finished done = {.account = w->item.account_id, .batch_id = w->item.id};
    if (!refuse_pieces(tx, w, &done.n_refused)) return false;
    done.n_cancelled = w->job.n_cancelled;
    done.has_pieces = has_file && w->result.outcome.n_printed > 0;
    done.pages_each = has_file ? w->result.outcome.pages_each : 0;
    done.file_bytes = has_file ? w->result.pdf_bytes : 0;
    done.file = has_file ? str_of(package_file(w)) : STR_NULL;
    done.digest = has_file ? str_make(w->result.pdf_digest, sizeof w->result.pdf_digest) : STR_NULL;
    return batch_finish(tx, &done);
}

struct failure {
    struct work *work;
    bool is_stop; /* no failure: the server is stopping, and the batch is begun again at once after it */
    struct str why;
};

static bool give_back(struct tx *tx, void *arg)
{
    const struct failure *x = arg;
    const struct due_item *item = &x->work->item;
    int64_t attempt = x->work->attempt;
    struct batch_unclaimed u = {item->account_id, item->id, tx_now(tx), attempt - 1, BATCH_CLOSED, STR_NULL};
    if (x->is_stop) return batch_unclaim(tx, &u);
    bool is_over = retry_is_over((int)attempt);
    struct q_mailed_give_back_range all = {item->account_id, PIECE_ID(item->id, 0), PIECE_ID(item->id + 1, 0) - 1};
    if (is_over && !tx_run(tx, Q_MAILED_GIVE_BACK_RANGE, &all, NULL)) return false;
    u.to = is_over ? BATCH_FAILED : BATCH_CLOSED;
    u.due_at = is_over ? DB_NULL : retry_due(tx_now(tx), (int)attempt);
    u.attempt = attempt;
    u.why = x->why;
    return batch_unclaim(tx, &u);
}

static void failed(struct work *w, const struct fault *why)
{
    struct fault f;
    long long batch = w->item.id, attempt = w->attempt;
    bool is_stop = jobs_stopping(w->mail->jobs);
    if (!is_stop) log_warning("mail", "Rendering batch %lld failed (attempt %lld): %s", batch, attempt, why->text);
    if (w->is_lost) return; /* it is another's now */
    if (!store_write(w->mail->store, give_back, &(struct failure){w, is_stop, str_of(why->text)}, &f))
        log_error("mail", "The batch %lld was not given back: %s", batch, f.text);
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct work w = {.mail = m, .item = item, .renew_mono = clock_mono_ms() + lease_ms() / 3};
    struct fault f = {0};
    if (!store_write(m->store, claim, &w, &f)) {
        log_error("mail", "The batch %lld could not be claimed: %s", (long long)item.id, f.text);
        return;
    }
    if (!w.is_claimed) return;
    (void)FAILPOINT("render.claim.after");
    w.arena = arena_create(1 << 20);
    renderings_set(m->renderings, item.id, 0);
    bool ok = print(&w, &f) && !FAILPOINT("render.package.after") && store_write(m->store, finish, &w, &f);
    if (!ok) failed(&w, &f);
    (void)FAILPOINT("render.finish.after");
    if (ok) jobs_wake(m->jobs, SOURCE_HANDOVER);
    renderings_end(m->renderings, item.id);
    arena_destroy(&w.arena);
}

void render_source_add(struct mail *m)
{
    int n = m->press ? press_workers(m->press) : 1, most = (int)limit_get(LIMIT_PRESS_RENDERINGS);
    if (n > most) n = most;
    jobs_add(m->jobs,
             &(struct due_source){.name = SOURCE_RENDER, .n_threads = n < 1 ? 1 : n, .find = find, .run = run, .ctx = m});
}
