/* test_limits.c: what a limit may be set to. */
#include "test.h"
#include "base/limits.h"

static void test_set(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t value;
        const char *refusal; /* NULL: taken */
    } cases[] = {
        {"batch.max_pieces", 1, NULL},
        {"batch.max_pieces", 5000, NULL},
        {"batch.max_pieces", 5001, "the limit batch.max_pieces can be 5000 pieces at most, not 5001"},
        {"list.max_columns", 51, "the limit list.max_columns can be 50 columns at most, not 51"},
        {"http.max_body_bytes", INT64_C(1) << 40, NULL},
        {"http.max_body_bytes", (INT64_C(1) << 40) + 1,
         "the limit http.max_body_bytes can be 1099511627776 bytes at most, not 1099511627777"},
        {"job.lease", INT32_MAX, NULL},
        {"job.lease", INT64_MAX, "the limit job.lease can be 2147483647 s at most, not 9223372036854775807"},
        {"http.pool_threads", -1, "the limit http.pool_threads must be above 0, not -1"},
        {"http.max_body_bytes", 0, "the limit http.max_body_bytes must be above 0, not 0"},
        {"no.such", 1, "there is no limit called no.such"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f = {0};
        assert_int_equal(limit_set(str_of(cases[i].name), cases[i].value, &f), !cases[i].refusal);
        assert_string_equal(f.text, cases[i].refusal ? cases[i].refusal : "");
    }
    assert_int_equal(limit_get(LIMIT_BATCH_MAX_PIECES), 5000); /* what was refused changed nothing */
    assert_int_equal(limit_get(LIMIT_JOB_LEASE_S), INT32_MAX);
    assert_int_equal(limit_get(LIMIT_HTTP_POOL_THREADS), limit_def(LIMIT_HTTP_POOL_THREADS)->by_default);
}

static void test_defaults_fit(void **state)
{
    (void)state;
    for (int l = 0; l < LIMIT_COUNT; l++)
        assert_true(limit_def((enum limit)l)->by_default > 0 &&
                    limit_def((enum limit)l)->by_default <= limit_def((enum limit)l)->most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_set), cmocka_unit_test(test_defaults_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
