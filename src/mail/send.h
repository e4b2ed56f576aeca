/* send.h: one recipient to one triggered drip, durable when acknowledged; the hot path (specs: schema §8). */
#pragma once
#include "mail/contact.h"

struct mail;
struct drop_ref; /* a drop in memory (drop_cache.h) */
struct send {
    int64_t account;
    struct str endpoint;
    char key[5];                    /* hint of the API key that asks: whose daily cap it counts against; "": nobody's */
    struct str values[FIELD_KNOWN]; /* by field; must live until done */
    struct str extra;               /* JSON object of other keys, or STR_NULL */
    struct str source_ref;          /* whose contact this is at a connection: source_ref_write; STR_NULL */
    /* out */
    bool is_live; /* by send_prepare: paper comes of it, as the campaign is now */
    int64_t piece_id, contact_id, created_at;
    /* called on the committer's thread after the commit, or not committed with unit.fault */
    void (*done)(struct send *s);
    void *arg;
    struct rider *rider; /* rides along with the unit (an Idempotency-Key); NULL: nobody, and the unit is one statement */
    struct unit unit;
    struct str recipient;  /* filled by send_prepare from the arena */
    struct drop_ref *drop; /* by send_prepare; its seat is the committer's */
};
/* Checks everything that can be checked without the writer (404 endpoint, 400 field, 409 template or serial room) and submits.
 * False: refused now, `done` is not called. */
bool send_begin(struct mail *m, struct send *s, struct arena *a, struct fault *f);
/* The two halves of it, for a piece that is made inside somebody else's unit: the checks (any thread), and the seat. `done` and `rider` are
 * not used. */
bool send_prepare(struct mail *m, struct send *s, struct arena *a, struct fault *f);
/* The checks for who is inside a transaction (a link's `load`); false with tx_ok false: the database failed. */
bool send_prepare_in(struct mail *m, struct tx *tx, struct send *s, struct arena *a, struct fault *f);
bool send_in(struct tx *tx, struct send *s);
/* "17:0031x00000abc": the contact of that id at connection 17. */
struct str source_ref_write(struct arena *a, int64_t connection_id, struct str remote_id);
/* The same of a piece that an event made: "hops=3;17:0031x00000abc". What happens to the piece is told with as many hops (outbox/event.h),
 * so a circle of pieces that make each other ends. hops 0 adds nothing; `ref` may be STR_NULL. */
struct str source_ref_hop(struct arena *a, int hops, struct str ref);
int source_ref_hops(struct str ref);
struct str source_ref_plain(struct str ref); /* without the hops; STR_NULL: nothing is left */
