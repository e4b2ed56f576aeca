/* tour_told.h: what stands at the tour's peers about one person: HighLevel's tags and notes, Salesforce's status field. */
#pragma once
#include "app/tour_stage.h"

struct tour_person {
    const char *name, *email;
    const char *kind;             /* at Salesforce: "Lead", "Contact" */
    const char *record, *contact; /* ids at Salesforce, at HighLevel */
};
enum { TOLD_TAGS_MAX = 16, TOLD_PREFIX = sizeof "postalytics event: " - 1 };
struct tour_told {
    struct str field; /* STR_NULL: empty */
    struct str label; /* of the field, as people read it; STR_NULL: it is not there */
    int n_tags, n_notes;
    struct str tags[TOLD_TAGS_MAX], last_note; /* tags as HighLevel keeps them: in lower case */
};
/* Asks both peers; texts live in the arena. */
bool tour_told_look(struct tour_stage *s, struct arena *a, const struct tour_person *who, int64_t drop, struct tour_told *out,
                    struct fault *f);
/* The field holds `field`, the last note tells it, and for each word of `tags` (codes, separated by spaces) there is its tag. */
bool tour_told_is(const struct tour_told *t, const char *field, const char *tags);
