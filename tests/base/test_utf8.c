/* test_utf8.c: the edges of every length, and all that looks like UTF-8 but is not (Unicode 15, table 3-7). */
#include "test.h"
#include "base/utf8.h"

static const struct {
    const char *name, *bytes;
    int32_t cp;
} edges[] = {
    {"least of 1", "\x01", 0x01},
    {"last of 1", "\x7F", 0x7F},
    {"first of 2", "\xC2\x80", 0x80},
    {"last of 2", "\xDF\xBF", 0x7FF},
    {"first of 3", "\xE0\xA0\x80", 0x800},
    {"before the surrogates", "\xED\x9F\xBF", 0xD7FF},
    {"after the surrogates", "\xEE\x80\x80", 0xE000},
    {"last of 3", "\xEF\xBF\xBF", 0xFFFF},
    {"first of 4", "\xF0\x90\x80\x80", 0x10000},
    {"last of F3", "\xF3\xBF\xBF\xBF", 0xFFFFF},
    {"last of all", "\xF4\x8F\xBF\xBF", 0x10FFFF},
};

static void test_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(edges); i++) {
        struct str s = str_of(edges[i].bytes), rest = s;
        char out[4];
        if (!utf8_is_valid(s, NULL) || utf8_next(&rest) != edges[i].cp || rest.len) fail_msg("%s is not read", edges[i].name);
        assert_int_equal(utf8_length(s), 1);
        assert_int_equal(utf8_put(out, (uint32_t)edges[i].cp), s.len);
        assert_memory_equal(out, s.ptr, s.len);
        for (size_t cut = 1; cut < s.len; cut++) { /* the same, cut off */
            size_t bad = 99;
            rest = str_make(s.ptr, cut);
            assert_false(utf8_is_valid(rest, &bad));
            assert_int_equal(bad, 0);
            assert_int_equal(utf8_next(&rest), -1);
            assert_int_equal(rest.len, cut - 1);
        }
    }
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
    } cases[] = {
        {"a continuation alone", "\x80"},
        {"the last continuation alone", "\xBF"},
        {"overlong NUL", "\xC0\x80"},
        {"overlong U+007F", "\xC1\xBF"},
        {"overlong U+07FF", "\xE0\x9F\xBF"},
        {"overlong U+FFFF", "\xF0\x8F\xBF\xBF"},
        {"first surrogate", "\xED\xA0\x80"},
        {"last surrogate", "\xED\xBF\xBF"},
        {"U+110000", "\xF4\x90\x80\x80"},
        {"five bytes", "\xF8\x88\x80\x80\x80"},
        {"six bytes", "\xFC\x84\x80\x80\x80\x80"},
        {"FE", "\xFE"},
        {"FF", "\xFF"},
        {"F5", "\xF5\x80\x80\x80"},
        {"a letter for the second of 2", "\xC2x"},
        {"a lead for the second of 2", "\xC2\xC2"},
        {"a letter for the third of 3", "\xE2\x82x"},
        {"a letter for the fourth of 4", "\xF0\x9F\x98x"},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        for (size_t before = 0; before < 18; before++) { /* ASCII is passed eight bytes at a time */
            char text[40] = "123456789012345678";
            strcpy(text + before, cases[i].bytes);
            size_t bad = 99;
            if (utf8_is_valid(str_of(text), &bad) || bad != before) fail_msg("%s after %zu letters", cases[i].name, before);
        }
        struct str s = str_of(cases[i].bytes);
        assert_int_equal(utf8_next(&s), -1);
        assert_ptr_equal(s.ptr, cases[i].bytes + 1); /* one byte is stepped over, so that what follows is not lost */
    }
    struct str none = STR("");
    assert_int_equal(utf8_next(&none), -1);
    assert_true(utf8_is_valid(none, NULL) && utf8_is_valid(STR_NULL, NULL));
    struct str nul = STR("\0");
    assert_int_equal(utf8_next(&nul), 0);
}

/* Every code point there and back; every surrogate refused. */
static void test_all(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char out[4];
        struct str s = str_make(out, utf8_put(out, cp));
        bool is_surrogate = cp >= 0xD800 && cp <= 0xDFFF;
        if (utf8_is_valid(s, NULL) == is_surrogate || utf8_next(&s) != (is_surrogate ? -1 : (int32_t)cp))
            fail_msg("U+%04X", cp);
    }
}

static void test_control(void **state)
{
    (void)state;
    static const struct {
        struct str s;
        bool want;
    } cases[] = {
        {STR("plain\ttext\r\n"), false}, {STR("\0"), true},        {STR("a\x1F"), true},     {STR("\x7F"), true},
        {STR("\xC2\x80"), true},         {STR("a\xC2\x9F"), true}, {STR("\xC2\xA0"), false}, {STR("\xC3\x80"), false},
        {STR("\xE2\x82\x80"), false},    {STR("\v"), true},        {STR("\x08"), true},      {STR(""), false},
    };
    for (size_t i = 0; i < ROWS(cases); i++)
        if (utf8_has_control(cases[i].s) != cases[i].want) fail_msg("row %zu", i);
}

/* Each with room for all of it, and in place. */
static void test_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t size;
        const char *want;
    } cases[] = {
        {"plain", "It is gone.", 40, "It is gone."},
        {"nothing", "", 40, ""},
        {"line ends and tabs", "a\r\nb\tc", 40, "a  b c"},
        {"what a terminal obeys", "\x1B[2J\x1B]0;owned\x07", 40, " [2J ]0;owned "},
        {"DEL and C1",
         "a\x7F"
         "b\xC2\x9B"
         "2Jc\xC2\x80\xC2\xA0",
         40, "a b 2Jc \xC2\xA0"},
        {"broken",
         "a\xC2"
         "b\xFF\x9B",
         40, "a?b??"},
        {"cut", "abcdef", 4, "abc"},
        {"cut between characters", "ab\xE2\x82\xAC", 5, "ab"},
        {"as long as there is room", "ab\xE2\x82\xAC", 6, "ab\xE2\x82\xAC"},
        {"no room", "a", 1, ""},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        char out[40], in_place[40];
        strcpy(in_place, cases[i].text);
        size_t n = utf8_line(out, cases[i].size, str_of(cases[i].text));
        if (strcmp(out, cases[i].want) != 0 || n != strlen(out)) fail_msg("%s: \"%s\"", cases[i].name, out);
        utf8_line(in_place, cases[i].size, str_of(in_place));
        assert_string_equal(in_place, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_edges), cmocka_unit_test(test_wrong), cmocka_unit_test(test_all),
                                       cmocka_unit_test(test_control), cmocka_unit_test(test_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
