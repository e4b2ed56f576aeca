/* http_server.c: starting and stopping the HTTP server. Called by the program's start and end; everything else happens on the
 * threads that are started here. A start that fails half-way leaves nothing behind. */
#include "base/clock.h"
#include "net/http_private.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void server_destroy(struct http_server *s)
{
    for (int i = 0; i < s->config.n_threads; i++) http_loop_close(&s->loops[i]);
    workpool_destroy(&s->pool);
    if (s->config.unix_path && s->loops[0].ports[PORT_UNIX].daemon) unlink(s->config.unix_path);
    arena_destroy(&s->arena);
    free(s->loops);
    free(s);
}

static void server_read_limits(struct http_server *s)
{
    s->max_body = limit_get(LIMIT_HTTP_MAX_BODY_BYTES);
    s->discard = limit_get(LIMIT_HTTP_DISCARD_BYTES);
    s->idle_us = limit_get(LIMIT_HTTP_IDLE_TIMEOUT_S) * 1000000;
    s->request_us = limit_get(LIMIT_HTTP_REQUEST_TIMEOUT_S) * 1000000;
}

struct http_server *http_start(const struct http_config *c, struct fault *f)
{
    struct http_server *s = calloc(1, sizeof *s);
    ASSERT(s && c->n_threads > 0);
    signal(SIGPIPE, SIG_IGN);
    s->config = *c;
    s->arena = arena_create(16384);
    s->config.listen = arena_strz(s->arena, c->listen);
    s->config.unix_path = arena_strz(s->arena, c->unix_path);
    s->config.spool_dir = arena_strz(s->arena, c->spool_dir);
    s->routes = http_routes_build(s->arena, c->routes, c->n_routes);
    server_read_limits(s);
    s->loops = calloc((size_t)c->n_threads, sizeof *s->loops);
    ASSERT(s->loops);
    for (int i = 0; i < c->n_threads; i++) s->loops[i].server = s, s->loops[i].wake_fd = -1;
    s->pool = workpool_create((int)limit_get(LIMIT_HTTP_POOL_THREADS), "http-pool");
    bool ok = true;
    for (int i = 0; ok && i < c->n_threads; i++) ok = http_loop_open(&s->loops[i], s->port, f);
    for (int i = 0; ok && i < c->n_threads; i++) ok = http_loop_run(&s->loops[i], f);
    if (ok) return s;
    http_stop(&s, 0);
    return NULL;
}

void http_stop(struct http_server **server, int grace_ms)
{
    struct http_server *s = *server;
    if (!s) return;
    atomic_store(&s->stop_at_us, clock_mono_us() + (int64_t)grace_ms * 1000);
    atomic_store(&s->is_stopping, true);
    for (int i = 0; i < s->config.n_threads; i++)
        if (s->loops[i].wake_fd >= 0) http_loop_wake(&s->loops[i]);
    server_destroy(s);
    *server = NULL;
}

int http_port(const struct http_server *s) { return s->port; }
