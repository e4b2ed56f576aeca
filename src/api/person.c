/* person.c: see person.h. In the hot path of a send: names are found through a hash table made once. */
#include "api/person.h"
#include "api/body.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/contact_check.h"
#include <pthread.h>
#include <stdio.h>

enum { N_SLOTS = 256, LONGEST_NAME = 24 }; /* of the known fields, with the fillers that people write */

/* Other spellings that clients send; the field's own name wins. */
static const struct {
    const char *name;
    int field;
} aliases[] = {
    {"address", FIELD_ADDRESS_STREET}, {"address2", FIELD_ADDRESS_STREET2}, {"city", FIELD_ADDRESS_CITY},
    {"state", FIELD_ADDRESS_STATE},    {"zip", FIELD_ADDRESS_ZIP},          {"email_id", FIELD_EMAIL_ADDRESS},
    {"email", FIELD_EMAIL_ADDRESS},    {"mobile", FIELD_MOBILE_PHONE},
};

static struct slot {
    struct str name;
    int field;
    bool is_alias;
} slots[N_SLOTS];
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;

/* FNV-1a over the letters that body_name_eq compares. */
static unsigned slot_of(struct str name)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c == '_' || c == '-' || c == ' ') continue;
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + 32);
        h = (h ^ c) * 16777619u;
    }
    return (h ^ h >> 16) % N_SLOTS;
}

static void slot_add(const char *name, int field, bool is_alias)
{
    unsigned i = slot_of(str_of(name));
    while (slots[i].name.ptr) i = (i + 1) % N_SLOTS;
    slots[i] = (struct slot){str_of(name), field, is_alias};
}

static void slots_make(void)
{
    static char labels[FIELD_KNOWN - FIELD_VAR_1][24];
    for (int i = 0; i < FIELD_KNOWN; i++) slot_add(contact_field_name(i), i, false);
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) slot_add(aliases[i].name, aliases[i].field, true);
    for (int i = 0; i < FIELD_KNOWN - FIELD_VAR_1; i++) {
        snprintf(labels[i], sizeof labels[i], "variable_data_%d", i + 1);
        slot_add(labels[i], FIELD_VAR_1 + i, true);
    }
}

static const struct slot *slot_find(struct str name)
{
    pthread_once(&slots_once, slots_make);
    if (name.len > LONGEST_NAME * 2) return NULL;
    for (unsigned i = slot_of(name); slots[i].name.ptr; i = (i + 1) % N_SLOTS)
        if (str_eq(slots[i].name, name) || body_name_eq(slots[i].name, name)) return &slots[i];
    return NULL;
}

int person_field(struct str name)
{
    const struct slot *s = slot_find(name);
    return s ? s->field : -1;
}

static bool take_known(const struct slot *s, struct json_value v, struct arena *a, struct person *out, struct fault *f)
{
    struct str text;
    if (!body_text(v, contact_field_name(s->field), a, &text, f)) return false;
    if (text.ptr && (!s->is_alias || !out->values[s->field].ptr)) out->values[s->field] = text;
    return true;
}

/* What is neither text nor number (a client's own structures) is none of ours. */
static bool take_extra(struct str name, struct json_value v, struct arena *a, struct person *out, struct fault *f)
{
    struct str text;
    int64_t most = limit_get(LIMIT_PERSON_MAX_EXTRA), longest = limit_get(LIMIT_PERSON_MAX_NAME_BYTES),
            longest_value = limit_get(LIMIT_MERGE_MAX_VALUE_BYTES);
    bool is_plain = v.type == JSON_STRING || v.type == JSON_INT || v.type == JSON_DOUBLE;
    if (!is_plain || name.len == 0) return true;
    if (out->n_extra == most)
        return fault_user(f, 400,
                          "There are more than %lld fields beyond the known ones (person.max_extra): \"%.*s\" has no room.",
                          (long long)most, (int)(name.len < 100 ? name.len : 100), name.ptr);
    if ((int64_t)name.len > longest)
        return fault_user(f, 400, "The name of a field is longer than %lld bytes (person.max_name_bytes): \"%.*s\".",
                          (long long)longest, (int)(name.len < 100 ? name.len : 100), name.ptr);
    if (!body_text(v, "", a, &text, f)) return false;
    if ((int64_t)text.len > longest_value)
        return fault_user(f, 400, "%.*s is longer than %lld bytes (merge.max_value_bytes).", STR_ARG(name),
                          (long long)longest_value);
    out->extra_names[out->n_extra] = name;
    out->extra_values[out->n_extra++] = text;
    return true;
}

bool person_read(struct json_value root, struct arena *a, struct person *out, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value v;
    struct str name;
    memset(out->values, 0, sizeof out->values);
    out->n_extra = 0;
    while (json_next(root, &it, &name, &v)) {
        const struct slot *s = slot_find(name);
        if (!(s ? take_known(s, v, a, out, f) : take_extra(name, v, a, out, f))) return false;
    }
    return true;
}
