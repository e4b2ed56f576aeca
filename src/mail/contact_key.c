/* contact_key.c: see contact_key.h. */
#include "mail/contact_key.h"
#include "mail/contact_check.h"
#include "base/text.h"
#include "press/fields.h"

int list_key_place(struct arena *a, const struct contact_list *l)
{
    if (!l->key_field.ptr) return 0;
    for (int i = 0; i < FIELD_KNOWN; i++)
        if (str_eq(l->key_field, str_of(contact_field_name(i)))) return i + 1;
    struct str want = text_title_key(a, l->key_field);
    for (int i = 0; i < l->n_columns; i++)
        if (str_eq(text_title_key(a, l->columns[i]), want)) return FIELD_KNOWN + i + 1;
    return 0;
}

static bool has_capital(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') return true;
    return false;
}

struct str contact_key(struct arena *a, int key_place, struct str value)
{
    struct str key = str_trim(value);
    if (!key.len) return STR_NULL;
    if (key_place != FIELD_EMAIL_ADDRESS + 1 || !has_capital(key)) return key;
    char *small = arena_alloc(a, key.len + 1);
    for (size_t i = 0; i < key.len; i++)
        small[i] = key.ptr[i] >= 'A' && key.ptr[i] <= 'Z' ? (char)(key.ptr[i] + 32) : key.ptr[i];
    return str_make(small, key.len);
}

bool contact_key_name(struct arena *a, struct str given, struct str *out, struct fault *f)
{
    struct str name = str_trim(given);
    if (!name.len || name.len > 255)
        return fault_user(f, 400, "key must name the field that tells the contacts apart, such as email_address.");
    int field = field_set_find(field_set_create(a, NULL, 0), name);
    *out = field >= 0 && field < FIELD_KNOWN ? str_of(contact_field_name(field)) : name;
    return true;
}
