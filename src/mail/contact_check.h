/* contact_check.h: what a recipient must be, wherever he comes from: API, send, import. */
#pragma once
#include "mail/contact.h"

/* The wire's names of the known fields, by index. */
const char *contact_field_name(int field);
/* The known field of a name, in any case; -1: it is none. */
int contact_field_find(struct str name);
/* Length in characters that a field may have. */
size_t contact_field_max(int field);
/* values: n of them in field order. FAULT_USER 400 names the field (specs: postalytics-api §3). Fields that are empty count as
 * absent. */
bool contact_values_check(const struct str *values, int n, struct fault *f);
