/* campaign_change.c: campaigns are switched between test and live, changed and deleted. Each change is one unit, which also closes what the
 * drop has open where the change matters to print: an open batch pins its drop's settings. After the commit the cache of drops is told. */
#include "mail/campaign_check.h"
#include "mail/campaign_private.h"
#include "mail/daily_cap.h"
#include "mail/drop_cache.h"
#include "mail/drop_row.h"
#include "mail/recall.h"

struct change {
    struct mail *mail;
    int64_t account, id;
    bool is_live;
};

/* The change must reach sends that come from now on, and the batch that was closed may be due. */
static bool changed(struct mail *m, bool ok)
{
    if (ok) {
        drop_cache_changed(m->drops);
        jobs_wake(m->jobs, SOURCE_RENDER);
    }
    return ok;
}

static bool set_live(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_drop_find row;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){c->account, c->id}, &row)) return tx_not_found(tx, "campaign", c->id);
    if (row.kind == CAMPAIGN_SMART_SEND && row.state != DROP_PENDING && row.state != DROP_DRAFT)
        return tx_refuse(tx, FAULT_USER, 409, "The smart send %lld has been sent already.", (long long)row.drop_id);
    struct drop d = {.is_live = c->is_live};
    if (!campaign_take_mid(tx, c->account, &d)) return false;
    if (row.is_live == c->is_live) return true;
    struct q_drop_live in = {c->account, row.drop_id, c->is_live, row.mid == DB_NULL ? d.mid : row.mid};
    struct drop_ref *ref = drop_cache_of(c->mail->drops, c->account, row.drop_id);
    return tx_run(tx, Q_DROP_LIVE, &in, NULL) && seat_close_drop(tx, &ref->seat);
}

bool campaign_set_live(struct mail *m, int64_t account, int64_t id, bool is_live, struct fault *f)
{
    return changed(m, store_write(m->store, set_live, &(struct change){m, account, id, is_live}, f));
}

/* ---- what it is called, where it leads, how much of it ---- */

struct named {
    struct mail *mail;
    int64_t account, id;
    const struct campaign_change *change;
};

static struct str or_else(struct str wanted, struct str as_is) { return wanted.ptr ? wanted : as_is; }

static bool change(struct tx *tx, void *arg)
{
    const struct named *n = arg;
    const struct campaign_change *c = n->change;
    struct r_drop_find row;
    struct drop d;
    struct fault f;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){n->account, n->id}, &row)) return tx_not_found(tx, "campaign", n->id);
    if (!drop_row_read(tx_arena(tx), &row, &d, &f)) return tx_fail(tx, &f);
    struct q_campaign_put campaign = {n->account, d.campaign_id, or_else(c->campaign_name, d.campaign_name),
                                      c->min_days_between == DB_NULL ? d.min_days_between : c->min_days_between,
                                      c->daily_cap == DB_NULL ? d.daily_cap : c->daily_cap};
    struct q_drop_put drop = {.account_id = n->account,
                              .drop_id = d.drop_id,
                              .name = or_else(c->drop_name, d.name),
                              .starting_url = or_else(c->starting_url, d.starting_url),
                              .goal_url = or_else(c->goal_url, d.goal_url)};
    if (drop.starting_url.ptr && !drop.starting_url.len) drop.starting_url = STR_NULL;
    if (drop.goal_url.ptr && !drop.goal_url.len) drop.goal_url = STR_NULL;
    daily_cap_set(tx, n->mail->caps, n->account, d.campaign_id, campaign.daily_cap);
    return tx_run(tx, Q_CAMPAIGN_PUT, &campaign, NULL) && tx_run(tx, Q_DROP_PUT, &drop, NULL);
}

bool campaign_change(struct mail *m, int64_t account, int64_t id, const struct campaign_change *c, struct fault *f)
{
    struct campaign_change checked = *c;
    if (!campaign_change_check(&checked, f)) return false;
    return changed(m, store_write(m->store, change, &(struct named){m, account, id, &checked}, f));
}

/* ---- the end ---- */

struct end {
    struct change change;
    struct arena *arena;
    int64_t *drops; /* that were taken, for their recall */
    int n, most;
};

static bool remove_drop(struct tx *tx, struct end *e, int64_t drop_id)
{
    const struct change *c = &e->change;
    struct drop_ref *ref = drop_cache_of(c->mail->drops, c->account, drop_id);
    ARENA_GROW(e->arena, e->drops, e->n, e->most);
    e->drops[e->n++] = drop_id;
    return tx_run(tx, Q_DROP_REMOVE, &(struct q_drop_remove){c->account, drop_id, tx_now(tx)}, NULL) &&
           seat_close_drop(tx, &ref->seat);
}

/* A campaign's number names all its drops: each turn takes the newest that is left. */
static bool delete (struct tx *tx, void *arg)
{
    struct end *e = arg;
    const struct change *c = &e->change;
    struct r_drop_find row;
    e->n = 0;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){c->account, c->id}, &row)) return tx_not_found(tx, "campaign", c->id);
    do
        if (!remove_drop(tx, e, row.drop_id)) return false;
    while (row.campaign_id == c->id && tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){c->account, c->id}, &row));
    return tx_ok(tx) &&
           tx_run(tx, Q_CAMPAIGN_REMOVE, &(struct q_campaign_remove){c->account, row.campaign_id, tx_now(tx)}, NULL);
}

bool campaign_delete(struct mail *m, int64_t account, int64_t id, struct fault *f)
{
    struct end e = {.change = {m, account, id, false}, .arena = arena_create(512)};
    int64_t n;
    bool ok = changed(m, store_write(m->store, delete, &e, f));
    /* What a crash here leaves is recalled before its hand-over. */
    for (int i = 0; ok && i < e.n; i++) ok = recall_drop(m, account, e.drops[i], &n, f);
    arena_destroy(&e.arena);
    return ok;
}
