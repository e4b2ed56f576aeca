/* drop_online.c: what a drop says of visits to its pieces' personal URLs: where they lead, what counts, what the landing page may know
 * (visit.h). Changed at any time: nothing of it is printed. */
#include "mail/campaign_check.h"
#include "mail/purl_place.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mail/stat.h"
#include "queries.h"

enum { WIPE_BATCHES = 256 };

static const char *const words[] = {[ONLINE_OFF] = "off", [ONLINE_ON] = "on", [ONLINE_TEST] = "test"};

const char *online_word(enum online_tracking t) { return words[t]; }

bool online_of_word(struct str word, enum online_tracking *out)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_eq(word, str_of(words[i]))) continue;
        *out = (enum online_tracking)i;
        return true;
    }
    return false;
}

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    int64_t account, id;
    struct drop_online out;
};

static bool read_tx(struct tx *tx, struct reading *g)
{
    struct r_drop_find drop;
    struct r_drop_online_find online = {.tracking = ONLINE_ON, .landing_fields = STR("[]")};
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){g->account, g->id}, &drop)) return tx_not_found(tx, "campaign", g->id);
    tx_first(tx, Q_DROP_ONLINE_FIND, &(struct q_drop_online_find){g->account, drop.drop_id}, &online);
    g->out = (struct drop_online){
        .drop_id = drop.drop_id,
        .starting_url = arena_str(g->arena, drop.starting_url),
        .goal_url = arena_str(g->arena, drop.goal_url),
        .tracking = (enum online_tracking)online.tracking,
        .landing_fields = arena_str(g->arena, online.landing_fields),
    };
    return tx_ok(tx);
}

static bool read_online(struct tx *tx, void *arg) { return read_tx(tx, arg); }

bool drop_online_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct drop_online *out, struct fault *f)
{
    struct reading g = {.arena = a, .account = account, .id = id};
    if (!store_read(s, read_online, &g, f)) return false;
    *out = g.out;
    return true;
}

/* ---- changing ---- */

struct change {
    int64_t account, id;
    const struct drop_online_change *c;
    struct str fields; /* as stored */
};

static bool put(struct tx *tx, void *arg)
{
    const struct change *g = arg;
    const struct drop_online_change *c = g->c;
    struct reading was = {.arena = tx_arena(tx), .account = g->account, .id = g->id};
    if (!read_tx(tx, &was)) return false;
    struct drop_online *o = &was.out;
    if (c->has_starting_url) o->starting_url = str_is_empty(c->starting_url) ? STR_NULL : c->starting_url;
    if (c->has_goal_url) o->goal_url = str_is_empty(c->goal_url) ? STR_NULL : c->goal_url;
    if (c->has_tracking) o->tracking = c->tracking;
    if (c->has_landing_fields) o->landing_fields = g->fields;
    return tx_run(tx, Q_DROP_URLS_PUT, &(struct q_drop_urls_put){g->account, o->drop_id, o->starting_url, o->goal_url}, NULL) &&
           tx_run(tx, Q_DROP_ONLINE_PUT, &(struct q_drop_online_put){g->account, o->drop_id, o->tracking, o->landing_fields},
                  NULL);
}

static bool fields_check(const struct drop_online_change *c, struct fault *f)
{
    int64_t most = limit_get(LIMIT_PURL_LANDING_FIELDS), bytes = limit_get(LIMIT_PERSON_MAX_NAME_BYTES);
    if (c->n_fields > most) return fault_user(f, 400, "landing_fields names more than %lld fields.", (long long)most);
    for (int i = 0; i < c->n_fields; i++) {
        struct str name = c->fields[i];
        if (str_is_empty(name) || (int64_t)name.len > bytes || utf8_has_control(name))
            return fault_user(f, 400, "landing_fields: a name is empty, longer than %lld bytes or holds a control character.",
                              (long long)bytes);
        for (int k = 0; k < i; k++)
            if (str_eq(name, c->fields[k])) return fault_user(f, 400, "landing_fields names %.*s twice.", STR_ARG(name));
    }
    return true;
}

bool drop_online_put(struct mail *m, int64_t account, int64_t id, const struct drop_online_change *c, struct fault *f)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    if ((c->has_starting_url && !campaign_url_check(c->starting_url, "starting_url", f)) ||
        (c->has_goal_url && !campaign_url_check(c->goal_url, "goal_url", f)) || (c->has_landing_fields && !fields_check(c, f)))
        return false;
    json_array(&j, NULL);
    for (int i = 0; i < c->n_fields; i++) json_str(&j, NULL, c->fields[i]);
    json_end(&j);
    json_out_end(&j);
    struct change g = {account, id, c, buf_str(&b)};
    bool ok = store_write(m->store, put, &g, f);
    buf_finish(&b);
    if (ok) purl_places_changed(m->purl_places);
    return ok;
}

/* ---- wiping what was tried ---- */

struct wipe {
    struct mail *m;
    int64_t account, drop_id, after;
    int64_t n, last; /* set: visits that went, the last batch that was looked at */
    bool is_last;    /* set: there is none behind it */
};

/* The visits of some batches; with the last of them the numbers. */
static bool wipe_some(struct tx *tx, void *arg)
{
    struct wipe *g = arg; /* may run more than once: `after` is the caller's to move */
    int64_t ids[WIPE_BATCHES], n = 0, changed;
    struct r_batch_after row;
    struct rows r = tx_rows(tx, Q_BATCH_AFTER, &(struct q_batch_after){g->account, g->drop_id, g->after, WIPE_BATCHES});
    while (n < WIPE_BATCHES && rows_next(&r, &row)) ids[n++] = row.batch_id;
    rows_end(&r);
    g->n = 0;
    for (int64_t i = 0; i < n; i++) {
        struct q_visit_wipe_test in = {g->account, PIECE_ID(ids[i], 0), PIECE_ID(ids[i] + 1, 0) - 1};
        if (!tx_run(tx, Q_VISIT_WIPE_TEST, &in, &changed)) return false;
        g->n += changed;
    }
    g->is_last = n < WIPE_BATCHES;
    g->last = n ? ids[n - 1] : g->after;
    const unsigned codes =
        1u << STATUS_PURL_OPENED | 1u << STATUS_PURL_COMPLETED | 1u << STAT_VISIT | 1u << STAT_VISITOR | 1u << STAT_CONVERSION;
    return !g->is_last || stat_wipe_test(tx, g->account, g->drop_id, codes);
}

bool visit_wipe_test(struct mail *m, int64_t account, int64_t id, int64_t *drop_id, int64_t *n, struct fault *f)
{
    struct arena *a = arena_create(1024);
    struct drop_online drop;
    struct wipe g = {.m = m, .account = account};
    bool ok = drop_online_get(m->store, a, account, id, &drop, f);
    arena_destroy(&a);
    if (!ok) return false;
    *n = 0;
    g.drop_id = *drop_id = drop.drop_id;
    while (ok && !g.is_last) {
        ok = store_write(m->store, wipe_some, &g, f);
        if (ok) *n += g.n, g.after = g.last;
    }
    return ok;
}
