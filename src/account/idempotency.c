/* idempotency.c: see idempotency.h. On the committer's thread as a rider: two requests with one key stand in line there, so the second finds
 * the first. A repeat is refused before anything was written, and its sender is given what was kept. */
#include "account/idempotency.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"

bool idempotency_look(struct tx *tx, struct idempotency *i)
{
    struct r_idempotency_find row;
    struct q_idempotency_find in = {i->account_id, str_make(i->key_digest, SHA256_BYTES), tx_now(tx)};
    i->is_repeat = false;
    if (!tx_first(tx, Q_IDEMPOTENCY_FIND, &in, &row)) return tx_ok(tx);
    if (!str_eq(row.request_digest, str_make(i->request_digest, SHA256_BYTES)))
        return tx_refuse(tx, FAULT_USER, 409,
                         "This Idempotency-Key was used for another request; a new request needs a new key.");
    i->is_repeat = true;
    i->kept_status = (int)row.status;
    i->kept = arena_str(i->arena, row.answer);
    return true;
}

static bool before(struct rider *r, struct tx *tx)
{
    struct idempotency *i = (struct idempotency *)r;
    if (!idempotency_look(tx, i)) return false;
    return i->is_repeat ? tx_refuse(tx, FAULT_USER, 409, "This request was answered already.") : true;
}

static bool after(struct rider *r, struct tx *tx)
{
    struct idempotency *i = (struct idempotency *)r;
    struct buf answer = BUF_INIT;
    i->compose(i->arg, &answer);
    struct q_idempotency_put in = {i->account_id,
                                   str_make(i->key_digest, SHA256_BYTES),
                                   str_make(i->request_digest, SHA256_BYTES),
                                   i->status,
                                   buf_str(&answer),
                                   tx_now(tx) + limit_get(LIMIT_IDEMPOTENCY_HOURS) * 3600000};
    bool ok = tx_run(tx, Q_IDEMPOTENCY_PUT, &in, NULL);
    buf_finish(&answer);
    return ok;
}

void idempotency_init(struct idempotency *i, int64_t account_id, struct str key, const uint8_t request_digest[SHA256_BYTES],
                      struct arena *a)
{
    *i = (struct idempotency){.rider = {before, after}, .account_id = account_id, .arena = a, .status = 200};
    sha256(key, i->key_digest);
    memcpy(i->request_digest, request_digest, SHA256_BYTES);
}
