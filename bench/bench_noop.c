/* bench_noop.c: what the HTTP server itself costs: a POST of 416 bytes, read whole, and a constant answer. The server runs in a
 * process of its own so that its CPU time can be told from the load generator's. */
#include "load.h"
#include "net/http.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY_BYTES = 416 };

static void handle_noop(struct http_exchange *x) { http_answer_static(x, 200, "application/json", STR("{\"ok\":true}")); }

static const struct http_route routes[] = {{HTTP_POST, "/noop", handle_noop, HTTP_OPEN, 0, NULL}};

static pid_t start_server(int *port)
{
    int ends[2];
    if (pipe(ends) != 0) return -1;
    pid_t pid = fork();
    if (pid != 0) {
        close(ends[1]);
        if (read(ends[0], port, sizeof *port) != (ssize_t)sizeof *port) *port = 0;
        close(ends[0]);
        return pid;
    }
    struct fault f;
    struct http_config c = {.listen = "127.0.0.1:0", .n_threads = 1, .routes = routes, .n_routes = 1};
    struct http_server *s = http_start(&c, &f);
    if (!s) _exit(1);
    *port = http_port(s);
    if (write(ends[1], port, sizeof *port) < 0) _exit(1);
    for (;;) pause();
}

int main(void)
{
    char request[1024], body[BODY_BYTES + 1];
    int port = 0;
    pid_t pid = start_server(&port);
    if (pid < 0 || !port) return 1;
    memset(body, 'x', BODY_BYTES);
    body[BODY_BYTES] = '\0';
    int n =
        snprintf(request, sizeof request, "POST /noop HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", BODY_BYTES, body);
    static const int counts[] = {1, 64, 256};
    int failed = 0;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct load_result r;
        struct load_spec s = {port, counts[i], 2000, 300, request, (size_t)n, pid};
        if (!load_run(&s, &r) || r.n_not_2xx)
            failed = 1;
        else
            printf("%4d connections: %8.0f/s  p50 %lld us  p99 %lld us  server %.1f us/request\n", counts[i], r.per_second,
                   (long long)r.p50_us, (long long)r.p99_us, r.server_cpu_us);
    }
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    return failed;
}
