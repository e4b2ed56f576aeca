/* driver_fake.c: the scripted engine of tests. A test announces what must come; the first thing that comes otherwise is kept as
 * the verdict and fails the unit it came in. One script for the whole process, since a test has one store. Reads come on other
 * threads than writes, so the script has a lock. */
#include "store/store_fake.h"
#include "store/store_private.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

#define MAX_STEPS 256
#define COMMIT    (-1)

struct step {
    int query; /* or COMMIT */
    bool (*check)(const void *in);
    void *rows; /* copied, with their texts, into the script's arena */
    int n_rows;
    enum driver_error answer;
};

static struct {
    pthread_mutex_t lock;
    struct arena *arena;
    struct step steps[MAX_STEPS];
    int n_steps, at;
    char verdict[500];
} script = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct conn {
    bool writer, in_write;
};
struct fake_cursor {
    const struct step *step;
    int at;
};

/* ---- the script ---- */

static void copy_texts(struct arena *a, const struct query_def *q, char *row)
{
    for (int i = 0; i < q->n_out; i++) {
        if (q->out[i].type == QUERY_INT) continue;
        struct str s;
        memcpy(&s, row + q->out[i].offset, sizeof s);
        s = arena_str(a, s);
        memcpy(row + q->out[i].offset, &s, sizeof s);
    }
}

static void add_step(struct step step, const void *rows)
{
    pthread_mutex_lock(&script.lock);
    ASSERT(script.n_steps < MAX_STEPS);
    if (!script.arena) script.arena = arena_create(4096);
    if (step.n_rows > 0 && rows) {
        const struct query_def *q = &query_table[step.query];
        step.rows = arena_alloc(script.arena, (size_t)step.n_rows * q->out_size);
        memcpy(step.rows, rows, (size_t)step.n_rows * q->out_size);
        for (int i = 0; i < step.n_rows; i++) copy_texts(script.arena, q, (char *)step.rows + (size_t)i * q->out_size);
    }
    script.steps[script.n_steps++] = step;
    pthread_mutex_unlock(&script.lock);
}

void store_fake_expect(int query, bool (*check)(const void *in), const void *rows, int n_rows, enum driver_error answer)
{
    ASSERT(query >= 0 && query < query_count && (n_rows == 0 || rows || query_table[query].n_out == 0));
    add_step((struct step){.query = query, .check = check, .n_rows = n_rows, .answer = answer}, rows);
}

void store_fake_expect_commit(enum driver_error answer) { add_step((struct step){.query = COMMIT, .answer = answer}, NULL); }

static const char *step_name(int query) { return query == COMMIT ? "a commit" : query_table[query].name; }

const char *store_fake_verdict(void)
{
    static char told[500];
    pthread_mutex_lock(&script.lock);
    if (!script.verdict[0] && script.at < script.n_steps)
        snprintf(script.verdict, sizeof script.verdict, "%s (step %d) was announced, but never came",
                 step_name(script.steps[script.at].query), script.at + 1);
    memcpy(told, script.verdict, sizeof told);
    script.verdict[0] = '\0';
    script.n_steps = script.at = 0;
    arena_destroy(&script.arena);
    pthread_mutex_unlock(&script.lock);
    return told[0] ? told : NULL;
}

/* ---- the engine ---- */

static enum driver_error answer_of(const struct step *step, struct fault *f)
{
    if (step->answer == DRIVER_RETRY)
        fault_remote(f, "The script lets %s fail for now.", step_name(step->query));
    else if (step->answer == DRIVER_FULL)
        fault_operator(f, "The disk is full: the script says so at %s.", step_name(step->query));
    else if (step->answer != DRIVER_OK)
        fault_ours(f, "The script refuses %s.", step_name(step->query));
    return step->answer;
}

/* The next step, which must be this query. NULL with *err: it is not, or its answer is a failure. */
static const struct step *come(int query, const void *in, enum driver_error *err, struct fault *f)
{
    pthread_mutex_lock(&script.lock);
    const struct step *step = script.at < script.n_steps ? &script.steps[script.at] : NULL;
    *err = DRIVER_BROKEN;
    if (script.verdict[0]) {
        fault_ours(f, "%s", script.verdict);
    } else if (!step || step->query != query) {
        snprintf(script.verdict, sizeof script.verdict, "%s came at step %d, where the script has %s", step_name(query),
                 script.at + 1, step ? step_name(step->query) : "its end");
        fault_ours(f, "%s", script.verdict);
    } else if (step->check && !step->check(in)) {
        snprintf(script.verdict, sizeof script.verdict, "%s (step %d) came with other values than announced", step_name(query),
                 script.at + 1);
        fault_ours(f, "%s", script.verdict);
    } else {
        script.at++;
        *err = answer_of(step, f);
    }
    pthread_mutex_unlock(&script.lock);
    return *err == DRIVER_OK ? step : NULL;
}

static struct conn *fake_open(const char *address, bool writer, struct fault *f)
{
    (void)address, (void)f;
    struct conn *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->writer = writer;
    return c;
}

static void fake_close(struct conn *c) { free(c); }

static bool fake_script(struct conn *c, const char *sql, struct fault *f)
{
    (void)c, (void)sql;
    return fault_ours(f, "The scripted engine runs no scripts.");
}

static bool fake_has_table(struct conn *c, const char *table, bool *has, struct fault *f)
{
    (void)c, (void)table, (void)f;
    *has = true;
    return true;
}

static const char *fake_migration(const struct migration *m) { return m->sqlite; }

static enum driver_error fake_begin(struct conn *c, bool write, struct fault *f)
{
    (void)f;
    ASSERT(!write || c->writer);
    c->in_write = write;
    return DRIVER_OK;
}

/* A commit that was not announced succeeds: most tests are about the queries. */
static enum driver_error fake_commit(struct conn *c, struct fault *f)
{
    ASSERT(c->in_write);
    c->in_write = false;
    pthread_mutex_lock(&script.lock);
    const struct step *step =
        script.at < script.n_steps && script.steps[script.at].query == COMMIT ? &script.steps[script.at++] : NULL;
    pthread_mutex_unlock(&script.lock);
    return step ? answer_of(step, f) : DRIVER_OK;
}

static void fake_rollback(struct conn *c) { c->in_write = false; }

static enum driver_error fake_run(struct conn *c, int query, const void *in, int64_t *changed, struct fault *f)
{
    (void)c;
    enum driver_error error;
    const struct step *step = come(query, in, &error, f);
    if (step && changed) *changed = step->n_rows;
    return error;
}

static void *fake_rows(struct conn *c, int query, const void *in, enum driver_error *err, struct fault *f)
{
    (void)c;
    const struct step *step = come(query, in, err, f);
    if (!step) return NULL;
    struct fake_cursor *cursor = calloc(1, sizeof *cursor);
    ASSERT(cursor);
    cursor->step = step;
    return cursor;
}

static bool fake_next(struct conn *c, void *cursor, void *out, struct arena *a, enum driver_error *err, struct fault *f)
{
    (void)c, (void)f;
    struct fake_cursor *k = cursor;
    *err = DRIVER_OK;
    if (k->at == k->step->n_rows) return false;
    const struct query_def *q = &query_table[k->step->query];
    if (out) {
        memcpy(out, (const char *)k->step->rows + (size_t)k->at * q->out_size, q->out_size);
        copy_texts(a, q, out);
    }
    k->at++;
    return true;
}

static void fake_rows_end(struct conn *c, void *cursor)
{
    (void)c;
    free(cursor);
}

static void fake_rest(struct conn *c, bool idle, struct store_stats *stats) { (void)c, (void)idle, (void)stats; }

const struct store_driver store_driver_fake = {
    .scheme = "fake",
    .is_scripted = true,
    .open = fake_open,
    .close = fake_close,
    .script = fake_script,
    .has_table = fake_has_table,
    .migration = fake_migration,
    .begin = fake_begin,
    .commit = fake_commit,
    .rollback = fake_rollback,
    .run = fake_run,
    .rows = fake_rows,
    .next = fake_next,
    .rows_end = fake_rows_end,
    .rest = fake_rest,
};
