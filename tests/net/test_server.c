/* test_server.c: routes, parameters, methods and limits of the real server on a loopback port. */
#include "base/limits.h"
#include "base/log.h"
#include "net/http.h"
#include "test_net.h"

static struct http_server *server;

static void handle_params(struct http_exchange *x)
{
    struct str q = http_query(x, "q"), user = http_basic_user(x);
    char *text = arena_printf(http_arena(x), "[%.*s|%.*s|%.*s]", STR_ARG(http_param(x, "id")), STR_ARG(q), STR_ARG(user));
    http_answer(x, 200, "text/plain", str_of(text));
}
static void handle_literal(struct http_exchange *x) { http_answer_static(x, 200, "text/plain", STR("[literal]")); }
static void handle_body(struct http_exchange *x)
{
    http_answer(x, 200, "text/plain", str_of(arena_printf(http_arena(x), "[%zu]", http_body(x).len)));
}
static void handle_file(struct http_exchange *x)
{
    int64_t n;
    const char *path = http_body_file(x, &n);
    bool is_there = access(path, R_OK) == 0;
    unlink(path);
    http_answer(x, 200, "text/plain", str_of(arena_printf(http_arena(x), "[%d %lld]", is_there, (long long)n)));
}
static void handle_nothing(struct http_exchange *x) { (void)x; }

static const struct http_route routes[] = {
    {HTTP_GET, "/c/{id}", handle_params, 0, 0, NULL},
    {HTTP_GET, "/c/all", handle_literal, HTTP_OPEN, 0, NULL},
    {HTTP_DELETE, "/c/{id}", handle_params, 0, 0, NULL},
    {HTTP_POST, "/body", handle_body, 0, 10, NULL},
    {HTTP_POST, "/file", handle_file, HTTP_BODY_FILE, 1000, NULL},
    {HTTP_GET, "/nothing", handle_nothing, 0, 0, NULL},
};

static bool before(struct http_exchange *x, void *ctx)
{
    (void)ctx;
    if (!http_header(x, "X-Refuse").ptr) return true;
    http_fail(x, 401, "no");
    return false;
}

#define HOST "Host: a\r\n"
static const struct row {
    const char *name, *bytes, *statuses;
    bool is_closed;
    const char *want;
} rows[] = {
    {"parameter", "GET /c/a%20b?q=1+2&r HTTP/1.1\r\n" HOST "\r\n", "200", false, "[a b|1 2|]"},
    {"slash inside a parameter", "GET /c/a%2Fb HTTP/1.1\r\n" HOST "\r\n", "200", false, "[a/b||]"},
    {"literal wins", "GET /c/all HTTP/1.1\r\n" HOST "\r\n", "200", false, "[literal]"},
    {"literal without the method", "DELETE /c/all HTTP/1.1\r\n" HOST "\r\n", "200", false, "[all||]"},
    {"trailing slash", "GET /c/x/ HTTP/1.1\r\n" HOST "\r\n", "200", false, "[x||]"},
    {"two trailing slashes", "GET /c/x// HTTP/1.1\r\n" HOST "\r\n", "404", false, NULL},
    {"empty segment", "GET /c// HTTP/1.1\r\n" HOST "\r\n", "404", false, NULL},
    {"deep path", "GET /c/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h HTTP/1.1\r\n" HOST "\r\n", "404", false, NULL},
    {"bad parameter", "GET /c/%ff HTTP/1.1\r\n" HOST "\r\n", "400", true, NULL},
    {"unknown", "GET /no HTTP/1.1\r\n" HOST "\r\n", "404", false, "\"status_code\":404"},
    {"other method", "PUT /c/x HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "405", false, "Allow: GET, DELETE, HEAD\r\n"},
    {"HEAD", "HEAD /c/all HTTP/1.1\r\n" HOST "\r\n", "200", false, "Content-Length: 9\r\n"},
    {"HEAD, no body", "HEAD /c/all HTTP/1.1\r\n" HOST "\r\nGET /no HTTP/1.1\r\n" HOST "\r\n", "200 404", false,
     "\r\n\r\nHTTP/1.1 404"},
    {"nosniff", "GET /no HTTP/1.1\r\n" HOST "\r\n", "404", false, "X-Content-Type-Options: nosniff\r\n"},
    {"user", "GET /c/x HTTP/1.1\r\n" HOST "Authorization: Basic a2V5Og==\r\n\r\n", "200", false, "[x||key]"},
    {"malformed user", "GET /c/x HTTP/1.1\r\n" HOST "Authorization: Basic a2V5\r\n\r\n", "200", false, "[x||]"},
    {"before refuses", "GET /c/x HTTP/1.1\r\n" HOST "X-Refuse: 1\r\n\r\n", "401", false, NULL},
    {"open route", "GET /c/all HTTP/1.1\r\n" HOST "X-Refuse: 1\r\n\r\n", "200", false, NULL},
    {"body at its limit", "POST /body HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n0123456789", "200", false, "[10]"},
    {"body above its limit", "POST /body HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n0123456789a", "413", true, NULL},
    {"chunks above the limit", "POST /body HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n",
     "413", true, NULL},
    {"body far above its limit", "POST /body HTTP/1.1\r\n" HOST "Content-Length: 99999999\r\n\r\n", "413", true, NULL},
    {"continue", "POST /body HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
     LIBRARY("200", "100 200"), false, "[2]"},
    {"continue refused", "POST /body HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 11\r\n\r\n", "413", true,
     NULL},
    {"body in a file", "POST /file HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nabcde", "200", false, "[1 5]"},
    {"empty body in a file", "POST /file HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "200", false, "[1 0]"},
    {"slow body", "POST /body HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nab", "408", true, "\"status_code\":408"},
    {"slow head", "GET /c/x HTTP/1.1\r\nHos", "408", true, "\"status_code\":408"},
    {"slow request line", "GET /c", "", true, NULL},
    {"silent", "", "", true, NULL},
};

static void test_rows(void **state)
{
    int bad = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct raw_answer a;
        size_t n = strlen(r->bytes);
        raw_exchange(http_port(server), r->bytes, n, false, r->is_closed ? 6000 : 150, &a);
        bool ok = strcmp(a.statuses, r->statuses) == 0 && a.is_closed == r->is_closed;
        if (ok && r->want) ok = memmem(a.bytes, a.len, r->want, strlen(r->want)) != NULL;
        if (ok) continue;
        bad++;
        print_error("%s: wanted \"%s\" closed %d, got \"%s\" closed %d\n%.*s\n", r->name, r->statuses, r->is_closed, a.statuses,
                    a.is_closed, (int)a.len, a.bytes);
    }
    assert_int_equal(bad, 0);
}

static void test_head_too_large(void **state)
{
    char bytes[9000];
    struct raw_answer a;
    (void)state;
    int n = snprintf(bytes, sizeof bytes, "GET /c/x HTTP/1.1\r\n" HOST "X: ");
    memset(bytes + n, 'a', sizeof bytes - (size_t)n);
    memcpy(bytes + sizeof bytes - 4, "\r\n\r\n", 4);
    raw_exchange(http_port(server), bytes, sizeof bytes, false, 3000, &a);
    assert_true(a.is_closed && strncmp(a.statuses, "431", 3) == 0);
}

/* One that goes on behind what is read and forgotten, without saying how much it will be. */
static void test_flood(void **state)
{
    static char chunk[4096 + 16];
    static struct raw_answer a;
    const char *head = "POST /body HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n";
    int n = snprintf(chunk, sizeof chunk, "1000\r\n%04096d\r\n", 0), fd = raw_connect(http_port(server));
    (void)state;
    assert_true(send(fd, head, strlen(head), MSG_NOSIGNAL) > 0);
    for (int i = 0; i < 1024 && send(fd, chunk, (size_t)n, MSG_NOSIGNAL) > 0; i++) /* 4 MiB */
        if (recv(fd, a.bytes, 1, MSG_PEEK | MSG_DONTWAIT) > 0) break;
    raw_read(fd, 3000, &a);
    close(fd);
    assert_true(a.is_closed);
    assert_string_equal(a.statuses, "413");
    assert_non_null(strstr(a.bytes, "\"status_code\":413"));
}

/* The log line of a handler that forgets to answer is expected here. */
static bool expect_line(enum log_level level, const char *line)
{
    return level == LOG_ERROR && strstr(line, "has not answered");
}

static void test_no_answer(void **state)
{
    struct raw_answer a;
    const char *bytes = "GET /nothing HTTP/1.1\r\n" HOST "\r\n";
    (void)state;
    raw_exchange(http_port(server), bytes, strlen(bytes), false, 150, &a);
    assert_string_equal(a.statuses, "500");
}

static void test_port_is_taken(void **state)
{
    char address[40], want[200];
    struct fault f;
    (void)state;
    snprintf(address, sizeof address, "127.0.0.1:%d", http_port(server));
    snprintf(want, sizeof want, "%s is taken by another program; choose another with --listen ADDR:PORT", address);
    struct http_config c = {.listen = address, .n_threads = 1};
    assert_null(http_start(&c, &f));
    assert_string_equal(f.text, want);
}

int main(void)
{
    struct fault f;
    struct http_config c = {.listen = "127.0.0.1:0",
                            .n_threads = 1,
                            .spool_dir = "/tmp",
                            .routes = routes,
                            .n_routes = sizeof routes / sizeof routes[0],
                            .before = before};
    log_set_hook(expect_line);
    if (!limit_set(STR("http.request_timeout"), 1, &f) || !limit_set(STR("http.idle_timeout"), 2, &f)) return 1;
    server = http_start(&c, &f);
    if (!server) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_head_too_large),
                                       cmocka_unit_test(test_flood), cmocka_unit_test(test_no_answer),
                                       cmocka_unit_test(test_port_is_taken)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_stop(&server, 1000);
    return failed;
}
