/* connections.c: connections to other systems: to make, to look at, to try, and to have them ask something. What a setting means is the
 * connector's; a secret goes in and never comes out. */
#include "api/connection_body.h"
#include "api/outward.h"
#include "api/page.h"
#include "base/redact.h"
#include "base/utf8.h"
#include "links/connection_end.h"
#include "links/incoming.h"
#include "links/operation.h"

enum { LAST_DELIVERIES = 10 };

void handle_connectors_get(struct http_exchange *x)
{
    const struct api_config *c = &api_caller(x)->api->config;
    struct page_range page;
    struct reply r;
    int shown;
    if (!page_request_open(x, &page)) return;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, c->n_connectors, &shown); shown > 0; shown--) connector_json(j, c->connectors[i++]);
    json_end(j);
    reply_end(&r, 200);
}

/* ---- showing ---- */

static const struct destination *destination_of(const struct destination *all, int n, int64_t connection_id)
{
    for (int i = 0; i < n; i++)
        if (all[i].connection_id == connection_id) return &all[i];
    return NULL;
}

static bool look(struct http_exchange *x, const struct connection *c, struct connection_view *v, struct fault *f)
{
    struct incoming_state in;
    if (!incoming_state(api_links(x), api_account(x), c->connection_id, http_arena(x), &in, f)) return false;
    v->connection = c;
    v->connector = api_connector_of(x, c->kind);
    v->has_token = in.has_token;
    v->refused_at = in.refused_at;
    v->refused = in.refused;
    return true;
}

void handle_connections_get(struct http_exchange *x)
{
    const struct link_house *h = api_links(x);
    int64_t account = api_account(x);
    struct arena *a = http_arena(x);
    struct connection *rows, *c;
    struct destination *destinations;
    struct connection_view *views;
    struct page_range page;
    struct fault f;
    int shown, n, n_destinations = 0, n_views = 0;
    bool ok = true;
    if (!page_request_open(x, &page)) return;
    n = connection_all(api_store(x), a, account, &rows, &f);
    if (n >= 0) n_destinations = destination_all(h->outbox, a, account, &destinations, &f);
    if (request_failed(x, n >= 0 && n_destinations >= 0, &f)) return;
    int first = page_cut(&page, n, &shown);
    views = ARENA_ARRAY(a, struct connection_view, shown + 1);
    for (int i = first; ok && i < first + shown; i++) {
        struct connection_view *v = &views[n_views];
        *v = (struct connection_view){.destination = destination_of(destinations, n_destinations, rows[i].connection_id)};
        c = ARENA_NEW(a, struct connection); /* with its secrets: which are set */
        ok = connection_get(h->store, h->seal, a, account, rows[i].connection_id, c, &f) && look(x, c, v, &f);
        if (ok)
            n_views++;
        else
            ok = f.status == 404; /* removed a moment ago */
    }
    if (request_failed(x, ok, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n_views; i++) connection_json(j, &views[i]);
    json_end(j);
    reply_end(&r, 200);
}

/* One, with what was last told. */
static void reply_connection(struct http_exchange *x, int64_t id)
{
    const struct link_house *h = api_links(x);
    struct arena *a = http_arena(x);
    struct connection c;
    struct destination *destinations;
    struct attempt_row *log = NULL;
    struct connection_view v = {.destination = NULL};
    struct fault f;
    int n = -1;
    bool ok = connection_get(h->store, h->seal, a, api_account(x), id, &c, &f) && look(x, &c, &v, &f) &&
              (n = destination_all(h->outbox, a, api_account(x), &destinations, &f)) >= 0;
    if (ok && (v.destination = destination_of(destinations, n, id)) != NULL) {
        v.n_log = attempt_page(h->store, a, api_account(x), v.destination->destination_id, 0, LAST_DELIVERIES, &log, &f);
        ok = v.n_log >= 0;
        v.log = log ? log : ARENA_NEW(a, struct attempt_row);
    }
    if (request_failed(x, ok, &f)) return;
    struct reply r;
    connection_json(reply_begin(&r, x), &v);
    reply_end(&r, 200);
}

void handle_connection_get(struct http_exchange *x)
{
    int64_t id;
    if (request_id(x, "id", "connection", &id)) reply_connection(x, id);
}

/* ---- making and changing ---- */

static bool read_kind(struct http_exchange *x, struct json_value root, struct connection_wish *w, struct fault *f)
{
    const struct api_config *c = &api_caller(x)->api->config;
    struct str kind;
    const char *all = "";
    if (!body_text(json_get(root, "kind"), "kind", http_arena(x), &kind, f)) return false;
    w->connector = connector_find(c->connectors, c->n_connectors, kind.ptr ? kind : STR(""));
    if (w->connector) return true;
    for (int i = 0; i < c->n_connectors; i++)
        all = arena_printf(http_arena(x), "%s%s%s", all, *all ? ", " : "", c->connectors[i]->name);
    return fault_user(f, 400, "kind must be one of: %s.", *all ? all : "(this server has no connectors)");
}

/* False: answered, because too many wait for other systems. Else place_give. Only what asks outward takes one. */
static bool place_take(struct http_exchange *x)
{
    if (outward_begin(api_caller(x)->api->outward, api_account(x))) return true;
    http_add_header(x, "Retry-After", "5");
    http_fail(x, 503, "Too many requests to other systems are under way. Try again in a few seconds.");
    return false;
}

static void place_give(struct http_exchange *x) { outward_end(api_caller(x)->api->outward, api_account(x)); }

static void ask_outward(struct http_exchange *x, void (*handle)(struct http_exchange *x))
{
    if (!place_take(x)) return;
    handle(x);
    place_give(x);
}

static void save(struct http_exchange *x, const struct connection_wish *w)
{
    struct connection_trial trial;
    struct connection c;
    struct fault f;
    bool asks = connection_save_asks(w);
    if (asks && !place_take(x)) return;
    bool ok = connection_save(api_links(x), w, http_arena(x), &c, &trial, &f);
    if (asks) place_give(x);
    if (!request_failed(x, ok, &f)) reply_connection(x, c.connection_id);
}

void handle_connection_post(struct http_exchange *x)
{
    struct connection_wish w = {.replaces = true};
    struct json_value root;
    struct fault f;
    bool ok = body_parse(x, false, &root, &f) && read_kind(x, root, &w, &f) && connection_read_body(x, root, &w, &f);
    if (!request_failed(x, ok, &f)) save(x, &w);
}

/* Its connector; NULL: answered. */
static const struct connector *find(struct http_exchange *x, int64_t *id, struct connection *c)
{
    const struct link_house *h = api_links(x);
    struct fault f;
    if (!request_id(x, "id", "connection", id)) return NULL;
    const struct connector *d = NULL;
    if (connection_get(h->store, h->seal, http_arena(x), api_account(x), *id, c, &f)) d = api_connector(x, c->kind, &f);
    request_failed(x, d != NULL, &f);
    return d;
}

static bool keeps_kind(struct http_exchange *x, struct json_value root, const struct connector *d, struct fault *f)
{
    struct str kind;
    if (!body_text(json_get(root, "kind"), "kind", http_arena(x), &kind, f)) return false;
    return !kind.ptr || str_eq(kind, str_of(d->name)) ||
           fault_user(f, 400, "A connection keeps its kind, \"%s\": make another one.", d->name);
}

static void change(struct http_exchange *x, bool replaces)
{
    struct connection_wish w = {.replaces = replaces};
    struct connection c;
    struct json_value root;
    struct fault f;
    if (!(w.connector = find(x, &w.connection_id, &c))) return;
    bool ok = body_parse(x, false, &root, &f) && keeps_kind(x, root, w.connector, &f) && connection_read_body(x, root, &w, &f);
    if (!request_failed(x, ok, &f)) save(x, &w);
}

void handle_connection_put(struct http_exchange *x) { change(x, true); }
void handle_connection_patch(struct http_exchange *x) { change(x, false); }

void handle_connection_delete(struct http_exchange *x)
{
    struct connection c;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "connection", &id)) return;
    bool ok = connection_get(api_store(x), NULL, http_arena(x), api_account(x), id, &c, &f);
    if (request_failed(x, ok, &f)) return;
    const struct connector *d = api_connector_of(x, c.kind);
    bool asks = d && d->leave;
    if (asks && !place_take(x)) return;
    ok = connection_drop(api_links(x), d, api_account(x), id, &f);
    if (asks) place_give(x);
    if (!request_failed(x, ok, &f)) reply_done(x, "deleted_date", "connection_id", id);
}

/* ---- asking the other side ---- */

static void try_it(struct http_exchange *x)
{
    struct connection_trial t;
    struct connection c;
    struct fault f;
    struct reply r;
    int64_t id;
    const struct connector *d = find(x, &id, &c);
    if (!d || request_failed(x, connection_try(api_links(x), d, api_account(x), id, http_arena(x), &t, &f), &f)) return;
    struct connection_tried tried = {t.tried_at, t.is_working, t.status, str_of(t.sentence)};
    connection_tried_json(reply_begin(&r, x), NULL, &tried);
    reply_end(&r, 200);
}

void handle_connection_test(struct http_exchange *x) { ask_outward(x, try_it); }

/* The answer's header lines but its first; cookies are between the two servers. */
static void headers_json(struct json_out *j, struct arena *a, struct str head)
{
    struct str rest = head, line, value;
    json_object(j, "headers");
    if (rest.ptr) str_cut(rest, '\n', &rest);
    while (rest.ptr && rest.len) {
        line = str_cut(rest, '\n', &rest);
        struct str name = str_trim(str_cut(line, ':', &value));
        if (!value.ptr || !name.len || str_eq_nocase(name, STR("Set-Cookie")) || !utf8_is_valid(line, NULL)) continue;
        json_str(j, arena_str(a, name).ptr, str_trim(value));
    }
    json_end(j);
}

/* The JSON as it is written here: what stood behind escapes can be seen then. */
static struct str written(struct arena *a, const struct redaction *hide, struct json_value root)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_value_write(&j, NULL, root);
    json_out_end(&j);
    struct str text = redaction_run(hide, arena_str(a, buf_str(&b)));
    buf_finish(&b);
    return text;
}

/* JSON stays JSON; other text is a text; what is neither is null. */
static void body_json(struct json_out *j, struct arena *a, const struct redaction *hide, struct str body)
{
    struct json_parser *p = json_parser_create(), *again = json_parser_create();
    struct json_value root, shown;
    struct fault f;
    if (body.len && json_parse(p, json_padded(a, body), &root, &f) &&
        json_parse(again, json_padded(a, written(a, hide, root)), &shown, &f))
        json_value_write(j, "body", shown);
    else if (utf8_is_valid(body, NULL))
        json_str(j, "body", body.ptr ? body : STR(""));
    else
        json_null(j, "body");
    json_parser_destroy(&p);
    json_parser_destroy(&again);
}

static void reply_answer(struct http_exchange *x, const struct connection *c, const struct connector_answer *answer)
{
    struct redaction hide = redaction_begin(http_arena(x));
    redaction_add_json(&hide, c->secrets);
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "status", answer->status);
    json_bool(j, "is_done", answer->result == LINK_OK);
    json_strz(j, "sentence", answer->result == LINK_OK ? NULL : answer->sentence);
    headers_json(j, http_arena(x), answer->head);
    body_json(j, http_arena(x), &hide, answer->body);
    json_end(j);
    reply_end(&r, 200);
}

static const struct connector_operation *operation_of(struct http_exchange *x, const struct connector *d, struct fault *f)
{
    struct str name = http_param(x, "name");
    const struct connector_operation *op = connector_operation_find(d, name);
    if (!op)
        fault_user(f, 404, "%s has no operation \"%.*s\"; GET /v1/connectors lists them.", d->title,
                   (int)(name.len > 60 ? 60 : name.len), name.ptr);
    return op;
}

static void operate(struct http_exchange *x)
{
    struct connector_answer answer;
    struct connection c;
    struct json_value root;
    struct fault f;
    int64_t id;
    const struct connector *d = find(x, &id, &c);
    if (!d) return;
    const struct connector_operation *op = operation_of(x, d, &f);
    bool ok =
        op && body_parse(x, true, &root, &f) && connector_operate(api_links(x), d, &c, op, root, http_arena(x), &answer, &f);
    if (!request_failed(x, ok, &f)) reply_answer(x, &c, &answer);
}

void handle_connection_operate(struct http_exchange *x) { ask_outward(x, operate); }
