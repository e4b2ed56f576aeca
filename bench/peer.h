/* peer.h: the other side of a benchmark of deliveries: HTTP/1.1 on ports of loopback, served by one thread of this program whose processor time is
 * told apart; and the yardstick beside the outbox: a bare libcurl multi loop without a database. */
#pragma once
#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer_request {
    int place;        /* which of its ports */
    const char *text; /* the whole request, a NUL behind it */
    const char *body; /* in it */
    size_t body_len;
};
/* A whole answer, kept to the end; NULL: it never comes; PEER_DRIPS: its head, then a byte a second. On the peer's thread. */
typedef const char *peer_answer(const struct peer_request *r);
extern const char PEER_DRIPS[];

/* Each answer waits `delay_ms`. `refuses`: no connection is taken at this port; NULL: all are. */
void peer_start(int n_ports, int delay_ms, peer_answer *answer, bool (*refuses)(int place));
int peer_port(int place);
void peer_stop(void);

/* ---- figures ---- */
struct figure {
    double rate, cpu_us; /* a second; of processor time, each */
};
/* Microseconds of this process's processor time so far, without the peer's. */
double own_cpu_us(void);
/* n requests from the calling thread, `window` at once; `aim` sets address and body of the i-th. */
struct figure bare_curl(int64_t n, int window, struct curl_slist *headers, void (*aim)(CURL *e, int64_t i));
/* Sorts the waits and prints their median, 99th and last, in milliseconds. */
void print_waits(const char *what, int64_t *waits_us, size_t n);
