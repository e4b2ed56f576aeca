/* The scheduler on a source that lies in memory: what is due is run, once at a time, soon, and never in a busy loop. */
#include "fresh_store.h"
#include "jobs/due.h"
#include "base/clock.h"
#include "base/durable.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <unistd.h>
#include <cmocka.h>

enum { ITEMS = 200 };
struct source {
    pthread_mutex_t lock;
    int64_t due_at[ITEMS]; /* INT64_MAX: done */
    _Atomic int runs[ITEMS], inside[ITEMS], overlaps, finds;
    int n, run_us;
    bool stays_due;
};

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct source *s = ctx;
    (void)tx;
    int found = 0;
    s->finds++;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->n && found < n; i++) {
        if (s->due_at[i] <= now)
            items[found++] = (struct due_item){1, i, 0};
        else if (s->due_at[i] < *next_due)
            *next_due = s->due_at[i];
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static bool is_done(struct source *s, int64_t i)
{
    pthread_mutex_lock(&s->lock);
    bool done = s->due_at[i] == INT64_MAX;
    pthread_mutex_unlock(&s->lock);
    return done;
}

/* As every source does, it looks whether there is still something to claim: a candidate may be older than what came of it. */
static void run(void *ctx, struct due_item item)
{
    struct source *s = ctx;
    if (atomic_fetch_add(&s->inside[item.id], 1) > 0) s->overlaps++;
    if (is_done(s, item.id)) {
        atomic_fetch_sub(&s->inside[item.id], 1);
        return;
    }
    s->runs[item.id]++;
    if (s->run_us) usleep((useconds_t)s->run_us);
    atomic_fetch_sub(&s->inside[item.id], 1);
    pthread_mutex_lock(&s->lock);
    if (!s->stays_due) s->due_at[item.id] = INT64_MAX;
    pthread_mutex_unlock(&s->lock);
}

struct house {
    char dir[64];
    struct store *store;
    struct jobs *jobs;
    struct source source;
};

static void open_house(struct house *h, int n_threads)
{
    struct fault f;
    char file[80], address[FRESH_STORE_BYTES];
    strcpy(h->dir, "/tmp/pennypost-jobs-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(file, sizeof file, "%s/test.db", h->dir);
    fresh_store(file, address);
    h->store = store_open(&(struct store_config){.address = address, .data_dir = h->dir, .node = 1}, &f);
    assert_non_null(h->store);
    pthread_mutex_init(&h->source.lock, NULL);
    h->jobs = jobs_create(h->store);
    jobs_add(h->jobs,
             &(struct due_source){.name = "items", .n_threads = n_threads, .find = find, .run = run, .ctx = &h->source});
    jobs_start(h->jobs);
}

static void close_house(struct house *h)
{
    jobs_stop(&h->jobs);
    store_close(&h->store);
    assert_true(remove_tree(h->dir, NULL));
}

static bool all_run(const struct source *s)
{
    for (int i = 0; i < s->n; i++)
        if (!s->runs[i]) return false;
    return true;
}

static bool wait_all(const struct source *s, int ms)
{
    for (int64_t until = clock_mono_ms() + ms; clock_mono_ms() < until; usleep(1000))
        if (all_run(s)) return true;
    return false;
}

static void test_runs_each_item_once(void **state)
{
    (void)state;
    struct house h = {.source = {.n = ITEMS, .run_us = 500}};
    open_house(&h, 4);
    assert_true(wait_all(&h.source, 5000));
    usleep(50000);
    close_house(&h);
    for (int i = 0; i < ITEMS; i++) assert_int_equal(h.source.runs[i], 1);
    assert_int_equal(h.source.overlaps, 0);
}

static void test_waits_until_due(void **state)
{
    (void)state;
    struct house h = {.source = {.n = 1}};
    int64_t due = clock_now_ms() + 300;
    h.source.due_at[0] = due;
    open_house(&h, 1);
    assert_true(wait_all(&h.source, 20000));
    assert_true(clock_now_ms() >= due);
    assert_in_range(h.source.finds, 1, 5);
    close_house(&h);
}

static void test_wake_is_not_lost(void **state)
{
    (void)state;
    struct house h = {.source = {.n = 1}};
    h.source.due_at[0] = INT64_MAX;
    open_house(&h, 2);
    usleep(50000); /* asleep by now, for a second */
    int64_t start = clock_mono_ms();
    pthread_mutex_lock(&h.source.lock);
    h.source.due_at[0] = 0;
    pthread_mutex_unlock(&h.source.lock);
    jobs_wake(h.jobs, "items");
    assert_true(wait_all(&h.source, 20000));
    assert_in_range(clock_mono_ms() - start, 0, 900); /* below the second that it would have slept on */
    close_house(&h);
}

static void test_item_that_stays_due_is_no_busy_loop(void **state)
{
    (void)state;
    struct house h = {.source = {.n = 1, .stays_due = true}};
    int64_t start = clock_mono_ms();
    open_house(&h, 4);
    usleep(500000);
    close_house(&h);
    int64_t most = (clock_mono_ms() - start) / 100 + 2; /* an item that was just run rests for a tenth of a second */
    assert_in_range(h.source.runs[0], 2, most);
    assert_in_range(h.source.finds, 2, 6 * most);
}

static void test_long_item_is_not_run_twice(void **state)
{
    (void)state;
    struct house h = {.source = {.n = 3, .run_us = 300000}};
    open_house(&h, 4);
    assert_true(wait_all(&h.source, 20000));
    close_house(&h); /* waits for what runs */
    for (int i = 0; i < 3; i++) assert_int_equal(h.source.runs[i], 1);
    assert_int_equal(h.source.inside[0] + h.source.inside[1] + h.source.inside[2], 0);
    assert_int_equal(h.source.overlaps, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_each_item_once),        cmocka_unit_test(test_waits_until_due),
        cmocka_unit_test(test_wake_is_not_lost),           cmocka_unit_test(test_item_that_stays_due_is_no_busy_loop),
        cmocka_unit_test(test_long_item_is_not_run_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
