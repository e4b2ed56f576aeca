/* http_private.h: the bodies of the server's objects, shared by the files of src/net that begin with http_.
 *
 *   server   the whole: configuration, route tree, pool, loops
 *   loop     one HTTP thread; drives one or two daemons of the library (the second listens on the Unix socket)
 *   port     one listening socket with its daemon
 *   conn     one connection, for the time limits; in its loop's list from accept to close
 *   exchange one request; taken from its loop's spare ones when the request line is read, given back when the answer is over
 *
 * Everything of a loop belongs to its thread, but for `released` and `is_woken`. */
#pragma once
#include "base/limits.h"
#include "base/log.h"
#include "base/workpool.h"
#include "net/http.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define HTTP_MAX_SEGMENTS 16 /* of a path; longer paths are unknown */
#define HTTP_BODY_SPARE   64 /* the JSON parser reads beyond the end */
#define HTTP_METHODS      6  /* those that a route may have */

struct http_node; /* of the route tree: http_route.c */

struct http_port_daemon {
    struct http_loop *loop;
    struct MHD_Daemon *daemon; /* NULL: this loop has no such port */
    int listen_fd, epoll_fd;
    bool is_unix;
};

struct http_conn {
    struct http_conn *prev, *next;
    struct http_port_daemon *port;
    struct http_exchange *x; /* the request under way; NULL between requests */
    int64_t idle_since_us;
    int fd;
};

enum { PORT_TCP, PORT_UNIX, PORT_COUNT };

struct http_static { /* a constant answer, made once per loop */
    struct MHD_Response *response;
    const char *body, *content_type;
    size_t len;
};

struct http_loop {
    struct http_server *server;
    struct http_port_daemon ports[PORT_COUNT];
    pthread_t thread;
    bool has_thread;
    int wake_fd;
    _Atomic(struct http_exchange *) released; /* a stack; any thread pushes, the loop takes all */
    atomic_bool is_woken;                     /* wake_fd was written and not yet read */
    struct http_conn *conns;
    struct http_exchange *spare;
    int n_spare;
    int n_running; /* exchanges alive */
    int64_t swept_us;
    bool is_quiet; /* listens no more */
    struct http_static statics[16];
};

struct http_server {
    struct http_config config;
    struct http_node *routes;
    struct arena *arena;
    struct workpool *pool;
    struct http_loop *loops;
    int port;
    atomic_bool is_stopping;
    _Atomic int64_t stop_at_us;
    int64_t max_body, discard, idle_us, request_us; /* of the limits, read once */
};

enum http_phase {
    HTTP_PHASE_HEAD, /* the request line was read */
    HTTP_PHASE_BODY, /* the head is accepted, the body comes */
    HTTP_PHASE_WORK, /* a handler has it */
    HTTP_PHASE_SENT, /* the answer is the library's */
};

enum http_answer_kind { ANSWER_NONE, ANSWER_COPIED, ANSWER_STATIC, ANSWER_FD };

struct http_extra_header {
    struct http_extra_header *next;
    const char *name, *value;
};

struct http_exchange {
    struct http_exchange *next; /* in `released` or `spare` */
    struct http_server *server;
    struct http_loop *loop;
    struct http_conn *conn;
    struct MHD_Connection *mhd;
    struct arena *arena;
    enum http_phase phase;

    enum http_method method;
    const char *raw_uri;      /* in the library's memory, until the head was looked at */
    struct str target, query; /* ours; `target` is the path as sent, `query` what follows the first ? */
    struct str path;          /* decoded */
    struct str segments[HTTP_MAX_SEGMENTS];
    int n_segments;
    const struct http_route *route;
    int64_t started_us;
    void *user;

    struct buf body;
    int64_t body_bytes, max_body;
    bool is_too_long;
    int body_fd;
    const char *body_path;
    bool body_is_taken;

    bool is_held, is_pooled, is_closing;
    enum http_answer_kind kind;
    int status;
    const char *content_type;
    struct str answer;
    int answer_fd;
    int64_t answer_bytes;
    struct http_extra_header *extra;
};

/* http_loop.c */
bool http_loop_open(struct http_loop *l, int wanted_port, struct fault *f); /* sockets and daemons; loop 0 sets server->port */
bool http_loop_run(struct http_loop *l, struct fault *f);
void http_loop_close(struct http_loop *l);
void http_loop_wake(struct http_loop *l);

/* http_listen.c: a listening socket that does not block; -1 with a fault. */
int http_listen_tcp(const char *address, int port, struct fault *f);
int http_listen_unix(const char *path, struct fault *f);
bool http_listen_port(int fd, int *port);

/* http_exchange.c: the library's callbacks */
void *http_exchange_begin(void *server, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_exchange_step(void *port, struct MHD_Connection *mhd, const char *url, const char *method,
                                   const char *version, const char *data, size_t *size, void **cls);
void http_exchange_end(void *port, struct MHD_Connection *mhd, void **cls, enum MHD_RequestTerminationCode code);
void http_exchange_destroy(struct http_exchange *x);

/* http_head.c: looks at a request's head and chooses its route. False: it has set an answer. */
bool http_head_check(struct http_exchange *x, const char *method, const char *version);

/* http_body.c */
bool http_body_begin(struct http_exchange *x);                           /* false: it has set an answer */
bool http_body_add(struct http_exchange *x, const char *data, size_t n); /* false: give the connection up */
bool http_body_end(struct http_exchange *x);                             /* false: it has set an answer */
void http_body_drop(struct http_exchange *x);

/* http_conn.c */
void http_conn_notify(void *port, struct MHD_Connection *mhd, void **socket_ctx, enum MHD_ConnectionNotificationCode code);
void http_conn_sweep(struct http_loop *l, int64_t now_us);
/* An answer without the library, then no more reading. */
void http_conn_fail(struct http_conn *c, int status, const char *status_word, const char *message);
void http_error_body(int status, struct str message, struct buf *out); /* the error object */

/* http_answer.c */
enum MHD_Result http_answer_send(struct http_exchange *x);
void http_answer_forget_statics(struct http_loop *l);

/* http_route.c */
struct http_node *http_routes_build(struct arena *a, const struct http_route *routes, size_t n);
const struct http_route *http_routes_find(const struct http_node *root, const struct str *segments, int n, enum http_method m);
/* Bits (1 << method) that routes of this path have; 0: the path is unknown. */
unsigned http_routes_methods(const struct http_node *root, const struct str *segments, int n);
