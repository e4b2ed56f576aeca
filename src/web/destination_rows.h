/* destination_rows.h: where events go, as the pages show it: connections and addresses with their states in words, and what was told last. */
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
/* Its connection's label, or its address. */
struct str destination_name(const struct destination_rows *r, const struct destination *d);
