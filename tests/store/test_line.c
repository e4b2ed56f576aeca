/* A line to the database that is cut: before a commit, while its answer is under way, and again and again under load. What was told
 * is the truth, nothing is lost and nothing is there twice. Only on an engine at a distance. Needs a build with failpoints. */
#include "house.h"
#include "base/failpoint.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- one cut, at a known place ---- */

struct counter {
    struct participant participant; /* must be first */
    int now, committed, taken_back, runs;
};
static struct counter counter;

static bool agree(struct participant *p, struct tx *tx)
{
    (void)p;
    return tx_ok(tx);
}

static void ended(struct participant *p, bool committed)
{
    struct counter *c = (struct counter *)p;
    if (committed)
        c->committed = c->now;
    else
        c->now = c->committed, c->taken_back++;
}

static bool count_and_add(struct tx *tx, void *arg)
{
    counter.runs++;
    counter.now++;
    tx_join(tx, &counter.participant);
    ((struct note *)arg)->n = tx_next_id(tx, ID_LIST);
    return note_add(tx, arg);
}

static const struct cut_case {
    const char *name, *failpoint;
    int taken_back; /* groups; the others were committed at once */
} cut_cases[] = {
    {"none", "none", 0},
    {"before COMMIT left", "store.postgres.commit.unsent", 1},
    {"when COMMIT had left", "store.postgres.commit.unheard", 0},
};
enum { CUT_AT = 3 }; /* which note's commit */

/* In a child, since a failpoint is read once in a process. */
static void write_across_a_cut(const struct cut_case *c)
{
    struct house h;
    struct fault f = {0};
    enum { N = 6 };
    house_init(&h);
    house_open(&h);
    counter = (struct counter){.participant = {.before_commit = agree, .ended = ended}};
    for (int i = 0; i < N; i++) {
        struct note n = {.account_id = 1, .note_id = i, .body = "once"};
        if (!store_write(h.store, count_and_add, &n, &f)) fail_msg("%s: %s", c->name, f.text);
        if (n.n != i + 1) fail_msg("%s: number %d at %d", c->name, (int)n.n, i);
    }
    if (counter.taken_back != c->taken_back || counter.runs != N + c->taken_back)
        fail_msg("%s: taken back %d times, %d runs", c->name, counter.taken_back, counter.runs);
    assert_int_equal(counter.committed, N);
    assert_int_equal(house_count(&h, 1), N);
    house_finish(&h);
}

static void a_cut_line_is_found_out(void **state)
{
    (void)state;
#ifndef PENNYPOST_FAILPOINTS
    skip();
#endif
    for (size_t i = 0; i < sizeof cut_cases / sizeof *cut_cases; i++) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            char spec[100];
            /* the migrations' commits count too */
            snprintf(spec, sizeof spec, "%s:%d:fail", cut_cases[i].failpoint, migration_count + CUT_AT);
            setenv("PENNYPOST_FAILPOINT", spec, 1);
            write_across_a_cut(&cut_cases[i]);
            _exit(0);
        }
        waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail_msg("%s: status %x", cut_cases[i].name, status);
    }
}

/* ---- cut again and again ---- */

enum { THREADS = 4, EACH = 400, CUTS = 60 };

struct writer {
    pthread_t thread;
    struct house *h;
    int64_t id;
    bool stored[EACH];
};

static bool add_and_count(struct tx *tx, void *arg)
{
    struct note *n = arg;
    return note_add(tx, arg) && note_count(tx, &(struct note){.account_id = n->account_id}) && tx_ok(tx);
}

static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < EACH; i++) {
        struct note n = {.account_id = w->id, .note_id = i, .body = "cut"};
        w->stored[i] = store_write(w->h->store, i % 2 ? note_add : add_and_count, &n, NULL);
        usleep(500);
    }
    return NULL;
}

static _Atomic bool cutting;

/* All connections of the test but the one that asks. */
static void *cut_lines(void *arg)
{
    int *n = arg;
    while (cutting && *n < CUTS) {
        fresh_store_script(getenv("PENNYPOST_TEST_STORE"),
                           "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                           "AND pid <> pg_backend_pid() AND application_name = 'pennypost'");
        ++*n;
        usleep(20000);
    }
    return NULL;
}

static bool is_there(struct tx *tx, void *arg)
{
    struct note *n = arg;
    n->n = tx_first(tx, Q_NOTE_GET, &(struct q_note_get){n->account_id, n->note_id}, NULL);
    return tx_ok(tx);
}

static void lines_cut_under_load_lose_nothing(void **state)
{
    (void)state;
    static struct writer writers[THREADS];
    struct house h;
    pthread_t cutter;
    int n_cuts = 0, n_stored = 0;
    house_init(&h);
    house_open(&h);
    cutting = true;
    pthread_create(&cutter, NULL, cut_lines, &n_cuts);
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.h = &h, .id = i + 1};
        pthread_create(&writers[i].thread, NULL, write_on, &writers[i]);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(writers[i].thread, NULL);
    cutting = false;
    pthread_join(cutter, NULL);
    for (int i = 0; i < THREADS * EACH; i++) {
        const struct writer *w = &writers[i / EACH];
        struct note n = {.account_id = w->id, .note_id = i % EACH};
        struct fault f;
        if (!store_read(h.store, is_there, &n, &f)) fail_msg("%s", f.text);
        if (n.n != w->stored[n.note_id])
            fail_msg("%d/%d is %s", (int)n.account_id, (int)n.note_id, n.n ? "there, but was refused" : "lost");
        n_stored += w->stored[n.note_id];
    }
    print_message("%d cuts, %d of %d stored\n", n_cuts, n_stored, THREADS * EACH);
    assert_true(n_cuts >= 10 && n_stored > THREADS * EACH / 2);
    house_finish(&h);
}

/* ---- many rows in one unit ---- */

enum { MANY = 7000 }; /* beyond what unnest takes: they go through COPY */

static const char odd[] = "tab\there, new\nline, back\\slash, \\N, Gr\xc3\xbc\xc3\x9f"
                          "e\r";

static bool add_many(struct tx *tx, void *arg)
{
    int64_t account = *(int64_t *)arg;
    for (int64_t i = 0; i < MANY && tx_ok(tx); i++) {
        struct str body = i % 3 ? str_of(odd) : i % 2 ? STR("") : STR_NULL, stamp = i % 3 ? STR_NULL : str_make(&i, sizeof i);
        tx_run(tx, Q_NOTE_ADD, &(struct q_note_add){account, account == 2 && i == 5000 ? 4000 : i, body, stamp}, NULL);
    }
    return tx_ok(tx);
}

static bool check_many(struct tx *tx, void *arg)
{
    (void)arg;
    for (int64_t i = 0; i < MANY; i++) {
        struct r_note_get row;
        struct str body = i % 3 ? str_of(odd) : i % 2 ? STR("") : STR_NULL;
        assert_true(tx_first(tx, Q_NOTE_GET, &(struct q_note_get){1, i}, &row));
        assert_true(str_eq(row.body, body) && !row.body.ptr == !body.ptr);
        assert_true(i % 3 ? !row.stamp.ptr : str_eq(row.stamp, str_make(&i, sizeof i)));
    }
    return true;
}

static void many_rows_come_back(void **state)
{
    (void)state;
    struct house h;
    struct fault f = {0};
    int64_t account = 1;
    house_init(&h);
    house_open(&h);
    if (!store_write(h.store, add_many, &account, &f)) fail_msg("%s", f.text);
    assert_true(store_read(h.store, check_many, NULL, NULL));
    account = 2; /* one of them breaks the key: the engine says so of that unit, and stores none */
    assert_false(store_write(h.store, add_many, &account, &f));
    assert_non_null(strstr(f.text, "The database refused note_add"));
    assert_int_equal(house_count(&h, 2), 0);
    assert_true(store_write(h.store, note_add, &(struct note){.account_id = 2, .note_id = 1}, NULL));
    house_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_line_is_found_out),
        cmocka_unit_test(many_rows_come_back),
        cmocka_unit_test(lines_cut_under_load_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
