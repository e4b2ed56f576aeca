/* tokens.h: renewing access tokens: once at a time for a connection and node, stored before the new one is used (a refresh token that is used up is
 * lost with the answer that replaces it). Deliveries never wait for it: they are told to come again. */
#pragma once
#include "links/connector.h"

struct tokens;
struct tokens *tokens_create(const struct link_house *h);
/* Finishes what it began, and begins nothing more: TOKEN_FAILED. Before the fetcher goes. */
void tokens_stop(struct tokens *t);
void tokens_destroy(struct tokens **t); /* after whoever calls */

enum token_state {
    TOKEN_RENEWING, /* it was begun, or is under way: read the connection again in a moment */
    TOKEN_RENEWED,  /* the connection has a newer version than the one that was refused: read it again now */
    TOKEN_REFUSED,  /* the other side does not renew it: the connection must be saved again; *why says so */
    TOKEN_FAILED,   /* it did not answer; tried again by the next call after a while */
};
/* `c` as it was read: the version whose token was refused or is over. A token that was renewed less than connector.young ago and is refused again
 * is TOKEN_FAILED, and TOKEN_REFUSED when that happened three times in a row. Never waits. */
enum token_state token_renew(struct tokens *t, const struct connector *d, const struct connection *c, struct fault *why);
/* The same, waiting; on true *c was read again (texts in the arena). */
bool token_renew_now(struct tokens *t, const struct connector *d, struct connection *c, struct arena *a, struct fault *f);
/* Was the token of `c` renewed less than connector.young ago, here? Whoever refuses it then means something else than its age. */
bool token_is_young(struct tokens *t, const struct connection *c);
/* A person wants it tried now: what was refused or failed for this connection is forgotten, and the next call asks again; a young token is not
 * renewed at once even so. */
void token_forget(struct tokens *t, int64_t account, int64_t connection_id);
/* It ended: nothing is remembered of it. A renewal that is under way leaves a small entry, which stays. */
void token_end(struct tokens *t, int64_t account, int64_t connection_id);
