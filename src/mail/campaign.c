/* campaign.c: campaigns and their mail drops are made, each drop in one unit. */
#include "mail/campaign_check.h"
#include "mail/campaign_private.h"
#include "mail/campaign_webhook.h"
#include "mail/drop_row.h"
#include "mail/serial.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/log.h"
#include "postal/stid.h"

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

bool campaign_take_mid(struct tx *tx, int64_t account, struct drop *d)
{
    struct r_account_find row;
    if (!tx_first(tx, Q_ACCOUNT_FIND, &(struct q_account_find){account}, &row)) return tx_not_found(tx, "account", account);
    d->mid = row.mid;
    if (!d->is_live || row.mid != DB_NULL) return true;
    return tx_refuse(tx, FAULT_USER, 409,
                     "This account has no mailer id, so it can only test. The operator gives it one before it goes live: "
                     "pennypost account mailer-id %lld MID.",
                     (long long)account);
}

/* The campaign that one more drop goes into; the texts of a new one are the drop's. */
static bool take_campaign(struct tx *tx, int64_t account, struct drop *d)
{
    struct r_drop_find parent;
    if (!d->parent_id) {
        d->campaign_id = tx_next_id(tx, ID_CAMPAIGN);
        struct q_campaign_insert in = {account,      d->campaign_id, d->name, d->kind, d->min_days_between,
                                       d->daily_cap, d->created_at};
        return tx_run(tx, Q_CAMPAIGN_INSERT, &in, NULL);
    }
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){account, d->parent_id}, &parent))
        return tx_not_found(tx, "campaign", d->parent_id);
    if (parent.kind != d->kind)
        return tx_refuse(tx, FAULT_USER, 400, "CampaignType %d is not that of campaign %lld, which is %s.", (int)d->kind,
                         (long long)parent.campaign_id,
                         parent.kind == CAMPAIGN_SMART_SEND ? "0 (smart send)" : "1 (triggered)");
    d->campaign_id = parent.campaign_id;
    return true;
}

/* A smart send to a list that came from a connection is told back to it. */
static bool tell_connection(struct tx *tx, const struct create *c)
{
    struct r_list_connection list;
    const struct drop *d = c->drop;
    if (!c->mail->outbox ||
        !tx_first(tx, Q_LIST_CONNECTION, &(struct q_list_connection){c->account, d->contact_list_id}, &list) ||
        list.connection_id == DB_NULL)
        return tx_ok(tx);
    struct subscription s = {.account_id = c->account,
                             .source = EVENT_DROP,
                             .source_id = d->drop_id,
                             .codes = hook_every_code(EVENT_DROP),
                             .is_enabled = true,
                             .name = d->name};
    return subscription_to_connection(c->mail->outbox, tx, list.connection_id, &s);
}

static bool create(struct tx *tx, void *arg)
{
    struct create *c = arg;
    struct drop *d = c->drop;
    bool is_smart = d->kind == CAMPAIGN_SMART_SEND;
    if (!take_template(tx, c->account, d) || !campaign_take_mid(tx, c->account, d)) return false;
    if (is_smart && !tx_first(tx, Q_LIST_FIND, &(struct q_list_find){c->account, d->contact_list_id}, NULL))
        return tx_not_found(tx, "list", d->contact_list_id);
    d->created_at = tx_now(tx);
    if (!take_campaign(tx, c->account, d)) return false;
    d->drop_id = tx_next_id(tx, ID_CAMPAIGN);
    struct q_drop_insert row = drop_row_insert(tx_arena(tx), c->account, d);
    row.due_at = !is_smart ? DB_NULL : d->send_at == DB_NULL ? d->created_at : d->send_at;
    return tx_run(tx, Q_DROP_INSERT, &row, NULL) && (!is_smart || tell_connection(tx, c));
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
