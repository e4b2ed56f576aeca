/* account_read.c: accounts to look at: one, an agency's, the house's. On the caller's thread, from a snapshot. */
#include "account/account_private.h"
#include "queries.h"

enum { CONNECTION_OPEN = 0 }; /* of connection.state */

struct account account_row_read(struct arena *arena, const struct r_account_find *r)
{
    struct account a = {
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
    settings_read(r->settings, &a.has_rate, &a.rate);
    return a;
}

struct read {
    struct arena *arena;
    int64_t account_id; /* 0: all of the house; else that one, or its children */
    struct account *rows;
    int n;
};

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_account_find r;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){g->account_id}, &r)) return tx_no_account(tx, g->account_id);
    g->rows[0] = account_row_read(g->arena, &r);
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

static bool read_many(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_account_find row;
    int cap = 0;
    struct rows r = g->account_id ? tx_rows(tx, Q_ACCOUNT_CHILDREN, &(struct q_account_children){g->account_id})
                                  : tx_rows(tx, Q_ACCOUNT_ALIVE, NULL);
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        ARENA_GROW(g->arena, g->rows, g->n, cap);
        g->rows[g->n] = account_row_read(g->arena, &row);
    }
    rows_end(&r);
    return tx_ok(tx);
}

int account_list(struct store *s, struct arena *arena, struct account **out, struct fault *f)
{
    struct read g = {.arena = arena};
    if (!store_read(s, read_many, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

int account_children(struct store *s, struct arena *arena, int64_t parent, struct account **out, struct fault *f)
{
    struct read g = {.arena = arena, .account_id = parent};
    if (!store_read(s, read_many, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

/* ---- connections ---- */

struct connections {
    struct arena *arena;
    int64_t account_id;
    struct account_connection *rows;
    int n;
};

static bool read_connections(struct tx *tx, void *arg)
{
    struct connections *g = arg;
    struct r_account_connections row;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_ACCOUNT_CONNECTIONS, &(struct q_account_connections){g->account_id});
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        ARENA_GROW(g->arena, g->rows, g->n, cap);
        g->rows[g->n] = (struct account_connection){arena_str(g->arena, row.label), row.state == CONNECTION_OPEN};
    }
    rows_end(&r);
    return tx_ok(tx);
}

int account_connections(struct store *s, struct arena *arena, int64_t account_id, struct account_connection **out,
                        struct fault *f)
{
    struct connections g = {.arena = arena, .account_id = account_id};
    if (!store_read(s, read_connections, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}
