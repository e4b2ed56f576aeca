/* test_str.c: comparing, cutting and trimming text that somebody else owns, and reading numbers from it. */
#include "test.h"

static void test_compare(void **state)
{
    (void)state;
    static const struct {
        struct str a, b;
        bool eq, nocase, starts, ends;
    } cases[] = {
        {STR("abc"), STR("abc"), true, true, true, true},
        {STR("abc"), STR("ABC"), false, true, false, false},
        {STR("abc"), STR("ab"), false, false, true, false},
        {STR("abc"), STR("bc"), false, false, false, true},
        {STR("ab"), STR("abc"), false, false, false, false},
        {STR("abc"), STR(""), false, false, true, true},
        {STR(""), STR_NULL, true, true, true, true},
        {STR_NULL, STR("a"), false, false, false, false},
        {STR("a\0b"), STR("a\0c"), false, false, false, false},
        {STR("[@`{"), STR("{`@["), false, false, false, false}, /* 32 apart, but no letters */
        {STR("é"), STR("É"), false, false, false, false},       /* ASCII letters only */
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        assert_int_equal(str_eq(cases[i].a, cases[i].b), cases[i].eq);
        assert_int_equal(str_eq_nocase(cases[i].a, cases[i].b), cases[i].nocase);
        assert_int_equal(str_starts(cases[i].a, cases[i].b), cases[i].starts);
        assert_int_equal(str_ends(cases[i].a, cases[i].b), cases[i].ends);
    }
    assert_null(str_of(NULL).ptr);
}

static void test_trim(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""}, {" \t\r\n\v\f", ""}, {" a b\n", "a b"}, {"a", "a"}, {"\xC2\xA0", "\xC2\xA0"}};
    for (size_t i = 0; i < ROWS(cases); i++) assert_str(str_trim(str_of(cases[i][0])), cases[i][1]);
    assert_null(str_trim(STR_NULL).ptr);
    assert_str(str_skip_bom(STR("\xEF\xBB\xBF"
                                "a")),
               "a");
    assert_str(str_skip_bom(STR("\xEF\xBB")), "\xEF\xBB");
    assert_null(str_skip_bom(STR_NULL).ptr);
}

static void test_cut(void **state)
{
    (void)state;
    static const char *const cases[][3] = {/* text, before '=', after it */
                                           {"a=b", "a", "b"},    {"a=b=c", "a", "b=c"}, {"=b", "", "b"}, {"a=", "a", ""},
                                           {"abc", "abc", NULL}, {"", "", NULL},        {"=", "", ""}};
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct str rest;
        assert_str(str_cut(str_of(cases[i][0]), '=', &rest), cases[i][1]);
        assert_str(rest, cases[i][2]);
    }
    struct str s = STR("x;y;"); /* the same variable on both sides, as loops have it */
    int n = 0;
    for (; s.ptr; n++) str_cut(s, ';', &s);
    assert_int_equal(n, 3);
}

static void test_int(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t want;
    } cases[] = {{"0", true, 0},
                 {"-0", true, 0},
                 {"007", true, 7},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"9223372036854775807", true, INT64_MAX},
                 {"9223372036854775808", false, 0},
                 {"-9223372036854775809", false, 0},
                 {"92233720368547758070", false, 0},
                 {"", false, 0},
                 {"-", false, 0},
                 {"+1", false, 0},
                 {" 1", false, 0},
                 {"1 ", false, 0},
                 {"1.0", false, 0},
                 {"0x1", false, 0},
                 {"--1", false, 0}};
    for (size_t i = 0; i < ROWS(cases); i++) {
        int64_t v = 42;
        if (str_to_int64(str_of(cases[i].text), &v) != cases[i].good) fail_msg("\"%s\"", cases[i].text);
        assert_int_equal(v, cases[i].good ? cases[i].want : 42);
    }
    int64_t v;
    assert_false(str_to_int64(STR_NULL, &v) || str_to_int64(STR("1\0"), &v));
}

static void test_double(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        double want;
    } cases[] = {{"0", true, 0},      {"-1.5", true, -1.5},   {"2e3", true, 2000}, {"2E-1", true, 0.2}, {"1e+2", true, 100},
                 {"1e-999", true, 0}, {"1e308", true, 1e308}, {"1e309", false, 0}, {"nan", false, 0},   {"inf", false, 0},
                 {"", false, 0},      {"-", false, 0},        {".5", false, 0},    {"5.", false, 0},    {"1e", false, 0},
                 {"1e+", false, 0},   {"0x10", false, 0},     {"1,5", false, 0},   {"1 ", false, 0},    {" 1", false, 0},
                 {"1.2.3", false, 0}};
    for (size_t i = 0; i < ROWS(cases); i++) {
        double v = 42;
        if (str_to_double(str_of(cases[i].text), &v) != cases[i].good) fail_msg("\"%s\"", cases[i].text);
        assert_true(v == (cases[i].good ? cases[i].want : 42));
    }
    char digits[500];
    memset(digits, '1', sizeof digits);
    double v;
    assert_true(str_to_double(str_make(digits, 300), &v));
    assert_false(str_to_double(str_make(digits, sizeof digits), &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare), cmocka_unit_test(test_trim), cmocka_unit_test(test_cut),
                                       cmocka_unit_test(test_int), cmocka_unit_test(test_double)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
