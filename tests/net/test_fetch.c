/* test_fetch.c: the fetcher against scripted peers on loopback: each way in which another machine can be bad is a row; then names, kept
 * connections, and many at once. Times are bounds for the bad ones only: nothing is judged by how fast it was. */
#include "fetch_peer.h"
#include "test_net.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/fetch.h"
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <stdatomic.h>
#include <stdlib.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
enum { SHORT_MS = 400, LONG_MS = 60000 };

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
static const struct peer_script scripts[] = {
    {"/ok", OK_ANSWER, PEER_KEEP, 0, NULL},
    {"/die", OK_ANSWER, PEER_KEEP, 0, NULL},
    {"/close", OK_ANSWER, PEER_CLOSE, 0, NULL},
    {"/drip-head", "HTTP/1.1 200 OK\r\nX: a", PEER_DRIP, 0, NULL},
    {"/drip-body", "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\na", PEER_DRIP, 0, NULL},
    {"/redirect", "HTTP/1.1 302 Found\r\nLocation: /never\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/garbage", "\x01\x02 what is this\r\n\r\n", PEER_CLOSE, 0, NULL},
    {"/old", "no head at all\n", PEER_CLOSE, 0, NULL},
    {"/silent", "", PEER_CLOSE, 0, NULL},
    {"/huge-line", "HTTP/1.1 200 OK\r\nX: ", PEER_KEEP, 200000, "\r\nContent-Length: 0\r\n\r\n"},
    {"/huge-head", "HTTP/1.1 200 OK\r\nX: ", PEER_KEEP, 16400, "\r\nContent-Length: 0\r\n\r\n"},
    {"/large-head", "HTTP/1.1 200 OK\r\nX: ", PEER_KEEP, 16300, "\r\nContent-Length: 0\r\n\r\n"},
    {"/cut-head", "HTTP/1.1 200 OK\r\nX: a", PEER_CLOSE, 0, NULL},
    {"/cut-head-line", "HTTP/1.1 200 OK\r\nX: a\r\n", PEER_CLOSE, 0, NULL},
    {"/endless-head", "HTTP/1.1 200 OK\r\nX: ", PEER_FLOOD, 0, NULL},
    {"/huge-body", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", PEER_KEEP, 100000, NULL},
    {"/endless-body", "HTTP/1.1 200 OK\r\n\r\n", PEER_FLOOD, 0, NULL},
    {"/cut-off", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", PEER_CLOSE, 0, NULL},
    {"/chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nSum: 7\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/bad-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", PEER_CLOSE, 0, NULL},
    {"/204", "HTTP/1.1 204 No Content\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/410", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/503", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/503-date",
     "HTTP/1.1 503 Service Unavailable\r\nretry-after:  Wed, 25 Nov 2026 12:00:10 GMT\r\nContent-Length: 0\r\n\r\n", PEER_KEEP,
     0, NULL},
    {"/503-huge", "HTTP/1.1 503 Busy\r\nRetry-After: 9223372036854775807\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/503-late", "HTTP/1.1 503 Busy\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0,
     NULL},
    {"/503-odd", "HTTP/1.1 503 \x01\x02\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/continue", "HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" OK_ANSWER, PEER_KEEP, 0, NULL},
};

/* ---- what the tests share ---- */

static struct address_guard *guard;
static struct peer *peer;
static char dir[] = "/tmp/pp-fetch-XXXXXX";

static struct fetcher *make(fetch_resolve *resolve, void *ctx, int max_per_host)
{
    struct fault f = {0};
    struct fetcher *x = fetcher_create(
        &(struct fetcher_config){.guard = guard, .resolve = resolve, .resolve_ctx = ctx, .max_per_host = max_per_host}, &f);
    if (!x) fail_msg("%s", f.text);
    return x;
}

static struct str url_of(struct arena *a, const char *host, const char *path)
{
    return str_of(arena_printf(a, "http://%s:%d%s", host, peer_port(peer), path));
}

static void ask(struct fetcher *f, struct arena *a, const char *method, const char *host, const char *path, int timeout_ms,
                struct fetch_answer *out)
{
    struct fetch_ask q = {.method = method, .url = url_of(a, host, path), .timeout_ms = timeout_ms, .is_guarded = true};
    if (strcmp(method, "POST") == 0)
        q.body = STR("{\"a\":1}"), q.headers[q.n_headers++] = STR("Content-Type: application/json");
    fetch_now(f, a, &q, out);
}

/* ---- bad peers ---- */

static const struct {
    const char *path;
    int timeout_ms;
    enum fetch_error error;
    int status;
    bool was_sent, is_cut;
    const char *body, *sentence; /* NULL: any */
} rows[] = {
    {"/ok", LONG_MS, FETCH_OK, 200, true, false, "hi", "200 OK"},
    {"/chunks", LONG_MS, FETCH_OK, 200, true, false, "abcdefg", "200 OK"},
    {"/trailer", LONG_MS, FETCH_OK, 200, true, false, "abc", "200 OK"},
    {"/continue", LONG_MS, FETCH_OK, 200, true, false, "hi", "200 OK"},
    {"/204", LONG_MS, FETCH_OK, 204, true, false, "", "204 No Content"},
    {"/410", LONG_MS, FETCH_OK, 410, true, false, "", "410 Gone"},
    {"/503-odd", LONG_MS, FETCH_OK, 503, true, false, "", "503"},
    {"/redirect", LONG_MS, FETCH_OK, 302, true, false, "", "302 Found"},
    {"/huge-body", LONG_MS, FETCH_OK, 200, true, true, NULL, "200 OK"},
    {"/endless-body", LONG_MS, FETCH_OK, 200, true, true, NULL, "200 OK"},
    {"/hang", SHORT_MS, FETCH_TIMEOUT, 0, true, false, "", "no answer within 0.4 s"},
    {"/drip-head", SHORT_MS, FETCH_TIMEOUT, 200, true, false, "", "no whole answer within 0.4 s"},
    {"/drip-body", SHORT_MS, FETCH_TIMEOUT, 200, true, false, NULL, "no whole answer within 0.4 s"},
    {"/garbage", LONG_MS, FETCH_BROKEN, 0, true, false, "", "no whole answer: Received HTTP/0.9 when not allowed"},
    {"/old", LONG_MS, FETCH_BROKEN, 0, true, false, "", "no whole answer: Received HTTP/0.9 when not allowed"},
    {"/silent", LONG_MS, FETCH_BROKEN, 0, true, false, "", "no whole answer: Empty reply from server"},
    {"/large-head", LONG_MS, FETCH_OK, 200, true, false, "", "200 OK"},
    {"/cut-head", LONG_MS, FETCH_BROKEN, 200, true, false, "", "the connection was closed before a whole answer"},
    {"/cut-head-line", LONG_MS, FETCH_BROKEN, 200, true, false, "", "the connection was closed before a whole answer"},
    {"/huge-head", LONG_MS, FETCH_BROKEN, 200, true, false, "", "the answer's header lines pass 16384 bytes"},
    {"/huge-line", LONG_MS, FETCH_BROKEN, 200, true, false, "",
     "one of the answer's header lines is longer than libcurl takes"},
    {"/endless-head", LONG_MS, FETCH_BROKEN, 200, true, false, "", NULL},
    {"/cut-off", LONG_MS, FETCH_BROKEN, 200, true, false, "short", NULL},
    {"/bad-chunks", LONG_MS, FETCH_BROKEN, 200, true, false, "abc", NULL},
};

static void test_peers(void **state)
{
    (void)state;
    struct fetcher *f = make(NULL, NULL, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena *a = arena_create(4096);
        struct fetch_answer got;
        ask(f, a, "POST", "127.0.0.1", rows[i].path, rows[i].timeout_ms, &got);
        if (got.error != rows[i].error || got.status != rows[i].status || got.was_sent != rows[i].was_sent ||
            got.is_cut != rows[i].is_cut)
            fail_msg("%s: error %d status %d sent %d cut %d: %s", rows[i].path, got.error, got.status, got.was_sent, got.is_cut,
                     got.sentence);
        if (rows[i].body && !str_eq(got.body, str_of(rows[i].body)))
            fail_msg("%s: body \"%.*s\"", rows[i].path, STR_ARG(got.body));
        if (rows[i].sentence && strcmp(got.sentence, rows[i].sentence) != 0) fail_msg("%s: \"%s\"", rows[i].path, got.sentence);
        assert_true(!got.is_cut || got.body.len == 65536);
        arena_destroy(&a);
    }
    assert_int_equal(peer_seen(peer, "/never"), 0);
    fetcher_destroy(&f);
}

static void test_no_connection(void **state)
{
    (void)state;
    struct fetcher *f = make(NULL, NULL, 0);
    struct arena *a = arena_create(4096);
    struct fetch_answer got;
    struct fetch_ask q = {.method = "GET", .url = STR("http://127.0.0.1:1/"), .timeout_ms = LONG_MS, .is_guarded = true};
    fetch_now(f, a, &q, &got);
    assert_int_equal(got.error, FETCH_NO_CONNECTION);
    assert_false(got.was_sent);
    assert_string_equal(got.sentence, "no connection to 127.0.0.1 port 1");
    q.url = str_of(arena_printf(a, "https://127.0.0.1:%d/ok", peer_port(peer))); /* speaks no TLS; reads until a whole head */
    q.timeout_ms = SHORT_MS;
    fetch_now(f, a, &q, &got);
    assert_int_equal(got.error, FETCH_TIMEOUT);
    assert_false(got.was_sent);
    arena_destroy(&a);
    fetcher_destroy(&f);
}

static void test_request(void **state)
{
    (void)state;
    struct fetcher *f = make(NULL, NULL, 0);
    struct arena *a = arena_create(4096);
    struct fetch_answer got;
    setenv("http_proxy", "http://127.0.0.1:1/", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
    ask(f, a, "POST", "127.0.0.1", "/ok", LONG_MS, &got);
    assert_int_equal(got.error, FETCH_OK);
    char *want = arena_printf(a,
                              "POST /ok HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: Pennypost/" PENNYPOST_VERSION
                              "\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
                              peer_port(peer));
    assert_string_equal(peer_last_request(peer), want);
    ask(f, a, "DELETE", "127.0.0.1", "/ok", LONG_MS, &got);
    assert_non_null(strstr(peer_last_request(peer), "DELETE /ok HTTP/1.1\r\n"));
    assert_null(strstr(peer_last_request(peer), "Content-"));
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
    arena_destroy(&a);
    fetcher_destroy(&f);
}

static void test_head(void **state)
{
    (void)state;
    static const int64_t noon = 1795608000000; /* 2026-11-25 12:00 UTC */
    struct fetcher *f = make(NULL, NULL, 0);
    struct arena *a = arena_create(4096);
    struct fetch_answer got;
    ask(f, a, "GET", "127.0.0.1", "/503", LONG_MS, &got);
    assert_string_equal(got.sentence, "503 Service Unavailable");
    assert_true(str_eq(got.head, STR("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0\r\n")));
    assert_true(str_eq(fetch_header(&got, "RETRY-AFTER"), STR("120")));
    assert_null(fetch_header(&got, "Retry").ptr);
    assert_null(fetch_header(&got, "HTTP/1.1 503 Service Unavailable").ptr);
    assert_int_equal(fetch_retry_after_ms(&got, noon), 120000);
    ask(f, a, "GET", "127.0.0.1", "/503-date", LONG_MS, &got);
    assert_int_equal(fetch_retry_after_ms(&got, noon), 10000);
    assert_int_equal(fetch_retry_after_ms(&got, noon + 60000), 0);
    ask(f, a, "GET", "127.0.0.1", "/503-huge", LONG_MS, &got);
    assert_int_equal(fetch_retry_after_ms(&got, noon), INT64_C(31536000000));
    ask(f, a, "GET", "127.0.0.1", "/503-late", LONG_MS, &got);
    assert_int_equal(fetch_retry_after_ms(&got, noon), INT64_C(31536000000));
    ask(f, a, "GET", "127.0.0.1", "/503-odd", LONG_MS, &got);
    assert_int_equal(fetch_retry_after_ms(&got, noon), -1);
    ask(f, a, "GET", "127.0.0.1", "/ok", LONG_MS, &got);
    assert_int_equal(fetch_retry_after_ms(&got, noon), -1);
    arena_destroy(&a);
    fetcher_destroy(&f);
}

/* ---- refused before anything is sent ---- */

static void test_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://127.0.0.2/",
                                       "http://10.0.0.1/",
                                       "ftp://127.0.0.1/",
                                       "http://u@127.0.0.1/",
                                       "http://127.1/",
                                       "http://[::1]/",
                                       "http://0x7f.1/",
                                       "http://127.0.0.1\\@a/",
                                       "http://127.0.0.1:22/",
                                       "",
                                       "http://[::ffff:169.254.169.254]/"};
    struct fetcher *f = make(NULL, NULL, 0);
    struct fetch_answer got;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct arena *a = arena_create(4096);
        struct fetch_ask q = {.method = "GET", .url = str_of(urls[i]), .is_guarded = true};
        fetch_now(f, a, &q, &got);
        if (strstr(urls[i], ":22/")) {
            assert_int_equal(got.error, FETCH_NO_CONNECTION); /* the tests' guard allows all ports */
        } else if (got.error != FETCH_REFUSED || got.was_sent || !got.sentence[0]) {
            fail_msg("%s: error %d: %s", urls[i], got.error, got.sentence);
        }
        arena_destroy(&a);
    }
    struct arena *a = arena_create(4096);
    struct fetch_ask q = {.method = "GET", .url = url_of(a, "127.0.0.1", "/ok"), .is_guarded = true, .n_headers = 1};
    q.headers[0] = STR("X: a\r\nY: b");
    fetch_now(f, a, &q, &got);
    assert_int_equal(got.error, FETCH_REFUSED);
    arena_destroy(&a);
    fetcher_destroy(&f);
}

/* ---- names ---- */

struct names {
    atomic_int n_asked, n_hanging;
    atomic_bool is_released;
};

static int put_ips(struct sockaddr_storage *out, const char *one, const char *two)
{
    const char *all[] = {one, two};
    int n = 0;
    for (int i = 0; i < 2 && all[i]; i++, n++) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&out[i];
        *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(all[i])};
    }
    return n;
}

static int resolve(void *ctx, const char *host, struct sockaddr_storage *out, int max)
{
    struct names *n = ctx;
    assert_true(max >= 2);
    int nth = atomic_fetch_add(&n->n_asked, 1);
    if (strncmp(host, "hang", 4) == 0) {
        atomic_fetch_add(&n->n_hanging, 1);
        while (!atomic_load(&n->is_released)) usleep(10000);
        return 0;
    }
    if (strcmp(host, "flip.test") == 0) return put_ips(out, nth ? "127.0.0.2" : "127.0.0.1", NULL);
    if (strcmp(host, "both.test") == 0) return put_ips(out, "127.0.0.1", "127.0.0.2");
    if (strcmp(host, "second.test") == 0) return put_ips(out, "127.0.0.3", "127.0.0.1");
    if (strcmp(host, "meta.test") == 0) return put_ips(out, "169.254.169.254", NULL);
    if (strcmp(host, "none.test") == 0) return 0;
    return put_ips(out, "127.0.0.1", NULL);
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        enum fetch_error want;
    } hosts[] = {{"a.test", FETCH_OK},
                 {"both.test", FETCH_REFUSED},
                 {"meta.test", FETCH_REFUSED},
                 {"none.test", FETCH_NO_NAME},
                 {"second.test", FETCH_OK}};
    struct names names = {0};
    struct fetcher *f = make(resolve, &names, 0);
    struct fetch_answer got;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct arena *a = arena_create(4096);
        ask(f, a, "GET", hosts[i].host, "/ok", LONG_MS, &got);
        if (got.error != hosts[i].want) fail_msg("%s: error %d: %s", hosts[i].host, got.error, got.sentence);
        assert_true(got.was_sent == (got.error == FETCH_OK));
        if (got.error == FETCH_OK)
            assert_non_null(strstr(peer_last_request(peer), arena_printf(a, "\r\nHost: %s:", hosts[i].host)));
        arena_destroy(&a);
    }
    fetcher_destroy(&f);
}

/* The name leads to an open address when it is first asked for and inside later: each connection goes to an address that was checked. */
static void test_flip(void **state)
{
    (void)state;
    struct fault why;
    struct names names = {0};
    struct arena *a = arena_create(4096);
    struct peer *inside = peer_start(scripts, COUNT(scripts), "127.0.0.2", peer_port(peer));
    struct fetcher *f = make(resolve, &names, 0);
    struct fetch_answer got;
    assert_true(limit_set(STR("fetch.name_kept"), 1, &why));
    ask(f, a, "GET", "flip.test", "/ok", LONG_MS, &got);
    assert_int_equal(got.error, FETCH_OK);
    assert_int_equal(atomic_load(&names.n_asked), 1);
    usleep(1100000);
    ask(f, a, "GET", "flip.test", "/ok", LONG_MS, &got);
    assert_int_equal(atomic_load(&names.n_asked), 2);
    assert_int_equal(got.error, FETCH_REFUSED);
    assert_non_null(strstr(got.sentence, "127.0.0.2 is this machine itself"));
    assert_int_equal(peer_connections(inside), 0);
    assert_true(limit_set(STR("fetch.name_kept"), 30, &why));
    fetcher_destroy(&f);
    peer_stop(&inside);
    arena_destroy(&a);
}

/* ---- kept connections ---- */

static void test_keep_alive(void **state)
{
    (void)state;
    struct fetcher *f = make(NULL, NULL, 0);
    struct arena *a = arena_create(4096);
    struct fetch_answer got;
    int before = peer_connections(peer);
    for (int i = 0; i < 20; i++) ask(f, a, "POST", "127.0.0.1", i % 2 ? "/huge-body" : "/ok", LONG_MS, &got);
    assert_int_equal(peer_connections(peer), before + 1);
    for (int i = 0; i < 3; i++) { /* closed between two requests: seen, and a fresh one is used */
        ask(f, a, "POST", "127.0.0.1", "/close", LONG_MS, &got);
        assert_int_equal(got.error, FETCH_OK);
        usleep(50000);
    }
    arena_destroy(&a);
    fetcher_destroy(&f);
}

/* The peer reads the second request of a connection and closes: has it acted on it? Nobody knows, so only what may be repeated is. */
static void test_closed_under_it(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        bool is_repeatable;
        enum fetch_error want;
        int n_seen;
    } dying[] = {{"POST", false, FETCH_BROKEN, 1},
                 {"POST", true, FETCH_OK, 2},
                 {"GET", false, FETCH_OK, 2},
                 {"PATCH", false, FETCH_BROKEN, 1}};
    for (size_t i = 0; i < COUNT(dying); i++) {
        struct fetcher *f = make(NULL, NULL, 0);
        struct arena *a = arena_create(4096);
        struct fetch_answer got;
        ask(f, a, "GET", "127.0.0.1", "/ok", LONG_MS, &got);
        int before = peer_seen(peer, "/die");
        struct fetch_ask q = {.method = dying[i].method,
                              .url = url_of(a, "127.0.0.1", "/die"),
                              .is_guarded = true,
                              .is_repeatable = dying[i].is_repeatable,
                              .timeout_ms = LONG_MS};
        if (strcmp(q.method, "GET") != 0) q.body = STR("x");
        fetch_now(f, a, &q, &got);
        if (got.error != dying[i].want || !got.was_sent)
            fail_msg("row %zu: error %d sent %d: %s", i, got.error, got.was_sent, got.sentence);
        assert_int_equal(peer_seen(peer, "/die") - before, dying[i].n_seen);
        arena_destroy(&a);
        fetcher_destroy(&f);
    }
}

/* ---- TLS ---- */

static pid_t start_tls(char *certificate, int *port)
{
    char key[64], line[200] = "";
    int out[2];
    snprintf(key, sizeof key, "%s/key.pem", dir);
    char *make_it = NULL;
    assert_true(
        asprintf(
            &make_it,
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -keyout %s -out %s "
            "-addext subjectAltName=DNS:tls.test 2>/dev/null",
            key, certificate) > 0);
    assert_int_equal(system(make_it), 0);
    free(make_it);
    assert_int_equal(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-key", key, "-cert", certificate, "-www", NULL);
        _exit(127);
    }
    close(out[1]);
    FILE *said = fdopen(out[0], "r"); /* "ACCEPT 127.0.0.1:40123" */
    while (fgets(line, sizeof line, said) && sscanf(line, "ACCEPT 127.0.0.1:%d", port) != 1) {}
    fclose(said);
    assert_true(*port > 0);
    return pid;
}

static void test_tls(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool is_trusted;
        enum fetch_error want;
    } asks[] = {{"tls.test", true, FETCH_OK},
                {"tls.test", false, FETCH_TLS},
                {"other.test", true, FETCH_TLS},
                {"127.0.0.1", true, FETCH_TLS}};
    char certificate[64];
    int port = 0;
    snprintf(certificate, sizeof certificate, "%s/cert.pem", dir);
    pid_t server = start_tls(certificate, &port);
    for (size_t i = 0; i < COUNT(asks); i++) {
        struct fault why;
        struct names names = {0};
        struct fetcher *f = fetcher_create(
            &(struct fetcher_config){
                .guard = guard, .resolve = resolve, .resolve_ctx = &names, .ca_file = asks[i].is_trusted ? certificate : NULL},
            &why);
        struct arena *a = arena_create(1024);
        struct fetch_answer got;
        struct fetch_ask q = {.method = "GET",
                              .url = str_of(arena_printf(a, "https://%s:%d/", asks[i].host, port)),
                              .timeout_ms = LONG_MS,
                              .is_guarded = true};
        fetch_now(f, a, &q, &got);
        if (got.error != asks[i].want || got.was_sent != (got.error == FETCH_OK))
            fail_msg("%s: error %d sent %d: %s", asks[i].host, got.error, got.was_sent, got.sentence);
        arena_destroy(&a);
        fetcher_destroy(&f);
    }
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

/* ---- to a file ---- */

static void test_file(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum fetch_error want;
        int64_t bytes;
    } files[] = {{"/huge-body", FETCH_OK, 100000},
                 {"/chunks", FETCH_OK, 7},
                 {"/endless-body", FETCH_TOO_LARGE, -1},
                 {"/cut-off", FETCH_BROKEN, -1}};
    struct fetcher *f = make(NULL, NULL, 0);
    struct arena *a = arena_create(4096);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct fetch_answer got;
        struct buf b = BUF_INIT;
        char *path = arena_printf(a, "%s/answer", dir);
        struct fetch_ask q = {.method = "GET",
                              .url = url_of(a, "127.0.0.1", files[i].path),
                              .is_guarded = true,
                              .timeout_ms = LONG_MS,
                              .to_file = path,
                              .max_answer = 100000};
        fetch_now(f, a, &q, &got);
        if (got.error != files[i].want) fail_msg("%s: error %d: %s", files[i].path, got.error, got.sentence);
        bool is_there = access(path, F_OK) == 0;
        assert_int_equal(is_there, files[i].bytes >= 0);
        if (is_there) assert_true(file_read(path, 200000, &b, NULL) && (int64_t)b.len == files[i].bytes);
        buf_finish(&b);
        unlink(path);
    }
    struct fetch_answer got;
    struct fetch_ask q = {
        .method = "GET", .url = url_of(a, "127.0.0.1", "/huge-body"), .to_file = "/nowhere/a", .is_guarded = true};
    fetch_now(f, a, &q, &got);
    assert_int_equal(got.error, FETCH_REFUSED);
    q.to_file = arena_printf(a, "%s/small", dir);
    q.max_answer = 99999; /* Content-Length tells */
    fetch_now(f, a, &q, &got);
    assert_int_equal(got.error, FETCH_TOO_LARGE);
    assert_int_not_equal(access(q.to_file, F_OK), 0);
    arena_destroy(&a);
    fetcher_destroy(&f);
}

/* ---- many at once ---- */

struct many {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_good, n_bad, n_stopped, n_wrong;
};
struct one {
    struct many *many;
    bool is_bad;
    struct arena *arena;
};

static void count(void *arg, const struct fetch_answer *got)
{
    struct one *o = arg;
    pthread_mutex_lock(&o->many->lock);
    if (got->error == FETCH_OK && !o->is_bad)
        o->many->n_good++;
    else if (got->error == FETCH_STOPPED)
        o->many->n_stopped++;
    else if (o->is_bad)
        o->many->n_bad++;
    else
        o->many->n_wrong++;
    pthread_cond_signal(&o->many->changed);
    pthread_mutex_unlock(&o->many->lock);
}

enum { MANY = 1000 };
static struct one ones[MANY];

/* Every third is bad and has a host of its own. */
static void start_many(struct fetcher *f, struct many *m, const char *bad_host, const char *bad_path)
{
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, NULL);
    for (int i = 0; i < MANY; i++) {
        struct one *o = &ones[i];
        *o = (struct one){m, i % 3 == 0, arena_create(1024)};
        char *host = arena_printf(o->arena, o->is_bad ? bad_host : "good%d.test", o->is_bad ? i : i % 10);
        struct fetch_ask q = {.method = "POST",
                              .url = url_of(o->arena, host, o->is_bad ? bad_path : "/ok"),
                              .body = STR("x"),
                              .timeout_ms = 10 * LONG_MS,
                              .is_guarded = true};
        fetch_start(f, o->arena, &q, count, o);
    }
}

/* Waits for all good ones. While the bad ones hang for ten minutes, only the good ones can have come. */
static void end_many(struct fetcher **f, struct many *m)
{
    enum { BAD = (MANY + 2) / 3 };
    pthread_mutex_lock(&m->lock);
    while (m->n_good + m->n_wrong < MANY - BAD) pthread_cond_wait(&m->changed, &m->lock);
    assert_int_equal(m->n_wrong, 0);
    assert_int_equal(m->n_bad, 0);
    pthread_mutex_unlock(&m->lock);
    fetcher_destroy(f);
    assert_int_equal(m->n_stopped, BAD);
    for (int i = 0; i < MANY; i++) arena_destroy(&ones[i].arena);
}

static void test_third_hangs(void **state)
{
    (void)state;
    struct names names = {0};
    struct many m = {0};
    struct fetcher *f = make(resolve, &names, 4);
    int before = peer_connections(peer);
    start_many(f, &m, "bad%d.test", "/hang");
    end_many(&f, &m);
    assert_true(peer_connections(peer) - before <= 40 + (MANY + 2) / 3); /* four a good host, kept */
}

/* Names that hang: known as dead they have threads of their own, however many there are. */
static void test_names_hang(void **state)
{
    (void)state;
    struct names names = {.is_released = true};
    struct many m = {0};
    struct fetcher *f = make(resolve, &names, 0);
    for (int i = 0; i < MANY; i += 3) {
        struct arena *a = arena_create(1024);
        struct fetch_answer got;
        ask(f, a, "GET", arena_printf(a, "hang%d.test", i), "/ok", LONG_MS, &got);
        assert_int_equal(got.error, FETCH_NO_NAME);
        arena_destroy(&a);
    }
    atomic_store(&names.is_released, false);
    atomic_store(&names.n_hanging, 0);
    start_many(f, &m, "hang%d.test", "/ok");
    pthread_mutex_lock(&m.lock);
    while (m.n_good < MANY - (MANY + 2) / 3) pthread_cond_wait(&m.changed, &m.lock);
    pthread_mutex_unlock(&m.lock);
    assert_in_range(atomic_load(&names.n_hanging), 1, 8); /* a quarter of fetch.name_threads */
    atomic_store(&names.is_released, true);
    fetcher_destroy(&f);
    assert_int_equal(m.n_wrong, 0);
    assert_int_equal(m.n_stopped + m.n_bad, (MANY + 2) / 3);
    for (int i = 0; i < MANY; i++) arena_destroy(&ones[i].arena);
}

static void test_name_times_out(void **state)
{
    (void)state;
    struct names names = {0};
    struct fetcher *f = make(resolve, &names, 0);
    struct arena *a = arena_create(1024);
    struct fetch_answer got;
    ask(f, a, "GET", "hang.test", "/ok", SHORT_MS, &got);
    assert_int_equal(got.error, FETCH_NO_NAME);
    assert_false(got.was_sent);
    ask(f, a, "GET", "hang.test", "/ok", SHORT_MS, &got); /* shares the first one's wait */
    assert_int_equal(got.error, FETCH_NO_NAME);
    assert_int_equal(atomic_load(&names.n_asked), 1);
    atomic_store(&names.is_released, true);
    fetcher_destroy(&f);
    arena_destroy(&a);
}

/* One place at the host: the second waits behind a hanging first, within its own time. */
static void test_place_times_out(void **state)
{
    (void)state;
    struct fetcher *f = make(NULL, NULL, 1);
    struct many m = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct one o = {&m, true, arena_create(1024)};
    struct fetch_ask q = {
        .method = "GET", .url = url_of(o.arena, "127.0.0.1", "/hang"), .is_guarded = true, .timeout_ms = LONG_MS};
    struct arena *a = arena_create(1024);
    struct fetch_answer got;
    fetch_start(f, o.arena, &q, count, &o);
    ask(f, a, "GET", "127.0.0.1", "/ok", SHORT_MS, &got);
    assert_int_equal(got.error, FETCH_TIMEOUT);
    assert_false(got.was_sent);
    fetcher_destroy(&f);
    assert_int_equal(m.n_stopped, 1);
    arena_destroy(&a);
    arena_destroy(&o.arena);
}

/* B has waited too long for a connection. Its place goes to C, but the addresses of their host are old by then and too many other names are
 * asked for: C fails while B is being failed. */
struct asker {
    struct arena *arena;
    struct fetch_answer got;
    atomic_bool is_over;
};

static void asker_done(void *arg, const struct fetch_answer *answer)
{
    struct asker *o = arg;
    o->got = *answer;
    atomic_store(&o->is_over, true);
}

static void asker_start(struct fetcher *f, struct asker *o, const char *host, const char *path, int timeout_ms)
{
    o->arena = arena_create(1024);
    struct fetch_ask q = {.method = "GET", .url = url_of(o->arena, host, path), .timeout_ms = timeout_ms, .is_guarded = true};
    fetch_start(f, o->arena, &q, asker_done, o);
}

static void test_late_one_fails_the_next(void **state)
{
    (void)state;
    struct fault why = {0};
    struct names names = {0};
    struct asker holder = {0}, late = {0}, next = {0}, hanging[2] = {0};
    assert_true(limit_set(STR("fetch.name_kept"), 1, &why) && limit_set(STR("fetch.name_queue"), 1, &why) &&
                limit_set(STR("fetch.name_threads"), 1, &why));
    struct fetcher *f = fetcher_create(
        &(struct fetcher_config){
            .guard = guard, .resolve = resolve, .resolve_ctx = &names, .max_connections = 1, .max_per_host = 1},
        &why);
    assert_non_null(f);
    asker_start(f, &holder, "127.0.0.1", "/hang", LONG_MS);
    asker_start(f, &late, "a.test", "/ok", 1500);
    asker_start(f, &next, "a.test", "/ok", LONG_MS);
    while (atomic_load(&names.n_asked) < 1) usleep(1000);
    asker_start(f, &hanging[0], "hang1.test", "/ok", LONG_MS);
    while (atomic_load(&names.n_hanging) < 1) usleep(1000);
    asker_start(f, &hanging[1], "hang2.test", "/ok", LONG_MS);
    for (int i = 0; i < 5000 && !(atomic_load(&late.is_over) && atomic_load(&next.is_over)); i++) usleep(1000);
    assert_true(atomic_load(&late.is_over) && atomic_load(&next.is_over));
    assert_int_equal(late.got.error, FETCH_TIMEOUT);
    assert_int_equal(next.got.error, FETCH_NO_NAME);
    assert_non_null(strstr(next.got.sentence, "too many names wait"));
    atomic_store(&names.is_released, true);
    fetcher_destroy(&f);
    struct asker *all[] = {&holder, &late, &next, &hanging[0], &hanging[1]};
    for (size_t i = 0; i < COUNT(all); i++) {
        assert_true(atomic_load(&all[i]->is_over));
        arena_destroy(&all[i]->arena);
    }
    assert_true(limit_set(STR("fetch.name_kept"), 30, &why) && limit_set(STR("fetch.name_queue"), 10000, &why) &&
                limit_set(STR("fetch.name_threads"), 32, &why));
}

/* ---- */

static int set_up(void **state)
{
    struct fault f = {0};
    (void)state;
    guard = address_guard_create(STR("127.0.0.1/32,127.0.0.3/32"), true, STR("all"), &f);
    peer = peer_start(scripts, COUNT(scripts), "127.0.0.1", 0);
    return guard && mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    peer_stop(&peer);
    address_guard_destroy(&guard);
    return remove_tree(dir, NULL) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peers),
        cmocka_unit_test(test_no_connection),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_flip),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_closed_under_it),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_third_hangs),
        cmocka_unit_test(test_names_hang),
        cmocka_unit_test(test_name_times_out),
        cmocka_unit_test(test_place_times_out),
        cmocka_unit_test(test_late_one_fails_the_next),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
