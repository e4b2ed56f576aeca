/* salesforce_wish.h: what an import is to bring: which records, which fields, into which columns (salesforce_wish.c), and records as rows of that
 * list (salesforce_rows.c). */
#pragma once
#include "links/salesforce/salesforce_private.h"

#define SF_SOURCE_IMPORTS "salesforce imports"
#define SF_KEY_COLUMN     "Salesforce ID"
enum { SF_COLUMNS_MAX = 200 };
struct sf_column {          /* of the list */
    struct str name, field; /* which fills it: "MailingStreet#1" is the first line of a field, "#2" all others */
};
struct sf_wish {
    struct str object, soql, list_view; /* list_view STR_NULL: soql says which records */
    struct sf_column columns[SF_COLUMNS_MAX];
    int n_columns;
};
/* {object, soql, list_view, mapping}; texts in the arena. FAULT_USER 400. */
bool sf_wish_read(struct arena *a, const struct sf_config *c, struct json_value o, struct sf_wish *w, struct fault *f);
/* The query of an import: our columns, and everything from FROM on of the given one. FAULT_USER 400. */
struct str sf_import_query(struct arena *a, struct str soql, const struct str *fields, int n, struct fault *f);

/* ---- salesforce_rows.c ---- */
void sf_rows_header(const struct sf_wish *w, struct buf *b);
/* How many; -1: one of them is no record. */
int64_t sf_rows_add(struct arena *a, const struct sf_wish *w, struct json_value records, struct buf *b);
