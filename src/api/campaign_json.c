/* campaign_json.c: see campaign_json.h. What the post and the web have not told yet is 0: these numbers come with tracking. */
#include "api/campaign_json.h"

static void tracking_json(struct json_out *j)
{
    static const char *const names[] = {"delivered",  "in_transit", "in_local_area",    "processed_for_delivery",
                                        "returned",   "pageviews",  "unique_pageviews", "unique_visitors",
                                        "conversions"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) json_int(j, names[i], 0);
}

static void printing_json(struct json_out *j, const struct drop_stats *s)
{
    json_int(j, "accepted", s->accepted);
    json_int(j, "printed", s->printed);
    json_int(j, "refused", s->refused);
    json_int(j, "cancelled", s->cancelled);
    json_int(j, "batches_open", s->batches_open);
    json_int(j, "batches_waiting", s->batches_waiting);
    json_int(j, "batches_ready", s->batches_ready);
    json_int(j, "batches_failed", s->batches_failed);
}

void campaign_json(struct json_out *j, const struct drop *d, const struct drop_stats *s)
{
    json_object(j, NULL);
    json_int(j, "campaign_id", d->campaign_id);
    json_int(j, "drop_id", d->drop_id);
    json_str(j, "name", d->name);
    json_str(j, "endpoint", d->endpoint);
    json_int(j, "campaign_type", d->kind);
    json_int(j, "creative_type", d->size);
    json_int(j, "status", d->state);
    json_int(j, "is_live_mode", d->is_live);
    json_int(j, "audience", s->accepted - s->refused - s->cancelled);
    tracking_json(j);
    reply_time(j, "send_date", d->send_at);
    json_time(j, "created_date", d->created_at);
    json_null(j, "thumbnail");
    json_null(j, "thumbnail_back");
    printing_json(j, s);
    json_str(j, "last_error", d->last_error);
    json_end(j);
}

void campaign_details_json(struct json_out *j, const struct drop *d)
{
    json_object(j, NULL);
    reply_int(j, "ContactListId", d->contact_list_id);
    json_int(j, "DirectMailDropId", d->drop_id);
    json_str(j, "DirectMailName", d->name);
    json_str(j, "EndPointId", d->endpoint);
    json_int(j, "Status", d->state);
    json_int(j, "CampaignId", d->campaign_id);
    json_int(j, "CampaignType", d->kind);
    json_int(j, "TemplateFrontId", d->template_id);
    json_int(j, "IsLiveMode", d->is_live);
    json_int(j, "CreditTypeId", d->credit_type);
    json_int(j, "PostageType", d->postage_type);
    json_str(j, "SenderName", d->sender_name);
    json_str(j, "SenderAddress1", d->sender_address1);
    json_str(j, "SenderAddress2", d->sender_address2);
    json_str(j, "SenderCity", d->sender_city);
    json_str(j, "SenderState", d->sender_state);
    json_str(j, "SenderZip", d->sender_zip);
    json_str(j, "SenderCountry", d->sender_country);
    json_str(j, "StartingUrl", d->starting_url);
    json_str(j, "GoalUrl", d->goal_url);
    if (d->min_days_between) json_int(j, "MinDaysBetween", d->min_days_between); /* ours: not where nobody set it */
    json_end(j);
}
