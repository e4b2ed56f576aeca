/* load.c: see load.h. Answers must have a Content-Length and fit 8 KB; latencies are kept in buckets of 1/16 of their size. */
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUCKETS 512

struct connection {
    int fd;
    int64_t sent_us;
    size_t len;
    char bytes[8192];
};

struct load {
    const struct load_spec *spec;
    struct connection *connections;
    int epoll_fd;
    int64_t n_answers, n_not_2xx, max_us, buckets[BUCKETS];
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* User and system time of a process from /proc, in ticks of 10 ms: runs must last seconds. */
static int64_t cpu_us(pid_t pid)
{
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = '\0';
    const char *p = strrchr(text, ')');
    long long user = 0, kernel = 0;
    if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld", &user, &kernel) != 2) return 0;
    return (user + kernel) * 1000000 / sysconf(_SC_CLK_TCK);
}

static int bucket_of(int64_t us)
{
    if (us < 16) return (int)us;
    int shift = 59 - __builtin_clzll((unsigned long long)us);
    int b = shift * 16 + (int)(us >> shift);
    return b < BUCKETS ? b : BUCKETS - 1;
}

static int64_t bucket_floor(int b)
{
    if (b < 32) return b;
    return (int64_t)(b % 16 + 16) << (b / 16 - 1);
}

static int64_t percentile(const struct load *l, double share)
{
    int64_t seen = 0, wanted = (int64_t)((double)l->n_answers * share);
    for (int b = 0; b < BUCKETS; b++)
        if ((seen += l->buckets[b]) > wanted) return bucket_floor(b);
    return l->max_us;
}

static bool connection_send(struct load *l, struct connection *c)
{
    c->sent_us = now_us();
    c->len = 0;
    return send(c->fd, l->spec->request, l->spec->len, MSG_NOSIGNAL) == (ssize_t)l->spec->len;
}

static bool connection_open(struct load *l, struct connection *c)
{
    int one = 1;
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)l->spec->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&a, sizeof a) != 0) return false;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &e) == 0 && connection_send(l, c);
}

static bool answer_is_whole(struct connection *c)
{
    c->bytes[c->len] = '\0';
    const char *end = strstr(c->bytes, "\r\n\r\n");
    const char *length = end ? strcasestr(c->bytes, "\r\ncontent-length:") : NULL;
    return length && c->len >= (size_t)(end - c->bytes) + 4 + strtoul(length + 17, NULL, 10);
}

static bool connection_read(struct load *l, struct connection *c)
{
    ssize_t n = recv(c->fd, c->bytes + c->len, sizeof c->bytes - 1 - c->len, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) return false;
    c->len += (size_t)n;
    if (!answer_is_whole(c)) return true;
    int64_t took = now_us() - c->sent_us;
    l->n_answers++;
    l->n_not_2xx += c->bytes[9] != '2';
    l->buckets[bucket_of(took)]++;
    if (took > l->max_us) l->max_us = took;
    return connection_send(l, c);
}

static bool load_until(struct load *l, int64_t end_us)
{
    struct epoll_event events[256];
    while (now_us() < end_us) {
        int n = epoll_wait(l->epoll_fd, events, 256, 100);
        for (int i = 0; i < n; i++)
            if (!connection_read(l, events[i].data.ptr)) return false;
    }
    return true;
}

static bool load_measure(struct load *l, struct load_result *out)
{
    const struct load_spec *s = l->spec;
    for (int i = 0; i < s->n_connections; i++)
        if (!connection_open(l, &l->connections[i])) return false;
    if (!load_until(l, now_us() + (int64_t)s->warm_up_ms * 1000)) return false;
    l->n_answers = l->n_not_2xx = l->max_us = 0;
    memset(l->buckets, 0, sizeof l->buckets);
    int64_t cpu = s->server_pid ? cpu_us(s->server_pid) : 0, start = now_us();
    if (!load_until(l, start + (int64_t)s->duration_ms * 1000)) return false;
    double seconds = (double)(now_us() - start) / 1e6;
    cpu = s->server_pid ? cpu_us(s->server_pid) - cpu : 0;
    *out = (struct load_result){.n_answers = l->n_answers,
                                .n_not_2xx = l->n_not_2xx,
                                .per_second = (double)l->n_answers / seconds,
                                .p50_us = percentile(l, 0.5),
                                .p99_us = percentile(l, 0.99),
                                .max_us = l->max_us,
                                .server_cpu_us = l->n_answers ? (double)cpu / (double)l->n_answers : 0};
    return l->n_answers > 0;
}

bool load_run(const struct load_spec *spec, struct load_result *out)
{
    struct load l = {.spec = spec, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    l.connections = calloc((size_t)spec->n_connections, sizeof *l.connections);
    for (int i = 0; l.connections && i < spec->n_connections; i++) l.connections[i].fd = -1;
    bool ok = l.connections && l.epoll_fd >= 0 && load_measure(&l, out);
    for (int i = 0; l.connections && i < spec->n_connections; i++)
        if (l.connections[i].fd >= 0) close(l.connections[i].fd);
    if (l.epoll_fd >= 0) close(l.epoll_fd);
    free(l.connections);
    return ok;
}
