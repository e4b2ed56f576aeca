/* list.c: contact lists. Called by the API, the command line and imports; each change is one unit. A list that was deleted is
 * not there for anybody, nor are its contacts. */
#include "mail/list.h"
#include "mail/mail_private.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/log.h"

enum { KIND_API = 0 };

struct str list_columns_write(struct arena *a, const struct str *columns, int n)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_array(&j, NULL);
    for (int i = 0; i < n; i++) json_str(&j, NULL, columns[i]);
    json_end(&j);
    json_out_end(&j);
    struct str s = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return s;
}

static bool columns_read(struct arena *a, struct str json, struct contact_list *out, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root, v;
    struct json_iter it = {0};
    struct str none, *columns;
    bool ok = json_parse(p, json_padded(a, json), &root, f);
    if (ok) {
        columns = ARENA_ARRAY(a, struct str, json_count(root) + 1);
        while (json_next(root, &it, &none, &v)) columns[out->n_columns++] = arena_str(a, v.string);
        out->columns = columns;
    }
    json_parser_destroy(&p);
    return ok;
}

bool list_read(struct arena *a, const struct r_list_find *r, struct contact_list *out, struct fault *f)
{
    *out = (struct contact_list){.contact_list_id = r->contact_list_id,
                                 .name = arena_str(a, r->name),
                                 .count = r->n_contacts,
                                 .key_field = arena_str(a, r->key_field),
                                 .created_at = r->created_at};
    return columns_read(a, r->columns, out, f);
}

/* ---- units and readings ---- */

struct create {
    int64_t account, id, *made;
    struct str name;
};

static bool create(struct tx *tx, void *arg)
{
    struct create *c = arg;
    *c->made = c->id = tx_next_id(tx, ID_LIST);
    struct q_list_insert in = {c->account, c->id, c->name, KIND_API, STR("[]"), tx_now(tx)};
    return tx_run(tx, Q_LIST_INSERT, &in, NULL);
}

bool list_create(struct store *s, int64_t account, struct str name, int64_t *id, struct fault *f)
{
    struct create c = {.account = account, .name = name, .made = id};
    return name_check(&c.name, "name", f) && store_write(s, create, &c, f);
}

struct read {
    struct arena *arena;
    int64_t account, id;
    struct contact_list *rows;
    int n;
};

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_list_find r;
    struct fault f;
    if (!tx_first(tx, Q_LIST_FIND, &(struct q_list_find){g->account, g->id}, &r)) return tx_not_found(tx, "list", g->id);
    return list_read(g->arena, &r, g->rows, &f) || tx_fail(tx, &f);
}

bool list_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct contact_list *out, struct fault *f)
{
    struct contact_list row;
    if (!store_read(s, read_one, &(struct read){.arena = a, .account = account, .id = id, .rows = &row}, f)) return false;
    *out = row;
    return true;
}

static bool read_all(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_list_find row;
    struct fault f;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_LIST_EVERY, &(struct q_list_every){g->account});
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        ARENA_GROW(g->arena, g->rows, g->n, cap);
        if (!list_read(g->arena, &row, &g->rows[g->n], &f)) return tx_fail(tx, &f);
    }
    rows_end(&r);
    return tx_ok(tx);
}

int list_all(struct store *s, struct arena *a, int64_t account, struct contact_list **out, struct fault *f)
{
    struct read g = {.arena = a, .account = account};
    if (!store_read(s, read_all, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

static bool delete (struct tx *tx, void *arg)
{
    const struct create *c = arg;
    struct r_list_in_use user;
    int64_t changed = 0;
    if (tx_first(tx, Q_LIST_IN_USE, &(struct q_list_in_use){c->account, c->id}, &user))
        return tx_refuse(tx, FAULT_USER, 409, "The list %lld is being sent by campaign %lld.", (long long)c->id,
                         (long long)user.drop_id);
    if (!tx_run(tx, Q_LIST_REMOVE, &(struct q_list_remove){c->account, c->id, tx_now(tx)}, &changed)) return false;
    return changed ? true : tx_not_found(tx, "list", c->id);
}

bool list_delete(struct store *s, int64_t account, int64_t id, struct fault *f)
{
    return store_write(s, delete, &(struct create){.account = account, .id = id}, f);
}
