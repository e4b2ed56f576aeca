/* committer.c: the one thread that writes. Started by store_open, ended by store_close.
 *
 * Submitters push units on a lock-free stack and wake the thread only when it sleeps. The thread takes everything, turns it
 * into the order of arrival, runs unit after unit in one transaction (taking again what came meanwhile, up to
 * store.group_units), commits once and answers all. When the last group was large it waits a moment before it begins: fewer,
 * larger commits; a lone client never waits.
 *
 * Failures. A unit that refused before it wrote is refused, and its group goes on. One that had written spoils the transaction:
 * the group is taken back; the units before it, which are known to be good, are run again as a group of their own; then it
 * comes first in the next group, where a failure can only be its own. A group whose commit, or whose participants, fail for now
 * is tried three times, then each unit of it alone. When the disk is full, or the database away, the whole group is refused with
 * that sentence, and the thread lives on. */
#include "store/store_private.h"
#include "base/failpoint.h"
#include "base/log.h"
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_TRIES   3
#define LARGE_GROUP 8
#define LINGER_NS   150000
#define RETRY_NS    2000000

/* The thread's own state. Units stay in the list until they are answered, so taking a group back is only running it again. */
struct work {
    struct store *store;
    struct tx tx;
    struct unit *first, **end; /* taken from the stack, in order of arrival */
    int n_run, n_kept;         /* units of this group that were run; those of them that were not refused */
    int max;                   /* units in the next group */
    int alone;                 /* so many more units get a group each */
    int tries;                 /* of the group at the head of the list */
    int last_group;            /* units in the last commit */
};

static void futex_wait(_Atomic uint32_t *word, uint32_t while_value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_value, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0); }

static void pause_ns(long ns)
{
    struct timespec t = {.tv_nsec = ns};
    nanosleep(&t, NULL);
}

/* ---- submitting ---- */

static void wake(struct committer *c)
{
    if (atomic_load(&c->asleep) && atomic_exchange(&c->asleep, 0)) futex_wake(&c->asleep);
}

bool store_submit(struct store *s, struct unit *u, struct fault *f)
{
    ASSERT(!tx_is_inside());
    struct committer *c = &s->committer;
    if (s->read_only) return fault_ours(f, "A store that was opened for reading was asked to write.");
    ASSERT(c->is_running && !atomic_load(&c->stop));
    if (atomic_fetch_add(&c->waiting, 1) >= limit_get(LIMIT_STORE_QUEUE_UNITS)) {
        atomic_fetch_sub(&c->waiting, 1);
        return fault_remote(f, "Too much is waiting to be stored (store.queue_units is %lld). Try again in a moment.",
                            (long long)limit_get(LIMIT_STORE_QUEUE_UNITS));
    }
    u->next = atomic_load_explicit(&c->stack, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&c->stack, &u->next, u)) {}
    wake(c);
    return true;
}

struct waiter {
    struct unit unit; /* must be first */
    _Atomic uint32_t is_done;
};

static void waiter_done(struct unit *u)
{
    struct waiter *w = (struct waiter *)u;
    atomic_store(&w->is_done, 1);
    futex_wake(&w->is_done); /* *w may be gone by now; its address is only a name here */
}

static _Thread_local struct rider *next_rider;
void store_ride(struct rider *r) { next_rider = r; }

struct ride {
    struct rider *rider;
    store_fn *fn;
    void *arg;
};

static bool run_ridden(struct tx *tx, void *arg)
{
    const struct ride *r = arg;
    return r->rider->before(r->rider, tx) && r->fn(tx, r->arg) && r->rider->after(r->rider, tx);
}

bool store_write(struct store *s, store_fn *fn, void *arg, struct fault *f)
{
    struct ride ride = {next_rider, fn, arg};
    next_rider = NULL;
    if (ride.rider) fn = run_ridden, arg = &ride;
    ASSERT(s->read_only || !pthread_equal(pthread_self(), s->committer.thread)); /* a `done` that waits would wait for itself */
    struct waiter w = {.unit = {.run = fn, .arg = arg, .done = waiter_done}};
    if (!store_submit(s, &w.unit, f)) return false;
    while (!atomic_load(&w.is_done)) futex_wait(&w.is_done, 0);
    if (!w.unit.committed && f) *f = w.unit.fault;
    return w.unit.committed;
}

void store_after_group(struct store *s, void (*fn)(void *ctx), void *ctx)
{
    struct committer *c = &s->committer;
    pthread_mutex_lock(&c->hooks_lock); /* held while hooks run: whom NULL forgets is not called any more */
    ASSERT(!fn || c->n_hooks < MAX_HOOKS);
    if (fn)
        c->hooks[c->n_hooks++] = (struct hook){fn, ctx};
    else
        c->n_hooks = 0;
    pthread_mutex_unlock(&c->hooks_lock);
}

void store_stats(struct store *s, struct store_stats *out)
{
    pthread_mutex_lock(&s->committer.stats_lock);
    *out = s->committer.stats;
    pthread_mutex_unlock(&s->committer.stats_lock);
    out->waiting = atomic_load(&s->committer.waiting);
}

/* ---- the list of what was taken ---- */

static void take_all(struct work *w)
{
    struct unit *newest = atomic_exchange(&w->store->committer.stack, NULL), *oldest = NULL, *last = newest;
    while (newest) {
        struct unit *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    if (!oldest) return;
    *w->end = oldest;
    w->end = &last->next;
}

/* Takes the first n units off the list and answers them. From its `done` on a unit is no longer ours. */
static void answer(struct work *w, int n)
{
    struct committer *c = &w->store->committer;
    for (int i = 0; i < n; i++) {
        struct unit *u = w->first;
        w->first = u->next;
        if (!w->first) w->end = &w->first;
        atomic_fetch_sub(&c->waiting, 1);
        u->done(u);
    }
    pthread_mutex_lock(&c->hooks_lock);
    for (int i = 0; i < c->n_hooks; i++) c->hooks[i].fn(c->hooks[i].ctx);
    pthread_mutex_unlock(&c->hooks_lock);
    w->alone -= n < w->alone ? n : w->alone;
    w->max = w->alone ? 1 : (int)limit_get(LIMIT_STORE_GROUP_UNITS);
    w->tries = 0;
}

static void count_group(struct work *w, int n_stored, bool is_alone)
{
    struct committer *c = &w->store->committer;
    pthread_mutex_lock(&c->stats_lock);
    c->stats.groups += n_stored > 0;
    c->stats.units += n_stored;
    c->stats.units_alone += is_alone;
    pthread_mutex_unlock(&c->stats_lock);
}

static void refuse_first(struct work *w, int n, const struct fault *f)
{
    struct unit *u = w->first;
    for (int i = 0; i < n; i++, u = u->next) {
        u->committed = false;
        u->fault = *f;
    }
}

/* ---- one group ---- */

static void end_participants(struct work *w, bool committed)
{
    struct participant *p = w->tx.participants;
    w->tx.participants = NULL;
    while (p) {
        struct participant *next = p->next;
        p->joined = false;
        p->ended(p, committed);
        p = next;
    }
}

static void take_back(struct work *w)
{
    w->tx.driver->rollback(w->tx.conn);
    end_participants(w, false);
}

static bool run_unit(struct work *w, struct unit *u)
{
    u->fault = (struct fault){0};
    u->committed = tx_perform(&w->tx, u->run, u->arg);
    if (u->committed && FAILPOINT("store.unit.after")) {
        fault_errno(&w->tx.fault, "A test failed this unit");
        w->tx.error = DRIVER_BROKEN;
        u->committed = false;
    }
    if (u->committed) return true;
    u->fault = w->tx.fault;
    if (w->tx.error == DRIVER_OK || (w->tx.error == DRIVER_REFUSE && !w->tx.driver->error_ends_group)) return !w->tx.wrote;
    return false;
}

/* Runs what is there, and what comes meanwhile. False: *spoiler had the transaction spoilt, it is the last that was run. */
static bool run_units(struct work *w, struct unit **spoiler)
{
    w->n_run = w->n_kept = 0;
    for (struct unit **at = &w->first; w->n_run < w->max; at = &(*at)->next) {
        if (!*at) take_all(w);
        if (!*at) break;
        w->n_run++;
        if (!run_unit(w, *at)) {
            *spoiler = *at;
            return false;
        }
        w->n_kept += (*at)->committed;
    }
    return true;
}

/* A unit spoilt the transaction. Units before it in the same transaction may be why; alone in front, it is its own failure. */
static void after_spoiler(struct work *w, struct unit *spoiler)
{
    struct fault f = spoiler->fault;
    enum driver_error error = w->tx.error;
    take_back(w);
    if (error == DRIVER_FULL) {
        refuse_first(w, w->n_run, &f);
        answer(w, w->n_run);
    } else if (error == DRIVER_RETRY && ++w->tries < MAX_TRIES) {
        pause_ns(RETRY_NS * w->tries);
    } else if (w->n_kept > 0) {
        w->max = w->n_run - 1;
        w->tries = 0;
    } else {
        count_group(w, 0, true);
        answer(w, w->n_run);
    }
}

/* The group as a whole could not be committed, perhaps only for now. */
static void after_group_failed(struct work *w, enum driver_error error, const struct fault *f)
{
    take_back(w);
    if (error == DRIVER_FULL || error == DRIVER_BROKEN) {
        refuse_first(w, w->n_run, f);
        answer(w, w->n_run);
    } else if (++w->tries < MAX_TRIES) {
        w->max = w->n_run;
        pause_ns(RETRY_NS * w->tries);
    } else if (w->n_run > 1) {
        w->alone = w->n_run;
        w->max = 1;
        w->tries = 0;
    } else {
        refuse_first(w, w->n_run, f);
        answer(w, w->n_run);
    }
}

static bool participants_agree(struct work *w)
{
    struct tx *tx = &w->tx;
    tx_start(tx);
    bool ok = true;
    for (struct participant *p = tx->participants; p && ok; p = p->next) {
        ok = p->before_commit(p, tx);
        if (!ok && !tx->failed) tx_refuse(tx, FAULT_OURS, 0, "A participant gave up without a reason.");
        ok = ok && !tx->failed;
    }
    tx_end(tx);
    return ok;
}

static enum driver_error commit(struct work *w, struct fault *f)
{
    if (FAILPOINT("store.commit.before")) {
        fault_errno(f, "A test failed this commit");
        return DRIVER_BROKEN;
    }
    enum driver_error error = w->tx.driver->commit(w->tx.conn, f);
    if (error == DRIVER_OK) (void)FAILPOINT("store.commit.after");
    return error;
}

static int n_taken(const struct work *w)
{
    int n = 0;
    for (const struct unit *u = w->first; u; u = u->next) n++;
    return n;
}

static void run_group(struct work *w)
{
    struct unit *spoiler = NULL;
    struct fault f = {0};
    enum driver_error error = w->tx.driver->begin(w->tx.conn, true, &f);
    if (error != DRIVER_OK) {
        w->n_run = error == DRIVER_FULL ? n_taken(w) : 1; /* nobody's unit will succeed: none of them waits for that again */
        after_group_failed(w, error, &f);
        return;
    }
    if (!run_units(w, &spoiler)) {
        after_spoiler(w, spoiler);
        return;
    }
    if (!participants_agree(w)) {
        f = w->tx.fault;
        after_group_failed(w, w->tx.error == DRIVER_OK ? DRIVER_RETRY : w->tx.error, &f);
        return;
    }
    error = commit(w, &f);
    if (error != DRIVER_OK) {
        after_group_failed(w, error, &f);
        return;
    }
    end_participants(w, true);
    count_group(w, w->n_kept, w->alone > 0);
    w->last_group = w->n_run;
    answer(w, w->n_run);
}

/* ---- the thread ---- */

static void rest(struct work *w)
{
    struct committer *c = &w->store->committer;
    struct store_stats now;
    store_stats(w->store, &now);
    w->tx.driver->rest(c->conn, w->first == NULL, &now);
    pthread_mutex_lock(&c->stats_lock);
    c->stats.wal_pages = now.wal_pages;
    c->stats.longest_checkpoint_us = now.longest_checkpoint_us;
    pthread_mutex_unlock(&c->stats_lock);
}

static void sleep_until_work(struct committer *c)
{
    atomic_store(&c->asleep, 1);
    if (!atomic_load(&c->stack) && !atomic_load(&c->stop)) futex_wait(&c->asleep, 1);
    atomic_store(&c->asleep, 0);
}

static void *committer_main(void *arg)
{
    struct store *s = arg;
    struct committer *c = &s->committer;
    struct work w = {.store = s, .max = (int)limit_get(LIMIT_STORE_GROUP_UNITS)};
    w.end = &w.first;
    tx_init(&w.tx, s, c->conn, c->arena, true);
    pthread_setname_np(pthread_self(), "committer");
    prctl(PR_SET_TIMERSLACK, 1000UL); /* else 150 us become 200 */
    for (;;) {
        bool stopping = atomic_load(&c->stop); /* asked before the stack: what was submitted before the stop is still taken */
        take_all(&w);
        if (!w.first) {
            if (stopping) break;
            w.last_group = 0;
            sleep_until_work(c);
            continue;
        }
        if (w.last_group >= LARGE_GROUP && !stopping) pause_ns(LINGER_NS);
        run_group(&w);
        if (!w.first) take_all(&w);
        rest(&w);
    }
    return NULL;
}

bool committer_start(struct store *s, struct fault *f)
{
    struct committer *c = &s->committer;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    errno = pthread_create(&c->thread, NULL, committer_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errno) return fault_errno(f, "The committer's thread cannot be started");
    c->is_running = true;
    return true;
}

void committer_finish(struct store *s)
{
    struct committer *c = &s->committer;
    if (!c->is_running) return;
    atomic_store(&c->stop, true);
    wake(c);
    pthread_join(c->thread, NULL);
    c->is_running = false;
    ASSERT(!atomic_load(&c->stack));
}
