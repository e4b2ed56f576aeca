/* recipient.c: a recipient's values to JSON and back. Written on HTTP threads in the hot path of a send, so it counts first and
 * then writes into one piece of the arena. Pure. */
#include "mail/recipient.h"
#include "base/log.h"
#include "press/fields.h"

static size_t escaped_length(struct str s)
{
    size_t n = s.len;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            n += 1;
        else if (c < 0x20)
            n += 5;
    }
    return n;
}

static char *put_escaped(char *at, struct str s, size_t escaped)
{
    *at++ = '"';
    if (escaped == s.len) {
        if (s.len) memcpy(at, s.ptr, s.len);
        at += s.len;
    } else {
        static const char hex[] = "0123456789abcdef";
        for (size_t i = 0; i < s.len; i++) {
            unsigned char c = (unsigned char)s.ptr[i];
            if (c < 0x20) {
                memcpy(at, "\\u00", 4);
                at[4] = hex[c >> 4], at[5] = hex[c & 15];
                at += 6;
                continue;
            }
            if (c == '"' || c == '\\') *at++ = '\\';
            *at++ = (char)c;
        }
    }
    *at++ = '"';
    return at;
}

static char *put(char *at, const char *z)
{
    size_t n = strlen(z);
    memcpy(at, z, n);
    return at + n;
}

struct str recipient_write(struct arena *a, const struct str *values, int n, struct str extra)
{
    while (n > 0 && !values[n - 1].ptr) n--;
    size_t need = 2 + extra.len + 1;
    for (int i = 0; i < n; i++) need += values[i].ptr ? escaped_length(values[i]) + 3 : 5;
    char *text = arena_alloc(a, need + 1), *at = text;
    *at++ = '[';
    for (int i = 0; i < n; i++) {
        if (i) *at++ = ',';
        at = values[i].ptr ? put_escaped(at, values[i], escaped_length(values[i])) : put(at, "null");
    }
    if (extra.len) {
        if (n) *at++ = ',';
        memcpy(at, extra.ptr, extra.len);
        at += extra.len;
    }
    *at++ = ']';
    ASSERT((size_t)(at - text) <= need);
    return str_make(text, (size_t)(at - text));
}

struct str recipient_extra(struct arena *a, const struct str *names, const struct str *values, int n)
{
    size_t need = 2;
    bool is_first = true;
    for (int i = 0; i < n; i++)
        if (values[i].ptr) need += escaped_length(names[i]) + escaped_length(values[i]) + 6;
    if (need == 2) return STR_NULL;
    char *text = arena_alloc(a, need + 1), *at = text;
    *at++ = '{';
    for (int i = 0; i < n; i++) {
        if (!values[i].ptr) continue;
        if (!is_first) *at++ = ',';
        is_first = false;
        at = put_escaped(at, names[i], escaped_length(names[i]));
        *at++ = ':';
        at = put_escaped(at, values[i], escaped_length(values[i]));
    }
    *at++ = '}';
    ASSERT((size_t)(at - text) <= need);
    return str_make(text, (size_t)(at - text));
}

/* ---- reading ---- */

static struct str as_text(struct arena *a, struct json_value v)
{
    switch (v.type) {
    case JSON_STRING: return arena_str(a, v.string);
    case JSON_INT: return str_of(arena_printf(a, "%lld", (long long)v.integer));
    case JSON_DOUBLE: return str_of(arena_printf(a, "%.15g", v.number));
    case JSON_BOOL: return v.boolean ? STR("true") : STR("false");
    default: return STR_NULL;
    }
}

static bool read_extra(struct arena *a, struct json_value object, struct recipient *out, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value v;
    struct str name;
    int max = (int)(sizeof out->extra_names / sizeof *out->extra_names);
    while (json_next(object, &it, &name, &v)) {
        struct str value = as_text(a, v);
        if (!value.ptr) continue;
        if (out->n_extra == max) return fault_ours(f, "A stored recipient has more than %d extra values.", max);
        out->extra_names[out->n_extra] = arena_str(a, name);
        out->extra_values[out->n_extra++] = value;
    }
    return true;
}

bool recipient_read(struct json_parser *p, struct arena *a, struct str json, struct recipient *out, struct fault *f)
{
    struct json_value root, v;
    struct json_iter it = {0};
    struct str none;
    int max = (int)(sizeof out->values / sizeof *out->values);
    memset(out, 0, sizeof *out);
    if (!json.ptr) return true;
    if (!json_parse(p, json_padded(a, json), &root, f)) return false;
    if (root.type != JSON_ARRAY) return fault_ours(f, "A stored recipient is not an array.");
    while (json_next(root, &it, &none, &v)) {
        if (v.type == JSON_OBJECT) {
            if (!read_extra(a, v, out, f)) return false;
            continue;
        }
        if (out->n_values == max) return fault_ours(f, "A stored recipient has more than %d values.", max);
        out->values[out->n_values++] = as_text(a, v);
    }
    return true;
}

/* ---- the address ---- */

struct address_in recipient_address(const struct str *values, int n)
{
#define VALUE(field) (FIELD_##field < n ? values[FIELD_##field] : STR_NULL)
    return (struct address_in){
        .first_name = VALUE(FIRST_NAME),
        .last_name = VALUE(LAST_NAME),
        .company = VALUE(COMPANY),
        .street = VALUE(ADDRESS_STREET),
        .street2 = VALUE(ADDRESS_STREET2),
        .city = VALUE(ADDRESS_CITY),
        .state = VALUE(ADDRESS_STATE),
        .zip = VALUE(ADDRESS_ZIP),
        .country = VALUE(COUNTRY),
    };
#undef VALUE
}
