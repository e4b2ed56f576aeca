/* jobs.c: the scheduler's threads. Created at start, fed with sources, started once, stopped before the store is closed.
 *
 * The threads of one source share a short list of candidates. A thread without work takes one; when the list is empty one of
 * them looks for more, and all sleep until the next is due, somebody wakes the source, or a second has passed (leases of dead
 * nodes end without a word). An item that is running here, or ended a moment ago, is not taken again: a claim that failed, or a
 * source that could not move its due time, must not turn into a busy loop.
 *
 * Nothing here can fail but a read; that is logged and tried again. */
#include "jobs/due.h"
#include "base/clock.h"
#include "base/log.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { FOUND_MAX = 64, MAX_SOURCES = 16, MAX_THREADS = 32, RECENT = 64 };
enum { LONGEST_SLEEP_MS = 1000, LEAST_GAP_MS = 5, RECENT_MS = 100, NOTHING_NEW_MS = 50 };

struct recent {
    struct due_item item;
    int64_t ended_mono;
};

/* Invariants, under the lock: found[at … n_found) are candidates that nobody has; running[] are those that threads of this
 * process work on; at most one thread looks at a time. */
struct source {
    struct due_source def;
    struct jobs *jobs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct due_item found[FOUND_MAX], running[MAX_THREADS];
    int at, n_found, n_running;
    struct recent recent[RECENT];
    unsigned n_recent;
    int64_t look_mono; /* when to look again */
    bool is_looking, is_woken;
    pthread_t threads[MAX_THREADS];
};

struct jobs {
    struct store *store;
    struct source *sources[MAX_SOURCES];
    int n_sources;
    bool is_started;
    _Atomic bool stopping;
};

struct jobs *jobs_create(struct store *s)
{
    struct jobs *j = calloc(1, sizeof *j);
    ASSERT(j);
    j->store = s;
    return j;
}

void jobs_add(struct jobs *j, const struct due_source *source)
{
    ASSERT(!j->is_started && j->n_sources < MAX_SOURCES && source->n_threads >= 1 && source->n_threads <= MAX_THREADS);
    struct source *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->def = *source;
    s->jobs = j;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    j->sources[j->n_sources++] = s;
}

/* ---- candidates ---- */

static bool item_eq(struct due_item a, struct due_item b)
{
    return a.account_id == b.account_id && a.id == b.id && a.sub_id == b.sub_id;
}

static bool is_busy(const struct source *s, struct due_item item, int64_t mono)
{
    for (int i = 0; i < s->n_running; i++)
        if (item_eq(s->running[i], item)) return true;
    for (int i = 0; i < RECENT; i++)
        if (s->recent[i].ended_mono + RECENT_MS > mono && item_eq(s->recent[i].item, item)) return true;
    return false;
}

struct look {
    struct source *source;
    struct due_item items[FOUND_MAX];
    int n;
    int64_t next_due;
};

static bool look_read(struct tx *tx, void *arg)
{
    struct look *l = arg;
    const struct due_source *def = &l->source->def;
    l->next_due = INT64_MAX;
    l->n = def->find(def->ctx, tx, tx_now(tx), l->items, FOUND_MAX, &l->next_due);
    return tx_ok(tx);
}

/* Called with the lock held, gives it up while reading. */
static void look(struct source *s)
{
    struct look l = {.source = s};
    struct fault f = {0};
    s->is_looking = true;
    s->is_woken = false;
    pthread_mutex_unlock(&s->lock);
    bool ok = store_read(s->jobs->store, look_read, &l, &f);
    if (!ok) log_error("jobs", "Looking for %s failed: %s", s->def.name, f.text);
    pthread_mutex_lock(&s->lock);

    int64_t mono = clock_mono_ms(), sleep = LONGEST_SLEEP_MS, until_due = l.next_due - clock_now_ms();
    s->at = s->n_found = 0;
    for (int i = 0; ok && i < l.n; i++)
        if (!is_busy(s, l.items[i], mono)) s->found[s->n_found++] = l.items[i];
    if (ok && l.n > 0) sleep = s->n_found ? LEAST_GAP_MS : NOTHING_NEW_MS;
    if (ok && l.next_due != INT64_MAX && until_due < sleep) sleep = until_due;
    if (s->is_woken || sleep < LEAST_GAP_MS) sleep = LEAST_GAP_MS;
    s->look_mono = mono + sleep;
    s->is_looking = false;
    pthread_cond_broadcast(&s->changed);
}

static void run_one(struct source *s)
{
    struct due_item item = s->found[s->at++];
    s->running[s->n_running++] = item;
    pthread_mutex_unlock(&s->lock);
    s->def.run(s->def.ctx, item);
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->n_running; i++) {
        if (!item_eq(s->running[i], item)) continue;
        s->running[i] = s->running[--s->n_running];
        break;
    }
    s->recent[s->n_recent++ % RECENT] = (struct recent){item, clock_mono_ms()};
}

static void sleep_until(struct source *s, int64_t mono)
{
    struct timespec t = {.tv_sec = mono / 1000, .tv_nsec = mono % 1000 * 1000000};
    pthread_cond_timedwait(&s->changed, &s->lock, &t);
}

static void *source_main(void *arg)
{
    struct source *s = arg;
    char name[16] = {0};
    strncpy(name, s->def.name, sizeof name - 1);
    prctl(PR_SET_NAME, name);
    pthread_mutex_lock(&s->lock);
    while (!jobs_stopping(s->jobs)) {
        if (s->at < s->n_found)
            run_one(s);
        else if (s->is_looking)
            pthread_cond_wait(&s->changed, &s->lock);
        else if (clock_mono_ms() >= s->look_mono)
            look(s);
        else
            sleep_until(s, s->look_mono);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- life ---- */

void jobs_start(struct jobs *j)
{
    ASSERT(!j->is_started);
    j->is_started = true;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    for (int i = 0; i < j->n_sources; i++)
        for (int k = 0; k < j->sources[i]->def.n_threads; k++) {
            int error = pthread_create(&j->sources[i]->threads[k], NULL, source_main, j->sources[i]);
            ASSERT(error == 0);
        }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void wake_source(struct source *s)
{
    pthread_mutex_lock(&s->lock);
    s->is_woken = true;
    s->look_mono = 0;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

void jobs_wake(struct jobs *j, const char *source_name)
{
    for (int i = 0; i < j->n_sources; i++)
        if (strcmp(j->sources[i]->def.name, source_name) == 0) wake_source(j->sources[i]);
}

bool jobs_stopping(const struct jobs *j) { return atomic_load(&j->stopping); }

void jobs_end(struct jobs *j)
{
    atomic_store(&j->stopping, true);
    for (int i = 0; i < j->n_sources; i++) wake_source(j->sources[i]);
    for (int i = 0; j->is_started && i < j->n_sources; i++)
        for (int k = 0; k < j->sources[i]->def.n_threads; k++) pthread_join(j->sources[i]->threads[k], NULL);
    j->is_started = false;
}

void jobs_stop(struct jobs **jobs)
{
    struct jobs *j = *jobs;
    if (!j) return;
    jobs_end(j);
    for (int i = 0; i < j->n_sources; i++) { /* not sooner: what runs may wake another source */
        struct source *s = j->sources[i];
        pthread_cond_destroy(&s->changed);
        pthread_mutex_destroy(&s->lock);
        free(s);
    }
    free(j);
    *jobs = NULL;
}
