/* drop_cache.h: drops that were asked for, in memory: what a send must know without the database, and each drop's seat. Entries
 * live as long as the mail house, so a pointer to one stays good while a unit waits. */
#pragma once
#include "mail/seat.h"

struct drop_ref {
    int64_t account, drop_id;
    struct seat seat; /* the committer's */
};
/* What the last reading said; a batch is opened by what the database says then. */
struct drop_facts {
    bool is_live;
    int64_t mid;
    enum template_state template_state;
};
struct drop_cache;
struct daily_caps;
struct drop_cache *drop_cache_create(struct store *s, struct daily_caps *caps);
void drop_cache_destroy(struct drop_cache **c);
/* The drop behind an endpoint. NULL: 404. Reads the database only the first time and after a change. Any thread. */
struct drop_ref *drop_cache_find(struct drop_cache *c, int64_t account, struct str endpoint, struct drop_facts *facts,
                                 struct fault *f);
/* The same for who is inside a transaction: as that sees it, whatever is in memory. NULL: 404, or the database failed. */
struct drop_ref *drop_cache_find_in(struct drop_cache *c, struct tx *tx, int64_t account, struct str endpoint,
                                    struct drop_facts *facts, struct fault *f);
/* By its number, made when it is not there: for those who close batches. Any thread. */
struct drop_ref *drop_cache_of(struct drop_cache *c, int64_t account, int64_t drop_id);
/* The drop changed and the change is committed: read it again. */
void drop_cache_changed(struct drop_cache *c);
