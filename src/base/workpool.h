/* workpool.h: a fixed number of threads that run short blocking tasks in order of arrival. */
#pragma once
#include <stdbool.h>

struct workpool;
struct workpool *workpool_create(int n_threads, const char *name);
/* False when `max_waiting` tasks (a limit of the caller's) wait already, or the pool is stopped: nothing was queued. */
bool workpool_submit(struct workpool *w, void (*fn)(void *arg), void *arg, int max_waiting);
/* Finishes what is queued; nothing more is taken. For whoever cannot yet tell all who submit that it ends. */
void workpool_stop(struct workpool *w);
void workpool_destroy(struct workpool **w); /* stops it; nobody submits any more */
