/* destination_rows.h: where events go, as the pages show it: connections and addresses with their states in words. */
#pragma once
#include "outbox/outbox.h"
#include "web/page.h"

struct destination_rows {
    struct destination *destinations;
    int n_destinations;
    struct connection *connections;
    int n_connections;
};
bool destination_rows_read(struct page *p, struct destination_rows *out, struct fault *f);
/* Is a person needed? The sentence says what for; NULL: no. */
const char *destination_trouble(struct page *p, const struct destination *d);
/* Its newest trial failed, and nothing was told since; d: its destination, or NULL. */
bool connection_does_not_work(struct page *p, const struct connection *c, const struct destination *d);
/* Its connection's label, or its address. */
struct str destination_name(const struct destination_rows *r, const struct destination *d);
/* NULL: the connection is told of nothing. */
const struct destination *destination_of(const struct destination_rows *r, int64_t connection_id);

/* Items of an address, or of a campaign that events send: `state`, `until`, `since`, `trouble`, `cure` (web/destination_state.html), `waiting` and
 * `given_up`. */
void destination_row(struct page *p, struct view *row, const struct destination *d);
/* The same of a connection; d NULL: it is told of nothing, and has no numbers. Besides: `connection_id`, `label`, `system`, `description`,
 * `watched`, `saved`, and of its newest trial `tried` with `tried_works` or `tried_sentence` (web/trial.html). */
void connection_row(struct page *p, struct view *row, const struct connection *c, const struct destination *d);
