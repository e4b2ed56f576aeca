/* contact.c: contacts one by one and by the page. Each change is one unit that also keeps the list's count. Another account's
 * contact, and one of a deleted list, are not there (404). */
#include "mail/contact_row.h"
#include "mail/mail_private.h"
#include "base/log.h"

/* The arena holds what the unit reads: a unit may run again, so nothing is made inside it. */
struct change {
    int64_t account, list_or_0;
    struct contact *contact;
    struct str vars;
};

static bool list_exists(struct tx *tx, int64_t account, int64_t list)
{
    return tx_first(tx, Q_LIST_FIND, &(struct q_list_find){account, list}, NULL) || tx_not_found(tx, "list", list);
}

static bool create(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct contact *row = c->contact;
    if (!list_exists(tx, c->account, row->contact_list_id)) return false;
    row->contact_id = tx_next_id(tx, ID_CONTACT);
    row->created_at = row->updated_at = tx_now(tx);
    struct q_contact_insert in = contact_row_insert(c->account, row, c->vars);
    return tx_run(tx, Q_CONTACT_INSERT, &in, NULL) &&
           tx_run(tx, Q_LIST_COUNT, &(struct q_list_count){c->account, row->contact_list_id, 1}, NULL);
}

static bool change(struct store *s, store_fn *fn, int64_t account, struct contact *c, struct fault *f)
{
    if (!contact_check(c, f)) return false;
    c->address_status = 1;
    struct arena *a = arena_create(4096);
    struct change in = {
        .account = account, .list_or_0 = c->contact_list_id, .contact = c, .vars = contact_row_vars(a, c->values, c->n_values)};
    bool ok = store_write(s, fn, &in, f);
    arena_destroy(&a);
    return ok;
}

bool contact_create(struct store *s, int64_t account, struct contact *c, struct fault *f)
{
    return change(s, create, account, c, f);
}

/* The contact, when it is there for this account, and in that list when one is named. */
static bool find(struct tx *tx, int64_t account, int64_t list_or_0, int64_t id, struct r_contact_find *out)
{
    if (!tx_first(tx, Q_CONTACT_FIND, &(struct q_contact_find){account, id}, out)) return tx_not_found(tx, "contact", id);
    if (list_or_0 && out->contact_list_id != list_or_0)
        return tx_refuse(tx, FAULT_USER, 404, "There is no contact %lld in list %lld.", (long long)id, (long long)list_or_0);
    return true;
}

static bool replace(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct r_contact_find old;
    if (!find(tx, c->account, c->list_or_0, c->contact->contact_id, &old)) return false;
    c->contact->contact_list_id = old.contact_list_id;
    c->contact->created_at = old.created_at;
    c->contact->updated_at = tx_now(tx);
    struct q_contact_put in = contact_row_put(c->account, c->contact, c->vars);
    return tx_run(tx, Q_CONTACT_PUT, &in, NULL);
}

bool contact_replace(struct store *s, int64_t account, struct contact *c, struct fault *f)
{
    return change(s, replace, account, c, f);
}

static bool delete (struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_contact_find old;
    int64_t id = c->contact->contact_id;
    return find(tx, c->account, c->list_or_0, id, &old) &&
           tx_run(tx, Q_CONTACT_REMOVE, &(struct q_contact_remove){c->account, id}, NULL) &&
           tx_run(tx, Q_LIST_COUNT, &(struct q_list_count){c->account, old.contact_list_id, -1}, NULL);
}

bool contact_delete(struct store *s, int64_t account, int64_t list_or_0, int64_t id, struct fault *f)
{
    struct contact c = {.contact_id = id};
    return store_write(s, delete, &(struct change){.account = account, .list_or_0 = list_or_0, .contact = &c}, f);
}

/* ---- reading ---- */

struct read {
    struct arena *arena;
    struct json_parser *parser;
    int64_t account, list, id, start;
    struct contact *rows;
    int n, max;
};

static bool take(struct read *g, struct tx *tx, const struct r_contact_find *r, struct contact *out)
{
    struct fault f;
    return contact_row_read(g->parser, g->arena, r, out, &f) || tx_fail(tx, &f);
}

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_contact_find r;
    if (!find(tx, g->account, g->list, g->id, &r)) return false;
    return take(g, tx, &r, g->rows);
}

bool contact_get(struct store *s, struct arena *a, int64_t account, int64_t list_or_0, int64_t id, struct contact *out,
                 struct fault *f)
{
    struct contact row;
    struct read g = {.arena = a, .parser = json_parser_create(), .account = account, .list = list_or_0, .id = id, .rows = &row};
    bool ok = store_read(s, read_one, &g, f);
    json_parser_destroy(&g.parser);
    if (ok) *out = row;
    return ok;
}

static bool read_page(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_contact_skip first = {.contact_id = 0};
    struct r_contact_find row;
    g->n = 0;
    if (!list_exists(tx, g->account, g->list)) return false;
    if (g->start > 0 && !tx_first(tx, Q_CONTACT_SKIP, &(struct q_contact_skip){g->account, g->list, g->start}, &first))
        return tx_ok(tx);
    struct rows r =
        tx_rows(tx, Q_CONTACT_PAGE, &(struct q_contact_page){g->account, g->list, first.contact_id, INT64_MAX, g->max});
    while (g->n < g->max && rows_next(&r, &row))
        if (!take(g, tx, &row, &g->rows[g->n++])) break;
    rows_end(&r);
    return tx_ok(tx);
}

int contact_page(struct store *s, struct arena *a, int64_t account, int64_t list, int64_t start, int n, struct contact **out,
                 struct fault *f)
{
    ASSERT(n > 0 && start >= 0);
    struct read g = {.arena = a, .parser = json_parser_create(), .account = account, .list = list, .start = start, .max = n};
    g.rows = ARENA_ARRAY(a, struct contact, n);
    bool ok = store_read(s, read_page, &g, f);
    json_parser_destroy(&g.parser);
    if (!ok) return -1;
    *out = g.rows;
    return g.n;
}
