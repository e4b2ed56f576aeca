/* test_net.h: raw requests for the tests of the server. */
#pragma once
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* What libmicrohttpd answers by itself, before we see it, since its version 1 and before. */
#define LIBRARY(since_1, before) (MHD_VERSION >= 0x01000000 ? (since_1) : (before))

struct raw_answer {
    char bytes[65536 + 1]; /* with a NUL at its end */
    size_t len;
    char statuses[64]; /* "200 404": those of all answers that came */
    bool is_closed;
};

static inline int raw_connect(int port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

/* Every status line counts, wherever it stands: an echoed body in these tests has none. */
static inline void raw_find_statuses(struct raw_answer *a)
{
    size_t n = 0;
    const char *p = a->bytes, *end = a->bytes + a->len;
    a->statuses[0] = '\0';
    while ((p = memmem(p, (size_t)(end - p), "HTTP/1.1 ", 9)) != NULL && p + 12 <= end && n + 5 < sizeof a->statuses) {
        p += 9;
        if (strspn(p, "0123456789") >= 3) n += (size_t)sprintf(a->statuses + n, "%s%.3s", n ? " " : "", p);
    }
}

/* Reads until the end or until nothing has come for quiet_ms. */
static inline void raw_read(int fd, int quiet_ms, struct raw_answer *a)
{
    a->len = 0;
    a->is_closed = false;
    while (a->len < sizeof a->bytes - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, quiet_ms) <= 0) break;
        ssize_t n = recv(fd, a->bytes + a->len, sizeof a->bytes - 1 - a->len, 0);
        if (n <= 0) {
            a->is_closed = true;
            break;
        }
        a->len += (size_t)n;
    }
    a->bytes[a->len] = '\0';
    raw_find_statuses(a);
}

static inline void raw_exchange(int port, const char *bytes, size_t n, bool one_at_a_time, int quiet_ms, struct raw_answer *a)
{
    int fd = raw_connect(port);
    size_t step = one_at_a_time ? 1 : n;
    for (size_t i = 0; i < n; i += step)
        if (send(fd, bytes + i, step, MSG_NOSIGNAL) < 0) break; /* refused early: the answer is there to read */
    raw_read(fd, quiet_ms, a);
    close(fd);
}
