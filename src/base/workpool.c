/* workpool.c: threads that run short blocking tasks in order of arrival. Thread-safe. Lives from create to destroy; its threads until stop, which
 * runs what is queued to its end. A task cannot fail towards the pool: it tells its own caller. */
#include "base/workpool.h"
#include "base/log.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct task {
    struct task *next;
    void (*fn)(void *arg);
    void *arg;
};

/* All under `lock` but `threads` and n_threads, which only the owner touches. */
struct workpool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct task *first, **last; /* waiting, in order of arrival */
    int n_waiting;
    bool ends;
    pthread_t *threads;
    int n_threads;
    char name[16]; /* as Linux bounds a thread's */
};

/* The next task, or NULL when the pool ends and nothing waits. */
static struct task *workpool_take(struct workpool *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->ends) pthread_cond_wait(&w->wake, &w->lock);
    struct task *t = w->first;
    if (t) {
        w->first = t->next;
        if (!w->first) w->last = &w->first;
        w->n_waiting--;
    }
    pthread_mutex_unlock(&w->lock);
    return t;
}

static void *workpool_thread(void *arg)
{
    struct workpool *w = arg;
    pthread_setname_np(pthread_self(), w->name);
    for (struct task *t; (t = workpool_take(w));) {
        t->fn(t->arg);
        free(t);
    }
    return NULL;
}

struct workpool *workpool_create(int n_threads, const char *name)
{
    ASSERT(n_threads > 0);
    struct workpool *w = calloc(1, sizeof *w);
    ASSERT(w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->last = &w->first;
    w->threads = calloc((size_t)n_threads, sizeof *w->threads);
    ASSERT(w->threads);
    snprintf(w->name, sizeof w->name, "%s", name);

    /* Signals are the main thread's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; w->n_threads < n_threads; w->n_threads++)
        ASSERT(pthread_create(&w->threads[w->n_threads], NULL, workpool_thread, w) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w;
}

bool workpool_submit(struct workpool *w, void (*fn)(void *arg), void *arg, int max_waiting)
{
    struct task *t = malloc(sizeof *t);
    ASSERT(t);
    *t = (struct task){NULL, fn, arg};
    pthread_mutex_lock(&w->lock);
    bool is_taken = !w->ends && w->n_waiting < max_waiting;
    if (is_taken) {
        *w->last = t;
        w->last = &t->next;
        w->n_waiting++;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    if (!is_taken) free(t);
    return is_taken;
}

void workpool_stop(struct workpool *w)
{
    pthread_mutex_lock(&w->lock);
    w->ends = true;
    pthread_cond_broadcast(&w->wake);
    pthread_mutex_unlock(&w->lock);
    while (w->n_threads) pthread_join(w->threads[--w->n_threads], NULL);
}

void workpool_destroy(struct workpool **w)
{
    if (!w || !*w) return;
    workpool_stop(*w);
    pthread_cond_destroy(&(*w)->wake);
    pthread_mutex_destroy(&(*w)->lock);
    free((*w)->threads);
    free(*w);
    *w = NULL;
}
