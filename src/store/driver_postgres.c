/* driver_postgres.c: the engine PostgreSQL: transactions, and what became of a commit whose answer was lost. Called only through
 * store_driver_postgres.
 *
 * The writer's transactions are SERIALIZABLE: a closure was written for one writer, and with several nodes the server sees to it
 * that it may go on believing that (40001: the group runs again). Readers have one snapshot, REPEATABLE READ.
 *
 * A group writes a mark, a row of its own in commit_mark. When the connection is lost after COMMIT was sent, nobody knows whether it
 * was made: the driver connects again and claims the mark. The server lets the claim wait until the lost transaction has ended. If
 * the claim finds the mark, the group is committed. If it makes the mark itself, the group is not, and never will be: whatever of
 * it is still under way would break the mark's key. */
#include "store/postgres_private.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "queries.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define WRITER_PATIENCE_MS 10000 /* then what waits is refused: try again later */
#define READER_PATIENCE_MS 1000
#define TELL_AFTER_MS      5000 /* a commit that cannot be found out is told, then each minute */
#define TELL_EVERY_MS      60000
#define TRIM_MARKS         64
#define FORGET_MARKS_MS    (7 * INT64_C(86400000))

static const char *postgres_migration(const struct migration *m) { return m->postgres; }

static bool postgres_script(struct conn *c, const char *sql, struct fault *f)
{
    enum driver_error error = postgres_pipeline_end(c, f);
    if (error != DRIVER_OK) return false;
    PGresult *r = PQexec(c->pg, sql);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;
    if (!ok) postgres_error(c, r, "a script", f);
    PQclear(r);
    postgres_pipeline_begin(c);
    return ok;
}

static bool postgres_has_table(struct conn *c, const char *table, bool *has, struct fault *f)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = '%s'", table);
    postgres_send(c, sql);
    struct postgres_answer a = postgres_finish(c, f);
    *has = a.result && PQntuples(a.result) == 1;
    PQclear(a.result);
    return a.error == DRIVER_OK;
}

/* ---- transactions ---- */

static void postgres_rollback(struct conn *c)
{
    postgres_append_forget(c);
    c->in_transaction = false;
    if (c->is_lost) return; /* the server rolls back what has no connection any more */
    PQclear(postgres_finish(c, NULL).result);
    postgres_send(c, "ROLLBACK");
    struct postgres_answer a = postgres_finish(c, NULL);
    if (a.error != DRIVER_OK) c->is_lost = true;
    PQclear(a.result);
}

static bool look_for_marks(struct conn *c, struct fault *f)
{
    if (c->has_marks) return true;
    if (!postgres_has_table(c, "commit_mark", &c->has_marks, f)) return false;
    if (!c->has_marks) return true;
    postgres_bind_and_send(c, Q_COMMIT_MARK_FORGET, &(struct q_commit_mark_forget){clock_now_ms() - FORGET_MARKS_MS});
    struct postgres_answer a = postgres_finish(c, f);
    PQclear(a.result);
    return a.error == DRIVER_OK;
}

/* A connection that died while it was idle shows in the first answer. A writer's group runs again then, so nothing is waited for;
 * a reader's closure runs once, so its BEGIN is. */
static enum driver_error begin_writing(struct conn *c, struct fault *f)
{
    if (!postgres_connect(c, WRITER_PATIENCE_MS, f)) return DRIVER_FULL;
    if (!look_for_marks(c, f)) return DRIVER_RETRY;
    postgres_send(c, "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE");
    c->in_transaction = true;
    return DRIVER_OK;
}

static enum driver_error begin_reading(struct conn *c, struct fault *f)
{
    enum driver_error error = DRIVER_RETRY;
    for (int i = 0; i < 2 && error == DRIVER_RETRY; i++) {
        if (!postgres_connect(c, READER_PATIENCE_MS, f)) return DRIVER_RETRY;
        postgres_send(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        struct postgres_answer a = postgres_finish(c, f);
        PQclear(a.result);
        error = a.error;
    }
    c->in_transaction = error == DRIVER_OK;
    return error;
}

static enum driver_error postgres_begin(struct conn *c, bool write, struct fault *f)
{
    ASSERT(!c->in_transaction && c->waiting.n == 0 && (!write || c->is_writer));
    return write ? begin_writing(c, f) : begin_reading(c, f);
}

/* ---- the commit ---- */

static void send_mark(struct conn *c)
{
    struct q_commit_mark_add add = {c->owner, ++c->mark, clock_now_ms()};
    if (c->mark % TRIM_MARKS == 0)
        postgres_bind_and_send(c, Q_COMMIT_MARK_TRIM, &(struct q_commit_mark_trim){c->owner, c->mark});
    postgres_bind_and_send(c, Q_COMMIT_MARK_ADD, &add);
}

/* True when the server answered: *committed is then the truth. */
static bool claim_mark(struct conn *c, bool *committed, struct fault *f)
{
    struct q_commit_mark_claim claim = {c->owner, c->mark, clock_now_ms()};
    if (!postgres_connect(c, 0, f)) return false;
    postgres_bind_and_send(c, Q_COMMIT_MARK_CLAIM, &claim);
    struct postgres_answer a = postgres_finish(c, f);
    if (a.error == DRIVER_OK) *committed = strcmp(PQcmdTuples(a.result), "0") == 0;
    PQclear(a.result);
    return a.error == DRIVER_OK;
}

/* Does not give up: units must not be answered, nor memory moved, by a guess. */
static enum driver_error find_out(struct conn *c, struct fault *f)
{
    bool committed = false;
    int64_t tell_at = clock_mono_ms() + TELL_AFTER_MS;
    while (!claim_mark(c, &committed, f)) {
        if (clock_mono_ms() >= tell_at) {
            log_warning(
                "store",
                "the connection to %s was lost during a commit; whether it was made is asked until the database answers",
                c->shown);
            tell_at = clock_mono_ms() + TELL_EVERY_MS;
        }
        struct fault unused;
        if (c->is_lost) postgres_connect(c, 1000, &unused);
    }
    if (committed) return DRIVER_OK;
    fault_remote(f, "The connection to the database %s was lost before the commit.", c->shown);
    return DRIVER_RETRY;
}

/* Tests: the line is cut before the commit is sent, or when its answer has come, which goes unheard. */
static void cut_line(struct conn *c)
{
    if (FAILPOINT("store.postgres.commit.unsent")) shutdown(PQsocket(c->pg), SHUT_RDWR);
    if (FAILPOINT("store.postgres.commit.unheard")) {
        char unheard[4096];
        PQpipelineSync(c->pg);
        (void)!recv(PQsocket(c->pg), unheard, sizeof unheard, 0); /* waits: then the server has done it */
        shutdown(PQsocket(c->pg), SHUT_RDWR);
    }
}

static enum driver_error send_commit(struct conn *c, struct fault *f)
{
    enum driver_error error = postgres_append_send(c, f);
    if (error != DRIVER_OK) return error;
    if (c->has_marks) send_mark(c);
    postgres_send(c, "COMMIT");
    cut_line(c);
    struct postgres_answer a = postgres_finish(c, f);
    bool heard = a.error == DRIVER_OK && strcmp(PQcmdStatus(a.result), "COMMIT") == 0;
    PQclear(a.result);
    if (heard) return DRIVER_OK;
    if (a.error == DRIVER_OK) return fault_ours(f, "The transaction had failed before its commit."), DRIVER_BROKEN;
    if (!c->is_lost) return a.error;
    if (c->has_marks) return find_out(c, f);
    fault_operator(f, "The connection to the database %s was lost while its schema was changed. Start again.", c->shown);
    return DRIVER_BROKEN;
}

static enum driver_error postgres_commit(struct conn *c, struct fault *f)
{
    ASSERT(c->in_transaction);
    enum driver_error error = send_commit(c, f);
    if (error != DRIVER_OK) {
        postgres_rollback(c);
        return error;
    }
    c->in_transaction = c->is_careful = false;
    return DRIVER_OK;
}

static void postgres_rest(struct conn *c, bool idle, struct store_stats *stats) { (void)c, (void)idle, (void)stats; }

const struct store_driver store_driver_postgres = {
    .scheme = "postgresql",
    .error_ends_group = true,
    .open = postgres_open,
    .close = postgres_close,
    .show = postgres_show,
    .probe = postgres_probe,
    .script = postgres_script,
    .has_table = postgres_has_table,
    .migration = postgres_migration,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .run = postgres_run,
    .rows = postgres_rows,
    .next = postgres_next,
    .rows_end = postgres_rows_end,
    .rest = postgres_rest,
};
