/* worker.c: the worker's thread and its inbox. Started by outbox_create, ended by outbox_destroy; it does not fail: what the store or the
 * fetcher cannot do now is tried again in a second. */
#include "outbox/worker_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

void attempt_list_add(struct attempt_list *l, struct attempt *a)
{
    if (!l->first) l->end = &l->first;
    a->link = NULL;
    *l->end = a;
    l->end = &a->link;
    l->n++;
}

struct attempt *attempt_list_take(struct attempt_list *l)
{
    struct attempt *a = l->first;
    if (!a) return NULL;
    l->first = a->link;
    l->n--;
    return a;
}

/* ---- the inbox ---- */

void worker_signal(struct worker *w) { pthread_cond_signal(&w->changed); }

void worker_want(struct worker *w, int64_t account, int64_t destination_id, int64_t due_at)
{
    pthread_mutex_lock(&w->lock);
    if (w->n_wants == w->max_wants) {
        w->max_wants = w->max_wants ? w->max_wants * 2 : 64;
        w->wants = realloc(w->wants, sizeof *w->wants * (size_t)w->max_wants);
        ASSERT(w->wants);
    }
    w->wants[w->n_wants++] = (struct want){account, destination_id, due_at};
    worker_signal(w);
    pthread_mutex_unlock(&w->lock);
}

/* What came since the last turn. */
struct inbox {
    struct attempt_list answered;
    int n_wants;
    bool results_done, upkeep_done;
};

static bool has_mail(const struct worker *w)
{
    return w->n_wants || w->answered.first || w->results_done || w->upkeep_done || w->is_ending ||
           w->is_stopping != w->has_stopped;
}

static void sleep_until(struct worker *w, int64_t mono)
{
    struct timespec t = {.tv_sec = mono / 1000, .tv_nsec = mono % 1000 * 1000000};
    while (!has_mail(w) && clock_mono_ms() < mono)
        if (pthread_cond_timedwait(&w->changed, &w->lock, &t)) break;
}

/* The two arrays of wants change places, so neither is copied. */
static struct inbox take_inbox(struct worker *w, int64_t until_mono)
{
    pthread_mutex_lock(&w->lock);
    if (!has_mail(w)) sleep_until(w, until_mono);
    struct inbox in = {.n_wants = w->n_wants, .results_done = w->results_done, .upkeep_done = w->upkeep_done};
    struct want *empty = w->taken_wants;
    int max = w->max_taken;
    w->taken_wants = w->wants;
    w->max_taken = w->max_wants;
    w->wants = empty;
    w->max_wants = max;
    w->n_wants = 0;
    w->results_done = w->upkeep_done = false;
    w->asks_nobody = w->has_stopped = w->is_stopping;
    w->ends = w->is_ending;
    for (struct attempt *a; (a = attempt_list_take(&w->answered));) attempt_list_add(&in.answered, a);
    pthread_mutex_unlock(&w->lock);
    return in;
}

/* ---- a turn ---- */

/* Until when there is nothing to do by itself. */
static int64_t next_turn(const struct worker *w, int64_t mono)
{
    int64_t next = w->n_dests || w->results.n ? w->scan_mono : mono + 1000;
    if (w->first_ready && w->n_under_way < limit_get(LIMIT_OUTBOX_IN_FLIGHT))
        next = mono > w->read_again_mono ? mono : w->read_again_mono;
    return next < mono + 1000 ? next : mono + 1000;
}

static void publish(struct worker *w)
{
    atomic_store(&w->awake, w->n_dests);
    atomic_store(&w->under_way, w->n_under_way);
}

static void turn(struct worker *w, struct inbox *in)
{
    if (in->results_done) results_finish(w);
    if (in->upkeep_done) upkeep_finish(w);
    for (struct attempt *a; (a = attempt_list_take(&in->answered));) attempt_answered(w, a);
    int64_t now = clock_now_ms(), mono = clock_mono_ms();
    if (!w->asks_nobody) {
        for (int i = 0; i < in->n_wants; i++) dest_want(w, &w->taken_wants[i]);
        if (mono >= w->scan_mono) dest_scan(w, now, mono);
        dest_sweep(w, mono);
        outbox_trim(w, mono);
        worker_read(w, now, mono);
    }
    upkeep_submit(w, now, mono);
    results_submit(w, mono);
    publish(w);
}

static bool is_at_rest(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool rests = w->n_asked == 0 && !w->answered.first && !w->results_done && !w->upkeep_done;
    pthread_mutex_unlock(&w->lock);
    return rests && !w->results.first && !w->result_unit.is_out && !w->upkeep_unit.is_out && !atomic_load(&w->trim_unit.is_out);
}

static bool free_all(struct tx *tx, void *arg)
{
    const struct worker *w = arg;
    return tx_run(tx, Q_DESTINATION_FREE_ALL, &(struct q_destination_free_all){store_node(w->o->store)}, NULL);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct fault f;
    pthread_setname_np(pthread_self(), "outbox");
    for (;;) {
        struct inbox in = take_inbox(w, next_turn(w, clock_mono_ms()));
        turn(w, &in);
        if (w->ends && is_at_rest(w)) break;
        if (w->ends) usleep(1000); /* a second at most: what is under way was cut off */
    }
    if (!store_write(w->o->store, free_all, w, &f))
        log_warning("outbox", "The destinations could not be given back; they are free in %lld s: %s",
                    (long long)limit_get(LIMIT_JOB_LEASE_S), f.text);
    return NULL;
}

/* ---- life ---- */

struct worker *worker_create(struct outbox *o, struct fault *f)
{
    struct worker *w = calloc(1, sizeof *w);
    ASSERT(w);
    w->o = o;
    if (!store_write(o->store, free_all, w, f)) {
        free(w);
        return NULL;
    }
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attr);
    pthread_condattr_destroy(&attr);
    w->dests = map_create();
    w->ready_end = &w->first_ready;
    w->result_unit.worker = w->upkeep_unit.worker = w;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    int error = pthread_create(&w->thread, NULL, worker_main, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(error == 0);
    return w;
}

void worker_stop(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    worker_signal(w);
    pthread_mutex_unlock(&w->lock);
    for (int64_t until = clock_mono_ms() + 1000;; usleep(2000)) {
        pthread_mutex_lock(&w->lock);
        bool is_quiet = w->has_stopped && (w->n_asked == 0 || clock_mono_ms() >= until);
        pthread_mutex_unlock(&w->lock);
        if (is_quiet) break;
    }
}

void worker_destroy(struct worker **wp)
{
    struct worker *w = *wp;
    *wp = NULL;
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = w->is_ending = true;
    worker_signal(w);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    size_t at = 0;
    struct str key;
    void *value;
    while (map_next(w->dests, &at, &key, &value)) {
        struct dest *d = value;
        while (d->attempts) attempt_release(w, d->attempts);
        free(d);
    }
    map_destroy(&w->dests);
    for (struct attempt *a = w->idle, *next; a; a = next) {
        next = a->link;
        attempt_free(a);
    }
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w->wants);
    free(w->taken_wants);
    free(w);
}

void worker_stats(struct worker *w, struct outbox_stats *out)
{
    *out = (struct outbox_stats){
        .awake = atomic_load(&w->awake),
        .in_flight = atomic_load(&w->under_way),
        .attempts = atomic_load(&w->attempts),
        .delivered = atomic_load(&w->delivered),
        .oldest_due_at = atomic_load(&w->oldest_due_at),
        .reads = atomic_load(&w->reads),
    };
}
