/* key.c: the keys of an account: made, shown once, revoked. Called by the API and the command line; the directory in memory follows each
 * commit. */
#include "account/account_private.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "queries.h"
#include <stdio.h>

void new_key_make(struct new_key *k)
{
    guid_make(k->key);
    snprintf(k->hint, sizeof k->hint, "%s", k->key + 32);
    sha256(str_of(k->key), k->digest);
}

bool new_key_insert(struct tx *tx, const struct new_key *k, int64_t account_id, struct str label)
{
    struct q_api_key_insert in = {str_make(k->digest, sizeof k->digest), account_id, label, str_of(k->hint), tx_now(tx)};
    return tx_run(tx, Q_API_KEY_INSERT, &in, NULL);
}

struct key_create {
    int64_t account_id;
    struct str label;
    struct new_key key;
};

static bool key_create(struct tx *tx, void *arg)
{
    struct key_create *c = arg;
    struct r_account_find row;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){c->account_id}, &row)) return tx_no_account(tx, c->account_id);
    return new_key_insert(tx, &c->key, c->account_id, c->label);
}

bool account_key_create(struct accounts *a, int64_t account_id, struct str label, char key[37], struct fault *f)
{
    struct key_create c = {.account_id = account_id, .label = label.ptr ? label : STR("")};
    size_t most = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    if (utf8_length(label) > most) return fault_user(f, 400, "The label is longer than %zu characters.", most);
    if (utf8_has_control(label)) return fault_user(f, 400, "The label holds a control character.");
    new_key_make(&c.key);
    if (!store_write(a->store, key_create, &c, f)) return false;
    accounts_note_key(a, c.key.digest, account_id, str_of(c.key.hint));
    memcpy(key, c.key.key, sizeof c.key.key);
    return true;
}

struct key_revoke {
    int64_t account_id;
    struct str hint;
    uint8_t digest[SHA256_BYTES];
};

static bool key_revoke(struct tx *tx, void *arg)
{
    struct key_revoke *k = arg;
    struct r_api_key_of_hint row;
    int n = 0;
    struct rows r = tx_rows(tx, Q_API_KEY_OF_HINT, &(struct q_api_key_of_hint){k->account_id, k->hint});
    for (; rows_next(&r, &row); n++) memcpy(k->digest, row.key_digest.ptr, sizeof k->digest);
    rows_end(&r);
    if (!tx_ok(tx)) return false;
    if (n != 1)
        return tx_refuse(tx, FAULT_USER, n ? 409 : 404, "%s key of account %lld ends in \"%.*s\".", n ? "More than one" : "No",
                         (long long)k->account_id, STR_ARG(k->hint));
    return tx_run(tx, Q_API_KEY_REVOKE, &(struct q_api_key_revoke){str_make(k->digest, sizeof k->digest), tx_now(tx)}, NULL);
}

bool account_key_revoke(struct accounts *a, int64_t account_id, struct str hint, struct fault *f)
{
    struct key_revoke k = {.account_id = account_id, .hint = hint};
    if (!store_write(a->store, key_revoke, &k, f)) return false;
    accounts_forget_key(a, str_make(k.digest, sizeof k.digest));
    return true;
}
