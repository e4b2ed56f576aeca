/* test_cond.c: conditions by table: what they say of one record, and what is said about bad ones and where. */
#include "lql/cond.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct {
    const char *name, *value;
} fields[] = {
    {"state", "CA"},    {"First Name", "Ann"}, {"city", " San José "},           {"zip", "94101"},
    {"company", ""},    {"email", NULL},       {"Variable Data 7", "$1,500.50"}, {"amount", "20"},
    {"greek", "ΑΘΗΝΑ"},
};
enum { N_FIELDS = sizeof fields / sizeof *fields };

static int find(void *ctx, struct str name)
{
    (void)ctx;
    for (int i = 0; i < N_FIELDS; i++)
        if (str_eq_nocase(name, str_of(fields[i].name))) return i;
    return -1;
}

static const struct {
    const char *text;
    bool want;
} good[] = {
    {"state EQUALS \"CA\"", true},
    {"state equals 'ca'", true},
    {"state EQUALS \"MA\"", false},
    {"CA=MA OR state=CA", true},
    {"state=CA", true},
    {"state = \" ca \"", true},
    {"state != CA", false},
    {"state <> MA", true},
    {"First Name DOES NOT EQUAL 'Ann'", false},
    {"First  Name DOES NOT EQUAL 'x' OR state=CA", true},
    {"First Name does  not equal Bob", true},
    {"city STARTS WITH \"San\"", true},
    {"city EQUALS 'SAN JOSÉ'", true},
    {"city=San José AND state=CA", true},
    {"city ENDS WITH 'É'", true},
    {"zip ENDS WITH \"01\"", true},
    {"zip ENDS WITH '10'", false},
    {"zip CONTAINS 410", true},
    {"zip DOES NOT CONTAIN 410", false},
    {"greek = 'αθηνα'", true},
    {"company IS EMPTY", true},
    {"email IS EMPTY", true},
    {"email IS NOT EMPTY", false},
    {"state IS NOT EMPTY", true},
    {"Variable Data 7 GREATER THAN 100", true},
    {"Variable Data 7 LESS THAN \"1,500.51\"", true},
    {"amount > 3", true},
    {"amount < 100", true},
    {"amount >= 20", true},
    {"amount <= 19.99", false},
    {"amount GREATER THAN abc", false},
    {"email GREATER THAN 5", false},
    {"state=CA AND zip=1 OR amount=20", true},
    {"state=MA OR state=CA AND amount=1", false},
    {"state=MA AND (zip=1 OR amount=20)", false},
    {"NOT state=MA", true},
    {"NOT (state=CA OR zip=1)", false},
    {"NOT NOT state=CA", true},
    {"state=CA OR zip=1 AND zip=2", true},
    {"state EQUALS \"\\\"\"", false},
    {"nosuch IS EMPTY", true},
    {"((state=CA))", true},
    {"state=CA\nAND\tamount=20", true},
};

static void results(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct str values[N_FIELDS];
    for (int i = 0; i < N_FIELDS; i++) values[i] = str_of(fields[i].value);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct fault f = {0};
        struct cond *c = cond_compile(a, str_of(good[i].text), find, NULL, true, &f);
        if (!c) fail_msg("%s: %s", good[i].text, f.text);
        if (cond_run(c, values, N_FIELDS) != good[i].want) fail_msg("%s: not %d", good[i].text, good[i].want);
    }
    arena_destroy(&a);
}

static const struct {
    const char *text, *want;
} bad[] = {
    {"", "a field name at character 1, found the end"},
    {"state", "an operator such as EQUALS or IS EMPTY at character 6"},
    {"state EQUALS", "a value at character 13, found the end"},
    {"state EQUALS \"CA", "a closing quote for the value at character 14"},
    {"(state=CA", "AND, OR or \")\" at character 10"},
    {"state=CA)", "AND, OR or the end at character 9"},
    {"nosuch=1", "the name of a field that exists at character 1, found \"nosuch=1\""},
    {"state=CA AND", "a field name at character 13"},
    {"state=\"a\" \"b\"", "AND, OR or the end at character 11"},
    {"= 5", "a field name"},
    {"\xff=1", "not valid UTF-8"},
};

static void faults(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fault f = {0};
        assert_null(cond_compile(a, str_of(bad[i].text), find, NULL, false, &f));
        if (f.whose != FAULT_USER || !strstr(f.text, bad[i].want)) fail_msg("%s: %s", bad[i].text, f.text);
    }
    arena_destroy(&a);
}

static void nasty(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct fault f = {0};
    char *deep = malloc(100000);
    memset(deep, '(', 100000);
    assert_null(cond_compile(a, str_make(deep, 100000), find, NULL, true, &f));
    assert_non_null(strstr(f.text, "fewer levels"));
    free(deep);
    const char *whole = "NOT (First Name DOES NOT EQUAL \"A\\\"nn\") AND amount >= 1,500 OR city IS NOT EMPTY";
    for (size_t n = 0; n <= strlen(whole); n++) { /* every beginning, in memory of just that size */
        char *part = malloc(n ? n : 1);
        memcpy(part, whole, n);
        struct cond *c = cond_compile(a, str_make(part, n), find, NULL, false, &f);
        free(part);
        if (c) cond_run(c, NULL, 0);
        if (n == strlen(whole)) assert_non_null(c);
    }
    arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(results), cmocka_unit_test(faults), cmocka_unit_test(nasty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
