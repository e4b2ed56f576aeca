/* test_json.c: what is read, what is refused and where, and writing. */
#include "test.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/json_shown.h"
#include <stdio.h>

static struct json_parser *parser;
static struct arena *arena;

static bool parse(struct str text, struct json_value *v, struct fault *f)
{
    return json_parse(parser, json_padded(arena, text), v, f);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *want;
    } cases[] = {
        {STR(""), "line 1, column 1: the text is empty"},
        {STR("{\"a\":1,\n \"b\":}"), "line 2, column 6: a value is expected here"},
        {STR("{\"a\" 1}"), "line 1, column 6: a colon is expected here"},
        {STR("{\"a\":1 \"b\":2}"), "line 1, column 8: a comma or } is expected here"},
        {STR("[1,2"), "line 1, column 5: the text ends too early"},
        {STR("[1,]"), "line 1, column 4: a value is expected here"},
        {STR("{\"a\":1,}"), "line 1, column 8: a key in quotes is expected here"},
        {STR("{} x"), "line 1, column 4: nothing may follow the value"},
        {STR("[01]"), "line 1, column 2: a number does not begin with 0"},
        {STR("[\"\\x\"]"), "line 1, column 4: this escape is not one of JSON"},
        {STR("[\"\\ud800\"]"), "line 1, column 3: half of a surrogate pair"},
        {STR("[\"a\nb\"]"), "line 1, column 4: a control character inside a string must be escaped"},
        {STR("[\"\xC3\"]"), "line 1, column 3: this byte is not UTF-8"},
        {STR("[\"é\", \"a\\u0000\"]"), "line 1, column 7: a string cannot hold \\u0000"},
        {STR("{\"a\":\"b\",\n\"c\":{\"x\":1,\"\\u0078\":2}}"), "line 2, column 12: this key stands twice in one object"},
        {STR("{\"a\":{\"a\":1},\"b\":\"a\",\"a\":2}"), "line 1, column 22: this key stands twice in one object"},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct json_value v = {0};
        struct fault f = {0};
        if (parse(cases[i].text, &v, &f)) fail_msg("%s was taken", cases[i].text.ptr);
        assert_int_equal(f.whose, FAULT_USER);
        assert_string_equal(f.text, cases[i].want);
    }
}

static void test_depth(void **state)
{
    (void)state;
    char text[6000];
    struct json_value v;
    struct fault f = {0};
    for (size_t depth = 63; depth <= 2900; depth = depth == 65 ? 2900 : depth + 1) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(parse(str_make(text, 2 * depth), &v, &f), depth <= 64);
        if (depth > 64) assert_string_equal(f.text, "line 1, column 65: nested deeper than 64 levels");
    }
}

static void test_many_keys(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    struct json_value v;
    struct fault f = {0};
    for (int twice = 0; twice < 2; twice++) {
        buf_clear(&b);
        buf_addz(&b, "{");
        for (int i = 0; i < 500; i++) buf_addf(&b, "%s\"k%d\":%d", i ? "," : "", i, i);
        buf_addz(&b, twice ? ",\n\"k250\":1}" : "}");
        assert_int_equal(parse(buf_str(&b), &v, &f), !twice);
        if (!twice) assert_int_equal(json_count(v), 500);
    }
    assert_string_equal(f.text, "line 2, column 1: this key stands twice in one object");
    buf_finish(&b);
}

static void test_values(void **state)
{
    (void)state;
    struct json_value v, x;
    struct str key;
    struct json_iter it = {0};
    assert_true(parse(STR("{\"i\":-9223372036854775808,\"u\":18446744073709551615,\"d\":1.5,\"s\":\"\\u00e9\",\"t\":true,\"n\":"
                          "null,\"a\":[1,[],\"x\"],\"o\":{}}"),
                      &v, NULL));
    assert_int_equal(v.type, JSON_OBJECT);
    assert_int_equal(json_get(v, "i").integer, INT64_MIN);
    assert_int_equal(json_get(v, "u").type, JSON_DOUBLE);
    assert_true(json_get(v, "d").number == 1.5);
    assert_str(json_get(v, "s").string, "é");
    assert_true(json_get(v, "t").boolean);
    assert_int_equal(json_get(v, "n").type, JSON_NULL);
    assert_int_equal(json_get(v, "absent").type, JSON_MISSING);
    assert_int_equal(json_count(json_get(v, "a")), 3);
    char order[16] = "";
    while (json_next(v, &it, &key, &x)) strncat(order, key.ptr, key.len);
    assert_string_equal(order, "iudstnao");
    it = (struct json_iter){0};
    int n = 0;
    while (json_next(json_get(v, "a"), &it, &key, &x))
        assert_int_equal(x.type, ((int[]){JSON_INT, JSON_ARRAY, JSON_STRING})[n++]);
    assert_int_equal(n, 3);
    it = (struct json_iter){0};
    assert_false(json_next(json_get(v, "o"), &it, &key, &x));
}

static void test_write(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "s", STR("a\"\\\n\x01é"));
    json_str(&j, "no", STR_NULL);
    json_array(&j, "a");
    json_int(&j, NULL, INT64_MIN), json_fixed(&j, NULL, -1.50, 3), json_object(&j, NULL), json_end(&j);
    json_end(&j);
    json_time(&j, "t", 1795551741000), json_bool(&j, "b", false), json_raw(&j, "r", STR("[]"));
    json_end(&j);
    json_out_end(&j);
    assert_str(buf_str(&b), "{\"s\":\"a\\\"\\\\\\n\\u0001é\",\"no\":null,\"a\":[-9223372036854775808,-1.5,{}],"
                            "\"t\":\"2026-11-24T20:22:21Z\",\"b\":false,\"r\":[]}");
    buf_finish(&b);
}

/* What was read is written as it was, but for white space. */
static void test_text(void **state)
{
    static const char *const cases[] = {
        "null", "true", "-7", "1.5", "\"a\\\"\\n\"", "[]", "[1,[null,{}]]", "{\"b\":{\"c\":[\"\"]},\"a\":false}"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_value v;
        struct fault f;
        assert_true(parse(str_of(arena_printf(arena, " %s ", cases[i])), &v, &f));
        assert_str(json_value_text(arena, v), cases[i]);
    }
    assert_str(json_value_text(arena, (struct json_value){.type = JSON_MISSING}), "null");
}

static int set_up(void **state)
{
    (void)state;
    parser = json_parser_create(), arena = arena_create(4096);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_parser_destroy(&parser), arena_destroy(&arena);
    return 0;
}

static void test_shown(void **state)
{
    (void)state;
    static const struct {
        const char *name, *json, *want;
    } cases[] = {
        {"plain", "{\"a\": [1, \"b\\n\\tc\\\"\\\\/\"]}\r\n", "{\"a\": [1, \"b\\n\\tc\\\"\\\\/\"]}\r\n"},
        {"what a terminal obeys", "\"\\u001b[2J\\u001B]0;owned\\u0007\"", "\"\uFFFD[2J\uFFFD]0;owned\uFFFD\""},
        {"short escapes", "\"a\\bb\\fc\\r\\nd\"", "\"a\uFFFDb\uFFFDc \\nd\""},
        {"line feed and tab in long", "\"\\u000a\\u0009\\u000d\"", "\"\\u000a\\u0009 \""},
        {"C1 and DEL", "\"\\u009b2J\\u007f\x7F\xC2\x9B\xC2\xA0\"", "\"\uFFFD2J\uFFFD\uFFFD\uFFFD\xC2\xA0\""},
        {"a key", "{\"\\u001b\":1}", "{\"\uFFFD\":1}"},
        {"a backslash in front", "\"\\\\u001b \\\\\\u001b\"", "\"\\\\u001b \\\\\uFFFD\""},
        {"other characters", "\"\\u00e9 \\ud83d\\ude00\"", "\"\\u00e9 \\ud83d\\ude00\""},
        {"cut off", "\"\\u00", "\"\\u00"},
        {"cut off at once", "\"\\", "\"\\"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = BUF_INIT;
        json_shown(&b, str_of(cases[i].json));
        if (!str_eq(buf_str(&b), str_of(cases[i].want))) fail_msg("%s: %.*s", cases[i].name, STR_ARG(buf_str(&b)));
        buf_finish(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shown),  cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_depth),  cmocka_unit_test(test_many_keys),
                                       cmocka_unit_test(test_values), cmocka_unit_test(test_write),
                                       cmocka_unit_test(test_text)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
