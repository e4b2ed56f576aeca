/* load.h: a load generator for the benchmarks: keep-alive connections driven from one epoll thread, the caller's. Each
 * connection sends the same request, waits for the whole answer and sends again. Loopback only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct load_spec {
    int port; /* on 127.0.0.1 */
    int n_connections;
    int duration_ms, warm_up_ms; /* the warm-up is not counted */
    const char *request;         /* head and body, ready to send */
    size_t len;
    pid_t server_pid; /* whose CPU time is measured; 0: not */
};
struct load_result {
    int64_t n_answers, n_not_2xx;
    double per_second;
    int64_t p50_us, p99_us, max_us;
    double server_cpu_us; /* per answer */
};
/* False when a connection fails or closes. */
bool load_run(const struct load_spec *spec, struct load_result *out);
