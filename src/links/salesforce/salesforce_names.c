/* salesforce_names.c: what a drop's field is called there. 40 characters are the most that a name may have: a drop with a number of six digits or
 * more has the shorter name (specs: crm-apis §2.4). Pure. */
#include "links/salesforce/salesforce_private.h"
#include "base/log.h"
#include <stdio.h>

void sf_field_label(int64_t drop_id, char out[FIELD_NAME_MAX + 1])
{
    ASSERT(drop_id > 0);
    int n = snprintf(out, FIELD_NAME_MAX + 1, "Postalytics Mail Drop %lld Event Status", (long long)drop_id);
    if (n > FIELD_NAME_MAX) n = snprintf(out, FIELD_NAME_MAX + 1, "Postalytics Drop %lld Event Status", (long long)drop_id);
    if (n > FIELD_NAME_MAX) n = snprintf(out, FIELD_NAME_MAX + 1, "Mail Drop %lld", (long long)drop_id);
    ASSERT(n <= FIELD_NAME_MAX);
}

struct str sf_field_name(struct arena *a, int64_t drop_id)
{
    char label[FIELD_NAME_MAX + 1];
    sf_field_label(drop_id, label);
    char *name = arena_printf(a, "%s__c", label);
    for (char *p = name; *p; p++)
        if (*p == ' ') *p = '_';
    return str_of(name);
}
