/* bench_send.c: POST /api/v1/send, durable, on 256 connections, beside two yardsticks in the same run: the same request whose
 * check is whole but which is answered without its commit, and a POST that does nothing. The rounds alternate, so that a busy
 * machine troubles all alike. Then the server is killed in the middle: what it acknowledged must be stored. The server is a process of its own.
 *
 *   bench_send [SECONDS A ROUND [ROUNDS]]      default 2 3 */
#include "house.h"
#include "api/api_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "load.h"
#include "mail/contact_check.h"
#include "mail/drop_cache.h"
#include "mail/mail_private.h"
#include "mail/recipient.h"
#include "mail/serial.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 256, KILLED_CONNECTIONS = 32, KILL_AFTER_MS = 1000, KIND_NOOP = 0, KIND_CHECK, KIND_SEND, KINDS };

/* ---- the server ---- */

static void handle_noop(struct http_exchange *x) { http_answer_static(x, 200, "application/json", STR("{\"ok\":true}")); }

/* As handle_send_post and send_begin, up to the writer. */
static void handle_check(struct http_exchange *x)
{
    struct send *s = ARENA_NEW(http_arena(x), struct send);
    struct drop_facts facts;
    struct fault f;
    bool ok = api_takes_mail(x, &f) && send_read(x, s, &f) &&
              drop_cache_find(api_mail(x)->drops, s->account, s->endpoint, &facts, &f) &&
              contact_values_check(s->values, FIELD_KNOWN, &f);
    if (request_failed(x, ok, &f)) return;
    s->recipient = recipient_write(http_arena(x), s->values, FIELD_KNOWN, s->extra);
    s->piece_id = s->contact_id = 123456;
    s->created_at = clock_now_ms();
    send_reply(s);
}

static const struct route_info key_info = {WHO_KEY, "a bench's"};
static const struct http_route extra[] = {
    {HTTP_POST, "/bench/noop", handle_noop, HTTP_OPEN, 0, &key_info},
    {HTTP_POST, "/bench/check/{endpoint}", handle_check, 0, 0, &key_info},
};

struct ready {
    int port;
    char key[37], endpoint[64], dir[64];
};

static void make_campaign(char *endpoint, size_t size)
{
    char body[600];
    struct answer a = ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"T\",\"size\":\"2\",\"html\":\"x\"}");
    int64_t template = answer_number(a, "template_id");
    house_publish(template);
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":\"P\","
             "\"SenderAddress1\":\"1 P\",\"SenderCity\":\"S\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\"}",
             (long long)template);
    answer_text(ask(house.key, "POST", "/api/v1/campaigns", body), "endpoint", endpoint, size);
}

static void serve(int to_parent)
{
    struct ready r = {0};
    house.extra = extra;
    house.n_extra = sizeof extra / sizeof *extra;
    house_open(NULL);
    make_campaign(r.endpoint, sizeof r.endpoint);
    r.port = house.port;
    memcpy(r.key, house.key, sizeof r.key);
    memcpy(r.dir, house.dir, sizeof r.dir);
    if (write(to_parent, &r, sizeof r) != (ssize_t)sizeof r) _exit(1);
    for (;;) pause();
}

/* ---- the load ---- */

static size_t make_request(const struct ready *r, int kind, const char *last_name, char *out, size_t size)
{
    static const char *const paths[KINDS] = {"/bench/noop", "/bench/check/%s", "/api/v1/send/%s"};
    char body[600], path[120], coded[80], pair[60];
    snprintf(
        body, sizeof body,
        "{\"first_name\":\"Ada\",\"last_name\":\"%s\",\"company\":\"Analytical Engines\",\"address_street\":\"12 St James "
        "Square\","
        "\"address_street2\":\"Suite 4\",\"address_city\":\"Sacramento\",\"address_state\":\"CA\",\"address_zip\":\"95814\","
        "\"email_address\":\"ada@example.com\",\"phone\":\"+1 916 555 0100\",\"var_field_1\":\"a "
        "value\",\"var_field_2\":\"another value\"}",
        last_name);
    snprintf(path, sizeof path, paths[kind], r->endpoint);
    snprintf(pair, sizeof pair, "%s:", r->key);
    house_base64(pair, coded);
    return (size_t)snprintf(
        out, size,
        "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        path, coded, strlen(body), body);
}

static double measure(const struct ready *r, pid_t pid, int kind, int ms, struct load_result *out)
{
    static const char *const names[KINDS] = {"nothing", "check", "send"};
    char request[1600];
    size_t n = make_request(r, kind, "Lovelace", request, sizeof request);
    struct load_spec s = {r->port, CONNECTIONS, ms, 300, request, n, pid};
    if (!load_run(&s, out) || out->n_not_2xx) return 0;
    printf("%-8s %8.0f/s  p50 %6lld us  p99 %6lld us  max %6lld us  server %5.1f us/request\n", names[kind], out->per_second,
           (long long)out->p50_us, (long long)out->p99_us, (long long)out->max_us, out->server_cpu_us);
    fflush(stdout);
    return out->per_second;
}

/* ---- killed in the middle ---- */

struct sender {
    const struct ready *server;
    char request[1600];
    size_t n;
    _Atomic int64_t acknowledged;
};

static void *send_on(void *arg)
{
    struct sender *s = arg;
    char answer[2000];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)s->server->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    while (ok && send(fd, s->request, s->n, MSG_NOSIGNAL) == (ssize_t)s->n) {
        ssize_t got = recv(fd, answer, sizeof answer, 0); /* an answer is one small segment on loopback */
        ok = got > 12 && memcmp(answer + 9, "200", 3) == 0;
        if (ok) atomic_fetch_add(&s->acknowledged, 1);
    }
    if (fd >= 0) close(fd);
    return NULL;
}

static int64_t stored(const char *dir, const char *last_name)
{
    char path[100], sql[200];
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int64_t n = -1;
    snprintf(path, sizeof path, "%s/pennypost.db", dir);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM piece WHERE recipient LIKE '%%\"%s\"%%'", last_name);
    if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
        if (sqlite3_step(stmt) == SQLITE_ROW) n = sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
    return n;
}

static bool kill_in_the_middle(const struct ready *r, pid_t pid)
{
    struct sender s = {.server = r};
    pthread_t threads[KILLED_CONNECTIONS];
    s.n = make_request(r, KIND_SEND, "Killed", s.request, sizeof s.request);
    for (int i = 0; i < KILLED_CONNECTIONS; i++) pthread_create(&threads[i], NULL, send_on, &s);
    usleep(KILL_AFTER_MS * 1000);
    kill(pid, SIGKILL);
    for (int i = 0; i < KILLED_CONNECTIONS; i++) pthread_join(threads[i], NULL);
    waitpid(pid, NULL, 0);
    int64_t acknowledged = atomic_load(&s.acknowledged), n = stored(r->dir, "Killed");
    printf("killed in the middle: %lld acknowledged, %lld stored\n", (long long)acknowledged, (long long)n);
    return acknowledged > 0 && n >= acknowledged && n <= acknowledged + KILLED_CONNECTIONS;
}

static bool verdict(const char *what, double is, double budget, bool is_ok)
{
    printf("%-34s %6.2f   budget %6.2f   %s\n", what, is, budget, is_ok ? "ok" : "MISSED");
    return is_ok;
}

int main(int argc, char **argv)
{
    int code, ends[2], ms = argc > 1 ? atoi(argv[1]) * 1000 : 2000, rounds = argc > 2 ? atoi(argv[2]) : 3;
    if (press_worker_main(argc, argv, &code)) return code;
    if (pipe(ends) != 0) return 3;
    pid_t pid = fork();
    if (pid == 0) serve(ends[1]);
    struct ready r;
    if (pid < 0 || read(ends[0], &r, sizeof r) != (ssize_t)sizeof r) return 3;
    double sum[KINDS] = {0};
    int64_t worst_p99_us = 0;
    bool ok = true;
    for (int i = 0; i < rounds; i++)
        for (int kind = 0; kind < KINDS; kind++) {
            struct load_result out = {0};
            double rate = measure(&r, pid, kind, ms, &out);
            ok = ok && rate > 0;
            sum[kind] += rate;
            if (kind == KIND_SEND && out.p99_us > worst_p99_us) worst_p99_us = out.p99_us;
        }
    double check = sum[KIND_SEND] / sum[KIND_CHECK], noop = sum[KIND_SEND] / sum[KIND_NOOP],
           p99_ms = (double)worst_p99_us / 1000;
    ok &= verdict("send to check", check, 0.60, check >= 0.60);
    ok &= verdict("send to nothing", noop, 0.45, noop >= 0.45);
    ok &= verdict("worst p99 of send, ms", p99_ms, 30, p99_ms < 30);
    ok &= kill_in_the_middle(&r, pid);
    printf("the house of this run: %s\n", r.dir);
    return ok ? 0 : 1;
}
