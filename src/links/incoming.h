/* incoming.h: requests that the other side of a connection makes here: the token that stands in their address, and what they ask for, once.
 *
 * A token is "<account>-<connection>-<26 letters>": 130 random bits. Its SHA-256 lies beside the connection, which a connector does not
 * see and a renewed secret does not touch. A token is a key of its own: its last four letters are whose daily cap its pieces count against. */
#pragma once
#include "links/connector.h"
#include "mail/send.h"

/* A new token of a connection; the one before opens nothing any more. 404. Shown once. With `keeps` (connector.keeps_token) it is also kept, sealed,
 * for a connector that gives the address to the other side by itself. */
bool incoming_token_make(const struct link_house *h, int64_t account, int64_t id, bool keeps, struct arena *a,
                         struct str *token, struct fault *f);
/* The one that is kept; *token STR_NULL: none is, or it does not open with this house's key. */
bool incoming_token_kept(const struct link_house *h, int64_t account, int64_t id, struct arena *a, struct str *token,
                         struct fault *f);
bool incoming_token_remove(const struct link_house *h, int64_t account, int64_t id, struct fault *f); /* 404 */
/* Whose token it is: the connection with its secrets. 404 without a detail: it has no form, there is none, it is another one's, or another
 * connector's. */
bool incoming_connection(const struct link_house *h, const struct connector *d, struct str token, struct arena *a,
                         struct connection *out, struct fault *f);

struct incoming_piece {
    struct send send;     /* prepared (send_prepare) */
    struct str repeat_id; /* STR_NULL: none; of any length: of one above 200 bytes its SHA-256 is kept */
    bool is_refused;      /* leave it out */
    bool is_repeat;       /* out: it was sent within incoming.repeat days before */
};
/* All pieces in one unit, but those that were sent before. True: durable. 404: the connection was removed meanwhile. */
bool incoming_take(const struct link_house *h, const struct connection *c, struct incoming_piece *pieces, int n,
                   struct fault *f);

/* What its owner sees of it. */
struct incoming_state {
    bool has_token;
    int64_t refused_at; /* DB_NULL: nothing was refused yet */
    struct str refused; /* the sentence of the last refusal; STR_NULL */
};
bool incoming_state(const struct link_house *h, int64_t account, int64_t id, struct arena *a, struct incoming_state *out,
                    struct fault *f); /* 404 */
/* A request with a good token asked for something that cannot be: shown until the next one. */
bool incoming_note(const struct link_house *h, const struct connection *c, const char *sentence, struct fault *f);
