/* test_package.c: a package is whole or not there, whatever line the process dies at; what was refused is listed; the same
 * input gives the same bytes; a finished package is not printed twice. */
#include "base/durable.h"
#include "press_case.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char root[] = "/tmp/pennypost-package-XXXXXX";

static bool is_there(const char *dir, const char *name)
{
    char path[300];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s/%s", root, dir, name);
    return stat(path, &st) == 0;
}

/* n pieces, of which number 3 has an address line that is too wide. */
static bool write_some(const char *name, int n, bool replaces, struct package_result *r, struct arena *a, struct fault *f)
{
    struct creative c;
    char dir[300];
    snprintf(dir, sizeof dir, "%s/%s", root, name);
    struct press *p = press_create(1, f);
    case_pictures(&c);
    struct press_job job = {
        .creative = &c, .pieces = case_pieces(a, 5), .n_pieces = n, .return_lines = case_return, .n_return = 3};
    ((struct str *)job.pieces[3].lines)[1] =
        STR("A LINE THAT IS MUCH TOO WIDE FOR ANY ADDRESS BLOCK OF ANY POSTCARD THAT COULD BE SENT BY MAIL TODAY OR TOMORROW");
    struct package_spec s = {.dir = dir,
                             .replaces = replaces,
                             .batch_id = 7,
                             .drop_id = 3,
                             .campaign_id = 4,
                             .drop_name = STR("d"),
                             .template_name = STR("t"),
                             .mail_class = STR("first_class"),
                             .pieces = case_package(a, 5)};
    bool is_done = package_write(p, &job, &s, a, r, f);
    press_destroy(&p);
    return is_done;
}

static bool write_one(const char *name, struct package_result *r, struct arena *a, struct fault *f)
{
    return write_some(name, 5, false, r, a, f);
}

static void read_file(const char *dir, const char *name, struct buf *out)
{
    char path[300];
    struct fault f = {0};
    snprintf(path, sizeof path, "%s/%s/%s", root, dir, name);
    if (!file_read(path, 1 << 24, out, &f)) fail_msg("%s", f.text);
}

static void test_contents(void **state)
{
    (void)state;
    struct arena *a = arena_create(1 << 16);
    struct package_result r, again, read_back;
    struct fault f = {0};
    if (!write_one("one", &r, a, &f) || !write_one("two", &again, a, &f)) fail_msg("%s", f.text);
    assert_int_equal(r.outcome.n_printed, 4);
    static const char *const names[] = {"pieces.pdf", "manifest.csv", "refused.csv", "ticket.json", "SHA256SUMS"};
    for (size_t i = 0; i < 5; i++) {
        struct buf x = BUF_INIT, y = BUF_INIT;
        read_file("one", names[i], &x);
        read_file("two", names[i], &y);
        if (!str_eq(buf_str(&x), buf_str(&y))) fail_msg("%s differs from run to run", names[i]);
        if (i == 1)
            assert_non_null(
                strstr(x.data, "4,104,3,4,7,2,6x9,first_class,GIVEN4 FAMILY4,12 MAIN ST,CHICAGO IL  60601,,CHICAGO,IL,60601,"));
        if (i == 2) assert_non_null(strstr(x.data, "103,\"line 5, Given3\",4,address cannot be printed,"));
        buf_finish(&x), buf_finish(&y);
    }
    char sums[300];
    snprintf(sums, sizeof sums, "cd %s/one && sha256sum --quiet -c SHA256SUMS", root);
    assert_int_equal(system(sums), 0);
    if (!write_one("one", &read_back, a, &f)) fail_msg("%s", f.text); /* it is there: read, not printed */
    assert_int_equal(read_back.outcome.n_printed, 4);
    assert_int_equal(read_back.outcome.refusal[3], PRESS_BAD_ADDRESS);
    assert_int_equal(read_back.outcome.first_page[4], 7);
    assert_memory_equal(read_back.pdf_digest, r.pdf_digest, sizeof r.pdf_digest);
    arena_destroy(&a);
}

static const char *const points[] = {"package.pdf.after", "package.manifest.after", "durable.dir_rename.before",
                                     "durable.dir_rename.after", "press.worker.job"};

static void test_killed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        char name[20];
        int status;
        snprintf(name, sizeof name, "k%zu", i);
        pid_t pid = fork();
        if (pid == 0) {
            setenv("PENNYPOST_FAILPOINT", points[i], 1);
            execl("/proc/self/exe", "test_package", "write", root, name, NULL);
            _exit(9);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        if (!was_killed && strcmp(points[i], "press.worker.job") != 0)
            fail_msg("%s was not reached: %x", points[i], (unsigned)status);
        bool is_visible = is_there(name, "."), is_whole = is_there(name, "SHA256SUMS") && is_there(name, "pieces.pdf");
        if (is_visible != is_whole) fail_msg("%s: half a package is visible", points[i]);
        struct arena *a = arena_create(1 << 16);
        struct package_result r;
        struct fault f = {0};
        if (!write_one(name, &r, a, &f)) fail_msg("after %s: %s", points[i], f.text);
        assert_int_equal(r.outcome.n_printed, 4);
        assert_int_equal(r.outcome.n_refused, 1);
        arena_destroy(&a);
    }
}

static void test_other_folder(void **state)
{
    (void)state;
    struct arena *a = arena_create(1 << 16);
    struct package_result r;
    struct fault f = {0};
    char dir[300];
    snprintf(dir, sizeof dir, "%s/other", root);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_false(write_one("other", &r, a, &f));
    assert_int_equal(f.status, 409);
    arena_destroy(&a);
}

/* An older try printed one piece more, who was refused since: read back by nobody, written anew for who may replace it. */
static void test_replaced(void **state)
{
    (void)state;
    struct arena *a = arena_create(1 << 16);
    struct package_result r = {0};
    struct fault f = {0};
    if (!write_one("older", &r, a, &f)) fail_msg("%s", f.text);
    assert_false(write_some("older", 4, false, &r, a, &f));
    if (!write_some("older", 4, true, &r, a, &f)) fail_msg("%s", f.text);
    assert_int_equal(r.outcome.n_printed, 3);
    assert_int_equal(r.outcome.n_refused, 1);
    struct buf manifest = BUF_INIT;
    read_file("older", "manifest.csv", &manifest);
    assert_null(strstr(manifest.data, ",104,"));
    buf_finish(&manifest);
    assert_true(is_there("older", "SHA256SUMS"));
    assert_false(is_there("older.tmp", "."));
    arena_destroy(&a);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    signal(SIGPIPE, SIG_IGN);
    if (argc == 4) {
        struct package_result r;
        struct fault f = {0};
        snprintf(root, sizeof root, "%s", argv[2]);
        struct arena *a = arena_create(1 << 16);
        bool is_done = write_one(argv[3], &r, a, &f);
        arena_destroy(&a);
        return is_done ? 0 : 1;
    }
    if (!mkdtemp(root)) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_contents), cmocka_unit_test(test_killed),
                                       cmocka_unit_test(test_replaced), cmocka_unit_test(test_other_folder)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_tree(root, NULL);
    return failed;
}
