/* printer.c: printers are put, granted, looked at. Called by the operator's routes; the hand-over asks for the face. A change that lets
 * waiting batches go makes them due in its own unit and wakes the hand-over after it. */
#include "mail/printer.h"
#include "mail/mail_private.h"
#include "base/json_out.h"
#include "base/log.h"
#include "queries.h"

enum { KIND_PRINTER = 1, STATE_THERE = 0, STATE_REMOVED = 1 }; /* connection.kind, connection.state */

static const struct printer_def *face_of(const struct mail *m, struct str settings, struct json_parser *p, struct arena *a,
                                         struct json_value *root, struct fault *f)
{
    if (!json_parse(p, json_padded(a, settings), root, f)) return NULL;
    struct json_value kind = json_get(*root, "kind");
    if (kind.type != JSON_STRING) return fault_user(f, 400, "kind is required."), NULL;
    for (int i = 0; i < m->n_printers; i++)
        if (str_eq(kind.string, str_of(m->printers[i]->name))) return m->printers[i];
    return fault_user(f, 400, "There is no kind of printer \"%.*s\".", STR_ARG(kind.string)), NULL;
}

struct change {
    struct mail *mail;
    struct str name, settings;
    int64_t account;
};

static bool find(struct tx *tx, const struct change *c, struct r_printer_find *row)
{
    return tx_first(tx, Q_PRINTER_FIND, &(struct q_printer_find){HOUSE_ACCOUNT, KIND_PRINTER, c->name}, row);
}

static bool must_find(struct tx *tx, const struct change *c, struct r_printer_find *row)
{
    if (find(tx, c, row) && row->state == STATE_THERE) return true;
    return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 404, "There is no printer \"%.*s\".", STR_ARG(c->name));
}

/* Whoever waits for this printer is tried at once. */
static bool wake_waiting(struct tx *tx, int64_t connection_id)
{
    struct r_printer_accounts row;
    struct rows r = tx_rows(tx, Q_PRINTER_ACCOUNTS, &(struct q_printer_accounts){connection_id});
    struct arena *a = tx_arena(tx);
    int64_t *accounts = NULL;
    int n = 0, cap = 0;
    while (rows_next(&r, &row)) {
        if (n == cap) {
            int64_t *wider = ARENA_ARRAY(a, int64_t, cap = cap ? 2 * cap : 16);
            if (n) memcpy(wider, accounts, sizeof *wider * (size_t)n);
            accounts = wider;
        }
        accounts[n++] = row.account_id;
    }
    rows_end(&r);
    for (int i = 0; i < n; i++) tx_run(tx, Q_HANDOVER_WAKE, &(struct q_handover_wake){accounts[i], tx_now(tx)}, NULL);
    return tx_ok(tx);
}

static bool put(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_printer_find row;
    if (!find(tx, c, &row)) {
        if (!tx_ok(tx)) return false;
        struct q_printer_insert in = {
            HOUSE_ACCOUNT, tx_next_id(tx, ID_CONNECTION), KIND_PRINTER, c->name, STATE_THERE, c->settings, tx_now(tx)};
        return tx_run(tx, Q_PRINTER_INSERT, &in, NULL);
    }
    struct q_printer_put in = {HOUSE_ACCOUNT, row.connection_id, STATE_THERE, c->settings, tx_now(tx)};
    return tx_run(tx, Q_PRINTER_PUT, &in, NULL) && wake_waiting(tx, row.connection_id);
}

static bool changed(struct mail *m, store_fn *fn, struct change *c, struct fault *f)
{
    bool ok = store_write(m->store, fn, c, f);
    if (ok) jobs_wake(m->jobs, SOURCE_HANDOVER);
    return ok;
}

bool printer_put(struct mail *m, struct str name, struct str settings, struct fault *f)
{
    struct json_value root;
    struct arena *a = arena_create(4096);
    struct json_parser *p = json_parser_create();
    const struct printer_def *face =
        name_check(&name, "The name of a printer", f) ? face_of(m, settings, p, a, &root, f) : NULL;
    bool ok =
        face && face->check(root, f) && changed(m, put, &(struct change){.mail = m, .name = name, .settings = settings}, f);
    json_parser_destroy(&p);
    arena_destroy(&a);
    return ok;
}

static bool remove_one(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_printer_find row;
    if (!must_find(tx, c, &row)) return false;
    struct q_printer_put in = {HOUSE_ACCOUNT, row.connection_id, STATE_REMOVED, row.settings, tx_now(tx)};
    return tx_run(tx, Q_PRINTER_PUT, &in, NULL) &&
           tx_run(tx, Q_PRINTER_REVOKE_ALL, &(struct q_printer_revoke_all){row.connection_id}, NULL);
}

bool printer_remove(struct mail *m, struct str name, struct fault *f)
{
    return store_write(m->store, remove_one, &(struct change){.mail = m, .name = name}, f);
}

static bool grant(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_printer_find row;
    struct r_account_find who;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){c->account}, &who))
        return tx_not_found(tx, "account", c->account);
    if (!must_find(tx, c, &row)) return false;
    return tx_run(tx, Q_PRINTER_GRANT, &(struct q_printer_grant){c->account, row.connection_id, tx_now(tx)}, NULL) &&
           tx_run(tx, Q_HANDOVER_WAKE, &(struct q_handover_wake){c->account, tx_now(tx)}, NULL);
}

bool printer_grant(struct mail *m, int64_t account, struct str name, struct fault *f)
{
    return changed(m, grant, &(struct change){.mail = m, .name = name, .account = account}, f);
}

static bool revoke(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_account_find who;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){c->account}, &who))
        return tx_not_found(tx, "account", c->account);
    return tx_run(tx, Q_PRINTER_REVOKE, &(struct q_printer_revoke){c->account}, NULL);
}

bool printer_revoke(struct mail *m, int64_t account, struct fault *f)
{
    return store_write(m->store, revoke, &(struct change){.mail = m, .account = account}, f);
}

/* ---- looking ---- */

struct read {
    struct arena *arena;
    struct printer *rows;
    int n;
    int64_t id, account, drop_id;
    struct str settings;
};

static bool read_accounts(struct tx *tx, struct arena *a, struct printer *p)
{
    struct r_printer_accounts row;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_PRINTER_ACCOUNTS, &(struct q_printer_accounts){p->connection_id});
    while (rows_next(&r, &row)) {
        if (p->n_accounts == cap) {
            int64_t *wider = ARENA_ARRAY(a, int64_t, cap = cap ? 2 * cap : 16);
            if (p->n_accounts) memcpy(wider, p->accounts, sizeof *wider * (size_t)p->n_accounts);
            p->accounts = wider;
        }
        p->accounts[p->n_accounts++] = row.account_id;
    }
    rows_end(&r);
    return tx_ok(tx);
}

static bool read_all(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_printer_find row;
    int cap = 0;
    g->n = 0;
    struct rows r = tx_rows(tx, Q_PRINTER_EVERY, &(struct q_printer_every){HOUSE_ACCOUNT, KIND_PRINTER});
    while (rows_next(&r, &row)) {
        if (g->n == cap) {
            struct printer *wider = ARENA_ARRAY(g->arena, struct printer, cap = cap ? 2 * cap : 8);
            if (g->n) memcpy(wider, g->rows, sizeof *wider * (size_t)g->n);
            g->rows = wider;
        }
        g->rows[g->n++] = (struct printer){.connection_id = row.connection_id,
                                           .updated_at = row.updated_at,
                                           .name = arena_str(g->arena, row.label),
                                           .settings = arena_str(g->arena, row.settings)};
    }
    rows_end(&r);
    for (int i = 0; i < g->n && tx_ok(tx); i++) read_accounts(tx, g->arena, &g->rows[i]);
    return tx_ok(tx);
}

int printer_all(struct mail *m, struct arena *a, struct printer **out, struct fault *f)
{
    struct read g = {.arena = a};
    if (!store_read(m->store, read_all, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

int64_t printer_of(struct tx *tx, int64_t account, int64_t drop_id)
{
    struct r_drop_printer_find own;
    struct r_printer_granted row;
    if (tx_first(tx, Q_DROP_PRINTER_FIND, &(struct q_drop_printer_find){account, drop_id}, &own)) return own.connection_id;
    return tx_first(tx, Q_PRINTER_GRANTED, &(struct q_printer_granted){account}, &row) ? row.connection_id : 0;
}

/* ---- a drop's own ---- */

static struct str own_settings(struct arena *a, const struct r_drop_printer_find *own)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_strz(&j, "kind", PRINTER_OF_DROPS);
    json_int(&j, "connection_id", own->connection_id);
    json_str(&j, "endpoint", own->endpoint);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

struct own {
    struct arena *arena;
    int64_t account, drop_id;
    const struct drop_printer *put;
    struct drop_printer found;
};

static bool own_put(struct tx *tx, void *arg)
{
    const struct own *o = arg;
    if (!tx_first(tx, Q_DROP_IS_THERE, &(struct q_drop_is_there){o->account, o->drop_id}, NULL))
        return tx_not_found(tx, "drop", o->drop_id);
    if (!tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){o->account, o->put->connection_id}, NULL))
        return tx_not_found(tx, "connection", o->put->connection_id);
    struct q_drop_printer_put in = {o->account, o->drop_id, o->put->connection_id, o->put->endpoint};
    return tx_run(tx, Q_DROP_PRINTER_PUT, &in, NULL) &&
           tx_run(tx, Q_HANDOVER_WAKE_DROP, &(struct q_handover_wake_drop){o->account, o->drop_id, tx_now(tx)}, NULL);
}

static bool own_remove(struct tx *tx, void *arg)
{
    const struct own *o = arg;
    return tx_run(tx, Q_DROP_PRINTER_REMOVE, &(struct q_drop_printer_remove){o->account, o->drop_id}, NULL) &&
           tx_run(tx, Q_HANDOVER_WAKE_DROP, &(struct q_handover_wake_drop){o->account, o->drop_id, tx_now(tx)}, NULL);
}

static bool own_get(struct tx *tx, void *arg)
{
    struct own *o = arg;
    struct r_drop_printer_find row;
    o->found = (struct drop_printer){0};
    if (tx_first(tx, Q_DROP_PRINTER_FIND, &(struct q_drop_printer_find){o->account, o->drop_id}, &row))
        o->found = (struct drop_printer){row.connection_id, arena_str(o->arena, row.endpoint)};
    return tx_ok(tx);
}

bool drop_printer_put(struct mail *m, int64_t account, int64_t drop_id, const struct drop_printer *p, struct fault *f)
{
    struct own o = {.account = account, .drop_id = drop_id, .put = p};
    bool ok = store_write(m->store, own_put, &o, f);
    if (ok) jobs_wake(m->jobs, SOURCE_HANDOVER);
    return ok;
}

bool drop_printer_remove(struct mail *m, int64_t account, int64_t drop_id, struct fault *f)
{
    bool ok = store_write(m->store, own_remove, &(struct own){.account = account, .drop_id = drop_id}, f);
    if (ok) jobs_wake(m->jobs, SOURCE_HANDOVER);
    return ok;
}

bool drop_printer_get(struct mail *m, struct arena *a, int64_t account, int64_t drop_id, struct drop_printer *out,
                      struct fault *f)
{
    struct own o = {.arena = a, .account = account, .drop_id = drop_id};
    if (!store_read(m->store, own_get, &o, f)) return false;
    *out = o.found;
    return true;
}

/* ---- the face ---- */

static bool read_settings(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_printer_find row;
    struct r_drop_printer_find own;
    if (tx_first(tx, Q_PRINTER_BY_ID, &(struct q_printer_by_id){HOUSE_ACCOUNT, g->id}, &row)) {
        g->settings = arena_str(g->arena, row.settings);
        return true;
    }
    if (!tx_first(tx, Q_DROP_PRINTER_FIND, &(struct q_drop_printer_find){g->account, g->drop_id}, &own) ||
        own.connection_id != g->id)
        return tx_not_found(tx, "printer", g->id);
    g->settings = own_settings(g->arena, &own);
    return true;
}

const struct printer_def *printer_face(struct mail *m, struct arena *a, const struct printer_at *at, struct json_parser *p,
                                       struct json_value *settings, struct fault *f)
{
    struct read g = {.arena = a, .id = at->connection_id, .account = at->account, .drop_id = at->drop_id};
    return store_read(m->store, read_settings, &g, f) ? face_of(m, g.settings, p, a, settings, f) : NULL;
}
