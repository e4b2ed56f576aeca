/* test_text.c: case, forms, code pages, times, and numbers read from and written to text. */
#include "test.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/utf8.h"

static void test_words(void **state)
{
    (void)state;
    struct arena *a = arena_create(256);
    assert_str(text_upper(a, STR("straße é")), "STRASSE É");
    assert_str(text_lower(a, STR("ÉCOLE Ab")), "école ab");
    assert_str(text_title_key(a, STR(" Variable  Data 7 ")), "variable_data_7");
    assert_str(text_title_key(a, STR("_first-name")), "_first_name");
    assert_str(text_nfc(a, STR("e\xCC\x81")), "é");
    assert_str(text_from_windows_1252(a, STR("\x80\x81\xE9")), "€\xEF\xBF\xBDé");
    assert_true(utf8_is_valid(STR("aé€\xF0\x9F\x98\x80"), NULL));
    size_t bad = 0;
    assert_false(utf8_is_valid(STR("12345678\xED\xA0\x80"), &bad));
    assert_int_equal(bad, 8);
    arena_destroy(&a);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {"2026-11-24T20:22:21Z", "2026-11-24T20:22:21Z"},
        {"2026-11-24T20:22:21.999+02:00", "2026-11-24T18:22:21Z"},
        {"2024-02-29", "2024-02-29T00:00:00Z"},
        {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
        {"2023-02-29", NULL},
        {"2026-11-24T20:22:21", NULL},
        {"2026-13-01", NULL},
        {"2026-11-24x", NULL},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        int64_t ms;
        char out[21];
        assert_int_equal(text_parse_iso8601(str_of(cases[i].text), &ms), cases[i].want != NULL);
        if (!cases[i].want) continue;
        text_iso8601(ms, out);
        assert_string_equal(out, cases[i].want);
    }
    int64_t ms, at;
    struct fault f = {0};
    char out[21];
    assert_true(text_parse_iso8601(STR("2026-03-08T20:00:00Z"), &ms)); /* the day summer time begins */
    assert_true(text_local_midnight(ms, "America/New_York", &at, &f));
    text_iso8601(at, out);
    assert_string_equal(out, "2026-03-08T05:00:00Z");
    assert_false(text_local_midnight(ms, "Mars/Base", &at, &f));
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        double v;
        int decimals;
        const char *want;
    } cases[] = {{0, 2, "0"},       {-0.001, 2, "0"},
                 {1.5, 3, "1.5"},   {-12.345, 2, "-12.35"},
                 {0.05, 2, "0.05"}, {1e20, 2, "100000000000000000000"}};
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < ROWS(cases); i++) {
        buf_clear(&b);
        buf_add_fixed(&b, cases[i].v, cases[i].decimals);
        assert_str(buf_str(&b), cases[i].want);
    }
    buf_finish(&b);
    int64_t v;
    double d;
    assert_true(str_to_int64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
    assert_true(str_to_int64(STR("9223372036854775807"), &v) && v == INT64_MAX);
    assert_false(str_to_int64(STR("9223372036854775808"), &v) || str_to_int64(STR("-"), &v) || str_to_int64(STR("1 "), &v));
    assert_true(str_to_double(STR("-1.5e2"), &d) && d == -150);
    assert_false(str_to_double(STR("nan"), &d) || str_to_double(STR("1e999"), &d) || str_to_double(STR("1."), &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_times),
                                       cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
