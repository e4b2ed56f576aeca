/* webhook_body.c: what is posted. Almost all keys are always there, empty or not, as the service we are compatible with does it; `id` and
 * `created_date` are there because a client of it reads them. What only the event knows comes from its detail: expected_delivery_at (ms),
 * error_code, was_updated, address {street, street2, city, state, zip} as corrected, url. Pure. */
#include "links/webhook/webhook_private.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/text.h"

static struct str text_or_empty(struct str s) { return s.ptr ? s : STR(""); }

static struct str value(const struct recipient *who, int field)
{
    return text_or_empty(field < who->n_values ? who->values[field] : STR_NULL);
}

/* First and last name, or one of them. */
static struct str full_name(struct arena *a, const struct recipient *who)
{
    struct str first = value(who, FIELD_FIRST_NAME), last = value(who, FIELD_LAST_NAME);
    if (!first.len || !last.len) return first.len ? first : last;
    return str_of(arena_printf(a, "%.*s %.*s", STR_ARG(first), STR_ARG(last)));
}

static struct str corrected(struct json_value detail, const char *key, struct str as_sent)
{
    struct json_value v = json_get(json_get(detail, "address"), key);
    return v.type == JSON_STRING ? v.string : as_sent;
}

static void write_to(struct json_out *j, struct arena *a, const struct recipient *who, struct json_value detail)
{
    struct json_value code = json_get(detail, "error_code");
    json_object(j, "to");
    json_str(j, "name", full_name(a, who));
    json_str(j, "firstName", value(who, FIELD_FIRST_NAME));
    json_str(j, "lastName", value(who, FIELD_LAST_NAME));
    json_str(j, "company", value(who, FIELD_COMPANY));
    json_str(j, "address", corrected(detail, "street", value(who, FIELD_ADDRESS_STREET)));
    json_str(j, "address2", corrected(detail, "street2", value(who, FIELD_ADDRESS_STREET2)));
    json_str(j, "city", corrected(detail, "city", value(who, FIELD_ADDRESS_CITY)));
    json_str(j, "state", corrected(detail, "state", value(who, FIELD_ADDRESS_STATE)));
    json_str(j, "zip", corrected(detail, "zip", value(who, FIELD_ADDRESS_ZIP)));
    json_str(j, "country", value(who, FIELD_COUNTRY));
    json_str(j, "errorCode", code.type == JSON_STRING ? code.string : STR(""));
    json_bool(j, "wasUpdated", json_get(detail, "was_updated").boolean);
    json_end(j);
}

static void write_from(struct json_out *j, const struct drop *d)
{
    json_object(j, "from");
    json_str(j, "name", text_or_empty(d->sender_name));
    json_str(j, "address", text_or_empty(d->sender_address1));
    json_str(j, "address2", text_or_empty(d->sender_address2));
    json_str(j, "city", text_or_empty(d->sender_city));
    json_str(j, "state", text_or_empty(d->sender_state));
    json_str(j, "zip", text_or_empty(d->sender_zip));
    json_end(j);
}

static void write_piece(struct json_out *j, const struct piece_story *p, struct json_value detail)
{
    struct json_value url = json_get(detail, "url");
    json_object(j, "piece");
    json_int(j, "id", p->piece_id);
    json_int(j, "templateId", p->drop.template_id);
    json_str(j, "campaignName", text_or_empty(p->drop.name));
    json_strz(j, "trackingCode", p->tracking);
    json_str(j, "url", url.type == JSON_STRING ? url.string : STR(""));
    json_bool(j, "isTest", p->is_test);
    json_end(j);
}

/* Variable data; nothing at all when there is none. */
static void write_fields(struct json_out *j, struct arena *a, const struct recipient *who)
{
    bool has = who->n_extra > 0;
    for (int i = FIELD_VAR_1; i < who->n_values; i++) has |= who->values[i].len > 0;
    if (!has) return;
    json_object(j, "fields");
    for (int i = FIELD_VAR_1; i < who->n_values && i < FIELD_KNOWN; i++)
        if (who->values[i].len) json_str(j, arena_printf(a, "var_field_%d", i - FIELD_VAR_1 + 1), who->values[i]);
    for (int i = 0; i < who->n_extra; i++)
        json_str(j, arena_strz(a, arena_str(a, who->extra_names[i]).ptr), who->extra_values[i]);
    json_end(j);
}

static void write_drop_event(struct json_out *j, const struct link_delivery *d, struct json_value detail)
{
    const struct piece_story *p = &((const struct webhook_story *)d->state)->piece;
    struct json_value expected = json_get(detail, "expected_delivery_at");
    json_object(j, NULL);
    json_str(j, "id", str_of(arena_printf(d->arena, "%lld", (long long)d->event.event_id)));
    json_time(j, "created_date", d->event.recorded_at);
    json_int(j, "mailId", p->piece_id);
    json_time(j, "eventDate", d->event.happened_at);
    if (expected.type == JSON_INT)
        json_time(j, "expectedDeliveryDate", expected.integer);
    else
        json_null(j, "expectedDeliveryDate");
    json_int(j, "eventType", d->event.code);
    json_int(j, "status", 0);
    json_strz(j, "statusDescription", "");
    json_int(j, "retryAttempts", d->attempt);
    write_to(j, d->arena, &p->who, detail);
    write_from(j, &p->drop);
    write_piece(j, p, detail);
    json_object(j, "meta");
    json_int(j, "dataId", p->contact_id);
    json_int(j, "dropId", p->drop.drop_id);
    json_int(j, "campaignId", p->drop.campaign_id);
    if (d->event.source == EVENT_CONNECTION) json_int(j, "connectionId", d->event.source_id);
    write_fields(j, d->arena, &p->who);
    json_end(j);
    json_end(j);
}

static void write_contact(struct json_out *j, struct arena *a, const struct contact *c)
{
    static const char *const names[FIELD_VAR_1] = {
        "first_name",  "last_name", "company",       "address_street", "address_street2", "address_city", "address_state",
        "address_zip", "country",   "email_address", "phone",          "mobile_phone",    "occupation",   "website"};
    for (int i = 0; i < FIELD_VAR_1; i++) json_str(j, names[i], c->values[i]);
    for (int i = FIELD_VAR_1; i < c->n_values && i < FIELD_KNOWN; i++)
        if (c->values[i].ptr) json_str(j, arena_printf(a, "var_field_%d", i - FIELD_VAR_1 + 1), c->values[i]);
}

static void write_list_event(struct json_out *j, const struct link_delivery *d)
{
    const struct list_event_def *event = list_event_find(d->event.code);
    const struct webhook_story *s = d->state;
    ASSERT(event);
    json_object(j, NULL);
    json_strz(j, "type", event->name);
    json_time(j, "timestamp", d->event.happened_at);
    json_object(j, "data");
    json_int(j, "contact_id", d->event.subject_id);
    json_int(j, "contact_list_id", d->event.source_id);
    if (s->has_contact) write_contact(j, d->arena, &s->contact);
    json_end(j);
    json_end(j);
}

void webhook_body(struct buf *b, const struct link_delivery *d)
{
    struct json_parser *p = d->event.detail.ptr ? json_parser_create() : NULL; /* most events have nothing to add */
    struct json_value detail = {.type = JSON_MISSING};
    if (p && !json_parse(p, json_padded(d->arena, d->event.detail), &detail, NULL)) detail.type = JSON_MISSING;
    struct json_out j = json_out_begin(b);
    if (d->event.source == EVENT_LIST)
        write_list_event(&j, d);
    else
        write_drop_event(&j, d, detail);
    json_out_end(&j);
    if (p) json_parser_destroy(&p);
}
