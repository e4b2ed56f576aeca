/* test_durable.c: what is visible under the final name after each step has failed, or has been the last before kill -9; and the
 * order of the steps. The linker gives durable.c this file's fsync and rename, which note each call and can fail it. */
#include "test.h"
#include "child.h"
#include "folder.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

/* ---- the system calls ---- */
static char steps[400];        /* what was called: "fsync file, rename, fsync folder" */
static const char *step_fails; /* the step of that name fails with EIO */

int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

static bool step(const char *name)
{
    size_t n = strlen(steps);
    snprintf(steps + n, sizeof steps - n, "%s%s", n ? ", " : "", name);
    if (!step_fails || strcmp(step_fails, name) != 0) return true;
    errno = EIO;
    return false;
}

int __wrap_fsync(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && step(S_ISDIR(st.st_mode) ? "fsync folder" : "fsync file") ? __real_fsync(fd) : -1;
}

int __wrap_rename(const char *from, const char *to) { return step("rename") ? __real_rename(from, to) : -1; }

/* Not by durable_write: that would meet a failpoint in this process. */
static void put(struct folder *d, const char *name, const char *text)
{
    FILE *file = fopen(folder_file(d, name), "w");
    assert_true(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* ---- one file ---- */
static void test_order(void **state)
{
    struct folder *d = *state;
    struct fault f = {0};
    struct stat st;
    *steps = '\0', step_fails = NULL;
    if (!durable_write(folder_file(d, "order"), STR("new"), 0604, &f)) fail_msg("%s", f.text);
    assert_string_equal(steps, "fsync file, rename, fsync folder");
    assert_string_equal(folder_read(d, "order"), "new");
    assert_int_equal(stat(folder_file(d, "order"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
    assert_int_equal(remove_tree(folder_file(d, "order"), NULL), true);
    assert_int_equal(folder_count(d), 0); /* nothing stays beside it */
}

/* Each step fails once, where nothing stood before and where an old file stood; a crash has left its rubbish in both cases. */
static void test_steps(void **state)
{
    struct folder *d = *state;
    static const struct {
        const char *step;
        bool is_new; /* what is seen under the final name, though the answer is no */
        const char *why;
    } cases[] = {{"fsync file", false, "/file.tmp cannot be made durable: Input/output error"},
                 {"rename", false, "/file: Input/output error"},
                 {"fsync folder", true, " cannot be made durable: Input/output error"}};
    for (size_t i = 0; i < 2 * ROWS(cases); i++) {
        struct fault f = {0};
        const char *old = i % 2 ? "old" : NULL, *path = folder_file(d, "file");
        step_fails = NULL;
        if (old) assert_true(durable_write(path, str_of(old), 0640, &f));
        put(d, "file.tmp", "rubbish that is longer");
        step_fails = cases[i / 2].step;
        assert_false(durable_write(path, STR("new"), 0640, &f));
        step_fails = NULL;
        assert_int_equal(f.whose, FAULT_OPERATOR);
        if (!strstr(f.text, cases[i / 2].why)) fail_msg("%s", f.text);
        const char *seen = folder_read(d, "file"), *want = cases[i / 2].is_new ? "new" : old;
        if (!want != !seen || (want && strcmp(want, seen) != 0))
            fail_msg("%s: seen %s", cases[i / 2].step, seen ? seen : "nothing");
        assert_null(folder_read(d, "file.tmp"));
        assert_true(remove_tree(path, NULL));
    }
}

/* A disk that fills up after ten bytes. */
static int write_beyond(const void *path)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){10, 10});
    struct fault f = {0};
    bool is_written = durable_write(path, STR("more than ten bytes"), 0640, &f);
    return is_written ? 1 : strstr(f.text, "writing failed: File too large") ? 7 : 2;
}

static void test_full(void **state)
{
    struct folder *d = *state;
    const char *path = folder_file(d, "full");
    assert_true(durable_write(path, STR("old"), 0640, NULL));
    assert_int_equal(child_exit(child_run(write_beyond, path)), 7);
    assert_string_equal(folder_read(d, "full"), "old");
    assert_null(folder_read(d, "full.tmp"));
    assert_true(remove_tree(path, NULL));
}

static void test_handle(void **state)
{
    struct folder *d = *state;
    struct durable h;
    struct fault f = {0};
    assert_true(durable_open(&h, folder_file(d, "handle"), &f));
    assert_true(fd_write_all(h.fd, STR("half"), &f));
    assert_null(folder_read(d, "handle")); /* nothing under its name before the commit */
    durable_abandon(&h);
    durable_abandon(&h);
    assert_int_equal(folder_count(d), 0);
    assert_true(durable_open(&h, folder_file(d, "handle"), &f) && durable_commit(&h, &f));
    durable_abandon(&h); /* safe after commit: what is committed stays */
    assert_string_equal(folder_read(d, "handle"), "");
    assert_true(remove_tree(folder_file(d, "handle"), NULL));
    assert_false(durable_open(&h, folder_file(d, "none/handle"), &f));
    assert_non_null(strstr(f.text, "/none/handle.tmp cannot be created: No such file or directory"));
    durable_abandon(&h);
    char longest[2000] = "";
    memset(longest, 'a', 1100);
    assert_false(durable_open(&h, longest, &f));
    durable_abandon(&h);
    assert_non_null(strstr(f.text, "is too long"));
}

/* ---- a folder of files ---- */
static void fill(struct folder *d)
{
    *steps = '\0', step_fails = NULL;
    assert_true(make_dirs(folder_file(d, "pack.tmp/in"), 0750, NULL));
    put(d, "pack.tmp/one", "1");
    put(d, "pack.tmp/in/two", "2");
}

static void test_folder(void **state)
{
    struct folder *d = *state;
    struct fault f = {0};
    fill(d);
    if (!durable_rename_dir(folder_file(d, "pack.tmp"), folder_file(d, "pack"), &f)) fail_msg("%s", f.text);
    /* Two files, their two folders, in the order the disk lists them; then the rename; then the folder around it. */
    size_t n = strlen(steps);
    assert_int_equal(n, strlen("fsync file, fsync file, fsync folder, fsync folder, rename, fsync folder"));
    assert_string_equal(steps + n - strlen("fsync folder, rename, fsync folder"), "fsync folder, rename, fsync folder");
    assert_string_equal(folder_read(d, "pack/in/two"), "2");
    assert_int_equal(folder_count(d), 1);
    fill(d); /* a folder that is not empty is not overwritten */
    assert_false(durable_rename_dir(folder_file(d, "pack.tmp"), folder_file(d, "pack"), &f));
    assert_true(remove_tree(folder_file(d, "pack"), NULL));
    static const char *const fails[] = {"fsync file", "fsync folder", "rename"};
    for (size_t i = 0; i < ROWS(fails); i++) {
        step_fails = fails[i];
        assert_false(durable_rename_dir(folder_file(d, "pack.tmp"), folder_file(d, "pack"), &f));
        assert_int_equal(access(folder_file(d, "pack"), F_OK), -1);
    }
    step_fails = NULL;
    assert_true(remove_tree(folder_file(d, "pack.tmp"), NULL));
    char longest[1100];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0'; /* cut, its parent would be another folder */
    assert_false(durable_rename_dir(d->path, longest, &f));
    assert_non_null(strstr(f.text, "is too long"));
}

/* ---- the failpoints ---- */
#ifdef PENNYPOST_FAILPOINTS
struct crash {
    const char *point;
    bool is_new, leaves_tmp; /* after kill -9 */
};
static const char *crash_path, *crash_how;

static int write_file(const void *arg)
{
    const struct crash *c = arg;
    char spec[100];
    snprintf(spec, sizeof spec, "%s:%s", c->point, crash_how);
    setenv("PENNYPOST_FAILPOINT", spec, 1);
    return durable_write(crash_path, STR("new"), 0640, NULL) ? 1 : 3;
}

static int rename_folder(const void *arg)
{
    const struct crash *c = arg;
    char spec[100], tmp[1100];
    snprintf(spec, sizeof spec, "%s:%s", c->point, crash_how);
    snprintf(tmp, sizeof tmp, "%s.tmp", crash_path);
    setenv("PENNYPOST_FAILPOINT", spec, 1);
    return durable_rename_dir(tmp, crash_path, NULL) ? 1 : 3;
}

static void assert_after(struct folder *d, const struct crash *c, bool kills, int status, const char *name, const char *old)
{
    if (kills ? !child_died(status, SIGKILL) : child_exit(status) != 3) fail_msg("%s:%s was not hit", c->point, crash_how);
    const char *seen = folder_read(d, name), *want = c->is_new ? "new" : old;
    if (!want != !seen || (want && strcmp(want, seen) != 0))
        fail_msg("%s:%s: seen %s", c->point, crash_how, seen ? seen : "nothing");
}

static void test_file_crashes(void **state)
{
    struct folder *d = *state;
    static const struct crash cases[] = {
        {"durable.write.before", false, true},  {"durable.fsync.before", false, true}, {"durable.fsync.after", false, true},
        {"durable.rename.before", false, true}, {"durable.rename.after", true, false}, {"durable.dirsync.after", true, false},
    };
    for (size_t i = 0; i < 2 * ROWS(cases); i++) {
        bool kills = i % 2;
        crash_how = kills ? "kill" : "fail", crash_path = folder_file(d, "crash");
        put(d, "crash", "old");
        int status = child_run(write_file, &cases[i / 2]);
        assert_after(d, &cases[i / 2], kills, status, "crash", "old");
        bool has_tmp = folder_read(d, "crash.tmp") != NULL;
        assert_int_equal(has_tmp, kills && cases[i / 2].leaves_tmp);
        assert_true(remove_tree(crash_path, NULL) && remove_tree(folder_file(d, "crash.tmp"), NULL));
    }
}

static void test_folder_crashes(void **state)
{
    struct folder *d = *state;
    static const struct crash cases[] = {
        {"durable.dir_fsync.before", false, true},  {"durable.dir_fsync.after", false, true},
        {"durable.dir_rename.before", false, true}, {"durable.dir_rename.after", true, false},
        {"durable.dir_dirsync.after", true, false},
    };
    for (size_t i = 0; i < 2 * ROWS(cases); i++) {
        bool kills = i % 2;
        crash_how = kills ? "kill" : "fail", crash_path = folder_file(d, "pack");
        assert_true(make_dirs(folder_file(d, "pack.tmp"), 0750, NULL));
        put(d, "pack.tmp/one", "new");
        int status = child_run(rename_folder, &cases[i / 2]);
        assert_after(d, &cases[i / 2], kills, status, "pack/one", NULL);
        assert_int_equal(folder_count(d), 1); /* whole under the one name or under the other */
        assert_true(remove_tree(crash_path, NULL) && remove_tree(folder_file(d, "pack.tmp"), NULL));
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef PENNYPOST_FAILPOINTS /* first: a process that has met a failpoint has read the environment */
        cmocka_unit_test(test_file_crashes), cmocka_unit_test(test_folder_crashes),
#endif
        cmocka_unit_test(test_order),        cmocka_unit_test(test_steps),          cmocka_unit_test(test_full),
        cmocka_unit_test(test_handle),       cmocka_unit_test(test_folder),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
