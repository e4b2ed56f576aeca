/* test_openapi.c: the document describes every route, and nothing else; what it says is checked against answers by the scenarios, and its
 * form by openapi_lint.py. */
#include "house.h"
#include "press/press.h"
#include <stdio.h>
#include <string.h>

static const char *const handlers[] = {
#define ROUTE(method, pattern, handler, flags, limit, who, summary) #handler,
#include "api/routes.def"
#undef ROUTE
};
static const char *const documented[] = {
#define DOC(handler, parameters, request, answer) #handler,
#define QUERY(name, type, summary)
#define SCHEMA(name, fields)
#include "api/openapi.def"
#undef DOC
#undef QUERY
#undef SCHEMA
};
enum { HANDLERS = sizeof handlers / sizeof *handlers, DOCUMENTED = sizeof documented / sizeof *documented };

static int found(const char *name, const char *const *in, int n)
{
    int times = 0;
    for (int i = 0; i < n; i++) times += strcmp(name, in[i]) == 0;
    return times;
}

static void test_every_route(void **state)
{
    (void)state;
    int missing = 0;
    for (int i = 0; i < HANDLERS; i++)
        if (!found(handlers[i], documented, DOCUMENTED)) missing++, print_error("openapi.def has no row for %s\n", handlers[i]);
    assert_int_equal(missing, 0);
}

static void test_no_other(void **state)
{
    (void)state;
    for (int i = 0; i < DOCUMENTED; i++) {
        if (!found(documented[i], handlers, HANDLERS)) fail_msg("%s serves no route", documented[i]);
        if (found(documented[i], documented, DOCUMENTED) != 1) fail_msg("%s is described twice", documented[i]);
    }
}

/* Written whole: every type is known, every schema is there (asserted in the writer). */
static void test_document(void **state)
{
    (void)state;
    struct answer a = ask(NULL, "GET", "/openapi.yaml", NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.head, "application/yaml"));
    assert_non_null(strstr(a.body, "\n  \"/api/v1/send/{endpoint}\":\n    post:\n"));
    assert_non_null(strstr(a.body, "\n  \"/api/v1/contacts/{list}\":\n    get:\n"));
    assert_null(strstr(a.body, "\n  \"/api/v1/contacts/{id}\":\n")); /* the same path under another name */
    assert_non_null(
        strstr(a.body, "\n    CampaignDetails:\n      type: object\n      required:\n        - \"ContactListId\"\n"));
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_route),
        cmocka_unit_test(test_no_other),
        cmocka_unit_test(test_document),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
