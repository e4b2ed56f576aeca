/* salesforce_hook.c: what Salesforce sends here: a flow's HTTP callout (JSON) or an outbound message (SOAP, up to 100 notifications). Each asks for
 * a piece. The names of a contact's or lead's own fields are understood; what a flow names in our way goes through as it is. An outbound
 * message is answered with Ack when all of it is durable; until then Salesforce sends it again, with the same ids (specs: crm-apis §2.6). Pure. */
#include "links/salesforce/salesforce_private.h"
#include "links/salesforce/salesforce_xml.h"
#include <stdio.h>

static const struct {
    const char *theirs, *ours;
} names[] = {
    {"FirstName", "first_name"},
    {"LastName", "last_name"},
    {"Company", "company"},
    {"AccountName", "company"},
    {"MailingCity", "address_city"},
    {"City", "address_city"},
    {"MailingState", "address_state"},
    {"State", "address_state"},
    {"MailingStateCode", "address_state"},
    {"StateCode", "address_state"},
    {"MailingPostalCode", "address_zip"},
    {"PostalCode", "address_zip"},
    {"MailingCountry", "country"},
    {"Country", "country"},
    {"Email", "email_address"},
    {"Phone", "phone"},
    {"MobilePhone", "mobile_phone"},
    {"Title", "occupation"},
    {"Website", "website"},
};

enum { FIELDS_MAX = 500 }; /* of one record */

/* Our names that stand in the body already: of two fields for one thing the first counts. */
struct written {
    const char *name;
    struct written *next;
};
/* One request for a piece, while it is read. */
struct asking {
    struct arena *arena;
    struct json_out j;
    struct buf body;
    struct hook_send *out;
    struct written *written;
    int n_written;
};

static void begin(struct asking *g, struct arena *a, struct hook_send *out, struct str endpoint)
{
    *g = (struct asking){.arena = a, .out = out};
    *out = (struct hook_send){.endpoint = endpoint};
    g->j = json_out_begin(&g->body);
    json_object(&g->j, NULL);
}

static void end(struct asking *g)
{
    json_end(&g->j);
    json_out_end(&g->j);
    g->out->body = arena_str(g->arena, buf_str(&g->body));
    buf_finish(&g->body);
}

static bool is_street(struct str name) { return str_eq(name, STR("MailingStreet")) || str_eq(name, STR("Street")); }

static bool is_new(struct asking *g, const char *name)
{
    if (g->n_written++ >= FIELDS_MAX) return false; /* it is refused at its end */
    for (const struct written *w = g->written; w; w = w->next)
        if (strcmp(w->name, name) == 0) return false;
    struct written *w = ARENA_NEW(g->arena, struct written);
    *w = (struct written){name, g->written};
    g->written = w;
    return true;
}

static void add_street(struct asking *g, struct str street)
{
    struct str others = sf_street_line(g->arena, street, 2);
    if (is_new(g, "address_street")) json_str(&g->j, "address_street", sf_street_line(g->arena, street, 1));
    if (others.len && is_new(g, "address_street2")) json_str(&g->j, "address_street2", others);
}

static void add_value(struct asking *g, struct str name, struct json_value v)
{
    struct str key = arena_str(g->arena, name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!str_eq(name, str_of(names[i].theirs))) continue;
        if (is_new(g, names[i].ours)) json_value_write(&g->j, names[i].ours, v);
        return;
    }
    if (v.type == JSON_STRING && is_street(name))
        add_street(g, v.string);
    else if (is_new(g, key.ptr))
        json_value_write(&g->j, key.ptr, v);
}

static bool is_short(const struct asking *g, struct fault *f)
{
    return g->n_written <= FIELDS_MAX || fault_user(f, 400, "A record may have %d fields at most.", FIELDS_MAX);
}

static bool has_endpoint(const struct hook_send *out, struct fault *f)
{
    return out->endpoint.len > 0 ||
           fault_user(f, 400,
                      "The request names no endpoint of a triggered campaign. Put \"endpoint\" into the body, or "
                      "set endpoint in the connection.");
}

/* ---- JSON ---- */

static bool is_ours(struct str key, const char *name, struct json_value v, struct str *out, struct arena *a)
{
    if (!str_eq(key, str_of(name))) return false;
    if (v.type == JSON_STRING && v.string.len) *out = arena_str(a, v.string);
    if (v.type == JSON_INT) *out = str_of(arena_printf(a, "%lld", (long long)v.integer)); /* a flow may make a number of it */
    return true;
}

static bool read_object(struct arena *a, struct json_value o, struct str endpoint, struct hook_send *out, struct fault *f)
{
    struct asking g;
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    if (o.type != JSON_OBJECT) return fault_user(f, 400, "Each record must be a JSON object.");
    begin(&g, a, out, endpoint);
    while (json_next(o, &it, &key, &v)) {
        if (is_ours(key, "endpoint", v, &out->endpoint, a) || is_ours(key, "repeat_id", v, &out->repeat_id, a) ||
            is_ours(key, "Id", v, &out->remote_id, a) || is_ours(key, "record_id", v, &out->remote_id, a) ||
            str_eq(key, STR("attributes")))
            continue;
        add_value(&g, key, v);
    }
    end(&g);
    if (out->remote_id.ptr && !sf_id_is(out->remote_id))
        return fault_user(f, 400, "record_id must be the id of a record in Salesforce: 15 or 18 letters and digits.");
    return is_short(&g, f) && has_endpoint(out, f);
}

static int read_json(struct arena *a, struct str body, struct str endpoint, struct hook_send *out, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root, all, one;
    struct json_iter it = {0};
    int n = 0;
    bool ok = json_parse(p, json_padded(a, body), &root, f);
    all = ok && root.type == JSON_OBJECT ? json_get(root, "records") : root;
    if (ok && all.type != JSON_ARRAY) {
        ok = read_object(a, root, endpoint, &out[n], f);
        n = 1;
    } else if (ok && json_count(all) > HOOK_SENDS_MAX) {
        ok = fault_user(f, 400, "A request takes %d records at most.", HOOK_SENDS_MAX);
    }
    while (ok && all.type == JSON_ARRAY && json_next(all, &it, NULL, &one)) ok = read_object(a, one, endpoint, &out[n++], f);
    json_parser_destroy(&p);
    return ok ? n : -1;
}

/* ---- SOAP ---- */

static bool read_notification(struct arena *a, const struct _xmlNode *n, struct str endpoint, struct hook_send *out,
                              struct fault *f)
{
    struct asking g;
    const struct _xmlNode *record = sf_xml_child(n, "sObject");
    struct str id = sf_xml_text(a, sf_xml_child(n, "Id"));
    if (!record || !id.len) return fault_user(f, 400, "A Notification of an outbound message has an Id and an sObject.");
    begin(&g, a, out, endpoint);
    out->repeat_id = id;
    for (const struct _xmlNode *v = sf_xml_child(record, NULL); v; v = sf_xml_next(v, NULL)) {
        struct str text = sf_xml_text(a, v);
        if (strcmp(sf_xml_name(v), "Id") == 0)
            out->remote_id = text;
        else
            add_value(&g, str_of(sf_xml_name(v)), (struct json_value){.type = JSON_STRING, .string = text});
    }
    end(&g);
    if (!sf_id_is(out->remote_id)) return fault_user(f, 400, "The sObject of an outbound message has no Id of a record.");
    return is_short(&g, f) && has_endpoint(out, f);
}

static bool is_of_our_org(const struct sf_config *c, struct str org, struct fault *f)
{
    return !c->org_id.ptr || sf_id_eq(c->org_id, org) ||
           fault_user(f, 403, "The outbound message is of another organisation than the connection.");
}

static bool read_notifications(struct arena *a, const struct _xmlNode *all, struct str endpoint, struct hook_send *out, int *n,
                               struct fault *f)
{
    bool ok = true;
    for (const struct _xmlNode *one = sf_xml_child(all, "Notification"); ok && one; one = sf_xml_next(one, "Notification")) {
        ok = *n < HOOK_SENDS_MAX || fault_user(f, 400, "An outbound message takes %d notifications at most.", HOOK_SENDS_MAX);
        ok = ok && read_notification(a, one, endpoint, &out[(*n)++], f);
    }
    return ok;
}

static int read_soap(const struct sf_config *c, struct arena *a, struct str body, struct hook_send *out, struct fault *f)
{
    struct _xmlDoc *doc = sf_xml_read(body, f);
    if (!doc) return -1;
    int n = 0;
    const struct _xmlNode *all = sf_xml_child(sf_xml_child(sf_xml_root(doc), "Body"), "notifications");
    bool ok = all || fault_user(f, 400, "The XML is no outbound message of Salesforce: it has no notifications.");
    for (; ok && all; all = sf_xml_next(all, "notifications"))
        ok = is_of_our_org(c, sf_xml_text(a, sf_xml_child(all, "OrganizationId")), f) &&
             read_notifications(a, all, c->endpoint, out, &n, f);
    if (ok && !n) /* an Ack would end it: what it asked for, wherever that stands, would be lost */
        ok = fault_user(f, 400, "The outbound message is empty: notifications holds no Notification of its own.");
    sf_xml_free(&doc);
    return ok ? n : -1;
}

int sf_hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f)
{
    static const char ack[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>"
        "<notificationsResponse xmlns=\"http://soap.sforce.com/2005/09/outbound\"><Ack>true</Ack></notificationsResponse>"
        "</soapenv:Body></soapenv:Envelope>";
    struct sf_config config;
    struct str body = str_trim(str_skip_bom(h->body));
    (void)ctx;
    if (!sf_config_read(h->arena, h->connection->settings, h->connection->secrets, &config, f)) return -1;
    if (!body.len) return fault_user(f, 400, "The body is empty: JSON of a flow, or an outbound message, is expected."), -1;
    if (*body.ptr == '<') {
        *answer = (struct hook_answer){"text/xml; charset=utf-8", str_of(ack)};
        return read_soap(&config, h->arena, body, out, f);
    }
    int n = read_json(h->arena, body, config.endpoint, out, f);
    if (n >= 0) *answer = (struct hook_answer){"application/json", str_of(arena_printf(h->arena, "{\"accepted\":%d}", n))};
    return n;
}
