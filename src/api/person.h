/* person.h: the fields of a recipient, as contacts and sends have them, out of a JSON object (specs: postalytics-api §3, §7). */
#pragma once
#include "base/json.h"
#include "press/fields.h"

enum { PERSON_MAX_EXTRA = 50 };
struct person {
    struct str values[FIELD_KNOWN]; /* STR_NULL: absent */
    struct str extra_names[PERSON_MAX_EXTRA], extra_values[PERSON_MAX_EXTRA];
    int n_extra; /* keys that no field has, with a text or number as value; more than fit, or too long ones, are ignored */
};
/* Texts live as body.h says. FAULT_USER 400 names a field of the wrong type. Lengths and required fields are not looked at
 * (mail/contact.h does). */
bool person_read(struct json_value root, struct arena *a, struct person *out, struct fault *f);
/* Index of a field by any of its spellings, -1: none. */
int person_field(struct str name);
