/* drop_printer.c: a drop that a Postalytics connection of its account prints, instead of the account's printer (mail/printer.h). */
#include "api/connection_body.h"
#include "links/postalytics/postalytics.h"
#include "mail/campaign.h"
#include "mail/printer.h"

static void reply_printer(struct http_exchange *x, int64_t drop_id)
{
    struct drop_printer p;
    struct fault f;
    if (request_failed(x, drop_printer_get(api_mail(x), http_arena(x), api_account(x), drop_id, &p, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "drop_id", drop_id);
    reply_int(j, "connection_id", p.connection_id ? p.connection_id : DB_NULL);
    json_str(j, "endpoint", p.connection_id ? p.endpoint : STR_NULL);
    json_end(j);
    reply_end(&r, 200);
}

/* A campaign's number means its newest drop, as everywhere. */
static bool request_drop(struct http_exchange *x, int64_t *id)
{
    struct drop d;
    struct fault f;
    return request_id(x, "id", "campaign", id) &&
           !request_failed(x, campaign_get(api_store(x), http_arena(x), api_account(x), *id, &d, NULL, &f), &f) &&
           (*id = d.drop_id) != 0;
}

static bool read_printer(struct http_exchange *x, struct drop_printer *p, struct fault *f)
{
    static const struct body_field fields[] = {
        {"connection_id", NULL, BODY_INT, true, offsetof(struct drop_printer, connection_id)},
        {"endpoint", NULL, BODY_TEXT, true, offsetof(struct drop_printer, endpoint)},
    };
    struct json_value root;
    struct connection c;
    const struct link_house *h = api_links(x);
    if (!body_parse(x, false, &root, f) || !body_read(root, http_arena(x), fields, 2, p, f)) return false;
    p->endpoint = arena_str(http_arena(x), str_trim(p->endpoint));
    if (!p->endpoint.len || p->endpoint.len > 200)
        return fault_user(f, 400, "endpoint is required: of the triggered campaign there, at most 200 bytes.");
    if (!connection_get(h->store, NULL, http_arena(x), api_account(x), p->connection_id, &c, f)) return false;
    return c.kind == POSTALYTICS_NUMBER ||
           fault_user(f, 400, "Connection %lld is not one to Postalytics, and cannot print.", (long long)p->connection_id);
}

void handle_drop_printer_get(struct http_exchange *x)
{
    int64_t id;
    if (request_drop(x, &id)) reply_printer(x, id);
}

void handle_drop_printer_put(struct http_exchange *x)
{
    struct drop_printer p;
    struct fault f;
    int64_t id;
    if (!request_drop(x, &id)) return;
    bool ok = read_printer(x, &p, &f) && drop_printer_put(api_mail(x), api_account(x), id, &p, &f);
    if (!request_failed(x, ok, &f)) reply_printer(x, id);
}

void handle_drop_printer_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_drop(x, &id)) return;
    if (!request_failed(x, drop_printer_remove(api_mail(x), api_account(x), id, &f), &f)) reply_printer(x, id);
}
