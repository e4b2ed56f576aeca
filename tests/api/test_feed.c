/* test_feed.c: pushes of the USPS and files of scans at the door: who may bring them, what is answered, and whose they are. */
#include "house.h"
#include "api/api_private.h"
#include "base/settings.h"
#include "press/press.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static void test_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *peer, *blocks;
        bool want;
    } cases[] = {
        {"56.0.1.2", "56.0.0.0/8", true},
        {"57.0.1.2", "56.0.0.0/8", false},
        {"57.0.1.2", "56.0.0.0/7", true},
        {"10.1.2.3", "56.0.0.0/8, 10.1.2.3", true},
        {"10.1.2.4", "56.0.0.0/8, 10.1.2.3", false},
        {"10.1.2.4", "", false},
        {"10.1.2.4", "0.0.0.0/0", true},
        {"fd00::1", "0.0.0.0/0", false},
        {"fd00::1", "fd00::/8", true},
        {"fe00::1", "fd00::/8", false},
        {"::ffff:10.1.2.3", "10.1.0.0/16", true},
        {"10.1.2.3", "all", false},
        {"10.1.2.3", "10.1.2.3/33", false},
        {"10.1.2.3", "10.1.2.3/x,10.1.2.0/24", true},
        {"10.1.2.3", "10.1.2.3/-1", false},
        {"10.1.2.3", ",,/8,10.1.2.0/24", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sockaddr_storage s = {0};
        struct sockaddr_in *v4 = (struct sockaddr_in *)&s;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s;
        bool is_v6 = strchr(cases[i].peer, ':') != NULL;
        s.ss_family = is_v6 ? AF_INET6 : AF_INET;
        assert_int_equal(inet_pton(s.ss_family, cases[i].peer, is_v6 ? (void *)&v6->sin6_addr : &v4->sin_addr), 1);
        if (feed_is_allowed((struct sockaddr *)&s, str_of(cases[i].blocks)) != cases[i].want)
            fail_msg("%s in \"%s\"", cases[i].peer, cases[i].blocks);
    }
    assert_false(feed_is_allowed(NULL, STR("0.0.0.0/0")));
}

static void allow(const char *blocks)
{
    struct fault f;
    assert_true(setting_set(STR("usps.push_from"), str_of(blocks), "test", &f));
}

/* Whatever it holds is kept and answered 200. */
static void test_push(void **state)
{
    (void)state;
    char path[80];
    static const char *const bodies[] = {"garbage", "{}", "[", "\x1f\x8b\x08", " "};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct answer a = ask(house.key, "POST", "/v1/usps/iv", bodies[i]);
        assert_answer(a, 200,
                      "{\"scan_file_id\":#,\"kind\":\"push\",\"state\":\"kept\",\"bytes\":#,\"at_byte\":0,\"rows\":0,\"used\":"
                      "0,\"repeats\":0,"
                      "\"orphans\":0,\"refused\":0,\"last_error\":null,\"received_date\":\"@\"}");
        assert_int_equal(answer_number(a, "bytes"), strlen(bodies[i]));
        snprintf(path, sizeof path, "/v1/scans/%lld", (long long)answer_number(a, "scan_file_id"));
        assert_int_equal(ask(house.key, "GET", path, NULL).status, 200);
        assert_int_equal(ask(house.other_key, "GET", path, NULL).status, 404);
    }
    assert_int_equal(ask(house.key, "POST", "/v1/usps/iv", "").status, 200);
    assert_int_equal(ask(house.key, "POST", "/v1/usps/iv", NULL).status, 200);
}

/* Known addresses push for the whole house; a wrong key is not made good by the address. */
static void test_addresses(void **state)
{
    (void)state;
    char path[80];
    assert_int_equal(ask(NULL, "POST", "/v1/usps/iv", "x").status, 401);
    allow("10.0.0.0/8");
    assert_int_equal(ask(NULL, "POST", "/v1/usps/iv", "x").status, 401);
    allow("10.0.0.0/8,127.0.0.0/8");
    struct answer a = ask(NULL, "POST", "/v1/usps/iv", "x");
    assert_int_equal(a.status, 200);
    snprintf(path, sizeof path, "/v1/scans/%lld", (long long)answer_number(a, "scan_file_id"));
    assert_int_equal(ask(house.key, "GET", path, NULL).status, 404);
    assert_int_equal(ask_operator(0, "GET", path, NULL).status, 200);
    assert_int_equal(ask_operator(house.account, "GET", path, NULL).status, 404);
    assert_int_equal(ask("wrong", "POST", "/v1/usps/iv", "x").status, 401);
    allow("");
}

static void test_files(void **state)
{
    (void)state;
    struct answer a = ask(house.other_key, "POST", "/v1/scans?kind=acs", "x");
    assert_answer(a, 202, "{\"scan_file_id\":#,\"kind\":\"acs\",\"state\":\"kept\"~");
    int64_t id = answer_number(a, "scan_file_id");
    a = ask(house.other_key, "GET", "/v1/scans?limit=1", NULL);
    assert_int_equal(answer_number(a, "scan_file_id"), id);
    assert_answer(ask(house.other_key, "POST", "/v1/scans?kind=what", "x"), 400,
                  "{\"error\":{\"message\":\"kind must be scans or acs.\",\"status_code\":400}}");
    assert_int_equal(ask(house.other_key, "POST", "/v1/scans", "").status, 400);
    assert_answer(ask(house.other_key, "GET", "/v1/alerts", NULL), 200, "[]");
    assert_answer(ask(house.other_key, "GET", "/v1/pieces/7/story", NULL), 404,
                  "{\"error\":{\"message\":\"There is no piece 7.\",\"status_code\":404}}");
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_push),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
