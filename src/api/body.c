/* body.c: see body.h. Parsing is done by one parser per thread, made at its first body and freed when the thread ends. */
#include "api/body.h"
#include "base/log.h"
#include "base/text.h"
#include "store/store.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>

/* ---- the thread's parser ---- */

static pthread_key_t parser_key;
static pthread_once_t parser_once = PTHREAD_ONCE_INIT;

static void parser_free(void *p)
{
    struct json_parser *parser = p;
    json_parser_destroy(&parser);
}

static void parser_key_make(void)
{
    int error = pthread_key_create(&parser_key, parser_free);
    ASSERT(error == 0);
}

static struct json_parser *parser_get(void)
{
    pthread_once(&parser_once, parser_key_make);
    struct json_parser *p = pthread_getspecific(parser_key);
    if (!p) pthread_setspecific(parser_key, p = json_parser_create());
    return p;
}

/* Forms are not understood; everything else is tried as JSON, because many clients name no type or a wrong one. */
static bool type_check(struct http_exchange *x, struct fault *f)
{
    struct str type = http_header(x, "Content-Type");
    if (!type.ptr || type.len < 9 || type.len > 200) return true;
    bool is_form = (type.len >= 33 && str_eq_nocase(str_make(type.ptr, 33), STR("application/x-www-form-urlencoded"))) ||
                   (type.len >= 10 && str_eq_nocase(str_make(type.ptr, 10), STR("multipart/")));
    if (is_form) return fault_user(f, 415, "The body must be JSON (Content-Type: application/json), not a form.");
    return true;
}

bool body_parse(struct http_exchange *x, bool may_be_empty, struct json_value *root, struct fault *f)
{
    struct str body = http_body(x);
    *root = (struct json_value){.type = JSON_MISSING};
    if (str_is_empty(str_trim(body))) {
        if (may_be_empty) return true;
        return fault_user(f, 400, "The body is empty; a JSON object is expected.");
    }
    if (!type_check(x, f) || !json_parse(parser_get(), body, root, f)) return false;
    if (root->type != JSON_OBJECT) return fault_user(f, 400, "The body must be a JSON object.");
    return true;
}

/* ---- names ---- */

static bool is_joint(char c) { return c == '_' || c == '-' || c == ' '; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool body_name_eq(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;;) {
        while (i < a.len && is_joint(a.ptr[i])) i++;
        while (k < b.len && is_joint(b.ptr[k])) k++;
        if (i == a.len || k == b.len) return i == a.len && k == b.len;
        if (lower(a.ptr[i++]) != lower(b.ptr[k++])) return false;
    }
}

/* The exact spelling wins over a similar one, and any value over null. */
static struct json_value find(struct json_value root, const char *name)
{
    struct json_value v = json_get(root, name), best = v;
    struct json_iter it = {0};
    struct str key, want = str_of(name);
    if (v.type > JSON_NULL || root.type != JSON_OBJECT) return v;
    while (json_next(root, &it, &key, &v))
        if (v.type > JSON_NULL && body_name_eq(key, want)) best = v;
    return best;
}

bool body_has(struct json_value root, const char *name)
{
    struct json_iter it = {0};
    struct json_value v;
    struct str key, want = str_of(name);
    while (json_next(root, &it, &key, &v))
        if (body_name_eq(key, want)) return true;
    return false;
}

/* ---- values ---- */

bool body_text(struct json_value v, const char *name, struct arena *a, struct str *out, struct fault *f)
{
    switch (v.type) {
    case JSON_MISSING:
    case JSON_NULL: *out = STR_NULL; return true;
    case JSON_STRING: *out = v.string; return true;
    case JSON_INT: *out = str_of(arena_printf(a, "%lld", (long long)v.integer)); return true;
    case JSON_DOUBLE: *out = str_of(arena_printf(a, "%.15g", v.number)); return true;
    case JSON_BOOL:
    case JSON_ARRAY:
    case JSON_OBJECT: break;
    }
    return fault_user(f, 400, "%s must be text.", name);
}

static bool read_int(struct json_value v, const char *name, int64_t *out, struct fault *f)
{
    *out = DB_NULL;
    if (v.type <= JSON_NULL) return true;
    if (v.type == JSON_STRING && str_is_empty(str_trim(v.string))) return true;
    if (v.type == JSON_INT && v.integer != DB_NULL) {
        *out = v.integer;
        return true;
    }
    if (v.type == JSON_STRING && str_to_int64(str_trim(v.string), out) && *out != DB_NULL) return true;
    if (v.type == JSON_DOUBLE && fabs(v.number) < 9e15 && trunc(v.number) == v.number) {
        *out = (int64_t)v.number;
        return true;
    }
    return fault_user(f, 400, "%s must be a whole number.", name);
}

static bool read_flag(struct json_value v, const char *name, int *out, struct fault *f)
{
    struct str s = v.type == JSON_STRING ? str_trim(v.string) : STR_NULL;
    *out = -1;
    if (v.type <= JSON_NULL || (s.ptr && str_is_empty(s))) return true;
    if (v.type == JSON_BOOL)
        *out = v.boolean;
    else if (v.type == JSON_INT && (v.integer == 0 || v.integer == 1))
        *out = (int)v.integer;
    else if (str_eq(s, STR("1")) || str_eq_nocase(s, STR("true")))
        *out = 1;
    else if (str_eq(s, STR("0")) || str_eq_nocase(s, STR("false")))
        *out = 0;
    if (*out >= 0) return true;
    return fault_user(f, 400, "%s must be true or false (or 1 or 0).", name);
}

static bool read_time(struct json_value v, const char *name, int64_t *out, struct fault *f)
{
    *out = DB_NULL;
    if (v.type <= JSON_NULL || (v.type == JSON_STRING && str_is_empty(v.string))) return true;
    if (v.type == JSON_STRING && text_parse_iso8601(str_trim(v.string), out)) return true;
    return fault_user(f, 400, "%s must be a time like 2026-11-24T20:00:00Z.", name);
}

static bool read_value(struct json_value v, struct arena *a, const struct body_field *field, char *at, struct fault *f)
{
    switch (field->kind) {
    case BODY_TEXT: return body_text(v, field->name, a, (struct str *)(void *)at, f);
    case BODY_INT: return read_int(v, field->name, (int64_t *)(void *)at, f);
    case BODY_FLAG: return read_flag(v, field->name, (int *)(void *)at, f);
    case BODY_TIME: return read_time(v, field->name, (int64_t *)(void *)at, f);
    }
    return false;
}

bool body_read(struct json_value root, struct arena *a, const struct body_field *fields, size_t n, void *out, struct fault *f)
{
    for (size_t i = 0; i < n; i++) {
        struct json_value v = find(root, fields[i].name);
        if (v.type <= JSON_NULL && fields[i].alias) v = find(root, fields[i].alias);
        if (v.type <= JSON_NULL && fields[i].is_required) return fault_user(f, 400, "%s is required.", fields[i].name);
        if (!read_value(v, a, &fields[i], (char *)out + fields[i].at, f)) return false;
    }
    return true;
}
