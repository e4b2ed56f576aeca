/* fuzz_json.c: any bytes as JSON. A refusal must say where; what is taken must be walkable and its strings UTF-8 without NUL.
 */
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct json_value v)
{
    struct json_iter it = {0};
    struct json_value child;
    struct str key;
    size_t n = 0;
    if (v.type == JSON_STRING) ASSERT(utf8_is_valid(v.string, NULL) && !memchr(v.string.ptr, 0, v.string.len));
    for (; json_next(v, &it, &key, &child); n++) walk(child);
    ASSERT(n == json_count(v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_parser *parser;
    if (!parser) parser = json_parser_create();
    struct arena *a = arena_create(4096);
    struct json_value v;
    struct fault f = {0};
    if (json_parse(parser, json_padded(a, str_make(data, size)), &v, &f))
        walk(v);
    else
        ASSERT(f.whose == FAULT_USER && f.text[0]);
    arena_destroy(&a);
    return 0;
}
