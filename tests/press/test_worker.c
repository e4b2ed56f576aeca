/* test_worker.c: workers that crash, lie or are killed, and a Chromium that is killed: a clean fault or a right file, never
 * half of one, and the next job works; whose Chromium is kept for whose next job. The worker is this program itself; PENNYPOST_FAILPOINT reaches it. */
#include "base/limits.h"
#include "press/press_wire.h"
#include "press_case.h"
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

/* A worker that greets as it should and then answers each job with a lie. */
static int lying_worker(const char *lie)
{
    struct frame fr;
    frame_recv(3, 1 << 20, -1, &fr, NULL);
    buf_finish(&fr.body);
    frame_send(3, FRAME_READY, STR(""), -1, NULL);
    if (!frame_recv(3, 1 << 26, -1, &fr, NULL)) _exit(0);
    struct buf body = BUF_INIT;
    int pages[4] = {2, 2, 2, 2}, first[4] = {1, 3, 5, 7};
    enum press_refusal none[4] = {0};
    struct str detail[4] = {{0}};
    struct press_outcome o = {
        .n_printed = 4, .pages_each = 2, .bytes = 10, .first_page = first, .refusal = none, .detail = detail};
    if (strcmp(lie, "pages") == 0) first[2] = 1;
    wire_put_outcome(&body, &o, pages, strcmp(lie, "count") == 0 ? 3 : 4);
    if (strcmp(lie, "noise") == 0)
        (void)!write(3, "nonsense, nonsense, nonsense", 28);
    else
        frame_send(3, strcmp(lie, "kind") == 0 ? FRAME_HELLO : FRAME_DONE, buf_str(&body), -1, NULL);
    buf_finish(&body);
    pause();
    return 0;
}

struct trial {
    struct arena *a;
    struct press *p;
    struct creative c;
    struct press_job job;
    struct press_outcome o;
    struct fault f;
    bool is_done;
};

static void trial_open(struct trial *t, const char *failpoint, bool is_html, int n)
{
    *t = (struct trial){.a = arena_create(1 << 16)};
    if (failpoint) setenv("PENNYPOST_FAILPOINT", failpoint, 1);
    t->p = press_create(1, NULL);
    if (is_html)
        case_creative(&t->c);
    else
        case_pictures(&t->c);
    t->job = (struct press_job){.creative = &t->c, .pieces = case_pieces(t->a, n), .n_pieces = n};
}

static void trial_run(struct trial *t)
{
    t->job.out_fd = memfd_create("pieces", 0);
    t->is_done = press_run(t->p, &t->job, t->a, &t->o, &t->f);
    close(t->job.out_fd);
}

static void trial_close(struct trial *t)
{
    unsetenv("PENNYPOST_FAILPOINT");
    press_destroy(&t->p);
    arena_destroy(&t->a);
}

static const struct {
    const char *failpoint, *says;
} broken[] = {
    {"press.worker.job", "ended in the middle of its job"}, {"press.worker.chunk", "ended in the middle of its job"},
    {"lie:bytes", "account of its work is wrong"},          {"lie:pages", "account of its work is wrong"},
    {"lie:count", "account of its work is wrong"},          {"lie:kind", "says what nobody asked"},
    {"lie:noise", "ended in the middle of its job"},
};

static void test_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct trial t;
        trial_open(&t, broken[i].failpoint, false, 4);
        trial_run(&t);
        if (t.is_done || !strstr(t.f.text, broken[i].says))
            fail_msg("%s: done %d, %s", broken[i].failpoint, t.is_done, t.f.text);
        assert_int_equal(t.f.whose, FAULT_OURS);
        unsetenv("PENNYPOST_FAILPOINT");
        trial_run(&t); /* the next job works */
        if (!t.is_done) fail_msg("after %s: %s", broken[i].failpoint, t.f.text);
        assert_int_equal(t.o.n_printed, 4);
        trial_close(&t);
    }
}

static bool stop_now(void *ctx) { return (void)ctx, true; }

static void test_stop(void **state)
{
    (void)state;
    struct trial t;
    trial_open(&t, NULL, true, 100);
    t.job.stop = stop_now;
    trial_run(&t);
    assert_false(t.is_done);
    assert_string_equal(t.f.text, "the job was stopped");
    t.job.stop = NULL;
    trial_run(&t);
    if (!t.is_done) fail_msg("%s", t.f.text);
    trial_close(&t);
}

/* Process whose parent is `of` (0: ours) and whose command line holds `word`; 0 when there is none. */
static pid_t child_find(pid_t of, const char *word)
{
    DIR *d = opendir("/proc");
    struct dirent *e;
    pid_t found = 0;
    while (!found && (e = readdir(d))) {
        pid_t pid = (pid_t)atoi(e->d_name);
        char path[300], text[4096] = "";
        int parent = 0;
        if (pid <= 0) continue;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        FILE *in = fopen(path, "r");
        if (!in || fscanf(in, "%*d (%*[^)]) %*c %d", &parent) != 1) parent = 0;
        if (in) fclose(in);
        snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
        if (parent != of || !(in = fopen(path, "r"))) continue;
        size_t n = fread(text, 1, sizeof text - 1, in);
        fclose(in);
        if (memmem(text, n, word, strlen(word))) found = pid;
    }
    closedir(d);
    return found;
}

static void *run_thread(void *t) { return trial_run(t), NULL; }

/* Runs a job of HTML and kills the child of ours that is named so, `after_ms` after it came up. */
static void run_and_kill(struct trial *t, const char *word, int after_ms)
{
    pthread_t thread;
    pthread_create(&thread, NULL, run_thread, t);
    pid_t victim = 0;
    for (int i = 0; i < 2000 && !victim; i++) {
        victim = child_find(getpid(), word);
        if (!victim) usleep(5000);
    }
    assert_true(victim > 0);
    usleep((useconds_t)after_ms * 1000);
    kill(victim, SIGKILL);
    pthread_join(thread, NULL);
}

static void test_kill(void **state)
{
    enum { MANY = 10 };
    (void)state;
    static const struct {
        const char *word;
        int after_ms;
    } cases[] = {{"press-worker", 100}, {"press-worker", 600}, {"chrom", 0}, {"chrom", 500}, {"chrom", 900}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trial t;
        trial_open(&t, NULL, true, MANY);
        t.job.one_a_document = true; /* long enough to be in the middle of it */
        run_and_kill(&t, cases[i].word, cases[i].after_ms);
        if (t.is_done)
            assert_int_equal(t.o.n_printed, MANY);
        else
            assert_true(t.f.text[0]);
        print_message("%s after %d ms: %s\n", cases[i].word, cases[i].after_ms, t.is_done ? "all printed" : t.f.text);
        t.job.one_a_document = false, t.f = (struct fault){0};
        trial_run(&t);
        if (!t.is_done) fail_msg("next job: %s", t.f.text);
        assert_int_equal(t.o.n_printed, MANY);
        trial_close(&t);
    }
}

/* ---- a Chromium kept from job to job ---- */

static pid_t warm_pid(void) { return child_find(getpid(), "chrom"); }

static void warm_run(struct trial *t, int64_t owner, int want_starts)
{
    t->c.owner = owner;
    t->f = (struct fault){0};
    trial_run(t);
    if (!t->is_done) fail_msg("%s", t->f.text);
    assert_int_equal(t->o.n_printed, t->job.n_pieces);
    assert_int_equal(t->o.chromium_starts, want_starts);
}

static void test_warm(void **state)
{
    (void)state;
    struct trial t;
    trial_open(&t, NULL, true, 4);
    warm_run(&t, 7, 1);
    pid_t first = warm_pid();
    assert_true(first > 0);
    warm_run(&t, 7, 0); /* the same owner: the same browser */
    assert_int_equal(warm_pid(), first);
    warm_run(&t, 8, 1); /* another one's */
    assert_int_equal(kill(first, 0), -1);
    kill(warm_pid(), SIGKILL);
    warm_run(&t, 8, 1); /* it had been killed meanwhile */
    kill(child_find(getpid(), "press-worker"), SIGKILL);
    trial_run(&t);
    assert_false(t.is_done);
    warm_run(&t, 8, 1);
    warm_run(&t, 0, 1); /* no one's is not kept */
    assert_int_equal(warm_pid(), 0);
    warm_run(&t, 0, 1);
    trial_close(&t);
}

/* A picture of the job before is not found any more, not even by the same owner. */
static void test_warm_forgets(void **state)
{
    (void)state;
    struct trial t;
    struct creative pictures;
    trial_open(&t, NULL, true, 2);
    case_pictures(&pictures);
    struct chromium_asset photo = {STR("asset:photo.png"), STR("image/png"), pictures.image[0]};
    t.c.html[0] = STR("<p style='break-after:page'>1<img src='asset:photo.png'><p>2");
    t.c.assets = &photo, t.c.n_assets = 1;
    warm_run(&t, 7, 1);
    pid_t first = warm_pid();
    t.c.n_assets = 0;
    trial_run(&t);
    assert_true(t.is_done);
    assert_int_equal(t.o.chromium_starts, 0);
    assert_int_equal(warm_pid(), first);
    assert_int_equal(t.o.refusal[0], PRESS_MISSING_ASSET);
    assert_int_equal(t.o.refusal[1], PRESS_MISSING_ASSET);
    trial_close(&t);
}

/* Hangs and memory: what stops one job's Chromium is not there in the next one. */
static void test_warm_after_fault(void **state)
{
    (void)state;
    struct trial t;
    trial_open(&t, NULL, true, 4);
    struct str good = t.c.html[0];
    warm_run(&t, 7, 1);
    t.c.html[0] = STR("<p>{{first_name</p>");
    trial_run(&t);
    assert_false(t.is_done);
    t.c.html[0] = good, t.job.stop = stop_now;
    trial_run(&t);
    assert_false(t.is_done);
    t.job.stop = NULL;
    warm_run(&t, 7, 1);
    trial_close(&t);
}

static void test_warm_limits(void **state)
{
    (void)state;
    static const struct {
        const char *limit;
        int value, starts, again;
        bool is_kept;
    } rows[] = {{"press.chromium_documents", 2, 2, 1, true},
                {"press.chromium_keep", 1, 1, 1, false},
                {"press.chromium_idle", 1, 1, 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trial t;
        struct str name = str_of(rows[i].limit);
        int64_t before = 0;
        for (int k = 0; k < LIMIT_COUNT; k++)
            if (str_eq(name, str_of(limit_def((enum limit)k)->name))) before = limit_get((enum limit)k);
        assert_true(limit_set(name, rows[i].value, NULL));
        trial_open(&t, NULL, true, 3);
        t.job.one_a_document = true;
        warm_run(&t, 7, rows[i].starts); /* 3 documents */
        for (int k = 0; k < 500 && !rows[i].is_kept && warm_pid(); k++) usleep(10000);
        assert_int_equal(warm_pid() != 0, rows[i].is_kept);
        warm_run(&t, 7, rows[i].again);
        assert_true(limit_set(name, before, NULL));
        trial_close(&t);
    }
}

int main(int argc, char **argv)
{
    int code;
    const char *failpoint = getenv("PENNYPOST_FAILPOINT");
    if (argc == 2 && failpoint && strncmp(failpoint, "lie:", 4) == 0) return lying_worker(failpoint + 4);
    if (press_worker_main(argc, argv, &code)) return code;
    signal(SIGPIPE, SIG_IGN);
    if (!case_has_cage()) return 77;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_broken),
                                       cmocka_unit_test(test_stop),
                                       cmocka_unit_test(test_warm),
                                       cmocka_unit_test(test_warm_forgets),
                                       cmocka_unit_test(test_warm_after_fault),
                                       cmocka_unit_test(test_warm_limits),
                                       cmocka_unit_test(test_kill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
