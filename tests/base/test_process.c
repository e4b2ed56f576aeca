/* test_process.c: real child processes. */
#include "test.h"
#include "base/clock.h"
#include "base/process.h"
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_run(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    struct fault f = {0};
    assert_true(process_run((const char *const[]){"tr", "a-z", "A-Z", NULL}, STR("hello"), &out, 5000, &f));
    assert_str(buf_str(&out), "HELLO");
    assert_false(process_run((const char *const[]){"sh", "-c", "echo bad >&2; exit 3", NULL}, STR(""), &out, 5000, &f));
    assert_string_equal(f.text, "sh ended with status 3: bad");
    assert_false(process_run((const char *const[]){"no-such-program", NULL}, STR(""), &out, 5000, &f));
    assert_string_equal(f.text, "the program no-such-program is not there, or may not be run");
    int64_t from = clock_mono_ms();
    assert_false(process_run((const char *const[]){"sh", "-c", "sleep 30 & sleep 30", NULL}, STR(""), &out, 200, &f));
    assert_string_equal(f.text, "sh took too long and was stopped");
    assert_in_range(clock_mono_ms() - from, 200, 3000);
    buf_finish(&out);
}

static void test_fds_and_kill(void **state)
{
    (void)state;
    int p[2], status;
    char got[200] = "";
    struct process child;
    struct fault f = {0};
    assert_int_equal(pipe(p), 0);
    struct process_spec spec = {.argv = (const char *const[]){"sh", "-c", "ls /proc/self/fd | tr '\\n' ' '; pwd", NULL},
                                .cwd = "/",
                                .fds = (int[]){-1, p[1]},
                                .n_fds = 2};
    assert_true(process_start(&child, &spec, &f));
    close(p[1]);
    assert_true(process_wait(&child, 5000, &status));
    assert_int_equal(status, 0);
    assert_true(read(p[0], got, sizeof got - 1) > 0);
    assert_string_equal(got, "0 1 2 3 /\n"); /* 3 is the folder that ls reads */
    close(p[0]);
    spec = (struct process_spec){.argv = (const char *const[]){"sleep", "30", NULL}};
    assert_true(process_start(&child, &spec, &f));
    assert_false(process_wait(&child, 50, &status));
    assert_true(process_group_pss_mb(child.pid) >= 0);
    process_kill(&child);
    process_kill(&child);
    assert_int_equal(child.pid, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    spec.cwd = "/no/such/folder";
    assert_false(process_start(&child, &spec, &f));
    assert_string_equal(f.text, "sleep cannot enter its folder: No such file or directory");
}

static void test_pass_fd(void **state)
{
    (void)state;
    int pair[2], p[2], got;
    char data[8];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pipe(p), 0);
    assert_true(fd_send(pair[0], "hi", 2, p[1], NULL));
    assert_int_equal(fd_recv(pair[1], data, sizeof data, &got), 2);
    assert_true(got >= 0);
    assert_int_equal(write(got, "x", 1), 1);
    assert_int_equal(read(p[0], data, 1), 1);
    close(pair[0]), close(pair[1]), close(p[0]), close(p[1]), close(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_run), cmocka_unit_test(test_fds_and_kill),
                                       cmocka_unit_test(test_pass_fd)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
