/* json_value.c: what was read, written again. */
#include "base/json.h"
#include "base/json_out.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 60 }; /* json_out.c holds 64 */

static void write_double(struct json_out *j, const char *key, double v)
{
    char text[40];
    int n = snprintf(text, sizeof text, "%.17g", v);
    json_raw(j, key, str_make(text, (size_t)n));
}

static void write_inside(struct json_out *j, struct json_value v)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value item;
    while (json_next(v, &it, &key, &item)) {
        char *name = v.type == JSON_OBJECT ? strndup(key.ptr, key.len) : NULL;
        json_value_write(j, name, item);
        free(name);
    }
    json_end(j);
}

void json_value_write(struct json_out *j, const char *key, struct json_value v)
{
    if (j->depth >= MOST_LEVELS) v.type = JSON_NULL;
    switch (v.type) {
    case JSON_MISSING:
    case JSON_NULL: json_null(j, key); break;
    case JSON_BOOL: json_bool(j, key, v.boolean); break;
    case JSON_INT: json_int(j, key, v.integer); break;
    case JSON_DOUBLE: write_double(j, key, v.number); break;
    case JSON_STRING: json_str(j, key, v.string); break;
    case JSON_ARRAY: json_array(j, key), write_inside(j, v); break;
    case JSON_OBJECT: json_object(j, key), write_inside(j, v); break;
    }
}

struct str json_value_text(struct arena *a, struct json_value v)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_value_write(&j, NULL, v);
    json_out_end(&j);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}
