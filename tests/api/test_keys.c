/* test_keys.c: every route of the table times every kind of key, from routes.def, so that a new route cannot be forgotten. */
#include "house.h"
#include "press/press.h"
#include "base/log.h"
#include <stdio.h>
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
        if (routes[i].who == WHO_OPERATOR || routes[i].who == WHO_OPERATOR_FOR)
            assert_answer(a, 403, "{\"error\":{\"message\":\"Only the operator may do this~");
        else if (is_get && !has_name)
            assert_int_equal(a.status, 200);
        else
            assert_true(a.status == 404 || a.status == 400 || a.status == 415);
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

static void test_anyone(void **state)
{
    (void)state;
    int n = 0;
    for (size_t i = 0; i < N_ROUTES; i++)
        if (routes[i].who == WHO_ANYONE)
            assert_int_equal(ask(NULL, routes[i].method, routes[i].pattern, NULL).status, 200), n++;
    assert_int_equal(n, 1); /* a second open route is to be thought about */
}

static void test_nothing_stored(void **state)
{
    (void)state;
    assert_int_equal(house_rows(), 2 + 3); /* the house's own accounts and keys */
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anyone),         cmocka_unit_test(test_no_key),    cmocka_unit_test(test_wrong_key),
        cmocka_unit_test(test_revoked_key),    cmocka_unit_test(test_other_key), cmocka_unit_test(test_right_key),
        cmocka_unit_test(test_nothing_stored),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
