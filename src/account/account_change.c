/* account_change.c: what an account's owner changes: his texts, his user name, his password. One unit; nothing of a refused change is stored. */
#include "account/account_private.h"
#include "base/arena.h"
#include "base/ids.h"
#include "base/utf8.h"
#include "queries.h"
#include <stdio.h>

enum { ROLE_OWNER = 0 };

bool login_create(struct tx *tx, const struct account *in, const char *hash)
{
    int64_t user_id = tx_next_id(tx, ID_USER);
    const char *name = arena_printf(tx_arena(tx), "%.*s%s%.*s", STR_ARG(in->first_name),
                                    in->first_name.len && in->last_name.len ? " " : "", STR_ARG(in->last_name));
    struct q_user_insert user = {in->account_id, user_id,    in->email_address.ptr ? in->email_address : STR(""),
                                 str_of(name),   ROLE_OWNER, str_of(hash),
                                 tx_now(tx)};
    return tx_run(tx, Q_USER_INSERT, &user, NULL) &&
           tx_run(tx, Q_LOGIN_INSERT, &(struct q_login_insert){in->username, in->account_id, user_id}, NULL);
}

struct change {
    int64_t account_id;
    struct account to;
    uint32_t named;
    const char *password_hash; /* NULL: as it is */
};

static void overlay(struct account *row, const struct change *c)
{
#define X(name)                                                                                                                \
    if (c->named & 1u << ACCOUNT_##name) row->name = c->to.name;
    ACCOUNT_TEXTS(X)
#undef X
}

/* The name to log in with is the user name: it moves with it, and is there once there is a password. */
static bool change_login(struct tx *tx, const struct change *c, const struct account *row, bool is_renamed)
{
    struct r_login_of_account login;
    bool has_login = tx_first(tx, Q_LOGIN_OF_ACCOUNT, &(struct q_login_of_account){c->account_id}, &login);
    if (!tx_ok(tx)) return false;
    if (!has_login) return !c->password_hash || login_create(tx, row, c->password_hash);
    if (c->password_hash &&
        !tx_run(tx, Q_USER_PASSWORD, &(struct q_user_password){c->account_id, login.user_id, str_of(c->password_hash)}, NULL))
        return false;
    return !is_renamed ||
           (tx_run(tx, Q_LOGIN_REMOVE_ALL, &(struct q_login_remove_all){c->account_id}, NULL) &&
            tx_run(tx, Q_LOGIN_INSERT, &(struct q_login_insert){row->username, c->account_id, login.user_id}, NULL));
}

static bool change(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_account_find r;
    struct fault f;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){c->account_id}, &r)) return tx_no_account(tx, c->account_id);
    struct account row = account_row_read(tx_arena(tx), &r);
    overlay(&row, c);
    row.username = str_trim(row.username);
    if (!account_texts_check(&row, &f)) return tx_fail(tx, &f);
    bool is_renamed = !str_eq(row.username, r.username);
    if (is_renamed && tx_first(tx, Q_ACCOUNT_BY_USERNAME, &(struct q_account_by_username){row.username}, NULL))
        return tx_refuse(tx, FAULT_USER, 409, "The username \"%.*s\" is taken.", STR_ARG(row.username));
    struct q_account_put in = {c->account_id,     row.username,      row.first_name, row.last_name,
                               row.email_address, row.company,       row.phone,      row.address_street,
                               row.address_city,  row.address_state, row.address_zip};
    return tx_ok(tx) && tx_run(tx, Q_ACCOUNT_PUT, &in, NULL) && change_login(tx, c, &row, is_renamed);
}

bool account_change(struct accounts *a, int64_t account_id, const struct account *to, uint32_t named, struct fault *f)
{
    struct change c = {account_id, *to, named, NULL};
    char hash[PASSWORD_HASH_BYTES];
    if (to->password.ptr) {
        struct str username = named & 1u << ACCOUNT_username ? str_trim(to->username) : STR_NULL;
        if (!password_hash(to->password, username, hash, f)) return false;
        c.password_hash = hash;
    }
    return store_write(a->store, change, &c, f);
}
