/* campaign.c: campaigns are made, shown, switched between test and live, and deleted. Each change is one unit, which also
 * closes what the drop has open: an open batch pins its drop's settings. After the commit the cache of drops is told. */
#include "mail/campaign_check.h"
#include "mail/drop_cache.h"
#include "mail/drop_row.h"
#include "mail/serial.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/log.h"
#include "postal/stid.h"

/* ---- making ---- */

struct create {
    struct mail *mail;
    int64_t account;
    struct drop *drop;
};

/* The sentence in a template's report. */
static struct str report_reason(struct arena *a, struct str report)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    struct str reason = STR("see its report");
    if (report.ptr && json_parse(p, json_padded(a, report), &root, NULL) && json_get(root, "reason").type == JSON_STRING)
        reason = arena_str(a, json_get(root, "reason").string);
    json_parser_destroy(&p);
    return reason;
}

static bool refuse_uncompiled(struct tx *tx, const struct r_template_find *t)
{
    if (t->state != TEMPLATE_REFUSED)
        return tx_refuse(tx, FAULT_USER, 409, "The template %lld is still being compiled. Try again in a moment.",
                         (long long)t->template_id);
    struct str reason = report_reason(tx_arena(tx), t->report);
    return tx_refuse(tx, FAULT_USER, 409, "The template %lld was refused: %.*s", (long long)t->template_id, STR_ARG(reason));
}

static bool take_template(struct tx *tx, int64_t account, struct drop *d)
{
    struct r_template_find t;
    struct fault f;
    if (!tx_first(tx, Q_TEMPLATE_FIND, &(struct q_template_find){account, d->template_id}, &t))
        return tx_not_found(tx, "template", d->template_id);
    if (!campaign_credit_check(d, (int)t.size, &f)) return tx_fail(tx, &f);
    if (t.state != TEMPLATE_PUBLISHED) return refuse_uncompiled(tx, &t);
    d->template_version = t.version;
    d->size = (int)t.size;
    return true;
}

/* The account's mailer id; without one it can only test. */
static bool take_mid(struct tx *tx, int64_t account, struct drop *d)
{
    struct r_account_find row;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){account}, &row)) return tx_not_found(tx, "account", account);
    d->mid = row.mid;
    if (!d->is_live || row.mid != DB_NULL) return true;
    return tx_refuse(tx, FAULT_USER, 409, "This account has no mailer id, so it can only test. Add one before you go live.");
}

static bool create(struct tx *tx, void *arg)
{
    struct create *c = arg;
    struct drop *d = c->drop;
    bool is_smart = d->kind == CAMPAIGN_SMART_SEND;
    if (!take_template(tx, c->account, d) || !take_mid(tx, c->account, d)) return false;
    if (is_smart && !tx_first(tx, Q_LIST_FIND, &(struct q_list_find){c->account, d->contact_list_id}, NULL))
        return tx_not_found(tx, "list", d->contact_list_id);
    d->campaign_id = tx_next_id(tx, ID_CAMPAIGN);
    d->drop_id = tx_next_id(tx, ID_CAMPAIGN);
    d->created_at = tx_now(tx);
    struct q_campaign_insert campaign = {c->account, d->campaign_id, d->name, d->kind, d->created_at};
    struct q_drop_insert row = drop_row_insert(tx_arena(tx), c->account, d);
    row.due_at = !is_smart ? DB_NULL : d->send_at == DB_NULL ? d->created_at : d->send_at;
    return tx_run(tx, Q_CAMPAIGN_INSERT, &campaign, NULL) && tx_run(tx, Q_DROP_INSERT, &row, NULL);
}

static bool smart_send_check(struct mail *m, int64_t account, const struct drop *d, struct fault *f)
{
    struct contact_list list;
    struct account who;
    struct arena *a = arena_create(4096);
    bool ok = list_get(m->store, a, account, d->contact_list_id, &list, f);
    if (ok && d->is_live && list.count > 0 && account_get(m->store, a, account, &who, f) && who.mid != DB_NULL)
        ok = serial_room_check(m->rooms, who.mid, list.count, f);
    arena_destroy(&a);
    return ok;
}

bool campaign_create(struct mail *m, int64_t account, struct drop *d, struct fault *f)
{
    struct drop row = *d;
    if (!campaign_check(&row, f)) return false;
    row.state = DROP_PENDING;
    row.stid = stid_default((enum mail_class)row.postage_type);
    if (row.send_at == 0) row.send_at = DB_NULL;
    if (row.kind == CAMPAIGN_TRIGGERED) {
        char guid[37];
        guid_make(guid);
        row.is_live = false; /* a triggered drip starts in test mode */
        row.contact_list_id = row.send_at = DB_NULL;
        memcpy(row.endpoint_text, guid, sizeof guid);
        row.endpoint = str_of(row.endpoint_text);
    } else {
        row.endpoint = STR_NULL;
        if (!smart_send_check(m, account, &row, f)) return false;
    }
    *d = row; /* the unit fills it: an answer may be kept with what it made */
    if (row.endpoint.ptr) d->endpoint = str_of(d->endpoint_text);
    if (!store_write(m->store, create, &(struct create){m, account, d}, f)) return false;
    jobs_wake(m->jobs, SOURCE_EXPAND);
    return true;
}

/* ---- changing ---- */

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
    struct drop d = {.is_live = c->is_live, .mid = row.mid};
    if (!take_mid(tx, c->account, &d)) return false;
    if (row.is_live == c->is_live) return true;
    struct q_drop_live in = {c->account, row.drop_id, c->is_live, row.mid == DB_NULL ? d.mid : row.mid};
    struct drop_ref *ref = drop_cache_of(c->mail->drops, c->account, row.drop_id);
    return tx_run(tx, Q_DROP_LIVE, &in, NULL) && seat_close_drop(tx, &ref->seat);
}

bool campaign_set_live(struct mail *m, int64_t account, int64_t id, bool is_live, struct fault *f)
{
    return changed(m, store_write(m->store, set_live, &(struct change){m, account, id, is_live}, f));
}

static bool delete (struct tx *tx, void *arg)
{
    const struct change *c = arg;
    struct r_drop_find row;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){c->account, c->id}, &row)) return tx_not_found(tx, "campaign", c->id);
    struct drop_ref *ref = drop_cache_of(c->mail->drops, c->account, row.drop_id);
    return tx_run(tx, Q_DROP_REMOVE, &(struct q_drop_remove){c->account, row.drop_id, tx_now(tx)}, NULL) &&
           tx_run(tx, Q_CAMPAIGN_REMOVE, &(struct q_campaign_remove){c->account, row.campaign_id, tx_now(tx)}, NULL) &&
           seat_close_drop(tx, &ref->seat);
}

bool campaign_delete(struct mail *m, int64_t account, int64_t id, struct fault *f)
{
    return changed(m, store_write(m->store, delete, &(struct change){m, account, id, false}, f));
}

/* ---- showing ---- */

struct read {
    struct arena *arena;
    int64_t account, id;
    bool drips_only;
    struct drop *rows;
    struct drop_stats *stats;
    int n;
};

static bool read_stats(struct tx *tx, int64_t account, int64_t drop_id, struct drop_stats *out)
{
    struct r_drop_counts row;
    struct rows r = tx_rows(tx, Q_DROP_COUNTS, &(struct q_drop_counts){account, drop_id});
    *out = (struct drop_stats){0};
    while (rows_next(&r, &row)) {
        out->accepted += row.n_pieces;
        out->refused += row.n_refused;
        if (row.state >= BATCH_READY && row.state <= BATCH_DONE)
            out->printed += row.n_pieces - row.n_refused, out->batches_ready += row.n;
        out->batches_open += row.state == BATCH_OPEN ? row.n : 0;
        out->batches_waiting += row.state == BATCH_CLOSED || row.state == BATCH_RENDERING ? row.n : 0;
        out->batches_failed += row.state == BATCH_FAILED ? row.n : 0;
    }
    rows_end(&r);
    return tx_ok(tx);
}

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_drop_find row;
    struct fault f;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){g->account, g->id}, &row)) return tx_not_found(tx, "campaign", g->id);
    if (!drop_row_read(g->arena, &row, g->rows, &f)) return tx_fail(tx, &f);
    return !g->stats || read_stats(tx, g->account, row.drop_id, g->stats);
}

bool campaign_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct drop *out, struct drop_stats *stats,
                  struct fault *f)
{
    struct drop row;
    struct read g = {.arena = a, .account = account, .id = id, .rows = &row, .stats = stats};
    if (!store_read(s, read_one, &g, f)) return false;
    *out = row;
    return true;
}

static bool read_all(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_drop_find row;
    struct fault f;
    int cap = 0;
    struct rows r = tx_rows(tx, Q_DROP_EVERY, &(struct q_drop_every){g->account, g->drips_only});
    for (g->n = 0; rows_next(&r, &row); g->n++) {
        if (g->n == cap) {
            struct drop *wider = ARENA_ARRAY(g->arena, struct drop, cap = cap ? cap * 2 : 16);
            if (g->n) memcpy(wider, g->rows, sizeof *wider * (size_t)g->n);
            g->rows = wider;
        }
        if (!drop_row_read(g->arena, &row, &g->rows[g->n], &f)) return tx_fail(tx, &f);
    }
    rows_end(&r);
    return tx_ok(tx);
}

int campaign_all(struct store *s, struct arena *a, int64_t account, bool drips_only, struct drop **out, struct fault *f)
{
    struct read g = {.arena = a, .account = account, .drips_only = drips_only};
    if (!store_read(s, read_all, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}
