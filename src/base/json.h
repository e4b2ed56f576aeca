/* json.h: reading JSON, through simdjson's DOM (json.cc, the only C++ file). Writing is json_out.h.
 *
 * A document is parsed whole. Refused with a sentence: invalid UTF-8, NUL in a string, a key that stands twice in one object,
 * nesting beyond `json.max_depth`, trailing bytes. Integers are exact (64 bit); a number that is not an integer is a double.
 * Values point into the document, which lives in the parser until its next parse. One parser per thread. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

enum json_type { JSON_MISSING, JSON_NULL, JSON_BOOL, JSON_INT, JSON_DOUBLE, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_parser;
struct json_value {
    enum json_type type;
    bool boolean;
    int64_t integer;
    double number;      /* also set for JSON_INT */
    struct str string;  /* valid UTF-8 without NUL */
    uint64_t handle[2]; /* arrays and objects: json.cc's */
};

struct json_parser *json_parser_create(void);
void json_parser_destroy(struct json_parser **p);
/* `text` needs JSON_PADDING readable bytes behind its end (a struct buf gives them with buf_reserve, an arena copy does with
 * json_padded). FAULT_USER 400 names line and column. */
#define JSON_PADDING 64
bool json_parse(struct json_parser *p, struct str text, struct json_value *root, struct fault *f);
struct str json_padded(struct arena *a, struct str text);

/* Walking. Keys come in the order written. *it starts zeroed; `key` may be NULL. */
struct json_iter {
    uint64_t handle[3];
};
size_t json_count(struct json_value container);
bool json_next(struct json_value container, struct json_iter *it, struct str *key, struct json_value *value);
struct json_value json_get(struct json_value object, const char *key); /* type JSON_MISSING when absent or not an object */
/* Writes a value as it was read (json_out.h); JSON_MISSING is null, and so is what lies deeper than 60 levels of *j. */
struct json_out;
void json_value_write(struct json_out *j, const char *key, struct json_value v);
struct str json_value_text(struct arena *a, struct json_value v); /* the same, as a text of its own */
