/* salesforce_fitting.h: the field of a drop on one object, between the job that keeps its row (salesforce_field.c) and the steps that make it there
 * (salesforce_fitting.c). */
#pragma once
#include "links/salesforce/salesforce_private.h"

/* One object of one drop; the next object of the drop takes the same, for its profile. */
struct sf_fitting {
    /* the job's, before sf_fit */
    struct salesforce *sf;
    struct arena *arena; /* of the whole drop */
    struct json_parser *parser;
    struct connection connection;
    struct sf_config config;        /* read from it */
    const struct sf_object *object; /* one of config's */
    int64_t drop_id;
    struct str name;    /* of the field, as the row has it */
    struct str profile; /* the connected user's; STR_NULL at first, read once for a drop */
    /* out */
    enum sf_field_state state; /* SF_FIELD_READY, _NO_LAYOUT, _FAILED */
    int64_t left;              /* custom fields that the object may still have; -1: not known */
    char says[520];            /* for people; "": all is well */
    bool
        is_for_now; /* when not ready: probably over soon, the retry ladder; else salesforce.again, as somebody must do something */
};

/* Makes the field, shows it to the connected user, puts it on the page layout. Each step may be done again. Waits. */
void sf_fit(struct sf_fitting *g);
