/* visitor.h: who asks for a personal URL, as far as the request says. */
#pragma once
#include "mail/visit.h"
#include "net/http.h"

/* The address of who asks: the other end's, or behind a proxy of purl.proxies what that says (the last of X-Forwarded-For). v4 as mapped;
 * all zero when there is none (the operator's socket). */
void visitor_address(struct http_exchange *x, uint8_t out[16]);
/* A person's browser that goes there: GET, no prefetch or preview, no robot. */
bool visitor_counts(struct http_exchange *x, const struct mail *m);
/* The visitor of the cookie; false: there is none, and `out` is a new one. */
bool visitor_of_cookie(struct http_exchange *x, uint8_t out[VISITOR_BYTES]);
/* Has the browser keep the cookie for as long as anybody looks at a piece of mail. */
void visitor_set_cookie(struct http_exchange *x, const uint8_t visitor[VISITOR_BYTES]);
