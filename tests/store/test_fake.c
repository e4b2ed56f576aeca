/* The scripted engine: what it lets pass, and what its verdict says. */
#include "house.h"
#include "store/store_fake.h"
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct store *open_fake(void)
{
    struct store_config config = {.address = "fake:", .data_dir = "/nowhere"};
    struct fault f = {0};
    struct store *s = store_open(&config, &f);
    if (!s) fail_msg("%s", f.text);
    return s;
}

static bool is_note_seven(const void *in) { return ((const struct q_note_add *)in)->note_id == 7; }

static bool add_and_list(struct tx *tx, void *arg)
{
    struct note *n = arg;
    struct r_note_list row;
    note_add(tx, n);
    struct rows r = tx_rows(tx, Q_NOTE_LIST, &(struct q_note_list){1, 0, 10});
    for (n->n = 0; rows_next(&r, &row);) n->n = n->n * 10 + row.note_id + (int64_t)row.body.len;
    return tx_ok(tx);
}

static const struct fake_case {
    const char *name;
    int64_t note_id;
    enum driver_error add_answer, commit_answer;
    bool announce_more, want_ok;
    const char *verdict; /* NULL: none */
    enum fault_whose whose;
} fake_cases[] = {
    {"as announced", 7, DRIVER_OK, DRIVER_OK, false, true, NULL, FAULT_NONE},
    {"other values", 8, DRIVER_OK, DRIVER_OK, false, false, "note_add (step 1) came with other values than announced",
     FAULT_OURS},
    {"one too many announced", 7, DRIVER_OK, DRIVER_OK, true, true, "note_remove (step 4) was announced, but never came",
     FAULT_NONE},
    {"the disk is full", 7, DRIVER_FULL, DRIVER_OK, false, false, "note_list (step 2) was announced, but never came",
     FAULT_OPERATOR},
    {"the disk is full at the commit", 7, DRIVER_OK, DRIVER_FULL, false, false, NULL, FAULT_OPERATOR},
    {"the commit breaks", 7, DRIVER_OK, DRIVER_BROKEN, false, false, NULL, FAULT_OURS},
};

static void check_case(const struct fake_case *c)
{
    struct r_note_list rows[] = {{1, STR("a")}, {2, STR("bb")}};
    struct note n = {.account_id = 1, .note_id = c->note_id};
    struct fault f = {0};
    struct store *s = open_fake();
    store_fake_expect(Q_NOTE_ADD, is_note_seven, NULL, 1, c->add_answer);
    store_fake_expect(Q_NOTE_LIST, NULL, rows, 2, DRIVER_OK);
    store_fake_expect_commit(c->commit_answer);
    if (c->announce_more) store_fake_expect(Q_NOTE_REMOVE, NULL, NULL, 1, DRIVER_OK);
    bool ok = store_write(s, add_and_list, &n, &f);
    store_close(&s);
    const char *verdict = store_fake_verdict();
    if (ok != c->want_ok || f.whose != c->whose) fail_msg("%s: %s", c->name, f.text);
    if (ok && n.n != 24) fail_msg("%s: rows %d", c->name, (int)n.n);
    if (!verdict != !c->verdict || (verdict && strcmp(verdict, c->verdict) != 0))
        fail_msg("%s: %s", c->name, verdict ? verdict : "no verdict");
}

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fake_cases / sizeof *fake_cases; i++) check_case(&fake_cases[i]);
}

static void a_commit_that_fails_for_now_is_tried_again(void **state)
{
    (void)state;
    struct store *s = open_fake();
    struct note n = {.account_id = 1, .note_id = 7};
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_OK);
    store_fake_expect_commit(DRIVER_RETRY);
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_RETRY);
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_OK);
    store_fake_expect_commit(DRIVER_OK);
    assert_true(store_write(s, note_add, &n, NULL));
    assert_null(store_fake_verdict());
    for (int i = 0; i < 3; i++) store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_RETRY);
    struct fault f = {0};
    assert_false(store_write(s, note_add, &n, &f));
    assert_int_equal(f.whose, FAULT_REMOTE);
    assert_null(store_fake_verdict());
    assert_true(store_write(s, note_add, &n, NULL) == false); /* nothing is announced any more */
    assert_string_equal(store_fake_verdict(), "note_add came at step 1, where the script has its end");
    store_close(&s);
}

static sem_t second_is_there, both_answered;

static bool add_when_both_are_there(struct tx *tx, void *arg)
{
    while (sem_wait(&second_is_there) != 0) {}
    return note_add(tx, arg);
}

static void answered(struct unit *u)
{
    (void)u;
    sem_post(&both_answered);
}

/* Nobody's unit will succeed on a full disk: the group is not tried again, each is told. */
static void a_full_disk_refuses_the_group(void **state)
{
    (void)state;
    struct store *s = open_fake();
    struct note n = {.account_id = 1, .note_id = 7};
    struct unit a = {.run = add_when_both_are_there, .arg = &n, .done = answered},
                b = {.run = note_add, .arg = &n, .done = answered};
    sem_init(&second_is_there, 0, 0);
    sem_init(&both_answered, 0, 0);
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_OK);
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_FULL);
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_OK);
    assert_true(store_submit(s, &a, NULL));
    assert_true(store_submit(s, &b, NULL));
    sem_post(&second_is_there);
    for (int i = 0; i < 2; i++)
        while (sem_wait(&both_answered) != 0) {}
    assert_false(a.committed);
    assert_false(b.committed);
    assert_int_equal(a.fault.whose, FAULT_OPERATOR);
    assert_string_equal(a.fault.text, b.fault.text);
    assert_true(store_write(s, note_add, &n, NULL)); /* the committer lives on */
    store_close(&s);
    assert_null(store_fake_verdict());
}

static bool submit_inside(struct tx *tx, void *arg)
{
    (void)arg;
    return store_write(tx_store(tx), note_add, NULL, NULL);
}

/* Inside a closure a write would wait for itself: that is our bug, and ends the process. */
static void submitting_inside_a_closure_panics(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        struct store *s = open_fake();
        signal(SIGABRT, SIG_DFL);
        store_read(s, submit_inside, NULL, NULL);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(a_commit_that_fails_for_now_is_tried_again),
        cmocka_unit_test(a_full_disk_refuses_the_group),
        cmocka_unit_test(submitting_inside_a_closure_panics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
