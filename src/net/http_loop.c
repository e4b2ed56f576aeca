/* http_loop.c: one HTTP thread. It drives the library's epoll daemons from outside, because their own loop sleeps with
 * connections ready whenever their number is a multiple of 128 and the others wait for answers. A loop is opened, run and
 * closed by http_server.c; it lives as long as the server. */
#include "base/clock.h"
#include "net/http_private.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LONGEST_SLEEP_MS 500 /* then the time limits are looked at */

void http_loop_wake(struct http_loop *l)
{
    uint64_t one = 1;
    if (atomic_exchange(&l->is_woken, true)) return;
    (void)!write(l->wake_fd, &one, sizeof one);
}

static void loop_hear_wake(struct http_loop *l)
{
    uint64_t n;
    (void)!read(l->wake_fd, &n, sizeof n);
    atomic_store(&l->is_woken, false); /* before the list is taken: a later push writes again */
}

/* True when there were some. Pushed last comes first off the stack; turned round, they are resumed in the order of their
 * release. */
static bool loop_resume_released(struct http_loop *l)
{
    struct http_exchange *x = atomic_exchange_explicit(&l->released, NULL, memory_order_acquire), *first = NULL;
    while (x) {
        struct http_exchange *next = x->next;
        x->next = first;
        first = x;
        x = next;
    }
    bool had = first != NULL;
    for (; first; first = x) {
        x = first->next;
        MHD_resume_connection(first->mhd);
    }
    return had;
}

static size_t noop_unescape(void *cls, struct MHD_Connection *mhd, char *s)
{
    (void)cls, (void)mhd;
    return strlen(s); /* our own decoding refuses what the library's lets through */
}

static void loop_library_log(void *cls, const char *fmt, va_list ap)
{
    char text[300];
    (void)cls;
    int n = vsnprintf(text, sizeof text, fmt, ap);
    while (n > 0 && (size_t)n < sizeof text && text[n - 1] == '\n') text[--n] = '\0';
    log_debug("http", "%s", text);
}

static bool port_open(struct http_port_daemon *p, struct http_loop *l, int fd, struct fault *f)
{
    p->loop = l;
    p->listen_fd = fd;
    p->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, http_exchange_step, p,
        MHD_OPTION_EXTERNAL_LOGGER, loop_library_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
        http_exchange_begin, p, MHD_OPTION_NOTIFY_COMPLETED, http_exchange_end, p, MHD_OPTION_NOTIFY_CONNECTION,
        http_conn_notify, p, MHD_OPTION_UNESCAPE_CALLBACK, noop_unescape, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)limit_get(LIMIT_HTTP_MAX_HEADER_BYTES), MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)1024,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)limit_get(LIMIT_HTTP_IDLE_TIMEOUT_S), MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)limit_get(LIMIT_HTTP_MAX_CONNECTIONS), MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_END);
    if (!p->daemon) {
        close(fd);
        return fault_operator(f, "the HTTP library could not start; is the number of open files too small?");
    }
    p->epoll_fd = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return true;
}

static bool loop_open_tcp(struct http_loop *l, bool is_first, int wanted_port, struct fault *f)
{
    struct http_server *s = l->server;
    int fd = http_listen_tcp(s->config.listen, wanted_port, f);
    if (fd < 0) return false;
    if (is_first && !http_listen_port(fd, &s->port)) {
        close(fd);
        return fault_errno(f, "listening on %s", s->config.listen);
    }
    return port_open(&l->ports[PORT_TCP], l, fd, f);
}

bool http_loop_open(struct http_loop *l, int wanted_port, struct fault *f)
{
    struct http_server *s = l->server;
    bool is_first = l == s->loops;
    l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake_fd < 0) return fault_errno(f, "starting an HTTP thread");
    if (s->config.listen && !loop_open_tcp(l, is_first, wanted_port, f)) return false;
    if (!is_first || !s->config.unix_path) return true;
    int fd = http_listen_unix(s->config.unix_path, f);
    l->ports[PORT_UNIX].is_unix = true;
    return fd >= 0 && port_open(&l->ports[PORT_UNIX], l, fd, f);
}

static int loop_timeout_ms(struct http_loop *l)
{
    MHD_UNSIGNED_LONG_LONG least = LONGEST_SLEEP_MS, t;
    for (int i = 0; i < PORT_COUNT; i++)
        if (l->ports[i].daemon && MHD_get_timeout(l->ports[i].daemon, &t) == MHD_YES && t < least) least = t;
    if (atomic_load_explicit(&l->released, memory_order_relaxed)) least = 0;
    return (int)least;
}

static void loop_turn(struct http_loop *l)
{
    struct pollfd fds[1 + PORT_COUNT] = {{.fd = l->wake_fd, .events = POLLIN}};
    for (int i = 0; i < PORT_COUNT; i++)
        fds[1 + i] = (struct pollfd){.fd = l->ports[i].daemon ? l->ports[i].epoll_fd : -1, .events = POLLIN};
    int timeout = loop_timeout_ms(l);
    int n = poll(fds, 1 + PORT_COUNT, timeout);
    if (n < 0 && errno != EINTR) log_panic(__FILE__, __LINE__, "poll failed");
    if (n > 0 && fds[0].revents) loop_hear_wake(l);
    bool run_all = loop_resume_released(l) || timeout < LONGEST_SLEEP_MS || n <= 0;
    for (int i = 0; i < PORT_COUNT; i++)
        if (l->ports[i].daemon && (run_all || fds[1 + i].revents)) MHD_run(l->ports[i].daemon);
    http_conn_sweep(l, clock_mono_us());
}

/* Listens no more. Answers from now on close their connections. */
static void loop_quiesce(struct http_loop *l)
{
    for (int i = 0; i < PORT_COUNT; i++) {
        if (!l->ports[i].daemon) continue;
        int fd = MHD_quiesce_daemon(l->ports[i].daemon);
        if (fd >= 0) close(fd);
    }
    l->is_quiet = true;
    l->swept_us = 0; /* the next sweep, at once, cuts the idle connections */
}

static int loop_count_working(const struct http_loop *l)
{
    int n = 0;
    for (const struct http_conn *c = l->conns; c; c = c->next) n += c->x && c->x->phase == HTTP_PHASE_WORK;
    return n;
}

/* Held exchanges are waited for without end: their holders have pointers to them. */
static bool loop_is_over(const struct http_loop *l)
{
    if (!l->is_quiet) return false;
    if (l->n_running == 0) return true;
    return clock_mono_us() > atomic_load(&l->server->stop_at_us) && loop_count_working(l) == 0;
}

static void *loop_main(void *arg)
{
    struct http_loop *l = arg;
    pthread_setname_np(pthread_self(), "http");
    while (!loop_is_over(l)) {
        if (!l->is_quiet && atomic_load(&l->server->is_stopping)) loop_quiesce(l);
        loop_turn(l);
    }
    return NULL;
}

bool http_loop_run(struct http_loop *l, struct fault *f)
{
    errno = pthread_create(&l->thread, NULL, loop_main, l);
    if (errno) return fault_errno(f, "starting an HTTP thread");
    l->has_thread = true;
    return true;
}

void http_loop_close(struct http_loop *l)
{
    if (l->has_thread) pthread_join(l->thread, NULL);
    for (int i = 0; i < PORT_COUNT; i++)
        if (l->ports[i].daemon) MHD_stop_daemon(l->ports[i].daemon);
    http_answer_forget_statics(l);
    while (l->spare) {
        struct http_exchange *x = l->spare;
        l->spare = x->next;
        http_exchange_destroy(x);
    }
    if (l->wake_fd >= 0) close(l->wake_fd);
}
