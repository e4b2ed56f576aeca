/* compile_wait.c: requests that wait until a template is compiled, and the thread that ends waits which took too long. A waiter
 * is called exactly once: by the compile, by its time, or when the house closes. Never called with the lock held. */
#include "mail/compile_wait.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdlib.h>
#include <time.h>

struct waiter {
    int64_t account, template_id, deadline_mono;
    void (*fn)(void *arg);
    void *arg;
    struct waiter *next;
};
struct compile_waiters {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct waiter *first;
    bool stop;
    pthread_t thread;
};

/* Takes out those that match; template_id 0: those whose time is over, or all when closing. Under the lock. */
static struct waiter *take(struct compile_waiters *w, int64_t account, int64_t template_id)
{
    struct waiter *taken = NULL;
    int64_t now = clock_mono_ms();
    for (struct waiter **at = &w->first; *at;) {
        struct waiter *it = *at;
        bool is_meant =
            template_id ? it->account == account && it->template_id == template_id : w->stop || it->deadline_mono <= now;
        if (!is_meant) {
            at = &it->next;
            continue;
        }
        *at = it->next;
        it->next = taken;
        taken = it;
    }
    return taken;
}

static void call(struct waiter *list)
{
    while (list) {
        struct waiter *next = list->next;
        list->fn(list->arg);
        free(list);
        list = next;
    }
}

static void sleep_until_due(struct compile_waiters *w)
{
    int64_t due = INT64_MAX;
    for (const struct waiter *it = w->first; it; it = it->next)
        if (it->deadline_mono < due) due = it->deadline_mono;
    struct timespec t = {.tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000};
    if (due == INT64_MAX)
        pthread_cond_wait(&w->changed, &w->lock);
    else
        pthread_cond_timedwait(&w->changed, &w->lock, &t);
}

static void *waiters_main(void *arg)
{
    struct compile_waiters *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        struct waiter *over = take(w, 0, 0);
        bool stop = w->stop;
        pthread_mutex_unlock(&w->lock);
        call(over);
        if (stop) return NULL;
        pthread_mutex_lock(&w->lock);
        if (!w->stop) sleep_until_due(w);
    }
}

struct compile_waiters *compile_waiters_create(void)
{
    struct compile_waiters *w = calloc(1, sizeof *w);
    ASSERT(w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attr);
    pthread_condattr_destroy(&attr);
    int error = pthread_create(&w->thread, NULL, waiters_main, w);
    ASSERT(error == 0);
    return w;
}

void compile_waiters_destroy(struct compile_waiters **waiters)
{
    struct compile_waiters *w = *waiters;
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
    *waiters = NULL;
}

void compile_waiters_call(struct compile_waiters *w, int64_t account, int64_t template_id)
{
    pthread_mutex_lock(&w->lock);
    struct waiter *taken = take(w, account, template_id);
    pthread_mutex_unlock(&w->lock);
    call(taken);
}

void template_when_compiled(struct mail *m, int64_t account, int64_t template_id, int timeout_ms, void (*fn)(void *arg),
                            void *arg)
{
    struct compile_waiters *w = m->waiters;
    struct waiter *it = calloc(1, sizeof *it);
    ASSERT(it);
    *it = (struct waiter){account, template_id, clock_mono_ms() + timeout_ms, fn, arg, NULL};
    pthread_mutex_lock(&w->lock);
    it->next = w->first;
    w->first = it;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    /* Looked at after it stands in the list: a compile that ended before is seen here, one that ends later sees the waiter. */
    struct arena *a = arena_create(4096);
    struct template_row row;
    struct fault f;
    if (!template_get(m->store, a, account, template_id, &row, &f) || row.state != TEMPLATE_PUBLISHING)
        compile_waiters_call(w, account, template_id);
    arena_destroy(&a);
}
