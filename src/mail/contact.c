/* contact.c: contacts one by one and by the page. Each change is one unit that also keeps the list's count. Another account's
 * contact, and one of a deleted list, are not there (404). */
#include "mail/contact_check.h"
#include "mail/contact_event.h"
#include "mail/contact_key.h"
#include "mail/contact_row.h"
#include "mail/mail_private.h"
#include "base/log.h"

struct change {
    struct outbox *outbox;
    struct json_parser *parser;
    int64_t account, list_or_0;
    struct contact *contact;
    const bool *named; /* NULL: all values */
};

static bool list_exists(struct tx *tx, int64_t account, int64_t list)
{
    return tx_first(tx, Q_LIST_FIND, &(struct q_list_find){account, list}, NULL) || tx_not_found(tx, "list", list);
}

static const char *key_name(const struct contact *c) { return contact_field_name(c->key_place - 1); }

/* The contact's key, when its list has one. False: the value is missing. */
static bool key_of(struct tx *tx, const struct contact *c, struct str *key)
{
    *key = STR_NULL;
    if (!c->key_place) return true;
    if (c->key_place <= c->n_values) *key = contact_key(tx_arena(tx), c->key_place, c->values[c->key_place - 1]);
    if (key->ptr) return true;
    return tx_refuse(tx, FAULT_USER, 400, "%s is required: the list tells its contacts apart by it.", key_name(c));
}

static bool put(struct tx *tx, const struct change *c)
{
    struct contact *row = c->contact;
    row->updated_at = tx_now(tx);
    struct q_contact_put in = contact_row_put(c->account, row, contact_row_vars(tx_arena(tx), row->values, row->n_values));
    return tx_run(tx, Q_CONTACT_PUT, &in, NULL) &&
           contact_emit(c->outbox, tx, c->account, row->contact_list_id, row->contact_id, CONTACT_UPDATED);
}

static bool create(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct contact *row = c->contact;
    struct r_contact_of_key same;
    struct str key;
    if (!list_exists(tx, c->account, row->contact_list_id) || !key_of(tx, row, &key)) return false;
    if (key.ptr && tx_first(tx, Q_CONTACT_OF_KEY, &(struct q_contact_of_key){c->account, row->contact_list_id, key}, &same)) {
        row->contact_id = same.contact_id;
        row->created_at = same.created_at;
        return put(tx, c);
    }
    if (!tx_ok(tx)) return false;
    row->contact_id = tx_next_id(tx, ID_CONTACT);
    row->created_at = row->updated_at = tx_now(tx);
    struct q_contact_insert in =
        contact_row_insert(c->account, row, contact_row_vars(tx_arena(tx), row->values, row->n_values));
    in.source_key = key;
    return tx_run(tx, Q_CONTACT_INSERT, &in, NULL) &&
           tx_run(tx, Q_LIST_COUNT, &(struct q_list_count){c->account, row->contact_list_id, 1}, NULL) &&
           contact_emit(c->outbox, tx, c->account, row->contact_list_id, row->contact_id, CONTACT_CREATED);
}

static bool change(struct mail *m, store_fn *fn, int64_t account, struct contact *c, const bool *named, struct fault *f)
{
    if (!named && !contact_check(c, f)) return false;
    c->address_status = 1;
    struct change in = {m->outbox, json_parser_create(), account, c->contact_list_id, c, named};
    bool ok = store_write(m->store, fn, &in, f);
    json_parser_destroy(&in.parser);
    return ok;
}

bool contact_create(struct mail *m, int64_t account, struct contact *c, struct fault *f)
{
    return change(m, create, account, c, NULL, f);
}

/* The contact, when it is there for this account, and in that list when one is named. */
static bool find(struct tx *tx, int64_t account, int64_t list_or_0, int64_t id, struct r_contact_find *out)
{
    if (!tx_first(tx, Q_CONTACT_FIND, &(struct q_contact_find){account, id}, out)) return tx_not_found(tx, "contact", id);
    if (list_or_0 && out->contact_list_id != list_or_0)
        return tx_refuse(tx, FAULT_USER, 404, "There is no contact %lld in list %lld.", (long long)id, (long long)list_or_0);
    return true;
}

/* The key moves with its field, but not onto another contact's. */
static bool move_key(struct tx *tx, const struct change *c)
{
    struct contact *row = c->contact;
    struct r_contact_of_key same;
    struct str key;
    if (!key_of(tx, row, &key)) return false;
    if (!key.ptr) return true;
    if (tx_first(tx, Q_CONTACT_OF_KEY, &(struct q_contact_of_key){c->account, row->contact_list_id, key}, &same)) {
        if (same.contact_id == row->contact_id) return true;
        return tx_refuse(tx, FAULT_USER, 409, "Contact %lld of the list has this %s already.", (long long)same.contact_id,
                         key_name(row));
    }
    return tx_ok(tx) && tx_run(tx, Q_CONTACT_KEY_PUT, &(struct q_contact_key_put){c->account, row->contact_id, key}, NULL);
}

static bool replace(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct r_contact_find old;
    if (!find(tx, c->account, c->list_or_0, c->contact->contact_id, &old)) return false;
    c->contact->contact_list_id = old.contact_list_id;
    c->contact->created_at = old.created_at;
    return move_key(tx, c) && put(tx, c);
}

bool contact_replace(struct mail *m, int64_t account, struct contact *c, struct fault *f)
{
    return change(m, replace, account, c, NULL, f);
}

/* What is named, over what the row says: in a copy, because a unit may run again. */
static bool patch(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct contact *to = c->contact, *row = ARENA_NEW(tx_arena(tx), struct contact);
    struct r_contact_find old;
    struct fault f;
    if (!find(tx, c->account, c->list_or_0, to->contact_id, &old)) return false;
    if (!contact_row_read(c->parser, tx_arena(tx), &old, row, &f)) return tx_fail(tx, &f);
    for (; row->n_values < to->n_values; row->n_values++) row->values[row->n_values] = STR_NULL;
    for (int i = 0; i < to->n_values; i++)
        if (c->named[i]) row->values[i] = to->values[i];
    row->key_place = to->key_place;
    row->address_status = to->address_status;
    if (!contact_check(row, &f)) return tx_fail(tx, &f);
    struct change whole = *c;
    whole.contact = row;
    if (!move_key(tx, &whole) || !put(tx, &whole)) return false;
    to->contact_list_id = row->contact_list_id;
    to->updated_at = row->updated_at;
    return true;
}

bool contact_patch(struct mail *m, int64_t account, struct contact *c, const bool *named, struct fault *f)
{
    return change(m, patch, account, c, named, f);
}

static bool delete (struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_contact_find old;
    int64_t id = c->contact->contact_id;
    return find(tx, c->account, c->list_or_0, id, &old) &&
           tx_run(tx, Q_CONTACT_REMOVE, &(struct q_contact_remove){c->account, id}, NULL) &&
           tx_run(tx, Q_LIST_COUNT, &(struct q_list_count){c->account, old.contact_list_id, -1}, NULL) &&
           contact_emit(c->outbox, tx, c->account, old.contact_list_id, id, CONTACT_DELETED);
}

bool contact_delete(struct mail *m, int64_t account, int64_t list_or_0, int64_t id, struct fault *f)
{
    struct contact c = {.contact_id = id};
    return store_write(m->store, delete,
                       &(struct change){.outbox = m->outbox, .account = account, .list_or_0 = list_or_0, .contact = &c}, f);
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
