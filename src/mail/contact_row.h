/* contact_row.h: a contact between its shape in memory (values in field order) and its row (14 columns and a JSON array of the
 * rest). */
#pragma once
#include "mail/contact.h"
#include "mail/recipient.h"
#include "queries.h"

/* Known fields that have a column of their own; the rest is in vars. */
enum { CONTACT_COLUMNS = FIELD_VAR_1 };
/* vars of a row: STR_NULL when there is none. From the arena. */
struct str contact_row_vars(struct arena *a, const struct str *values, int n);
struct q_contact_insert contact_row_insert(int64_t account, const struct contact *c, struct str vars);
struct q_contact_put contact_row_put(int64_t account, const struct contact *c, struct str vars);
/* Strings are copied into the arena. */
bool contact_row_read(struct json_parser *p, struct arena *a, const struct r_contact_find *r, struct contact *out,
                      struct fault *f);
