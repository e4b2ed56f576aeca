/* per_connection.c: see per_connection.h. */
#include "links/per_connection.h"
#include "base/log.h"
#include "base/map.h"
#include <pthread.h>
#include <stdlib.h>

struct per_connection {
    pthread_mutex_t lock;
    struct map *entries; /* by the bytes of the connection's number */
    size_t size;
    void (*begin)(void *entry), (*end)(void *entry);
};

static struct str key_of(const int64_t *connection_id) { return str_make(connection_id, sizeof *connection_id); }

struct per_connection *per_connection_create(size_t size, void (*begin)(void *entry), void (*end)(void *entry))
{
    struct per_connection *p = calloc(1, sizeof *p);
    ASSERT(p && size > 0);
    *p = (struct per_connection){.entries = map_create(), .size = size, .begin = begin, .end = end};
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void entry_free(const struct per_connection *p, void *entry)
{
    if (entry && p->end) p->end(entry);
    free(entry);
}

void per_connection_destroy(struct per_connection **pp)
{
    struct per_connection *p = *pp;
    size_t at = 0;
    struct str key;
    void *entry;
    *pp = NULL;
    if (!p) return;
    while (map_next(p->entries, &at, &key, &entry)) entry_free(p, entry);
    map_destroy(&p->entries);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void *per_connection_lock(struct per_connection *p, int64_t connection_id)
{
    pthread_mutex_lock(&p->lock);
    void *entry = map_get(p->entries, key_of(&connection_id));
    if (entry) return entry;
    entry = calloc(1, p->size);
    ASSERT(entry);
    if (p->begin) p->begin(entry);
    map_put(p->entries, key_of(&connection_id), entry);
    return entry;
}

void per_connection_unlock(struct per_connection *p) { pthread_mutex_unlock(&p->lock); }

void per_connection_forget(struct per_connection *p, int64_t connection_id)
{
    pthread_mutex_lock(&p->lock);
    void *entry = map_remove(p->entries, key_of(&connection_id));
    pthread_mutex_unlock(&p->lock);
    entry_free(p, entry);
}
