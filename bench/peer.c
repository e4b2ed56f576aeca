/* peer.c: see peer.h. An epoll loop; connections are kept to the end, because an answer may still wait for one. */
#include "peer.h"
#include "base/clock.h"
#include "base/log.h"
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORTS_MAX = 128, WAITING_MAX = 1 << 14, EVENTS = 128 };

struct conn {
    int fd, place;
    size_t n;
    char in[8192];
    struct conn *next_drip;
};
struct due {
    int64_t at_us;
    struct conn *conn;
    const char *answer;
};
static struct {
    int epoll, n_ports, delay_ms, listeners[PORTS_MAX], ports[PORTS_MAX];
    peer_answer *answer;
    struct conn *drips;
    int64_t next_drip_ms;
    struct due queue[WAITING_MAX];
    unsigned first, end;
    pthread_t thread;
    _Atomic bool stop;
} peer;
const char PEER_DRIPS[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

static void watch(int fd, void *p)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    ASSERT(epoll_ctl(peer.epoll, EPOLL_CTL_ADD, fd, &e) == 0);
}

static void tell(struct conn *c, const char *answer)
{
    if (c->fd >= 0) (void)!send(c->fd, answer, strlen(answer), MSG_NOSIGNAL);
}

static void answer(struct conn *c, const char *text)
{
    if (!text) return;
    if (text == PEER_DRIPS) {
        c->next_drip = peer.drips;
        peer.drips = c;
    }
    if (!peer.delay_ms) {
        tell(c, text);
        return;
    }
    ASSERT(peer.end - peer.first < WAITING_MAX);
    peer.queue[peer.end++ % WAITING_MAX] = (struct due){clock_mono_us() + peer.delay_ms * 1000, c, text};
}

static void requests(struct conn *c)
{
    char *end;
    while (c->n && (end = memmem(c->in, c->n, "\r\n\r\n", 4))) {
        const char *length = memmem(c->in, c->n, "Content-Length: ", 16);
        size_t head = (size_t)(end + 4 - c->in), body = length && length < end ? (size_t)atoll(length + 16) : 0;
        if (c->n < head + body) return;
        char behind = c->in[head + body];
        c->in[head + body] = '\0';
        answer(c, peer.answer(&(struct peer_request){c->place, c->in, c->in + head, body}));
        c->in[head + body] = behind;
        memmove(c->in, c->in + head + body, c->n - head - body);
        c->n -= head + body;
    }
}

static void answer_due(void)
{
    while (peer.first != peer.end && peer.queue[peer.first % WAITING_MAX].at_us <= clock_mono_us()) {
        struct due *d = &peer.queue[peer.first++ % WAITING_MAX];
        tell(d->conn, d->answer);
    }
    if (clock_mono_ms() < peer.next_drip_ms) return;
    peer.next_drip_ms = clock_mono_ms() + 1000;
    for (struct conn *c = peer.drips; c; c = c->next_drip) tell(c, "H");
}

static void take(int place)
{
    for (int fd; (fd = accept4(peer.listeners[place], NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        struct conn *c = calloc(1, sizeof *c);
        ASSERT(c);
        c->fd = fd;
        c->place = place;
        watch(fd, c);
    }
}

static void hear(struct conn *c)
{
    ssize_t got = read(c->fd, c->in + c->n, sizeof c->in - 1 - c->n);
    if (got > 0) {
        c->n += (size_t)got;
        requests(c);
    } else if (got == 0 || errno != EAGAIN) {
        close(c->fd);
        c->fd = -1;
    }
}

static void *peer_main(void *arg)
{
    (void)arg;
    struct epoll_event events[EVENTS];
    while (!atomic_load(&peer.stop)) {
        int n = epoll_wait(peer.epoll, events, EVENTS, peer.first == peer.end ? 200 : 1);
        for (int i = 0; i < n; i++) {
            int *listener = events[i].data.ptr;
            if (listener >= peer.listeners && listener < peer.listeners + PORTS_MAX)
                take((int)(listener - peer.listeners));
            else
                hear(events[i].data.ptr);
        }
        answer_due();
    }
    return NULL;
}

static void listen_at(int place, bool refuses)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = peer.listeners[place] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ASSERT(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    peer.ports[place] = ntohs(a.sin_port);
    if (refuses) return;
    ASSERT(listen(fd, 512) == 0);
    watch(fd, &peer.listeners[place]);
}

void peer_start(int n_ports, int delay_ms, peer_answer *to, bool (*refuses)(int place))
{
    ASSERT(n_ports <= PORTS_MAX);
    peer.epoll = epoll_create1(0);
    peer.n_ports = n_ports;
    peer.delay_ms = delay_ms;
    peer.answer = to;
    for (int i = 0; i < n_ports; i++) listen_at(i, refuses && refuses(i));
    ASSERT(pthread_create(&peer.thread, NULL, peer_main, NULL) == 0);
}

int peer_port(int place) { return peer.ports[place]; }

void peer_stop(void)
{
    atomic_store(&peer.stop, true);
    pthread_join(peer.thread, NULL);
}

/* ---- figures ---- */

static double cpu_of(clockid_t clock)
{
    struct timespec t;
    ASSERT(clock_gettime(clock, &t) == 0);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double own_cpu_us(void)
{
    clockid_t other;
    ASSERT(pthread_getcpuclockid(peer.thread, &other) == 0);
    return cpu_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_of(other);
}

static size_t swallow(char *p, size_t size, size_t n, void *arg) { return (void)p, (void)arg, size * n; }

struct figure bare_curl(int64_t n, int window, struct curl_slist *headers, void (*aim)(CURL *e, int64_t i))
{
    CURLM *m = curl_multi_init();
    int64_t began = clock_mono_us(), at = 0, done = 0;
    double cpu = cpu_of(CLOCK_THREAD_CPUTIME_ID);
    int running, left;
    curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, 4L * PORTS_MAX);
    for (; at < window && at < n; at++) {
        CURL *e = curl_easy_init();
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, swallow);
        aim(e, at);
        curl_multi_add_handle(m, e);
    }
    while (done < n) {
        CURLMsg *msg;
        curl_multi_perform(m, &running);
        while ((msg = curl_multi_info_read(m, &left))) {
            CURL *e = msg->easy_handle;
            ASSERT(msg->data.result == CURLE_OK);
            done++;
            curl_multi_remove_handle(m, e);
            if (at == n) continue; /* the handle goes with the process */
            aim(e, at++);
            curl_multi_add_handle(m, e);
        }
        curl_multi_poll(m, NULL, 0, 100, NULL);
    }
    struct figure out = {(double)n * 1e6 / (double)(clock_mono_us() - began),
                         (cpu_of(CLOCK_THREAD_CPUTIME_ID) - cpu) / (double)n};
    curl_multi_cleanup(m);
    return out;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void print_waits(const char *what, int64_t *waits_us, size_t n)
{
    qsort(waits_us, n, sizeof *waits_us, compare);
    printf("%s: p50 %.2f ms, p99 %.2f ms, longest %.1f ms\n", what, (double)waits_us[n / 2] / 1e3,
           (double)waits_us[n * 99 / 100] / 1e3, (double)waits_us[n - 1] / 1e3);
}
