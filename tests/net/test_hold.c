/* test_hold.c: many held exchanges released by another thread, and routes of the pool, under 64 connections at once. */
#include "net/http.h"
#include "test_net.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CONNECTIONS = 64, ROUNDS = 30 };

static struct http_server *server;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct http_exchange *held[CONNECTIONS * 2];
static int n_held;
static atomic_bool is_over;
static atomic_int n_after;

static void handle_hold(struct http_exchange *x)
{
    http_hold(x);
    pthread_mutex_lock(&lock);
    held[n_held++] = x;
    pthread_mutex_unlock(&lock);
}

static void handle_pool(struct http_exchange *x)
{
    usleep(200);
    http_answer(x, 200, "text/plain", http_param(x, "id"));
}

/* Held on a pool thread, as a handler does that hands its work to the writer. */
static const struct http_route routes[] = {
    {HTTP_GET, "/hold/{id}", handle_hold, 0, 0, NULL},
    {HTTP_GET, "/pool/{id}", handle_pool, HTTP_POOL, 0, NULL},
    {HTTP_GET, "/both/{id}", handle_hold, HTTP_POOL, 0, NULL},
};

static void *release_main(void *arg)
{
    struct http_exchange *mine[CONNECTIONS * 2];
    (void)arg;
    while (!atomic_load(&is_over)) {
        pthread_mutex_lock(&lock);
        int n = n_held;
        memcpy(mine, held, sizeof mine[0] * (size_t)n);
        n_held = 0;
        pthread_mutex_unlock(&lock);
        for (int i = 0; i < n; i++) {
            http_answer(mine[i], 200, "text/plain", http_param(mine[i], "id"));
            http_release(mine[i]);
        }
        if (n) http_wake(server);
        usleep(300);
    }
    return NULL;
}

static void after(struct http_exchange *x, void *ctx)
{
    (void)ctx;
    if (http_status(x) == 200) atomic_fetch_add(&n_after, 1);
}

static void run_kind(const char *kind)
{
    int fds[CONNECTIONS];
    struct raw_answer *a = calloc(1, sizeof *a);
    for (int i = 0; i < CONNECTIONS; i++) fds[i] = raw_connect(http_port(server));
    for (int r = 0; r < ROUNDS; r++) {
        char line[100], want[40];
        for (int i = 0; i < CONNECTIONS; i++) {
            int n = snprintf(line, sizeof line, "GET /%s/n%d.%d. HTTP/1.1\r\nHost: a\r\n\r\n", kind, i, r);
            assert_int_equal(send(fds[i], line, (size_t)n, MSG_NOSIGNAL), n);
        }
        for (int i = 0; i < CONNECTIONS; i++) {
            snprintf(want, sizeof want, "\r\n\r\nn%d.%d.", i, r);
            ssize_t n = recv(fds[i], a->bytes, sizeof a->bytes - 1, 0);
            assert_true(n > 0);
            a->bytes[n] = '\0';
            if (!strstr(a->bytes, want)) fail_msg("wanted %s, got %s", want, a->bytes);
        }
    }
    for (int i = 0; i < CONNECTIONS; i++) close(fds[i]);
    free(a);
}

static void test_hold(void **state) { (void)state, run_kind("hold"); }
static void test_pool(void **state) { (void)state, run_kind("pool"); }
static void test_hold_in_pool(void **state) { (void)state, run_kind("both"); }

static void test_all_were_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 100 && atomic_load(&n_after) < 3 * CONNECTIONS * ROUNDS; i++) usleep(10000);
    assert_int_equal(atomic_load(&n_after), 3 * CONNECTIONS * ROUNDS);
}

int main(void)
{
    struct fault f;
    pthread_t releaser;
    struct http_config c = {
        .listen = "127.0.0.1:0", .n_threads = 2, .spool_dir = "/tmp", .routes = routes, .n_routes = 3, .after = after};
    server = http_start(&c, &f);
    if (!server || pthread_create(&releaser, NULL, release_main, NULL) != 0) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hold), cmocka_unit_test(test_pool),
                                       cmocka_unit_test(test_hold_in_pool), cmocka_unit_test(test_all_were_counted)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    atomic_store(&is_over, true);
    pthread_join(releaser, NULL);
    http_stop(&server, 1000);
    return failed;
}
