/* call.h: a connector's request, waiting for its answer: for a thread that may (a pool's, a job's, a request's). The outbox does not wait: it has
 * link.h. */
#pragma once
#include "links/connector.h"

struct connector_answer {
    int status;
    struct str content_type, body, head; /* without what it was told: secrets, and what proved who asks */
    enum link_result result;             /* what judge said */
    char sentence[300];
    enum fetch_error error; /* set when it was asked, also where connector_call is false */
    bool was_sent;          /* false: the other side cannot have acted on it, for certain */
    bool is_cut;
    bool is_young;          /* LINK_AUTH, of a token that was made just now: perhaps for a moment */
    int64_t retry_after_ms; /* -1: it did not say */
};
/* Of an answer's status: not now, and the same request may be granted soon. */
bool connector_is_for_now(int status);
/* Renews the token when it must, waits for the pace for at most connector.patience, asks, and renews once more when the token was refused and may be
 * over: not one that is young (tokens.h), nor for want of a scope. False: it was not asked or did not answer: FAULT_USER 409 (it must be saved
 * again), FAULT_REMOTE. An answer of any status is true; LINK_AUTH: the other side refuses the token, whatever its age. */
bool connector_call(const struct link_house *h, const struct connector *c, struct connection *to, struct fetch_ask *ask,
                    struct arena *a, struct connector_answer *out, struct fault *f);
/* The same within somebody's patience: the wait for the pace and the request are over by then (monotonic ms; 0: no bound), a token's renewal need not
 * be. With less than connector.least left it is not asked: FAULT_REMOTE. */
bool connector_call_by(const struct link_house *h, const struct connector *c, struct connection *to, struct fetch_ask *ask,
                       int64_t until_mono, struct arena *a, struct connector_answer *out, struct fault *f);
