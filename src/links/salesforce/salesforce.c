/* salesforce.c: the connector's table entry, and its life. */
#include "links/salesforce/salesforce_private.h"
#include "base/log.h"
#include "net/web_address.h"
#include "queries.h"
#include <stdlib.h>

static const struct connector_setting settings[] = {
    {.name = "flow",
     .fallback = "jwt",
     .is_required = true,
     .what = "how the connection proves who it is: jwt, client_credentials or refresh_token",
     .makes_token = true},
    {.name = "login_url",
     .fallback = "https://login.salesforce.com",
     .what = "where tokens come from: https://login.salesforce.com, https://test.salesforce.com for a sandbox, or "
             "https://NAME.my.salesforce.com",
     .leads = true,
     .makes_token = true},
    {.name = "client_id", .is_required = true, .what = "the app's consumer key", .makes_token = true},
    {.name = "username", .what = "jwt: the user that the connection acts as", .makes_token = true},
    {.name = "audience", .what = "jwt: whom the assertion is for, when it is not login_url", .makes_token = true},
    {.name = "client_secret",
     .is_secret = true,
     .what = "the app's consumer secret (client_credentials; refresh_token when the app asks for it)"},
    {.name = "private_key",
     .is_secret = true,
     .has_lines = true,
     .what = "jwt: the RSA key in PEM whose certificate the app has"},
    {.name = "refresh_token", .is_secret = true, .what = "refresh_token: what the user's consent gave"},
    {.name = "api_version", .fallback = "v62.0", .what = "the version of the API that is spoken"},
    {.name = "objects",
     .fallback = "Contact; Lead",
     .has_lines = true,
     .what = "kinds of record that are read and written; one of a CRM built on Salesforce: Name | Layout | first three "
             "characters of its ids | e-mail field"},
    {.name = "require_layout",
     .fallback = "yes",
     .what = "yes: nothing is written while the page layout is missing, as the field would be seen by nobody; no: it is "
             "written all the same"},
    {.name = "status_field",
     .fallback = "drop",
     .what = "drop: each mail drop has a field of its own; one: all drops write the newest code into one field, for "
             "organisations with few custom fields left. A drop whose field was made keeps it"},
    {.name = "repeat_visits",
     .fallback = "write",
     .what = "a personal URL that is visited again: write the same code once more, or blank, which empties the field first so "
             "that flows start again"},
    {.name = "endpoint", .what = "of the triggered campaign that outbound messages and flows send to when they name none"},
};

static const struct connector_operation operations[] = {
    {"get_record", "GET", "/sobjects/{object}/{id}", "fields", NULL, "One record, or some of its fields (parted by commas).",
     false},
    {"update_record", "PATCH", "/sobjects/{object}/{id}", NULL, "...", "Changes the fields of a record that are named.", false},
    {"create_record", "POST", "/sobjects/{object}", NULL, "...", "Makes a record of the fields that are named.", false},
    {"query", "GET", "/query", "q*", NULL, "A query in SOQL; its first page.", false},
    {"describe", "GET", "/sobjects/{object}/describe", NULL, NULL, "An object's fields.", false},
    {"list_views", "GET", "/sobjects/{object}/listviews", NULL, NULL, "An object's list views, to import by.", false},
    {"limits", "GET", "/limits", NULL, NULL, "What the organisation may still use today.", false},
    {"call", NULL, NULL, NULL, NULL, "Any request below the organisation's address: method, path, query, headers, body.", true},
};

static bool is_one_of(struct str s, const char *a, const char *b, const char *c)
{
    return str_eq(s, str_of(a)) || str_eq(s, str_of(b)) || (c && str_eq(s, str_of(c)));
}

static bool is_version(struct str s)
{
    int64_t n;
    return s.len >= 5 && s.len <= 6 && *s.ptr == 'v' && str_ends(s, STR(".0")) &&
           str_to_int64(str_make(s.ptr + 1, s.len - 3), &n) && n >= 49;
}

static bool has_parts(const struct sf_config *c, struct fault *f)
{
    struct arena *a = arena_create(8192);
    bool ok = true;
    if (str_eq(c->flow, STR("jwt"))) {
        ok = (c->username.ptr || fault_user(f, 400, "username: the flow jwt needs the user that the connection acts as.")) &&
             (c->private_key.ptr ||
              fault_user(f, 400, "private_key: the flow jwt needs the key whose certificate the app has.")) &&
             sf_jwt(a, c, 0, f).ptr;
    } else if (str_eq(c->flow, STR("client_credentials"))) {
        bool is_shared =
            str_ends(c->login_url, STR("//login.salesforce.com")) || str_ends(c->login_url, STR("//test.salesforce.com"));
        ok = (!is_shared || fault_user(f, 400,
                                       "login_url: the flow client_credentials works at the organisation's own address only: "
                                       "https://NAME.my.salesforce.com.")) &&
             (c->client_secret.ptr || fault_user(f, 400, "client_secret: the flow client_credentials needs it."));
    } else {
        ok = c->refresh_token.ptr || fault_user(f, 400, "refresh_token: the flow refresh_token needs it.");
    }
    arena_destroy(&a);
    return ok;
}

static bool check_config(const struct sf_config *c, struct json_value s, struct fault *f)
{
    struct web_address login;
    struct str repeat = json_get(s, "repeat_visits").string, require = json_get(s, "require_layout").string,
               field = json_get(s, "status_field").string;
    if (!is_one_of(c->flow, "jwt", "client_credentials", "refresh_token"))
        return fault_user(f, 400, "flow must be jwt, client_credentials or refresh_token.");
    if (!web_address_read(c->login_url, &login, f)) return false;
    if (login.rest.len && !str_eq(login.rest, STR("/")))
        return fault_user(f, 400, "login_url must end with the host: https://login.salesforce.com.");
    if (!c->client_id.ptr) return fault_user(f, 400, "client_id: the app's consumer key is needed.");
    if (!is_version(c->version)) return fault_user(f, 400, "api_version must be v49.0 or newer: v62.0.");
    if (repeat.len && !is_one_of(repeat, "write", "blank", NULL))
        return fault_user(f, 400, "repeat_visits must be write or blank.");
    if (field.len && !is_one_of(field, "drop", "one", NULL)) return fault_user(f, 400, "status_field must be drop or one.");
    if (require.len && !is_one_of(require, "yes", "no", NULL)) return fault_user(f, 400, "require_layout must be yes or no.");
    return has_parts(c, f);
}

static bool check(void *ctx, struct json_value s, struct json_value secrets, struct fault *f)
{
    struct sf_config c;
    struct arena *a = arena_create(8192);
    (void)ctx;
    struct str open = s.type == JSON_OBJECT ? json_value_text(a, s) : STR_NULL;
    struct str shut = secrets.type == JSON_OBJECT ? json_value_text(a, secrets) : STR_NULL;
    bool ok = sf_config_read(a, open, shut, &c, f) && check_config(&c, s, f);
    arena_destroy(&a);
    return ok;
}

/* Its fields that are not ready are looked at again: what they lacked may be what was put right. */
static bool saved(void *ctx, struct tx *tx, int64_t account, int64_t connection_id)
{
    struct q_remote_field_all_again in = {account, connection_id, SF_FIELD_READY, tx_now(tx)};
    (void)ctx;
    return tx_run(tx, Q_REMOTE_FIELD_ALL_AGAIN, &in, NULL);
}

static void removed(void *ctx, int64_t connection_id)
{
    struct salesforce *s = ctx;
    per_connection_forget(s->usage, connection_id);
    sf_imports_tidy(s);
}

static bool check_subscription(void *ctx, struct json_value s, struct fault *f)
{
    (void)ctx;
    return s.type == JSON_MISSING || s.type == JSON_NULL || json_count(s) == 0 ||
           fault_user(f, 400, "A subscription of Salesforce has no settings of its own; the connection has them.");
}

struct salesforce *salesforce_create(const struct link_house *h, const char *data_dir)
{
    struct salesforce *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->house = h;
    s->data_dir = data_dir;
    s->parser = json_parser_create();
    s->usage = sf_usage_create();
    s->connector = (struct connector){
        .name = "salesforce",
        .title = "Salesforce",
        .number = SALESFORCE_NUMBER,
        .verbs = CONNECTOR_SETS_STATE | CONNECTOR_IMPORTS,
        .settings = settings,
        .n_settings = sizeof settings / sizeof *settings,
        .operations = operations,
        .n_operations = sizeof operations / sizeof *operations,
        .link = sf_link_init(s),
        .ctx = s,
        .check = check,
        .saved = saved,
        .removed = removed,
        .check_subscription = check_subscription,
        .authorise = sf_authorise,
        .renew_ask = sf_renew_ask,
        .renew_read = sf_renew_read,
        .pace = sf_pace,
        .heard = sf_heard,
        .judge = sf_judge,
        .try_operation = "limits",
        .try_member = "DailyApiRequests",
        .hook = sf_hook,
        .import_begin = sf_import_begin,
    };
    sf_fields_source_add(s);
    sf_imports_source_add(s);
    return s;
}

void salesforce_destroy(struct salesforce **sp)
{
    struct salesforce *s = *sp;
    *sp = NULL;
    if (!s) return;
    json_parser_destroy(&s->parser);
    per_connection_destroy(&s->usage);
    free(s);
}

const struct connector *salesforce_connector(const struct salesforce *s) { return &s->connector; }
