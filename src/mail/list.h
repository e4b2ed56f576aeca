/* list.h: what imports and contacts need of lists beyond mail/contact.h. */
#pragma once
#include "mail/contact.h"
#include "queries.h"

/* Reads a row; strings are copied into the arena. */
bool list_read(struct arena *a, const struct r_list_find *r, struct contact_list *out, struct fault *f);
/* Names of columns as they are stored. */
struct str list_columns_write(struct arena *a, const struct str *columns, int n);
