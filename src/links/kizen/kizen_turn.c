/* kizen_turn.c: see kizen_turn.h. A thread that is done with an action looks for the next one itself, so the pool never has more tasks than threads.
 * Every one that ends lets one begin at most: what waits beside an idle thread is of an account that has its share under way, and its own
 * threads come back for it. */
#include "links/kizen/kizen_turn.h"
#include "base/log.h"
#include "base/workpool.h"
#include <pthread.h>
#include <stdlib.h>

struct turns {
    pthread_mutex_t lock;
    struct workpool *pool;
    void (*run)(struct kizen_action *x);
    struct kizen_action *first, **last; /* waiting */
    int n_threads, n_under_way;
    int64_t accounts[]; /* of those under way; n_threads at most */
};

struct task {
    struct turns *turns;
    struct kizen_action *action;
};

static int half(int n) { return n / 2 ? n / 2 : 1; }

struct turns *turns_create(int n_threads, void (*run)(struct kizen_action *x))
{
    struct turns *t = calloc(1, sizeof *t + sizeof *t->accounts * (size_t)n_threads);
    ASSERT(t);
    pthread_mutex_init(&t->lock, NULL);
    t->pool = workpool_create(n_threads, "actions");
    t->run = run;
    t->last = &t->first;
    t->n_threads = n_threads;
    return t;
}

void turns_stop(struct turns *t) { workpool_stop(t->pool); }

void turns_destroy(struct turns **tp)
{
    struct turns *t = *tp;
    *tp = NULL;
    if (!t) return;
    workpool_destroy(&t->pool);
    ASSERT(!t->first && !t->n_under_way);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* ---- under the lock ---- */

static bool may_begin(const struct turns *t, int64_t account)
{
    int n_own = 0;
    for (int i = 0; i < t->n_under_way; i++) n_own += t->accounts[i] == account;
    return t->n_under_way < t->n_threads && n_own < half(t->n_threads);
}

static void begin(struct turns *t, int64_t account) { t->accounts[t->n_under_way++] = account; }

static void end(struct turns *t, int64_t account)
{
    int at = 0;
    while (t->accounts[at] != account) ASSERT(++at < t->n_under_way);
    t->accounts[at] = t->accounts[--t->n_under_way];
}

/* The first that waits and may begin; NULL: none. */
static struct kizen_action *next(struct turns *t)
{
    for (struct kizen_action **at = &t->first; *at; at = &(*at)->next) {
        struct kizen_action *x = *at;
        if (!may_begin(t, x->account)) continue;
        *at = x->next;
        if (!x->next) t->last = at;
        begin(t, x->account);
        return x;
    }
    return NULL;
}

static enum turn wait(struct turns *t, struct kizen_action *x, int max_waiting)
{
    int n = 0, n_own = 0;
    for (const struct kizen_action *w = t->first; w; w = w->next) n++, n_own += w->account == x->account;
    if (n >= max_waiting) return TURN_ALL_WAIT;
    if (n_own >= half(max_waiting)) return TURN_ACCOUNT_WAITS;
    x->next = NULL;
    *t->last = x;
    t->last = &x->next;
    return TURN_GIVEN;
}

/* ---- on a thread ---- */

static void work(void *arg)
{
    struct task task = *(struct task *)arg;
    struct turns *t = task.turns;
    free(arg);
    for (struct kizen_action *x = task.action; x;) {
        int64_t account = x->account; /* x is its asker's again after this */
        t->run(x);
        pthread_mutex_lock(&t->lock);
        end(t, account);
        x = next(t);
        pthread_mutex_unlock(&t->lock);
    }
}

enum turn turns_take(struct turns *t, struct kizen_action *x, int max_waiting)
{
    enum turn out = TURN_GIVEN;
    struct task *task = malloc(sizeof *task);
    ASSERT(task);
    *task = (struct task){t, x};
    pthread_mutex_lock(&t->lock);
    bool begins = may_begin(t, x->account), is_pooled = begins && workpool_submit(t->pool, work, task, t->n_threads);
    if (is_pooled)
        begin(t, x->account); /* its thread ends it under this lock */
    else
        out = begins ? TURN_STOPPED : wait(t, x, max_waiting);
    pthread_mutex_unlock(&t->lock);
    if (!is_pooled) free(task);
    return out;
}
