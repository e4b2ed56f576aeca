/* test_files.c: reading a file whole within bounds, writing all, making and removing folders. */
#include "test.h"
#include "folder.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(struct folder *d, const char *name, size_t n)
{
    struct buf b = BUF_INIT;
    if (n) memset(buf_reserve(&b, n), 'x', n);
    b.len = n;
    struct fault f = {0};
    if (!durable_write(folder_file(d, name), buf_str(&b), 0600, &f)) fail_msg("%s", f.text);
    buf_finish(&b);
}

/* The caller's most, the buffer's most, and what lies in the buffer already. */
static void test_read(void **state)
{
    struct folder *d = *state;
    static const struct {
        size_t size, most, buf_most;
        bool good;
    } cases[] = {
        {0, 0, 0, true},
        {1, 0, 0, false},
        {10, 10, 0, true},
        {11, 10, 0, false},
        {10, 100, 14, true}, /* four bytes lie there already */
        {11, 100, 14, false},
        {10, 10, 65000, true},
        {65535, 65535, 0, true},
        {65536, 65536, 65540, true},
        {65537, 65536, 0, false},
        {200000, 200000, 200004, true},
        {200000, 199999, 0, false},
        {200000, 300000, 200003, false},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct fault f = {0};
        struct buf b;
        buf_init(&b, cases[i].buf_most);
        buf_addz(&b, "here");
        write_file(d, "read", cases[i].size);
        if (file_read(folder_file(d, "read"), cases[i].most, &b, &f) != cases[i].good) fail_msg("row %zu: %s", i, f.text);
        assert_int_equal(b.len, 4 + (cases[i].good ? cases[i].size : 0)); /* refused: as it was */
        assert_int_equal(b.data[b.len], 0);
        if (!cases[i].good) assert_non_null(strstr(f.text, "/read is larger than "));
        buf_finish(&b);
    }
}

static void test_read_faults(void **state)
{
    struct folder *d = *state;
    struct buf b = BUF_INIT;
    struct fault f = {0};
    assert_false(file_read(folder_file(d, "none"), 10, &b, &f));
    assert_int_equal(f.whose, FAULT_OPERATOR);
    assert_non_null(strstr(f.text, "/none cannot be opened: No such file or directory"));
    assert_false(file_read(d->path, 10, &b, &f));
    assert_non_null(strstr(f.text, "cannot be read: Is a directory"));
    assert_int_equal(b.len, 0);
    buf_finish(&b);
}

static void test_write_all(void **state)
{
    struct folder *d = *state;
    struct fault f = {0};
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd_write_all(full, STR(""), &f));
    assert_false(fd_write_all(full, STR("a"), &f));
    assert_string_equal(f.text, "writing failed: No space left on device");
    close(full);
    int fd = open(folder_file(d, "written"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd_write_all(fd, STR("one "), &f) && fd_write_all(fd, STR("two"), &f));
    close(fd);
    assert_string_equal(folder_read(d, "written"), "one two");
}

static void test_folders(void **state)
{
    struct folder *d = *state;
    struct fault f = {0};
    struct stat st;
    assert_true(make_dirs(folder_file(d, "a/b//c/"), 0750, &f));
    assert_true(make_dirs(folder_file(d, "a/b/c"), 0750, &f)); /* there already */
    assert_int_equal(stat(folder_file(d, "a/b/c"), &st), 0);
    assert_true(S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0750);
    write_file(d, "file", 1);
    assert_false(make_dirs(folder_file(d, "file"), 0750, &f));
    assert_non_null(strstr(f.text, "/file is not a folder"));
    assert_false(make_dirs(folder_file(d, "file/below"), 0750, &f));
    char longest[1200];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(make_dirs(longest, 0750, &f));
    assert_non_null(strstr(f.text, "is too long"));
    assert_true(disk_free_mb(d->path) >= 0);
    assert_int_equal(disk_free_mb(folder_file(d, "none")), -1);
}

/* A link inside is removed, not followed. */
static void test_remove(void **state)
{
    struct folder *d = *state;
    struct fault f = {0};
    assert_true(make_dirs(folder_file(d, "tree/deep/er"), 0750, &f) && make_dirs(folder_file(d, "beside"), 0750, &f));
    write_file(d, "tree/deep/file", 3);
    write_file(d, "beside/kept", 3);
    assert_int_equal(symlink(folder_file(d, "beside"), folder_file(d, "tree/link")), 0);
    assert_true(remove_tree(folder_file(d, "tree"), &f));
    assert_int_equal(access(folder_file(d, "tree"), F_OK), -1);
    assert_string_equal(folder_read(d, "beside/kept"), "xxx");
    assert_true(remove_tree(folder_file(d, "tree"), &f)); /* not there: no error */
    assert_true(remove_tree(folder_file(d, "beside/kept"), &f));
    assert_null(folder_read(d, "beside/kept"));
    assert_false(remove_tree("/proc/self/status", &f));
    assert_non_null(strstr(f.text, "/proc/self/status cannot be removed: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read), cmocka_unit_test(test_read_faults),
                                       cmocka_unit_test(test_write_all), cmocka_unit_test(test_folders),
                                       cmocka_unit_test(test_remove)};
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
