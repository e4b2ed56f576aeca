/* test_coverage.c: which characters the house fonts have. */
#include "base/settings.h"
#include "press/coverage.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct {
    const char *name, *text;
    int32_t missing; /* 0: all there */
} cases[] = {
    {"empty", "", 0},
    {"latin", "Jane Doe, 12 Main St.", 0},
    {"accents", "José Łukasiewicz Ñandú ß", 0},
    {"white space", "a\tb\nc\r\n", 0},
    {"marks that compose", "Jose\xcc\x81", 0},
    {"greek and cyrillic", "Αθήνα Москва", 0},
    {"private use", "a\xee\x80\x80", 0xE000},
    {"first of two", "\xee\x80\x81\xee\x80\x80", 0xE001},
    {"not assigned", "x\xf3\xa0\x82\x80", 0xE0080},
    {"invalid", "a\xff", 0xFFFD},
    {"control", "a\x01", 1},
};

static void values(void **state)
{
    (void)state;
    struct fault f = {0};
    struct coverage *c = coverage_create();
    if (!coverage_add_folder(c, setting_get(SETTING_PRESS_FONTS), &f)) fail_msg("%s", f.text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t missing = 0;
        bool ok = coverage_has(c, str_of(cases[i].text), &missing);
        if (ok != (cases[i].missing == 0) || missing != cases[i].missing)
            fail_msg("%s: %d, U+%04X", cases[i].name, ok, (unsigned)missing);
    }
    coverage_destroy(&c);
    assert_null(c);
}

static void no_fonts(void **state)
{
    (void)state;
    struct fault f = {0};
    int32_t missing = 0;
    struct coverage *c = coverage_create();
    assert_true(coverage_has(c, STR(" \n"), NULL));
    assert_false(coverage_has(c, STR("a"), &missing));
    assert_int_equal(missing, 'a');
    assert_false(coverage_add_font(c, STR("not a font at all")));
    assert_false(coverage_add_font(c, STR("")));
    assert_false(coverage_add_folder(c, "/nonexistent-folder", &f));
    assert_int_equal(f.whose, FAULT_OPERATOR);
    coverage_destroy(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_fonts), cmocka_unit_test(values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
