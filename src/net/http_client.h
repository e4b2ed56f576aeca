/* http_client.h: how the command line speaks to a running server: one request over its Unix socket, or to an address, on libcurl.
 * Blocking; redirects are answers. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"
struct http_call {
    const char *unix_path;       /* or */
    const char *address;         /* "http://127.0.0.1:8080" */
    const char *user_agent;      /* NULL: none */
    int timeout_ms;              /* 0: none */
    const char *method, *target; /* "/v1/lists" */
    const char *account;         /* sent as X-Account; NULL: none */
    struct str body;             /* or */
    const char *body_file;       /* streamed */
    const char *content_type;
};
/* False when nobody answers in time (FAULT_REMOTE); any HTTP status is an answer. */
bool http_call(const struct http_call *c, int *status, struct buf *answer, struct fault *f);
