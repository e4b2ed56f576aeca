/* fetch_private.h: what the files of the fetcher share. An ask (`struct asking`) goes one way: it waits at its endpoint until the name is known
 * and a place is free there, is ready until the whole fetcher has a place, runs in libcurl, and is finished. Everything here is touched by the
 * fetcher's thread alone, but for the inbox.
 *
 *   fetch.c           the thread: inbox, epoll, timers, asks from start to end
 *   fetch_endpoint.c  one host and port: its addresses, its places, who waits for them
 *   fetch_names.c     asking for names in a few threads
 *   fetch_easy.c      one ask in libcurl: options, callbacks
 *   fetch_answer.c    what came of it, and reading an answer's head */
#pragma once
#include "net/fetch.h"
#include "net/web_address.h"
#include "base/buf.h"
#include "base/map.h"
#include <curl/curl.h>
#include <pthread.h>
#include <sys/queue.h>

enum { ENDPOINT_IPS = 8, FETCH_TICK_MS = 50 };

/* From READY on it holds one of its endpoint's places. */
enum asking_state { ASKING_AT_ENDPOINT, ASKING_READY, ASKING_RUNNING };
struct asking {
    TAILQ_ENTRY(asking) queued; /* in the inbox, endpoint->waiting or fetcher->ready */
    TAILQ_ENTRY(asking) listed; /* in fetcher->idle or fetcher->running */
    enum asking_state state;
    struct fetcher *fetcher;
    struct endpoint *endpoint; /* NULL before its address was read */
    struct web_address address;
    struct arena *arena;
    struct fetch_ask ask;
    fetch_done *done;
    void *arg;
    int64_t started_us, deadline_ms; /* clock_mono */
    /* ---- running ---- */
    CURL *easy;
    CURLU *parsed;
    struct curl_slist *headers, *connect_to;
    int ip_at; /* of the endpoint's addresses */
    int fd;    /* to_file; -1 */
    size_t head_bytes;
    int64_t n_body;
    struct buf head, body;
    bool was_sent, is_cut, is_head_whole, is_head_too_large, is_too_large, is_disk_bad, is_peer_closed,
        is_done_with /* enough was read */;
    char error[CURL_ERROR_SIZE], peer_trouble[200];
};
TAILQ_HEAD(asking_list, asking);

struct endpoint {
    char *key; /* "https://host:port" */
    struct fetcher *fetcher;
    struct web_address address;
    struct sockaddr_storage ips[ENDPOINT_IPS]; /* the one that last connected comes first */
    int n_ips, n_running;
    int64_t known_until_ms; /* clock_mono */
    bool is_resolving, is_suspect /* its name failed or hung before */;
    struct asking_list waiting;
};

struct name_task {
    TAILQ_ENTRY(name_task) queued; /* in the inbox */
    struct fetcher *fetcher;
    struct endpoint *endpoint; /* stays while it is_resolving */
    char host[WEB_HOST_MAX_BYTES + 1];
    struct sockaddr_storage ips[ENDPOINT_IPS];
    int n_ips; /* 0: none */
    bool was_slow;
};
TAILQ_HEAD(name_list, name_task);

struct fetch_names;
struct fetcher {
    struct fetcher_config config;
    CURLM *multi;
    int epoll, wake;  /* an epoll descriptor and an eventfd in it */
    int64_t timer_ms; /* clock_mono; -1: libcurl waits for nothing but sockets */
    int64_t tidied_ms;
    int n_running;
    struct asking_list idle, running; /* all asks, by whether libcurl has them */
    struct asking_list ready;
    struct map *endpoints;
    struct fetch_names *names;
    pthread_t thread;
    pthread_mutex_t lock; /* over the inbox: what follows */
    struct asking_list asks;
    struct name_list answers;
    bool is_stopping;
};

/* ---- fetch.c ---- */
void fetcher_post_name(struct fetcher *f, struct name_task *t); /* any thread */
void asking_ready(struct asking *q);                            /* the endpoint has a place for it */
/* Calls done and frees q, which stands in no queue any more; gives its place back. */
void asking_finish(struct asking *q, struct fetch_answer *a);
void asking_fail(struct asking *q, enum fetch_error error, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- fetch_endpoint.c ---- */
struct endpoint *endpoint_find(struct fetcher *f, const struct web_address *w);
void endpoint_add(struct endpoint *e, struct asking *q);            /* q waits; or is ready or finished at once */
void endpoint_named(struct endpoint *e, struct name_task *t);       /* frees t */
void endpoint_leave(struct endpoint *e);                            /* a place is free */
void endpoint_prefer(struct endpoint *e, int at);                   /* this address connected */
void endpoint_tidy(struct fetcher *f, int64_t now_ms, bool is_end); /* forgets those that nobody needs */
/* Is every address of it open to this ask? False: q is to be refused with f. */
bool endpoint_is_open(const struct endpoint *e, const struct asking *q, struct fault *f);

/* ---- fetch_names.c ---- */
struct fetch_names *fetch_names_create(void);
void fetch_names_destroy(struct fetch_names **n); /* what waits is answered without addresses, what runs is waited for */
bool fetch_names_ask(struct fetch_names *n, struct name_task *t, bool is_suspect); /* false: too many wait */

/* ---- fetch_easy.c ---- */
bool easy_start(struct asking *q, struct fault *f); /* adds it to the multi; false: cannot be sent as it is */
void easy_stop(struct asking *q);                   /* takes it out and frees what libcurl held; safe when it never ran */
bool easy_was_sent(const struct asking *q);         /* in this try or one before */

/* ---- fetch_answer.c ---- */
bool answer_lets_try_next(const struct asking *q, CURLcode code); /* nothing was sent, and the endpoint has another address */
void answer_make(struct asking *q, CURLcode code, struct fetch_answer *a);
