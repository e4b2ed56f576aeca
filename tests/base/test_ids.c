/* test_ids.c: names that need no table: their shape, that they grow, that none comes twice. */
#include "test.h"
#include "base/clock.h"
#include "base/ids.h"
#include <pthread.h>
#include <stdlib.h>

static void test_random(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(random_below(1), 0);
        uint64_t v = random_below(5);
        assert_true(v < 5);
        seen |= 1u << v;
        assert_true(random_below((UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
    assert_int_equal(seen, 31);
    char a[300] = {0}, b[300] = {0}; /* longer than the kernel gives in one piece without a break */
    random_bytes(a, sizeof a), random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, 150);
    assert_memory_not_equal(a + 150, b + 150, 150);
    a[0] = 7;
    random_bytes(a, 0);
    assert_int_equal(a[0], 7);
}

static void test_guid(void **state)
{
    (void)state;
    char last[37] = "";
    for (int i = 0; i < 200; i++) {
        char g[37];
        guid_make(g);
        assert_int_equal(strlen(g), 36);
        for (int k = 0; k < 36; k++) {
            bool is_dash = k == 8 || k == 13 || k == 18 || k == 23;
            assert_true(is_dash ? g[k] == '-' : strchr("0123456789ABCDEF", g[k]) != NULL);
        }
        assert_int_equal(g[14], '4');
        assert_non_null(strchr("89AB", g[19]));
        assert_string_not_equal(g, last);
        memcpy(last, g, sizeof g);
    }
}

static void test_token(void **state)
{
    (void)state;
    static const char alphabet[] = "23456789abcdefghijkmnpqrstuvwxyz";
    struct arena *a = arena_create(8192);
    char *t = arena_strz(a, token_make(a, 2000));
    assert_int_equal(strlen(t), 2000);
    assert_int_equal(strspn(t, alphabet), 2000);
    for (const char *c = alphabet; *c; c++) assert_non_null(strchr(t, *c)); /* every letter comes up */
    assert_int_equal(strlen(token_make(a, 1)), 1);
    assert_string_not_equal(token_make(a, 12), token_make(a, 12));
    arena_destroy(&a);
}

static void test_tid(void **state)
{
    (void)state;
    int64_t noon = INT64_C(1800000000000);
    clock_set_ms(noon);
    int64_t t = tid_next(1023);
    assert_in_range(tid_time_ms(t), noon, noon + 1000);
    assert_int_equal(t >> 12 & 1023, 1023);
    int64_t seventh = tid_next(7), other = tid_next(0);
    assert_int_equal(other >> 12 & 1023, 0);
    assert_true(tid_time_ms(other) >= tid_time_ms(t));
    clock_set_ms(noon - 3600000); /* the clock is stepped back: names still grow */
    int64_t before = tid_next(7);
    assert_true(before > seventh);
    for (int i = 0; i < 10000; i++) { /* more than one millisecond's counter holds */
        int64_t next = tid_next(7);
        assert_true(next > before);
        assert_int_equal(next >> 12 & 1023, 7);
        before = next;
    }
    clock_set_ms(0);
}

enum { THREADS = 4, EACH = 5000 };
static int64_t drawn[THREADS * EACH];

static void *draw(void *arg)
{
    for (int i = 0; i < EACH; i++) ((int64_t *)arg)[i] = tid_next(3);
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_tid_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, draw, drawn + (size_t)i * EACH), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    qsort(drawn, ROWS(drawn), sizeof *drawn, by_value);
    for (size_t i = 1; i < ROWS(drawn); i++) assert_true(drawn[i] > drawn[i - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random), cmocka_unit_test(test_guid), cmocka_unit_test(test_token),
                                       cmocka_unit_test(test_tid), cmocka_unit_test(test_tid_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
