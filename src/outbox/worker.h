/* worker.h: the one thread that delivers for all destinations of this node. Nothing on it waits: the other side is asked through the
 * fetcher, results are committed in groups, so thousands of attempts run beside each other and a dead destination only has its own. */
#pragma once
#include "outbox/outbox.h"

struct worker;
/* Gives back what an earlier life of this node held, starts the thread. */
struct worker *worker_create(struct outbox *o, struct fault *f);
void worker_stop(struct worker *w);     /* begins nothing more; waits a second for what is under way */
void worker_destroy(struct worker **w); /* the fetcher has let go of everything */
/* The destination has something due from due_at on, or changed (due_at 0). Any thread, no waiting. */
void worker_want(struct worker *w, int64_t account, int64_t destination_id, int64_t due_at);
void worker_stats(struct worker *w, struct outbox_stats *out);
