/* outbox_private.h: what the files of src/outbox share: the body of struct outbox. Nobody else includes it. */
#pragma once
#include "outbox/outbox.h"
#include "outbox/subscription_index.h"
#include "outbox/worker.h"
#include "queries.h"

#define FOREVER       INT64_MAX /* due_at of what was given up */
#define SOURCE_OUTBOX "destinations"

struct outbox {
    struct participant participant; /* must be first */
    struct store *store;
    struct jobs *jobs;
    struct fetcher *fetcher;
    const struct link_def *const *links;
    int n_links;
    const struct seal *seal;
    struct subscription_index *index;
    struct wake *woken; /* destinations that this group put something into; the committer's */
    struct worker *worker;
};
/* Inside a unit: the destination has something to do from due_at on; written and told once a group. */
void outbox_wake(struct outbox *o, struct tx *tx, struct wake *w, int64_t due_at);
const struct link_def *outbox_link(const struct outbox *o, int64_t number); /* NULL: this program has no such link */
/* "webhook 1000000007" and the like: what a destination's secret is bound to. */
struct str destination_purpose(struct arena *a, int64_t destination_id);
/* "There is no <what> <id>.", 404. */
bool outbox_not_found(struct tx *tx, const char *what, int64_t id);
