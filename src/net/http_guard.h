/* http_guard.h: the checks on a request's head that libmicrohttpd does not make, against request smuggling (DESIGN §4): field
 * names are tokens only; at most one Content-Length, digits only; at most one Transfer-Encoding, only "chunked", only on
 * HTTP/1.1, never beside Content-Length; exactly one Host on HTTP/1.1. Pure: no server needed, so it is fuzzed and tested as a
 * table. */
#pragma once
#include "base/str.h"

struct http_guard {
    bool is_http_11;
    int n_host, n_content_length, n_transfer_encoding;
    unsigned who;    /* Authorization, X-Account: a bit each */
    const char *bad; /* the first thing that is wrong, as a sentence; NULL: fine so far */
};
void http_guard_field(struct http_guard *g, struct str name, struct str value);
const char *http_guard_end(struct http_guard *g); /* NULL, or why the request is refused with 400 and close */
