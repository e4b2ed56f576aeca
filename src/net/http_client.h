/* http_client.h: how the command line speaks to a running server: one request over its Unix socket, on libcurl. Blocking. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"
struct http_call {
    const char *unix_path;
    const char *method, *target; /* "/v1/lists" */
    const char *account;         /* sent as X-Account; NULL: none */
    struct str body;             /* or */
    const char *body_file;       /* streamed */
    const char *content_type;
};
/* False when nobody answers (FAULT_REMOTE); any HTTP status is an answer. */
bool http_call(const struct http_call *c, int *status, struct buf *answer, struct fault *f);
