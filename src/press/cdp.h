/* cdp.h: the debugging pipe of Chromium: JSON messages that end in NUL, over two descriptors.
 *
 * A call is sent with a number and awaited; what arrives meanwhile and is no answer to it is given to the event handler, or, if
 * it answers a posted call, forgotten. Everything ends at the deadline. The other side is not trusted: a message is bounded and
 * one that is no JSON ends the talk. Used by one thread. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"

struct cdp;

/* `params` lives until the handler returns. The handler may post, not call. */
typedef void cdp_event_fn(void *ctx, struct str method, struct str session, struct json_value params);

/* The descriptors stay the caller's. They are made non-blocking, or are so already where fcntl is forbidden. */
struct cdp *cdp_create(int to_fd, int from_fd);
void cdp_destroy(struct cdp **c);
void cdp_on_event(struct cdp *c, cdp_event_fn *fn, void *ctx);
/* By clock_mono_ms(). `late` is what is said when it has passed: the creative's fault (FAULT_USER), or the operator's when NULL. */
void cdp_set_deadline(struct cdp *c, int64_t mono_ms, const char *late);
/* The session that calls belong to; empty: the browser. Kept until set anew. */
void cdp_set_session(struct cdp *c, struct str session);

/* Sends and waits. `params` is JSON or empty. *result lives until the next call. An error in the answer is FAULT_OURS with
 * Chromium's words; the pipe's end FAULT_OPERATOR. */
bool cdp_call(struct cdp *c, const char *method, struct str params, struct json_value *result, struct fault *f);
/* Sends, without waiting for an answer; false when the pipe is broken (the next call tells it too). */
bool cdp_post(struct cdp *c, const char *method, struct str params);
/* Handles what arrives within `ms`; false when the pipe or the deadline has ended. */
bool cdp_pump(struct cdp *c, int ms, struct fault *f);
