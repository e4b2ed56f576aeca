/* connection.c: see connection.h. */
#include "account/connection.h"
#include "queries.h"

static struct str purpose(struct arena *a, int64_t account, int64_t id)
{
    return str_of(arena_printf(a, "connection %lld %lld", (long long)account, (long long)id));
}

static struct connection row_read(struct arena *a, const struct seal *seal, int64_t account, const struct r_connection_find *r)
{
    struct connection c = {
        .account_id = account,
        .connection_id = r->connection_id,
        .version = r->version,
        .updated_at = r->updated_at,
        .kind = (int)r->kind,
        .label = arena_str(a, r->label),
        .description = arena_str(a, r->description),
        .settings = arena_str(a, r->settings),
        .status = arena_str(a, r->status),
        .saved_version = r->saved_version,
        .tried = {.at = r->tried_at, .is_working = r->tried_works == 1, .sentence = arena_str(a, r->tried_sentence)},
    };
    if (r->tried_status != DB_NULL) c.tried.status = (int)r->tried_status;
    if (seal && r->sealed.ptr) {
        c.secrets = seal_unseal(seal, a, purpose(a, account, r->connection_id), r->sealed);
        c.is_sealed_shut = !c.secrets.ptr;
    }
    return c;
}

bool connection_refuse(struct tx *tx, int64_t id)
{
    return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 404, "There is no connection %lld.", (long long)id);
}

/* ---- inside a closure ---- */

bool connection_read(struct tx *tx, const struct seal *seal, struct arena *a, int64_t account, int64_t id,
                     struct connection *out)
{
    struct r_connection_find row;
    if (!tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){account, id}, &row)) return false;
    *out = row_read(a, seal, account, &row);
    return true;
}

static bool insert(struct tx *tx, const struct seal *seal, struct connection *c)
{
    struct arena *a = tx_arena(tx);
    c->connection_id = tx_next_id(tx, ID_CONNECTION);
    struct q_connection_insert in = {
        .account_id = c->account_id,
        .connection_id = c->connection_id,
        .kind = c->kind,
        .label = c->label,
        .description = c->description,
        .settings = c->settings,
        .sealed = seal_shut(seal, a, purpose(a, c->account_id, c->connection_id), c->secrets),
        .updated_at = c->updated_at,
    };
    c->version = 1;
    c->saved_version = 0;
    c->tried = (struct connection_tried){.at = DB_NULL};
    return tx_ok(tx) && tx_run(tx, Q_CONNECTION_INSERT, &in, NULL);
}

static bool update(struct tx *tx, const struct seal *seal, struct connection *c)
{
    struct arena *a = tx_arena(tx);
    struct r_connection_find was;
    if (!tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){c->account_id, c->connection_id}, &was))
        return connection_refuse(tx, c->connection_id);
    bool is_other = c->secrets.ptr || !str_eq(c->settings, was.settings);
    c->version = was.version + 1;
    c->saved_version = is_other ? c->version : was.saved_version;
    if (is_other) c->tried = (struct connection_tried){.at = DB_NULL};
    struct q_connection_update in = {
        .account_id = c->account_id,
        .connection_id = c->connection_id,
        .label = c->label,
        .description = c->description,
        .settings = c->settings,
        .sealed = seal_shut(seal, a, purpose(a, c->account_id, c->connection_id), c->secrets),
        .updated_at = c->updated_at,
        .saved_version = c->saved_version,
    };
    return tx_run(tx, Q_CONNECTION_UPDATE, &in, NULL);
}

bool connection_put(struct tx *tx, const struct seal *seal, struct connection *c)
{
    struct connection now = *c; /* a unit may run again: *c keeps its 0 until it has gone well */
    now.updated_at = tx_now(tx);
    if (!(now.connection_id ? update(tx, seal, &now) : insert(tx, seal, &now))) return false;
    *c = now;
    return true;
}

bool connection_renew(struct tx *tx, const struct seal *seal, const struct connection *from, struct str secrets)
{
    struct arena *a = tx_arena(tx);
    int64_t account = from->account_id, id = from->connection_id, changed = 0;
    struct connection here;
    if (!connection_read(tx, seal, a, account, id, &here)) return false;
    if (here.version != from->version && !str_eq(here.secrets, from->secrets)) return false;
    struct q_connection_renew in = {account, id, seal_shut(seal, a, purpose(a, account, id), secrets), tx_now(tx)};
    return tx_run(tx, Q_CONNECTION_RENEW, &in, &changed) && changed == 1;
}

bool connection_note(struct tx *tx, int64_t account, int64_t id, struct str status)
{
    return tx_run(tx, Q_CONNECTION_NOTE, &(struct q_connection_note){account, id, status}, NULL);
}

bool connection_keep_trial(struct tx *tx, const struct connection *c)
{
    struct q_connection_tried in = {
        .account_id = c->account_id,
        .connection_id = c->connection_id,
        .saved_version = c->saved_version,
        .tried_at = c->tried.at,
        .tried_works = c->tried.is_working,
        .tried_status = c->tried.status ? c->tried.status : DB_NULL,
        .tried_sentence = c->tried.is_working ? STR_NULL : c->tried.sentence,
    };
    return tx_run(tx, Q_CONNECTION_TRIED, &in, NULL);
}

bool connection_remove(struct tx *tx, int64_t account, int64_t id)
{
    int64_t changed = 0;
    if (!tx_run(tx, Q_CONNECTION_REMOVE, &(struct q_connection_remove){account, id, tx_now(tx)}, &changed)) return false;
    return changed == 1 || connection_refuse(tx, id);
}

/* ---- outside ---- */

struct look {
    const struct seal *seal;
    struct arena *arena;
    int64_t account, id;
    struct connection *rows;
    int n, max;
};

static bool get(struct tx *tx, void *arg)
{
    struct look *l = arg;
    return connection_read(tx, l->seal, l->arena, l->account, l->id, l->rows) || connection_refuse(tx, l->id);
}

bool connection_get(struct store *s, const struct seal *seal, struct arena *a, int64_t account, int64_t id,
                    struct connection *out, struct fault *f)
{
    struct connection row;
    struct look l = {.seal = seal, .arena = a, .account = account, .id = id, .rows = &row};
    if (!store_read(s, get, &l, f)) return false;
    *out = row;
    return true;
}

static bool all(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_connection_find row;
    struct rows r = tx_rows(tx, Q_CONNECTION_EVERY, &(struct q_connection_every){l->account});
    l->n = 0;
    while (rows_next(&r, &row)) {
        ARENA_GROW(l->arena, l->rows, l->n, l->max);
        l->rows[l->n++] = row_read(l->arena, NULL, l->account, &row);
    }
    rows_end(&r);
    return tx_ok(tx);
}

int connection_all(struct store *s, struct arena *a, int64_t account, struct connection **out, struct fault *f)
{
    struct look l = {.arena = a, .account = account};
    if (!store_read(s, all, &l, f)) return -1;
    *out = l.rows;
    return l.n;
}
