/* The ladder of waiting times. */
#include "jobs/due.h"
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static void test_ladder(void **state)
{
    (void)state;
    static const struct {
        int attempt;
        int64_t least_s;
    } cases[] = {{1, 5}, {2, 10}, {3, 20}, {4, 40}, {8, 640}, {10, 2560}, {11, 3600}, {60, 3600}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 100; k++) {
            int64_t wait = retry_due(1000, cases[i].attempt) - 1000, least = cases[i].least_s * 1000;
            assert_in_range(wait, least, least + least / 10);
        }
    assert_false(retry_is_over(7));
    assert_true(retry_is_over(8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ladder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
