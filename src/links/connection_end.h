/* connection_end.h: what goes with a connection: its destination, the subscriptions to it and those to its events, with what waited for them, the drops that it printed (their
 * account's printer prints them again), and, soon after, all that was known of the other side, and of its people: of what happened there the events
 * stay, without whom they were about. Of pieces that were sent through it the rows stay where their batch is not over, because they keep a piece
 * from being sent twice; they go when it is. */
#pragma once
#include "links/connector.h"

/* Inside a unit. 404. */
bool connection_end(struct tx *tx, const struct link_house *h, int64_t account, int64_t id);
/* The same in a unit of its own, after its connector has taken back what it set up there (connector.leave). Waits. 404. */
bool connection_drop(const struct link_house *h, const struct connector *d /* NULL: not known any more */, int64_t account,
                     int64_t id, struct fault *f);
/* After a unit that ended one, committed: what lay on the disk for it, or in memory, goes, and what is left of it is cleared. Waits. */
void connection_ended(const struct link_house *h, const struct connector *d /* NULL: not known any more */, int64_t account,
                      int64_t id);
/* Before an account is removed: its connectors take back what they set up there. Waits. Returns how many connections it has, for
 * connections_removed; what cannot be read is left. */
int connections_leave(const struct link_house *h, const struct connector *const *all, int n, struct arena *a, int64_t account,
                      struct connection **rows);
/* After it was removed, committed: what lay on the disk for its connections, or in memory, goes. */
void connections_removed(const struct link_house *h, const struct connector *const *all, int n, const struct connection *rows,
                         int n_rows);
/* Inside the unit that removes an account with its connections (mail/account_end.h): what they and its actions left is to be cleared. */
bool connection_end_of_account(struct tx *tx, int64_t account);

/* After one of these units: clears what is left of an account's connections that are gone (connection_clear.c), connection.clear_rows a unit, for as
 * many units as somebody may wait for; what remains, after a crash too, the scheduler clears. */
enum { CONNECTION_OTHERS_MS = 5000 }; /* whoever ends one clears it; so long after him the scheduler does */
void connection_clear(const struct link_house *h, int64_t account);
void connection_clear_add(const struct link_house *h /* lives as long */); /* to the scheduler, before jobs_start */
