/* store.c: opening and closing. Called by app at start and end, and by commands that open the database themselves. The store's
 * owner is whoever opened it; everything in it ends with store_close. */
#include "store/store_private.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

static const struct store_driver *const drivers[] = {&store_driver_sqlite, &store_driver_postgres, &store_driver_fake};

static const struct store_driver *find_driver(const char *address, struct fault *f)
{
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        size_t n = strlen(drivers[i]->scheme);
        if (strncmp(address, drivers[i]->scheme, n) == 0 && address[n] == ':') return drivers[i];
    }
    /* Only its first word: what follows may hold a password. */
    fault_operator(f, "The database address (%.*s) is not one of sqlite:FILE and postgresql://USER@HOST/DATABASE.",
                   (int)strcspn(address, ":"), address);
    return NULL;
}

static bool take_lock(struct store *s, struct fault *f)
{
    char path[1024];
    if ((size_t)snprintf(path, sizeof path, "%s/pennypost.lock", s->data_dir) >= sizeof path)
        return fault_operator(f, "The name of the data folder is too long: %s", s->data_dir);
    s->lock_fd = lock_file_take(path, "data folder", f);
    return s->lock_fd >= 0;
}

static bool open_reading(struct store *s, struct fault *f)
{
    struct conn *c = s->driver->open(s->address, false, f);
    bool ok = c && migrate(s->driver, c, true, &s->schema_version, f);
    if (c) s->driver->close(c);
    return ok;
}

static bool open_writing(struct store *s, struct fault *f)
{
    if (!s->driver->is_scripted && !take_lock(s, f)) return false;
    s->committer.conn = s->driver->open(s->address, true, f);
    if (!s->committer.conn) return false;
    if (!s->driver->is_scripted && !migrate(s->driver, s->committer.conn, false, &s->schema_version, f)) return false;
    return committer_start(s, f);
}

struct store *store_open(const struct store_config *config, struct fault *f)
{
    const struct store_driver *driver = find_driver(config->address, f);
    if (!driver) return NULL;
    struct store *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->driver = driver;
    s->address = strdup(config->address);
    s->data_dir = strdup(config->data_dir ? config->data_dir : ".");
    s->node = config->node;
    s->read_only = config->read_only;
    s->lock_fd = -1;
    readers_init(&s->readers);
    id_pools_init(&s->ids);
    pthread_mutex_init(&s->committer.stats_lock, NULL);
    pthread_mutex_init(&s->committer.hooks_lock, NULL);
    s->committer.arena = arena_create(16384);
    if (!(s->read_only ? open_reading(s, f) : open_writing(s, f))) store_close(&s);
    return s;
}

/* Readers go first: the writer's connection is then the last, and the engine can tidy up behind it. */
void store_close(struct store **store)
{
    struct store *s = *store;
    *store = NULL;
    if (!s) return;
    committer_finish(s);
    readers_finish(&s->readers, s->driver);
    if (s->committer.conn) s->driver->close(s->committer.conn);
    lock_file_release(&s->lock_fd);
    pthread_mutex_destroy(&s->committer.stats_lock);
    pthread_mutex_destroy(&s->committer.hooks_lock);
    arena_destroy(&s->committer.arena);
    free(s->address);
    free(s->data_dir);
    free(s);
}

void store_address_show(const char *address, char *out, size_t n)
{
    const struct store_driver *driver = find_driver(address, NULL);
    if (driver && driver->show)
        driver->show(address, out, n);
    else
        snprintf(out, n, "%.*s:…", (int)strcspn(address, ":"), address);
}

bool store_probe(const char *address, char *version, size_t n, struct fault *f)
{
    const struct store_driver *driver = find_driver(address, f);
    return driver && driver->probe && driver->probe(address, version, n, f);
}

int store_node(const struct store *s) { return s->node; }
int64_t store_schema_version(struct store *s) { return s->schema_version; }
