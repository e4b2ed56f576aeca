/* person.h: the fields of a recipient, as contacts and sends have them, out of a JSON object (specs: postalytics-api §3, §7). */
#pragma once
#include "base/json.h"
#include "base/limits.h"
#include "press/fields.h"

struct person {
    struct str values[FIELD_KNOWN]; /* STR_NULL: absent */
    struct str extra_names[LIMIT_MOST_PERSON_MAX_EXTRA], extra_values[LIMIT_MOST_PERSON_MAX_EXTRA];
    int n_extra; /* keys that no field has, with a text or number as value */
};
/* Texts live as body.h says. FAULT_USER 400 names a field of the wrong type, or one that is
 * too long or too many (person.max_extra, person.max_name_bytes, merge.max_value_bytes): nothing is left out without a word. Lengths and required fields are not looked at
 * (mail/contact.h does). */
bool person_read(struct json_value root, struct arena *a, struct person *out, struct fault *f);
/* Index of a field by any of its spellings, -1: none. */
int person_field(struct str name);
