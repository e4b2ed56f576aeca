/* test_bounds.c: what happens at the server's bounds: a full pool queue, the last connection, a body longer than any buffer; and the
 * other kind of address. */
#include "base/limits.h"
#include "net/http.h"
#include "test_net.h"
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

enum { MAX_CONNECTIONS = 4, FILE_BYTES = 3000000 };

static struct http_server *server;
static sem_t may_end;
static atomic_int n_inside;

static void handle_wait(struct http_exchange *x)
{
    atomic_fetch_add(&n_inside, 1);
    while (sem_wait(&may_end) != 0) assert_int_equal(errno, EINTR);
    http_answer(x, 200, "text/plain", STR("[waited]"));
}

static void handle_quick(struct http_exchange *x) { http_answer(x, 200, "text/plain", STR("[quick]")); }

/* Each byte says where it stands. */
static char byte_at(size_t i) { return (char)(i * 7 + i / 251); }

static void handle_file(struct http_exchange *x)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    for (size_t i = 0; i < FILE_BYTES; i++) fputc(byte_at(i), f);
    fflush(f);
    int fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 0);
    fclose(f);
    http_answer_fd(x, 200, "application/pdf", fd, FILE_BYTES);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/wait", handle_wait, HTTP_POOL, 0, NULL},
    {HTTP_GET, "/quick", handle_quick, 0, 0, NULL},
    {HTTP_GET, "/file", handle_file, HTTP_POOL, 0, NULL},
};

static void ask(int fd, const char *request)
{
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
}

/* One thread, room for one more: of three requests one is in work, one waits, and one is told to come again. */
static void test_full_pool(void **state)
{
    struct raw_answer *a = calloc(3, sizeof *a);
    int fds[3], n_refused = 0;
    (void)state;
    for (int i = 0; i < 3; i++) {
        ask(fds[i] = raw_connect(http_port(server)), GET("/wait"));
        while (i == 0 && atomic_load(&n_inside) == 0) usleep(1000);
    }
    for (int i = 0; i < 3; i++) {
        raw_read(fds[i], 300, &a[i]);
        if (strcmp(a[i].statuses, "503") != 0) continue;
        n_refused++;
        assert_non_null(memmem(a[i].bytes, a[i].len, "\r\nRetry-After: 1\r\n", 18));
        assert_non_null(memmem(a[i].bytes, a[i].len, "\"status_code\":503", 17));
        ask(fds[i], GET("/quick")); /* the connection lives on */
        raw_read(fds[i], 300, &a[i]);
        assert_string_equal(a[i].statuses, "200");
    }
    assert_int_equal(n_refused, 1);
    sem_post(&may_end), sem_post(&may_end);
    int n_answered = 0;
    for (int i = 0; i < 3; i++) {
        raw_read(fds[i], 300, &a[i]);
        n_answered += memmem(a[i].bytes, a[i].len, "[waited]", 8) != NULL;
        close(fds[i]);
    }
    assert_int_equal(n_answered, 2);
    free(a);
}

/* Who comes when all places are taken waits in the kernel's queue, and is served when one leaves. */
static void test_last_connection(void **state)
{
    struct raw_answer *a = calloc(1, sizeof *a);
    int fds[MAX_CONNECTIONS + 1];
    (void)state;
    for (int i = 0; i <= MAX_CONNECTIONS; i++) {
        ask(fds[i] = raw_connect(http_port(server)), GET("/quick"));
        raw_read(fds[i], i < MAX_CONNECTIONS ? 2000 : 500, a);
        assert_string_equal(a->statuses, i < MAX_CONNECTIONS ? "200" : "");
        assert_false(a->is_closed);
    }
    close(fds[0]);
    raw_read(fds[MAX_CONNECTIONS], 5000, a);
    assert_string_equal(a->statuses, "200");
    for (int i = 1; i <= MAX_CONNECTIONS; i++) close(fds[i]);
    free(a);
}

static void test_file(void **state)
{
    static char all[FILE_BYTES + 4096];
    size_t n = 0;
    (void)state;
    int fd = raw_connect(http_port(server));
    ask(fd, "GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (ssize_t got; (got = recv(fd, all + n, FILE_BYTES + 4096 - n, 0)) > 0;) n += (size_t)got;
    close(fd);
    char *body = memmem(all, n, "\r\n\r\n", 4);
    if (!body) {
        fail_msg("no answer in %zu bytes", n);
        return;
    }
    body += 4;
    assert_non_null(memmem(all, (size_t)(body - all), "Content-Length: 3000000\r\n", 25));
    assert_non_null(memmem(all, (size_t)(body - all), "Content-Type: application/pdf\r\n", 31));
    assert_int_equal(n - (size_t)(body - all), FILE_BYTES);
    for (size_t i = 0; i < FILE_BYTES; i++)
        if (body[i] != byte_at(i)) fail_msg("byte %zu is wrong", i);
}

static void test_ipv6(void **state)
{
    struct fault f = {0};
    struct raw_answer *a = calloc(1, sizeof *a);
    struct http_config c = {.listen = "[::1]:0", .n_threads = 1, .spool_dir = "/tmp", .routes = routes, .n_routes = 3};
    struct http_server *s = http_start(&c, &f);
    (void)state;
    if (!s && (strstr(f.text, strerror(EADDRNOTAVAIL)) || strstr(f.text, strerror(EAFNOSUPPORT)))) {
        free(a);
        skip(); /* a machine without IPv6 */
    }
    if (!s) fail_msg("%s", f.text);
    struct sockaddr_in6 to = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)http_port(s)), .sin6_addr = in6addr_loopback};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    ask(fd, GET("/quick"));
    raw_read(fd, 500, a);
    assert_string_equal(a->statuses, "200");
    close(fd);
    http_stop(&s, 1000);
    free(a);
}

static void test_addresses(void **state)
{
    static const struct {
        const char *listen;
        bool is_fine;
    } cases[] = {{"127.0.0.1:8080", true}, {"[::1]:8080", true},    {"0.0.0.0:0", true}, {"[::]:65535", true},
                 {"foo", false},           {"localhost:80", false}, {"::1:80", false},   {"127.0.0.1", false},
                 {"127.0.0.1:", false},    {":80", false},          {"[]:80", false},    {"[::1]", false},
                 {"1.2.3.4:65536", false}, {"1.2.3.4:-1", false},   {"", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f = {0};
        if (http_check_address(cases[i].listen, &f) != cases[i].is_fine) fail_msg("%s: %s", cases[i].listen, f.text);
        if (!cases[i].is_fine) assert_int_equal(f.whose, FAULT_USER);
    }
}

int main(void)
{
    struct fault f;
    struct http_config c = {.listen = "127.0.0.1:0", .n_threads = 1, .spool_dir = "/tmp", .routes = routes, .n_routes = 3};
    sem_init(&may_end, 0, 0);
    if (!limit_set(STR("http.pool_threads"), 1, &f) || !limit_set(STR("http.pool_queue"), 1, &f) ||
        !limit_set(STR("http.max_connections"), MAX_CONNECTIONS, &f))
        return 1;
    server = http_start(&c, &f);
    if (!server) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_full_pool), cmocka_unit_test(test_last_connection),
                                       cmocka_unit_test(test_file), cmocka_unit_test(test_ipv6),
                                       cmocka_unit_test(test_addresses)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_stop(&server, 1000);
    return failed;
}
