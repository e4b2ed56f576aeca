/* Killed at named places while events come and are delivered: what was acknowledged is delivered, to each of two destinations; the deliveries
 * of one person come in order, repeated at most while their result was not yet on the disk, and then their link knows that it may be so. The child is this program again; the other side is
 * played inside it, and what it was asked goes to the parent, which lives on. */
#include "house.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PERSONS = 10, CODES = 40, ENOUGH_MS = 4000 };
static struct fake_peer peers[] = {{.url = "http://a/", .delay_ms = 1}, {.url = "http://b/", .delay_ms = 2}};

/* ---- the child: emits what the parent has not heard of, and delivers ---- */

static void tell(const char *fmt, const char *a, int b, int c, int d)
{
    char line[200];
    int n = snprintf(line, sizeof line, fmt, a, b, c, d);
    if (write(STDOUT_FILENO, line, (size_t)n) != n) _exit(4);
}

static void on_ask(const struct fetch_ask *ask)
{
    char body[60], url[60];
    int person, code, attempt;
    snprintf(body, sizeof body, "%.*s", STR_ARG(ask->body));
    snprintf(url, sizeof url, "%.*s", STR_ARG(ask->url));
    if (sscanf(body, "%d:%d:%d", &person, &code, &attempt) == 3)
        tell("asked %s %d %d %d\n", url, person, code, strchr(body, '?') != NULL);
}

static struct house child_house;

static void *emit_all(void *arg)
{
    int person = *(const int *)arg;
    for (int code = 0; code < CODES; code++) {
        house_emit(&child_house, person, code);
        tell("stored %s %d %d %d\n", "-", person, code, 0);
    }
    return NULL;
}

static int child_main(char **argv)
{
    pthread_t threads[PERSONS];
    int persons[PERSONS];
    struct house *h = &child_house;
    log_set_level(LOG_ERROR);
    *h = (struct house){.peers = peers, .n_peers = 2, .arena = arena_create(1000)};
    snprintf(h->dir, sizeof h->dir, "%s", argv[2]);
    fake_on_ask = on_ask;
    house_resume(h);
    for (int i = 0; i < PERSONS; i++) {
        persons[i] = atoi(argv[3]) * 100 + i;
        pthread_create(&threads[i], NULL, emit_all, &persons[i]);
    }
    for (int i = 0; i < PERSONS; i++) pthread_join(threads[i], NULL);
    house_wait_quiet(h);
    _exit(0);
}

/* ---- the parent ---- */

enum { LIVES = 64 };
static int stored[LIVES * 100], asked[2][LIVES * 100]; /* the last code of a person, -1: none */
static int n_asked, n_again;

static void hear(const char *what, const char *url, int person, int code, bool may_be_known)
{
    if (strcmp(what, "stored") == 0) {
        assert_int_equal(code, stored[person] + 1);
        stored[person] = code;
        return;
    }
    int *last = &asked[strcmp(url, "http://b/") == 0][person];
    if (code != *last && code != *last + 1) fail_msg("%s: person %d had %d, now comes %d", url, person, *last, code);
    if (code == *last && !may_be_known)
        fail_msg("%s: person %d is told of %d again, and the link does not know it", url, person, code);
    n_again += code == *last;
    *last = code;
    n_asked++;
}

static bool live(const char *dir, int number, const char *failpoint)
{
    int fds[2], status, person, code, may_be_known;
    char life[20], what[20], url[60];
    snprintf(life, sizeof life, "%d", number);
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        if (failpoint) setenv("PENNYPOST_FAILPOINT", failpoint, 1);
        execl("/proc/self/exe", "test_outbox_crash", "child", dir, life, (char *)NULL);
        _exit(6);
    }
    close(fds[1]);
    FILE *from = fdopen(fds[0], "r");
    while (fscanf(from, "%19s %59s %d %d %d", what, url, &person, &code, &may_be_known) == 5)
        hear(what, url, person, code, may_be_known);
    fclose(from);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == 9;
    if (!killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) fail_msg("the child ended with status %x", status);
    return killed;
}

static void test_killed(void **state)
{
    (void)state;
    static const char *const points[] = {
        "outbox.ask.before",    "outbox.answer.after", "outbox.results.before",
        "outbox.results.after", "store.commit.before", "store.commit.after",
    };
    static const int hits[] = {3, 17, 40, 90, 150};
    struct house h;
    int lives = 0, n_killed = 0, n_stored = 0;
    memset(stored, -1, sizeof stored);
    memset(asked, -1, sizeof asked);
    house_open(&h, peers, 2);
    house_subscribe(&h, "http://a/");
    house_subscribe(&h, "http://b/");
    house_suspend(&h);
    for (size_t p = 0; p < sizeof points / sizeof *points; p++)
        for (size_t k = 0; k < sizeof hits / sizeof *hits; k++) {
            char failpoint[60];
            snprintf(failpoint, sizeof failpoint, "%s:%d", points[p], hits[k]);
            n_killed += live(h.dir, lives++, failpoint);
        }
    assert_false(live(h.dir, lives++, NULL)); /* delivers what all lives left behind */
    for (int person = 0; person < lives * 100; person++) {
        n_stored += stored[person] + 1;
        for (int k = 0; k < 2; k++)
            if (asked[k][person] < stored[person])
                fail_msg("person %d: %d was stored, %d is the last that came to %s", person, stored[person], asked[k][person],
                         peers[k].url);
    }
    print_message("%d lives, %d killed, %d events stored, each delivered twice, %d of them told again\n", lives, n_killed,
                  n_stored, n_again);
    assert_true(n_killed >= 24 && n_again > 0);
    house_resume(&h);
    house_close(&h);
}

/* The unit of results fails, and the process lives: it is handed in again, nothing is asked twice. */
static void test_failed_unit(void **state)
{
    (void)state;
    static const char *const points[] = {"outbox.results.before:1:fail", "outbox.results.before:4:fail",
                                         "outbox.results.before:40:fail"};
    struct house h;
    for (size_t p = 0; p < sizeof points / sizeof *points; p++) {
        memset(stored, -1, sizeof stored);
        memset(asked, -1, sizeof asked);
        n_asked = 0;
        house_open(&h, peers, 2);
        house_subscribe(&h, "http://a/");
        house_suspend(&h);
        assert_false(live(h.dir, 0, points[p]));
        house_resume(&h);
        house_close(&h);
        for (int i = 0; i < PERSONS; i++) assert_int_equal(asked[0][i], CODES - 1);
        assert_int_equal(n_asked, PERSONS * CODES);
    }
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "child") == 0) return child_main(argv);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_failed_unit), cmocka_unit_test(test_killed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
