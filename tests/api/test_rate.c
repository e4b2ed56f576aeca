/* Rates: of the house and of an account, counted for each key; off unless somebody asks for one. */
#include "house.h"
#include "press/press.h"
#include "base/settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_vendor(void **state)
{
    struct fault f;
    assert_true(setting_set(STR("api.rate_limit"), STR("vendor"), "test", &f));
    return house_open(state);
}

static int answered(const char *key, int n)
{
    int fine = 0;
    for (int i = 0; i < n; i++) fine += ask(key, "GET", "/api/v1/account/me", NULL).status == 200;
    return fine;
}

/* A bucket that is never full again: the test does not depend on how fast this machine is. */
static const char slow[] = "{\"rate_limit\":\"2/min\"}";

static char *at(int64_t account)
{
    static char target[100];
    snprintf(target, sizeof target, "/v1/accounts/%lld/rate-limit", (long long)account);
    return target;
}

static void test_account(void **state)
{
    (void)state;
    char text[40];
    assert_answer(ask_operator(0, "PUT", at(house.other), slow), 200,
                  "{\"account_id\":#,\"rate_limit\":\"2/min\",\"updated_date\":\"@\"}");
    assert_int_equal(answered(house.other_key, 4), 2);
    struct answer a = ask(house.other_key, "GET", "/api/v1/account/me", NULL);
    assert_answer(
        a, 429,
        "{\"error\":{\"message\":\"Too many requests: this key may make 2/min. Try again in # s.\",\"status_code\":429}}");
    int64_t seconds = atoll(answer_header(a, "Retry-After", text, sizeof text));
    assert_in_range(seconds, 1, 30);
    assert_int_equal(ask(house.other_key, "POST", "/v1/lists", "{\"name\":\"x\"}").status, 429);
    assert_int_equal(ask_operator(house.other, "GET", "/v1/lists", NULL).status, 200); /* the operator is not counted */
    assert_int_equal(ask(house.sub_key, "GET", "/api/v1/account/me", NULL).status, 200);
    char key[64];
    snprintf(text, sizeof text, "/v1/accounts/%lld/keys", (long long)house.other);
    answer_text(ask_operator(0, "POST", text, NULL), "api_key", key, sizeof key);
    assert_int_equal(answered(key, 3), 2); /* each key has its own */
    struct fault f;
    struct account row;
    struct arena *arena = arena_create(1024);
    assert_true(account_get(house.store, arena, house.other, &row, &f) && row.has_rate);
    assert_int_equal(row.rate.per_minute, 2);
    arena_destroy(&arena);
    struct accounts *again = accounts_load(house.store, &f); /* a start knows it */
    struct rate rate;
    assert_int_equal(accounts_take(again, str_of(house.other_key), (struct rate){0, 0}, &rate), 0);
    assert_int_equal(rate.per_minute, 2);
    accounts_destroy(&again);
}

static void test_words(void **state)
{
    (void)state;
    assert_answer(ask_operator(0, "PUT", at(house.other), "{\"rate_limit\":\"vendor\"}"), 200,
                  "{\"account_id\":#,\"rate_limit\":\"3/s,180/min\",~");
    assert_answer(ask_operator(0, "PUT", at(house.other), "{\"rate_limit\":\"off\"}"), 200,
                  "{\"account_id\":#,\"rate_limit\":\"off\",~");
    assert_int_equal(answered(house.other_key, 20), 20);
    assert_answer(ask_operator(0, "PUT", at(house.other), "{\"rate_limit\":\"5\"}"), 400,
                  "{\"error\":{\"message\":\"\\\"5\\\" is no rate: it is off, vendor~");
    assert_answer(ask_operator(0, "PUT", at(424242), slow), 404,
                  "{\"error\":{\"message\":\"There is no account 424242.\",\"status_code\":404}}");
    assert_answer(ask_operator(0, "PUT", at(house.other), "{}"), 200,
                  "{\"account_id\":#,\"rate_limit\":null,\"updated_date\":\"@\"}");
}

/* The house's own: twenty in a row take longer than a second here only if this machine is slow, so the test is about the first refusal. */
static void test_house(void **state)
{
    (void)state;
    int refused = 0;
    for (int i = 0; i < 200 && !refused; i++) refused = ask(house.key, "GET", "/api/v1/account/me", NULL).status == 429;
    assert_true(refused);
    assert_int_equal(ask(house.key, "GET", "/healthz", NULL).status, 200);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_account), cmocka_unit_test(test_words),
                                       cmocka_unit_test(test_house)};
    return cmocka_run_group_tests(tests, open_vendor, house_close);
}
