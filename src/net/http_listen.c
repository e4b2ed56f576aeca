/* http_listen.c: opening the sockets that the server listens on.
 * Called at start only. Each HTTP thread has a TCP socket of its own on the same port; the kernel parts connections among them.
 */
#include "net/http_private.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

union any_address {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
};

/* "127.0.0.1:8080", "[::1]:8080". Names are not looked up: where a server listens is no matter of DNS. */
static bool parse_address(const char *text, union any_address *out, socklen_t *len)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (!colon || !str_to_int64(str_of(colon + 1), &port) || port < 0 || port > 65535) return false;
    size_t n = (size_t)(colon - text);
    bool is_v6 = n > 2 && text[0] == '[' && text[n - 1] == ']';
    if (is_v6) text++, n -= 2;
    if (n == 0 || n >= sizeof host) return false;
    memcpy(host, text, n);
    host[n] = '\0';
    memset(out, 0, sizeof *out);
    if (is_v6) {
        out->v6.sin6_family = AF_INET6, out->v6.sin6_port = htons((uint16_t)port), *len = sizeof out->v6;
        return inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1;
    }
    out->v4.sin_family = AF_INET, out->v4.sin_port = htons((uint16_t)port), *len = sizeof out->v4;
    return inet_pton(AF_INET, host, &out->v4.sin_addr) == 1;
}

bool http_check_address(const char *listen, struct fault *f)
{
    union any_address a;
    socklen_t len;
    return parse_address(listen, &a, &len) ||
           fault_user(f, 0, "\"%s\" is no address to listen on; write it as 127.0.0.1:8080 or [::1]:8080", listen);
}

static bool bind_failed(int error, const char *address, struct fault *f)
{
    if (error == EADDRINUSE)
        return fault_operator(f, "%s is taken by another program; choose another with --listen ADDR:PORT", address);
    errno = error;
    return fault_errno(f, "listening on %s", address);
}

/* SO_REUSEPORT would let us share the port with another process of the same user without a word. A socket without it, bound
 * first, tells whether the port is free. */
static bool port_is_free(const union any_address *a, socklen_t len, const char *address, struct fault *f)
{
    int one = 1, fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fault_errno(f, "listening on %s", address);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool ok = bind(fd, &a->sa, len) == 0;
    int error = errno;
    close(fd);
    return ok || bind_failed(error, address, f);
}

int http_listen_tcp(const char *address, int port, struct fault *f)
{
    union any_address a;
    socklen_t len;
    int one = 1;
    if (!http_check_address(address, f)) return -1;
    parse_address(address, &a, &len);
    if (port)
        a.v4.sin_port = htons((uint16_t)port); /* same place in v6 */
    else if (!port_is_free(&a, len, address, f))
        return -1;
    int fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        fault_errno(f, "listening on %s", address);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(fd, &a.sa, len) == 0 && listen(fd, BACKLOG) == 0) return fd;
    bind_failed(errno, address, f);
    close(fd);
    return -1;
}

/* A socket file that nobody answers on is left over from a crash. */
static bool unix_is_alive(const struct sockaddr_un *a)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_alive = fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof *a) == 0;
    if (fd >= 0) close(fd);
    return is_alive;
}

int http_listen_unix(const char *path, struct fault *f)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path) {
        fault_operator(f, "the socket's path is longer than %zu bytes: %s", sizeof a.sun_path - 1, path);
        return -1;
    }
    strcpy(a.sun_path, path);
    if (unix_is_alive(&a)) {
        fault_operator(f, "another pennypost runs on this data: it answers on %s", path);
        return -1;
    }
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        fault_errno(f, "listening on %s", path);
        return -1;
    }
    /* The rights are set before listen(): until then nobody can connect. */
    if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && chmod(path, 0600) == 0 && listen(fd, BACKLOG) == 0) return fd;
    fault_errno(f, "listening on %s", path);
    close(fd);
    return -1;
}

bool http_listen_port(int fd, int *port)
{
    union any_address a;
    socklen_t len = sizeof a;
    if (getsockname(fd, &a.sa, &len) != 0) return false;
    *port = ntohs(a.v4.sin_port);
    return true;
}
