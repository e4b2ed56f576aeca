/* kizen_private.h: what the files of this connector share. */
#pragma once
#include "links/kizen/kizen_turn.h"

struct kizen {
    const struct link_house *house;
    struct connector connector;
    struct turns *turns; /* stopped by kizen_stop; there until kizen_destroy */
    _Atomic bool stops;
    _Atomic int64_t refused_mono; /* when an action that found no turn was written down last; 0: never */
};

/* ---- kizen_map.c: pure ---- */
enum { KIZEN_VARS = FIELD_KNOWN - FIELD_VAR_1 };
struct kizen_fields { /* a connection's table: which of Kizen's fields a variable field takes; STR_NULL: none */
    struct str of[KIZEN_VARS];
};
/* Reads {"var_field_1": "birthday"} or the text "var_field_1=birthday, var_field_2=plan". Missing: an empty table. FAULT_USER 400. */
bool kizen_fields_read(struct json_value v, struct arena *a, struct kizen_fields *out, struct fault *f);
/* A contact, {"first_name": …} or as Kizen's records are ({"fields": {id: {"name", "value"}}}, or an array of them), as a recipient's values,
 * trimmed, blank ones left out. Returns how many required fields are blank; *missing names them as Kizen does. Texts are the arena's. */
int kizen_map(struct json_value contact, const struct kizen_fields *fields, struct arena *a, struct str values[FIELD_KNOWN],
              struct str *missing);

/* ---- kizen_contact.c ---- */
enum kizen_read { KIZEN_READ, KIZEN_READ_LATER, KIZEN_READ_NEVER };
struct kizen_try {
    int64_t until_mono;     /* it is over by then */
    int64_t retry_after_ms; /* out: what the other side wishes; -1: nothing */
};
/* The contact's record, read with the connection's keys; *out is valid until p's next document. */
enum kizen_read kizen_contact_read(struct kizen *k, const struct connection *c, struct str contact_id, struct json_parser *p,
                                   struct arena *a, struct json_value *out, struct kizen_try *t, struct fault *f);

/* ---- kizen_action.c ---- */
void kizen_action_run(struct kizen_action *x); /* a thread's: from its turn to `done` */
