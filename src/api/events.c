/* events.c: what happened to the pieces of a drop (specs: postalytics-api §8). The path is campaign then contact; pages are numbered here,
 * not counted in rows. */
#include "api/api_private.h"
#include "mail/campaign_event.h"
#include "mail/contact_check.h"
#include "postal/status.h"

/* For online events the address that was visited; for mail events nothing, as the hosted service has it. */
static void metadata_json(struct json_parser *p, struct arena *a, struct json_out *j, struct str detail)
{
    struct json_value root, url = {.type = JSON_MISSING};
    if (detail.ptr && json_parse(p, json_padded(a, detail), &root, NULL)) url = json_get(root, "url");
    json_str(j, "metadata", url.type == JSON_STRING ? url.string : STR(""));
}

static struct str value(const struct recipient *who, int field)
{
    return field < who->n_values ? who->values[field] : STR_NULL;
}

static void person_json(struct json_out *j, const struct recipient *who)
{
    static const struct {
        const char *name;
        int field;
    } fields[] = {{"first_name", FIELD_FIRST_NAME},  {"last_name", FIELD_LAST_NAME},        {"company", FIELD_COMPANY},
                  {"address", FIELD_ADDRESS_STREET}, {"city", FIELD_ADDRESS_CITY},          {"state", FIELD_ADDRESS_STATE},
                  {"zip", FIELD_ADDRESS_ZIP},        {"email_address", FIELD_EMAIL_ADDRESS}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) json_str(j, fields[i].name, value(who, fields[i].field));
    for (int i = FIELD_VAR_1; i < FIELD_KNOWN; i++)
        if (value(who, i).ptr) json_str(j, contact_field_name(i), value(who, i));
}

static void event_json(struct json_parser *p, struct arena *a, struct json_out *j, const struct campaign_event *e)
{
    const struct status_def *status = status_find(e->code);
    json_object(j, NULL);
    json_strz(j, "event_name", status ? status->api : "");
    json_time(j, "event_date", e->happened_at);
    json_int(j, "event_type", e->code);
    person_json(j, e->who);
    metadata_json(p, a, j, e->detail);
    json_int(j, "contact_id", e->contact_id);
    json_int(j, "data_id", e->contact_id);
    json_int(j, "drop_id", e->drop_id);
    json_int(j, "piece_id", e->piece_id);
    json_int(j, "event_id", e->event_id);
    json_strz(j, "status_code", status ? status->crm : "");
    json_int(j, "is_test", e->is_test);
    json_time(j, "recorded_date", e->recorded_at);
    json_end(j);
}

static void reply_events(struct http_exchange *x, int64_t id, int64_t contact)
{
    struct campaign_event *rows;
    struct fault f;
    int64_t number, size, most = limit_get(LIMIT_API_PAGE_ROWS);
    if (!request_number(x, "PageNumber", 1, 1, INT32_MAX, &number) || !request_number(x, "PageSize", most, 1, most, &size))
        return;
    int n = campaign_event_page(api_store(x), http_arena(x), api_account(x), id, contact, (number - 1) * size, (int)size, &rows,
                                &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    struct json_parser *p = json_parser_create();
    json_array(j, NULL);
    for (int i = 0; i < n; i++) event_json(p, http_arena(x), j, &rows[i]);
    json_end(j);
    json_parser_destroy(&p);
    reply_end(&r, 200);
}

void handle_events_get(struct http_exchange *x)
{
    int64_t id;
    if (request_id(x, "drop", "campaign", &id)) reply_events(x, id, 0);
}

void handle_events_of_contact(struct http_exchange *x)
{
    int64_t id, contact;
    if (request_id(x, "drop", "campaign", &id) && request_id(x, "contact", "contact", &contact)) reply_events(x, id, contact);
}
