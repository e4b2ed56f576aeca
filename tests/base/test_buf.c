/* test_buf.c: what is added, the NUL behind it, and the most a buffer takes. Numbers with fractions are in test_text.c. */
#include "test.h"
#include "base/buf.h"

static void test_add(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    assert_str(buf_str(&b), "");
    buf_add(&b, NULL, 0);
    buf_add_str(&b, STR_NULL);
    assert_string_equal(b.data, "");
    buf_addz(&b, "a");
    buf_add_byte(&b, 'b');
    buf_add_str(&b, STR("c"));
    buf_addf(&b, "%d%s", 4, "d");
    buf_add(&b, "\0e", 2);
    assert_int_equal(b.len, 7);
    assert_memory_equal(b.data, "abc4d\0e\0", 8);
    buf_clear(&b);
    assert_string_equal(b.data, ""); /* a NUL stands beyond len, always */
    buf_finish(&b);
    assert_null(b.data);
    buf_addz(&b, "again");
    assert_str(buf_str(&b), "again");
    buf_finish(&b);
}

static void test_growth(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < 100000; i++) {
        buf_add_byte(&b, (char)(i % 251));
        assert_int_equal(b.data[b.len], 0);
    }
    for (size_t i = 0; i < 100000; i++) assert_int_equal((unsigned char)b.data[i], i % 251);
    memset(buf_reserve(&b, 70000), 'z', 70000);
    b.len += 70000;
    assert_int_equal(b.data[99999], (char)(99999 % 251));
    buf_finish(&b);
}

/* Short texts are formatted beside the buffer, long ones inside it: both sides of that edge. */
static void test_format(void **state)
{
    (void)state;
    for (int n = 510; n <= 514; n++) {
        struct buf b = BUF_INIT;
        buf_addz(&b, "<");
        buf_addf(&b, "%*d>", n, 1);
        assert_int_equal(b.len, n + 2);
        assert_string_equal(b.data + n, "1>");
        buf_finish(&b);
    }
}

static void test_int(void **state)
{
    (void)state;
    static const struct {
        int64_t v;
        const char *want;
    } cases[] = {{0, "0"}, {-1, "-1"}, {10, "10"}, {INT64_MAX, "9223372036854775807"}, {INT64_MIN, "-9223372036854775808"}};
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < ROWS(cases); i++) {
        buf_clear(&b);
        buf_add_int(&b, cases[i].v);
        assert_str(buf_str(&b), cases[i].want);
    }
    buf_finish(&b);
}

static void test_most(void **state)
{
    (void)state;
    static const struct {
        size_t max;
        const char *adds[4], *want;
        bool overflow;
    } cases[] = {
        {3, {"abc"}, "abc", false},         {3, {"abcd"}, "", true},
        {3, {"ab", "cd", "e"}, "ab", true}, /* nothing more, even what would fit */
        {3, {"ab", "c", ""}, "abc", false}, {0, {"abcd"}, "abcd", false},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct buf b;
        buf_init(&b, cases[i].max);
        for (int k = 0; cases[i].adds[k]; k++) buf_addz(&b, cases[i].adds[k]);
        assert_str(buf_str(&b), cases[i].want);
        assert_int_equal(b.overflow, cases[i].overflow);
        buf_clear(&b);
        assert_false(b.overflow);
        buf_finish(&b);
        assert_int_equal(b.max, cases[i].max);
    }
    struct buf b;
    buf_init(&b, 600);
    buf_addf(&b, "%*d", 601, 1);
    assert_true(b.overflow && b.len == 0);
    assert_null(buf_reserve(&b, 1));
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_add), cmocka_unit_test(test_growth), cmocka_unit_test(test_format),
                                       cmocka_unit_test(test_int), cmocka_unit_test(test_most)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
