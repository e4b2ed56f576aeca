/* http_exchange.c: the life of one exchange, driven by the library's callbacks on its HTTP thread; holding and releasing.
 *
 * The library calls step once with the head, then with each piece of the body, then once at its end, and once more after a
 * resume. An answer given at the head closes the connection when a body follows: so only what must close is answered there.
 * While a handler holds the exchange its connection is suspended and the library does not look at it. */
#include "base/clock.h"
#include "net/http_private.h"
#include <stdlib.h>
#include <unistd.h>

#define KEEP_SPARE        1024
#define FIRST_ARENA_BYTES 4096

/* Whether the handler that runs on this thread has called http_hold. Not in the exchange: once held, that may be gone. */
static _Thread_local bool has_held;

static struct http_exchange *exchange_take(struct http_loop *l)
{
    struct http_exchange *x = l->spare;
    if (x) {
        l->spare = x->next;
        l->n_spare--;
        struct arena *arena = x->arena;
        struct buf body = x->body;
        *x = (struct http_exchange){.arena = arena, .body = body};
        return x;
    }
    x = calloc(1, sizeof *x);
    ASSERT(x);
    x->arena = arena_create(FIRST_ARENA_BYTES);
    return x;
}

void http_exchange_destroy(struct http_exchange *x)
{
    arena_destroy(&x->arena);
    buf_finish(&x->body);
    free(x);
}

static void exchange_give_back(struct http_exchange *x)
{
    struct http_loop *l = x->loop;
    http_body_drop(x);
    if (x->answer_fd >= 0) close(x->answer_fd);
    if (l->n_spare >= KEEP_SPARE) {
        http_exchange_destroy(x);
        return;
    }
    arena_reset(x->arena);
    x->next = l->spare;
    l->spare = x;
    l->n_spare++;
}

void *http_exchange_begin(void *port, const char *uri, struct MHD_Connection *mhd)
{
    struct http_loop *l = ((struct http_port_daemon *)port)->loop;
    struct http_exchange *x = exchange_take(l);
    x->server = l->server;
    x->loop = l;
    x->mhd = mhd;
    x->conn = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    x->conn->x = x;
    x->body_fd = x->answer_fd = -1;
    x->started_us = clock_mono_us();
    x->raw_uri = uri;
    x->target = arena_str(x->arena, str_of(uri));
    x->method = HTTP_OTHER;
    l->n_running++;
    return x;
}

void http_exchange_end(void *port, struct MHD_Connection *mhd, void **cls, enum MHD_RequestTerminationCode code)
{
    struct http_exchange *x = *cls;
    (void)port, (void)mhd, (void)code;
    if (!x) return;
    *cls = NULL;
    const struct http_config *c = &x->server->config;
    if (c->after) c->after(x, c->ctx);
    x->conn->x = NULL;
    x->conn->idle_since_us = clock_mono_us();
    x->loop->n_running--;
    exchange_give_back(x);
}

static void run_in_pool(void *arg)
{
    struct http_exchange *x = arg;
    struct http_loop *l = x->loop;
    has_held = false;
    x->route->handler(x);
    if (has_held) return; /* somebody else's by now */
    http_release(x);
    http_loop_wake(l);
}

static void start_in_pool(struct http_exchange *x)
{
    x->is_pooled = true;
    MHD_suspend_connection(x->mhd);
    if (workpool_submit(x->server->pool, run_in_pool, x, (int)limit_get(LIMIT_HTTP_POOL_QUEUE))) return;
    http_add_header(x, "Retry-After", "1");
    http_fail(x, 503, "Too many requests are waiting; try again in a moment.");
    http_release(x); /* the loop looks at the list before it sleeps */
}

static enum MHD_Result exchange_work(struct http_exchange *x)
{
    const struct http_config *c = &x->server->config;
    x->phase = HTTP_PHASE_WORK;
    if (!http_body_end(x)) return http_answer_send(x);
    if (!(x->route->flags & HTTP_OPEN) && c->before && !c->before(x, c->ctx)) return http_answer_send(x);
    if (x->route->flags & HTTP_POOL) {
        start_in_pool(x);
        return MHD_YES;
    }
    has_held = false;
    x->route->handler(x);
    return has_held ? MHD_YES : http_answer_send(x);
}

/* False: answer now, before the body. A 404 or 405 can wait for the body's end and keep the connection. */
static bool exchange_head(struct http_exchange *x, const char *method, const char *version)
{
    x->phase = HTTP_PHASE_BODY;
    if (http_head_check(x, method, version)) return http_body_begin(x);
    return !x->is_closing && !http_header(x, "Expect").ptr;
}

enum MHD_Result http_exchange_step(void *port, struct MHD_Connection *mhd, const char *url, const char *method,
                                   const char *version, const char *data, size_t *size, void **cls)
{
    struct http_exchange *x = *cls;
    (void)port, (void)mhd, (void)url;
    switch (x->phase) {
    case HTTP_PHASE_HEAD: return exchange_head(x, method, version) ? MHD_YES : http_answer_send(x);
    case HTTP_PHASE_BODY:
        if (*size == 0) return exchange_work(x);
        if (!http_body_add(x, data, *size)) return MHD_NO;
        *size = 0;
        return MHD_YES;
    case HTTP_PHASE_WORK: return http_answer_send(x);
    case HTTP_PHASE_SENT: break;
    }
    return MHD_YES;
}

void http_hold(struct http_exchange *x)
{
    has_held = true;
    x->is_held = true;
    if (!x->is_pooled) MHD_suspend_connection(x->mhd);
}

void http_release(struct http_exchange *x)
{
    struct http_loop *l = x->loop;
    struct http_exchange *head = atomic_load_explicit(&l->released, memory_order_relaxed);
    do x->next = head;
    while (!atomic_compare_exchange_weak_explicit(&l->released, &head, x, memory_order_release, memory_order_relaxed));
}

void http_wake(struct http_server *s)
{
    for (int i = 0; i < s->config.n_threads; i++)
        if (atomic_load_explicit(&s->loops[i].released, memory_order_relaxed)) http_loop_wake(&s->loops[i]);
}
