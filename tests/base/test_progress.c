/* test_progress.c: what a person sees of long work: lines in a file, a bar that redraws itself on a terminal, nothing when quiet.
 * The clock is the test's: the linker gives progress.c __wrap_clock_mono_ms. */
#include "test.h"
#include "caught.h"
#include "base/progress.h"
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int64_t now_ms;
int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void) { return now_ms; }

static struct caught caught;

static void test_lines(void **state)
{
    (void)state;
    now_ms = 1000000;
    caught_begin(&caught);
    struct progress *p = progress_create("contacts", "rows", 1000, false);
    progress_set(p, 1, 0); /* too early for a line */
    now_ms += 2999;
    progress_set(p, 2, 0);
    now_ms += 1;
    progress_set(p, 300, 0);
    progress_set(p, 301, 0); /* too early again */
    now_ms += 3000;
    progress_set(p, 600, 7);
    now_ms += 4000;
    progress_set(p, 1200, 7); /* more than was thought: no time left is told */
    progress_end(&p);
    caught_end(&caught);
    assert_null(p);
    progress_end(&p);
    assert_string_equal(caught.text, "contacts 300 of 1000 rows, 100/s, 7 s left\n"
                                     "contacts 600 of 1000 rows, 100/s, 7 refused, 4 s left\n"
                                     "contacts 1200 of 1000 rows, 120/s, 7 refused\n"
                                     "contacts 1200 rows in 10 s, 120/s, 7 refused\n");
}

static void test_no_total(void **state)
{
    (void)state;
    caught_begin(&caught);
    struct progress *p = progress_create("reading", "rows", 0, false);
    now_ms += 5000;
    progress_set(p, 10, 0);
    progress_end(&p);
    p = progress_create("nothing", "rows", 0, false); /* ends in the millisecond of its beginning */
    progress_end(&p);
    caught_end(&caught);
    assert_string_equal(caught.text, "reading 10 rows, 2/s\nreading 10 rows in 5 s, 2/s\nnothing 0 rows in 0 s, 0/s\n");
}

static void test_quiet(void **state)
{
    (void)state;
    caught_begin(&caught);
    struct progress *p = progress_create("contacts", "rows", 10, true);
    now_ms += 60000;
    progress_set(p, 5, 1);
    progress_end(&p);
    caught_end(&caught);
    assert_string_equal(caught.text, "");
}

/* The other end of a terminal that changes nothing of what is written to it. */
static int terminal_open(int *other)
{
    struct termios raw;
    *other = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    assert_true(*other >= 0 && grantpt(*other) == 0 && unlockpt(*other) == 0);
    int fd = open(ptsname(*other), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(fd >= 0 && tcgetattr(fd, &raw) == 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(fd, TCSANOW, &raw), 0);
    return fd;
}

/* The kernel carries it over in pieces of its own: until so much is there, at most 5 s. */
static void terminal_read(int other, char *seen, size_t wanted, size_t size)
{
    size_t n = 0;
    for (int i = 0; i < 500 && n < wanted; i++) {
        ssize_t more = read(other, seen + n, size - 1 - n);
        if (more > 0)
            n += (size_t)more;
        else
            usleep(10000);
    }
    seen[n] = '\0';
}

static void test_terminal(void **state)
{
    (void)state;
    static const char want[] = "\rprint ||||||||||.................... 20 of 60 pieces, 20/s, 2 s left\033[K"
                               "\rprint |||||||||||||||||||||||||||||| 70 of 60 pieces, 35/s\033[K"
                               "\rprint 70 pieces in 2 s, 35/s\033[K\n";
    int other, terminal = terminal_open(&other);
    char seen[2000];
    caught_begin_on(&caught, terminal);
    struct progress *p = progress_create("print", "pieces", 60, false);
    now_ms += 99;
    progress_set(p, 1, 0);
    now_ms += 901;
    progress_set(p, 20, 0);
    now_ms += 1000;
    progress_set(p, 70, 0); /* the bar is full, not beyond */
    progress_end(&p);
    terminal_read(other, seen, sizeof want - 1, sizeof seen);
    caught_end(&caught);
    close(other);
    assert_string_equal(seen, want);
}

static void test_duration(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } cases[] = {{0, "0 s"},
                 {499, "0 s"},
                 {500, "1 s"},
                 {59499, "59 s"},
                 {59500, "1 min 0 s"},
                 {80000, "1 min 20 s"},
                 {3599499, "59 min 59 s"},
                 {3599500, "1 h 0 min"},
                 {9000000, "2 h 30 min"},
                 {360000000, "100 h 0 min"}};
    for (size_t i = 0; i < ROWS(cases); i++) {
        char out[32];
        progress_duration(cases[i].ms, out);
        assert_string_equal(out, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_no_total),
                                       cmocka_unit_test(test_quiet), cmocka_unit_test(test_terminal),
                                       cmocka_unit_test(test_duration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
