/* columns.h: which known field a column of somebody's contact file means: "First Name", "first", "ZIP code", "Postal Code",
 * "street" … One table. Used for a CSV's header line by every import, and by fields.h for names in creatives. */
#pragma once
#include "press/fields.h"

/* FIELD_* or -1. Case, blanks, - and _ do not matter. */
int columns_match(struct str header);
