/* sender.h: whoever makes a piece of what an action asks for: this house, or a connection to another one (links/postalytics). The face of
 * both; app fills it, links that act for a user call it. One try, which is over when `send` returns: nothing is queued, and trying again
 * is the caller's. */
#pragma once
#include "mail/send.h"

enum sender_outcome {
    SENDER_SENT,
    SENDER_TRANSIENT, /* no piece, as far as the other side's word goes; once more may go well */
    SENDER_REFUSED,   /* no piece, and the same again would be refused again */
    SENDER_UNKNOWN    /* perhaps a piece: never repeated without a person's word */
};
struct sender_piece {
    int64_t account;
    int64_t connection_id;          /* of the account; 0: this house */
    struct str endpoint;            /* the campaign's, there */
    char key[5];                    /* send.h */
    struct str values[FIELD_KNOWN]; /* by field */
    struct str extra, source_ref;   /* send.h; not told to other houses */
    struct str try_key;             /* the same in each try of one wish; STR_NULL: none */
    int64_t until_mono;             /* nothing is begun after it, and nobody is waited for (monotonic ms); 0: no bound */
    /* out */
    int status;             /* as HTTP would say it; 0: no answer came */
    int64_t retry_after_ms; /* -1: it did not say */
    int64_t sent_at;        /* SENDER_SENT */
    struct str remote_id;   /* SENDER_SENT: its number for the contact, when it says one; from the arena */
    struct fault why;       /* a sentence for people, with all but SENDER_SENT */
};
struct sender {
    enum sender_outcome (*send)(void *ctx, struct sender_piece *p, struct arena *a); /* waits */
    void *ctx;
};
/* This house as a sender; `out` is filled. The piece is durable when it says SENDER_SENT. */
void sender_here(struct mail *m, struct sender *out);
/* The values as POST /api/v1/send takes them; empty ones are left out. From the arena. */
struct str sender_body(struct arena *a, const struct str values[FIELD_KNOWN]);
