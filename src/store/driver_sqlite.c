/* driver_sqlite.c: the engine SQLite: connections, transactions, checkpoints. Statements are in sqlite_statement.c. Called only
 * through store_driver_sqlite.
 *
 * The database is in WAL mode with synchronous=FULL: a commit is one fsync of the log. Exactly one connection of one process
 * writes and checkpoints (an flock beside the file sees to it); readers are read-only. The log is copied into the database by
 * `rest`, on the writer's thread between two groups, never inside a commit. */
#include "store/sqlite_private.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Pages of log: of 2,000, 4,000 and 8,000 the first had the shortest 99th percentile, of sends alone and of sends beside scans, and the same rates. */
#define CHECKPOINT_PAGES      2000
#define CHECKPOINT_IDLE_PAGES 1000
/* So far a log only grows when readers hold old pages all the time; then they are waited for, shortly. */
#define CHECKPOINT_WAIT_PAGES 64000
#define CHECKPOINT_WAIT_MS    100
#define BUSY_MS               5000

/* No memory map: it would count the whole file as the server's memory, and a bad sector would end the process. */
static const char writer_pragmas[] = "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
                                     "PRAGMA cache_size=-32768; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;";
static const char reader_pragmas[] =
    "PRAGMA query_only=ON; PRAGMA cache_size=-4096; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;";

/* ---- errors ---- */

static bool is_disk_full(struct conn *c, int code)
{
    return code == SQLITE_FULL || ((code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(c->db) == ENOSPC);
}

enum driver_error sqlite_error(struct conn *c, const char *what, struct fault *f)
{
    int code = sqlite3_extended_errcode(c->db);
    const char *text = sqlite3_errmsg(c->db);
    if (is_disk_full(c, code)) {
        fault_operator(
            f, "The disk is full: nothing more can be stored in %s. Make room: a server that runs goes on by itself.", c->path);
        return DRIVER_FULL;
    }
    switch (code & 0xff) {
    case SQLITE_NOMEM: fault_operator(f, "There is no memory left for the database."); return DRIVER_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: fault_remote(f, "The database %s is busy (%s).", c->path, text); return DRIVER_RETRY;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG: fault_ours(f, "The database refused %s: %s", what, text); return DRIVER_REFUSE;
    case SQLITE_IOERR:
        errno = sqlite3_system_errno(c->db);
        fault_errno(f, "The disk failed under the database %s (%s, %s)", c->path, what, text);
        return DRIVER_BROKEN;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: fault_operator(f, "The database %s cannot be used (%s): %s", c->path, what, text); return DRIVER_BROKEN;
    default: fault_ours(f, "%s failed: %s (SQLite says %d)", what, text, code); return DRIVER_BROKEN;
    }
}

/* ---- connections ---- */

static int remember_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct conn *c = ctx;
    (void)db, (void)name;
    if (pages < c->wal_pages) c->copied_pages = 0; /* it began from the front again */
    c->wal_pages = pages;
    return SQLITE_OK;
}

static bool run_script(struct conn *c, const char *sql, struct fault *f)
{
    if (sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
    sqlite_error(c, "a script", f);
    return false;
}

/* WAL needs shared memory, which some network file systems cannot give: SQLite then answers with another mode. */
static bool switch_to_wal(struct conn *c, struct fault *f)
{
    sqlite3_stmt *stmt = NULL;
    bool ok =
        sqlite3_prepare_v2(c->db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW;
    if (!ok)
        sqlite_error(c, "switching to WAL", f);
    else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0)
        ok = fault_operator(f, "The database %s cannot be put into WAL mode here. Keep it on a local disk.", c->path);
    sqlite3_finalize(stmt);
    return ok;
}

static bool lock_database(struct conn *c, struct fault *f)
{
    char path[1100];
    snprintf(path, sizeof path, "%s.lock", c->path);
    c->lock_fd = lock_file_take(path, "database", f);
    return c->lock_fd >= 0;
}

static bool connect(struct conn *c, bool writer, struct fault *f)
{
    if (writer && !lock_database(c, f)) return false;
    int flags = SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(c->path, &c->db, flags, NULL) != SQLITE_OK) {
        sqlite_error(c, "opening it", f);
        return false;
    }
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_MS);
    if (writer && !switch_to_wal(c, f)) return false;
    if (!run_script(c, writer ? writer_pragmas : reader_pragmas, f)) return false;
    if (writer) sqlite3_wal_hook(c->db, remember_wal, c); /* after the pragmas: wal_autocheckpoint takes the hook away */
    return true;
}

static void sqlite_close(struct conn *c)
{
    sqlite_statements_finish(c);
    sqlite3_close(c->db);
    lock_file_release(&c->lock_fd);
    free(c->path);
    free(c);
}

static struct conn *sqlite_open(const char *address, bool writer, struct fault *f)
{
    const char *path = strchr(address, ':') + 1;
    if (!*path || strlen(path) > 1000) {
        fault_operator(f, "The database address %s names no file that can be opened.", address);
        return NULL;
    }
    struct conn *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->path = strdup(path);
    c->lock_fd = -1;
    sqlite_statements_init(c);
    if (connect(c, writer, f)) return c;
    sqlite_close(c);
    return NULL;
}

static void sqlite_show(const char *address, char *out, size_t n) { snprintf(out, n, "%s", address); }

static bool sqlite_probe(const char *address, char *version, size_t n, struct fault *f)
{
    (void)address, (void)f; /* a file that is not there yet is made at the first start */
    snprintf(version, n, "SQLite %s", sqlite3_libversion());
    return true;
}

static bool sqlite_has_table(struct conn *c, const char *table, bool *has, struct fault *f)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(c->db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", -1, &stmt, NULL) !=
        SQLITE_OK) {
        sqlite_error(c, "reading the schema", f);
        return false;
    }
    sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE) sqlite_error(c, "reading the schema", f);
    sqlite3_finalize(stmt);
    *has = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static const char *sqlite_migration(const struct migration *m) { return m->sqlite; }

/* ---- transactions ---- */

static enum driver_error sqlite_begin(struct conn *c, bool write, struct fault *f)
{
    ASSERT(sqlite3_get_autocommit(c->db));
    return sqlite_control(c, write ? CONTROL_BEGIN_WRITE : CONTROL_BEGIN_READ, f);
}

static void sqlite_rollback(struct conn *c)
{
    /* SQLite rolls back by itself on a full disk and the like; and a rollback that fails has still rolled back. */
    if (!sqlite3_get_autocommit(c->db)) sqlite_control(c, CONTROL_ROLLBACK, NULL);
    ASSERT(sqlite3_get_autocommit(c->db));
}

static enum driver_error sqlite_commit(struct conn *c, struct fault *f)
{
    if (sqlite3_get_autocommit(c->db)) {
        fault_ours(f, "The transaction had ended before its commit.");
        return DRIVER_BROKEN;
    }
    enum driver_error error = sqlite_control(c, CONTROL_COMMIT, f);
    if (error != DRIVER_OK) sqlite_rollback(c);
    return error;
}

/* ---- checkpoints ---- */

static void checkpoint(struct conn *c, int mode, struct store_stats *stats)
{
    int in_log = 0, copied = 0;
    int64_t began = clock_mono_us();
    if (mode != SQLITE_CHECKPOINT_PASSIVE) sqlite3_busy_timeout(c->db, CHECKPOINT_WAIT_MS);
    int code = sqlite3_wal_checkpoint_v2(c->db, NULL, mode, &in_log, &copied);
    if (mode != SQLITE_CHECKPOINT_PASSIVE) sqlite3_busy_timeout(c->db, BUSY_MS);
    /* A failure loses nothing, the pages stay in the log; but it is tried only after as many pages again. */
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        log_warning("store", "the log of %s could not be copied: %s", c->path, sqlite3_errmsg(c->db));
    c->copied_pages = c->wal_pages;
    int64_t took = clock_mono_us() - began;
    if (took > stats->longest_checkpoint_us) stats->longest_checkpoint_us = took;
}

static void sqlite_rest(struct conn *c, bool idle, struct store_stats *stats)
{
    int fresh = c->wal_pages - c->copied_pages;
    stats->wal_pages = c->wal_pages;
    if (fresh > CHECKPOINT_PAGES || (idle && fresh > CHECKPOINT_IDLE_PAGES))
        checkpoint(c, c->wal_pages > CHECKPOINT_WAIT_PAGES ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, stats);
}

const struct store_driver store_driver_sqlite = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .show = sqlite_show,
    .probe = sqlite_probe,
    .script = run_script,
    .has_table = sqlite_has_table,
    .migration = sqlite_migration,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .run = sqlite_run,
    .rows = sqlite_rows,
    .next = sqlite_next,
    .rows_end = sqlite_rows_end,
    .rest = sqlite_rest,
};
