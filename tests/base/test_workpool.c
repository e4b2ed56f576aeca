/* test_workpool.c: tasks run once, in order of arrival, beside each other, and all before the pool is gone. */
#include "test.h"
#include "base/workpool.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/* A task waits here until the test opens it. */
static struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int n_inside;
    bool is_open;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void wait_at_gate(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&gate.lock);
    gate.n_inside++;
    pthread_cond_broadcast(&gate.changed);
    while (!gate.is_open) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_wait_for(int n)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.n_inside < n) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

static void gate_set(bool is_open)
{
    pthread_mutex_lock(&gate.lock);
    gate.is_open = is_open, gate.n_inside = 0;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

enum { TASKS = 100 };
static int order[TASKS];
static _Atomic int n_run;

static void note(void *arg) { order[atomic_fetch_add(&n_run, 1)] = *(int *)arg; }

/* The one thread is held, so that all tasks wait; the pool is destroyed while they do. */
static void test_order(void **state)
{
    (void)state;
    int numbers[TASKS];
    gate_set(false);
    n_run = 0;
    struct workpool *w = workpool_create(1, "a name longer than a thread may have");
    assert_true(workpool_submit(w, wait_at_gate, NULL, 1));
    gate_wait_for(1);
    for (int i = 0; i < TASKS; i++) {
        numbers[i] = i;
        assert_true(workpool_submit(w, note, &numbers[i], TASKS));
    }
    assert_false(workpool_submit(w, note, &numbers[0], TASKS)); /* TASKS wait: no more is taken */
    gate_set(true);
    workpool_destroy(&w);
    assert_null(w);
    workpool_destroy(&w);
    assert_int_equal(n_run, TASKS);
    for (int i = 0; i < TASKS; i++) assert_int_equal(order[i], i);
}

/* Three tasks can only be inside at once when three threads run them. */
static void test_beside(void **state)
{
    (void)state;
    gate_set(false);
    struct workpool *w = workpool_create(3, "beside");
    for (int i = 0; i < 3; i++) assert_true(workpool_submit(w, wait_at_gate, NULL, 3));
    gate_wait_for(3);
    assert_true(workpool_submit(w, wait_at_gate, NULL, 1)); /* those that run do not count as waiting */
    assert_false(workpool_submit(w, wait_at_gate, NULL, 1));
    gate_set(true);
    workpool_destroy(&w);
}

static void test_room_again(void **state)
{
    (void)state;
    int number = 0;
    n_run = 0;
    struct workpool *w = workpool_create(2, "room");
    for (int round = 0; round < TASKS; round++) {
        while (!workpool_submit(w, note, &number, 1)) {}
    }
    workpool_destroy(&w);
    assert_int_equal(n_run, TASKS);
}

/* What was queued is done; what comes after is refused, for as long as somebody may still ask. */
static void test_stopped(void **state)
{
    (void)state;
    int number = 0;
    n_run = 0;
    gate_set(false);
    struct workpool *w = workpool_create(2, "stopped");
    for (int i = 0; i < 2; i++) assert_true(workpool_submit(w, wait_at_gate, NULL, 2));
    gate_wait_for(2);
    assert_true(workpool_submit(w, note, &number, 1));
    gate_set(true);
    workpool_stop(w);
    assert_int_equal(n_run, 1);
    assert_false(workpool_submit(w, note, &number, TASKS));
    workpool_stop(w);
    assert_int_equal(n_run, 1);
    workpool_destroy(&w);
}

static void look_at_signals(void *arg)
{
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    *(bool *)arg = sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGINT) == 1;
}

static void test_signals(void **state)
{
    (void)state;
    bool are_blocked = false;
    struct workpool *w = workpool_create(1, "signals");
    assert_true(workpool_submit(w, look_at_signals, &are_blocked, 1));
    workpool_destroy(&w);
    assert_true(are_blocked);
    look_at_signals(&are_blocked); /* and the main thread has them as before */
    assert_false(are_blocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_beside),
                                       cmocka_unit_test(test_room_again), cmocka_unit_test(test_stopped),
                                       cmocka_unit_test(test_signals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
