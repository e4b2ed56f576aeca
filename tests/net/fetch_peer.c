/* fetch_peer.c: a thread a connection; all end when the peer is stopped. */
#include "fetch_peer.h"
#include "test_net.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CONNECTIONS_MAX = 4000, REQUEST_MAX = 16384, PATHS_MAX = 64 };

struct peer {
    const struct peer_script *scripts;
    int n_scripts, listener, port;
    atomic_bool is_stopping;
    pthread_t acceptor, threads[CONNECTIONS_MAX];
    pthread_mutex_t lock; /* over what follows */
    int fds[CONNECTIONS_MAX], n_connections;
    struct {
        char path[64];
        int n;
    } seen[PATHS_MAX];
    int n_seen;
    char last[REQUEST_MAX];
};
struct connection {
    struct peer *peer;
    int fd, n_requests;
};

static void note(struct peer *p, const char *path, const char *request)
{
    int i = 0;
    pthread_mutex_lock(&p->lock);
    while (i < p->n_seen && strcmp(p->seen[i].path, path) != 0) i++;
    if (i == p->n_seen && p->n_seen < PATHS_MAX) snprintf(p->seen[p->n_seen++].path, sizeof p->seen[0].path, "%s", path);
    if (i < PATHS_MAX) p->seen[i].n++;
    snprintf(p->last, sizeof p->last, "%s", request);
    pthread_mutex_unlock(&p->lock);
}

/* One request with its body. False at the end of the connection. */
static bool read_request(int fd, char *out)
{
    size_t n = 0, want = 0;
    while (!want || n < want) {
        ssize_t got = recv(fd, out + n, REQUEST_MAX - 1 - n, 0);
        if (got <= 0) return false;
        n += (size_t)got;
        out[n] = '\0';
        const char *end = strstr(out, "\r\n\r\n"), *length = strcasestr(out, "\r\nContent-Length:");
        if (end && !want) want = (size_t)(end - out) + 4 + (length && length < end ? (size_t)atoi(length + 17) : 0);
    }
    return true;
}

static bool put(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent, n -= (size_t)sent;
    }
    return true;
}

static void wait_for_end(struct peer *p, int fd)
{
    struct pollfd e = {.fd = fd, .events = POLLIN};
    char byte;
    while (!atomic_load(&p->is_stopping))
        if (poll(&e, 1, 100) > 0 && recv(fd, &byte, 1, 0) <= 0) break;
}

static bool act(struct peer *p, int fd, const struct peer_script *s)
{
    static const char filler[1001] = {[0 ... 999] = 'x'};
    size_t n = strlen(s->answer);
    if (!put(fd, s->answer, n)) return false;
    for (int left = s->filler; left > 0; left -= 1000)
        if (!put(fd, filler, left < 1000 ? (size_t)left : 1000)) return false;
    if (s->end && !put(fd, s->end, strlen(s->end))) return false;
    while (s->then == PEER_DRIP && !atomic_load(&p->is_stopping) && put(fd, s->answer + n - 1, 1)) usleep(20000);
    while (s->then == PEER_FLOOD && !atomic_load(&p->is_stopping) && put(fd, filler, 1000)) {}
    if (s->then == PEER_HANG) wait_for_end(p, fd);
    return s->then == PEER_KEEP;
}

static bool answer(struct connection *c, const char *request)
{
    static const struct peer_script hang = {.answer = "", .then = PEER_HANG};
    char path[64] = "";
    sscanf(request, "%*s %63s", path);
    note(c->peer, path, request);
    if (strcmp(path, "/die") == 0 && c->n_requests > 1) return false;
    for (int i = 0; i < c->peer->n_scripts; i++)
        if (strcmp(c->peer->scripts[i].path, path) == 0) return act(c->peer, c->fd, &c->peer->scripts[i]);
    return act(c->peer, c->fd, &hang);
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    char *request = malloc(REQUEST_MAX);
    do c->n_requests++;
    while (read_request(c->fd, request) && answer(c, request));
    shutdown(c->fd, SHUT_RDWR); /* closed by peer_stop, so that no other gets its number */
    free(request);
    free(c);
    return NULL;
}

static void *accept_all(void *arg)
{
    struct peer *p = arg;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 << 10);
    for (int fd; (fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
        struct connection *c = calloc(1, sizeof *c);
        *c = (struct connection){p, fd, 0};
        pthread_mutex_lock(&p->lock);
        int i = p->n_connections++;
        if (i >= CONNECTIONS_MAX) abort();
        p->fds[i] = fd;
        pthread_mutex_unlock(&p->lock);
        if (pthread_create(&p->threads[i], &small, serve, c) != 0) abort();
    }
    pthread_attr_destroy(&small);
    return NULL;
}

struct peer *peer_start(const struct peer_script *scripts, int n, const char *ip, int port)
{
    struct peer *p = calloc(1, sizeof *p);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = inet_addr(ip)};
    socklen_t len = sizeof a;
    int one = 1;
    p->scripts = scripts;
    p->n_scripts = n;
    pthread_mutex_init(&p->lock, NULL);
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); /* a test may come back on its port */
    if (bind(p->listener, (struct sockaddr *)&a, sizeof a) != 0 || listen(p->listener, 2000) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&a, &len) != 0 || pthread_create(&p->acceptor, NULL, accept_all, p) != 0)
        abort();
    p->port = ntohs(a.sin_port);
    return p;
}

void peer_stop(struct peer **peer)
{
    struct peer *p = *peer;
    atomic_store(&p->is_stopping, true);
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->acceptor, NULL);
    for (int i = 0; i < p->n_connections; i++) shutdown(p->fds[i], SHUT_RDWR);
    for (int i = 0; i < p->n_connections; i++) pthread_join(p->threads[i], NULL), close(p->fds[i]);
    close(p->listener);
    pthread_mutex_destroy(&p->lock);
    free(p);
    *peer = NULL;
}

int peer_port(const struct peer *p) { return p->port; }

int peer_seen(struct peer *p, const char *path)
{
    int n = 0;
    pthread_mutex_lock(&p->lock);
    for (int i = 0; i < p->n_seen; i++)
        if (strcmp(p->seen[i].path, path) == 0) n = p->seen[i].n;
    pthread_mutex_unlock(&p->lock);
    return n;
}

int peer_connections(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    int n = p->n_connections;
    pthread_mutex_unlock(&p->lock);
    return n;
}

const char *peer_last_request(struct peer *p) { return p->last; }
