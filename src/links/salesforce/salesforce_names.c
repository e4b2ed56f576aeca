/* salesforce_names.c: what a drop's field is called there. 40 characters are the most that a name may have: a drop with a number of six digits or
 * more has the shorter name (specs: crm-apis §2.4). An object takes a limited number of custom fields, so a connection may have one field for all
 * its drops (§8). Pure. */
#include "links/salesforce/salesforce_private.h"
#include "base/log.h"
#include <stdio.h>

#define SHARED_NAME "Postalytics_Mail_Event_Status__c"

static void drop_label(int64_t drop_id, char out[SF_FIELD_NAME_MAX + 1])
{
    ASSERT(drop_id > 0);
    int n = snprintf(out, SF_FIELD_NAME_MAX + 1, "Postalytics Mail Drop %lld Event Status", (long long)drop_id);
    if (n > SF_FIELD_NAME_MAX)
        n = snprintf(out, SF_FIELD_NAME_MAX + 1, "Postalytics Drop %lld Event Status", (long long)drop_id);
    if (n > SF_FIELD_NAME_MAX) n = snprintf(out, SF_FIELD_NAME_MAX + 1, "Mail Drop %lld", (long long)drop_id);
    ASSERT(n <= SF_FIELD_NAME_MAX);
}

struct str sf_field_name(struct arena *a, const struct sf_config *c, int64_t drop_id)
{
    char label[SF_FIELD_NAME_MAX + 1];
    if (c->has_one_field) return STR(SHARED_NAME);
    drop_label(drop_id, label);
    char *name = arena_printf(a, "%s__c", label);
    for (char *p = name; *p; p++)
        if (*p == ' ') *p = '_';
    return str_of(name);
}

bool sf_field_is_shared(struct str name) { return str_eq(name, STR(SHARED_NAME)); }

struct str sf_field_label(struct arena *a, struct str name)
{
    ASSERT(str_ends(name, STR("__c")));
    char *label = arena_printf(a, "%.*s", (int)name.len - 3, name.ptr);
    for (char *p = label; *p; p++)
        if (*p == '_') *p = ' ';
    return str_of(label);
}
