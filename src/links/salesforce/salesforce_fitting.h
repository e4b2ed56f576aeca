/* salesforce_fitting.h: the field of a drop on one object, between the job that keeps its row (salesforce_field.c) and the steps that make it there
 * (salesforce_fitting.c). */
#pragma once
#include "links/salesforce/salesforce_private.h"

/* One object of one drop. */
struct sf_fitting {
    struct salesforce *sf;
    struct arena *arena;
    struct json_parser *parser;
    struct connection connection;
    struct sf_config config;
    const struct sf_object *object;
    int64_t drop_id, left /* custom fields that the object may still have; -1: not known */;
    struct str name;
    struct str profile; /* the connected user's; read once for a drop */
    enum sf_field_state state;
    char says[520];  /* for people; "": all is well */
    bool is_for_now; /* probably over soon */
};

/* Makes the field, shows it to the connected user, puts it on the page layout. Each step may be done again. Sets state, left, says, is_for_now. Waits. */
void sf_fit(struct sf_fitting *g);
