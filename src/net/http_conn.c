/* http_conn.c: the connections of one HTTP thread and their time limits.
 * The library's own timeout counts from the last byte, so that a client who sends one byte a minute holds a connection for
 * ever. Once a second the loop looks at all of its connections: at those whose request is not whole yet, and at those between
 * requests. */
#include "base/clock.h"
#include "net/http_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void conn_open(struct http_port_daemon *port, struct MHD_Connection *mhd, void **socket_ctx)
{
    struct http_conn *c = calloc(1, sizeof *c);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    ASSERT(c && info);
    c->port = port;
    c->fd = info->connect_fd;
    c->idle_since_us = clock_mono_us();
    c->next = port->loop->conns;
    if (c->next) c->next->prev = c;
    port->loop->conns = c;
    *socket_ctx = c;
}

static void conn_close(struct http_conn *c)
{
    if (c->next) c->next->prev = c->prev;
    if (c->prev)
        c->prev->next = c->next;
    else
        c->port->loop->conns = c->next;
    free(c);
}

void http_conn_notify(void *port, struct MHD_Connection *mhd, void **socket_ctx, enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        conn_open(port, mhd, socket_ctx);
    } else if (*socket_ctx) {
        conn_close(*socket_ctx);
        *socket_ctx = NULL;
    }
}

/* Only while a request is being read, when the library has nothing to send on this connection. The library then reads the end
 * and closes. A send that finds no room is not tried again: the client is being cut off anyway. */
static void cut(struct http_conn *c) { shutdown(c->fd, SHUT_RDWR); }

void http_conn_fail(struct http_conn *c, int status, const char *status_word, const char *message)
{
    struct buf text = BUF_INIT, body = BUF_INIT;
    http_error_body(status, str_of(message), &body);
    buf_addf(&text,
             "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\nContent-Length: "
             "%zu\r\nConnection: close\r\n\r\n%.*s",
             status, status_word, body.len, (int)body.len, body.data);
    (void)!send(c->fd, text.data, text.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    cut(c);
    buf_finish(&text), buf_finish(&body);
}

/* One request_timeout for the head and the first megabyte, one more for each further megabyte that has come. */
static bool conn_request_is_late(const struct http_server *s, const struct http_exchange *x, int64_t now_us)
{
    if (x->phase > HTTP_PHASE_BODY) return false;
    int64_t allowed = s->request_us * (1 + (x->body_bytes >> 20));
    return now_us - x->started_us > allowed;
}

void http_conn_sweep(struct http_loop *l, int64_t now_us)
{
    const struct http_server *s = l->server;
    if (now_us - l->swept_us < 500000) return;
    l->swept_us = now_us;
    bool is_stopping = atomic_load(&s->is_stopping);
    for (struct http_conn *c = l->conns; c; c = c->next) {
        if (c->x && conn_request_is_late(s, c->x, now_us))
            http_conn_fail(c, 408, "Request Timeout",
                           "The request did not come in time; send it again, without a pause in it.");
        else if (!c->x && (is_stopping || now_us - c->idle_since_us > s->idle_us))
            cut(c);
    }
}
