/* campaigns.c: campaigns and their mail drops (specs: postalytics-api §6). The path's number is a drop's; a campaign's own number
 * is taken too, because the two never coincide. */
#include "api/body.h"
#include "api/campaign_json.h"
#include "api/page.h"
#include "base/clock.h"

/* ---- reading ---- */

static void reply_all(struct http_exchange *x, bool drips_only)
{
    struct page_range page;
    struct drop *rows;
    struct drop_stats *stats;
    struct fault f;
    if (!page_request_open(x, &page)) return;
    int n = campaign_page(api_store(x), http_arena(x), api_account(x), drips_only, page.skip, page.n, &rows, &stats, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) campaign_json(j, &rows[i], &stats[i]);
    json_end(j);
    reply_end(&r, 200);
}

void handle_campaigns_get(struct http_exchange *x) { reply_all(x, false); }
void handle_campaigns_drips(struct http_exchange *x) { reply_all(x, true); }

void handle_campaign_get(struct http_exchange *x)
{
    struct drop row;
    struct drop_stats stats;
    struct fault f;
    int64_t id;
    if (!request_id(x, "drop", "campaign", &id)) return;
    if (request_failed(x, campaign_get(api_store(x), http_arena(x), api_account(x), id, &row, &stats, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    campaign_json(j, &row, &stats);
    json_end(j);
    reply_end(&r, 200);
}

void handle_campaign_details(struct http_exchange *x)
{
    struct drop row;
    struct fault f;
    int64_t id;
    if (!request_id(x, "drop", "campaign", &id)) return;
    if (request_failed(x, campaign_get(api_store(x), http_arena(x), api_account(x), id, &row, NULL, &f), &f)) return;
    struct reply r;
    campaign_details_json(reply_begin(&r, x), &row);
    reply_end(&r, 200);
}

/* ---- making ---- */

struct campaign_body {
    struct drop drop; /* its texts */
    int64_t template_id, credit_type, postage_type, kind, list, send_at, envelope, parent, days, cap;
    int is_live;
};
#define AT(member) offsetof(struct campaign_body, member)
static const struct body_field campaign_fields[] = {
    {"DirectMailName", NULL, BODY_TEXT, true, AT(drop.name)},
    {"TemplateFrontId", "TemplateId", BODY_INT, true, AT(template_id)},
    {"CreditTypeId", NULL, BODY_INT, true, AT(credit_type)},
    {"PostageType", NULL, BODY_INT, true, AT(postage_type)},
    {"SenderName", NULL, BODY_TEXT, true, AT(drop.sender_name)},
    {"SenderAddress1", "SenderAddress", BODY_TEXT, true, AT(drop.sender_address1)},
    {"SenderAddress2", NULL, BODY_TEXT, false, AT(drop.sender_address2)},
    {"SenderCity", NULL, BODY_TEXT, true, AT(drop.sender_city)},
    {"SenderState", NULL, BODY_TEXT, true, AT(drop.sender_state)},
    {"SenderZip", NULL, BODY_TEXT, true, AT(drop.sender_zip)},
    {"SenderCountry", NULL, BODY_TEXT, false, AT(drop.sender_country)},
    {"StartingUrl", NULL, BODY_TEXT, false, AT(drop.starting_url)},
    {"GoalUrl", NULL, BODY_TEXT, false, AT(drop.goal_url)},
    {"CampaignType", NULL, BODY_INT, false, AT(kind)},
    {"ContactListId", NULL, BODY_INT, false, AT(list)},
    {"SendDate", NULL, BODY_TIME, false, AT(send_at)},
    {"IsLiveMode", NULL, BODY_FLAG, false, AT(is_live)},
    {"TemplateEnvelopeId", NULL, BODY_INT, false, AT(envelope)},
    {"ParentDropId", NULL, BODY_INT, false, AT(parent)},
    {"MinDaysBetween", NULL, BODY_INT, false, AT(days)},
    {"DailyCap", NULL, BODY_INT, false, AT(cap)},
};
#undef AT

/* A number that is empty text counts as absent for body_read. */
static bool number(int64_t v, const char *name, int *out, struct fault *f)
{
    if (v == DB_NULL) return fault_user(f, 400, "%s is required.", name);
    if (v < -1 || v > 100000) return fault_user(f, 400, "%s %lld is not known.", name, (long long)v);
    *out = (int)v;
    return true;
}

static bool make_drop(struct campaign_body *b, int64_t kind_by_default, struct drop *d, struct fault *f)
{
    int kind = 0;
    *d = b->drop;
    if (!number(b->credit_type, "CreditTypeId", &d->credit_type, f) ||
        !number(b->postage_type, "PostageType", &d->postage_type, f) ||
        !number(b->kind == DB_NULL ? kind_by_default : b->kind, "CampaignType", &kind, f))
        return false;
    if (kind != CAMPAIGN_SMART_SEND && kind != CAMPAIGN_TRIGGERED)
        return fault_user(f, 400, "CampaignType %d is neither 0 (smart send) nor 1 (triggered drip).", kind);
    if (b->template_id == DB_NULL) return fault_user(f, 400, "TemplateFrontId is required.");
    if (b->envelope != DB_NULL && b->envelope != 0)
        return fault_user(f, 400, "TemplateEnvelopeId: custom envelopes are not printed here.");
    if (b->parent != DB_NULL && b->parent < 0)
        return fault_user(f, 400, "ParentDropId must be a campaign's or a drop's number.");
    if (b->is_live == 1 && kind == CAMPAIGN_TRIGGERED)
        return fault_user(f, 400,
                          "IsLiveMode: a triggered drip starts in test mode; switch it with PUT /api/v1/campaigns/{drop_id}.");
    d->kind = (enum campaign_kind)kind;
    d->template_id = b->template_id;
    d->contact_list_id = b->list;
    d->send_at = b->send_at;
    d->is_live = b->is_live == 1;
    d->mid = DB_NULL;
    d->parent_id = b->parent == DB_NULL ? 0 : b->parent;
    d->min_days_between = b->days == DB_NULL ? 0 : b->days;
    d->daily_cap = b->cap == DB_NULL ? 0 : b->cap;
    return true;
}

/* One more drop of a campaign is of the campaign's type, unless its body says another one, which is refused below. */
static bool parent_kind(struct http_exchange *x, int64_t parent, int64_t *kind, struct fault *f)
{
    struct drop row;
    *kind = CAMPAIGN_TRIGGERED;
    if (parent == DB_NULL || parent <= 0) return true;
    if (!campaign_get(api_store(x), http_arena(x), api_account(x), parent, &row, NULL, f)) return false;
    *kind = row.kind;
    return true;
}

static void drop_made_json(void *made, struct buf *out, bool is_kept)
{
    const struct drop *d = made;
    struct json_out j = json_out_begin(out);
    (void)is_kept;
    json_object(&j, NULL);
    json_time(&j, "created_date", d->created_at);
    json_int(&j, "drop_id", d->drop_id);
    json_int(&j, "campaign_id", d->campaign_id);
    json_str(&j, "endpoint", d->endpoint);
    json_str(&j, "endpoint_id", d->endpoint);
    json_end(&j);
    json_out_end(&j);
}

void handle_campaign_post(struct http_exchange *x)
{
    struct campaign_body b = {.drop.campaign_id = 0};
    struct drop d;
    struct json_value root;
    struct fault f;
    struct once once;
    size_t n = sizeof campaign_fields / sizeof *campaign_fields;
    int64_t kind;
    if (request_failed(x, api_takes_mail(x, &f), &f)) return;
    if (!once_begin(&once, x, drop_made_json, &d)) return;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), campaign_fields, n, &b, &f) &&
              parent_kind(x, b.parent, &kind, &f) && make_drop(&b, kind, &d, &f) &&
              campaign_create(api_mail(x), api_account(x), &d, &f);
    once_reply(&once, ok, &f);
}

/* ---- switching, changing and deleting ---- */

void handle_campaign_put(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"is_live_mode", NULL, BODY_FLAG, false, 0}};
    struct drop row;
    struct json_value root;
    struct fault f;
    int64_t id;
    int is_live = -1;
    if (!request_id(x, "drop", "campaign", &id)) return;
    bool ok = body_parse(x, true, &root, &f) && body_read(root, http_arena(x), fields, 1, &is_live, &f) &&
              campaign_get(api_store(x), http_arena(x), api_account(x), id, &row, NULL, &f);
    if (ok && is_live < 0) is_live = !row.is_live; /* a body that says nothing switches over */
    ok = ok && campaign_set_live(api_mail(x), api_account(x), id, is_live == 1, &f);
    if (request_failed(x, ok, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_time(j, "updated_date", clock_now_ms());
    json_int(j, "drop_id", row.drop_id);
    json_int(j, "is_live_mode", is_live);
    json_end(j);
    reply_end(&r, 200);
}

/* The campaign's name is not its drop's: `name` renames the first, DirectMailName the second. */
void handle_campaign_patch(struct http_exchange *x)
{
#define AT(member) offsetof(struct campaign_change, member)
    static const struct body_field fields[] = {
        {"name", "CampaignName", BODY_TEXT, false, AT(campaign_name)},
        {"DirectMailName", NULL, BODY_TEXT, false, AT(drop_name)},
        {"StartingUrl", NULL, BODY_TEXT, false, AT(starting_url)},
        {"GoalUrl", NULL, BODY_TEXT, false, AT(goal_url)},
        {"MinDaysBetween", NULL, BODY_INT, false, AT(min_days_between)},
        {"DailyCap", NULL, BODY_INT, false, AT(daily_cap)},
    };
#undef AT
    struct campaign_change c;
    struct drop row;
    struct json_value root;
    struct fault f;
    int64_t id;
    if (!request_id(x, "drop", "campaign", &id)) return;
    bool ok = body_parse(x, false, &root, &f) &&
              body_read(root, http_arena(x), fields, sizeof fields / sizeof *fields, &c, &f) &&
              campaign_change(api_mail(x), api_account(x), id, &c, &f) &&
              campaign_get(api_store(x), http_arena(x), api_account(x), id, &row, NULL, &f);
    if (!request_failed(x, ok, &f)) reply_done(x, "updated_date", "drop_id", row.drop_id);
}

void handle_campaign_delete(struct http_exchange *x)
{
    struct drop row;
    struct fault f;
    int64_t id;
    if (!request_id(x, "drop", "campaign", &id)) return;
    bool ok = campaign_get(api_store(x), http_arena(x), api_account(x), id, &row, NULL, &f) &&
              campaign_delete(api_mail(x), api_account(x), id, &f);
    if (!request_failed(x, ok, &f)) reply_done(x, "deleted_date", "drop_id", row.drop_id);
}
