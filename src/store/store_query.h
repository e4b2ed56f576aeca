/* store_query.h: the shape of the generated table of queries (tools/queries.py writes queries.h and queries.c). */
#pragma once
#include "base/str.h"

enum query_type { QUERY_INT, QUERY_TEXT, QUERY_BLOB };

struct query_column {
    const char *name;
    enum query_type type;
    size_t offset; /* in the q_ or r_ struct */
};

struct query_def {
    const char *name;
    const char *sqlite, *postgres; /* the statement's text for each engine */
    const struct query_column *in, *out;
    int n_in, n_out;
    size_t in_size, out_size; /* of the q_ and r_ struct */
    const char *append_into;  /* of a one-row INSERT that may be merged with its likes: "table (columns in order of in)"; else NULL */
    bool writes;              /* INSERT, UPDATE or DELETE, with or without RETURNING */
};

extern const struct query_def query_table[];
extern const int query_count;
/* The schema, oldest first; the same for both engines but for the table endings. */
struct migration {
    int64_t version;
    const char *name, *sqlite, *postgres;
    uint8_t digest[32];
};
extern const struct migration migration_table[];
extern const int migration_count;
