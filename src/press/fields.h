/* fields.h: the names a creative may use for a recipient's data, and the record that a piece carries.
 *
 * Known fields have one canonical name each (first_name … website, var_field_1 … var_field_35) and the label of the list editor
 * ("First Name", "Variable Data 7"); any other column of a CSV is known by its name. Names are compared by text_title_key(), so
 * case, blanks, - and _ do not matter. */
#pragma once
#include "base/arena.h"

enum {
    FIELD_FIRST_NAME,
    FIELD_LAST_NAME,
    FIELD_COMPANY,
    FIELD_ADDRESS_STREET,
    FIELD_ADDRESS_STREET2,
    FIELD_ADDRESS_CITY,
    FIELD_ADDRESS_STATE,
    FIELD_ADDRESS_ZIP,
    FIELD_COUNTRY,
    FIELD_EMAIL_ADDRESS,
    FIELD_PHONE,
    FIELD_MOBILE_PHONE,
    FIELD_OCCUPATION,
    FIELD_WEBSITE,
    FIELD_VAR_1,
    FIELD_KNOWN = FIELD_VAR_1 + 35
};

struct field_set; /* the names of one job or template: the known ones at the indices above, then the extra columns */
struct field_set *field_set_create(struct arena *a, const struct str *extra, int n_extra);
struct str field_set_name(const struct field_set *s, int i);    /* canonical */
int field_set_find(const struct field_set *s, struct str name); /* -1: none */
