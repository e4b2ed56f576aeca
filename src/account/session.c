/* session.c: see session.h. Called by the API on a pool thread; the directory in memory follows each commit. */
#include "account/session.h"
#include "account/account_private.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "queries.h"

enum { KIND_SESSION = 1, KIND_LINK = 2, NO_USER = 0 };

static void token_new(char token[SESSION_TOKEN_BYTES], uint8_t digest[SHA256_BYTES])
{
    uint8_t bytes[16];
    random_bytes(bytes, sizeof bytes);
    hex_encode(bytes, sizeof bytes, token);
    sha256(str_of(token), digest);
}

struct link {
    int64_t account_id;
    struct str target;
    uint8_t digest[SHA256_BYTES];
};

static bool link_create(struct tx *tx, void *arg)
{
    const struct link *l = arg;
    struct r_account_find row;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){l->account_id}, &row)) return tx_no_account(tx, l->account_id);
    int64_t until = tx_now(tx) + limit_get(LIMIT_LOGIN_LINK_S) * 1000;
    struct q_session_insert in = {str_make(l->digest, SHA256_BYTES), l->account_id, NO_USER, KIND_LINK, l->target, until};
    return tx_run(tx, Q_SESSION_INSERT, &in, NULL);
}

bool session_link_create(struct accounts *a, int64_t account_id, struct str target, char token[SESSION_TOKEN_BYTES],
                         struct fault *f)
{
    struct link l = {.account_id = account_id, .target = target};
    char made[SESSION_TOKEN_BYTES];
    token_new(made, l.digest);
    if (!store_write(a->store, link_create, &l, f)) return false;
    memcpy(token, made, sizeof made);
    return true;
}

struct use {
    struct arena *arena;
    uint8_t link[SHA256_BYTES], session[SHA256_BYTES];
    struct str target;
    struct session_entry entry;
};

static bool link_use(struct tx *tx, void *arg)
{
    struct use *u = arg;
    struct r_session_use_link row;
    struct r_account_find account;
    if (!tx_first(tx, Q_SESSION_USE_LINK, &(struct q_session_use_link){str_make(u->link, SHA256_BYTES), tx_now(tx)}, &row) ||
        !tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){row.account_id}, &account))
        return tx_ok(tx) ? tx_refuse(tx, FAULT_USER, 410, "This link was used already, or it is too old. Ask for a new one.")
                         : false;
    u->target = arena_str(u->arena, row.target);
    u->entry = (struct session_entry){row.account_id, tx_now(tx) + limit_get(LIMIT_LOGIN_SESSION_S) * 1000};
    struct q_session_insert in = {
        str_make(u->session, SHA256_BYTES), row.account_id, NO_USER, KIND_SESSION, STR_NULL, u->entry.expires_at};
    return tx_run(tx, Q_SESSION_INSERT, &in, NULL);
}

bool session_link_use(struct accounts *a, struct arena *arena, struct str token, char session[SESSION_TOKEN_BYTES],
                      struct str *target, struct fault *f)
{
    struct use u = {.arena = arena};
    char made[SESSION_TOKEN_BYTES];
    sha256(token, u.link);
    token_new(made, u.session);
    if (!store_write(a->store, link_use, &u, f)) return false;
    accounts_note_session(a, u.session, u.entry);
    memcpy(session, made, sizeof made);
    *target = u.target;
    return true;
}

int64_t session_account(struct accounts *a, struct str token)
{
    uint8_t digest[SHA256_BYTES];
    sha256(token, digest);
    pthread_rwlock_rdlock(&a->lock);
    const struct session_entry *e = map_get(a->sessions, str_make(digest, sizeof digest));
    int64_t account_id = e && e->expires_at > clock_now_ms() ? e->account_id : 0;
    pthread_rwlock_unlock(&a->lock);
    return account_id && accounts_exists(a, account_id) ? account_id : 0;
}
