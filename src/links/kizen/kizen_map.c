/* kizen_map.c: Kizen's fields to a recipient's (specs: crm-apis §3.2). Pure. */
#include "links/kizen/kizen_private.h"
#include "mail/contact_check.h"

/* The ten pairs. `also`: the page that the table is from has lost one name, and both spellings are about. */
static const struct {
    const char *name, *also;
    int field;
    bool is_required;
} pairs[] = {
    {"street_address_1", NULL, FIELD_ADDRESS_STREET, true},
    {"street_address_2", NULL, FIELD_ADDRESS_STREET2, false},
    {"city", NULL, FIELD_ADDRESS_CITY, true},
    {"state", NULL, FIELD_ADDRESS_STATE, true},
    {"zipcode", NULL, FIELD_ADDRESS_ZIP, true},
    {"first_name", NULL, FIELD_FIRST_NAME, true},
    {"last_name", NULL, FIELD_LAST_NAME, true},
    {"email", "email_address", FIELD_EMAIL_ADDRESS, false},
    {"phone_mobile", NULL, FIELD_MOBILE_PHONE, false},
    {"phone_home", NULL, FIELD_PHONE, false},
};

/* ---- the table ---- */

static bool put_pair(struct str var, struct str name, struct arena *a, struct kizen_fields *out, struct fault *f)
{
    int i = contact_field_find(str_trim(var)) - FIELD_VAR_1;
    name = str_trim(name);
    if (i < 0) return fault_user(f, 400, "fields: \"%.*s\" is none of var_field_1 to var_field_%d.", STR_ARG(var), KIZEN_VARS);
    if (!name.len || name.len > 100)
        return fault_user(f, 400, "fields: %.*s must name a field of Kizen's contacts.", STR_ARG(var));
    if (out->of[i].ptr) return fault_user(f, 400, "fields: %.*s stands there twice.", STR_ARG(var));
    out->of[i] = arena_str(a, name);
    return true;
}

static bool read_text(struct str text, struct arena *a, struct kizen_fields *out, struct fault *f)
{
    while (text.ptr && str_trim(text).len) {
        struct str pair = str_trim(str_cut(text, ',', &text)), name;
        struct str var = str_cut(pair, '=', &name);
        if (!pair.len) continue;
        if (!name.ptr) return fault_user(f, 400, "fields: write pairs like var_field_1=birthday, parted by commas.");
        if (!put_pair(str_trim(var), name, a, out, f)) return false;
    }
    return true;
}

bool kizen_fields_read(struct json_value v, struct arena *a, struct kizen_fields *out, struct fault *f)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value name;
    *out = (struct kizen_fields){0};
    if (v.type == JSON_MISSING || v.type == JSON_NULL) return true;
    if (v.type == JSON_STRING) return read_text(v.string, a, out, f);
    if (v.type != JSON_OBJECT) return fault_user(f, 400, "fields must be an object like {\"var_field_1\": \"birthday\"}.");
    while (json_next(v, &it, &key, &name)) {
        if (name.type != JSON_STRING) return fault_user(f, 400, "fields: %.*s must be a text.", STR_ARG(key));
        if (!put_pair(key, name.string, a, out, f)) return false;
    }
    return true;
}

/* ---- a contact ---- */

/* A field's value as text: options are objects with a name, choices of several an array. Blank: STR_NULL. */
static struct str text_of(struct json_value v, struct arena *a)
{
    struct str out = STR_NULL, one;
    struct json_iter it = {0};
    switch (v.type) {
    case JSON_STRING: out = str_trim(v.string); break;
    case JSON_INT: out = str_of(arena_printf(a, "%lld", (long long)v.integer)); break;
    case JSON_DOUBLE: out = str_of(arena_printf(a, "%.15g", v.number)); break;
    case JSON_BOOL: out = v.boolean ? STR("yes") : STR("no"); break;
    case JSON_OBJECT: {
        struct json_value name = json_get(v, "name");
        if (name.type == JSON_MISSING) name = json_get(v, "value");
        if (name.type != JSON_OBJECT && name.type != JSON_ARRAY) out = text_of(name, a);
        break;
    }
    case JSON_ARRAY: {
        struct json_value each;
        while (json_next(v, &it, NULL, &each))
            if (each.type != JSON_ARRAY && (one = text_of(each, a)).len)
                out = out.len ? str_of(arena_printf(a, "%.*s, %.*s", STR_ARG(out), STR_ARG(one))) : one;
        break;
    }
    default: break;
    }
    return out.len ? arena_str(a, out) : STR_NULL;
}

static struct json_value in_record(struct json_value fields, const char *name)
{
    struct json_iter it = {0};
    struct json_value field, its;
    while (json_next(fields, &it, NULL, &field)) {
        its = json_get(field, "name");
        if (its.type == JSON_STRING && str_eq(its.string, str_of(name))) return json_get(field, "value");
    }
    return (struct json_value){.type = JSON_MISSING};
}

static struct str value_of(struct json_value contact, const char *name, struct arena *a)
{
    struct json_value fields = json_get(contact, "fields"), v = json_get(contact, name);
    if (v.type == JSON_MISSING && (fields.type == JSON_OBJECT || fields.type == JSON_ARRAY)) v = in_record(fields, name);
    return text_of(v, a);
}

int kizen_map(struct json_value contact, const struct kizen_fields *fields, struct arena *a, struct str values[FIELD_KNOWN],
              struct str *missing)
{
    int n_missing = 0;
    const char *names = "";
    for (int i = 0; i < FIELD_KNOWN; i++) values[i] = STR_NULL;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct str v = value_of(contact, pairs[i].name, a);
        if (!v.len && pairs[i].also) v = value_of(contact, pairs[i].also, a);
        values[pairs[i].field] = v;
        if (v.len || !pairs[i].is_required) continue;
        names = arena_printf(a, "%s%s%s", names, n_missing ? ", " : "", pairs[i].name);
        n_missing++;
    }
    for (int i = 0; i < KIZEN_VARS; i++)
        if (fields->of[i].ptr) values[FIELD_VAR_1 + i] = value_of(contact, arena_strz(a, fields->of[i].ptr), a);
    *missing = str_of(names);
    return n_missing;
}
