/* test_purl.c: personal URLs over HTTP: whom they lead where, who counts, what strangers learn, and which host serves what. */
#include "house.h"
#include "base/limits.h"
#include "mail/visit.h"
#include "api/pace.h"
#include "press/press.h"
#include <stdio.h>
#include <stdlib.h>

#define PERSON                                                                                                                 \
    "\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address_street\":\"12 St James Square\","                             \
    "\"address_city\":\"Sacramento\",\"address_state\":\"CA\",\"address_zip\":\"95814\",\"coupon\":\"X7\""
#define SENDER                                                                                                                 \
    "\"SenderName\":\"Penny Lane\",\"SenderAddress1\":\"1 Penny Lane\",\"SenderCity\":\"Springfield\","                        \
    "\"SenderState\":\"IL\",\"SenderZip\":\"62701\""
#define BROWSER "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
#define START   "https://shop.example/start"

static int64_t drop, other_drop;
static char code[13], other_code[13];

static void make_piece(const char *key, int64_t account, int64_t *drop_id, char out[13])
{
    char body[1000], endpoint[64], path[200];
    struct answer a = ask(key, "POST", "/api/v1/templates",
                          "{\"name\":\"card\",\"size\":2,\"is_full_html\":true,\"html\":\"<p>{{first_name}}</p>\"}");
    int64_t template = answer_number(a, "template_id");
    house_publish(template);
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"Card\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0," SENDER "}",
             (long long)template);
    a = ask(key, "POST", "/api/v1/campaigns", body);
    *drop_id = answer_number(a, "drop_id");
    snprintf(path, sizeof path, "/api/v1/send/%s", answer_text(a, "endpoint", endpoint, sizeof endpoint));
    int64_t id = answer_number(ask(key, "POST", path, "{" PERSON "}"), "mail_id");
    purl_code(house.mail, account, id, out);
}

static struct answer go(const char *method, const char *path, const char *host, const char *headers, const char *body)
{
    static char request[10000];
    int n = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s%s", method, path, host,
                     headers, body ? "" : "\r\n");
    if (body) n += snprintf(request + n, sizeof request - (size_t)n, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    assert_true((size_t)n < sizeof request);
    return ask_raw(request, (size_t)n);
}

static int64_t rows(const char *where)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM visit WHERE %s", where);
    return fresh_store_number(house.address, sql);
}

static char *at(const char *fmt, const char *what)
{
    static char text[300];
    snprintf(text, sizeof text, fmt, what);
    return text;
}

static char *of_drop(const char *fmt, int64_t id)
{
    static char text[100];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

/* The value of a header; "" when it is not there. */
static const char *header(struct answer a, const char *name)
{
    static char value[9000];
    char key[60];
    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *found = strcasestr(a.head, key);
    snprintf(value, sizeof value, "%.*s", found ? (int)strcspn(found + strlen(key), "\r") : 0,
             found ? found + strlen(key) : "");
    return value;
}

static void test_without_address(void **state)
{
    (void)state;
    make_piece(house.key, house.account, &drop, code);
    make_piece(house.other_key, house.other, &other_drop, other_code);
    struct answer a = go("GET", at("/p/%s", code), "localhost", BROWSER, NULL);
    assert_int_equal(a.status, 200); /* no Starting URL: a page that says nothing */
    assert_non_null(strstr(a.body, "Thank you"));
    assert_null(strstr(a.body, "Ada"));
    assert_int_equal(rows("kind = 1"), 1);
}

static void test_settings(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *want;
    } bad[] = {
        {"{\"starting_url\":\"shop.example\"}", 400, "~"},
        {"{\"goal_url\":\"javascript:alert(1)\"}", 400, "~"},
        {"{\"online_tracking\":\"maybe\"}", 400, "{\"error\":{\"message\":\"online_tracking is off, on or test.~"},
        {"{\"online_tracking\":true}", 400, "~"},
        {"{\"landing_fields\":\"first_name\"}", 400, "~"},
        {"{\"landing_fields\":[1]}", 400, "~"},
        {"{\"landing_fields\":[\"\"]}", 400, "~"},
        {"[]", 400, "~"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_answer(ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop), bad[i].body), bad[i].status, bad[i].want);
    assert_answer(ask(house.other_key, "PATCH", of_drop("/v1/drops/%lld", drop), "{\"online_tracking\":\"off\"}"), 404, "~");
    assert_answer(ask(house.key, "GET", of_drop("/v1/drops/%lld", drop), NULL), 200,
                  "{\"drop_id\":#,\"starting_url\":null,\"goal_url\":null,\"landing_fields\":[],\"online_tracking\":\"on\"}");
    assert_answer(ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop),
                      "{\"starting_url\":\"" START "\",\"goal_url\":\"https://shop.example/thanks\"}"),
                  200,
                  "{\"drop_id\":#,\"starting_url\":\"" START
                  "\",\"goal_url\":\"https://shop.example/thanks\",\"landing_fields\":[],\"online_tracking\":\"on\"}");
    assert_answer(ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop), "{\"goal_url\":null}"), 200,
                  "{\"drop_id\":#,\"starting_url\":\"" START
                  "\",\"goal_url\":null,\"landing_fields\":[],\"online_tracking\":\"on\"}");
}

/* Who is led, and who counts. */
static void test_who_counts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *method, *headers;
        bool counts;
    } cases[] = {
        {"a browser", "GET", BROWSER, true},
        {"HEAD", "HEAD", BROWSER, false},
        {"nobody", "GET", "", false},
        {"a robot", "GET", "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)\r\n", false},
        {"prefetch", "GET", BROWSER "Sec-Purpose: prefetch;prerender\r\n", false},
        {"prefetch of old", "GET", BROWSER "Purpose: prefetch\r\n", false},
        {"prefetch of Firefox", "GET", BROWSER "X-Moz: prefetch\r\n", false},
        {"preview", "GET", BROWSER "X-Purpose: preview\r\n", false},
        {"not text", "GET", "User-Agent: Mozilla \xff\xfe\r\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t before = rows("1 = 1");
        struct answer a = go(cases[i].method, at("/p/%s?utm=1", code), "localhost", cases[i].headers, NULL);
        print_message("%s\n", cases[i].name);
        assert_int_equal(a.status, 302);
        assert_int_equal(rows("1 = 1") - before, cases[i].counts);
        const char *to = header(a, "Location");
        assert_non_null(strstr(to, START "?pp="));
        assert_non_null(strstr(to, code));
        assert_non_null(strstr(to, "&utm=1"));
        assert_int_equal(strchr(to, '-') != NULL, cases[i].counts);
        assert_int_equal(strstr(a.head, "Set-Cookie: pennypost_visitor=") != NULL, cases[i].counts);
        assert_string_equal(header(a, "Cache-Control"), "no-store");
    }
}

static void test_cookie(void **state)
{
    (void)state;
    char cookie[200];
    int64_t visitors = fresh_store_number(house.address, "SELECT coalesce(sum(n), 0) FROM drop_stat WHERE code = 81");
    struct answer a = go("GET", at("/p/%s", code), "localhost", BROWSER, NULL);
    const char *set = header(a, "Set-Cookie");
    assert_non_null(strstr(set, "; Path=/p/; Max-Age=34128000; HttpOnly; SameSite=Lax"));
    snprintf(cookie, sizeof cookie, BROWSER "Cookie: a=b; %.*s; c\r\n", (int)strcspn(set, ";"), set);
    a = go("GET", at("/p/%s", code), "localhost", cookie, NULL);
    assert_string_equal(header(a, "Set-Cookie"), "");
    assert_int_equal(fresh_store_number(house.address, "SELECT sum(n) FROM drop_stat WHERE code = 81"), visitors + 1);
    a = go("GET", at("/p/%s", code), "localhost", BROWSER "Cookie: pennypost_visitor=zz\r\n", NULL); /* no number of ours */
    assert_string_not_equal(header(a, "Set-Cookie"), "");
}

/* A long query is left away; a Starting URL as long as may be fits. */
static void test_long(void **state)
{
    (void)state;
    static char body[4200], path[4200], want[4000];
    memset(want, 'a', 1900);
    snprintf(body, sizeof body, "{\"starting_url\":\"" START "?x=%s\"}", want);
    assert_int_equal(ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop), body).status, 200);
    memset(want, 'q', 1900);
    snprintf(path, sizeof path, "/p/%s?%s", code, want);
    struct answer a = go("GET", path, "localhost", BROWSER, NULL);
    assert_int_equal(a.status, 302);
    assert_non_null(strstr(header(a, "Location"), want));
    memset(want, 'q', 2100);
    snprintf(path, sizeof path, "/p/%s?%s", code, want);
    a = go("GET", path, "localhost", BROWSER, NULL);
    assert_int_equal(a.status, 302);
    assert_null(strstr(header(a, "Location"), "qqq"));
    ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop), "{\"starting_url\":\"" START "\"}");
}

/* Codes that are none, of nobody, or of another account than the host's look alike and tell nothing. */
static void test_unknown(void **state)
{
    (void)state;
    static const char *const none[] = {"x", "222222222222", "abcdefghijk%00", "%E2%82%AC", "aaaaaaaaaaaaaaaaaaaaaaaa"};
    struct answer a = go("GET", at("/p/%s", none[0]), "localhost", BROWSER, NULL);
    char page[1000];
    snprintf(page, sizeof page, "%s", a.body);
    assert_non_null(strstr(page, "There is nothing at this address."));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        a = go("GET", at("/p/%s", none[i]), "localhost", BROWSER, NULL);
        if (a.status == 400) continue; /* the server's own: no such bytes in a path */
        assert_int_equal(a.status, 404);
        assert_string_equal(a.body, page);
        a = go("GET", at("/t/%s", none[i]), "localhost", BROWSER, NULL);
        assert_answer(a, 404, "{\"error\":{\"message\":\"There is nothing at this address.\",\"status_code\":404}}");
        assert_string_equal(header(a, "Access-Control-Allow-Origin"), "*");
    }
}

static void test_landing(void **state)
{
    (void)state;
    char body[300];
    struct answer a = go("GET", "/t.js", "localhost", BROWSER, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(header(a, "Content-Type"), "text/javascript; charset=utf-8");
    assert_non_null(strstr(a.body, "data-pennypost"));
    a = go("GET", at("/t/%s", code), "localhost", BROWSER "Origin: https://shop.example\r\n", NULL);
    assert_answer(a, 200, "{\"fields\":{}}"); /* nothing, unless the campaign lists it */
    assert_string_equal(header(a, "Access-Control-Allow-Origin"), "*");
    ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop),
        "{\"landing_fields\":[\"first_name\",\"coupon\"],\"goal_url\":\"https://shop.example/thanks\"}");
    assert_answer(go("GET", at("/t/%s", code), "localhost", BROWSER, NULL), 200,
                  "{\"fields\":{\"first_name\":\"Ada\",\"coupon\":\"X7\"}}");

    static const struct {
        const char *body;
        int status;
    } reports[] = {
        {"{\"visit\":\"\",\"url\":\"https://shop.example/start\"}", 204},
        {"{\"url\":\"https://shop.example/start?pp=x\"}", 204},
        {"{\"visit\":\"x\",\"url\":\"https://shop.example/\"}", 400},
        {"{\"visit\":\"-1\",\"url\":\"https://shop.example/\"}", 400},
        {"{\"visit\":\"99999999999999999999\",\"url\":\"https://shop.example/\"}", 400},
        {"{\"visit\":\"1\"}", 400},
        {"{\"url\":\"javascript:alert(1)\"}", 400},
        {"{\"url\":", 400},
        {"[]", 400},
        {"", 400},
    };
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        int64_t before = rows("kind > 1");
        a = go("POST", at("/t/%s", code), "localhost", BROWSER "Origin: https://shop.example\r\nContent-Type: text/plain\r\n",
               reports[i].body);
        print_message("%s\n", reports[i].body);
        assert_int_equal(a.status, reports[i].status);
        assert_int_equal(rows("kind > 1") - before, reports[i].status == 204);
    }
    assert_int_equal(rows("url LIKE '%pp=%'"), 0);
    snprintf(body, sizeof body, "{\"url\":\"https://shop.example/thanks\"}");
    int64_t before = rows("kind = 3");
    go("POST", at("/t/%s", code), "localhost", "User-Agent: curl/8\r\n", body);
    assert_int_equal(rows("kind = 3"), before); /* a program */
    assert_int_equal(go("POST", at("/t/%s", code), "localhost", BROWSER, body).status, 204);
    assert_int_equal(rows("kind = 3"), before + 1);
    assert_int_equal(
        fresh_store_number(house.address, "SELECT count(*) FROM event WHERE source = 1 AND code = 8 AND is_test = 1"), 1);
}

static void test_off_test_wipe(void **state)
{
    (void)state;
    int64_t before = rows("1 = 1");
    ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop), "{\"online_tracking\":\"off\"}");
    struct answer a = go("GET", at("/p/%s", code), "localhost", BROWSER, NULL);
    assert_int_equal(a.status, 302);
    assert_string_equal(header(a, "Set-Cookie"), "");
    assert_int_equal(rows("1 = 1"), before);
    ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop), "{\"online_tracking\":\"test\"}");
    assert_int_equal(go("GET", at("/p/%s", code), "localhost", BROWSER, NULL).status, 302);
    assert_int_equal(rows("is_test = 1"), before + 1);
    assert_answer(ask(house.key, "DELETE", of_drop("/v1/drops/%lld/visits", drop), NULL), 400,
                  "{\"error\":{\"message\":\"Only test visits can be wiped: ask for ?test=1.~");
    assert_answer(ask(house.other_key, "DELETE", of_drop("/v1/drops/%lld/visits?test=1", drop), NULL), 404, "~");
    assert_answer(ask(house.key, "DELETE", of_drop("/v1/drops/%lld/visits?test=1", drop), NULL), 200,
                  "{\"drop_id\":#,\"wiped\":#}");
    assert_int_equal(rows("1 = 1"), 0);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM drop_stat WHERE code IN (71, 72, 80, 81, 82)"), 0);
    ask(house.key, "PATCH", of_drop("/v1/drops/%lld", drop), "{\"online_tracking\":\"on\"}");
}

static void test_domain(void **state)
{
    (void)state;
    char body[60];
    snprintf(body, sizeof body, "{\"account_id\":%lld}", (long long)house.account);
    assert_int_equal(ask(house.key, "PUT", "/v1/tracking-domains/go.example", body).status,
                     403); /* a name is the operator's to give */
    assert_answer(ask_operator(0, "PUT", "/v1/tracking-domains/127.0.0.1", body), 400, "~");
    assert_answer(ask_operator(0, "PUT", "/v1/tracking-domains/go.example", NULL), 400, "~");
    assert_answer(ask_operator(0, "PUT", "/v1/tracking-domains/Go.Example", body), 200,
                  "{\"host\":\"go.example\",\"account_id\":#,\"purl_base\":\"http://go.example/p/\",\"created_date\":\"@\"}");
    assert_answer(ask(house.key, "GET", "/v1/tracking-domains", NULL), 200, "[{\"host\":\"go.example\",~");
    assert_answer(ask(house.other_key, "GET", "/v1/tracking-domains", NULL), 200, "[]");
    static const struct {
        const char *method, *path, *host;
        int status;
    } cases[] = {
        {"GET", "/p/%s", "go.example", 302},      {"GET", "/p/%s", "GO.example:8080", 302},
        {"GET", "/t/%s", "go.example", 200},      {"GET", "/t.js", "go.example", 200},
        {"GET", "/healthz", "go.example", 404},   {"GET", "/", "go.example", 404},
        {"GET", "/v1/lists", "go.example", 404},  {"GET", "/p", "go.example", 404},
        {"GET", "/t.js/x", "go.example", 404},    {"POST", "/api/v1/lists", "go.example", 404},
        {"GET", "/healthz", "x.go.example", 200}, {"GET", "/v1/lists", "localhost", 401},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s %s at %s\n", cases[i].method, cases[i].path, cases[i].host);
        assert_int_equal(go(cases[i].method, at(cases[i].path, code), cases[i].host, BROWSER, NULL).status, cases[i].status);
    }
    ask(house.other_key, "PATCH", of_drop("/v1/drops/%lld", other_drop), "{\"starting_url\":\"" START "\"}");
    assert_int_equal(go("GET", at("/p/%s", other_code), "localhost", BROWSER, NULL).status, 302);
    assert_int_equal(go("GET", at("/p/%s", other_code), "go.example", BROWSER, NULL).status, 404); /* another account's */
    assert_int_equal(go("GET", at("/t/%s", other_code), "go.example", BROWSER, NULL).status, 404);
    snprintf(body, sizeof body, "{\"account_id\":%lld}", (long long)house.other);
    assert_answer(ask_operator(0, "PUT", "/v1/tracking-domains/go.example", body), 409, "~");
    assert_answer(ask_operator(0, "DELETE", "/v1/tracking-domains/go.example", body), 404, "~");
    assert_answer(ask_operator(0, "DELETE", of_drop("/v1/tracking-domains/go.example?account_id=%lld", house.account), NULL),
                  200, "{\"deleted_date\":\"@\",\"account_id\":#}");
    assert_int_equal(go("GET", "/healthz", "go.example", "", NULL).status, 200);
}

/* Behind a proxy of this machine each visitor has a pace of his own. */
static void test_pace(void **state)
{
    (void)state;
    assert_true(limit_set(STR("purl.per_minute"), 3, NULL));
    static const struct {
        const char *from;
        int status;
    } cases[] = {
        {"X-Forwarded-For: 198.51.100.1\r\n", 302},          {"X-Forwarded-For: 198.51.100.1\r\n", 302},
        {"X-Forwarded-For: 9.9.9.9, 198.51.100.1\r\n", 302}, {"X-Forwarded-For: 1.1.1.1, 198.51.100.1\r\n", 429},
        {"X-Forwarded-For: 198.51.100.2\r\n", 302},          {"X-Forwarded-For: 2001:db8::1\r\n", 302},
        {"X-Forwarded-For: 2001:db8::2\r\n", 302},           {"X-Forwarded-For: 2001:db8::3\r\n", 302},
        {"X-Forwarded-For: 2001:db8::4\r\n", 429},           {"X-Forwarded-For: 2001:db8:0:1::4\r\n", 302},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char headers[300];
        snprintf(headers, sizeof headers, BROWSER "%s", cases[i].from);
        struct answer a = go("GET", at("/p/%s", code), "localhost", headers, NULL);
        print_message("%zu %s", i, cases[i].from);
        assert_int_equal(a.status, cases[i].status);
        if (a.status == 429) assert_true(atoi(header(a, "Retry-After")) > 0 && atoi(header(a, "Retry-After")) <= 20);
    }
    assert_true(limit_set(STR("purl.per_minute"), 120, NULL));
}

/* The bucket itself, by a clock of its own. */
static void test_bucket(void **state)
{
    (void)state;
    static const struct {
        int64_t at_ms;
        uint8_t who;
        int64_t wait_ms;
    } cases[] = {{0, 1, 0},     {0, 1, 0},         {0, 1, 30000},  {0, 2, 0},      {29999, 1, 1},
                 {30000, 1, 0}, {30000, 1, 30000}, {500000, 1, 0}, {500000, 1, 0}, {500000, 1, 30000}};
    struct pace *p = pace_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [15] = cases[i].who};
        assert_int_equal(pace_take(p, address, 2, cases[i].at_ms), cases[i].wait_ms);
    }
    for (uint32_t i = 0; i < 100000; i++) { /* more than there are places: nobody new is held up */
        uint8_t address[16] = {[10] = 0xff, [11] = 0xff};
        memcpy(address + 12, &i, 4);
        assert_int_equal(pace_take(p, address, 2, 600000), 0);
    }
    pace_destroy(&p);
}

int main(int argc, char **argv)
{
    int status;
    if (press_worker_main(argc, argv, &status)) return status;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bucket),        cmocka_unit_test(test_without_address),
        cmocka_unit_test(test_settings),      cmocka_unit_test(test_who_counts),
        cmocka_unit_test(test_cookie),        cmocka_unit_test(test_long),
        cmocka_unit_test(test_unknown),       cmocka_unit_test(test_landing),
        cmocka_unit_test(test_off_test_wipe), cmocka_unit_test(test_domain),
        cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
