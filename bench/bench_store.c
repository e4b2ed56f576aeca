/* bench_store.c: how many one-statement units a second the committer stores, durably, for 1, 64 and 256 submitters that each wait for
 * their answer; beside it a bare SQLite loop that inserts the same rows in transactions of the same size. Each round is short and the
 * two alternate, so that a busy machine troubles both alike. Arguments: a folder on the disk to measure (default .), seconds a round. */
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "queries.h"
#include "store/store.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const char body[] =
    "[\"Ada\",\"Lovelace\",\"Analytical Engines\",\"12 St James Square\",\"Suite "
    "4\",\"Sacramento\",\"CA\",\"95814\",\"US\",\"ada@example.com\",\"+1 916 555 0100\","
    "\"https://example.com/engines\",\"a value\",\"another value\",\"and one more that makes it as long as they are\"]";
enum { MAX_SUBMITTERS = 256, ROUNDS = 3 };

/* Answered units, handed over by the committer once a group, as the HTTP threads get them. */
struct bench {
    struct store *store;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct unit *answered, *fresh; /* fresh: the committer's, until the group ends */
    int64_t next_id, n_failed;
};

static struct bench bench = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool add(struct tx *tx, void *arg)
{
    return tx_run(tx, Q_NOTE_ADD, &(struct q_note_add){1, *(int64_t *)arg, str_make(body, sizeof body - 1), STR_NULL}, NULL);
}

static void done(struct unit *u)
{
    bench.n_failed += !u->committed;
    u->next = bench.fresh;
    bench.fresh = u;
}

static void after_group(void *ctx)
{
    (void)ctx;
    pthread_mutex_lock(&bench.lock);
    while (bench.fresh) {
        struct unit *u = bench.fresh;
        bench.fresh = u->next;
        u->next = bench.answered;
        bench.answered = u;
    }
    pthread_cond_signal(&bench.changed);
    pthread_mutex_unlock(&bench.lock);
}

static struct unit *take_answered(void)
{
    pthread_mutex_lock(&bench.lock);
    while (!bench.answered) pthread_cond_wait(&bench.changed, &bench.lock);
    struct unit *u = bench.answered;
    bench.answered = NULL;
    pthread_mutex_unlock(&bench.lock);
    return u;
}

static void submit(struct unit *u)
{
    *(int64_t *)u->arg = bench.next_id++;
    ASSERT(store_submit(bench.store, u, NULL));
}

/* Returns units a second; *group: units a commit. */
static double run_store(int submitters, int64_t ms, double *group)
{
    static struct unit units[MAX_SUBMITTERS];
    static int64_t ids[MAX_SUBMITTERS];
    struct store_stats before, after;
    int64_t began = clock_mono_us(), n = 0;
    store_stats(bench.store, &before);
    for (int i = 0; i < submitters; i++) {
        units[i] = (struct unit){.run = add, .arg = &ids[i], .done = done};
        submit(&units[i]);
    }
    for (int out = submitters; out > 0;) {
        bool go_on = clock_mono_us() - began < ms * 1000;
        for (struct unit *u = take_answered(), *next; u; u = next) {
            next = u->next;
            n++;
            if (go_on)
                submit(u);
            else
                out--;
        }
    }
    double took = (double)(clock_mono_us() - began) / 1e6;
    store_stats(bench.store, &after);
    *group = (double)n / (double)(after.groups - before.groups);
    return (double)n / took;
}

/* The same rows in the same order through bare SQLite. */
static double run_bare(sqlite3 *db, int group, int64_t ms)
{
    static int64_t id;
    sqlite3_stmt *stmt;
    ASSERT(sqlite3_prepare_v2(db, "INSERT INTO note (account_id, note_id, body, stamp) VALUES (?1, ?2, ?3, ?4)", -1, &stmt,
                              NULL) == SQLITE_OK);
    int64_t began = clock_mono_us(), n = 0;
    while (clock_mono_us() - began < ms * 1000) {
        ASSERT(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
        for (int i = 0; i < group; i++, n++) {
            sqlite3_bind_int64(stmt, 1, 1);
            sqlite3_bind_int64(stmt, 2, id++);
            sqlite3_bind_text(stmt, 3, body, sizeof body - 1, SQLITE_STATIC);
            sqlite3_bind_null(stmt, 4);
            ASSERT(sqlite3_step(stmt) == SQLITE_DONE);
            sqlite3_reset(stmt);
        }
        ASSERT(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
    }
    sqlite3_finalize(stmt);
    return (double)n / ((double)(clock_mono_us() - began) / 1e6);
}

static sqlite3 *open_bare(const char *dir)
{
    char path[1100];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/bare.db", dir);
    ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
    ASSERT(sqlite3_exec(
               db,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-32768;"
               "CREATE TABLE note (account_id INTEGER NOT NULL, note_id INTEGER NOT NULL, body TEXT, stamp BLOB,"
               " PRIMARY KEY (account_id, note_id)) STRICT, WITHOUT ROWID;",
               NULL, NULL, NULL) == SQLITE_OK);
    return db;
}

int main(int argc, char **argv)
{
    static const int submitters[] = {1, 64, 256};
    char dir[1000], address[1100];
    int64_t ms = argc > 2 ? atoll(argv[2]) * 1000 : 1000;
    snprintf(dir, sizeof dir, "%s/bench-store-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(dir)) return 3;
    snprintf(address, sizeof address, "sqlite:%s/store.db", dir);
    struct fault f = {0};
    bench.store = store_open(&(struct store_config){.address = address, .data_dir = dir, .node = 1}, &f);
    if (!bench.store) {
        fprintf(stderr, "%s\n", f.text);
        return 3;
    }
    store_after_group(bench.store, after_group, NULL);
    sqlite3 *bare = open_bare(dir);
    printf("submitters  units/commit   units/s   bare SQLite   ratio\n");
    for (size_t i = 0; i < sizeof submitters / sizeof *submitters; i++)
        for (int round = 0; round < ROUNDS; round++) {
            double group = 0, ours = run_store(submitters[i], ms, &group), theirs = run_bare(bare, (int)(group + 0.5), ms);
            printf("%10d  %12.1f  %8.0f  %12.0f  %6.2f\n", submitters[i], group, ours, theirs, ours / theirs);
        }
    sqlite3_close(bare);
    struct store_stats stats;
    store_stats(bench.store, &stats);
    store_close(&bench.store);
    printf("failed: %lld; longest checkpoint: %.1f ms\n", (long long)bench.n_failed,
           (double)stats.longest_checkpoint_us / 1000);
    return remove_tree(dir, NULL) && bench.n_failed == 0 ? 0 : 1;
}
