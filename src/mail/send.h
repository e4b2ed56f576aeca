/* send.h: one recipient to one triggered drip, durable when acknowledged; the hot path (specs: schema §8). */
#pragma once
#include "mail/contact.h"

struct mail;
struct send {
    int64_t account;
    struct str endpoint;
    char key[5];                    /* hint of the API key that asks: whose daily cap it counts against; "": nobody's */
    struct str values[FIELD_KNOWN]; /* by field; must live until done */
    struct str extra;               /* JSON object of other keys, or STR_NULL */
    struct str source_ref;          /* whose contact this is at a connection: source_ref_write; STR_NULL */
    /* out */
    int64_t piece_id, contact_id, created_at;
    /* called on the committer's thread after the commit, or not committed with unit.fault */
    void (*done)(struct send *s);
    void *arg;
    struct rider *rider; /* rides along with the unit (an Idempotency-Key); NULL: nobody, and the unit is one statement */
    struct unit unit;
    struct str recipient; /* filled by send_prepare from the arena */
    const void *drop_ref;
};
/* Checks everything that can be checked without the writer (404 endpoint, 400 field, 409 template or serial room) and submits.
 * False: refused now, `done` is not called. */
bool send_begin(struct mail *m, struct send *s, struct arena *a, struct fault *f);
/* The two halves of it, for a piece that is made inside somebody else's unit: the checks (any thread), and the seat. `done` and `rider` are
 * not used. */
bool send_prepare(struct mail *m, struct send *s, struct arena *a, struct fault *f);
bool send_in(struct tx *tx, struct send *s);
/* "17:0031x00000abc": the contact of that id at connection 17. */
struct str source_ref_write(struct arena *a, int64_t connection_id, struct str remote_id);
