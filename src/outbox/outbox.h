/* outbox.h: the outbox of one server: subscriptions and destinations to configure, deliveries to look at, and the workers that deliver. */
#pragma once
#include "jobs/due.h"
#include "outbox/link.h"

struct outbox_config {
    struct store *store;
    struct jobs *jobs; /* gets the due source "destinations" */
    struct fetcher *fetcher;
    const struct link_def *const *links;
    int n_links;
    const struct seal *seal; /* destinations' secrets; base/seal.h */
};
struct outbox *outbox_create(const struct outbox_config *c, struct fault *f); /* loads subscriptions; fault: the store */
/* The end, in this order: jobs_end, outbox_stop (begins nothing more, lets what is under way finish for a second), fetcher_destroy (cuts
 * off the rest), outbox_destroy (writes down what came of it, gives the destinations back). What links call
 * in their steps and settlements must be there until then. */
void outbox_stop(struct outbox *o);
void outbox_destroy(struct outbox **o);

/* ---- subscriptions (account's own; 404 else) ---- */
struct subscription {
    int64_t account_id, subscription_id /* 0: take one, from 1,000,000,000 up */, source_id /* 0: every source of its kind */,
        destination_id, delay_ms, created_at, updated_at;
    enum event_source source;
    uint64_t codes; /* bit = code */
    bool is_enabled;
    int64_t connection_id; /* the destination's; DB_NULL: none. When read; subscription_put goes by destination_id */
    int link;              /* the destination's link by its number, when read */
    struct str name, settings, address; /* settings: JSON; address: the destination's, of a connection its label */
};
/* Inside a unit. With an address (a link without connection: webhook) the destination is found or made by it; without one destination_id
 * names it. `secret` is sealed and replaces the destination's; STR_NULL leaves that alone. A subscription that moves to another
 * destination takes its waiting deliveries along. Putting an enabled one opens a destination that was disabled: its owner says that it
 * works again. Event_emit sees what is put from the next unit on. A later delay that is shorter lets younger events go first. 404: no
 * such subscription, no such destination. */
bool subscription_put(struct outbox *o, struct tx *tx, const struct link_def *link, struct subscription *s, struct str secret);
bool subscription_remove(struct outbox *o, struct tx *tx, int64_t account,
                         int64_t subscription_id); /* deliveries of it still waiting go with it */
/* Inside a unit: those that are told of a source, which is gone, and what waits for them. */
bool subscription_remove_of(struct outbox *o, struct tx *tx, int64_t account, enum event_source source, int64_t source_id);
/* Inside a unit: all of an account, which is being deleted: nobody is told of anything any more. */
bool subscription_remove_all(struct outbox *o, struct tx *tx, int64_t account);
bool subscription_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct subscription *out, struct fault *f);
/* Of a source (source_id 0: of all of that source's kind), newest first; -1 with a fault. */
int subscription_all(struct store *s, struct arena *a, int64_t account, enum event_source source, int64_t source_id,
                     struct subscription **out, struct fault *f);

/* Told to a connection, newest first; -1 with a fault. */
int subscription_all_to(struct store *s, struct arena *a, int64_t account, int64_t connection_id, struct subscription **out,
                        struct fault *f);

/* ---- destinations and deliveries, to see and to drive ---- */
enum destination_state { DESTINATION_OPEN, DESTINATION_PAUSED, DESTINATION_DISABLED };
struct destination {
    int64_t destination_id, connection_id, paused_until, failing_since, n_waiting, n_given_up, created_at;
    enum destination_state state;
    struct str link, address, last_error;
};
struct delivery_row {
    int64_t delivery_id, destination_id, subscription_id, event_id, due_at /* INT64_MAX: given up */, attempt, first_due_at;
    enum link_result last_result;
    struct str last_error;
};
struct attempt_row {
    int64_t log_id /* tid: when */, delivery_id, event_id, attempt, http_status, took_ms;
    enum link_result result;
    struct str answer;
};
/* Lists return how many, -1 with a fault; `start` is 0-based. */
int destination_all(struct outbox *o, struct arena *a, int64_t account, struct destination **out, struct fault *f);
bool destination_set_state(struct outbox *o, int64_t account, int64_t destination_id, enum destination_state to,
                           struct fault *f); /* open also clears a pause */
/* Inside a unit: the destination of a connection (account/connection.h), made when it has none. `label` is shown where an address would stand.
 * 0: the unit failed. */
int64_t destination_of_connection(struct tx *tx, const struct link_def *link, int64_t account, int64_t connection_id,
                                  struct str label);
/* Inside a unit: it is open from now on, whatever had paused it, if the connection has one. */
bool destination_open_of_connection(struct outbox *o, struct tx *tx, int64_t account, int64_t connection_id);
/* Inside a unit: is it neither paused nor disabled? False also when it has none, or the unit failed (tx_ok). */
bool destination_of_connection_is_open(struct tx *tx, int64_t account, int64_t connection_id);
/* Inside a unit: it was open when secrets came to the connection which are taken back. What deliveries with those have done to it, or will still
 * say, counts for nothing; what a person has done stays. */
bool destination_reopen_of_connection(struct outbox *o, struct tx *tx, int64_t account, int64_t connection_id);
/* Inside a unit: *s (its source and codes) is told to the connection too, when that takes events; else nothing is made and *s has no number. */
bool subscription_to_connection(struct outbox *o, struct tx *tx, int64_t connection_id, struct subscription *s);
/* Inside a unit: the connection is removed; its subscriptions and what waited for them go with it. */
bool destination_remove(struct outbox *o, struct tx *tx, int64_t account, int64_t connection_id);
int delivery_waiting(struct store *s, struct arena *a, int64_t account, int64_t destination_id, bool given_up, int64_t start,
                     int n, struct delivery_row **out, struct fault *f);
int attempt_page(struct store *s, struct arena *a, int64_t account, int64_t destination_id /* 0: all */,
                 int64_t before /* 0: newest */, int n, struct attempt_row **out, struct fault *f);
/* Re-drive: given-up deliveries of a destination (delivery_id 0: all) are due now, with a new ladder. Cancel: a waiting or given-up one goes, with a log row. */
bool delivery_redrive(struct outbox *o, int64_t account, int64_t destination_id, int64_t delivery_id, int64_t *n,
                      struct fault *f);
bool delivery_cancel(struct outbox *o, int64_t account, int64_t destination_id, int64_t delivery_id, struct fault *f);

struct outbox_stats {
    int64_t awake /* destinations served by this node */, in_flight, attempts, delivered, oldest_due_at /* 0: nothing is due */,
        reads /* snapshots of the queues that were looked at */;
};
void outbox_stats(struct outbox *o, struct outbox_stats *out);
