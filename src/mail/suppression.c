/* suppression.c: suppression lists and the people on them. Called by the API and, for the question, by the press's due source. */
#include "mail/suppression.h"
#include "mail/mail_private.h"
#include "mail/recipient.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "queries.h"

void suppression_email_key(struct str email, uint8_t out[16])
{
    uint8_t whole[SHA256_BYTES];
    char lower[512];
    struct str s = str_trim(email);
    size_t n = s.len < sizeof lower ? s.len : sizeof lower;
    for (size_t i = 0; i < n; i++) lower[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + 32) : s.ptr[i];
    sha256(str_make(lower, n), whole);
    memcpy(out, whole, 16);
}

/* ---- lists ---- */

static bool country_check(struct str *country, struct fault *f)
{
    struct str c = country->ptr ? str_trim(*country) : STR_NULL;
    if (!c.len || str_eq_nocase(c, STR("US")) || str_eq_nocase(c, STR("USA")))
        *country = STR("US");
    else if (str_eq_nocase(c, STR("CA")) || str_eq_nocase(c, STR("Canada")))
        *country = STR("CA");
    else
        return fault_user(f, 400, "Country must be US or CA.");
    return true;
}

struct change {
    int64_t account, list, id, created_at;
    struct suppression_list *made;
    struct suppressed *who;
    struct str person, match, email;
};

static bool list_create_run(struct tx *tx, void *arg)
{
    struct change *c = arg;
    c->made->suppression_list_id = tx_next_id(tx, ID_SUPPRESSION);
    c->made->created_at = tx_now(tx);
    struct q_suppression_list_insert in = {c->account, c->made->suppression_list_id, c->made->name, c->made->country,
                                           c->made->created_at};
    return tx_run(tx, Q_SUPPRESSION_LIST_INSERT, &in, NULL);
}

bool suppression_list_create(struct store *s, int64_t account, struct suppression_list *l, struct fault *f)
{
    l->count = 0;
    return name_check(&l->name, "Name", f) && country_check(&l->country, f) &&
           store_write(s, list_create_run, &(struct change){.account = account, .made = l}, f);
}

struct read {
    struct arena *arena;
    struct json_parser *parser;
    int64_t account, list, id, start;
    int max, n;
    struct suppression_list *lists;
    struct suppressed *people;
};

static struct suppression_list list_of(struct arena *a, const struct r_suppression_lists *r)
{
    return (struct suppression_list){r->suppression_list_id, r->n_contacts, r->created_at, arena_str(a, r->name),
                                     arena_str(a, r->country)};
}

/* Lists from a number on: one, or a page. */
static bool read_lists(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_suppression_lists row;
    g->n = 0;
    struct rows r = tx_rows(tx, Q_SUPPRESSION_LISTS,
                            &(struct q_suppression_lists){g->account, g->id, g->id ? g->id : INT64_MAX, g->max, g->start});
    while (g->n < g->max && rows_next(&r, &row)) g->lists[g->n++] = list_of(g->arena, &row);
    rows_end(&r);
    return g->id && !g->n && tx_ok(tx) ? tx_not_found(tx, "suppression list", g->id) : tx_ok(tx);
}

bool suppression_list_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct suppression_list *out,
                          struct fault *f)
{
    return store_read(s, read_lists, &(struct read){.arena = a, .account = account, .id = id, .max = 1, .lists = out}, f);
}

int suppression_list_all(struct store *s, struct arena *a, int64_t account, int64_t start, int n, struct suppression_list **out,
                         struct fault *f)
{
    struct read g = {
        .arena = a, .account = account, .start = start, .max = n, .lists = ARENA_ARRAY(a, struct suppression_list, n)};
    if (!store_read(s, read_lists, &g, f)) return -1;
    *out = g.lists;
    return g.n;
}

static bool list_exists(struct tx *tx, int64_t account, int64_t list)
{
    struct q_suppression_lists in = {account, list, list, 1, 0};
    return tx_first(tx, Q_SUPPRESSION_LISTS, &in, NULL) || tx_not_found(tx, "suppression list", list);
}

/* One chunk of people; the list itself when none is left. `id` says whether it was. */
static bool list_delete_run(struct tx *tx, void *arg)
{
    struct change *c = arg;
    int64_t changed = 0;
    if (!list_exists(tx, c->account, c->list)) return false;
    struct r_suppressed_page last = {.suppressed_id = INT64_MAX};
    tx_first(tx, Q_SUPPRESSED_PAGE,
             &(struct q_suppressed_page){c->account, c->list, 1, limit_get(LIMIT_SUPPRESSION_DELETE_ROWS)}, &last);
    if (!tx_run(tx, Q_SUPPRESSED_REMOVE_TO, &(struct q_suppressed_remove_to){c->account, c->list, last.suppressed_id},
                &changed))
        return false;
    c->id = last.suppressed_id != INT64_MAX;
    if (c->id)
        return tx_run(tx, Q_SUPPRESSION_LIST_COUNT, &(struct q_suppression_list_count){c->account, c->list, -changed}, NULL);
    return tx_run(tx, Q_SUPPRESSION_LIST_REMOVE, &(struct q_suppression_list_remove){c->account, c->list}, NULL);
}

bool suppression_list_delete(struct store *s, int64_t account, int64_t id, struct fault *f)
{
    struct change c = {.account = account, .list = id};
    do {
        if (!store_write(s, list_delete_run, &c, f)) return false;
    } while (c.id);
    return true;
}

/* ---- people ---- */

/* What a person is found by. `keys` holds the bytes that c's strings point at. */
static bool person_keys(struct arena *a, const struct suppressed *p, struct change *c, struct suppression_key *keys,
                        struct fault *f)
{
    struct address ad;
    struct str email = p->values[FIELD_EMAIL_ADDRESS].ptr ? str_trim(p->values[FIELD_EMAIL_ADDRESS]) : STR_NULL;
    struct address_in in = recipient_address(p->values, FIELD_KNOWN);
    bool has_address = in.street.len || in.city.len || in.zip.len;
    if (!has_address && !email.len)
        return fault_user(f, 400, "A suppressed person needs LastName, Address, City, State and Zip, or Email.");
    if (has_address) {
        if (!in.first_name.len) in.first_name = STR("-"); /* the key does not hold it */
        if (!address_standardise(a, &in, &ad, f)) return false;
        address_match_key(&ad, in.last_name, keys->match);
        c->match = str_make(keys->match, sizeof keys->match);
    } else
        c->match = STR("");
    if (email.len) {
        suppression_email_key(email, keys->email);
        c->email = str_make(keys->email, sizeof keys->email);
    } else
        c->email = STR_NULL;
    c->person = recipient_write(a, p->values, FIELD_KNOWN, STR_NULL);
    return true;
}

static bool add_run(struct tx *tx, void *arg)
{
    struct change *c = arg;
    if (!list_exists(tx, c->account, c->list)) return false;
    c->who->suppressed_id = tx_next_id(tx, ID_SUPPRESSION);
    c->who->created_at = tx_now(tx);
    struct q_suppressed_insert in = {c->account, c->list,   c->who->suppressed_id, c->match,
                                     c->email,   c->person, c->who->created_at};
    return tx_run(tx, Q_SUPPRESSED_INSERT, &in, NULL) &&
           tx_run(tx, Q_SUPPRESSION_LIST_COUNT, &(struct q_suppression_list_count){c->account, c->list, 1}, NULL);
}

static bool not_there(struct tx *tx, const struct change *c)
{
    return tx_refuse(tx, FAULT_USER, 404, "There is no contact %lld in suppression list %lld.", (long long)c->id,
                     (long long)c->list);
}

static bool replace_run(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    int64_t changed = 0;
    struct q_suppressed_put in = {c->account, c->list, c->id, c->match, c->email, c->person};
    return tx_run(tx, Q_SUPPRESSED_PUT, &in, &changed) && (changed || not_there(tx, c));
}

static bool change_person(struct store *s, store_fn *fn, int64_t account, int64_t list, struct suppressed *p, struct fault *f)
{
    struct arena *a = arena_create(4096);
    struct suppression_key keys;
    struct change c = {.account = account, .list = list, .id = p->suppressed_id, .who = p};
    bool ok = person_keys(a, p, &c, &keys, f) && store_write(s, fn, &c, f);
    arena_destroy(&a);
    return ok;
}

bool suppressed_add(struct store *s, int64_t account, int64_t list, struct suppressed *p, struct fault *f)
{
    return change_person(s, add_run, account, list, p, f);
}

bool suppressed_replace(struct store *s, int64_t account, int64_t list, struct suppressed *p, struct fault *f)
{
    return change_person(s, replace_run, account, list, p, f);
}

static bool delete_run(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    int64_t changed = 0;
    return tx_run(tx, Q_SUPPRESSED_REMOVE, &(struct q_suppressed_remove){c->account, c->list, c->id}, &changed) &&
           (changed || not_there(tx, c)) &&
           tx_run(tx, Q_SUPPRESSION_LIST_COUNT, &(struct q_suppression_list_count){c->account, c->list, -1}, NULL);
}

bool suppressed_delete(struct store *s, int64_t account, int64_t list, int64_t id, struct fault *f)
{
    return store_write(s, delete_run, &(struct change){.account = account, .list = list, .id = id}, f);
}

static bool take(struct read *g, struct tx *tx, int64_t id, int64_t created_at, struct str person)
{
    struct recipient *r = ARENA_NEW(g->arena, struct recipient);
    struct suppressed *p = &g->people[g->n++];
    struct fault f;
    *p = (struct suppressed){.suppressed_id = id, .created_at = created_at};
    if (!recipient_read(g->parser, g->arena, person, r, &f)) return tx_fail(tx, &f);
    for (int i = 0; i < r->n_values && i < FIELD_KNOWN; i++) p->values[i] = r->values[i];
    return true;
}

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_suppressed_find r;
    g->n = 0;
    if (!tx_first(tx, Q_SUPPRESSED_FIND, &(struct q_suppressed_find){g->account, g->list, g->id}, &r))
        return tx_ok(tx) && not_there(tx, &(struct change){.list = g->list, .id = g->id});
    return take(g, tx, g->id, r.created_at, r.person);
}

static bool read_page(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_suppressed_page row;
    g->n = 0;
    if (!list_exists(tx, g->account, g->list)) return false;
    struct rows r = tx_rows(tx, Q_SUPPRESSED_PAGE, &(struct q_suppressed_page){g->account, g->list, g->max, g->start});
    while (g->n < g->max && rows_next(&r, &row))
        if (!take(g, tx, row.suppressed_id, row.created_at, row.person)) break;
    rows_end(&r);
    return tx_ok(tx);
}

static bool read_people(struct store *s, store_fn *fn, struct read *g, struct fault *f)
{
    g->parser = json_parser_create();
    bool ok = store_read(s, fn, g, f);
    json_parser_destroy(&g->parser);
    return ok;
}

bool suppressed_get(struct store *s, struct arena *a, int64_t account, int64_t list, int64_t id, struct suppressed *out,
                    struct fault *f)
{
    return read_people(s, read_one, &(struct read){.arena = a, .account = account, .list = list, .id = id, .people = out}, f);
}

int suppressed_page(struct store *s, struct arena *a, int64_t account, int64_t list, int64_t start, int n,
                    struct suppressed **out, struct fault *f)
{
    struct read g = {
        .arena = a, .account = account, .list = list, .start = start, .max = n, .people = ARENA_ARRAY(a, struct suppressed, n)};
    if (!read_people(s, read_page, &g, f)) return -1;
    *out = g.people;
    return g.n;
}

/* ---- the question ---- */

bool suppression_is_empty(struct tx *tx, int64_t account)
{
    return !tx_first(tx, Q_SUPPRESSED_ANY, &(struct q_suppressed_any){account}, NULL);
}

bool suppression_find(struct tx *tx, int64_t account, const struct suppression_key *key, int64_t *list)
{
    struct r_suppressed_by_address by_address;
    struct r_suppressed_by_email by_email;
    if (tx_first(tx, Q_SUPPRESSED_BY_ADDRESS,
                 &(struct q_suppressed_by_address){account, str_make(key->match, sizeof key->match)}, &by_address)) {
        *list = by_address.suppression_list_id;
        return true;
    }
    if (!key->has_email ||
        !tx_first(tx, Q_SUPPRESSED_BY_EMAIL, &(struct q_suppressed_by_email){account, str_make(key->email, sizeof key->email)},
                  &by_email))
        return false;
    *list = by_email.suppression_list_id;
    return true;
}
