/* worker_private.h: what the files of the worker share. All of it but the inbox is the worker thread's alone.
 *
 *   dest      a destination that this node serves, or is about to take or to give back
 *   attempt   a delivery that is under way: read, asked, answered, its result waiting for the commit. It leaves its destination's list only
 *             when the result is on the disk, so that a row that is still there is never begun twice
 *
 * A turn: take the inbox, step what was answered, look after the destinations, read what can begin (one snapshot for all), begin it,
 * hand the results to the committer (one unit at a time for all). */
#pragma once
#include "outbox/outbox_private.h"
#include "outbox/verdict.h"
#include "base/limits.h"
#include <pthread.h>
#include <stdatomic.h>

enum { FIRST_WINDOW = 4, RESULTS_MAX = 512, STARTS_MAX = 256, ROWS_MAX = 1024, UPKEEP_MAX = 256, IDLE_ATTEMPTS = 256 };
enum {
    IDLE_MS = 2000,
    SCAN_LEAST_MS = 5,
    SCAN_MOST_MS = 250,
    FAILURES_BEFORE_PROBING = 8,
    PROBE_FIRST_MS = 100,
    STORE_AGAIN_MS = 1000,
    CLOCK_SLACK_MS = 5000 /* that the clocks of two nodes may differ by */
};

enum dest_state {
    DEST_WANTED, /* the lease is to be taken. A new one begins here */
    DEST_TAKING, /* … is in the upkeep unit */
    DEST_SERVED,
    DEST_RESTING, /* goes to sleep with the upkeep unit */
    DEST_CLOSING, /* not ours, or not open, any more: given back when nothing is under way */
    DEST_FREEING, /* … is in the upkeep unit */
};
/* Every move passes here; one that is not in the table ends the process. A destination that is forgotten leaves from TAKING, RESTING or FREEING. */
struct dest;
void dest_move(struct dest *d, enum dest_state to);
/* What its attempts say of the destination itself, until it is written down. */
struct dest_mark {
    bool is_set, had_success, is_failing;
    enum destination_state state; /* DESTINATION_OPEN: as it is */
    int64_t n_opened;             /* with `state`: how often it had been opened when that attempt was read */
    int64_t paused_until;
    char error[300];
};
struct dest {
    int64_t account, id;
    const struct link_def *link;
    enum dest_state state;
    struct attempt *attempts;           /* under way */
    int n_attempts, window, n_failures; /* failures in a row, each cohort once */
    int64_t shrunk_mono, probe_mono;    /* when the window shrank last; nothing begins before */
    int64_t next_due;                   /* of what waits; 0: there is more than was begun; FOREVER: nothing waits */
    int64_t head_due;                   /* of the row in front when it was read; 0: nothing was due */
    int64_t idle_mono;                  /* since when nothing waits and nothing is under way */
    int64_t
        unwritten_until; /* of events recorded before, attempts may have been made of which nothing is written; 0: of none */
    bool is_blocked;     /* rows were passed over because of their keys: look again when one of those is through */
    bool has_retries, was_read, is_ready, is_woken, is_failing;
    bool is_gathering;   /* its link gathers, nothing was under way, and its queue is being read */
    bool waits_for_mark; /* a result stops it: nothing begins before that is written */
    struct dest_mark mark;
    int n_marks_out; /* in the unit that is on its way */
    struct dest *next_ready, *next_marked;
};
struct attempt {
    struct link_delivery d; /* must be first */
    struct dest *dest;
    struct r_delivery_due row; /* sent_mark: in the arena */
    struct fetch_answer answer;
    int64_t started_at, started_mono, n_opened; /* n_opened: the destination's then */
    bool is_again, is_suspect, is_postponing;
    struct verdict verdict;
    enum link_result result;
    int http_status;
    int64_t took_ms;
    struct str note; /* for the log */
    struct worker *worker;
    struct attempt **group; /* of the first of a group: all of it, itself first; in its arena. NULL: alone */
    int n_group;
    struct attempt *prev, *next; /* of the destination */
    struct attempt *link;        /* of whatever list it waits in */
};
struct attempt_list {
    struct attempt *first, **end;
    int n;
};

struct result_unit {
    struct unit unit; /* must be first */
    struct worker *worker;
    struct attempt *results[RESULTS_MAX];
    int n, n_marks;
    struct {
        struct dest *dest;
        struct dest_mark mark;
    } marks[RESULTS_MAX];
    bool is_out;
    int64_t not_before_mono; /* after a failure */
};
struct upkeep_item {
    struct dest *dest;
    bool ok;
    int64_t link, unwritten_until;
};
struct upkeep_unit {
    struct unit unit; /* must be first */
    struct worker *worker;
    struct upkeep_item items[UPKEEP_MAX];
    int n;
    bool renews, is_out;
    int64_t now, not_before_mono;
};

struct trim_unit {
    struct unit unit; /* must be first */
    int64_t n;        /* rows that went: of the log or of what was given up, whichever are more */
    bool was_out;
    _Atomic bool is_out;
};

struct want {
    int64_t account, id, due_at;
};
struct worker {
    struct outbox *o;
    pthread_t thread;
    /* the inbox: any thread, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct want *wants;
    int n_wants, max_wants;
    struct attempt_list answered;
    bool results_done, upkeep_done, is_stopping, is_ending;
    bool has_stopped; /* the thread has seen is_stopping: it asks nobody any more */
    int n_asked;      /* that the fetcher has */
    /* the thread's */
    struct map *dests; /* by number */
    int n_dests;
    struct dest *first_ready, **ready_end;
    struct dest *marked;
    struct attempt_list fresh, results; /* read in this turn; to be committed */
    struct attempt *idle;
    int n_idle, n_under_way, n_suspects;
    struct want *taken_wants;
    int max_taken;
    struct result_unit result_unit;
    struct upkeep_unit upkeep_unit;
    struct trim_unit trim_unit;
    int64_t scan_mono, renewed_at, swept_mono, trimmed_mono;
    bool asks_nobody, ends;  /* what it saw of is_stopping and is_ending */
    int64_t read_again_mono; /* after a read that failed */
    bool has_upkeep;         /* a destination is to be taken, put to sleep or given back */
    _Atomic int64_t attempts, delivered, oldest_due_at, awake, under_way, reads;
};

void attempt_list_add(struct attempt_list *l, struct attempt *a);
struct attempt *attempt_list_take(struct attempt_list *l);
/* worker.c */
void worker_signal(struct worker *w); /* under the lock */
/* worker_dest.c */
void dest_want(struct worker *w, const struct want *want);
void dest_ready(struct worker *w, struct dest *d);
void dest_look(struct worker *w, struct dest *d); /* something ended: is there more to begin? */
bool dest_may_begin(const struct worker *w, const struct dest *d, int64_t mono);
void dest_scan(struct worker *w, int64_t now, int64_t mono);
void upkeep_submit(struct worker *w, int64_t now, int64_t mono);
void upkeep_finish(struct worker *w);
void dest_sweep(struct worker *w, int64_t mono);
/* worker_read.c */
void worker_read(struct worker *w, int64_t now, int64_t mono);
/* worker_attempt.c */
struct attempt *attempt_take(struct worker *w, struct dest *d);
void attempt_release(struct worker *w, struct attempt *a); /* out of its destination's list */
void attempt_begin(struct worker *w, struct attempt *a);
void attempt_answered(struct worker *w, struct attempt *a);
void attempt_end(struct worker *w, struct attempt *a, enum link_result r);
void attempt_free(struct attempt *a);
void attempt_drop(
    struct worker *w,
    struct attempt *a); /* nothing came of it and nothing is written: it begins again, here or after the next start */
void attempt_ask(struct worker *w, struct attempt *a);
/* worker_group.c */
void group_join(struct attempt_list *firsts, struct attempt *a);
void group_begin(struct worker *w, struct attempt *first);
void group_answered(struct worker *w, struct attempt *first);
/* worker_result.c */
void results_submit(struct worker *w, int64_t mono);
void results_finish(struct worker *w);
/* trim.c */
void outbox_trim(struct worker *w, int64_t mono);
