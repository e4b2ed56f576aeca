/* test_operation.c: operations made from one JSON object, and free calls: what is asked, or why not. Nothing is sent: the connector's authorise keeps what
 * it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "links/operation.h"

static char asked[2000];

static enum authorised keep(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                            struct fault *f)
{
    (void)ctx, (void)c, (void)a, (void)now;
    int n = snprintf(asked, sizeof asked, "%s %.*s", ask->method, STR_ARG(ask->url));
    if (ask->body.ptr) n += snprintf(asked + n, sizeof asked - (size_t)n, " %.*s", STR_ARG(ask->body));
    for (int i = 0; i < ask->n_headers; i++)
        n += snprintf(asked + n, sizeof asked - (size_t)n, " [%.*s]", STR_ARG(ask->headers[i]));
    fault_remote(f, "kept");
    return AUTHORISE_CANNOT;
}

static const struct connector_operation operations[] = {
    {.name = "list", .method = "GET", .path = "/things", .query = "limit after*"},
    {.name = "get", .method = "GET", .path = "/a/{a}/b/{b}"},
    {.name = "with", .method = "GET", .path = "/q?fixed=1", .query = "more"},
    {.name = "named", .method = "POST", .path = "/n", .body = "one* two"},
    {.name = "open", .method = "PUT", .path = "/o/{id}", .query = "dry", .body = "..."},
    {.name = "call", .is_free = true},
};
static const struct connector crm = {.name = "crm",
                                     .title = "The CRM",
                                     .operations = operations,
                                     .n_operations = sizeof operations / sizeof *operations,
                                     .authorise = keep};

/* want: what is asked, or the sentence that says why not. */
static const struct {
    const char *operation, *input, *want;
} cases[] = {
    {"list", "{\"after\":\"x\"}", "GET /things?after=x"},
    {"list", "{\"limit\":20,\"after\":\"a&b=c d/\xc3\xa4\"}", "GET /things?limit=20&after=a%26b%3Dc%20d%2F%C3%A4"},
    {"list", "{\"limit\":null,\"after\":true}", "GET /things?after=true"},
    {"list", "{}", "after is required."},
    {"list", "{\"after\":null}", "after is required."},
    {"list", "{\"after\":\"\"}", "after must be a text or a number, and not empty."},
    {"list", "{\"after\":[1]}", "after must be a text or a number, and not empty."},
    {"list", "{\"after\":1.5}", "after must be a text or a number, and not empty."},
    {"list", "{\"after\":1,\"befor\":2}", "list takes no \"befor\"."},
    {"list", "[1]", "The inputs of an operation are one JSON object."},
    {"get", "{\"a\":1,\"b\":\"../x\"}", "GET /a/1/b/..%2Fx"},
    {"get", "{\"a\":1}", "b is required."},
    {"get", "{\"a\":\".\",\"b\":1}", "a must not be dots only."},
    {"get", "{\"a\":\"..\",\"b\":1}", "a must not be dots only."},
    {"get", "{\"a\":\"?x#y\",\"b\":\"\\n\"}", "GET /a/%3Fx%23y/b/%0A"},
    {"with", "{\"more\":2}", "GET /q?fixed=1&more=2"},
    {"with", "{}", "GET /q?fixed=1"},
    {"named", "{\"one\":{\"deep\":[1,2.5,null,\"\\u00e4\"]}}",
     "POST /n {\"one\":{\"deep\":[1,2.5,null,\"\xc3\xa4\"]}} [Content-Type: application/json]"},
    {"named", "{\"two\":1}", "one is required."},
    {"named", "{\"one\":1,\"three\":1}", "named takes no \"three\"."},
    {"open", "{\"id\":7,\"dry\":1,\"x\":{\"y\":1},\"z\":null}",
     "PUT /o/7?dry=1 {\"x\":{\"y\":1},\"z\":null} [Content-Type: application/json]"},
    {"open", "{\"id\":7}", "PUT /o/7 {} [Content-Type: application/json]"},

    {"call", "{\"path\":\"/v1/x\"}", "GET /v1/x"},
    {"call", "{\"path\":\"/v1/x?a=1\",\"query\":{\"b\":\"c d\"}}", "GET /v1/x?a=1&b=c%20d"},
    {"call", "{\"path\":\"/x\",\"method\":\"post\",\"body\":{\"a\":1}}", "POST /x {\"a\":1} [Content-Type: application/json]"},
    {"call", "{\"path\":\"/x\",\"method\":\"PUT\",\"body\":\"plain\",\"headers\":{\"Content-Type\":\"text/plain\"}}",
     "PUT /x plain [Content-Type: text/plain]"},
    {"call", "{}", "path is required."},
    {"call", "{\"path\":7}", "path is required."},
    {"call", "{\"path\":\"/x\",\"url\":\"y\"}", "call takes method, path, query, headers and body."},
    {"call", "{\"path\":\"/x\",\"method\":\"TRACE\"}", "method must be GET, POST, PUT, PATCH or DELETE."},
    {"call", "{\"path\":\"/x\",\"query\":\"a=b\"}", "query must be an object of texts and numbers."},
    {"call", "{\"path\":\"/x\",\"headers\":{\"Authorization\":\"x\"}}", "The header authorization is the connection's own."},
    {"call", "{\"path\":\"/x\",\"headers\":{\"cookie\":\"x\"}}", "The header cookie is the connection's own."},
    {"call", "{\"path\":\"/x\",\"headers\":{\"X-A\":\"a\\r\\nB: c\"}}", "headers must not hold control characters."},
    {"call", "{\"path\":\"/x\",\"headers\":{\"X A\":\"a\"}}", "headers must be an object of texts."},
};

/* Paths of a free call that lead elsewhere, or might. */
static const struct {
    const char *path;
    bool ok;
} paths[] = {
    {"/", true},
    {"/a/b.c/..d", true},
    {"/a%20b?x=..", true},
    {"/a?u=https://x/", true},
    {"", false},
    {"a", false},
    {"//evil", false},
    {"https://evil/", false},
    {"/..", false},
    {"/a/../b", false},
    {"/a/..;/b", false},
    {"/a/%2e.%3Bx=1/b", false},
    {"/a/b;x=..", true},
    {"/a/./b", false},
    {"/a/%2e%2e/b", false},
    {"/a/%2E./b", false},
    {"/a\\\\b", false},
    {"/a b", false},
    {"/a%0d%0aHost: x", false},
    {"/a#b", false},
    {"/a%00", false},
    {"/a%zz", false},
    {"/%2e%2e%2fb", false},
    {"/\\u007f", false},
    {"\\\\\\\\evil", false},
    {"/%2fevil", false},
    {"/a%20b", true},
    {"/a?b=%0a%5c%23", true},
    {"/a%3f/../b", false},
    {"/a?b/../c", true},
    {"/a?b c", false},
};

static struct str run(struct arena *a, struct json_parser *p, const char *operation, const char *input)
{
    struct connection c = {.account_id = 1, .connection_id = 1, .settings = STR("{}"), .secrets = STR("{}")};
    struct link_house house = {0};
    struct json_value root;
    struct connector_answer answer;
    struct fault f;
    snprintf(asked, sizeof asked, "nothing was asked");
    assert_true(json_parse(p, json_padded(a, str_of(input)), &root, &f));
    assert_false(connector_operate(&house, &crm, &c, connector_operation_find(&crm, str_of(operation)), root, a, &answer, &f));
    return arena_str(a, str_of(f.whose == FAULT_REMOTE ? asked : f.text));
}

static void test_operations(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct json_parser *p = json_parser_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str got = run(a, p, cases[i].operation, cases[i].input);
        if (strcmp(got.ptr, cases[i].want) != 0) fail_msg("%s %s: %s", cases[i].operation, cases[i].input, got.ptr);
    }
    json_parser_destroy(&p);
    arena_destroy(&a);
}

static void test_paths(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct json_parser *p = json_parser_create();
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct str got = run(a, p, "call", arena_printf(a, "{\"path\":\"%s\"}", paths[i].path));
        if (str_starts(got, STR("GET ")) != paths[i].ok) fail_msg("%s: %s", paths[i].path, got.ptr);
    }
    json_parser_destroy(&p);
    arena_destroy(&a);
}

/* Ten header lines of the caller's, and not one more; the body's own is not among them. */
static void test_headers(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct json_parser *p = json_parser_create();
    for (int n = 9; n <= 11; n++) {
        const char *lines = "";
        for (int i = 0; i < n; i++) lines = arena_printf(a, "%s%s\"X-%d\":\"v\"", lines, i ? "," : "", i);
        struct str got = run(a, p, "call", arena_printf(a, "{\"path\":\"/x\",\"body\":{},\"headers\":{%s}}", lines));
        if (str_starts(got, STR("GET ")) != (n <= 10)) fail_msg("%d lines: %s", n, got.ptr);
        if (n > 10) assert_string_equal(got.ptr, "headers may hold ten lines.");
    }
    json_parser_destroy(&p);
    arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_operations), cmocka_unit_test(test_paths),
                                       cmocka_unit_test(test_headers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
