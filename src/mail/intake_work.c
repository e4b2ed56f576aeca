/* intake_work.c: claiming, turns and endings of files that are worked off. */
#include "mail/intake_work.h"
#include "base/clock.h"
#include "base/log.h"
#include "queries.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool intake_claim(struct tx *tx, struct intake_work *w)
{
    struct r_intake_claim r;
    int64_t now = tx_now(tx);
    intake_move(INTAKE_KEPT, INTAKE_RUNNING);
    struct q_intake_claim in = {w->item.account_id, w->item.id, store_node(tx_store(tx)), now + lease_ms(), now};
    w->is_claimed = tx_first(tx, Q_INTAKE_CLAIM, &in, &r);
    if (!w->is_claimed) return tx_ok(tx);
    w->file = arena_str(w->arena, r.file);
    w->target_id = r.target_id;
    w->at_byte = r.at_byte;
    w->n_rows = r.n_rows;
    w->attempt = r.attempt;
    return true;
}

bool intake_lost(struct tx *tx, const struct intake_work *w)
{
    return tx_refuse(tx, FAULT_REMOTE, 0, "The %s %lld is worked off by another node.", w->what, (long long)w->item.id);
}

/* ---- the file ---- */

int intake_open(struct intake_work *w)
{
    int fd = open(mail_path(w->mail, w->arena, "%s", w->file.ptr), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fault_errno(&w->fault, "The file of the %s %lld cannot be opened", w->what, (long long)w->item.id);
    return fd;
}

ssize_t intake_read(struct intake_work *w, int fd, int64_t at, char *bytes)
{
    if (jobs_stopping(w->mail->jobs)) return fault_remote(&w->fault, "The server is stopping."), -1;
    ssize_t n;
    while ((n = pread(fd, bytes, INTAKE_READ_BYTES, at)) < 0 && errno == EINTR) continue;
    if (n < 0) fault_errno(&w->fault, "The file of the %s %lld cannot be read", w->what, (long long)w->item.id);
    return n;
}

/* ---- the end ---- */

struct ending {
    const struct intake_work *work;
    enum intake_state to;
    int64_t due_at, attempt;
    struct str why;
    int header_reason; /* 0: the file can be used */
};

static bool end(struct tx *tx, void *arg)
{
    const struct ending *e = arg;
    const struct intake_work *w = e->work;
    int64_t changed = 0;
    intake_move(INTAKE_RUNNING, e->to);
    struct q_intake_end in = {w->item.account_id, w->item.id, e->to, e->due_at, e->attempt, e->why, store_node(tx_store(tx))};
    if (!tx_run(tx, Q_INTAKE_END, &in, &changed)) return false;
    if (!changed) return intake_lost(tx, w);
    struct q_refused_row_insert row = {w->item.account_id, w->item.id, 1, e->header_reason, e->why, STR("")};
    return !e->header_reason || tx_run(tx, Q_REFUSED_ROW_INSERT, &row, NULL);
}

/* The file's own fault ends it; what is ours or the machine's is tried again by the ladder, and ends it above the ladder. */
static struct ending ending_of(const struct intake_work *w, bool ok, int header_reason)
{
    struct ending e = {w, INTAKE_DONE, DB_NULL, w->attempt, STR_NULL, 0};
    if (ok) return e;
    if (jobs_stopping(w->mail->jobs)) { /* no failure: it goes on where it stands */
        e.to = INTAKE_RUNNING, e.due_at = clock_now_ms(), e.attempt--;
        return e;
    }
    bool is_unusable = w->fault.whose == FAULT_USER;
    e.why = str_of(w->fault.text);
    e.header_reason = is_unusable ? header_reason : 0;
    e.to = is_unusable || retry_is_over((int)w->attempt) ? INTAKE_FAILED : INTAKE_RUNNING;
    if (e.to == INTAKE_RUNNING) e.due_at = retry_due(clock_now_ms(), (int)w->attempt);
    if (!is_unusable)
        log_error("mail", "The %s %lld stopped (attempt %lld): %s", w->what, (long long)w->item.id, (long long)w->attempt,
                  w->fault.text);
    return e;
}

void intake_end(struct intake_work *w, bool ok, int header_reason)
{
    struct fault f;
    struct ending e = ending_of(w, ok, header_reason);
    if (!store_write(w->mail->store, end, &e, &f))
        log_error("mail", "The end of the %s %lld was not stored: %s", w->what, (long long)w->item.id, f.text);
}

/* ---- turns ---- */

void turn_init(struct turn *t)
{
    t->unit = (struct unit){0};
    sem_init(&t->is_free, 0, 1);
}

void turn_finish(struct turn *t) { sem_destroy(&t->is_free); }

static void take(struct turn *t)
{
    while (sem_wait(&t->is_free) != 0) ASSERT(errno == EINTR);
}

bool turn_wait(struct turn *t, struct fault *f)
{
    take(t);
    sem_post(&t->is_free);
    if (!t->unit.run || t->unit.committed) return true;
    if (f->whose == FAULT_NONE) *f = t->unit.fault;
    return false;
}

bool turn_submit(struct turn *t, struct store *s, struct fault *f)
{
    take(t);
    if (store_submit(s, &t->unit, f)) return true;
    t->unit.run = NULL;
    sem_post(&t->is_free);
    return false;
}

void turn_end(struct turn *t) { sem_post(&t->is_free); }
