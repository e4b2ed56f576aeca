/* outward.c: see outward.h. Whose they are stands in a list as long as the pool at most. */
#include "api/outward.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>

struct outward {
    pthread_mutex_t lock;
    int n, most, most_each;
    int64_t accounts[]; /* of those that are under way */
};

struct outward *outward_create(int n_threads)
{
    int most = n_threads / 2 ? n_threads / 2 : 1;
    struct outward *o = calloc(1, sizeof *o + sizeof *o->accounts * (size_t)most);
    ASSERT(o);
    pthread_mutex_init(&o->lock, NULL);
    o->most = most;
    o->most_each = n_threads / 4 ? n_threads / 4 : 1;
    return o;
}

void outward_destroy(struct outward **o)
{
    if (!*o) return;
    pthread_mutex_destroy(&(*o)->lock);
    free(*o);
    *o = NULL;
}

bool outward_begin(struct outward *o, int64_t account)
{
    int n_own = 0;
    pthread_mutex_lock(&o->lock);
    for (int i = 0; i < o->n; i++) n_own += o->accounts[i] == account;
    bool may = o->n < o->most && n_own < o->most_each;
    if (may) o->accounts[o->n++] = account;
    pthread_mutex_unlock(&o->lock);
    return may;
}

void outward_end(struct outward *o, int64_t account)
{
    int at = 0;
    pthread_mutex_lock(&o->lock);
    while (o->accounts[at] != account) ASSERT(++at < o->n);
    o->accounts[at] = o->accounts[--o->n];
    pthread_mutex_unlock(&o->lock);
}
