/* account.c: accounts are made, are given a rate, and end. Called by the API and the command line; each change is one unit, and the directory
 * in memory follows its commit. Nothing of a refused change is stored. */
#include "account/account_private.h"
#include "base/buf.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "queries.h"
#include <stdio.h>

bool tx_no_account(struct tx *tx, int64_t account_id)
{
    return tx_ok(tx) ? tx_refuse(tx, FAULT_USER, 404, "There is no account %lld.", (long long)account_id) : false;
}

bool account_texts_check(const struct account *in, struct fault *f)
{
    static const char *const names[] = {
#define X(name) #name,
        ACCOUNT_TEXTS(X)
#undef X
    };
    const struct str texts[] = {
#define X(name) in->name,
        ACCOUNT_TEXTS(X)
#undef X
    };
    size_t most = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    if (str_is_empty(str_trim(in->username))) return fault_user(f, 400, "username is required.");
    for (int i = 0; i < ACCOUNT_N_TEXTS; i++) {
        if (utf8_length(texts[i]) > most) return fault_user(f, 400, "%s is longer than %zu characters.", names[i], most);
        if (utf8_has_control(texts[i])) return fault_user(f, 400, "%s holds a control character.", names[i]);
    }
    return true;
}

/* ---- making ---- */

struct create {
    struct account *in;
    const char *password_hash; /* NULL: none */
    struct new_key key;
};

/* One level: who was made by another makes none. */
static bool parent_check(struct tx *tx, int64_t parent_id)
{
    struct r_account_find parent;
    if (parent_id == DB_NULL) return true;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){parent_id}, &parent))
        return tx_ok(tx) ? tx_refuse(tx, FAULT_USER, 404, "There is no account %lld to be the parent.", (long long)parent_id)
                         : false;
    if (parent.parent_id == DB_NULL) return true;
    return tx_refuse(tx, FAULT_USER, 403, "Account %lld is a sub-account of account %lld: it makes no accounts of its own.",
                     (long long)parent_id, (long long)parent.parent_id);
}

static bool create(struct tx *tx, void *arg)
{
    struct create *c = arg;
    struct account *in = c->in;
    if (!parent_check(tx, in->parent_id)) return false;
    if (tx_first(tx, Q_ACCOUNT_BY_USERNAME, &(struct q_account_by_username){in->username}, NULL))
        return tx_refuse(tx, FAULT_USER, 409, "The username \"%.*s\" is taken.", STR_ARG(in->username));
    in->account_id = tx_next_id(tx, ID_ACCOUNT);
    if (in->account_id > ACCOUNT_MOST)
        return tx_refuse(tx, FAULT_USER, 409,
                         "This house has given its %d account numbers away: another house must take the next account.",
                         ACCOUNT_MOST);
    in->created_at = tx_now(tx);
    struct q_account_insert row = {
        in->account_id,    in->parent_id,   in->username,   in->first_name,     in->last_name,
        in->email_address, in->company,     in->phone,      in->address_street, in->address_city,
        in->address_state, in->address_zip, in->created_at,
    };
    return tx_run(tx, Q_ACCOUNT_INSERT, &row, NULL) && new_key_insert(tx, &c->key, in->account_id, STR("first key")) &&
           (!c->password_hash || login_create(tx, in, c->password_hash));
}

bool account_make(struct accounts *a, struct account *in, char key[37], struct fault *f)
{
    struct create c = {.in = in};
    char hash[PASSWORD_HASH_BYTES];
    in->username = str_trim(in->username);
    if (in->parent_id == 0) in->parent_id = DB_NULL;
    if (!account_texts_check(in, f)) return false;
    if (in->password.ptr) {
        if (!password_hash(in->password, in->username, hash, f)) return false;
        c.password_hash = hash;
    }
    new_key_make(&c.key);
    memcpy(key, c.key.key, sizeof c.key.key);
    if (!store_write(a->store, create, &c, f)) return false;
    accounts_note_account(a, in->account_id, (struct account_entry){.parent_id = in->parent_id});
    accounts_note_key(a, c.key.digest, in->account_id, str_of(c.key.hint));
    return true;
}

bool account_create(struct accounts *a, const struct account *in, int64_t *account_id, char key[37], struct fault *f)
{
    struct account row = *in;
    if (!account_make(a, &row, key, f)) return false;
    *account_id = row.account_id;
    return true;
}

/* ---- what the operator allows ---- */

void settings_read(struct str json, bool *has_rate, struct rate *rate)
{
    struct json_parser *p = json_parser_create();
    struct arena *a = arena_create(1024);
    struct json_value root;
    struct fault f;
    *has_rate = false;
    if (json_parse(p, json_padded(a, json), &root, &f) && json_get(root, "rate_limit").type == JSON_STRING) {
        *has_rate = rate_parse(json_get(root, "rate_limit").string, rate, &f);
        ASSERT(*has_rate); /* as account_set_rate wrote it */
    }
    arena_destroy(&a);
    json_parser_destroy(&p);
}

struct set_rate {
    int64_t account_id;
    const char *settings;
};

static bool set_rate(struct tx *tx, void *arg)
{
    const struct set_rate *s = arg;
    int64_t changed = 0;
    if (!tx_run(tx, Q_ACCOUNT_SETTINGS, &(struct q_account_settings){s->account_id, str_of(s->settings)}, &changed))
        return false;
    return changed ? true : tx_no_account(tx, s->account_id);
}

bool account_set_rate(struct accounts *a, int64_t account_id, const struct rate *rate, struct fault *f)
{
    char text[RATE_TEXT_BYTES], settings[RATE_TEXT_BYTES + 20] = "{}";
    if (rate) rate_write(*rate, text), snprintf(settings, sizeof settings, "{\"rate_limit\":\"%s\"}", text);
    if (!store_write(a->store, set_rate, &(struct set_rate){account_id, settings}, f)) return false;
    accounts_note_rate(a, account_id, rate);
    return true;
}

/* ---- the end ---- */

bool account_remove(struct tx *tx, int64_t account_id)
{
    int64_t changed = 0;
    return tx_run(tx, Q_ACCOUNT_DELETE, &(struct q_account_delete){account_id, tx_now(tx)}, &changed) &&
           (changed ? true : tx_no_account(tx, account_id)) &&
           tx_run(tx, Q_API_KEY_REVOKE_ALL, &(struct q_api_key_revoke_all){account_id, tx_now(tx)}, NULL) &&
           tx_run(tx, Q_LOGIN_REMOVE_ALL, &(struct q_login_remove_all){account_id}, NULL) &&
           tx_run(tx, Q_USER_REMOVE_ALL, &(struct q_user_remove_all){account_id}, NULL) &&
           tx_run(tx, Q_SESSION_REMOVE_ALL, &(struct q_session_remove_all){account_id}, NULL) &&
           tx_run(tx, Q_CONNECTION_REMOVE_ALL, &(struct q_connection_remove_all){account_id, tx_now(tx)}, NULL);
}
