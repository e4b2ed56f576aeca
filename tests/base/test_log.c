/* test_log.c: a record is one clean line: levels, escapes, and what cannot be forged. */
#include "test.h"
#include "caught.h"
#include "child.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define STAMP "2027-01-15T08:00:00.0"
static struct caught caught;

/* What stands behind time, level and area; fails unless the record is one line of printable UTF-8. */
static const char *logged(const char *text)
{
    clock_set_ms(INT64_C(1800000000000));
    caught_begin(&caught);
    log_info("test", "%s", text);
    caught_end(&caught);
    size_t n = strlen(caught.text);
    if (n == 0 || strchr(caught.text, '\n') != caught.text + n - 1) fail_msg("not one line: %s", caught.text);
    caught.text[n - 1] = '\0';
    assert_true(utf8_is_valid(str_of(caught.text), NULL));
    assert_false(utf8_has_control(str_of(caught.text)));
    assert_memory_equal(caught.text, STAMP, strlen(STAMP));
    const char *area = strstr(caught.text, "Z info test ");
    assert_non_null(area);
    return area + strlen("Z info test ");
}

static void test_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"plain", "a = 1", "a = 1"},
        {"nothing", "", ""},
        {"letters of others", "Zoë 漢 \xF0\x9F\x98\x80", "Zoë 漢 \xF0\x9F\x98\x80"},
        {"a false line", "x\n2027-01-15T08:00:00.000Z error app forged", "x\\n2027-01-15T08:00:00.000Z error app forged"},
        {"return and tab", "\r\t", "\\r\\t"},
        {"a terminal's escape", "\x1B[31m\x7F\a", "\\x1b[31m\\x7f\\x07"},
        {"C1: the one-character escape",
         "a\xC2\x9B"
         "31m",
         "a\\xc2\\x9b31m"},
        {"C1: next line",
         "a\xC2\x85"
         "b",
         "a\\xc2\\x85b"},
        {"no-break space is no control",
         "a\xC2\xA0"
         "b",
         "a\xC2\xA0"
         "b"},
        {"line separator",
         "a\xE2\x80\xA8"
         "b",
         "a\\xe2\\x80\\xa8b"},
        {"paragraph separator", "\xE2\x80\xA9", "\\xe2\\x80\\xa9"},
        {"right-to-left override", "\xE2\x80\xAEgpj", "\\xe2\\x80\\xaegpj"},
        {"a byte of Latin-1", "caf\xE9!", "caf\\xe9!"},
        {"cut off", "ab\xE2\x82", "ab\\xe2\\x82"},
        {"a raw C1 byte",
         "\x9B"
         "31m",
         "\\x9b31m"},
        {"overlong newline", "\xC0\x8A", "\\xc0\\x8a"},
        {"surrogate", "\xED\xA0\x80", "\\xed\\xa0\\x80"},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        const char *got = logged(cases[i].text);
        if (strcmp(got, cases[i].want) != 0) fail_msg("%s: got %s", cases[i].name, got);
    }
}

/* Cut, but still one clean line: wherever the cut falls. */
static void test_long(void **state)
{
    (void)state;
    static const char *const fills[] = {"a", "é", "漢", "\xF0\x9F\x98\x80", "\n", "\xFF", "\xC2\x9B"};
    for (size_t i = 0; i < ROWS(fills); i++) {
        for (int shift = 0; shift < 4; shift++) {
            char text[6000] = "xxx";
            size_t n = (size_t)shift;
            for (; n + 8 < sizeof text; n += strlen(fills[i])) strcpy(text + n, fills[i]);
            assert_in_range(strlen(logged(text)), 1900, 4096);
        }
    }
}

static void test_levels(void **state)
{
    (void)state;
    static const char *const names[] = {"debug", "info", "warning", "error"};
    for (int least = LOG_DEBUG; least <= LOG_ERROR; least++) {
        log_set_level((enum log_level)least);
        caught_begin(&caught);
        log_debug("a", "said"), log_info("a", "said"), log_warning("a", "said"), log_error("a", "said");
        caught_end(&caught);
        for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
            char line[40];
            snprintf(line, sizeof line, "Z %s a said\n", names[level]);
            assert_int_equal(strstr(caught.text, line) != NULL, level >= least);
        }
    }
    log_set_level(LOG_INFO);
}

static char hooked[200];
static bool expect_it(enum log_level level, const char *line)
{
    snprintf(hooked, sizeof hooked, "%d %s", level, strstr(line, "Z ") + 2);
    errno = 0;
    return strstr(line, "expected") != NULL;
}

static void test_hook(void **state)
{
    (void)state;
    log_set_hook(expect_it);
    caught_begin(&caught);
    log_info("a", "expected, but the hook is not asked");
    log_warning("a", "expected: silent");
    log_error("a", "surprise");
    errno = ENOSPC;
    log_error("a", "errno is the caller's");
    int after = errno;
    caught_end(&caught);
    log_set_hook(NULL);
    assert_non_null(strstr(caught.text, "not asked"));
    assert_null(strstr(caught.text, "silent"));
    assert_non_null(strstr(caught.text, "surprise"));
    assert_string_equal(hooked, "3 error a errno is the caller's");
    assert_int_equal(after, ENOSPC);
}

static int break_invariant(const void *arg)
{
    ASSERT(*(const int *)arg == 1);
    return 0;
}

static void test_panic(void **state)
{
    (void)state;
    assert_int_equal(child_exit(child_run(break_invariant, &(int){1})), 0);
    caught_begin(&caught);
    int status = child_run(break_invariant, &(int){2});
    caught_end(&caught);
    assert_true(child_died(status, SIGABRT));
    assert_non_null(strstr(caught.text, "Z panic base "));
    assert_non_null(strstr(caught.text, "test_log.c:"));
    assert_non_null(strstr(caught.text, ": *(const int *)arg == 1\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_escapes), cmocka_unit_test(test_long),
                                       cmocka_unit_test(test_levels), cmocka_unit_test(test_hook),
                                       cmocka_unit_test(test_panic)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
