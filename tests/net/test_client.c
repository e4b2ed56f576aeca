/* test_client.c: the command line's client against the real server's Unix socket. */
#include "net/http.h"
#include "net/http_client.h"
#include "test_net.h"
#include <stdlib.h>
#include <sys/stat.h>

static void handle_echo(struct http_exchange *x)
{
    char *text = arena_printf(http_arena(x), "%d %s %.*s %.*s", http_is_unix(x), http_method_name(http_method(x)),
                              STR_ARG(http_header(x, "X-Account")), STR_ARG(http_body(x)));
    http_answer(x, 201, "text/plain", str_of(text));
}

static void test_client(void **state)
{
    static const struct http_route routes[] = {{HTTP_PUT, "/e", handle_echo, 0, 0, NULL}};
    char dir[] = "/tmp/pp-net-XXXXXX", path[64];
    struct fault f;
    struct buf answer = BUF_INIT;
    struct stat st;
    int status = 0;
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/socket", dir);
    struct http_call call = {.unix_path = path, .method = "PUT", .target = "/e", .account = "acme", .body = STR("hello")};
    assert_false(http_call(&call, &status, &answer, &f));
    assert_int_equal(f.whose, FAULT_REMOTE);

    struct http_config c = {.listen = "127.0.0.1:0", .unix_path = path, .n_threads = 1, .routes = routes, .n_routes = 1};
    struct http_server *server = http_start(&c, &f);
    assert_non_null(server);
    assert_true(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    assert_true(http_call(&call, &status, &answer, &f));
    assert_int_equal(status, 201);
    assert_string_equal(answer.data, "1 PUT acme hello");
    call.body = STR_NULL;
    buf_clear(&answer);
    call.target = "/no";
    assert_true(http_call(&call, &status, &answer, &f));
    assert_int_equal(status, 404);
    http_stop(&server, 1000);
    assert_int_not_equal(access(path, F_OK), 0);
    rmdir(dir);
    buf_finish(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_client)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
