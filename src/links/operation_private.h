/* operation_private.h: what the two makers of a request share. */
#pragma once
#include "links/operation.h"

struct making {
    const struct connector *connector;
    const struct connector_operation *op;
    struct json_value input, settings; /* settings: the connection's */
    struct arena *arena;
    struct fetch_ask *ask; /* out */
    struct fault *f;       /* FAULT_USER 400 names the input */
};
static inline bool is_absent(struct json_value v) { return v.type == JSON_MISSING || v.type == JSON_NULL; }

/* A value that goes into an address: text, number, or yes and no. */
bool operation_add_plain(const struct making *m, struct buf *b, const char *name, struct json_value v);
bool operation_make_free(struct making *m);
