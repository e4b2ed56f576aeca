/* lease_keeper.h: renews the lease of work that calls nobody back while it lasts (a compile): at a third of the lease's time, on a
 * thread of its own. The caller's memory; init and finish on the thread that works. */
#pragma once
#include "store/store.h"
#include <pthread.h>

struct lease_keeper {
    struct store *store;
    store_fn *renew; /* the unit that renews; a lease that is another's it leaves alone */
    void *arg;
    const char *what; /* "template", for the log */
    int64_t id;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_over;
};
void lease_keeper_init(struct lease_keeper *k, struct store *s, store_fn *renew, void *arg, const char *what, int64_t id);
void lease_keeper_finish(struct lease_keeper *k); /* after it nothing is renewed */
