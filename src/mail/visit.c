/* visit.c: see visit.h. Called on pool threads; the units run in the committer. What is known of a piece's visitors is read in one range of
 * its rows, which are few: purl.piece_visits at most. */
#include "mail/visit.h"
#include "mail/purl_place.h"
#include "mail/purl_url.h"
#include "mail/recipient.h"
#include "mail/stat.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "outbox/event.h"
#include "press/fields.h"
#include "queries.h"

/* ---- whom a code stands for ---- */

struct finding {
    struct mail *m;
    struct arena *arena;
    struct purl purl;
};

static bool nothing_here(struct fault *f) { return fault_user(f, 404, "There is nothing at this address."); }

static bool read_purl(struct tx *tx, void *arg)
{
    struct finding *g = arg;
    struct purl *p = &g->purl;
    struct r_piece_find piece;
    struct fault f;
    bool is_there = tx_first(tx, Q_PIECE_FIND, &(struct q_piece_find){p->account, p->piece_id}, &piece) &&
                    piece.state == PIECE_SEATED && purl_place_of(g->m->purl_places, tx, g->arena, p);
    if (!is_there) {
        nothing_here(&f);
        return tx_ok(tx) ? tx_fail(tx, &f) : false;
    }
    p->contact_id = piece.contact_id;
    p->recipient = arena_str(g->arena, piece.recipient);
    return tx_ok(tx);
}

bool purl_find(struct mail *m, struct arena *a, struct str code, int64_t only_account, struct purl *out, struct fault *f)
{
    struct finding g = {.m = m, .arena = a};
    struct purl *p = &g.purl;
    if (!purl_decode(m, arena_str(a, code).ptr, &p->account, &p->piece_id)) return nothing_here(f);
    if ((only_account && p->account != only_account) || !accounts_exists(m->accounts, p->account)) return nothing_here(f);
    p->batch_id = PIECE_BATCH(p->piece_id);
    if (!store_read(m->store, read_purl, &g, f)) return false;
    *out = *p;
    return true;
}

/* ---- what a landing page may know ---- */

static struct str value_of(struct arena *a, const struct recipient *r, const struct field_set *fields, struct str name)
{
    int i = field_set_find(fields, name);
    if (i >= 0) return i < r->n_values ? r->values[i] : STR_NULL;
    struct str key = text_title_key(a, name);
    for (i = 0; i < r->n_extra; i++)
        if (str_eq(text_title_key(a, r->extra_names[i]), key)) return r->extra_values[i];
    return STR_NULL;
}

bool purl_fields(const struct purl *p, struct arena *a, struct json_out *j, struct fault *f)
{
    struct recipient *who = ARENA_NEW(a, struct recipient);
    struct field_set *fields = field_set_create(a, NULL, 0);
    struct json_parser *parser = json_parser_create();
    struct json_value names, name;
    struct json_iter it = {0};
    bool ok =
        recipient_read(parser, a, p->recipient, who, f) && json_parse(parser, json_padded(a, p->landing_fields), &names, f);
    while (ok && json_next(names, &it, NULL, &name))
        json_str(j, arena_str(a, name.string).ptr, value_of(a, who, fields, name.string));
    json_parser_destroy(&parser);
    return ok;
}

/* ---- what is known of a piece's visitors ---- */

struct known {
    bool is_full;      /* more rows than are kept */
    bool has_visitor;  /* this visitor was here */
    bool has_opening;  /* the visit that a report names */
    bool has_report;   /* … has reported a page */
    bool has_goal;     /* … has reached the goal */
    bool has_any_goal; /* the piece has */
};

static bool read_known(struct tx *tx, const struct visit *v, struct known *k)
{
    const struct purl *p = v->purl;
    int64_t n = 0, most = limit_get(LIMIT_PURL_PIECE_VISITS);
    struct r_visit_seen row;
    struct rows r = tx_rows(tx, Q_VISIT_SEEN, &(struct q_visit_seen){p->account, p->piece_id, most});
    struct str visitor = str_make(v->visitor, sizeof v->visitor);
    *k = (struct known){0};
    while (rows_next(&r, &row)) {
        n++;
        if ((row.is_test != 0) != p->is_test) continue;
        if (row.kind == VISIT_OPENED) {
            if (str_eq(row.visitor, visitor)) k->has_visitor = true;
            if (row.visit_id == v->visit_id) k->has_opening = true;
            continue;
        }
        if (row.kind == VISIT_GOAL) k->has_any_goal = true;
        if (row.of_visit != v->visit_id) continue;
        k->has_report = true;
        if (row.kind == VISIT_GOAL) k->has_goal = true;
    }
    rows_end(&r);
    k->is_full = n >= most;
    return tx_ok(tx);
}

/* ---- writing down ---- */

struct noting {
    struct mail *m;
    struct visit *v;
};

static bool count(struct noting *g, struct tx *tx, int code)
{
    const struct purl *p = g->v->purl;
    return stat_add(g->m, tx, p->account, p->drop_id, code, p->is_test, tx_now(tx), 1);
}

/* What strangers say of themselves, as far as it is text. */
static struct str agent_kept(struct str agent)
{
    size_t most = (size_t)limit_get(LIMIT_PURL_AGENT_BYTES), bad;
    if (agent.len > most) agent.len = most;
    if (!utf8_is_valid(agent, &bad)) agent.len = bad;
    return agent;
}

static bool insert(struct noting *g, struct tx *tx, enum visit_kind kind, int64_t visit_id, int64_t of_visit)
{
    const struct visit *v = g->v;
    struct q_visit_insert in = {
        .account_id = v->purl->account,
        .piece_id = v->purl->piece_id,
        .visit_id = visit_id,
        .kind = kind,
        .is_test = v->purl->is_test,
        .visited_at = tx_now(tx),
        .of_visit = of_visit,
        .url = v->url,
        .visitor = kind == VISIT_OPENED ? str_make(v->visitor, sizeof v->visitor) : STR_NULL,
        .agent = agent_kept(v->agent),
    };
    g->v->is_counted = true;
    return tx_run(tx, Q_VISIT_INSERT, &in, NULL);
}

static int hops_of(struct tx *tx, const struct purl *p)
{
    struct r_piece_hops row;
    return tx_first(tx, Q_PIECE_HOPS, &(struct q_piece_hops){p->account, p->piece_id}, &row) ? source_ref_hops(row.source_ref)
                                                                                             : 0;
}

static bool tell(struct noting *g, struct tx *tx, enum status_code code)
{
    const struct purl *p = g->v->purl;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "url", g->v->url);
    json_end(&j);
    json_out_end(&j);
    struct event e = {
        .account_id = p->account,
        .source = EVENT_DROP,
        .source_id = p->drop_id,
        .code = code,
        .is_test = p->is_test,
        .hops = hops_of(tx, p),
        .subject_id = p->piece_id,
        .person_id = p->contact_id ? p->contact_id : -p->piece_id,
        .happened_at = tx_now(tx),
        .detail = arena_str(tx_arena(tx), buf_str(&b)),
    };
    buf_finish(&b);
    return event_emit(g->m->outbox, tx, &e) && count(g, tx, code);
}

static bool open_run(struct tx *tx, void *arg)
{
    struct noting *g = arg;
    struct visit *v = g->v;
    struct known known;
    v->visit_id = 0;
    v->is_counted = false;
    if (!read_known(tx, v, &known)) return false;
    if (known.is_full) return true;
    v->visit_id = tid_next(store_node(tx_store(tx)));
    bool is_new = !v->is_known_visitor || !known.has_visitor;
    return insert(g, tx, VISIT_OPENED, v->visit_id, 0) && tell(g, tx, STATUS_PURL_OPENED) && count(g, tx, STAT_VISIT) &&
           (!is_new || count(g, tx, STAT_VISITOR));
}

static bool report_run(struct tx *tx, void *arg)
{
    struct noting *g = arg;
    struct visit *v = g->v;
    struct known known;
    v->is_counted = v->is_goal = false;
    if (!read_known(tx, v, &known)) return false;
    if (known.is_full) return true;
    if (!known.has_opening && v->visit_id) { /* wiped, or made up: as one who came without a visit */
        v->visit_id = 0;
        if (!read_known(tx, v, &known)) return false;
    }
    v->is_goal = !known.has_goal && purl_is_goal(v->purl->goal_url, v->url);
    bool is_counted_already = v->visit_id && !known.has_report; /* with the opening */
    return insert(g, tx, v->is_goal ? VISIT_GOAL : VISIT_PAGE, tid_next(store_node(tx_store(tx))), v->visit_id) &&
           (is_counted_already || count(g, tx, STAT_VISIT)) && (!v->is_goal || tell(g, tx, STATUS_PURL_COMPLETED)) &&
           (!v->is_goal || known.has_any_goal || count(g, tx, STAT_CONVERSION));
}

static bool note(struct mail *m, store_fn *run, struct visit *v, struct fault *f)
{
    ASSERT(m->outbox);
    if (v->purl->tracking == ONLINE_OFF) return true;
    return store_write(m->store, run, &(struct noting){m, v}, f);
}

bool visit_open(struct mail *m, struct visit *v, struct fault *f) { return note(m, open_run, v, f); }
bool visit_report(struct mail *m, struct visit *v, struct fault *f) { return note(m, report_run, v, f); }

/* ---- showing ---- */

struct showing {
    struct arena *arena;
    int64_t account, piece_id;
    int most, n;
    struct visit_row *rows;
};

static bool read_visits(struct tx *tx, void *arg)
{
    struct showing *g = arg;
    struct r_visit_of_piece row;
    struct rows r = tx_rows(tx, Q_VISIT_OF_PIECE, &(struct q_visit_of_piece){g->account, g->piece_id, g->most});
    for (g->n = 0; g->n < g->most && rows_next(&r, &row); g->n++)
        g->rows[g->n] = (struct visit_row){row.visit_id, row.visited_at, (enum visit_kind)row.kind, row.is_test != 0,
                                           arena_str(g->arena, row.url)};
    rows_end(&r);
    return tx_ok(tx);
}

int visit_of_piece(struct store *s, struct arena *a, int64_t account, int64_t piece_id, int n, struct visit_row **out,
                   struct fault *f)
{
    struct showing g = {.arena = a, .account = account, .piece_id = piece_id, .most = n};
    g.rows = ARENA_ARRAY(a, struct visit_row, n);
    if (!store_read(s, read_visits, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}
