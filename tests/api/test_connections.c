/* test_connections.c: connections to a CRM that this process plays itself: what may be saved and what comes back, that no secret does, the
 * trial, operations, and subscriptions that go to a connection. */
#include "fake_connector.h"
#include "house.h"
#include "base/log.h"
#include "press/press.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the CRM: whose token is "good", is let in ---- */

static void crm_me(struct http_exchange *x)
{
    struct str who = http_header(x, "Authorization");
    http_add_header(x, "X-Left", "99");
    http_add_header(x, "Set-Cookie", "a=b");
    if (str_eq(who, STR("Bearer good")) || str_eq(who, STR("Bearer good too")))
        http_answer(x, 200, "application/json", STR("{\"name\":\"Penny\"}"));
    else if (str_eq(who, STR("Bearer odd")))
        http_answer(x, 200, "application/json", STR("[{\"hello\":1}]"));
    else if (str_eq(who, STR("Bearer slow")))
        http_answer(x, 503, "text/plain", STR("later"));
    else if (str_starts(who, STR("Bearer blab")))
        http_answer(x, 500, "text/plain", str_of(arena_printf(http_arena(x), "I know %.*s", STR_ARG(who))));
    else
        http_answer(x, 401, "application/json", STR("{\"error\":\"no\"}"));
}

/* Says what it was asked. */
static void crm_echo(struct http_exchange *x)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_strz(&j, "method", http_method_name(http_method(x)));
    json_str(&j, "path", http_path(x));
    json_str(&j, "query", http_query_text(x));
    json_str(&j, "body", http_body(x));
    json_end(&j);
    json_out_end(&j);
    http_answer(x, 200, "application/json", buf_str(&b));
    buf_finish(&b);
}
static void crm_text(struct http_exchange *x) { http_answer(x, 404, "text/html", STR("<p>none</p>")); }

static const struct http_route crm[] = {
    {HTTP_GET, "/crm/me", crm_me, HTTP_OPEN, 0, NULL},
    {HTTP_POST, "/crm/contacts/{id}/tags", crm_echo, HTTP_OPEN, 0, NULL},
    {HTTP_PUT, "/crm/things/{id}", crm_echo, HTTP_OPEN, 0, NULL},
    {HTTP_GET, "/crm/free", crm_echo, HTTP_OPEN, 0, NULL},
    {HTTP_GET, "/crm/text", crm_text, HTTP_OPEN, 0, NULL},
};

/* %P in a text is the CRM's address. */
static const char *at_crm(const char *text)
{
    static char out[4000];
    const char *mark;
    size_t n = 0;
    while ((mark = strstr(text, "%P"))) {
        n += (size_t)snprintf(out + n, sizeof out - n, "%.*shttp://127.0.0.1:%d/crm", (int)(mark - text), text, house.port);
        text = mark + 2;
    }
    snprintf(out + n, sizeof out - n, "%s", text);
    return out;
}

static int64_t make(const char *key, const char *body)
{
    struct answer a = ask(key, "POST", "/v1/connections", at_crm(body));
    if (a.status != 200) fail_msg("%s: %d %s", body, a.status, a.body);
    return answer_number(a, "connection_id");
}

static char *path(const char *fmt, int64_t id)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

static int64_t rows(const char *table)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    return fresh_store_number(house.address, sql);
}
static int64_t connections_alive(void)
{
    return fresh_store_number(house.address, "SELECT count(*) FROM connection WHERE state = 0");
}

/* ---- what may be saved ---- */

#define REFUSED(sentence) "{\"error\":{\"message\":\"" sentence "\",\"status_code\":400}}"

static const struct {
    const char *name, *body;
    int status;
    const char *answer;
} saves[] = {
    {"no kind", "{}", 400, REFUSED("kind must be one of: crm.")},
    {"another kind", "{\"kind\":\"abacus\"}", 400, REFUSED("kind must be one of: crm.")},
    {"nothing said", "{\"kind\":\"crm\"}", 400, REFUSED("settings.base is required.")},
    {"no secret", "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"}}", 400, REFUSED("secrets.token is required.")},
    {"empty secret", "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"token\":\" \"}}", 400,
     REFUSED("secrets.token is required.")},
    {"settings of another type", "{\"kind\":\"crm\",\"settings\":[1]}", 400, REFUSED("settings must be an object of texts.")},
    {"a setting of another type", "{\"kind\":\"crm\",\"settings\":{\"base\":{}}}", 400,
     REFUSED("settings.base must be a text or a whole number.")},
    {"unknown setting", "{\"kind\":\"crm\",\"settings\":{\"bass\":\"x\"}}", 400,
     REFUSED("The CRM has no \\\"bass\\\" among its settings: base, stage, tag.")},
    {"unknown secret", "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"hook\":\"x\"}}", 400,
     REFUSED("The CRM has no \\\"hook\\\" among its secrets: token, second.")},
    {"a secret among the settings", "{\"kind\":\"crm\",\"settings\":{\"token\":\"s3cret\"}}", 400,
     REFUSED("token belongs among the secrets.")},
    {"a setting among the secrets", "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"tag\":\"x\"}}", 400,
     REFUSED("tag belongs among the settings.")},
    {"a control character in a secret",
     "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"token\":\"a\\u0001b\"}}", 400,
     REFUSED("secrets.token holds a control character.")},
    {"a line end in a secret", "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"token\":\"a\\nb\"}}", 400,
     REFUSED("secrets.token must be one line.")},
    {"a return in a setting", "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\",\"tag\":\"a\\rb\"}}", 400,
     REFUSED("settings.tag must be one line.")},
    {"the connector's own rule", "{\"kind\":\"crm\",\"settings\":{\"base\":\"ftp://x\"},\"secrets\":{\"token\":\"s3cret\"}}",
     400, REFUSED("settings.base must begin with http://.")},
    {"a token that is refused there", "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"token\":\"s3cret\"}}",
     400, REFUSED("The token was refused. Make a new one.")},
    {"an address that this server does not ask",
     "{\"kind\":\"crm\",\"settings\":{\"base\":\"http://10.0.0.1\"},\"secrets\":{\"token\":\"s3cret\"}}", 400, "{\"error\":~"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof saves / sizeof *saves; i++) {
        fake_removed = 0;
        struct answer a = ask(house.key, "POST", "/v1/connections", at_crm(saves[i].body));
        bool was_tried = strstr(saves[i].answer, "The token was refused") || strstr(saves[i].body, "10.0.0.1");
        assert_int_equal(fake_removed != 0, was_tried); /* it was there while it was tried, and is forgotten */
        print_message("%s: %d %s\n", saves[i].name, a.status, a.body);
        assert_answer(a, saves[i].status, saves[i].answer);
        assert_null(strstr(a.body, "s3cret"));
    }
    assert_int_equal(connections_alive(), 0);
    assert_int_equal(rows("destination"), 0);
}

#define GOOD "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"token\":\"good\"}}"

static void test_shown(void **state)
{
    (void)state;
    struct answer a =
        ask(house.key, "POST", "/v1/connections",
            at_crm("{\"kind\":\"crm\",\"label\":\"Sales\",\"description\":\"Ours\",\"settings\":{\"base\":\"%P\",\"tag\":7},"
                   "\"secrets\":{\"token\":\"good\"}}"));
    int64_t id = answer_number(a, "connection_id");
    static const char shown[] =
        "{\"connection_id\":#,\"kind\":\"crm\",\"title\":\"The "
        "CRM\",\"label\":\"Sales\",\"description\":\"Ours\",\"settings\":{\"base\":\"http://127.0.0.1:#/crm\",\"tag\":\"7\"},"
        "\"secrets\":{\"token\":true,\"second\":false},\"must_be_saved_again\":false,\"status\":null,\"updated_date\":\"@\","
        "\"requests\":{\"has_token\":false,\"last_refused_date\":null,\"last_refusal\":null},"
        "\"destination\":{\"destination_id\":#,\"link\":\"crm\",\"url\":null,\"state\":\"open\",\"paused_"
        "until\":null,"
        "\"failing_since\":null,\"waiting\":0,\"given_up\":0,\"last_error\":null,\"created_date\":\"@\",\"connection_id\":#}~";
    assert_answer(a, 200, shown);
    assert_non_null(strstr(a.body, "\"test\":{\"is_working\":true,\"status\":200,\"sentence\":null,\"tried_date\":\""));
    a = ask(house.key, "GET", path("/v1/connections/%lld", id), NULL);
    assert_answer(a, 200, shown);
    assert_null(strstr(a.body, "good"));
    a = ask(house.key, "GET", "/v1/connections", NULL);
    assert_non_null(strstr(a.body, "\"label\":\"Sales\""));
    assert_null(strstr(a.body, "good"));
    assert_int_equal(ask(house.other_key, "GET", path("/v1/connections/%lld", id), NULL).status, 404);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", id), NULL).status, 200);
    assert_int_equal(ask(house.key, "GET", path("/v1/connections/%lld", id), NULL).status, 404);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", id), NULL).status, 404);
    assert_int_equal(rows("destination"), 0);
}

static void test_connectors(void **state)
{
    (void)state;
    struct answer a = ask(house.key, "GET", "/v1/connectors", NULL);
    assert_answer(a, 200,
                  "[{\"name\":\"crm\",\"title\":\"The CRM\",\"verbs\":[\"sets_state\",\"keeps_history\"],\"is_told\":true,~");
    assert_non_null(
        strstr(a.body, "{\"name\":\"tag\",\"is_secret\":false,\"is_required\":false,\"default\":\"mail\",\"what\":"));
    assert_non_null(strstr(a.body, "{\"name\":\"tags\",\"in\":\"body\",\"is_required\":true}"));
    assert_non_null(strstr(a.body, "{\"name\":\"contact_id\",\"in\":\"path\",\"is_required\":true}"));
}

/* ---- changing ---- */

#define TEN_UMLAUTS     "ääääääääää"
#define FIFTY_UMLAUTS   TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS
#define HUNDRED_UMLAUTS FIFTY_UMLAUTS FIFTY_UMLAUTS

static const struct {
    const char *name, *method, *body;
    int status;
    const char *has;
} changes[] = {
    {"a label", "PATCH", "{\"label\":\"B\"}", 200, "\"label\":\"B\""},
    {"a label that rings", "PATCH", "{\"label\":\"a\\u0007b\"}", 400,
     "The label or the description holds a control character."},
    {"a label of two lines", "PATCH", "{\"label\":\"a\\nb\"}", 400, "The label must be one line."},
    {"a label of 100 characters", "PATCH", "{\"label\":\"" HUNDRED_UMLAUTS "\"}", 200, "\"label\":\"" HUNDRED_UMLAUTS},
    {"a label of 101", "PATCH", "{\"label\":\"x" HUNDRED_UMLAUTS "\"}", 400, "The label is longer than 100 characters"},
    {"a setting that ends with its file's line", "PATCH", "{\"label\":\"B\",\"settings\":{\"tag\":\"mail\\r\\n\"}}", 200,
     "\"tag\":\"mail\""},
    {"the kind that it has", "PATCH", "{\"kind\":\"crm\"}", 200, "\"kind\":\"crm\""},
    {"another kind", "PATCH", "{\"kind\":\"webhook\"}", 400, "A connection keeps its kind, \\\"crm\\\": make another one."},
    {"one setting, the others stay", "PATCH", "{\"settings\":{\"tag\":\"x\"}}", 200, "/crm\",\"tag\":\"x\"}"},
    {"the secret stays", "PATCH", "{\"secrets\":{\"second\":\"s3cret\"}}", 200, "\"secrets\":{\"token\":true,\"second\":true}"},
    {"null takes it away", "PATCH", "{\"secrets\":{\"second\":null}}", 200, "\"secrets\":{\"token\":true,\"second\":false}"},
    {"a required one is not taken away", "PATCH", "{\"secrets\":{\"token\":null}}", 400, "secrets.token is required."},
    {"one that is refused is not kept", "PATCH", "{\"secrets\":{\"token\":\"bad\"}}", 400, "The token was refused."},
    {"a side that does not answer refuses nothing", "PATCH", "{\"secrets\":{\"token\":\"slow\"}}", 200,
     "\"test\":{\"is_working\":false,\"status\":503,"},
    {"somebody else answers", "PATCH", "{\"secrets\":{\"token\":\"odd\"}}", 200,
     "{\"is_working\":false,\"status\":200,\"sentence\":\"It was answered, but not as The CRM answers: there is no "
     "\\\"name\\\" in it."},
    {"nor is it tried when that is said", "PATCH", "{\"secrets\":{\"token\":\"bad\"},\"is_tested\":false}", 200,
     "\"secrets\":{\"token\":true,"},
    {"back again", "PATCH", "{\"secrets\":{\"token\":\"good\"}}", 200, "\"test\":{\"is_working\":true"},
    {"another place wants the secrets again", "PATCH", "{\"settings\":{\"base\":\"http://127.0.0.1:9\"}}", 400,
     "must be said again: secrets.token."},
    {"so does a word for a place", "PATCH", "{\"settings\":{\"stage\":\"HTTP://127.0.0.1:9\"}}", 400,
     "must be said again: secrets.token."},
    {"PUT: settings that are not said go", "PUT", "{\"settings\":{\"base\":\"%P\"}}", 200, "/crm\"}"},
    {"PUT: secrets stay", "PUT", "{\"settings\":{\"base\":\"%P\"}}", 200, "\"secrets\":{\"token\":true,"},
    {"PUT without the required", "PUT", "{\"settings\":{\"tag\":\"x\"}}", 400, "settings.base is required."},
};

static void test_changes(void **state)
{
    (void)state;
    int64_t id = make(house.key, GOOD);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct answer a = ask(house.key, changes[i].method, path("/v1/connections/%lld", id), at_crm(changes[i].body));
        if (a.status != changes[i].status || !strstr(a.body, changes[i].has))
            fail_msg("%s: %d %s", changes[i].name, a.status, a.body);
        assert_null(strstr(a.body, "s3cret"));
    }
    assert_answer(ask(house.key, "POST", path("/v1/connections/%lld/test", id), NULL), 200,
                  "{\"is_working\":true,\"status\":200,\"sentence\":null,\"tried_date\":\"@\"}");
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", id), NULL).status, 200);
}

/* A pause ends with a change that is taken, and with no other. */
static void check_pause(const char *connection)
{
    int64_t id = answer_number(ask(house.key, "GET", connection, NULL), "destination_id");
    assert_int_equal(ask(house.key, "PATCH", path("/v1/destinations/%lld", id), "{\"state\":\"paused\"}").status, 200);
    assert_int_equal(ask(house.key, "PATCH", connection, "{\"secrets\":{\"token\":\"bad\"}}").status, 400);
    assert_non_null(strstr(ask(house.key, "GET", connection, NULL).body, "\"state\":\"paused\""));
    assert_int_equal(ask(house.key, "PATCH", connection, "{\"secrets\":{\"token\":\"good\"}}").status, 200);
    assert_non_null(strstr(ask(house.key, "GET", connection, NULL).body, "\"state\":\"open\""));
}

/* After a refused change the old secret still works. */
static void test_put_back(void **state)
{
    (void)state;
    int64_t id = make(house.key, GOOD);
    char target[200];
    snprintf(target, sizeof target, "%s", path("/v1/connections/%lld", id));
    assert_int_equal(ask(house.key, "PATCH", target, "{\"label\":\"New\",\"secrets\":{\"token\":\"bad\"}}").status, 400);
    assert_non_null(strstr(ask(house.key, "GET", target, NULL).body, "\"label\":\"The CRM\""));
    assert_answer(ask(house.key, "POST", path("/v1/connections/%lld/test", id), NULL), 200, "{\"is_working\":true,~");
    check_pause(target);
    assert_int_equal(ask(house.key, "PATCH", target, "{\"secrets\":{\"token\":\"bad\"},\"is_tested\":false}").status, 200);
    assert_answer(
        ask(house.key, "POST", path("/v1/connections/%lld/test", id), NULL), 200,
        "{\"is_working\":false,\"status\":401,\"sentence\":\"The token was refused. Make a new one.\",\"tried_date\":\"@\"}");
    assert_int_equal(ask(house.key, "DELETE", target, NULL).status, 200);
}

/* ---- the newest trial is kept ---- */

#define WORKS "\"test\":{\"is_working\":true,"
#define FAILS(status, sentence)                                                                                                \
    "\"test\":{\"is_working\":false,\"status\":" status ",\"sentence\":\"" sentence "\",\"tried_date\":\"2"
#define NEVER "\"test\":null"

/* One after the other, with one connection; behind each it is looked at. `path`: below the connection's. */
static const struct {
    const char *name, *method, *path, *body;
    int status;
    const char *kept;
} trials[] = {
    {"made", "GET", "", NULL, 200, WORKS},
    {"it does not answer", "PATCH", "", "{\"secrets\":{\"token\":\"slow\"}}", 200, FAILS("503", "503 Service Unavailable")},
    {"a label is no trial and forgets none", "PATCH", "", "{\"label\":\"B\"}", 200, FAILS("503", "503 Service Unavailable")},
    {"nor do the settings that are there", "PUT", "", "{\"settings\":{\"base\":\"%P\"},\"is_tested\":false}", 200,
     FAILS("503", "503 Service Unavailable")},
    {"what is refused leaves what was", "PATCH", "", "{\"secrets\":{\"token\":\"bad\"}}", 400,
     FAILS("503", "503 Service Unavailable")},
    {"other settings, untried", "PATCH", "", "{\"settings\":{\"tag\":\"y\"},\"is_tested\":false}", 200, NEVER},
    {"and what is refused leaves that", "PATCH", "", "{\"secrets\":{\"token\":\"bad\"}}", 400, NEVER},
    {"tried", "POST", "/test", NULL, 200, FAILS("503", "503 Service Unavailable")},
    {"other secrets, untried", "PATCH", "", "{\"secrets\":{\"token\":\"bad\"},\"is_tested\":false}", 200, NEVER},
    {"refused when it is tried later", "POST", "/test", NULL, 200, FAILS("401", "The token was refused. Make a new one.")},
    {"it says the secret", "PATCH", "", "{\"secrets\":{\"token\":\"blab-s3cret\"}}", 200,
     FAILS("500", "I know Bearer [secret]")},
    {"the connector says it, of which nothing is asked", "PATCH", "", "{\"secrets\":{\"token\":\"told-s3cret\"}}", 200,
     FAILS("null", "Of [secret] nothing is known.")},
    {"somebody else answers", "PATCH", "", "{\"secrets\":{\"token\":\"odd\"}}", 200,
     "\"sentence\":\"It was answered, but not as"},
    {"it works again", "PATCH", "", "{\"secrets\":{\"token\":\"good\"}}", 200, WORKS},
};

static void test_trials(void **state)
{
    (void)state;
    int64_t id = make(house.key, GOOD);
    char own[100], target[200];
    snprintf(own, sizeof own, "/v1/connections/%lld", (long long)id);
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        const char *body = trials[i].body ? at_crm(trials[i].body) : NULL;
        snprintf(target, sizeof target, "%s%s", own, trials[i].path);
        struct answer a = ask(house.key, trials[i].method, target, body);
        if (a.status != trials[i].status) fail_msg("%s: %d %s", trials[i].name, a.status, a.body);
        assert_null(strstr(a.body, "s3cret"));
        a = ask(house.key, "GET", own, NULL);
        if (!strstr(a.body, trials[i].kept)) fail_msg("%s: %s", trials[i].name, a.body);
        a = ask(house.key, "GET", "/v1/connections", NULL);
        if (!strstr(a.body, trials[i].kept)) fail_msg("%s, in the list: %s", trials[i].name, a.body);
        assert_int_equal(
            fresh_store_number(house.address, "SELECT count(*) FROM connection WHERE tried_sentence LIKE '%s3cret%'"), 0);
    }
    assert_int_equal(ask(house.key, "DELETE", own, NULL).status, 200);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM connection WHERE tried_sentence IS NOT NULL"), 0);
    id = make(house.key,
              "{\"kind\":\"crm\",\"settings\":{\"base\":\"%P\"},\"secrets\":{\"token\":\"bad\"},\"is_tested\":false}");
    assert_non_null(strstr(ask(house.key, "GET", path("/v1/connections/%lld", id), NULL).body, NEVER));
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", id), NULL).status, 200);
}

/* ---- operations ---- */

static const struct {
    const char *name, *operation, *body;
    int status;
    const char *has;
} operations[] = {
    {"one without inputs", "me", NULL, 200, "{\"status\":200,\"is_done\":true,\"sentence\":null,\"headers\":{"},
    {"its headers", "me", "{}", 200, "\"X-Left\":\"99\""},
    {"its body", "me", "{}", 200, "\"body\":{\"name\":\"Penny\"}}"},
    {"unknown", "mee", "{}", 404, "The CRM has no operation \\\"mee\\\""},
    {"an input in the path is coded", "tag_add", "{\"contact_id\":\"a/b c\",\"tags\":[\"x\"]}", 200,
     "\"path\":\"/crm/contacts/a/b c/tags\""},
    {"query and body", "tag_add", "{\"contact_id\":5,\"tags\":[\"x\",1],\"dry\":true}", 200,
     "\"query\":\"dry=true\",\"body\":\"{\\\"tags\\\":[\\\"x\\\",1],\\\"note\\\":\\\"mail\\\"}\""},
    {"one is missing", "tag_add", "{\"contact_id\":5}", 400, "tags is required."},
    {"one is too much", "tag_add", "{\"contact_id\":5,\"tags\":[],\"x\":1}", 400, "tag_add takes no \\\"x\\\"."},
    {"dots", "tag_add", "{\"contact_id\":\"..\",\"tags\":[]}", 400, "contact_id must not be dots only."},
    {"everything goes into an open body", "put", "{\"id\":1,\"any\":{\"a\":null}}", 200,
     "\"body\":\"{\\\"any\\\":{\\\"a\\\":null}}\""},
    {"a free call", "call", "{\"path\":\"/free\",\"query\":{\"a\":\"b c\"}}", 200, "\"query\":\"a=b%20c\""},
    {"elsewhere", "call", "{\"path\":\"//evil\"}", 400, "path must begin with one slash"},
    {"what is no JSON is text", "call", "{\"path\":\"/text\"}", 200, "\"status\":404,\"is_done\":false,"},
    {"and is shown", "call", "{\"path\":\"/text\"}", 200, "\"body\":\"<p>none</p>\""},
};

static void test_operations(void **state)
{
    (void)state;
    int64_t id = make(house.key, GOOD);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        char target[200];
        snprintf(target, sizeof target, "/v1/connections/%lld/operations/%s", (long long)id, operations[i].operation);
        struct answer a = ask(house.key, "POST", target, operations[i].body);
        if (a.status != operations[i].status || !strstr(a.body, operations[i].has))
            fail_msg("%s: %d %s", operations[i].name, a.status, a.body);
        assert_null(strstr(a.body, "Cookie"));
        assert_int_equal(ask(house.other_key, "POST", target, operations[i].body).status, 404);
    }
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", id), NULL).status, 200);
}

/* ---- subscriptions ---- */

static const struct {
    const char *name, *body;
    int status;
    const char *has;
} subscriptions[] = {
    {"neither", "{}", 400, "url, connection_id or send is required."},
    {"both", "{\"connection_id\":%lld,\"url\":\"http://127.0.0.1:9/\"}", 400, "say one of url and connection_id"},
    {"a secret", "{\"connection_id\":%lld,\"secret\":\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"}", 400,
     "no secret with a connection"},
    {"no such connection", "{\"connection_id\":424242}", 404, "There is no connection 424242."},
    {"settings that it refuses", "{\"connection_id\":%lld,\"settings\":{\"tags\":1}}", 400, "settings takes tag, a text."},
    {"settings of another type", "{\"connection_id\":%lld,\"settings\":\"x\"}", 400, "settings must be an object."},
    {"settings of a url", "{\"url\":\"http://127.0.0.1:9/\",\"settings\":{\"tag\":\"x\"}}", 400,
     "Only a subscription of a connection has settings."},
    {"of a list", "{\"connection_id\":%lld,\"source\":\"list\"}", 400, "source must be \\\"drop\\\"."},
    {"a delay above 60 days", "{\"connection_id\":%lld,\"delay_s\":5184001}", 400,
     "delay_s must be a number from 0 to 5184000 (60 days)."},
    {"nor for a url", "{\"url\":\"http://127.0.0.1:9/\",\"delay_s\":5184001}", 400,
     "delay_s must be a number from 0 to 5184000 (60 days)."},
    {"one", "{\"connection_id\":%lld,\"events\":[\"Mailed\"],\"delay_s\":5184000,\"settings\":{\"tag\":\"x\"}}", 200,
     "\"events\":[\"Mailed\"],\"url\":null,\"destination_id\":"},
    {"another way of telling it", "{\"connection_id\":%lld,\"events\":[\"Mailed\"],\"delay_s\":5}", 200, "\"settings\":{}"},
};

static int64_t listed(const char *key, const char *query, int64_t connection_id)
{
    char target[200];
    int64_t n = 0;
    snprintf(target, sizeof target, query, (long long)connection_id);
    struct answer a = ask(key, "GET", target, NULL);
    if (a.status != 200) return -a.status;
    for (const char *at = a.body; (at = strstr(at, "\"subscription_id\"")); at++) n++;
    return n;
}

/* Two are told to the connection, of all drops; what goes to an address and to another connection is not among them. */
static void test_told_to(int64_t id, int64_t last)
{
    int64_t other = make(house.key, GOOD);
    char body[100];
    snprintf(body, sizeof body, "{\"connection_id\":%lld}", (long long)other);
    assert_int_equal(ask(house.key, "POST", "/v1/subscriptions", body).status, 200);
    assert_int_equal(listed(house.key, "/v1/subscriptions?connection_id=%lld", id), 2);
    assert_int_equal(listed(house.key, "/v1/subscriptions?connection_id=%lld&source=drop", id), 2);
    assert_int_equal(listed(house.key, "/v1/subscriptions?connection_id=%lld&source=list", id), 0);
    assert_int_equal(listed(house.key, "/v1/subscriptions?connection_id=%lld&limit=1", id), 1);
    assert_int_equal(listed(house.key, "/v1/subscriptions?connection_id=%lld", other), 1);
    assert_int_equal(listed(house.key, "/v1/subscriptions", 0), 3);
    assert_int_equal(listed(house.key, "/v1/subscriptions?connection_id=%lld", 424242), -404);
    assert_int_equal(listed(house.key, "/v1/subscriptions?connection_id=%lld", 0), -400);
    assert_int_equal(listed(house.other_key, "/v1/subscriptions?connection_id=%lld", id), -404);
    struct answer a = ask(house.key, "GET", path("/v1/subscriptions?connection_id=%lld&limit=1", id), NULL);
    assert_int_equal(answer_number(a, "subscription_id"), last); /* newest first */
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", other), NULL).status, 200);
}

static void test_subscriptions(void **state)
{
    (void)state;
    int64_t id = make(house.key, GOOD), last = 0;
    char body[300], target[100];
    for (size_t i = 0; i < sizeof subscriptions / sizeof *subscriptions; i++) {
        const char *mark = strstr(subscriptions[i].body, "%lld");
        snprintf(body, sizeof body, "%s", subscriptions[i].body);
        if (mark)
            snprintf(body, sizeof body, "%.*s%lld%s", (int)(mark - subscriptions[i].body), subscriptions[i].body, (long long)id,
                     mark + 4);
        struct answer a = ask(house.key, "POST", "/v1/subscriptions", body);
        if (a.status != subscriptions[i].status || !strstr(a.body, subscriptions[i].has))
            fail_msg("%s: %d %s", subscriptions[i].name, a.status, a.body);
        if (a.status == 200) last = answer_number(a, "subscription_id");
    }
    assert_int_equal(rows("subscription"), 2);
    test_told_to(id, last);
    snprintf(body, sizeof body, "{\"connection_id\":%lld}", (long long)id);
    assert_int_equal(ask(house.other_key, "POST", "/v1/subscriptions", body).status, 404);
    snprintf(target, sizeof target, "/v1/subscriptions/%lld", (long long)last);
    struct answer a = ask(house.key, "PATCH", target, "{\"settings\":{\"tag\":\"y\"},\"is_enabled\":false}");
    assert_non_null(strstr(a.body, "\"settings\":{\"tag\":\"y\"}"));
    a = ask(house.key, "GET", target, NULL);
    assert_non_null(strstr(a.body, "\"settings\":{\"tag\":\"y\"}"));
    assert_non_null(strstr(a.body, "\"is_enabled\":false"));
    assert_non_null(strstr(a.body, "\"delay_s\":5,"));
    assert_int_equal(ask(house.key, "PATCH", target, "{\"url\":\"http://127.0.0.1:9/\"}").status, 400);
    assert_int_equal(ask(house.key, "PATCH", target, "{\"settings\":{\"z\":1}}").status, 400);
    assert_int_equal(ask(house.key, "PATCH", target, "{\"connection_id\":424242}").status, 400);
    assert_int_equal(ask(house.key, "PATCH", target, "{\"connection_id\":null}").status, 400);
    assert_int_equal(ask(house.key, "POST", path("/v1/subscriptions/%lld/secret", last), "{}").status, 409);
    /* the hosted service's view knows webhooks only */
    assert_answer(ask(house.key, "GET", "/api/v1/webhooks", NULL), 200, "[]");
    assert_int_equal(ask(house.key, "GET", path("/api/v1/webhooks/%lld", last), NULL).status, 404);
    assert_int_equal(ask(house.key, "DELETE", path("/api/v1/webhooks/%lld", last), NULL).status, 404);
    assert_int_equal(ask(house.key, "DELETE", target, NULL).status, 200);
    assert_int_equal(rows("destination"), 1); /* it is the connection's and stays */
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", id), NULL).status, 200);
    assert_int_equal(rows("subscription"), 0);
    assert_int_equal(rows("destination"), 0);
}

static int open_house(void **state)
{
    house.extra = crm;
    house.n_extra = sizeof crm / sizeof *crm;
    return house_open(state);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_shown),         cmocka_unit_test(test_connectors),
        cmocka_unit_test(test_changes),    cmocka_unit_test(test_put_back),      cmocka_unit_test(test_trials),
        cmocka_unit_test(test_operations), cmocka_unit_test(test_subscriptions),
    };
    return cmocka_run_group_tests(tests, open_house, house_close);
}
