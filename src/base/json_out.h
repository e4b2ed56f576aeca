/* json_out.h: writing JSON into a buffer. Commas and quoting are its work; balance is asserted by json_out_end.
 *
 *   struct json_out j = json_out_begin(&buf);
 *   json_object(&j, NULL); json_str(&j, "name", s); json_int(&j, "count", 3); json_end(&j); json_out_end(&j);
 *
 * `key` is NULL inside arrays and at the top. A NULL str is written as null. */
#pragma once
#include "base/buf.h"

struct json_out {
    struct buf *buf;
    uint64_t in_object; /* a bit per depth */
    int depth;
    bool need_comma;
};

struct json_out json_out_begin(struct buf *b);
void json_out_end(struct json_out *j);
void json_object(struct json_out *j, const char *key);
void json_array(struct json_out *j, const char *key);
void json_end(struct json_out *j); /* closes the innermost */
void json_str(struct json_out *j, const char *key, struct str s);
void json_strz(struct json_out *j, const char *key, const char *z);
void json_int(struct json_out *j, const char *key, int64_t v);
void json_fixed(struct json_out *j, const char *key, double v, int decimals);
void json_bool(struct json_out *j, const char *key, bool v);
void json_null(struct json_out *j, const char *key);
void json_time(struct json_out *j, const char *key, int64_t ms); /* ISO 8601 UTC */
void json_raw(struct json_out *j, const char *key, struct str json); /* already JSON */
/* Only the quoted string, for other writers. */
void json_quote(struct buf *b, struct str s);
