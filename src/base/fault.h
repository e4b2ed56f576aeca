/* fault.h: what went wrong, in a sentence for people, and whose problem it is.
 *
 * A function that can fail for a reason worth telling takes `struct fault *` last, returns false (or NULL) and fills it. The fault
 * lives in the caller's memory, so it needs no arena and no free. Only control flow that nobody is told about uses a bare bool.
 * Either log or return a fault, never both. */
#pragma once
#include <stdbool.h>

enum fault_whose {
    FAULT_NONE = 0,
    FAULT_USER,     /* what was asked cannot be done as asked: answer 4xx with `status` */
    FAULT_REMOTE,   /* another machine or the engine, probably for now: try again later */
    FAULT_OPERATOR, /* this machine: disk, rights, missing program, setting: log, metric, 503 */
    FAULT_OURS,     /* a bug: log, 500 */
};

struct fault {
    enum fault_whose whose;
    int status; /* HTTP status for FAULT_USER (400, 404, 409 …); 0 elsewhere */
    char text[500];
};

/* All return false, so that `return fault_user(f, 404, "…")` reads as one act. `f` may be NULL. */
bool fault_user(struct fault *f, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool fault_remote(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool fault_operator(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool fault_ours(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An operator's fault from errno: "<text>: No space left on device". */
bool fault_errno(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The HTTP status that answers it: its own, or 503 (remote, operator), or 500. */
int fault_http_status(const struct fault *f);
