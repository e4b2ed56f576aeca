/* readers.c: read-only connections for closures that only look. Called by any thread; opens connections as they are needed, up
 * to store.readers, and then callers wait for one. A closure sees one snapshot from its first query to its end. */
#include "store/store_private.h"
#include "base/log.h"
#include <stdlib.h>

void readers_init(struct readers *r)
{
    *r = (struct readers){0};
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->given_back, NULL);
}

static void reader_destroy(struct reader **reader, const struct store_driver *driver)
{
    struct reader *r = *reader;
    *reader = NULL;
    if (!r) return;
    if (r->conn) driver->close(r->conn);
    arena_destroy(&r->arena);
    free(r);
}

void readers_finish(struct readers *r, const struct store_driver *driver)
{
    while (r->idle) {
        struct reader *first = r->idle;
        r->idle = first->next;
        r->n_open--;
        reader_destroy(&first, driver);
    }
    ASSERT(r->n_open == 0);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->given_back);
}

static struct reader *reader_create(struct store *s, struct fault *f)
{
    struct conn *c = s->driver->open(s->address, false, f);
    if (!c) return NULL;
    struct reader *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->conn = c;
    r->arena = arena_create(4096);
    return r;
}

static void give_back(struct readers *pool, struct reader *r)
{
    pthread_mutex_lock(&pool->lock);
    if (r) {
        r->next = pool->idle;
        pool->idle = r;
    } else {
        pool->n_open--;
    }
    pthread_cond_signal(&pool->given_back);
    pthread_mutex_unlock(&pool->lock);
}

static struct reader *take(struct store *s, struct fault *f)
{
    struct readers *pool = &s->readers;
    pthread_mutex_lock(&pool->lock);
    while (!pool->idle && pool->n_open >= limit_get(LIMIT_STORE_READERS)) pthread_cond_wait(&pool->given_back, &pool->lock);
    struct reader *r = pool->idle;
    if (r)
        pool->idle = r->next;
    else
        pool->n_open++;
    pthread_mutex_unlock(&pool->lock);
    if (r) return r;
    r = reader_create(s, f);
    if (!r) give_back(pool, NULL);
    return r;
}

bool store_read(struct store *s, store_fn *fn, void *arg, struct fault *f)
{
    ASSERT(!tx_is_inside());
    struct reader *r = take(s, f);
    if (!r) return false;
    bool ok = s->driver->begin(r->conn, false, f) == DRIVER_OK;
    if (ok) {
        struct tx tx;
        tx_init(&tx, s, r->conn, r->arena, false);
        ok = tx_perform(&tx, fn, arg);
        if (!ok && f) *f = tx.fault;
        s->driver->rollback(r->conn); /* nothing was written: it only lets the snapshot go */
    }
    give_back(&s->readers, r);
    return ok;
}
