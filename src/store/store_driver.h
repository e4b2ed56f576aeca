/* store_driver.h: what an engine must do for the store. Included only by src/store. A connection is used by one thread at a time.
 *
 * Binds and results are structs described by store_query.h's tables, so an engine walks a list of columns; it never sees a query's
 * C type. Rows' texts are copied into the given arena. */
#pragma once
#include "store/store.h"
#include "store/store_query.h"

struct conn; /* the engine's */

enum driver_error {
    DRIVER_OK = 0,
    DRIVER_RETRY,  /* busy, serialization failure, lost connection before the commit: the same unit may succeed now */
    DRIVER_REFUSE, /* constraint, wrong value: this unit, not its group */
    DRIVER_FULL,   /* disk or memory: nobody's unit will succeed for now */
    DRIVER_BROKEN, /* anything else: log it */
};

struct store_driver {
    const char *scheme; /* "sqlite" */
    /* A scripted engine has no lock, no schema and nothing to rest from: only what its script says. */
    bool is_scripted;
    /* After a failed statement nothing but a rollback is allowed (PostgreSQL). Else the statement is as if it had never been. */
    bool error_ends_group;
    struct conn *(*open)(const char *address, bool writer, struct fault *f);
    void (*close)(struct conn *c);
    /* The address without what is secret in it. */
    void (*show)(const char *address, char *out, size_t n);
    /* Is it there, and which version? Without a data folder, a lock or a schema. */
    bool (*probe)(const char *address, char *version, size_t n, struct fault *f);
    bool (*script)(struct conn *c, const char *sql, struct fault *f); /* several statements: migrations */
    bool (*has_table)(struct conn *c, const char *table, bool *has, struct fault *f);
    const char *(*migration)(const struct migration *m); /* its text for this engine */
    enum driver_error (*begin)(struct conn *c, bool write, struct fault *f);
    /* Durable when it returns OK; on anything else it is taken back, for sure. An engine that cannot tell (the line was lost after COMMIT
     * was sent) finds out first, however long that takes: units are answered and participants told by it. */
    enum driver_error (*commit)(struct conn *c, struct fault *f);
    void (*rollback)(struct conn *c);
    /* A statement without rows. `changed` NULL: nobody waits for it, so an engine at a distance may send it with later ones, or merge
     * append queries into one statement. What is then refused shows in a later call, or in the commit, as DRIVER_RETRY; when the group
     * runs again the engine takes each by itself, and the failure is its own statement's. *changed is set only on success. */
    enum driver_error (*run)(struct conn *c, int query, const void *in, int64_t *changed, struct fault *f);
    /* Rows: open, next (false at the end or on error: then *err), close. The binds are copied; `out` may be NULL. A statement that
     * writes and gives rows has written everything when its first row, or its end, came. */
    void *(*rows)(struct conn *c, int query, const void *in, enum driver_error *err, struct fault *f);
    bool (*next)(struct conn *c, void *cursor, void *out, struct arena *a, enum driver_error *err, struct fault *f);
    void (*rows_end)(struct conn *c, void *cursor);
    /* Called by the committer between groups: `idle` when its queue is empty. Checkpoints and the like. */
    void (*rest)(struct conn *c, bool idle, struct store_stats *stats);
};

extern const struct store_driver store_driver_sqlite, store_driver_postgres, store_driver_fake;
