/* http.h: the HTTP server, on libmicrohttpd driven from outside (specs: schema §8).
 *
 * The kinds of thing here:
 *   server    listening sockets and threads; owns everything below
 *   route     method, path pattern and handler; the table is the caller's (src/api, src/web) and outlives the server
 *   exchange  one request and its answer, with an arena of its own; lives from the first byte to the answer's last
 *
 * An exchange's path: guard (framing headers) → route → body into memory or a file, within the route's limit → `before`
 * (authentication, the caller's) → handler. A handler runs on the HTTP thread and must not wait, unless its route is HTTP_POOL:
 * then it runs on a pool thread and may call store_write and the like. A handler answers once with http_answer*, or calls
 * http_hold() and has another thread call http_answer* and then http_release(). */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD, HTTP_OTHER };
const char *http_method_name(enum http_method m);

struct http_server;
struct http_exchange;
typedef void http_handler(struct http_exchange *x);

enum http_route_flag {
    HTTP_POOL = 1,      /* the handler may block: it runs on a pool thread */
    HTTP_BODY_FILE = 2, /* the body goes to a temporary file in the server's spool folder: http_body_file() */
    HTTP_OPEN = 4,      /* no authentication: `before` is not called */
};

struct http_route {
    enum http_method method;
    const char *pattern; /* "/api/v1/contacts/{id}": a {name} takes one whole segment; literal segments win over {} */
    http_handler *handler;
    unsigned flags;
    int64_t max_body; /* bytes; 0: http.max_body_bytes */
    const void *info; /* the caller's (roles, documentation) */
};

struct http_config {
    const char *listen;    /* "127.0.0.1:8080", "[::1]:0"; port 0: any, see http_port(); NULL: only the Unix socket */
    const char *unix_path; /* also listen on this Unix socket (mode 0600); NULL: no */
    int n_threads;
    const char *spool_dir; /* for HTTP_BODY_FILE */
    const struct http_route *routes;
    size_t n_routes;
    /* Called with every sound head, route or no route, HTTP_OPEN or not, on the HTTP thread; must not wait. False: it has answered. May be NULL. */
    bool (*door)(struct http_exchange *x, void *ctx);
    /* Called before the handler of each route that is not HTTP_OPEN, on the HTTP thread; must not wait. False: it has answered.
     */
    bool (*before)(struct http_exchange *x, void *ctx);
    /* Called on the HTTP thread when no route has the path; must not wait. False: it has not answered, and the server does (404). May
     * be NULL. */
    bool (*nothing_here)(struct http_exchange *x, void *ctx);
    /* Called when an exchange is over (any answer), for logs and counters; may be NULL. */
    void (*after)(struct http_exchange *x, void *ctx);
    void *ctx;
};

/* False (FAULT_USER) when `listen` is no address to listen on. Touches nothing. */
bool http_check_address(const char *listen, struct fault *f);
/* NULL with a fault: "127.0.0.1:8080 is taken by another program; choose another with --listen ADDR:PORT". */
struct http_server *http_start(const struct http_config *c, struct fault *f);
/* Stops accepting, lets running exchanges end for up to grace_ms, stops. */
void http_stop(struct http_server **s, int grace_ms);
int http_port(const struct http_server *s);

/* ---- what came ---- */
enum http_method http_method(const struct http_exchange *x);
struct str http_path(const struct http_exchange *x);               /* decoded */
struct str http_param(struct http_exchange *x, const char *name);  /* a {name} of the pattern, decoded; "" when not in it */
struct str http_query(struct http_exchange *x, const char *name);  /* STR_NULL when absent */
struct str http_query_text(const struct http_exchange *x);         /* as it came, not decoded; STR_NULL: none */
struct str http_header(struct http_exchange *x, const char *name); /* any case; STR_NULL when absent */
struct str http_body(struct http_exchange *x);                     /* JSON_PADDING readable bytes behind it */
const char *http_body_file(struct http_exchange *x,
                           int64_t *bytes); /* HTTP_BODY_FILE: belongs to the handler once asked for (rename or unlink it) */
bool http_is_unix(const struct http_exchange *x);                   /* came over the operator's socket */
struct sockaddr;
const struct sockaddr *http_peer(const struct http_exchange *x); /* who is at the other end: a proxy's address behind one */
const struct http_route *http_route(const struct http_exchange *x); /* NULL before one was found */
struct arena *http_arena(struct http_exchange *x);
int http_status(const struct http_exchange *x); /* of the answer, in `after` */
/* A slot for the caller: who asks (set in `before`). */
void http_set_user(struct http_exchange *x, void *user);
void *http_user(const struct http_exchange *x);
/* User name of Basic authentication; STR_NULL when there is none or it is malformed. */
struct str http_basic_user(struct http_exchange *x);

/* ---- the answer, once ---- */
void http_answer(struct http_exchange *x, int status, const char *content_type, struct str body); /* copied into the exchange */
void http_answer_static(struct http_exchange *x, int status, const char *content_type, struct str body);   /* lives for ever */
void http_answer_fd(struct http_exchange *x, int status, const char *content_type, int fd, int64_t bytes); /* takes the fd */
/* {"error":{"message":…,"status_code":…}}: what handlers refuse with, and the server by itself (404, 405, 413, 400 …). */
void http_fail(struct http_exchange *x, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void http_fail_fault(struct http_exchange *x, const struct fault *f);               /* logs what is not the user's */
void http_add_header(struct http_exchange *x, const char *name, const char *value); /* before the answer */

/* ---- waiting without a thread ---- */
void http_hold(struct http_exchange *x);    /* on the handler's thread, before the other thread can know of x */
void http_release(struct http_exchange *x); /* any thread, after the answer was set: queued for x's HTTP thread */
/* Wakes HTTP threads that have released exchanges waiting, with one write each. To be called after a run of http_release(). A
 * handler of the pool needs neither: the server does it. */
void http_wake(struct http_server *s);
struct http_server *http_server_of(struct http_exchange *x);
