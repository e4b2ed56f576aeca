/* renderings.c: a short table in memory, one line a batch in work. */
#include "mail/renderings.h"
#include "base/log.h"
#include <stdlib.h>

enum { AT_MOST = 64 };
struct rendering {
    int64_t batch_id; /* 0: free */
    int64_t done;
};
struct renderings {
    pthread_mutex_t lock;
    struct rendering now[AT_MOST];
};

struct renderings *renderings_create(void)
{
    struct renderings *r = calloc(1, sizeof *r);
    ASSERT(r);
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void renderings_destroy(struct renderings **r)
{
    if (!*r) return;
    pthread_mutex_destroy(&(*r)->lock);
    free(*r);
    *r = NULL;
}

/* Under the lock: the batch's line, or a free one. */
static struct rendering *line_of(struct renderings *r, int64_t batch_id)
{
    struct rendering *free_line = NULL;
    for (int i = 0; i < AT_MOST; i++) {
        if (r->now[i].batch_id == batch_id) return &r->now[i];
        if (!r->now[i].batch_id && !free_line) free_line = &r->now[i];
    }
    return free_line;
}

void renderings_set(struct renderings *r, int64_t batch_id, int64_t done)
{
    pthread_mutex_lock(&r->lock);
    struct rendering *line = line_of(r, batch_id);
    if (line) *line = (struct rendering){batch_id, done};
    pthread_mutex_unlock(&r->lock);
}

void renderings_end(struct renderings *r, int64_t batch_id)
{
    pthread_mutex_lock(&r->lock);
    struct rendering *line = line_of(r, batch_id);
    if (line && line->batch_id == batch_id) *line = (struct rendering){0};
    pthread_mutex_unlock(&r->lock);
}

int64_t batch_progress(struct mail *m, int64_t batch_id)
{
    struct renderings *r = m->renderings;
    pthread_mutex_lock(&r->lock);
    const struct rendering *line = line_of(r, batch_id);
    int64_t done = line && line->batch_id == batch_id ? line->done : -1;
    pthread_mutex_unlock(&r->lock);
    return done;
}
