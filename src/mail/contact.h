/* contact.h: contact lists and contacts. All functions need the account and see only its rows; what is not there is 404. */
#pragma once
#include "base/limits.h"
#include "press/fields.h"
#include "store/store.h"

struct contact_list {
    int64_t contact_list_id;
    struct str name;
    int64_t count, created_at;
    int n_columns;
    const struct str *columns; /* beyond the known fields */
    struct str key_field; /* contacts are told apart by it, as the wire or the list's columns spell it; STR_NULL: by nothing */
};
/* *id is set before the unit has ended. */
bool list_create(struct store *s, int64_t account, struct str name, int64_t *id, struct fault *f);
bool list_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct contact_list *out, struct fault *f);
int list_all(struct store *s, struct arena *a, int64_t account, struct contact_list **out, struct fault *f); /* -1: fault */
bool list_delete(struct store *s, int64_t account, int64_t id, struct fault *f);

#define CONTACT_VALUES_MAX (FIELD_KNOWN + LIMIT_MOST_LIST_MAX_COLUMNS)
struct contact {
    int64_t contact_id, contact_list_id, created_at, updated_at;
    int address_status; /* 0 not looked at, 1 format fine, 2 cannot be printed */
    int key_place;      /* which of the values, counted from 1, is its list's key; 0: none (list_key_place) */
    int n_values;
    struct str values[CONTACT_VALUES_MAX]; /* known fields, then the list's columns; STR_NULL: null */
};
/* Checks lengths, required fields, state and zip (specs: postalytics-api §3): FAULT_USER 400 names the field. */
bool contact_check(const struct contact *c, struct fault *f);
struct mail;
/* Each emits its event (outbox/event.h: CONTACT_CREATED …) in its unit. In a list with a key, creating a contact whose key is there changes that
 * one; a change to a key that another contact has is 409. contact_id and the times of `c` are set before the unit has ended. */
bool contact_create(struct mail *m, int64_t account, struct contact *c, struct fault *f);
bool contact_replace(struct mail *m, int64_t account, struct contact *c,
                     struct fault *f); /* PUT: the whole row; contact_list_id 0: any */
/* Only the values that are named change; n of them count. */
bool contact_patch(struct mail *m, int64_t account, struct contact *c, const bool *named, struct fault *f);
bool contact_delete(struct mail *m, int64_t account, int64_t list_or_0, int64_t id, struct fault *f);
bool contact_get(struct store *s, struct arena *a, int64_t account, int64_t list_or_0, int64_t id, struct contact *out,
                 struct fault *f);
/* start 0-based; returns how many, -1: fault. */
int contact_page(struct store *s, struct arena *a, int64_t account, int64_t list, int64_t start, int n, struct contact **out,
                 struct fault *f);
