/* account.c: accounts and keys in the store. Called by the API and the command line; each change is one unit, and the directory
 * in memory follows its commit. Nothing of a refused change is stored. */
#include "account/account_private.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "queries.h"
#include <stdio.h>

static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"username", offsetof(struct account, username)},
    {"first_name", offsetof(struct account, first_name)},
    {"last_name", offsetof(struct account, last_name)},
    {"email_address", offsetof(struct account, email_address)},
    {"company", offsetof(struct account, company)},
    {"phone", offsetof(struct account, phone)},
    {"address_street", offsetof(struct account, address_street)},
    {"address_city", offsetof(struct account, address_city)},
    {"address_state", offsetof(struct account, address_state)},
    {"address_zip", offsetof(struct account, address_zip)},
};

static bool check(const struct account *in, struct fault *f)
{
    if (str_is_empty(str_trim(in->username))) return fault_user(f, 400, "username is required.");
    size_t most = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct str s = *(const struct str *)(const void *)((const char *)in + texts[i].offset);
        if (utf8_length(s) > most) return fault_user(f, 400, "%s is longer than %zu characters.", texts[i].name, most);
        if (utf8_has_control(s)) return fault_user(f, 400, "%s holds a control character.", texts[i].name);
    }
    return true;
}

/* ---- keys ---- */

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
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){c->account_id}, &row))
        return tx_ok(tx) ? tx_refuse(tx, FAULT_USER, 404, "There is no account %lld.", (long long)c->account_id) : false;
    return new_key_insert(tx, &c->key, c->account_id, c->label);
}

bool account_key_create(struct accounts *a, int64_t account_id, struct str label, char key[37], struct fault *f)
{
    struct key_create c = {.account_id = account_id, .label = label.ptr ? label : STR("")};
    size_t most = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    if (utf8_length(label) > most) return fault_user(f, 400, "The label is longer than %zu characters.", most);
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

/* ---- accounts ---- */

struct create {
    const struct account *in;
    int64_t account_id;
    struct new_key key;
};

static bool create(struct tx *tx, void *arg)
{
    struct create *c = arg;
    const struct account *in = c->in;
    if (tx_first(tx, Q_ACCOUNT_BY_USERNAME, &(struct q_account_by_username){in->username}, NULL))
        return tx_refuse(tx, FAULT_USER, 409, "The username \"%.*s\" is taken.", STR_ARG(in->username));
    c->account_id = tx_next_id(tx, ID_ACCOUNT);
    struct q_account_insert row = {
        c->account_id, in->parent_id,      in->username,     in->first_name,    in->last_name,   in->email_address, in->company,
        in->phone,     in->address_street, in->address_city, in->address_state, in->address_zip, tx_now(tx),
    };
    return tx_run(tx, Q_ACCOUNT_INSERT, &row, NULL) && new_key_insert(tx, &c->key, c->account_id, STR("first key"));
}

bool account_create(struct accounts *a, const struct account *in, int64_t *account_id, char key[37], struct fault *f)
{
    struct account row = *in;
    struct create c = {.in = &row};
    row.username = str_trim(in->username);
    if (!check(&row, f)) return false;
    if (row.parent_id == 0) row.parent_id = DB_NULL;
    if (row.parent_id != DB_NULL && !accounts_exists(a, row.parent_id))
        return fault_user(f, 404, "There is no account %lld to be the parent.", (long long)row.parent_id);
    new_key_make(&c.key);
    if (!store_write(a->store, create, &c, f)) return false;
    accounts_note_account(a, c.account_id);
    accounts_note_key(a, c.key.digest, c.account_id, str_of(c.key.hint));
    *account_id = c.account_id;
    memcpy(key, c.key.key, sizeof c.key.key);
    return true;
}

static struct account take(struct arena *arena, const struct r_account_find *r)
{
    return (struct account){
        .account_id = r->account_id,
        .parent_id = r->parent_id,
        .username = arena_str(arena, r->username),
        .first_name = arena_str(arena, r->first_name),
        .last_name = arena_str(arena, r->last_name),
        .email_address = arena_str(arena, r->email_address),
        .company = arena_str(arena, r->company),
        .phone = arena_str(arena, r->phone),
        .address_street = arena_str(arena, r->address_street),
        .address_city = arena_str(arena, r->address_city),
        .address_state = arena_str(arena, r->address_state),
        .address_zip = arena_str(arena, r->address_zip),
        .created_at = r->created_at,
        .mid = r->mid,
    };
}

struct read {
    struct arena *arena;
    int64_t account_id;
    struct account *rows;
    int n;
};

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_account_find r;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){g->account_id}, &r))
        return tx_ok(tx) ? tx_refuse(tx, FAULT_USER, 404, "There is no account %lld.", (long long)g->account_id) : false;
    g->rows[0] = take(g->arena, &r);
    return true;
}

bool account_get(struct store *s, struct arena *arena, int64_t account_id, struct account *out, struct fault *f)
{
    struct account row;
    struct read g = {.arena = arena, .account_id = account_id, .rows = &row};
    if (!store_read(s, read_one, &g, f)) return false;
    *out = row;
    return true;
}

static bool read_all(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_account_alive row;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_ACCOUNT_ALIVE, NULL);
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        if (g->n == cap) {
            struct account *wider = ARENA_ARRAY(g->arena, struct account, cap = cap ? cap * 2 : 16);
            if (g->n) memcpy(wider, g->rows, sizeof *wider * (size_t)g->n);
            g->rows = wider;
        }
        g->rows[g->n] = take(g->arena, &row);
    }
    rows_end(&r);
    return tx_ok(tx);
}

int account_list(struct store *s, struct arena *arena, struct account **out, struct fault *f)
{
    struct read g = {.arena = arena};
    if (!store_read(s, read_all, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}
