/* body.h: a request's JSON body, read into known fields with the leniencies that clients need (specs: postalytics-api §11):
 * numbers as strings and back, flags as true, 1 or "true", null and absent alike, unknown keys ignored, names in any case and with
 * or without underscores (DirectMailName is direct_mail_name). A wrong type is a 400 that names the field.
 *
 * Texts point into the thread's parser and live until the next body_parse on the same thread, but for those that were numbers,
 * which live in the arena. */
#pragma once
#include "base/json.h"
#include "net/http.h"

enum body_kind {
    BODY_TEXT, /* struct str; STR_NULL when absent */
    BODY_INT,  /* int64_t; DB_NULL when absent; "" counts as absent */
    BODY_FLAG, /* int: 0, 1, or -1 when absent */
    BODY_TIME, /* int64_t ms; DB_NULL when absent; ISO 8601 */
};
struct body_field {
    const char *name;  /* as the documentation spells it, and as messages do */
    const char *alias; /* used when the name is absent; NULL: none */
    enum body_kind kind;
    bool is_required;
    size_t at; /* offsetof in what body_read fills */
};

/* The body as an object. An empty one is an empty object when may_be_empty. False: 400 or 415 in f. */
bool body_parse(struct http_exchange *x, bool may_be_empty, struct json_value *root, struct fault *f);
/* All fields of `out` that the table names are set, present or not. */
bool body_read(struct json_value root, struct arena *a, const struct body_field *fields, size_t n, void *out, struct fault *f);

/* Is there a key of that name, in any spelling, be it null? */
bool body_has(struct json_value root, const char *name);
/* One value as text. False: 400 that names it. null gives STR_NULL. */
bool body_text(struct json_value v, const char *name, struct arena *a, struct str *out, struct fault *f);
/* True when both are the same but for case, blanks, - and _. */
bool body_name_eq(struct str a, struct str b);
