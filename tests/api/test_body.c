/* test_body.c: what body_read and person_read take for what they want. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "api/body.h"
#include "api/person.h"
#include "store/store.h"
#include <stdio.h>

struct out {
    struct str text;
    int64_t number, time;
    int flag;
};
static const struct body_field fields[] = {
    {"some_text", "other_text", BODY_TEXT, false, offsetof(struct out, text)},
    {"SomeNumber", NULL, BODY_INT, false, offsetof(struct out, number)},
    {"some_flag", NULL, BODY_FLAG, false, offsetof(struct out, flag)},
    {"some_time", NULL, BODY_TIME, false, offsetof(struct out, time)},
};

static const struct {
    const char *name, *json, *want; /* text|number|flag|time, or the fault */
} cases[] = {
    {"nothing", "{}", "-|-|-|-"},
    {"null is nothing", "{\"some_text\":null,\"SomeNumber\":null,\"some_flag\":null,\"some_time\":null}", "-|-|-|-"},
    {"text", "{\"some_text\":\"a\"}", "a|-|-|-"},
    {"empty text is kept", "{\"some_text\":\"\"}", "|-|-|-"},
    {"a number as text", "{\"some_text\":2134}", "2134|-|-|-"},
    {"a fraction as text", "{\"some_text\":12.5}", "12.5|-|-|-"},
    {"a flag as text", "{\"some_text\":true}", "some_text must be text."},
    {"an array as text", "{\"some_text\":[]}", "some_text must be text."},
    {"the alias", "{\"other_text\":\"b\"}", "b|-|-|-"},
    {"the name wins over the alias", "{\"other_text\":\"b\",\"some_text\":\"a\"}", "a|-|-|-"},
    {"the alias over null", "{\"other_text\":\"b\",\"some_text\":null}", "b|-|-|-"},
    {"another case", "{\"SomeText\":\"a\",\"some_number\":\"7\",\"SOME-FLAG\":1}", "a|7|1|-"},
    {"the exact spelling wins", "{\"SomeText\":\"b\",\"some_text\":\"a\"}", "a|-|-|-"},
    {"unknown keys", "{\"a\":{},\"b\":[1],\"some_texts\":\"x\"}", "-|-|-|-"},
    {"a number", "{\"SomeNumber\":7}", "-|7|-|-"},
    {"below zero", "{\"SomeNumber\":-1}", "-|-1|-|-"},
    {"as text", "{\"SomeNumber\":\" 7 \"}", "-|7|-|-"},
    {"as empty text", "{\"SomeNumber\":\"\"}", "-|-|-|-"},
    {"a whole fraction", "{\"SomeNumber\":7.0}", "-|7|-|-"},
    {"a fraction", "{\"SomeNumber\":7.5}", "SomeNumber must be a whole number."},
    {"a huge number", "{\"SomeNumber\":1e300}", "SomeNumber must be a whole number."},
    {"the largest", "{\"SomeNumber\":9223372036854775807}", "-|9223372036854775807|-|-"},
    {"a word", "{\"SomeNumber\":\"x\"}", "SomeNumber must be a whole number."},
    {"a flag as number", "{\"SomeNumber\":true}", "SomeNumber must be a whole number."},
    {"true", "{\"some_flag\":true}", "-|-|1|-"},
    {"false", "{\"some_flag\":false}", "-|-|0|-"},
    {"one", "{\"some_flag\":1}", "-|-|1|-"},
    {"zero as text", "{\"some_flag\":\"0\"}", "-|-|0|-"},
    {"TRUE as text", "{\"some_flag\":\"TRUE\"}", "-|-|1|-"},
    {"empty text as flag", "{\"some_flag\":\"\"}", "-|-|-|-"},
    {"two", "{\"some_flag\":2}", "some_flag must be true or false (or 1 or 0)."},
    {"yes", "{\"some_flag\":\"yes\"}", "some_flag must be true or false (or 1 or 0)."},
    {"a time", "{\"some_time\":\"1970-01-01T00:00:01Z\"}", "-|-|-|1000"},
    {"no time", "{\"some_time\":5}", "some_time must be a time like 2026-11-24T20:00:00Z."},
};

static void parse(struct json_parser *p, struct arena *a, const char *json, struct json_value *root)
{
    struct fault f;
    if (!json_parse(p, json_padded(a, str_of(json)), root, &f)) fail_msg("%s: %s", json, f.text);
}

static void show_int(int64_t v, int64_t none, char *out)
{
    if (v == none)
        strcpy(out, "-");
    else
        sprintf(out, "%lld", (long long)v);
}

static void test_body(void **state)
{
    (void)state;
    struct json_parser *p = json_parser_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *a = arena_create(1024);
        struct json_value root;
        struct out out;
        struct fault f;
        char got[600], number[30], flag[30], time[30];
        parse(p, a, cases[i].json, &root);
        if (body_read(root, a, fields, 4, &out, &f)) {
            show_int(out.number, DB_NULL, number), show_int(out.flag, -1, flag), show_int(out.time, DB_NULL, time);
            snprintf(got, sizeof got, "%.*s|%s|%s|%s", STR_ARG(out.text.ptr ? out.text : STR("-")), number, flag, time);
        } else {
            assert_int_equal(f.status, 400);
            snprintf(got, sizeof got, "%s", f.text);
        }
        print_message("%s\n", cases[i].name);
        assert_string_equal(got, cases[i].want);
        arena_destroy(&a);
    }
    json_parser_destroy(&p);
}

static void test_required(void **state)
{
    (void)state;
    static const struct body_field required[] = {{"name", NULL, BODY_TEXT, true, 0}};
    struct json_parser *p = json_parser_create();
    struct arena *a = arena_create(1024);
    struct json_value root;
    struct str name;
    struct fault f;
    parse(p, a, "{\"name\":null}", &root);
    assert_false(body_read(root, a, required, 1, &name, &f));
    assert_string_equal(f.text, "name is required.");
    parse(p, a, "{\"Name\":\"x\"}", &root);
    assert_true(body_read(root, a, required, 1, &name, &f));
    arena_destroy(&a);
    json_parser_destroy(&p);
}

static const struct {
    const char *name;
    int field;
} spellings[] = {
    {"first_name", FIELD_FIRST_NAME},
    {"FirstName", FIELD_FIRST_NAME},
    {"First Name", FIELD_FIRST_NAME},
    {"address", FIELD_ADDRESS_STREET},
    {"Address2", FIELD_ADDRESS_STREET2},
    {"City", FIELD_ADDRESS_CITY},
    {"zip", FIELD_ADDRESS_ZIP},
    {"EmailId", FIELD_EMAIL_ADDRESS},
    {"Mobile", FIELD_MOBILE_PHONE},
    {"website", FIELD_WEBSITE},
    {"country", FIELD_COUNTRY},
    {"var_field_1", FIELD_VAR_1},
    {"var_field_35", FIELD_VAR_1 + 34},
    {"Variable Data 7", FIELD_VAR_1 + 6},
    {"var_field_36", -1},
    {"var_field_0", -1},
    {"", -1},
    {"___", -1},
    {"first_names", -1},
};

static void test_spellings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        print_message("%s\n", spellings[i].name);
        assert_int_equal(person_field(str_of(spellings[i].name)), spellings[i].field);
    }
}

static void test_person(void **state)
{
    (void)state;
    struct json_parser *p = json_parser_create();
    struct arena *a = arena_create(4096);
    struct json_value root;
    struct person who;
    struct fault f;
    parse(p, a,
          "{\"city\":\"alias\",\"address_city\":\"name\",\"state\":\"CA\",\"address_state\":null,\"shoe "
          "size\":43,\"tags\":[1],\"ok\":true,\"note\":null}",
          &root);
    assert_true(person_read(root, a, &who, &f));
    assert_true(str_eq(who.values[FIELD_ADDRESS_CITY], STR("name")));
    assert_true(str_eq(who.values[FIELD_ADDRESS_STATE], STR("CA")));
    assert_null(who.values[FIELD_FIRST_NAME].ptr);
    assert_int_equal(who.n_extra, 1);
    assert_true(str_eq(who.extra_names[0], STR("shoe size")) && str_eq(who.extra_values[0], STR("43")));
    parse(p, a, "{\"address_city\":\"name\",\"city\":\"alias\"}", &root);
    assert_true(person_read(root, a, &who, &f));
    assert_true(str_eq(who.values[FIELD_ADDRESS_CITY], STR("name")));
    parse(p, a, "{\"zip\":[1]}", &root);
    assert_false(person_read(root, a, &who, &f));
    assert_string_equal(f.text, "address_zip must be text.");
    /* What has no room is said, not left out. */
    assert_true(limit_set(STR("person.max_extra"), 2, &f));
    parse(p, a, "{\"a\":1,\"tags\":[1],\"city\":\"x\",\"b\":\"2\"}", &root);
    assert_true(person_read(root, a, &who, &f));
    assert_int_equal(who.n_extra, 2);
    parse(p, a, "{\"a\":1,\"b\":\"2\",\"shoe size\":43}", &root);
    assert_false(person_read(root, a, &who, &f));
    assert_int_equal(f.status, 400);
    assert_string_equal(f.text,
                        "There are more than 2 fields beyond the known ones (person.max_extra): \"shoe size\" has no room.");
    assert_true(limit_set(STR("person.max_extra"), 200, &f));
    assert_true(limit_set(STR("person.max_name_bytes"), 8, &f));
    assert_false(person_read(root, a, &who, &f));
    assert_string_equal(f.text, "The name of a field is longer than 8 bytes (person.max_name_bytes): \"shoe size\".");
    assert_true(limit_set(STR("person.max_name_bytes"), 100, &f));
    assert_true(limit_set(STR("merge.max_value_bytes"), 1, &f));
    assert_false(person_read(root, a, &who, &f));
    assert_string_equal(f.text, "shoe size is longer than 1 bytes (merge.max_value_bytes).");
    assert_true(limit_set(STR("merge.max_value_bytes"), 8192, &f));
    arena_destroy(&a);
    json_parser_destroy(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
