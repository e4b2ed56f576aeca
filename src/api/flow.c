/* flow.c: flows of several steps: their addresses, for clients that ask. There is no engine behind them yet, so there is no flow: the list is
 * empty, and every endpoint is unknown. */
#include "api/api_private.h"
#include "api/body.h"

void handle_flow_get(struct http_exchange *x) { http_answer_static(x, 200, "application/json", STR("[]")); }

static void no_flow(struct http_exchange *x)
{
    http_fail(x, 404, "There is no flow %.*s.", STR_ARG(http_param(x, "endpoint")));
}

void handle_flow_post(struct http_exchange *x)
{
    struct json_value root;
    struct fault f;
    if (!request_failed(x, body_parse(x, true, &root, &f), &f)) no_flow(x);
}

void handle_flow_unenroll(struct http_exchange *x) { no_flow(x); }
