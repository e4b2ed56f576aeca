/* store_private.h: what the files of src/store share: the bodies of store and tx. Nobody else includes it. */
#pragma once
#include "base/arena.h"
#include "base/limits.h"
#include "store/store.h"
#include "store/store_driver.h"
#include <pthread.h>
#include <stdatomic.h>

/* ---- tx.c: one run of one closure ---- */

/* Rows that a closure has open; what it forgot is closed when it ends. */
struct tx_cursor {
    void *driver_cursor; /* NULL: closed */
    struct tx_cursor *next;
};

/* Invariants: `failed` once set stays; `fault` is set exactly when `failed` is; `wrote` is true from the first statement on
 * that may have changed a row, or the first participant whose memory may have changed; `error` is the engine's word on the
 * failure, DRIVER_OK when the closure refused by itself. */
struct tx {
    struct store *store;
    const struct store_driver *driver;
    struct conn *conn;
    struct arena *arena;
    struct participant *participants; /* of the group; newest first */
    struct tx_cursor *cursors;
    struct fault fault;
    enum driver_error error;
    int64_t now;
    bool may_write, wrote, failed;
};

/* A tx lives as long as its connection's transaction; each closure (a group has many) runs between tx_start and tx_end. */
void tx_init(struct tx *tx, struct store *s, struct conn *c, struct arena *a, bool may_write);
/* Runs fn. False when it failed or refused; tx->fault says why. */
bool tx_perform(struct tx *tx, store_fn *fn, void *arg);
void tx_start(struct tx *tx);
void tx_end(struct tx *tx);
/* True while this thread is inside a closure: there nothing may be submitted. */
bool tx_is_inside(void);

/* ---- id_pool.c: numbers in blocks; a participant of every group that touches them ---- */
#define ID_KINDS (ID_CONNECTION + 1)
struct id_block {
    int64_t next, end; /* next == end: used up */
};
struct id_pools {
    struct participant participant; /* must be first */
    struct id_block now[ID_KINDS], committed[ID_KINDS];
};
void id_pools_init(struct id_pools *p);

/* ---- readers.c: the pool of read-only connections ---- */
struct reader {
    struct conn *conn;
    struct arena *arena;
    struct reader *next;
};
struct readers {
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    struct reader *idle; /* the last used first: its cache is warm */
    int n_open;
};
void readers_init(struct readers *r);
void readers_finish(struct readers *r, const struct store_driver *driver);

/* ---- committer.c: the one thread that writes ---- */
#define MAX_HOOKS 8
struct hook {
    void (*fn)(void *ctx);
    void *ctx;
};
struct committer {
    pthread_t thread;
    bool is_running;
    _Atomic(struct unit *) stack; /* submitted, newest first */
    _Atomic int64_t waiting;      /* submitted and not answered */
    _Atomic uint32_t asleep;      /* 1: somebody must wake it (futex) */
    _Atomic bool stop;
    struct hook hooks[MAX_HOOKS];
    int n_hooks;
    pthread_mutex_t hooks_lock;
    struct conn *conn; /* used by the committer's thread alone once it runs */
    struct arena *arena;
    pthread_mutex_t stats_lock;
    struct store_stats stats; /* under stats_lock */
};
bool committer_start(struct store *s, struct fault *f);
/* Works off what is queued, then ends. Safe when it never started. */
void committer_finish(struct store *s);

/* ---- migrate.c ---- */
/* Brings the schema up to what this program knows (read_only: only looks). FAULT_OPERATOR when the database is newer, or an
 * applied migration is not the one this program knows. */
bool migrate(const struct store_driver *driver, struct conn *c, bool read_only, int64_t *version, struct fault *f);

/* ---- lock_file.c ---- */
/* Takes the lock and writes our pid; -1 with a fault that names the holder and `what` it holds. */
int lock_file_take(const char *path, const char *what, struct fault *f);
void lock_file_release(int *fd);

struct store {
    const struct store_driver *driver;
    char *address, *data_dir;
    int node;
    bool read_only;
    int lock_fd; /* -1: none */
    int64_t schema_version;
    struct readers readers;
    struct committer committer;
    struct id_pools ids; /* the committer's thread's */
};
