/* test_suppression.c: the nine operations on suppression lists, as the hosted service's clients send them. */
#include "house.h"
#include "press/press.h"
#include <stdio.h>
#include <string.h>

#define LIST(total)                                                                                                            \
    "{\"Id\":#,\"Name\":\"Do not mail\",\"Type\":\"Suppression\",\"Country\":\"US\",\"Total\":" total ",\"CreationDate\":\"@"  \
                                                                                                      "\"}"
#define ADA                                                                                                                    \
    "{\"Id\":#,\"FirstName\":\"Ada\",\"LastName\":\"Lovelace\",\"Address\":\"12 St James "                                     \
    "Square\",\"Address2\":null,\"City\":\"Sacramento\","                                                                      \
    "\"State\":\"CA\",\"Zip\":\"95814\",\"Country\":null,\"Email\":null,\"CreationDate\":\"@\"}"

static int64_t list, person;

static char *path(const char *fmt, int64_t a, int64_t b)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)a, (long long)b);
    return text;
}

static void test_lists(void **state)
{
    (void)state;
    struct answer a = ask(house.key, "POST", "/api/v1/lists/suppression", "{\"Name\":\"Do not mail\",\"Country\":\"usa\"}");
    assert_answer(a, 200, LIST("0"));
    list = answer_number(a, "Id");
    assert_answer(ask(house.key, "GET", "/api/v1/lists/suppression", NULL), 200, "[" LIST("0") "]");
    assert_answer(ask(house.key, "GET", path("/api/v1/lists/suppression?id=%lld", list, 0), NULL), 200, "[" LIST("0") "]");
    assert_answer(ask(house.key, "GET", path("/api/v1/lists/suppression/%lld", list, 0), NULL), 200, LIST("0"));
    assert_answer(ask(house.key, "GET", "/api/v1/lists/suppression?start=1", NULL), 200, "[]");
    assert_answer(ask(house.other_key, "GET", "/api/v1/lists/suppression", NULL), 200, "[]");
    assert_int_equal(ask(house.other_key, "GET", path("/api/v1/lists/suppression/%lld", list, 0), NULL).status, 404);
    assert_int_equal(ask(house.key, "POST", "/api/v1/lists/suppression", "{\"Name\":\"\"}").status, 400);
    assert_answer(ask(house.key, "POST", "/api/v1/lists/suppression", "{\"Name\":\"x\",\"Country\":\"FR\"}"), 400,
                  "{\"error\":{\"message\":\"Country must be US or CA.\",\"status_code\":400}}");
}

static void test_people(void **state)
{
    (void)state;
    char *people = path("/api/v1/lists/suppression/contacts/%lld", list, 0);
    struct answer a = ask(house.key, "POST", people,
                          "{\"FirstName\":\"Ada\",\"LastName\":\"Lovelace\",\"Address\":\"12 St James "
                          "Square\",\"City\":\"Sacramento\",\"State\":\"CA\",\"Zip\":\"95814\"}");
    assert_answer(a, 200, "{\"ListDetails\":" LIST("1") ",\"ContactDetails\":[" ADA "]}");
    person = answer_number(a, "ContactDetails\":[{\"Id");
    /* one client sends a contact's own spelling */
    assert_int_equal(ask(house.key, "POST", path("/api/v1/lists/suppression/contacts/%lld", list, 0),
                         "{\"email_address\":\"Bob@Example.com\"}")
                         .status,
                     200);
    assert_answer(ask(house.key, "GET", path("/api/v1/lists/suppression/contacts/%lld?limit=1", list, 0), NULL), 200,
                  "{\"ListDetails\":" LIST("2") ",\"ContactDetails\":[" ADA "]}");
    assert_answer(ask(house.key, "GET", path("/api/v1/lists/suppression/contacts/%lld?offset=2", list, 0), NULL), 200,
                  "{\"ListDetails\":" LIST("2") ",\"ContactDetails\":[]}");
    assert_answer(ask(house.key, "GET", path("/api/v1/lists/suppression/contacts/%lld/%lld", list, person), NULL), 200,
                  "{\"ListDetails\":" LIST("2") ",\"ContactDetails\":[" ADA "]}");
    assert_int_equal(
        ask(house.other_key, "GET", path("/api/v1/lists/suppression/contacts/%lld/%lld", list, person), NULL).status, 404);
}

static void test_bad_people(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says;
    } rows[] = {
        {"{\"FirstName\":\"Nobody\"}", "A suppressed person needs LastName, Address, City, State and Zip, or Email."},
        {"{\"LastName\":\"Half\",\"Address\":\"1 Main Street\"}", "address_city"},
        {"{\"LastName\":7,\"Address\":[]}", "address_street"},
        {"[]", "object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer a = ask(house.key, "POST", path("/api/v1/lists/suppression/contacts/%lld", list, 0), rows[i].body);
        print_message("%s: %s\n", rows[i].body, a.body);
        assert_int_equal(a.status, 400);
        assert_non_null(strstr(a.body, rows[i].says));
    }
    assert_int_equal(ask(house.key, "POST", "/api/v1/lists/suppression/contacts/424242", "{\"Email\":\"a@b.c\"}").status, 404);
    assert_non_null(strstr(ask(house.key, "GET", path("/api/v1/lists/suppression/%lld", list, 0), NULL).body, "\"Total\":2"));
}

static void test_changes(void **state)
{
    (void)state;
    struct answer a = ask(house.key, "PUT", path("/api/v1/lists/suppression/contacts/%lld/%lld", list, person),
                          "{\"Email\":\"ada@example.com\"}");
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"LastName\":null"));
    assert_non_null(strstr(a.body, "\"Email\":\"ada@example.com\""));
    assert_answer(ask(house.key, "DELETE", path("/api/v1/lists/suppression/contacts/%lld/%lld", list, person), NULL), 200,
                  "{\"message\":\"The contact was deleted.\"}");
    assert_int_equal(ask(house.key, "DELETE", path("/api/v1/lists/suppression/contacts/%lld/%lld", list, person), NULL).status,
                     404);
    assert_int_equal(
        ask(house.key, "PUT", path("/api/v1/lists/suppression/contacts/%lld/%lld", list, person), "{\"Email\":\"a@b.c\"}")
            .status,
        404);
    assert_int_equal(ask(house.other_key, "DELETE", path("/api/v1/lists/suppression/%lld", list, 0), NULL).status, 404);
    assert_answer(ask(house.key, "DELETE", path("/api/v1/lists/suppression/%lld", list, 0), NULL), 200,
                  "{\"message\":\"The suppression list was deleted.\"}");
    assert_int_equal(ask(house.key, "GET", path("/api/v1/lists/suppression/%lld", list, 0), NULL).status, 404);
    assert_answer(ask(house.key, "GET", "/api/v1/lists/suppression", NULL), 200, "[]");
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists), cmocka_unit_test(test_people),
                                       cmocka_unit_test(test_bad_people), cmocka_unit_test(test_changes)};
    return cmocka_run_group_tests(tests, house_open, house_close);
}
