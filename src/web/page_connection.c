/* page_connection.c: one connection: how it stands and what to do about it, its settings, what it is told of, and what was told to it last. Secrets are
 * never shown, only which are set. Called on pool threads. */
#include "account/connection.h"
#include "base/ids.h"
#include "links/connector.h"
#include "links/incoming.h"
#include "mail/campaign_webhook.h"
#include "web/show.h"
#include "web/told_rows.h"
#include "queries.h"

/* ---- settings ---- */

struct kept { /* as JSON: members that are not there are JSON_MISSING */
    struct json_value settings, secrets;
};

static void add_setting(struct page *p, const struct connector *d, const struct connector_setting *s, struct kept kept)
{
    struct view *row = view_item(p->view, "settings");
    view_strz(row, "setting", s->name);
    view_strz(row, "setting_what", s->what);
    if (s->is_secret) {
        view_strz(row, "secret", json_get(kept.secrets, s->name).type == JSON_STRING ? "is set" : "is not set");
        return;
    }
    struct json_value said = json_get(kept.settings, s->name);
    struct str value = connector_setting_get(d, kept.settings, s->name);
    view_str(row, "value", value.len ? arena_str(p->arena, value) : STR_NULL);
    view_flag(row, "is_default", said.type == JSON_MISSING && value.len);
}

static void read_object(struct json_parser *p, struct arena *a, struct str text, struct json_value *out)
{
    if (!text.ptr || !json_parse(p, json_padded(a, text), out, NULL) || out->type != JSON_OBJECT)
        *out = (struct json_value){.type = JSON_MISSING};
}

static void add_settings(struct page *p, const struct connector *d, const struct connection *c)
{
    struct json_parser *settings = json_parser_create(), *secrets = json_parser_create();
    struct kept kept;
    read_object(settings, p->arena, c->settings, &kept.settings);
    read_object(secrets, p->arena, c->secrets, &kept.secrets);
    for (int i = 0; i < d->n_settings; i++) add_setting(p, d, &d->settings[i], kept);
    json_parser_destroy(&settings);
    json_parser_destroy(&secrets);
}

/* ---- requests from the other side ---- */

static bool add_requests(struct page *p, const struct connector *d, const struct connection *c, struct fault *f)
{
    struct incoming_state in;
    if (!incoming_state(api_links(p->x), p->account, c->connection_id, p->arena, &in, f)) return false;
    if (!d->hook) return true;
    struct view *v = view_item(p->view, "requests");
    view_flag(v, "has_token", in.has_token);
    if (in.refused.len) show_time(v, "refused_at", in.refused_at);
    view_str(v, "refusal", in.refused);
    return true;
}

/* ---- what it is told of ---- */

struct subscribed {
    struct page *page;
    int64_t destination_id;
};

static void add_events(struct view *row, struct arena *a, int64_t source, uint64_t codes)
{
    const char *all = "";
    uint64_t every = hook_every_code((enum event_source)source);
    for (int code = 0; code < 63 && (codes & every) != every; code++) {
        const char *name = codes >> code & 1 ? told_event_name(source, code) : NULL;
        if (name) all = arena_printf(a, "%s%s%s", all, *all ? ", " : "", name);
    }
    view_strz(row, "events", *all ? all : "all events");
}

static void add_source(struct view *row, struct arena *a, const struct r_web_subscriptions *s)
{
    const char *of = s->source == EVENT_LIST ? "list" : s->source == EVENT_CONNECTION ? "connection" : "mail drop";
    struct str name = s->source == EVENT_LIST ? s->list_name : s->source == EVENT_CONNECTION ? s->label : s->drop_name;
    if (s->source_id == 0) {
        view_fmt(row, "of_all", "all %ss", of);
        return;
    }
    view_strz(row, "of", of);
    view_number(row, "of_id", s->source_id);
    view_str(row, "of_name", name.len ? arena_str(a, name) : STR_NULL);
    if (s->source == EVENT_LIST)
        view_strz(row, "of_path", "/lists");
    else
        view_fmt(row, "of_path", s->source == EVENT_CONNECTION ? "/connections/%lld" : "/campaigns/%lld",
                 (long long)s->source_id);
}

static bool read_subscriptions(struct tx *tx, void *arg)
{
    const struct subscribed *g = arg;
    struct page *p = g->page;
    struct r_web_subscriptions s;
    struct q_web_subscriptions in = {p->account, g->destination_id, EVENT_DROP, EVENT_LIST, EVENT_CONNECTION, page_rows() + 1};
    struct rows r = tx_rows(tx, Q_WEB_SUBSCRIPTIONS, &in);
    for (int n = 0; rows_next(&r, &s); n++) {
        if (n == page_rows()) {
            view_flag(p->view, "many_subscriptions", true);
            continue;
        }
        struct view *row = view_item(p->view, "subscriptions");
        view_number(row, "subscription_id", s.subscription_id);
        view_str(row, "subscription_name", s.name.len ? arena_str(p->arena, s.name) : STR_NULL);
        add_source(row, p->arena, &s);
        add_events(row, p->arena, s.source, (uint64_t)s.codes);
        show_span(row, "delay", s.delay_ms);
        view_flag(row, "is_enabled", s.is_enabled == 1);
    }
    rows_end(&r);
    return tx_ok(tx);
}

static bool read_last_told(struct tx *tx, void *arg)
{
    const struct subscribed *g = arg;
    struct page *p = g->page;
    struct r_web_told_so_far row;
    struct q_web_told_so_far in = {p->account, g->destination_id, LINK_OK, 0};
    if (tx_first(tx, Q_WEB_TOLD_SO_FAR, &in, &row)) show_time(p->view, "last_told", tid_time_ms(row.log_id));
    return tx_ok(tx);
}

/* ---- the page ---- */

static bool fill(struct page *p, int64_t id, struct connection *c, struct fault *f)
{
    struct destination_rows rows = {0};
    const struct link_house *h = api_links(p->x);
    if (!connection_get(p->store, h->seal, p->arena, p->account, id, c, f) || !destination_rows_read(p, &rows, f)) return false;
    const struct connector *d = api_connector_of(p->x, c->kind);
    const struct destination *to = destination_of(&rows, id);
    connection_row(p, p->view, c, to);
    view_number(p->view, "account_id", p->account);
    view_flag(p->view, "must_be_saved_again", c->is_sealed_shut);
    view_flag(p->view, "can_be_tried", d && d->try_operation);
    if (d) add_settings(p, d, c);
    if (d && !add_requests(p, d, c, f)) return false;
    if (!to) return true;
    struct subscribed g = {p, to->destination_id};
    return store_read(p->store, read_last_told, &g, f) && store_read(p->store, read_subscriptions, &g, f) &&
           told_rows(p, &rows, to->destination_id, f);
}

void page_connection(struct http_exchange *x)
{
    struct page p;
    struct connection c;
    struct fault f = {0};
    int64_t id;
    if (!page_begin(&p, x, NAV_CONNECTIONS) || !page_id(&p, "id", "connection", &id)) return;
    if (!fill(&p, id, &c, &f)) {
        page_fault(&p, "connection", http_param(x, "id"), &f);
        return;
    }
    page_answer(&p, "connection", arena_printf(p.arena, "%.*s", STR_ARG(c.label)));
}
