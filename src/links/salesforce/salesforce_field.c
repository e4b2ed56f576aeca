/* salesforce_field.c: the job that makes the fields of a drop: one on each object, made by the Tooling API, visible to the connected user, and on the
 * object's page layout. Every step may be done again: what is there already is fine. A step that fails leaves its reason in the row, in the
 * connection's status, and is tried again (specs: crm-apis §2.4-2.5). */
#include "links/call.h"
#include "links/salesforce/salesforce_layout.h"
#include "links/salesforce/salesforce_private.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/url.h"
#include "queries.h"
#include <stdatomic.h>
#include <stdio.h>

#define SOURCE_FIELDS "salesforce fields"
enum { LEASE_MS = 600000, LOOK_MS = 2000, FIELD_LENGTH = 255 };

/* One object of one drop. */
struct fitting {
    struct salesforce *sf;
    struct arena *arena;
    struct json_parser *parser;
    struct connection connection;
    struct sf_config config;
    const struct sf_object *object;
    int64_t drop_id, left /* custom fields that the object may still have; -1: not known */;
    struct str name;
    struct str profile; /* the connected user's; read once for a drop */
    enum sf_field_state state;
    char says[520];  /* for people; "": all is well */
    bool is_for_now; /* probably over soon */
};

/* ---- asking ---- */

/* True: an answer came, and it is fine or its error has one of the codes (parted by blanks) that are as good. */
static bool call(struct fitting *g, const char *method, struct str path, struct str body, bool is_soap, const char *fine,
                 struct connector_answer *out)
{
    struct fault f = {0};
    struct sf_error e;
    struct fetch_ask ask = {.method = method, .url = path, .body = body};
    if (body.len)
        ask.headers[ask.n_headers++] = is_soap ? STR("Content-Type: text/xml") : STR("Content-Type: application/json");
    if (is_soap) ask.headers[ask.n_headers++] = STR("SOAPAction: \"\"");
    if (!connector_call(g->sf->house, &g->sf->connector, &g->connection, &ask, g->arena, out, &f)) {
        snprintf(g->says, sizeof g->says, "%s", f.text);
        g->is_for_now = f.whose != FAULT_USER;
        return false;
    }
    if (out->result == LINK_OK) return true;
    sf_error_read(out->body, &e);
    if (*e.code && strstr(fine, e.code)) return true;
    snprintf(g->says, sizeof g->says, "%s", out->sentence);
    g->is_for_now = out->result == LINK_RETRY_LATER || out->result == LINK_PAUSE_DESTINATION;
    return false;
}

/* The first record of a query; false: it failed. *found false: there is none. */
static bool query(struct fitting *g, const char *service, struct str soql, struct json_value *record, bool *found)
{
    struct json_value root;
    struct json_iter it = {0};
    struct connector_answer answer;
    struct str q = url_encoded(g->arena, soql);
    struct str path = sf_path(g->arena, &g->config, arena_printf(g->arena, "%s?q=%.*s", service, STR_ARG(q)));
    if (!call(g, "GET", path, STR_NULL, false, "", &answer)) return false;
    if (!json_parse(g->parser, json_padded(g->arena, answer.body), &root, NULL) ||
        json_get(root, "records").type != JSON_ARRAY) {
        snprintf(g->says, sizeof g->says, "Salesforce's answer to a query has not the shape of one.");
        g->is_for_now = true;
        return false;
    }
    *found = json_next(json_get(root, "records"), &it, NULL, record);
    return true;
}

static struct str quoted(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT;
    sf_soql_quote(&b, s);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* ---- the steps ---- */

static bool make_field(struct fitting *g)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    struct connector_answer answer;
    json_object(&j, NULL);
    json_str(&j, "FullName", str_of(arena_printf(g->arena, "%.*s.%.*s", STR_ARG(g->object->name), STR_ARG(g->name))));
    json_object(&j, "Metadata");
    json_str(&j, "label", sf_field_label(g->arena, g->name));
    json_strz(&j, "type", "Text");
    json_int(&j, "length", FIELD_LENGTH);
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
    struct str body = arena_str(g->arena, buf_str(&b));
    buf_finish(&b);
    return call(g, "POST", sf_path(g->arena, &g->config, "/tooling/sobjects/CustomField"), body, false,
                "DUPLICATE_DEVELOPER_NAME", &answer);
}

static bool find_profile(struct fitting *g)
{
    struct json_value record;
    bool found;
    if (g->profile.ptr) return true;
    if (!g->config.user_id.ptr) {
        snprintf(g->says, sizeof g->says, "Salesforce did not say which user is connected. Save the connection again.");
        return false;
    }
    struct str id = quoted(g->arena, g->config.user_id);
    if (!query(g, "/query", str_of(arena_printf(g->arena, "SELECT ProfileId FROM User WHERE Id = %.*s", STR_ARG(id))), &record,
               &found))
        return false;
    struct json_value profile = found ? json_get(record, "ProfileId") : (struct json_value){.type = JSON_MISSING};
    if (profile.type == JSON_STRING && sf_id_is(profile.string)) g->profile = arena_str(g->arena, profile.string);
    if (!g->profile.ptr)
        snprintf(g->says, sizeof g->says, "The connected user's profile cannot be read; it needs the right \"View Setup\".");
    return g->profile.ptr != NULL;
}

/* A profile's rights to fields are those of a permission set that it owns. */
static bool make_visible(struct fitting *g)
{
    struct json_value record;
    struct connector_answer answer;
    bool found;
    struct str soql =
        str_of(arena_printf(g->arena, "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true AND ProfileId = %.*s",
                            STR_ARG(quoted(g->arena, g->profile))));
    if (!query(g, "/query", soql, &record, &found)) return false;
    struct json_value id = found ? json_get(record, "Id") : (struct json_value){.type = JSON_MISSING};
    if (id.type != JSON_STRING) {
        snprintf(g->says, sizeof g->says,
                 "The connected user may not see its profile's permission set; it needs the rights View Setup and Manage "
                 "Profiles and "
                 "Permission Sets.");
        return false;
    }
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "ParentId", id.string);
    json_str(&j, "SobjectType", g->object->name);
    json_str(&j, "Field", str_of(arena_printf(g->arena, "%.*s.%.*s", STR_ARG(g->object->name), STR_ARG(g->name))));
    json_bool(&j, "PermissionsRead", true);
    json_bool(&j, "PermissionsEdit", true);
    json_end(&j);
    json_out_end(&j);
    struct str body = arena_str(g->arena, buf_str(&b));
    buf_finish(&b);
    return call(g, "POST", sf_path(g->arena, &g->config, "/sobjects/FieldPermissions"), body, false, "DUPLICATE_VALUE",
                &answer);
}

static bool no_layout(struct fitting *g)
{
    g->state = SF_FIELD_NO_LAYOUT;
    snprintf(g->says, sizeof g->says,
             "The profile of the connected user has no page layout named exactly \"%.*s\" for %.*s, so nothing is written to "
             "its records. Make "
             "one (Setup > Object Manager > %.*s > Page Layouts) and assign it to the profile, or set require_layout to no.",
             STR_ARG(g->object->layout), STR_ARG(g->object->name), STR_ARG(g->object->name));
    return false;
}

/* Its full name as Metadata knows it; false: there is none, or the question failed. */
static bool find_layout(struct fitting *g, struct str *full_name)
{
    struct json_value record;
    bool found;
    struct arena *a = g->arena;
    struct str soql = str_of(arena_printf(a,
                                          "SELECT Layout.Name, Layout.NamespacePrefix FROM ProfileLayout WHERE ProfileId = "
                                          "%.*s AND TableEnumOrId = %.*s AND Layout.Name = %.*s",
                                          STR_ARG(quoted(a, g->profile)), STR_ARG(quoted(a, g->object->name)),
                                          STR_ARG(quoted(a, g->object->layout))));
    if (!query(g, "/tooling/query", soql, &record, &found)) return false;
    struct json_value layout = found ? json_get(record, "Layout") : (struct json_value){.type = JSON_MISSING};
    struct json_value name = json_get(layout, "Name"), ns = json_get(layout, "NamespacePrefix");
    if (name.type != JSON_STRING || !str_eq(name.string, g->object->layout))
        return no_layout(g); /* SOQL compares without case */
    *full_name = sf_layout_full_name(a, g->object->name, ns.type == JSON_STRING ? ns.string : STR_NULL, g->object->layout);
    return true;
}

static struct str soap_path(struct fitting *g)
{
    struct str v = g->config.version;
    if (v.len && *v.ptr == 'v') v = str_make(v.ptr + 1, v.len - 1);
    return str_of(arena_printf(g->arena, "/services/Soap/m/%.*s", STR_ARG(v)));
}

static bool unfit(struct fitting *g, const struct fault *f)
{
    snprintf(g->says, sizeof g->says, "%s", f->text);
    g->is_for_now = f->whose == FAULT_REMOTE;
    return false;
}

static bool add_to_layout(struct fitting *g)
{
    struct connector_answer answer;
    struct str full_name, was, will;
    struct fault f;
    if (!find_layout(g, &full_name)) return false;
    if (!call(g, "POST", soap_path(g), sf_layout_read_body(g->arena, full_name), true, "", &answer)) return false;
    if (!sf_layout_take(answer.body, &was, &f)) return unfit(g, &f);
    if (!was.ptr) return no_layout(g);
    if (!sf_layout_add(g->arena, was, g->name, &will, &f)) return unfit(g, &f);
    if (will.ptr == was.ptr) return true;
    if (!call(g, "POST", soap_path(g), sf_layout_update_body(g->arena, will), true, "", &answer)) return false;
    return sf_layout_update_read(answer.body, &f) || unfit(g, &f);
}

/* How many more the object may have: shown, not needed. */
static void count_left(struct fitting *g)
{
    struct json_value record;
    char says[sizeof g->says];
    bool found;
    memcpy(says, g->says, sizeof says);
    struct str soql = str_of(arena_printf(
        g->arena,
        "SELECT Max, Remaining FROM EntityLimit WHERE EntityDefinition.QualifiedApiName = %.*s AND Type = 'CustomFields'",
        STR_ARG(quoted(g->arena, g->object->name))));
    if (query(g, "/tooling/query", soql, &record, &found) && found && json_get(record, "Remaining").type == JSON_INT)
        g->left = json_get(record, "Remaining").integer;
    memcpy(g->says, says, sizeof says);
}

static void fit(struct fitting *g)
{
    g->state = SF_FIELD_FAILED;
    g->left = -1;
    g->says[0] = '\0';
    g->is_for_now = false;
    if (!make_field(g) || !find_profile(g) || !make_visible(g)) return;
    bool is_on_it = add_to_layout(g);
    if (is_on_it || (g->state == SF_FIELD_NO_LAYOUT && !g->config.requires_layout)) {
        g->state = SF_FIELD_READY;
        g->says[0] = '\0';
    }
    count_left(g);
}

/* ---- the row, and what the connection's status says ---- */

static const char *state_word(const struct fitting *g)
{
    switch (g->state) {
    case SF_FIELD_WANTED: return "wanted";
    case SF_FIELD_READY: return "ready";
    case SF_FIELD_NO_LAYOUT: return "layout_missing";
    case SF_FIELD_FAILED: return g->is_for_now ? "failing" : "failed";
    }
    return "unknown";
}

static struct str status_of(struct fitting *g, int64_t now)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_strz(&j, "state", state_word(g));
    json_int(&j, "drop_id", g->drop_id);
    json_str(&j, "field", g->name);
    json_str(&j, "layout", g->object->layout);
    if (g->left >= 0)
        json_int(&j, "custom_fields_left", g->left);
    else
        json_null(&j, "custom_fields_left");
    json_strz(&j, "message", *g->says ? g->says : NULL);
    json_time(&j, "at", now);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(g->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

struct claim {
    struct fitting *g;
    struct str object;
    int64_t attempt;
    bool is_ours;
};

static bool claim(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct fitting *g = c->g;
    struct r_remote_field_claim row;
    int64_t account = g->connection.account_id, id = g->connection.connection_id, now = tx_now(tx);
    struct str name = sf_field_name(g->arena, &g->config, g->drop_id);
    struct q_remote_field_put put = {account, id, g->drop_id, c->object, name, SF_FIELD_WANTED, now};
    struct q_remote_field_claim in = {account, id, g->drop_id, c->object, store_node(tx_store(tx)), now + LEASE_MS, now};
    if (!tx_run(tx, Q_REMOTE_FIELD_PUT, &put, NULL)) return false;
    c->is_ours = tx_first(tx, Q_REMOTE_FIELD_CLAIM, &in, &row);
    c->attempt = c->is_ours ? row.attempt : 0;
    if (c->is_ours) g->name = arena_str(g->arena, row.remote_name);
    return tx_ok(tx);
}

static bool finish(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct fitting *g = c->g;
    int64_t account = g->connection.account_id, id = g->connection.connection_id, now = tx_now(tx);
    int64_t attempt = g->state == SF_FIELD_READY ? 0 : c->attempt + 1, changed = 0;
    int64_t due = g->state == SF_FIELD_READY ? DB_NULL
                  : g->is_for_now            ? retry_due(now, (int)attempt)
                                             : now + limit_get(LIMIT_SALESFORCE_AGAIN_S) * 1000;
    struct q_remote_field_done in = {
        account, id,  g->drop_id, g->object->name,         g->state, *g->says ? str_of(g->says) : STR_NULL,
        now,     due, attempt,    store_node(tx_store(tx))};
    if (!tx_run(tx, Q_REMOTE_FIELD_DONE, &in, &changed)) return false;
    if (!changed) return true; /* it took too long: somebody else has it */
    return sf_note(tx, account, id, arena_strz(tx_arena(tx), g->object->name.ptr), status_of(g, now)) &&
           sf_usage_note(g->sf, tx, account, id);
}

/* ---- the source ---- */

static bool fit_one(struct fitting *g, const struct sf_object *o, struct fault *f)
{
    struct claim c = {.g = g, .object = o->name};
    if (!store_write(g->sf->house->store, claim, &c, f)) return false;
    if (!c.is_ours) return true;
    g->object = o;
    fit(g);
    return store_write(g->sf->house->store, finish, &c, f);
}

static bool forget(struct tx *tx, void *arg)
{
    const struct due_item *item = arg;
    return tx_run(tx, Q_REMOTE_FIELD_CLEAR, &(struct q_remote_field_clear){item->account_id, item->id, item->id}, NULL);
}

static bool run_item(struct fitting *g, struct due_item *item, struct fault *f)
{
    const struct link_house *h = g->sf->house;
    if (!connection_get(h->store, h->seal, g->arena, item->account_id, item->id, &g->connection, f))
        return f->status == 404 && store_write(h->store, forget, item, f);
    if (!sf_config_read(g->arena, g->connection.settings, g->connection.secrets, &g->config, f)) return false;
    if (!g->config.user_id.ptr) { /* it comes with the first token */
        struct connection renewed = g->connection;
        if (token_renew_now(h->tokens, &g->sf->connector, &renewed, g->arena, f)) g->connection = renewed;
        if (!sf_config_read(g->arena, g->connection.settings, g->connection.secrets, &g->config, f)) return false;
    }
    for (int i = 0; i < g->config.n_objects; i++)
        if (!fit_one(g, &g->config.objects[i], f)) return false;
    return true;
}

static void run(void *ctx, struct due_item item)
{
    struct fitting g = {.sf = ctx, .arena = arena_create(1 << 16), .parser = json_parser_create(), .drop_id = item.sub_id};
    struct fault f = {0};
    if (!run_item(&g, &item, &f))
        log_warning("salesforce", "The fields of drop %lld could not be looked after: %s", (long long)item.sub_id, f.text);
    json_parser_destroy(&g.parser);
    arena_destroy(&g.arena);
}

static bool is_there(const struct due_item *items, int n, struct due_item item)
{
    for (int i = 0; i < n; i++)
        if (items[i].account_id == item.account_id && items[i].id == item.id && items[i].sub_id == item.sub_id) return true;
    return false;
}

static int find_due(struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_remote_field_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_REMOTE_FIELD_DUE, &(struct q_remote_field_due){now, n});
    while (found < n && rows_next(&r, &row)) {
        struct due_item item = {row.account_id, row.connection_id, row.drop_id};
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        if (!is_there(items, found, item)) items[found++] = item;
    }
    rows_end(&r);
    return found;
}

/* Drops that are told of here and have no field yet: looked for now and then, so that a new campaign's field can be chosen there soon. */
static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct salesforce *s = ctx;
    struct r_remote_field_wanted row;
    int found = find_due(tx, now, items, n, next_due);
    int64_t mono = clock_mono_ms();
    if (mono < atomic_load(&s->looked_mono) + LOOK_MS) return found;
    atomic_store(&s->looked_mono, mono);
    struct rows r = tx_rows(tx, Q_REMOTE_FIELD_WANTED, &(struct q_remote_field_wanted){SALESFORCE_NUMBER, n});
    while (found < n && rows_next(&r, &row)) {
        struct due_item item = {row.account_id, row.connection_id, row.drop_id};
        if (!is_there(items, found, item)) items[found++] = item;
    }
    rows_end(&r);
    return found;
}

void sf_fields_source_add(struct salesforce *s)
{
    jobs_add(s->house->jobs, &(struct due_source){.name = SOURCE_FIELDS, .n_threads = 2, .find = find, .run = run, .ctx = s});
}
