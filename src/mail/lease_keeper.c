/* lease_keeper.c: see lease_keeper.h. A renewal that fails is told and tried again at the next third. */
#include "mail/lease_keeper.h"
#include "mail/mail_private.h"
#include "base/clock.h"
#include "base/log.h"
#include <time.h>

static void renew(struct lease_keeper *k)
{
    struct fault f;
    if (!store_write(k->store, k->renew, k->arg, &f))
        log_warning("mail", "The lease of %s %lld was not renewed: %s", k->what, (long long)k->id, f.text);
}

static void *keep(void *arg)
{
    struct lease_keeper *k = arg;
    int64_t due = clock_mono_ms() + lease_ms() / 3;
    pthread_mutex_lock(&k->lock);
    while (!k->is_over) {
        struct timespec t = {.tv_sec = due / 1000, .tv_nsec = due % 1000 * 1000000};
        if (clock_mono_ms() < due) {
            pthread_cond_timedwait(&k->changed, &k->lock, &t);
            continue;
        }
        pthread_mutex_unlock(&k->lock);
        renew(k);
        due = clock_mono_ms() + lease_ms() / 3;
        pthread_mutex_lock(&k->lock);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

void lease_keeper_init(struct lease_keeper *k, struct store *s, store_fn *renew_fn, void *arg, const char *what, int64_t id)
{
    pthread_condattr_t attr;
    *k = (struct lease_keeper){.store = s, .renew = renew_fn, .arg = arg, .what = what, .id = id};
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->changed, &attr);
    pthread_condattr_destroy(&attr);
    int error = pthread_create(&k->thread, NULL, keep, k); /* its signals are blocked: it is a child of the scheduler's */
    ASSERT(error == 0);
}

void lease_keeper_finish(struct lease_keeper *k)
{
    pthread_mutex_lock(&k->lock);
    k->is_over = true;
    pthread_cond_signal(&k->changed);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    pthread_cond_destroy(&k->changed);
    pthread_mutex_destroy(&k->lock);
}
