/* import_keyed.c: an import into a list that tells its contacts apart by a key: a row adds, renews, or finds all as it is and writes nothing. On
 * the committer's thread, in slices; doing a slice again after a crash changes nothing. */
#include "mail/contact_event.h"
#include "mail/contact_key.h"
#include "mail/import.h"
#include "base/log.h"

enum { PAGE_ROWS = 1000 };

/* ---- writing ---- */

static struct q_contact_renew renewal(const struct q_contact_insert *r)
{
    return (struct q_contact_renew){
        r->account_id,     r->contact_list_id, r->source_key,   r->first_name,    r->last_name,   r->company,
        r->address_street, r->address_street2, r->address_city, r->address_state, r->address_zip, r->country,
        r->email_address,  r->phone,           r->mobile_phone, r->occupation,    r->website,     r->vars,
        r->address_status, r->updated_at};
}

struct writing {
    struct outbox *outbox; /* NULL where nobody listens */
    bool tells_created, tells_updated;
    int64_t next_id; /* taken from the pool and not used yet; 0: none */
    struct import_counts counts;
};

static bool tell_updated(struct tx *tx, const struct writing *w, const struct q_contact_insert *row)
{
    struct r_contact_of_key there;
    if (!w->tells_updated) return true;
    struct q_contact_of_key in = {row->account_id, row->contact_list_id, row->source_key};
    return tx_first(tx, Q_CONTACT_OF_KEY, &in, &there) &&
           contact_emit(w->outbox, tx, row->account_id, row->contact_list_id, there.contact_id, CONTACT_UPDATED);
}

static bool write_row(struct tx *tx, struct writing *w, struct q_contact_insert *row)
{
    struct q_contact_add add;
    int64_t changed = 0;
    if (!w->next_id) w->next_id = tx_next_id(tx, ID_CONTACT);
    row->contact_id = w->next_id;
    row->created_at = row->updated_at = tx_now(tx);
    _Static_assert(sizeof add == sizeof *row, "contact_add and contact_insert take the same");
    memcpy(&add, row, sizeof add);
    if (!tx_run(tx, Q_CONTACT_ADD, &add, &changed)) return false;
    if (changed) {
        w->counts.inserted++;
        w->next_id = 0;
        return !w->tells_created ||
               contact_emit(w->outbox, tx, row->account_id, row->contact_list_id, row->contact_id, CONTACT_CREATED);
    }
    struct q_contact_renew renew = renewal(row);
    if (!tx_run(tx, Q_CONTACT_RENEW, &renew, &changed)) return false;
    w->counts.updated += changed;
    return !changed || tell_updated(tx, w, row);
}

static bool is_wanted(struct outbox *o, const struct q_contact_insert *row, enum list_event code)
{
    return o && event_is_wanted(o, row->account_id, EVENT_LIST, row->contact_list_id, code);
}

bool import_keyed_write(struct tx *tx, struct mail *m, struct import_chunk *c, int from, int to, struct import_counts *out)
{
    struct writing w = {.outbox = m->outbox};
    if (from < to) {
        w.tells_created = is_wanted(m->outbox, c->rows, CONTACT_CREATED);
        w.tells_updated = is_wanted(m->outbox, c->rows, CONTACT_UPDATED);
    }
    for (int i = from; i < to; i++)
        if (!write_row(tx, &w, &c->rows[c->order[i]])) return false;
    *out = w.counts;
    return tx_ok(tx);
}

/* ---- contacts from before the key ---- */

struct naming {
    int64_t account, list, n_keyed, from_id;
    int64_t next_id; /* set: where the next page begins; a unit may run again, so from_id is the caller's to move */
    int key_place;
    bool is_over;
};

static bool name_one(struct tx *tx, const struct naming *g, struct json_parser *p, const struct r_contact_find *r)
{
    struct contact *c = ARENA_NEW(tx_arena(tx), struct contact);
    struct fault f;
    if (!contact_row_read(p, tx_arena(tx), r, c, &f)) return tx_fail(tx, &f);
    struct str value = g->key_place <= c->n_values ? c->values[g->key_place - 1] : STR_NULL;
    struct str key = contact_key(tx_arena(tx), g->key_place, value);
    if (!key.ptr || tx_first(tx, Q_CONTACT_OF_KEY, &(struct q_contact_of_key){g->account, g->list, key}, NULL))
        return tx_ok(tx);
    return tx_run(tx, Q_CONTACT_KEY_PUT, &(struct q_contact_key_put){g->account, r->contact_id, key}, NULL);
}

/* Reads a page, then writes: a statement does not run beside one that changes what it reads. */
static bool name_page(struct tx *tx, void *arg)
{
    struct naming *g = arg;
    struct r_contact_find *rows = ARENA_ARRAY(tx_arena(tx), struct r_contact_find, PAGE_ROWS);
    int n = 0;
    struct rows r =
        tx_rows(tx, Q_CONTACT_PAGE, &(struct q_contact_page){g->account, g->list, g->from_id, INT64_MAX, PAGE_ROWS});
    while (n < PAGE_ROWS && rows_next(&r, &rows[n])) n++;
    rows_end(&r);
    struct json_parser *p = json_parser_create();
    bool ok = tx_ok(tx);
    for (int i = 0; ok && i < n; i++) ok = name_one(tx, g, p, &rows[i]);
    json_parser_destroy(&p);
    g->is_over = n < PAGE_ROWS;
    if (n) g->next_id = rows[n - 1].contact_id + 1;
    return ok;
}

static bool count_keyed(struct tx *tx, void *arg)
{
    struct naming *g = arg;
    struct r_contact_keyed row;
    bool ok = tx_first(tx, Q_CONTACT_KEYED, &(struct q_contact_keyed){g->account, g->list}, &row);
    if (ok) g->n_keyed = row.n;
    return ok;
}

bool import_keyed_prepare(struct mail *m, int64_t account, const struct contact_list *list, int key_place, struct fault *f)
{
    struct naming g = {.account = account, .list = list->contact_list_id, .key_place = key_place};
    if (list->count == 0) return true;
    if (!store_read(m->store, count_keyed, &g, f)) return false;
    if (g.n_keyed >= list->count) return true;
    for (; !g.is_over; g.from_id = g.next_id) {
        if (jobs_stopping(m->jobs)) return fault_remote(f, "The server is stopping.");
        if (!store_write(m->store, name_page, &g, f)) return false;
    }
    return true;
}
