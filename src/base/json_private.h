/* json_private.h: what json.cc asks of json_where.c once a document is refused. Only there, so these may take their time. */
#pragma once
#include "base/fault.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills the fault with the reason simdjson refused `text` for, line and column included. */
bool json_fault_syntax(struct str text, const char *simdjson_says, struct fault *f);
/* "line 3, column 14: <what>" for the n-th string of a well-formed text (from 0; keys count). */
bool json_fault_at_string(struct str text, size_t n, const char *what, struct fault *f);
/* The same for the first bracket that nests deeper than `max_depth`. */
bool json_fault_too_deep(struct str text, int64_t max_depth, struct fault *f);

#ifdef __cplusplus
}
#endif
