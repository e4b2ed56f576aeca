/* web.h: the read-only status pages: campaigns, pieces, batches, refused rows, pictures of each piece. Server-rendered, Basic authentication with the API key. */
#pragma once
#include "net/http.h"

/* The pages' routes, for api_routes(); static. */
const struct http_route *web_routes(size_t *n);
/* http_config's `nothing_here`: a small page for a browser; others keep the server's JSON. */
bool web_nothing_here(struct http_exchange *x, void *ctx);
