/* idempotency.h: a request with a key of its sender's choice makes things once: its answer is stored in the transaction of what it made, and
 * given again, byte for byte, for idempotency.hours. The API fills one of these per request; it rides along with the unit that makes the
 * thing (store_ride, or send.h). */
#pragma once
#include "base/buf.h"
#include "base/digest.h"
#include "store/store.h"

struct idempotency {
    struct rider rider; /* must be first */
    int64_t account_id; /* 0: the operator without an account */
    uint8_t key_digest[SHA256_BYTES], request_digest[SHA256_BYTES];
    struct arena *arena; /* of `kept` */
    /* Writes the answer to be kept; inside the unit, after its work. */
    void (*compose)(void *arg, struct buf *out);
    void *arg;
    int status; /* of the answer to be kept */
    /* out: the key was used for this same request before, and this is how it was answered */
    bool is_repeat;
    int kept_status;
    struct str kept;
};
void idempotency_init(struct idempotency *i, int64_t account_id, struct str key, const uint8_t request_digest[SHA256_BYTES],
                      struct arena *a);
/* Inside a unit or a reader: sets is_repeat and what was kept. False, 409: the key was used for another request. */
bool idempotency_look(struct tx *tx, struct idempotency *i);
