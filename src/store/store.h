/* store.h: the SQL face. Named queries with typed binds, units of work that are committed in groups, and readers that never wait.
 *
 * The kinds of thing here:
 *   query        a named statement from some folder's .sql file. The build checks it against the schema and makes, for each, an enum
 *                value Q_NAME, a struct q_name of what goes in and a struct r_name of what comes out (generated "queries.h").
 *   unit         a closure that writes. It may run more than once (a group that fails is taken apart; another node may win), so it
 *                changes nothing but the database and what its participants know how to take back.
 *   group        the units that share one transaction, one fsync. One committer thread per store runs them in order of arrival.
 *   participant  memory that moves with the group (the open batch's next seat): told before the commit, and how it ended.
 *   reader       a closure on a read-only connection, on the caller's thread.
 *   driver       an engine: sqlite, postgresql, and a scripted fake for tests. store_driver.h is its face.
 *
 * Inside a closure errors stick: after the first failure every call does nothing and returns false, so a closure may be written
 * straight down and ask tx_ok() once. Text and blobs that come out live in the transaction's arena until the closure has ended.
 * Integers that are NULL come and go as DB_NULL; texts and blobs as STR_NULL.
 *
 * A unit that returns false must have set its fault with tx_refuse(). If it had written or joined a participant by then, its group is
 * taken back: the units before it are run again, and it comes first in the next group, so one failure is its own. (No savepoints:
 * refusals come before the first write almost always.) */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

struct store;
struct tx;

#define DB_NULL INT64_MIN

struct store_config {
    const char *address;  /* "sqlite:FILE", "postgresql://…" (libpq's), or "fake:" */
    const char *data_dir; /* holds the lock file that keeps a second process out */
    int node;             /* number of this node (tids, leases) */
    bool read_only;       /* no lock, no committer: only store_read */
};

/* Opens, takes the lock ("another pennypost (process 4711) has this data folder open: …"), runs pending migrations, starts the
 * committer. NULL with a fault. */
struct store *store_open(const struct store_config *config, struct fault *f);
/* Commits what is queued, checkpoints, closes. Nothing may be submitted any more. */
void store_close(struct store **s);
/* The address as people may read it: without a password. */
void store_address_show(const char *address, char *out, size_t n);
/* For the operator: the engine's name and version when it can be reached ("PostgreSQL 15.4"); false with a fault. */
bool store_probe(const char *address, char *version, size_t n, struct fault *f);
int store_node(const struct store *s);
/* Version of the newest applied migration, and of the newest known one. */
int64_t store_schema_version(struct store *s);
int64_t store_schema_known(void);

/* ---- closures ---- */
typedef bool store_fn(struct tx *tx, void *arg);

/* Runs fn in the committer and waits until its group is durable. On false nothing of it is stored. */
bool store_write(struct store *s, store_fn *fn, void *arg, struct fault *f);
/* What rides along with one unit of somebody else's: `before` runs ahead of it in its transaction, and may refuse; `after` when it has
 * done its work. Either may run again with the unit. So a request's Idempotency-Key is stored with whatever the request makes. */
struct rider {
    bool (*before)(struct rider *r, struct tx *tx);
    bool (*after)(struct rider *r, struct tx *tx);
};
/* Rides along with this thread's next store_write, and with that one alone; NULL: nobody does. */
void store_ride(struct rider *r);
/* Runs fn on a read-only connection in a snapshot. */
bool store_read(struct store *s, store_fn *fn, void *arg, struct fault *f);

/* The same without waiting. The unit is the caller's memory until `done` was called (on the committer's thread, after the fsync:
 * it must be short). Returns false, FAULT_REMOTE, when store.queue_units wait already. */
struct unit {
    store_fn *run;
    void *arg;
    void (*done)(struct unit *u);
    bool committed;     /* set before done */
    struct fault fault; /* set when not committed */
    struct unit *next;  /* the store's */
};
bool store_submit(struct store *s, struct unit *u, struct fault *f);
/* Called on the committer's thread once after the `done`s of each group: where a server wakes its loops with one write.
 * Adds one to those that are called. fn NULL forgets them all and returns when none of them is running any more. */
void store_after_group(struct store *s, void (*fn)(void *ctx), void *ctx);

/* ---- inside a closure ---- */
enum query_id; /* generated: queries.h */

/* A statement without rows. *changed (may be NULL): how many rows. */
bool tx_run(struct tx *tx, int query, const void *in, int64_t *changed);
/* The first row. False when there is none (tx_ok stays true) or on error. `out` may be NULL: only "is there one". */
bool tx_first(struct tx *tx, int query, const void *in, void *out);
/* Rows one by one: struct rows r = tx_rows(tx, Q_X, &in); while (rows_next(&r, &out)) … ; rows_end(&r). Ending early is allowed. */
struct rows {
    struct tx *tx;
    void *cursor;
    int query;
};
struct rows tx_rows(struct tx *tx, int query, const void *in);
bool rows_next(struct rows *r, void *out);
void rows_end(struct rows *r);

bool tx_ok(const struct tx *tx);
/* Marks the closure as refused or failed and returns false. The text is copied. */
bool tx_refuse(struct tx *tx, enum fault_whose whose, int status, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool tx_fail(struct tx *tx, const struct fault *f);
struct arena *tx_arena(struct tx *tx);
struct store *tx_store(struct tx *tx);
int64_t tx_now(struct tx *tx); /* the clock when the closure began; the same in the whole closure */

/* ---- participants ---- */
struct participant {
    /* Called once per group on the committer's thread, before the commit, for each participant that joined in it. May write. False
     * (with tx_refuse) takes the whole group back; its units run again. */
    bool (*before_commit)(struct participant *p, struct tx *tx);
    /* Then, always: committed or not. When not, memory goes back to what it was after the last committed group. */
    void (*ended)(struct participant *p, bool committed);
    bool joined;              /* the store's */
    struct participant *next; /* the store's */
};
void tx_join(struct tx *tx, struct participant *p);

/* ---- ids (specs: schema §1.4) ---- */
enum id_kind { ID_ACCOUNT = 1, ID_LIST, ID_CONTACT, ID_TEMPLATE, ID_CAMPAIGN /* campaigns and drops share it */, ID_BATCH, ID_INTAKE, ID_JOB, ID_USER, ID_SUPPRESSION, ID_SUBSCRIPTION /* from 1,000,000,000 up: a webhook's number is never a drop's */, ID_DESTINATION, ID_CONNECTION };
/* The next number of a kind, unique in the house: taken in blocks from id_pool (1 for things made by hand, 4,096 contacts,
 * 64 batches). Numbers of a block that was not used up are skipped after a restart. */
int64_t tx_next_id(struct tx *tx, enum id_kind kind);
/* n numbers in a row (imports); returns the first. */
int64_t tx_next_ids(struct tx *tx, enum id_kind kind, int64_t n);

/* ---- the operator ---- */
struct store_stats {
    int64_t groups, units; /* committed */
    int64_t units_alone;   /* that failed, or had to be committed, by themselves after their group was taken back */
    int64_t waiting, wal_pages, longest_checkpoint_us;
};
void store_stats(struct store *s, struct store_stats *out);
