/* test_keys.c: every route of the table times every kind of key, from routes.def, so that a new route cannot be forgotten. */
#include "house.h"
#include "press/press.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *method, *pattern;
    enum route_who who;
} routes[] = {
#define ROUTE(method, pattern, handler, flags, limit, who, summary) {#method, pattern, who},
#include "api/routes.def"
#undef ROUTE
};
enum { N_ROUTES = sizeof routes / sizeof *routes };

/* The pattern with a number for each {name}: nothing has it, so no key finds anything behind it. */
static void concrete(const char *pattern, char *out, size_t size)
{
    size_t n = 0;
    for (; *pattern && n + 8 < size; pattern++) {
        if (*pattern != '{') {
            out[n++] = *pattern;
            continue;
        }
        pattern = strchr(pattern, '}');
        n += (size_t)sprintf(out + n, "424242");
    }
    out[n] = '\0';
}

static void each_route(const char *key, const char *key_name, int status, const char *body)
{
    for (size_t i = 0; i < N_ROUTES; i++) {
        char target[200];
        bool is_get = strcmp(routes[i].method, "GET") == 0;
        if (routes[i].who == WHO_ANYONE) continue;
        concrete(routes[i].pattern, target, sizeof target);
        print_message("%s: %s %s\n", key_name, routes[i].method, target);
        struct answer a = ask(key, routes[i].method, target, is_get ? NULL : "{}");
        assert_answer(a, status, body);
        if (status == 401) assert_non_null(strstr(a.head, "WWW-Authenticate: Basic realm=\"api\""));
    }
}

static const char refused[] = "{\"error\":{\"message\":\"Invalid API key. User authentication failed\",\"status_code\":401}}";

static void test_no_key(void **state)
{
    (void)state;
    each_route(NULL, "no key", 401, refused);
}
static void test_wrong_key(void **state)
{
    (void)state;
    each_route("00000000-0000-0000-0000-000000000000", "wrong key", 401, refused);
    each_route("", "empty key", 401, refused);
}
static void test_revoked_key(void **state)
{
    (void)state;
    each_route(house.revoked_key, "revoked key", 401, refused);
}

/* A live key opens an account's routes and no operator's; behind an unknown number there is nothing, and an empty body is refused. */
static void test_live_key(const char *key)
{
    for (size_t i = 0; i < N_ROUTES; i++) {
        char target[200];
        bool is_get = strcmp(routes[i].method, "GET") == 0, has_name = strchr(routes[i].pattern, '{') != NULL;
        concrete(routes[i].pattern, target, sizeof target);
        struct answer a = ask(key, routes[i].method, target, is_get ? NULL : "{}");
        print_message("%s %s: %d\n", routes[i].method, target, a.status);
        if (routes[i].who == WHO_ANYONE) continue; /* test_anyone */
        if (routes[i].who == WHO_OPERATOR || routes[i].who == WHO_OPERATOR_FOR)
            assert_answer(a, 403, "{\"error\":{\"message\":\"Only the operator may do this~");
        else if (is_get && !has_name)
            assert_int_equal(a.status, 200);
        else if (routes[i].who == WHO_FEED && !is_get) /* kept, whatever it is */
            assert_true(a.status == 200 || a.status == 202);
        else
            assert_true(a.status == 404 || a.status == 400 || a.status == 415 ||
                        (a.status == 410 && routes[i].who == WHO_ANYONE));
    }
}

static void test_right_key(void **state)
{
    (void)state;
    test_live_key(house.key);
}
static void test_other_key(void **state)
{
    (void)state;
    test_live_key(house.other_key);
}

static void test_sub_key(void **state)
{
    (void)state;
    test_live_key(house.sub_key);
}

/* ---- X-Account: whose key may act for whom ---- */

static struct answer ask_for(const char *key, int64_t account, const char *method, const char *target, const char *body)
{
    char header[60];
    snprintf(header, sizeof header, "X-Account: %lld\r\n", (long long)account);
    return ask_with(key, header, method, target, body);
}

static void test_acting(void **state)
{
    (void)state;
    const struct {
        const char *key;
        int64_t account;
        bool may;
    } rows[] = {
        {house.key, house.account, true},
        {house.key, house.sub, true},
        {house.key, house.other, false},
        {house.sub_key, house.sub, true},
        {house.sub_key, house.account, false},
        {house.sub_key, house.other, false},
        {house.other_key, house.other, true},
        {house.other_key, house.sub, false},
        {house.other_key, house.account, false},
        {house.key, 424242, false},
        {house.key, 0, false},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        for (size_t i = 0; i < N_ROUTES; i++) {
            char target[200];
            bool is_get = strcmp(routes[i].method, "GET") == 0, has_name = strchr(routes[i].pattern, '{') != NULL;
            if (routes[i].who != WHO_KEY || (rows[k].may && (!is_get || has_name))) continue;
            concrete(routes[i].pattern, target, sizeof target);
            struct answer a = ask_for(rows[k].key, rows[k].account, routes[i].method, target, is_get ? NULL : "{}");
            if (!rows[k].may)
                assert_answer(a, 404, "{\"error\":{\"message\":\"There is no account #.\",\"status_code\":404}}");
            else
                assert_int_equal(a.status, 200);
        }
}

/* ---- things that are there: each route that names one, asked by each key ---- */

static struct thing {
    const char *prefix; /* of the pattern, up to its {name} */
    char id[64];
} things[] = {
    {"/api/v1/contacts/details/{", ""},
    {"/api/v1/contacts/{id", ""},
    {"/api/v1/contacts/{list", ""},
    {"/api/v1/templates/{", ""},
    {"/api/v1/campaigns/{", ""},
    {"/api/v1/send/{", ""},
    {"/api/v1/account/{", ""},
    {"/v1/lists/{", ""},
    {"/v1/imports/{", ""},
    {"/v1/batches/{", ""},
    {"/v1/pieces/{", ""},
    {"/v1/assets/{", ""},
    {"/v1/connections/{", ""},
};
enum {
    CONTACT_DETAILS,
    CONTACT,
    CONTACT_LIST,
    TEMPLATE,
    CAMPAIGN,
    ENDPOINT,
    ACCOUNT,
    LIST,
    IMPORT,
    BATCH,
    PIECE,
    ASSET,
    CONNECTION,
    N_THINGS
};

#define PERSON                                                                                                                 \
    "\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address_street\":\"12 St James "                                      \
    "Square\",\"address_city\":\"Sacramento\","                                                                                \
    "\"address_state\":\"CA\",\"address_zip\":\"95814\""

static void thing_number(int thing, struct answer a, const char *name)
{
    snprintf(things[thing].id, sizeof things[thing].id, "%lld", (long long)answer_number(a, name));
}

static void make_things(const char *key, int64_t account)
{
    char body[1000], target[200];
    struct answer a = ask(key, "POST", "/v1/lists", "{\"name\":\"Mine\"}");
    thing_number(LIST, a, "contact_list_id");
    strcpy(things[CONTACT_LIST].id, things[LIST].id);
    snprintf(body, sizeof body, "{\"contact_list_id\":%s," PERSON "}", things[LIST].id);
    thing_number(CONTACT, ask(key, "POST", "/api/v1/contacts", body), "contact_id");
    strcpy(things[CONTACT_DETAILS].id, things[CONTACT].id);
    snprintf(target, sizeof target, "/v1/lists/%s/imports", things[LIST].id);
    thing_number(IMPORT, ask(key, "POST", target, "First Name\nA\n"), "import_id");
    thing_number(TEMPLATE, ask(key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>x</p>\"}"),
                 "template_id");
    house_publish(atoll(things[TEMPLATE].id));
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"Drip\",\"TemplateFrontId\":%s,\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":\"P\","
             "\"SenderAddress1\":\"1 "
             "Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\"}",
             things[TEMPLATE].id);
    a = ask(key, "POST", "/api/v1/campaigns", body);
    thing_number(CAMPAIGN, a, "drop_id");
    answer_text(a, "endpoint", things[ENDPOINT].id, sizeof things[ENDPOINT].id);
    snprintf(target, sizeof target, "/api/v1/send/%s", things[ENDPOINT].id);
    thing_number(PIECE, ask(key, "POST", target, "{" PERSON "}"), "mail_id");
    thing_number(BATCH, ask(key, "GET", "/v1/batches", NULL), "batch_id");
    assert_int_equal(ask(key, "PUT", "/v1/assets/mine.css", "p{color:red}").status, 200);
    strcpy(things[ASSET].id, "mine.css");
    a = ask(key, "POST", "/v1/connections",
            "{\"kind\":\"crm\",\"is_tested\":false,\"settings\":{\"base\":\"http://127.0.0.1:9\"},\"secrets\":{\"token\":\"t\"}}");
    thing_number(CONNECTION, a, "connection_id");
    snprintf(things[ACCOUNT].id, sizeof things[ACCOUNT].id, "%lld", (long long)account);
}

/* The pattern with the thing's number in it; false when it names none of them. */
static bool at_thing(const char *pattern, char *out, size_t size)
{
    for (int i = 0; i < N_THINGS; i++) {
        size_t n = strlen(things[i].prefix);
        if (strncmp(pattern, things[i].prefix, n) != 0) continue;
        const char *open = strchr(pattern, '{'), *close = strchr(pattern, '}');
        snprintf(out, size, "%.*s%s%s", (int)(open - pattern), pattern, things[i].id, close + 1);
        return strchr(close + 1, '{') == NULL;
    }
    return false;
}

/* Who may see reads it whole, or hears why there is no picture yet; for anybody else it is not there, whatever he wants to do with it. */
static void each_thing(const char *who, const char *key, const char *header, bool may)
{
    int n = 0;
    for (size_t i = 0; i < N_ROUTES; i++) {
        char target[200];
        bool is_get = strcmp(routes[i].method, "GET") == 0;
        if (routes[i].who != WHO_KEY || !at_thing(routes[i].pattern, target, sizeof target) || (may && !is_get)) continue;
        struct answer a = ask_with(key, header, routes[i].method, target, is_get ? NULL : "{}");
        print_message("%s: %s %s: %d\n", who, routes[i].method, target, a.status);
        n++;
        if (may)
            assert_true(a.status == 200 || a.status == 409);
        else
            assert_true(
                a.status == 404 || (!is_get && (a.status == 400 || a.status == 415)) ||
                (a.status == 200 && !is_get && strstr(routes[i].pattern, "assets"))); /* the name of an asset of his own */
    }
    assert_true(n >= (may ? 12 : 20));
}

static void test_things(void **state)
{
    (void)state;
    char header[60];
    make_things(house.sub_key, house.sub);
    each_thing("another account's", house.other_key, "", false);
    each_thing("a sub-account's own", house.sub_key, "", true);
    snprintf(header, sizeof header, "X-Account: %lld\r\n", (long long)house.sub);
    each_thing("the parent's, for it", house.key, header, true);
    make_things(house.key, house.account);
    each_thing("a sub-account's, of the parent's", house.sub_key, "", false);
    each_thing("another account's, of the parent's", house.other_key, "", false);
    each_thing("its own", house.key, "", true); /* nobody has touched it */
    assert_int_equal(ask(house.other_key, "DELETE", "/v1/assets/mine.css", NULL).status, 404);
}

static void test_anyone(void **state)
{
    (void)state;
    static const char nothing[] = "{\"error\":{\"message\":\"There is nothing at this address.\",\"status_code\":404}}";
    static const struct {
        const char *method, *pattern;
        int status;
        const char *body;
    } open[] = {
        {"GET", "/healthz", 200, "~"},
        {"GET", "/login/{token}", 410, "~"}, /* the token is the key, and this one is none */
        {"GET", "/openapi.yaml", 200, "~"},
        {"GET", "/p/{code}", 404, "<!doctype html>~"},
        {"GET", "/t.js", 200, "/* t.js~"},
        {"GET", "/t/{code}", 404, nothing},
        {"POST", "/t/{code}", 404, nothing},
        {"POST", "/v1/hooks/{connector}/{token}", 404, nothing},
    };
    size_t n = 0;
    for (size_t i = 0; i < N_ROUTES; i++) {
        char target[200];
        if (routes[i].who != WHO_ANYONE) continue;
        concrete(routes[i].pattern, target, sizeof target);
        size_t k = 0; /* another open route is to be thought about */
        while (k < sizeof open / sizeof *open && (strcmp(open[k].method, routes[i].method) || strcmp(open[k].pattern, routes[i].pattern))) k++;
        if (k == sizeof open / sizeof *open) fail_msg("%s %s is open and not in this test", routes[i].method, routes[i].pattern);
        assert_answer(ask(NULL, routes[i].method, target, strcmp(routes[i].method, "GET") == 0 ? NULL : "{}"), open[k].status, open[k].body);
        n++;
    }
    assert_int_equal(n, sizeof open / sizeof *open);
}

static void test_nothing_stored(void **state)
{
    (void)state;
    assert_int_equal(house_rows(), 3 + 4 + 2 * 3); /* the house's own accounts and keys, and two routes that keep anything for three accounts */
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anyone),      cmocka_unit_test(test_no_key),    cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_revoked_key), cmocka_unit_test(test_other_key), cmocka_unit_test(test_right_key),
        cmocka_unit_test(test_sub_key),     cmocka_unit_test(test_acting),    cmocka_unit_test(test_nothing_stored),
        cmocka_unit_test(test_things),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
