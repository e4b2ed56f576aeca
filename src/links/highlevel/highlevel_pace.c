/* highlevel_pace.c: how many requests a connection may make. HighLevel takes 100 in ten seconds and 200,000 a day for each app and sub-account,
 * and says in headers what is left (specs: crm-apis §1.2). Our own bound is a window that slides: the n-th last request is at least ten
 * seconds old. It is taken for all requests of a delivery at once, so that none stops in the middle; who finds it full waits until a part of it
 * is free again, not for every single place. In memory: after a start the other side's headers tell. */
#include "links/highlevel/highlevel_private.h"
#include "base/log.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    WINDOW_MS = 10000,
    PART = 4,
    ASK_AGAIN_MS = 3600000 /* a day's limit whose end nobody says */,
    RETRY_MOST_MS = 3600000 /* what Retry-After may ask for: no burst lasts so long, and a day's end is said elsewhere */,
    LONGEST_MS = 25 * 3600000
};

/* Of a connection, under the lock. */
struct entry {
    int burst;         /* places; 0: no bound */
    int next;          /* the place of the oldest request */
    int64_t *taken_at; /* by place; 0: free */
    int64_t newest;
    int64_t stopped_until, day_over_until; /* by what the other side said; 0: it is not */
    int64_t day_limit;                     /* 0: unknown */
};

static void entry_end(void *e) { free(((struct entry *)e)->taken_at); }

struct per_connection *highlevel_pace_create(void) { return per_connection_create(sizeof(struct entry), NULL, entry_end); }

/* ---- our own bound ---- */

/* The newest requests keep their places. */
static void resize(struct entry *e, int burst)
{
    int64_t *taken_at = calloc((size_t)burst + 1, sizeof *taken_at);
    int n = burst < e->burst ? burst : e->burst;
    ASSERT(taken_at);
    for (int i = 0; i < n; i++) taken_at[burst - 1 - i] = e->taken_at[(e->next + e->burst - 1 - i) % e->burst];
    free(e->taken_at);
    e->taken_at = taken_at;
    e->burst = burst;
    e->next = 0;
}

void highlevel_pace_bound(struct per_connection *p, int64_t connection_id, int burst)
{
    struct entry *e = per_connection_lock(p, connection_id);
    if (e->burst != burst) resize(e, burst);
    per_connection_unlock(p);
}

static int64_t free_at(const struct entry *e, int n)
{
    int64_t at = e->taken_at[(e->next + n - 1) % e->burst];
    return at ? at + WINDOW_MS : 0;
}

/* A clock that was set back would keep everybody waiting. */
static void mind_the_clock(struct entry *e, int64_t now)
{
    if (e->newest > now + WINDOW_MS) {
        memset(e->taken_at, 0, (size_t)e->burst * sizeof *e->taken_at);
        e->newest = 0;
    }
    if (e->stopped_until > now + LONGEST_MS) e->stopped_until = 0;
    if (e->day_over_until > now + LONGEST_MS) e->day_over_until = 0;
}

static void say_day(const struct entry *e, char *why, size_t n)
{
    char until[21], limit[40] = "";
    text_iso8601(e->day_over_until, until);
    if (e->day_limit) snprintf(limit, sizeof limit, " of %lld requests", (long long)e->day_limit);
    snprintf(why, n, "HighLevel's daily limit%s for this connection is used up; it goes on by itself at %s.", limit, until);
}

static int64_t stopped(struct entry *e, int64_t now, char *why, size_t n)
{
    mind_the_clock(e, now);
    if (e->day_over_until > now) {
        if (why) say_day(e, why, n);
        return e->day_over_until;
    }
    if (e->stopped_until <= now) return 0;
    if (why) snprintf(why, n, "HighLevel takes no more requests of this connection for now; it goes on by itself.");
    return e->stopped_until;
}

int64_t highlevel_pace_stopped(struct per_connection *p, int64_t connection_id, int64_t now, char *why, size_t n_why)
{
    int64_t until = stopped(per_connection_lock(p, connection_id), now, why, n_why);
    per_connection_unlock(p);
    return until;
}

void highlevel_pace_reopen(struct per_connection *p, int64_t connection_id)
{
    struct entry *e = per_connection_lock(p, connection_id);
    e->stopped_until = e->day_over_until = 0;
    per_connection_unlock(p);
}

static int64_t take(struct entry *e, int n, int64_t now, char *why, size_t n_why)
{
    int64_t until = stopped(e, now, why, n_why);
    if (until || !e->burst) return until;
    if (n > e->burst) n = e->burst;
    if (free_at(e, n) > now) {
        int part = e->burst / PART > n ? e->burst / PART : n;
        if (why)
            snprintf(why, n_why, "The connection's own bound of %d requests in ten seconds is reached; it goes on by itself.",
                     e->burst);
        return free_at(e, part);
    }
    for (int i = 0; i < n; i++) {
        e->taken_at[e->next] = now;
        e->next = (e->next + 1) % e->burst;
    }
    e->newest = now;
    return 0;
}

int64_t highlevel_pace_take(struct per_connection *p, int64_t connection_id, int n, int64_t now, char *why, size_t n_why)
{
    int64_t until = take(per_connection_lock(p, connection_id), n, now, why, n_why);
    per_connection_unlock(p);
    return until;
}

/* ---- the other side's ---- */

static bool number(const struct fetch_answer *answer, const char *name, int64_t *out)
{
    struct str s = fetch_header(answer, name);
    return s.ptr && str_to_int64(s, out);
}

/* The header is written down nowhere: a time in milliseconds since 1970, or how long from now. */
static int64_t day_ends(const struct fetch_answer *answer, int64_t now)
{
    int64_t reset;
    if (!number(answer, "X-RateLimit-Daily-Reset", &reset) || reset <= 0) return now + ASK_AGAIN_MS;
    if (reset > now - LONGEST_MS)
        return reset > now ? (reset < now + LONGEST_MS ? reset : now + ASK_AGAIN_MS) : now + WINDOW_MS;
    return reset < LONGEST_MS ? now + reset : now + ASK_AGAIN_MS;
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

static void hear(struct entry *e, const struct fetch_answer *answer, int64_t now)
{
    int64_t left, interval = WINDOW_MS, retry = fetch_retry_after_ms(answer, now);
    bool says_interval = number(answer, "X-RateLimit-Interval-Milliseconds", &interval);
    if (!says_interval || interval < 1 || interval > LONGEST_MS) interval = WINDOW_MS;
    if (retry > RETRY_MOST_MS) retry = RETRY_MOST_MS;
    number(answer, "X-RateLimit-Limit-Daily", &e->day_limit);
    if (number(answer, "X-RateLimit-Daily-Remaining", &left) && left <= 0) {
        e->day_over_until = later(e->day_over_until, day_ends(answer, now));
    } else if (answer->status == 429) {
        e->stopped_until = later(e->stopped_until, now + (retry >= 1000 ? retry : interval));
    } else if (answer->status == 503 && retry >= 0) {
        e->stopped_until = later(e->stopped_until, now + (retry >= 1000 ? retry : 1000));
    } else if (number(answer, "X-RateLimit-Remaining", &left) && left <= 0) {
        e->stopped_until = later(e->stopped_until, now + interval);
    }
}

void highlevel_pace_hear(struct per_connection *p, int64_t connection_id, const struct fetch_answer *answer, int64_t now)
{
    if (answer->error != FETCH_OK) return;
    hear(per_connection_lock(p, connection_id), answer, now);
    per_connection_unlock(p);
}
