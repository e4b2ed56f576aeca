/* fields.c: the names of recipients' data. A set lives in its arena and is read-only once made, so threads may share it. */
#include "press/fields.h"
#include "base/text.h"
#include "press/columns.h"

static const char *const known_names[FIELD_VAR_1] = {
    "first_name",  "last_name", "company",       "address_street", "address_street2", "address_city", "address_state",
    "address_zip", "country",   "email_address", "phone",          "mobile_phone",    "occupation",   "website",
};

struct field_set {
    struct arena *arena;
    int n;
    struct str *names; /* as reports show them */
    struct str *keys;  /* as they are compared */
};

static struct str known_name(struct arena *a, int i)
{
    return i < FIELD_VAR_1 ? str_of(known_names[i]) : str_of(arena_printf(a, "var_field_%d", i - FIELD_VAR_1 + 1));
}

struct field_set *field_set_create(struct arena *a, const struct str *extra, int n_extra)
{
    struct field_set *s = ARENA_NEW(a, struct field_set);
    s->arena = a;
    s->n = FIELD_KNOWN + n_extra;
    s->names = ARENA_ARRAY(a, struct str, s->n);
    s->keys = ARENA_ARRAY(a, struct str, s->n);
    for (int i = 0; i < s->n; i++) {
        s->names[i] = i < FIELD_KNOWN ? known_name(a, i) : arena_str(a, extra[i - FIELD_KNOWN]);
        s->keys[i] = text_title_key(a, s->names[i]);
    }
    return s;
}


struct str field_set_name(const struct field_set *s, int i) { return s->names[i]; }

/* A column's own name wins over a label that merely means a known field. */
int field_set_find(const struct field_set *s, struct str name)
{
    struct arena *a = arena_create(512);
    struct str key = text_title_key(a, name);
    int found = -1;
    for (int i = 0; i < s->n && found < 0; i++)
        if (str_eq(s->keys[i], key)) found = i;
    arena_destroy(&a);
    return found >= 0 ? found : columns_match(name);
}
