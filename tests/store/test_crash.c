/* Killed with -9 at each failpoint under load: every unit that was answered is there afterwards. And: calls that fail at the
 * failpoints lose nothing but what they told. Needs a build with failpoints. */
#include "house.h"
#include "base/failpoint.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 5 };

static int setup(void **state)
{
    static struct house h;
    house_init(&h);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    unsetenv("PENNYPOST_FAILPOINT");
    house_finish(*state);
    return 0;
}

struct writer {
    struct house *h;
    int64_t id, first;
    int answers; /* a pipe: the number of each row whose storing was answered */
};

static void *write_on(void *arg)
{
    struct writer *w = arg;
    for (int64_t i = w->first;; i++) {
        struct note n = {.account_id = w->id, .note_id = i, .body = "killed"};
        int64_t told[2] = {w->id, i};
        if (store_write(w->h->store, note_add, &n, NULL) && write(w->answers, told, sizeof told) != sizeof told) return NULL;
    }
}

static void write_until_killed(struct house *h, int answers, int round)
{
    struct writer writers[THREADS];
    pthread_t threads[THREADS];
    alarm(60);
    house_open(h);
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){h, i + 1, round * INT64_C(1000000), answers};
        pthread_create(&threads[i], NULL, write_on, &writers[i]);
    }
    for (;;) pause();
}

static bool is_there(struct tx *tx, void *arg)
{
    const int64_t *told = arg;
    return tx_first(tx, Q_NOTE_GET, &(struct q_note_get){told[0], told[1]}, NULL) || tx_refuse(tx, FAULT_OURS, 0, "lost");
}

/* One life: starts, writes, is killed. Returns how many answers were checked. */
static int one_life(struct house *h, const char *point, int round)
{
    int pipes[2], checked = 0, status;
    int64_t told[2];
    static int64_t answers[20000][2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char spec[100];
        snprintf(spec, sizeof spec, "%s:%d:kill", point, 40 + 17 * round);
        setenv("PENNYPOST_FAILPOINT", spec, 1);
        close(pipes[0]);
        write_until_killed(h, pipes[1], round);
    }
    close(pipes[1]);
    while (read(pipes[0], told, sizeof told) == sizeof told && checked < 20000) memcpy(answers[checked++], told, sizeof told);
    close(pipes[0]);
    waitpid(pid, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) fail_msg("%s: ended with status %d", point, status);
    house_open(h);
    for (int i = 0; i < checked; i++)
        if (!store_read(h->store, is_there, answers[i], NULL))
            fail_msg("%s: %d/%d is lost", point, (int)answers[i][0], (int)answers[i][1]);
    house_close(h);
    return checked;
}

static void answered_is_stored(void **state)
{
    struct house *h = *state;
    static const char *const points[] = {"store.commit.before", "store.commit.after", "store.unit.after"};
#ifndef PENNYPOST_FAILPOINTS
    skip();
#endif
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        int checked = 0;
        for (int round = 0; round < ROUNDS; round++) checked += one_life(h, points[i], (int)i * ROUNDS + round);
        print_message("%s: killed %d times, %d answers checked\n", points[i], ROUNDS, checked);
        assert_true(checked > 100);
    }
}

static const struct fail_case {
    const char *point;
    int n_ok;
} fail_cases[] = {
    {"store.commit.before:3:fail", 4},
    {"store.unit.after:3:fail", 4},
};

/* In a child, since a failpoint is read once in a process. */
static int write_five(struct house *h)
{
    int n_ok = 0;
    house_open(h);
    for (int i = 0; i < 5; i++) n_ok += store_write(h->store, note_add, &(struct note){.account_id = 1, .note_id = i}, NULL);
    int64_t n_stored = house_count(h, 1);
    house_close(h);
    return n_stored == n_ok ? n_ok : 100 + n_ok;
}

static void failed_calls_lose_only_what_they_told(void **state)
{
    (void)state;
#ifndef PENNYPOST_FAILPOINTS
    skip();
#endif
    for (size_t i = 0; i < sizeof fail_cases / sizeof *fail_cases; i++) {
        struct house h;
        int status;
        house_init(&h);
        pid_t pid = fork();
        if (pid == 0) {
            setenv("PENNYPOST_FAILPOINT", fail_cases[i].point, 1);
            _exit(write_five(&h));
        }
        waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != fail_cases[i].n_ok)
            fail_msg("%s: status %d", fail_cases[i].point, status);
        house_finish(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answered_is_stored, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_calls_lose_only_what_they_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
