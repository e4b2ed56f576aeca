/* salesforce_delivery.h: an event on its way into a record's field: salesforce_link.c makes the request and keeps what came of it,
 * salesforce_answer.c reads the answer. */
#pragma once
#include "links/salesforce/salesforce_private.h"

enum {
    SF_COLLECTION_MAX = 200, /* records that one request writes */
    SF_SEARCH_MAX = 50,      /* addresses that one query looks for */
    SF_FOUND_MAX = 10,
    SF_FIELD_AGAIN_MS = 1000
};
struct sf_written { /* what the field of a record holds, or is to hold */
    int64_t piece_id, happened_at;
    int code; /* -1: nothing */
};
/* Mail codes go forwards only and never replace a visit; of two pieces to one person the younger counts; visits replace by their time. */
bool sf_is_newer(const struct sf_written *was, const struct sf_written *now);
enum sf_phase { SF_PHASE_SEARCH, SF_PHASE_WRITE };
struct sf_delivery {
    struct connection connection;
    struct sf_config config;
    enum sf_phase phase;
    enum link_result result; /* of load: LINK_ASK, or what it has seen already */
    int64_t drop_id, contact_id;
    int64_t value_drop; /* under which the field's value is remembered: 0 when all drops write it */
    struct sf_written value;
    struct str email, remote_id, field, code;
    const struct sf_object *object;
    bool was_found;
    /* writing */
    bool blanks_first, has_blanked, is_overtaken;
    int row; /* of the request */
    /* searching */
    int object_at, n_found;
    bool is_cut_short; /* the other side has more than it said */
    struct str found[SF_FOUND_MAX];
    const char *found_text; /* "Contact 003…, Lead 00Q…" */
    /* for settle */
    bool wants_field, wants_check, is_gone, is_written;
    struct str is_found;
};
static inline struct sf_delivery *sf_of(const struct link_delivery *d) { return d->state; }
enum link_result sf_say(struct link_delivery *d, enum link_result r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* All that still ask get this result. */
void sf_all_say(struct link_delivery *const *group, int n, enum link_result *results, enum link_result r, int64_t until,
                const char *sentence);
bool sf_has_mark(const struct link_delivery *d, const char *word); /* words that earlier attempts left */

/* ---- salesforce_answer.c: what an answer means for each of a group; results of those that asked are LINK_ASK before it, and after it for
 * those that go on ---- */
void sf_answer_read(struct link_delivery *const *group, int n, struct str body, enum link_result *results);
/* The request as a whole was refused. */
void sf_answer_refused(struct link_delivery *const *group, int n, const struct fetch_answer *answer, const char *sentence,
                       enum link_result *results);
