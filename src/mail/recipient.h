/* recipient.h: a recipient's values as a JSON array in field order: how piece.recipient and contact.vars are stored. Trailing
 * nulls are cut. In a piece, values beyond the known fields follow as one object {name: value}, so that a piece does not change
 * when its list's columns do. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"
#include "mail/contact.h"
#include "postal/address.h"

/* `extra` is a JSON object as text, or STR_NULL. Empty values are kept apart from null ones. From the arena. */
struct str recipient_write(struct arena *a, const struct str *values, int n, struct str extra);
/* A JSON object of names and values; STR_NULL when all values are null. */
struct str recipient_extra(struct arena *a, const struct str *names, const struct str *values, int n);

_Static_assert(LIMIT_MOST_LIST_MAX_COLUMNS <= LIMIT_MOST_PERSON_MAX_EXTRA, "a list's columns become a piece's extra values");
struct recipient {
    struct str values[CONTACT_VALUES_MAX]; /* by place; STR_NULL where there is none */
    int n_values;
    struct str extra_names[LIMIT_MOST_PERSON_MAX_EXTRA], extra_values[LIMIT_MOST_PERSON_MAX_EXTRA];
    int n_extra;
};
/* Values live in the arena. FAULT_OURS: the stored text is not what recipient_write makes, or
 * holds more than the bounds let in. */
bool recipient_read(struct json_parser *p, struct arena *a, struct str json, struct recipient *out, struct fault *f);
/* The address fields of values in field order (n of them): what address_standardise takes. Points into the values. */
struct address_in recipient_address(const struct str *values, int n);
