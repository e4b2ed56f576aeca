/* fetch.h: the HTTP client for the world outside, on libcurl's multi interface: thousands of requests on one thread, none of which can slow another.
 * No redirects, no proxy variables, no cookies; user-given addresses go through the address guard before each connection. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "net/address_guard.h"

struct fetcher;
struct fetcher_config {
    const struct address_guard *guard; /* for asks with is_guarded */
    int max_connections;               /* 0: fetch.max_connections */
};
struct fetcher *fetcher_create(const struct fetcher_config *c, struct fault *f);
void fetcher_destroy(struct fetcher **f); /* what runs is cut off: FETCH_STOPPED */

struct fetch_ask {
    const char *method; /* "POST" */
    struct str url, body;
    struct str headers[16]; /* whole lines without an end: "Content-Type: application/json" */
    int n_headers;
    int timeout_ms;      /* the whole of it, from name to last byte; 0: fetch.timeout */
    int64_t max_answer;  /* bytes of the answer that are kept; more are read and dropped, is_cut says so; 0: fetch.max_answer */
    const char *to_file; /* the answer goes to this new file instead (max_answer refuses a larger one); NULL: to memory */
    bool is_guarded;
};
enum fetch_error {
    FETCH_OK = 0,  /* an HTTP answer came, whatever its status */
    FETCH_REFUSED, /* the address guard said no; sentence says which address */
    FETCH_NO_NAME, /* the name does not resolve */
    FETCH_NO_CONNECTION,
    FETCH_TLS,
    FETCH_TIMEOUT,   /* before a whole answer; `was_sent` says whether the request may have been acted on */
    FETCH_BROKEN,    /* cut off, or not HTTP */
    FETCH_TOO_LARGE, /* to_file only */
    FETCH_STOPPED,
};
struct fetch_answer {
    enum fetch_error error;
    bool was_sent, is_cut;
    int status; /* HTTP, 0 without an answer */
    struct str body;
    struct str head; /* all header lines as they came, each ended by \r\n */
    int64_t took_us;
    char sentence[200]; /* for people: "503 Service Unavailable", "no answer within 15 s" */
};
/* A header of an answer, any case; STR_NULL: absent. */
struct str fetch_header(const struct fetch_answer *a, const char *name);
/* Retry-After as milliseconds from now (seconds or a date); -1: none. */
int64_t fetch_retry_after_ms(const struct fetch_answer *a, int64_t now);

/* The ask's texts must live until done was called (on the fetcher's thread: it must be short). The answer's memory is the arena's. */
typedef void fetch_done(void *arg, const struct fetch_answer *answer);
void fetch_start(struct fetcher *f, struct arena *a, const struct fetch_ask *ask, fetch_done *done, void *arg);
/* The same, waiting. */
void fetch_now(struct fetcher *f, struct arena *a, const struct fetch_ask *ask, struct fetch_answer *answer);
