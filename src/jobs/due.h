/* due.h: the one scheduler. It knows sources of due work (whatever table has due_at and a lease), nothing of what the work is.
 *
 * Each source has its own threads. One looks for candidates (`find`, read-only), the source's `run` claims one with a
 * conditional UPDATE, works, renews its lease at a third of the time, and finishes or moves due_at by the retry ladder. A claim
 * that fails means that somebody was faster. */
#pragma once
#include "base/fault.h"
#include "store/store.h"

struct due_item {
    int64_t account_id, id, sub_id;
};
struct due_source {
    const char *name; /* "batches to render" */
    int n_threads;
    /* Due candidates, oldest first, at most n; returns how many. *next_due: when the next one is due (INT64_MAX: none known).
     */
    int (*find)(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due);
    void (*run)(void *ctx, struct due_item item);
    void *ctx;
};
struct jobs;
struct jobs *jobs_create(struct store *s);
void jobs_add(struct jobs *j, const struct due_source *source); /* before jobs_start */
void jobs_start(struct jobs *j);
/* Something may be due sooner than known: look now. Any thread. */
void jobs_wake(struct jobs *j, const char *source_name);
bool jobs_stopping(const struct jobs *j); /* long work asks now and then */
void jobs_end(struct jobs *j);   /* begins nothing more and waits for what runs; jobs_wake may still be called, in vain */
void jobs_stop(struct jobs **j); /* the same, and frees it */

/* The retry ladder: when to try again after `attempt` failures (1…): job.retry_first doubling up to job.retry_longest, with a
 * tenth of jitter. */
int64_t retry_due(int64_t now, int attempt);
bool retry_is_over(int attempt);
