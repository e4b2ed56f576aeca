/* house.h: an outbox on a real SQLite store in a temporary folder, with a fetcher that is played and a link that posts "person:code:attempt", and
 * "?" after it when the delivery may be known there already.
 * The link does what its destination's address asks for (see link_step). Log lines at warning or above that a test did not announce fail it. */
#pragma once
#include "base/seal.h"
#include "outbox/outbox.h"
#include "fake_fetch.h"
/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

enum { ACCOUNT = 7, OTHER = 8, DROP = 55 };
struct house {
    char dir[64];
    struct store *store;
    struct jobs *jobs;
    struct fetcher *fetcher;
    struct outbox *outbox;
    struct seal *seal;
    struct arena *arena;
    struct fake_peer *peers;
    int n_peers;
};
extern struct link_def house_link; /* a test may turn its window, its order */

void house_open(struct house *h, struct fake_peer *peers, int n);
void house_suspend(struct house *h);
void house_resume(struct house *h);
void house_close(struct house *h);
void house_expect_log(const char *text);
/* A subscription of DROP for all codes; its number. */
int64_t house_subscribe(struct house *h, const char *url);
int64_t house_put(struct house *h, struct subscription s);
extern struct str house_secrets;   /* what the link loads of a connection */
extern struct str house_secret;    /* what house_put gives along */
extern char house_seen_secret[50]; /* what the link was given last */
extern int house_overtaken;        /* so many results are not written, because what load saw has changed */
int64_t house_emit(struct house *h, int64_t person, int code); /* its event's number */
void house_emit_many(struct house *h, int first_person, int n, int code);
/* Waits at most a minute for so many asks in all; fails when they do not come. */
void house_wait_asks(struct house *h, int n);
/* …until nothing is under way or due any more. */
void house_wait_quiet(struct house *h);
struct destination house_destination(struct house *h, const char *url);
#define house_wait(cond)                                                                                                       \
    do {                                                                                                                       \
        int64_t until_ = clock_mono_ms() + 60000;                                                                              \
        while (!(cond) && clock_mono_ms() < until_) usleep(2000);                                                              \
        if (!(cond)) fail_msg("after a minute still not: %s", #cond);                                                          \
    } while (0)
