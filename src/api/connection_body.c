/* connection_body.c: see connection_body.h. Called by handlers on the pool. */
#include "api/connection_body.h"
#include "base/text.h"
#include "base/utf8.h"

const struct connector *api_connector(struct http_exchange *x, int kind, struct fault *f)
{
    const struct connector *d = api_connector_of(x, kind);
    if (!d) fault_user(f, 409, "This server knows no connector of the connection's kind any more.");
    return d;
}

/* ---- bodies ---- */

bool connection_read_body(struct http_exchange *x, struct json_value root, struct connection_wish *w, struct fault *f)
{
    struct {
        struct str label, description;
        int is_tested;
    } b;
    static const struct body_field fields[] = {
        {"label", "name", BODY_TEXT, false, 0},
        {"description", NULL, BODY_TEXT, false, sizeof(struct str)},
        {"is_tested", NULL, BODY_FLAG, false, 2 * sizeof(struct str)},
    };
    size_t most = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    if (!body_read(root, http_arena(x), fields, sizeof fields / sizeof *fields, &b, f)) return false;
    b.label = str_trim(b.label);
    if (utf8_length(b.label) > most || utf8_length(b.description) > most * 10)
        return fault_user(f, 400, "The label is longer than %zu characters, or the description than %zu.", most, most * 10);
    if (utf8_has_control(b.label) || utf8_has_control(b.description))
        return fault_user(f, 400, "The label or the description holds a control character.");
    if (!str_is_line(b.label)) return fault_user(f, 400, "The label must be one line.");
    w->account_id = api_account(x);
    w->label = b.label.len ? arena_str(http_arena(x), b.label) : STR_NULL;
    w->description = arena_str(http_arena(x), b.description);
    w->settings = json_get(root, "settings");
    w->secrets = json_get(root, "secrets");
    w->is_untried = b.is_tested == 0;
    return true;
}

/* ---- what a connector is ---- */

static void verbs_json(struct json_out *j, unsigned verbs)
{
    static const struct {
        unsigned verb;
        const char *name;
    } names[] = {{CONNECTOR_SETS_STATE, "sets_state"},
                 {CONNECTOR_KEEPS_HISTORY, "keeps_history"},
                 {CONNECTOR_IMPORTS, "imports"},
                 {CONNECTOR_SENDS, "sends"},
                 {CONNECTOR_IS_WATCHED, "is_watched"}};
    json_array(j, "verbs");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (verbs & names[i].verb) json_strz(j, NULL, names[i].name);
    json_end(j);
}

static void setting_json(struct json_out *j, const struct connector_setting *s)
{
    json_object(j, NULL);
    json_strz(j, "name", s->name);
    json_bool(j, "is_secret", s->is_secret);
    json_bool(j, "is_required", s->is_required);
    json_strz(j, "default", s->fallback);
    json_strz(j, "what", s->what);
    json_end(j);
}

/* Does a setting of the connection stand for the input that is not said? */
static bool is_filled(const struct connector *d, struct str input)
{
    for (int i = 0; i < d->n_settings; i++)
        if (str_eq(str_of(d->settings[i].fills), input)) return true;
    return false;
}

/* "contactId* tags" and the {names} of the path, each an object. */
static void inputs_json(struct json_out *j, const struct connector *d, const char *list, const char *where)
{
    struct str rest = str_of(list);
    while (rest.ptr && rest.len) {
        struct str word = str_cut(rest, ' ', &rest);
        if (!word.len || str_eq(word, STR("..."))) continue;
        bool is_required = word.ptr[word.len - 1] == '*';
        word.len -= is_required;
        json_object(j, NULL);
        json_str(j, "name", word);
        json_strz(j, "in", where);
        json_bool(j, "is_required", is_required && !is_filled(d, word));
        json_end(j);
    }
}

static void path_inputs_json(struct json_out *j, const struct connector *d, const char *path)
{
    for (const char *at = path; at && (at = strchr(at, '{')); at++) {
        struct str name = str_make(at + 1, strcspn(at + 1, "}"));
        json_object(j, NULL);
        json_str(j, "name", name);
        json_strz(j, "in", "path");
        json_bool(j, "is_required", !is_filled(d, name));
        json_end(j);
    }
}

static void operation_json(struct json_out *j, const struct connector *d, const struct connector_operation *op)
{
    json_object(j, NULL);
    json_strz(j, "name", op->name);
    json_strz(j, "method", op->is_free ? NULL : op->method);
    json_strz(j, "path", op->is_free ? NULL : op->path);
    json_strz(j, "what", op->what);
    json_array(j, "inputs");
    if (op->is_free) {
        inputs_json(j, d, "path* method query headers body", "call");
    } else {
        path_inputs_json(j, d, op->path);
        inputs_json(j, d, op->query, "query");
        inputs_json(j, d, op->body, "body");
    }
    json_end(j);
    json_bool(j, "takes_any", op->body && strstr(op->body, "..."));
    json_end(j);
}

void connector_json(struct json_out *j, const struct connector *d)
{
    json_object(j, NULL);
    json_strz(j, "name", d->name);
    json_strz(j, "title", d->title);
    verbs_json(j, d->verbs);
    json_bool(j, "is_told", d->link != NULL);
    json_bool(j, "takes_requests", d->hook != NULL);
    json_array(j, "settings");
    for (int i = 0; i < d->n_settings; i++) setting_json(j, &d->settings[i]);
    json_end(j);
    json_array(j, "operations");
    for (int i = 0; i < d->n_operations; i++) operation_json(j, d, &d->operations[i]);
    json_end(j);
    json_end(j);
}

/* ---- what a connection is ---- */

/* {"token": true, "client_secret": false}: which are set. */
static void secrets_json(struct json_out *j, const struct connector *d, struct str secrets)
{
    struct json_parser *p = json_parser_create();
    struct arena *a = arena_create(1024);
    struct json_value root = {.type = JSON_MISSING};
    struct fault f;
    if (secrets.ptr && !json_parse(p, json_padded(a, secrets), &root, &f)) root.type = JSON_MISSING;
    json_object(j, "secrets");
    for (int i = 0; d && i < d->n_settings; i++)
        if (d->settings[i].is_secret)
            json_bool(j, d->settings[i].name, json_get(root, d->settings[i].name).type == JSON_STRING);
    json_end(j);
    json_parser_destroy(&p);
    arena_destroy(&a);
}

void connection_tried_json(struct json_out *j, const char *key, const struct connection_tried *t)
{
    if (t->at == DB_NULL) {
        json_null(j, key);
        return;
    }
    json_object(j, key);
    json_bool(j, "is_working", t->is_working);
    reply_int(j, "status", t->status ? t->status : DB_NULL);
    json_str(j, "sentence", t->is_working ? STR_NULL : t->sentence);
    json_time(j, "tried_date", t->at);
    json_end(j);
}

static void requests_json(struct json_out *j, const struct connection_view *v)
{
    json_object(j, "requests");
    json_bool(j, "has_token", v->has_token);
    reply_time(j, "last_refused_date", v->refused_at);
    json_str(j, "last_refusal", v->refused);
    json_end(j);
}

void connection_json(struct json_out *j, const struct connection_view *v)
{
    const struct connection *c = v->connection;
    json_object(j, NULL);
    json_int(j, "connection_id", c->connection_id);
    json_strz(j, "kind", v->connector ? v->connector->name : NULL);
    json_strz(j, "title", v->connector ? v->connector->title : NULL);
    json_str(j, "label", c->label);
    json_str(j, "description", c->description);
    json_raw(j, "settings", c->settings.len ? c->settings : STR("{}"));
    secrets_json(j, v->connector, c->secrets);
    json_bool(j, "must_be_saved_again", c->is_sealed_shut);
    if (c->status.len)
        json_raw(j, "status", c->status);
    else
        json_null(j, "status");
    json_time(j, "updated_date", c->updated_at);
    requests_json(j, v);
    if (v->destination) {
        json_object(j, "destination");
        destination_members_json(j, v->destination);
        json_end(j);
    } else {
        json_null(j, "destination");
    }
    connection_tried_json(j, "test", &c->tried);
    if (v->log) {
        json_array(j, "last_deliveries");
        for (int i = 0; i < v->n_log; i++) attempt_json(j, &v->log[i]);
        json_end(j);
    }
    json_end(j);
}

/* ---- of a subscription ---- */

/* The settings as text in the wish, when they are as the connector wants them. */
static bool read_settings(struct http_exchange *x, const struct connector *d, struct json_value settings, struct hook_wish *w,
                          struct fault *f)
{
    if (settings.type != JSON_OBJECT) return fault_user(f, 400, "settings must be an object.");
    if (!d->check_subscription && json_count(settings) > 0)
        return fault_user(f, 400, "A subscription of %s has no settings.", d->title);
    if (d->check_subscription && !d->check_subscription(d->ctx, settings, f)) return false;
    w->settings = json_value_text(http_arena(x), settings);
    return true;
}

/* What a connector wants also holds for one that says nothing. */
static bool check_settings(struct http_exchange *x, const struct connector *d, struct json_value settings, bool is_new,
                           struct hook_wish *w, struct fault *f)
{
    if (settings.type != JSON_MISSING && settings.type != JSON_NULL) return read_settings(x, d, settings, w, f);
    if (!is_new) return true;
    struct json_parser *p = json_parser_create();
    bool ok = json_parse(p, json_padded(http_arena(x), STR("{}")), &settings, f) && read_settings(x, d, settings, w, f);
    json_parser_destroy(&p);
    return ok;
}

static const struct connector *connector_for(struct http_exchange *x, int64_t id, struct fault *f)
{
    struct connection c;
    const struct link_house *h = api_links(x);
    return connection_get(h->store, NULL, http_arena(x), api_account(x), id, &c, f) ? api_connector(x, c.kind, f) : NULL;
}

bool connection_of_subscription(struct http_exchange *x, struct json_value root, struct hook_wish *w, struct fault *f)
{
    int64_t id;
    static const struct body_field fields[] = {{"connection_id", NULL, BODY_INT, false, 0}};
    struct json_value settings = json_get(root, "settings");
    if (!body_read(root, http_arena(x), fields, 1, &id, f)) return false;
    if (id == DB_NULL) {
        bool is_said = settings.type != JSON_MISSING && settings.type != JSON_NULL;
        return !is_said || fault_user(f, 400, "Only a subscription of a connection has settings.");
    }
    if (w->url.ptr || w->secret.ptr)
        return fault_user(
            f, 400,
            "Events go to a url or to a connection: say one of url and connection_id, and no secret with a connection.");
    const struct connector *d = connector_for(x, id, f);
    if (!d) return false;
    if (!d->link) return fault_user(f, 400, "%s is told of no events.", d->title);
    if (w->source == EVENT_LIST && d->verbs & (CONNECTOR_SETS_STATE | CONNECTOR_KEEPS_HISTORY))
        return fault_user(f, 400, "%s is told what happens to pieces of mail: source must be \"drop\".", d->title);
    w->connection_id = id;
    return check_settings(x, d, settings, true, w, f);
}

bool connection_settings_of_subscription(struct http_exchange *x, struct json_value root, int64_t connection_id,
                                         struct hook_wish *w, struct fault *f)
{
    int64_t id;
    static const struct body_field fields[] = {{"connection_id", NULL, BODY_INT, false, 0}};
    struct json_value settings = json_get(root, "settings");
    if (!body_read(root, http_arena(x), fields, 1, &id, f)) return false;
    if (id != DB_NULL && id != connection_id)
        return fault_user(f, 400, "A subscription keeps its connection: make another one.");
    bool is_said = settings.type != JSON_MISSING && settings.type != JSON_NULL;
    if (connection_id == DB_NULL) return !is_said || fault_user(f, 400, "Only a subscription of a connection has settings.");
    if (!is_said) return true;
    const struct connector *d = connector_for(x, connection_id, f);
    return d && check_settings(x, d, settings, false, w, f);
}
