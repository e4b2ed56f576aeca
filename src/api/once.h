/* once.h: the header Idempotency-Key: a POST that makes something makes it once for each key, and is answered the same way again for
 * idempotency.hours (account/idempotency.h). A handler that waits writes
 *
 *     struct once o;
 *     if (!once_begin(&o, x, compose, &made)) return;
 *     once_reply(&o, parse(…) && make(…, &f), &f);
 *
 * and `make` ends in one store_write that fills `made`. Without the header this is no more than the answer. The same key with another request
 * is 409. A request that made nothing is not remembered. Secrets that are shown once are not kept either: in a repeated answer they are null. */
#pragma once
#include "account/idempotency.h"
#include "net/http.h"

struct once {
    struct idempotency id; /* must be first */
    struct http_exchange *x;
    bool has_key;
    int status; /* of the answer when something was made; 200 unless the handler says otherwise */
    /* Writes the answer. is_kept: this one is stored, so it holds no secret. May be called twice and inside a unit. */
    void (*compose)(void *made, struct buf *out, bool is_kept);
    void *made;
};
typedef void once_compose(void *made, struct buf *out, bool is_kept);

/* False: answered, with what was answered before or with a refusal. The body is http_body, or `file` when it is not NULL. */
bool once_begin(struct once *o, struct http_exchange *x, once_compose *compose, void *made);
bool once_begin_file(struct once *o, struct http_exchange *x, const char *file, once_compose *compose, void *made);
void once_reply(struct once *o, bool ok, const struct fault *f);

/* For a handler that must not wait: reads the header and nothing else. The rider goes with the unit (send.h). */
bool once_prepare(struct once *o, struct http_exchange *x, const char *file, once_compose *compose, void *made,
                  struct fault *f);
