/* fetch.h: the HTTP client for the world outside, on libcurl's multi interface: thousands of requests on one thread, none of which can slow another.
 * No redirects, no proxy variables, no cookies, HTTP/1.1; user-given addresses go through the address guard at each request, and the connection is
 * made to the address that was checked. Waiting counts: whatever the other side does, `done` is called within the ask's time. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "net/address_guard.h"

struct fetcher;
/* getaddrinfo's part: puts up to `max` addresses (port 0) into `out` and returns how many; 0 or less: the name has none. Any thread, may wait. */
typedef int fetch_resolve(void *ctx, const char *host, struct sockaddr_storage *out, int max);
struct fetcher_config {
    const struct address_guard *guard; /* for asks with is_guarded; NULL: they are refused. Must outlive the fetcher */
    int max_connections;               /* 0: fetch.max_connections */
    int max_per_host;                  /* 0: fetch.max_per_host */
    const char *ca_file;               /* NULL: outgoing.ca_file, and the system's certificates when that is empty */
    fetch_resolve *resolve;            /* tests; NULL: getaddrinfo */
    void *resolve_ctx;
};
struct fetcher *fetcher_create(const struct fetcher_config *c, struct fault *f);
/* What waits or runs is cut off: FETCH_STOPPED. Nobody may start anything any more. Waits for a name that is being asked for (seconds). */
void fetcher_destroy(struct fetcher **f);

struct fetch_ask {
    const char *method; /* "POST" */
    struct str url, body;
    struct str headers[16]; /* whole lines without an end: "Content-Type: application/json" */
    int n_headers;
    int timeout_ms;     /* the whole of it, from fetch_start to the last byte; 0: fetch.timeout */
    int64_t max_answer; /* bytes of the answer that are kept; is_cut says that there were more; 0: fetch.max_answer */
    const char *
        to_file; /* the answer goes to this new file instead (max_answer refuses a larger one); NULL: to memory. There only with FETCH_OK */
    bool is_guarded;
    bool
        is_repeatable; /* a POST or PATCH that may be sent once more at once when a kept connection dies under it without a byte of answer */
};
enum fetch_error {
    FETCH_OK = 0,  /* an HTTP answer came, whatever its status */
    FETCH_REFUSED, /* the address guard said no, or the ask cannot be sent as it is (address, header lines); sentence says why */
    FETCH_NO_NAME, /* the name does not resolve */
    FETCH_NO_CONNECTION,
    FETCH_TLS,
    FETCH_TIMEOUT,   /* before a whole answer; `was_sent` says whether the request may have been acted on */
    FETCH_BROKEN,    /* cut off, not HTTP, or a head above fetch.max_head */
    FETCH_TOO_LARGE, /* to_file only */
    FETCH_STOPPED,
};
struct fetch_answer {
    enum fetch_error error;
    bool was_sent; /* at least a part of the request left this machine: false is certain, true is not */
    bool is_cut;
    int status; /* HTTP, 0 without one; also set when the answer broke off after its first line */
    struct str body;
    struct str head;    /* the status line and all header lines as they came, each ended by \r\n */
    int64_t took_us;    /* since fetch_start */
    char sentence[200]; /* for people: "503 Service Unavailable", "no answer within 15 s" */
};
/* A header of an answer, any case, trimmed; the first of several; STR_NULL: absent. */
struct str fetch_header(const struct fetch_answer *a, const char *name);
/* Retry-After as milliseconds from now (seconds or a date; a date that is past is 0), a year at most; -1: none, or neither. */
int64_t fetch_retry_after_ms(const struct fetch_answer *a, int64_t now);

/* Any thread; never waits. The ask's texts and the arena are the fetcher's until done was called (on its thread: it must be short; it may start
 * the next ask). The answer's memory is the arena's. */
typedef void fetch_done(void *arg, const struct fetch_answer *answer);
void fetch_start(struct fetcher *f, struct arena *a, const struct fetch_ask *ask, fetch_done *done, void *arg);
/* The same, waiting. Not from `done`. */
void fetch_now(struct fetcher *f, struct arena *a, const struct fetch_ask *ask, struct fetch_answer *answer);
