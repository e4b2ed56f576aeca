/* Login links: made for the caller's account or its sub-account, good once, for a while; the cookie opens pages and nothing else. */
#include "house.h"
#include "press/press.h"
#include <stdio.h>
#include "account/session.h"
#include "base/clock.h"
#include "base/settings.h"
#include <stdlib.h>
#include <string.h>

/* A page of the house as src/web has them: whom it shows. */
static void page(struct http_exchange *x)
{
    char text[60];
    snprintf(text, sizeof text, "account %lld", (long long)api_caller(x)->account_id);
    http_answer(x, 200, "text/plain", str_of(text));
}
static const struct http_route pages[] = {{HTTP_GET, "/campaigns/{drop}", page, 0, 0, NULL},
                                          {HTTP_POST, "/campaigns/{drop}", page, 0, 0, NULL}};

static int open_with_pages(void **state)
{
    house.extra = pages;
    house.n_extra = 2;
    return house_open(state);
}

/* The link's path for a body; the answer is checked. */
static char *link_for(const char *key, const char *api_key, const char *more)
{
    static char link[200];
    char body[300];
    snprintf(body, sizeof body, "{\"api_key\":\"%s\"%s}", api_key, more);
    struct answer a = ask(key, "POST", "/api/v1/loginlink", body);
    assert_answer(a, 200, "{\"CreatedDate\":\"@\",\"LoginLink\":\"http~");
    answer_text(a, "LoginLink", link, sizeof link);
    return link;
}

static char *login(const char *link, char *cookie, size_t size)
{
    static char location[100];
    char set[300];
    struct answer a = ask(NULL, "GET", strstr(link, "/login/"), NULL);
    assert_answer(a, 303, "");
    answer_header(a, "Location", location, sizeof location);
    answer_header(a, "Set-Cookie", set, sizeof set);
    assert_non_null(strstr(set, "; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"));
    snprintf(cookie, size, "Cookie: a=b; %.*s\r\n", (int)strcspn(set, ";"), set);
    return location;
}

static void test_once(void **state)
{
    (void)state;
    char cookie[200], want[60], link[200];
    strcpy(link, link_for(house.key, house.key, ",\"url\":\"campaign-dashboard\",\"id\":\"17\""));
    assert_true(strncmp(link, "http://localhost/login/", 23) == 0);
    assert_int_equal(strlen(link), 23 + 32);
    assert_int_equal(ask(NULL, "HEAD", strstr(link, "/login/"), NULL).status, 200); /* looking ahead uses nothing up */
    assert_string_equal(login(link, cookie, sizeof cookie), "/campaigns/17");
    snprintf(want, sizeof want, "account %lld", (long long)house.account);
    assert_answer(ask_with(NULL, cookie, "GET", "/campaigns/17", NULL), 200, want);
    assert_answer(ask(NULL, "GET", strstr(link, "/login/"), NULL), 410,
                  "This link was used already, or it is too old. Ask for a new one.");
    assert_answer(ask_with(house.other_key, cookie, "GET", "/campaigns/17", NULL), 200, "account #"); /* a key wins */
}

/* The cookie is no key: not for the API, not for anything that changes. */
static void test_cookie_is_no_key(void **state)
{
    (void)state;
    char cookie[200];
    login(link_for(house.key, house.key, ""), cookie, sizeof cookie);
    assert_int_equal(ask_with(NULL, cookie, "GET", "/api/v1/account/me", NULL).status, 401);
    assert_int_equal(ask_with(NULL, cookie, "GET", "/v1/lists", NULL).status, 401);
    assert_int_equal(ask_with(NULL, cookie, "POST", "/campaigns/17", "{}").status, 401);
    assert_int_equal(ask_with(NULL, cookie, "GET", "/campaigns/17", NULL).status, 200);
    assert_int_equal(ask_with(NULL, "Cookie: pennypost_session=\r\n", "GET", "/campaigns/17", NULL).status, 401);
    assert_int_equal(
        ask_with(NULL, "Cookie: pennypost_session=00000000000000000000000000000000\r\n", "GET", "/campaigns/17", NULL).status,
        401);
}

static void test_whose(void **state)
{
    (void)state;
    char cookie[200], want[60], body[200];
    login(link_for(house.key, house.sub_key, ""), cookie, sizeof cookie); /* the parent, for its sub-account */
    snprintf(want, sizeof want, "account %lld", (long long)house.sub);
    assert_answer(ask_with(NULL, cookie, "GET", "/campaigns/1", NULL), 200, want);
    snprintf(body, sizeof body, "{\"api_key\":\"%s\"}", house.key);
    static const char theirs[] =
        "{\"error\":{\"message\":\"api_key opens neither this account nor a sub-account of it.\",\"status_code\":400}}";
    assert_answer(ask(house.sub_key, "POST", "/api/v1/loginlink", body), 400, theirs);
    assert_answer(ask(house.other_key, "POST", "/api/v1/loginlink", body), 400, theirs);
    assert_answer(ask(house.other_key, "POST", "/api/v1/loginlink", "{\"api_key\":\"x\"}"), 400, theirs);
}

static void test_targets(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "/"},
        {",\"url\":null", "/"},
        {",\"url\":\"dashboard\",\"id\":5", "/"},
        {",\"url\":\"template-create\"", "/templates"},
        {",\"url\":\"contact-import\"", "/lists"},
        {",\"url\":\"template-list\"", "/templates"},
        {",\"url\":\"campaign-create\"", "/campaigns"},
        {",\"url\":\"campaign-dashboard\"", "/campaigns"},
        {",\"url\":\"campaign-edit\",\"id\":5", "/campaigns/5"},
        {",\"url\":\"template-edit\",\"id\":5", "/templates"},
    };
    char cookie[200], body[300];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(login(link_for(house.key, house.key, rows[i][0]), cookie, sizeof cookie), rows[i][1]);
    assert_true(strncmp(link_for(house.key, house.key, ",\"domain\":\"mail.example.com\""), "https://mail.example.com/login/",
                        31) == 0);
    struct fault f;
    assert_true(setting_set(STR("public.base"), STR("https://post.example.com/"), "test", &f));
    assert_true(strncmp(link_for(house.key, house.key, ""), "https://post.example.com/login/", 31) == 0);
    assert_true(setting_set(STR("public.base"), STR(""), "test", &f));
    static const char *const bad[] = {",\"url\":\"//evil.example.com\"", ",\"domain\":\"a/b\"", ",\"domain\":\"a@b\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(body, sizeof body, "{\"api_key\":\"%s\"%s}", house.key, bad[i]);
        assert_int_equal(ask(house.key, "POST", "/api/v1/loginlink", body).status, 400);
    }
}

/* Both end by themselves; a start knows the sessions that are alive. */
static void test_time(void **state)
{
    (void)state;
    struct fault f;
    char cookie[200], link[200];
    int64_t now = clock_now_ms();
    strcpy(link, link_for(house.key, house.key, ""));
    clock_set_ms(now + 301000);
    assert_int_equal(ask(NULL, "GET", strstr(link, "/login/"), NULL).status, 410);
    login(link_for(house.key, house.key, ""), cookie, sizeof cookie);
    struct accounts *again = accounts_load(house.store, &f);
    assert_non_null(again);
    struct str token = str_of(strstr(cookie, "pennypost_session=") + 18);
    token.len = 32;
    assert_int_equal(session_account(again, token), house.account);
    clock_set_ms(now + 301000 + 43201000);
    assert_int_equal(session_account(again, token), 0);
    assert_int_equal(ask_with(NULL, cookie, "GET", "/campaigns/17", NULL).status, 401);
    accounts_destroy(&again);
    clock_set_ms(0);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),  cmocka_unit_test(test_cookie_is_no_key),
        cmocka_unit_test(test_whose), cmocka_unit_test(test_targets),
        cmocka_unit_test(test_time),
    };
    return cmocka_run_group_tests(tests, open_with_pages, house_close);
}
