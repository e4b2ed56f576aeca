/* kizen.c: the connector's entry: three keys, where Kizen is, the table of variable fields, and through whom pieces go. */
#include "links/kizen/kizen_private.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/url.h"
#include <stdio.h>
#include <stdlib.h>

#define SAVE_AGAIN "Save the connection again with an API key, user id and business id from Kizen's settings."

/* The names of the three headers are not documented by Kizen: this is the one place that spells them. */
#define HEADER_KEY      "X-API-KEY"
#define HEADER_USER     "X-USER-ID"
#define HEADER_BUSINESS "X-BUSINESS-ID"

static const struct connector_setting settings[] = {
    {.name = "api_key", .is_secret = true, .is_required = true, .what = "Kizen's API key"},
    {.name = "user_id", .is_required = true, .what = "The Kizen user that the key belongs to"},
    {.name = "business_id", .is_required = true, .what = "The Kizen business"},
    {.name = "address", .fallback = "https://app.go.kizen.com", .what = "Where Kizen's API is", .leads = true},
    {.name = "fields",
     .has_lines = true,
     .what = "Fields of a contact for variable fields of the piece: var_field_1=birthday, var_field_2=plan"},
    {.name = "send_through",
     .what = "The number of a Postalytics connection that makes the pieces; without one this house does"},
};
static const struct connector_operation operations[] = {
    {"get-contact", "GET", "/api/records/client_client/{contact_id}", NULL, NULL, "one contact", false},
    {"find-contacts", "POST", "/api/records/client_client/search?page_size=1", "search", NULL, "contacts that match a text",
     false},
};

static bool is_plain(struct json_value v)
{
    if (v.type != JSON_STRING || !v.string.len || v.string.len > 500) return false;
    for (size_t i = 0; i < v.string.len; i++)
        if (v.string.ptr[i] <= ' ' || v.string.ptr[i] == 0x7f) return false;
    return true;
}

static bool check_through(struct json_value v, struct fault *f)
{
    int64_t id = v.integer;
    if (v.type == JSON_MISSING || v.type == JSON_NULL || (v.type == JSON_STRING && !v.string.len)) return true;
    if (v.type == JSON_STRING && !str_to_int64(v.string, &id)) id = 0;
    if ((v.type == JSON_STRING || v.type == JSON_INT) && id > 0) return true;
    return fault_user(f, 400, "send_through must be the number of a Postalytics connection.");
}

static bool check(void *ctx, struct json_value values, struct json_value secrets, struct fault *f)
{
    static const char *const plain[] = {"user_id", "business_id"};
    const struct kizen *k = ctx;
    struct kizen_fields fields;
    struct json_value key = json_get(secrets, "api_key");
    if (key.type != JSON_MISSING && !is_plain(key))
        return fault_user(f, 400, "api_key must be Kizen's API key, without blanks.");
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!is_plain(json_get(values, plain[i]))) return fault_user(f, 400, "%s must be Kizen's, without blanks.", plain[i]);
    struct str address = connector_setting_get(&k->connector, values, "address");
    if (!url_is_base(address)) return fault_user(f, 400, "address must be an address like https://app.go.kizen.com.");
    struct arena *a = arena_create(2048);
    bool ok =
        kizen_fields_read(json_get(values, "fields"), a, &fields, f) && check_through(json_get(values, "send_through"), f);
    arena_destroy(&a);
    return ok;
}

static void add(struct fetch_ask *ask, struct arena *a, const char *name, struct str value)
{
    ask->headers[ask->n_headers++] = str_of(arena_printf(a, "%s: %.*s", name, STR_ARG(value)));
}

static enum authorised authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                                 struct fault *f)
{
    const struct kizen *k = ctx;
    struct json_value values, secrets;
    enum authorised out = AUTHORISE_CANNOT;
    struct json_parser *p = json_parser_create(), *q = json_parser_create();
    (void)now;
    if (json_parse(p, json_padded(a, c->settings), &values, f) &&
        json_parse(q, json_padded(a, c->secrets.ptr ? c->secrets : STR("{}")), &secrets, f)) {
        struct json_value key = json_get(secrets, "api_key");
        struct str base = connector_setting_get(&k->connector, values, "address");
        while (str_ends(base, STR("/"))) base.len--;
        if (!is_plain(key)) {
            fault_user(f, 409, "The connection has no API key. " SAVE_AGAIN);
        } else {
            ask->url = str_of(arena_printf(a, "%.*s%.*s", STR_ARG(base), STR_ARG(ask->url)));
            add(ask, a, HEADER_KEY, key.string);
            add(ask, a, HEADER_USER, connector_setting_get(&k->connector, values, "user_id"));
            add(ask, a, HEADER_BUSINESS, connector_setting_get(&k->connector, values, "business_id"));
            add(ask, a, "Accept", STR("application/json"));
            out = AUTHORISED;
        }
    }
    json_parser_destroy(&p);
    json_parser_destroy(&q);
    return out;
}

/* {"detail": …}, {"errors": …}, {"field": [ … ]}: the first text of it. */
static struct str first_text(struct json_value v, int depth)
{
    struct json_iter it = {0};
    struct json_value one;
    if (v.type == JSON_STRING) return v.string;
    if ((v.type != JSON_ARRAY && v.type != JSON_OBJECT) || depth > 3) return STR_NULL;
    while (json_next(v, &it, NULL, &one)) {
        struct str s = first_text(one, depth + 1);
        if (s.len) return s;
    }
    return STR_NULL;
}

static enum link_result judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    (void)ctx;
    struct json_value root = {.type = JSON_MISSING};
    int status = answer->status;
    enum link_result out = LINK_OK;
    if (answer->error != FETCH_OK) {
        snprintf(sentence, n, "Kizen: %s.", answer->sentence);
        return answer->error == FETCH_REFUSED ? LINK_PERMANENT : LINK_RETRY_LATER;
    }
    struct arena *a = arena_create(2048);
    struct json_parser *p = json_parser_create();
    bool is_json = !answer->is_cut && json_parse(p, json_padded(a, answer->body), &root, NULL);
    struct str said = is_json ? first_text(root, 0) : STR_NULL;
    if (status >= 200 && status <= 299 && !is_json) {
        snprintf(sentence, n,
                 "Kizen answered %d with something that is no whole JSON document. Look at the connection's address.", status);
        out = LINK_PERMANENT;
    } else if (status == 401 || status == 403) { /* its words may hold what was sent */
        snprintf(sentence, n, "Kizen refused the connection's keys. " SAVE_AGAIN);
        out = LINK_AUTH;
    } else if (status < 200 || status > 299) {
        snprintf(sentence, n, said.len ? "Kizen answered %d: %.180s" : "Kizen answered %d.", status,
                 said.len ? arena_str(a, said).ptr : "");
        out = status == 429 || status == 408 || status >= 500 ? LINK_RETRY_LATER : LINK_PERMANENT;
    }
    json_parser_destroy(&p);
    arena_destroy(&a);
    return out;
}

struct kizen *kizen_create(const struct link_house *h)
{
    struct kizen *k = calloc(1, sizeof *k);
    ASSERT(k);
    k->house = h;
    k->turns = turns_create((int)limit_get(LIMIT_ACTION_THREADS), kizen_action_run);
    k->connector = (struct connector){.name = "kizen",
                                      .title = "Kizen",
                                      .number = KIZEN_NUMBER,
                                      .verbs = CONNECTOR_SENDS,
                                      .settings = settings,
                                      .n_settings = sizeof settings / sizeof *settings,
                                      .operations = operations,
                                      .n_operations = sizeof operations / sizeof *operations,
                                      .ctx = k,
                                      .check = check,
                                      .authorise = authorise,
                                      .judge = judge,
                                      .try_operation = "find-contacts"};
    return k;
}

void kizen_stop(struct kizen *k)
{
    if (!k) return;
    k->stops = true;
    turns_stop(k->turns);
}

void kizen_destroy(struct kizen **kp)
{
    struct kizen *k = *kp;
    *kp = NULL;
    if (!k) return;
    kizen_stop(k);
    turns_destroy(&k->turns);
    free(k);
}

const struct connector *kizen_connector(const struct kizen *k) { return &k->connector; }
