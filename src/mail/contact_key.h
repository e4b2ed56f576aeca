/* contact_key.h: a list may tell its contacts apart by one field: an import then updates instead of adding. The key is stored beside the contact
 * (source_key), unique in its list. Pure. */
#pragma once
#include "mail/contact.h"

/* Which value is the list's key, counted from 1; 0: it has none, or no column of that name. */
int list_key_place(struct arena *a, const struct contact_list *l);
/* The value as a key: without white space around it; an e-mail address in small letters. STR_NULL when nothing is left. From the arena, or the
 * value itself. */
struct str contact_key(struct arena *a, int key_place, struct str value);
/* As list.key_field spells it: a known field by its wire name, another column as it is. False, 400: no name. */
bool contact_key_name(struct arena *a, struct str given, struct str *out, struct fault *f);
