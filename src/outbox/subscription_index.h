/* subscription_index.h: all subscriptions in memory, by source: what event_emit asks 100,000 times a second. It is what the committer's
 * transaction is: a change is made by the unit that makes it in the database, and taken back with its group.
 *
 * Changes and index_first are the committer's thread's alone; index_wants is anybody's. */
#pragma once
#include "outbox/event.h"

/* A destination that something may be put into. Lives as long as the index. */
struct wake {
    int64_t account, destination_id;
    int64_t due_at; /* the group's earliest; only while listed */
    bool is_listed;
    struct wake *next;
};
struct wanted {
    int64_t account, subscription_id, source_id, delay_ms;
    enum event_source source;
    uint64_t codes;
    bool is_enabled;
    struct wake *wake;
    struct wanted *next; /* of the same source */
};
struct subscription_index;
struct subscription_index *index_create(void);
void index_destroy(struct subscription_index **x);
/* Puts, replaces (by subscription_id), or removes (w NULL). Copies *w; sets its wake from destination_id. */
void index_change(struct subscription_index *x, int64_t subscription_id, const struct wanted *w, int64_t destination_id);
/* The group ended: what changed since the last end stays, or is taken back. */
void index_ended(struct subscription_index *x, bool committed);
const struct wanted *index_first(const struct subscription_index *x, int64_t account, enum event_source source,
                                 int64_t source_id);
struct wake *index_wake(struct subscription_index *x, int64_t account, int64_t destination_id);
bool index_wants(struct subscription_index *x, int64_t account, enum event_source source, int64_t source_id, int code);
