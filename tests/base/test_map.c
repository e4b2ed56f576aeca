/* test_map.c: keys of any bytes, order of insertion, and a table that is filled and emptied for long. */
#include "test.h"
#include "base/map.h"
#include <stdio.h>

static int value[4];

static void test_keys(void **state)
{
    (void)state;
    static const struct str keys[] = {STR(""),  STR("a"),        STR("a\0"),       STR("a\0b"),
                                      STR("A"), STR("12345678"), STR("123456789"), STR("é")};
    struct map *m = map_create();
    for (size_t i = 0; i < ROWS(keys); i++) {
        assert_null(map_get(m, keys[i]));
        assert_null(map_put(m, keys[i], (void *)&keys[i]));
    }
    for (size_t i = 0; i < ROWS(keys); i++) assert_ptr_equal(map_get(m, keys[i]), &keys[i]);
    size_t at = 0, n = 0;
    struct str key;
    for (void *v; map_next(m, &at, &key, &v); n++) {
        assert_true(str_eq(key, keys[n]));
        assert_ptr_equal(v, &keys[n]);
    }
    assert_int_equal(n, ROWS(keys));
    map_destroy(&m);
    assert_null(m);
    map_destroy(&m);
}

static void test_change(void **state)
{
    (void)state;
    struct map *m = map_create();
    char key[] = "one";
    map_put(m, str_of(key), &value[1]);
    key[0] = 'x'; /* the key was copied */
    assert_ptr_equal(map_get(m, STR("one")), &value[1]);
    assert_ptr_equal(map_put(m, STR("one"), &value[2]), &value[1]);
    assert_ptr_equal(map_get(m, STR("one")), &value[2]);
    assert_ptr_equal(map_remove(m, STR("one")), &value[2]);
    assert_null(map_remove(m, STR("one")));
    assert_null(map_get(m, STR("one")));
    assert_null(map_put(m, STR("one"), &value[3]));
    assert_ptr_equal(map_get(m, STR("one")), &value[3]);
    size_t at = 0, n = 0;
    struct str k;
    for (void *v; map_next(m, &at, &k, &v);) n++;
    assert_int_equal(n, 1);
    map_destroy(&m);
}

/* 20,000 keys pass through; at most 100 are there at once. */
static void test_churn(void **state)
{
    (void)state;
    enum { KEYS = 20000, THERE = 100 };
    static char names[KEYS][8];
    struct map *m = map_create();
    for (int i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        assert_null(map_put(m, str_of(names[i]), names[i]));
        if (i >= THERE) assert_ptr_equal(map_remove(m, str_of(names[i - THERE])), names[i - THERE]);
    }
    for (int i = 0; i < KEYS; i++) assert_ptr_equal(map_get(m, str_of(names[i])), i < KEYS - THERE ? NULL : names[i]);
    size_t at = 0;
    int n = KEYS - THERE;
    struct str k;
    for (void *v; map_next(m, &at, &k, &v);) assert_ptr_equal(v, names[n++]);
    assert_int_equal(n, KEYS);
    map_destroy(&m);
}

static void test_many(void **state)
{
    (void)state;
    enum { KEYS = 50000 };
    static char names[KEYS][8];
    struct map *m = map_create();
    for (int i = 0; i < KEYS; i++) {
        snprintf(names[i], sizeof names[i], "%d", i);
        map_put(m, str_of(names[i]), names[i]);
    }
    for (int i = 0; i < KEYS; i++) assert_ptr_equal(map_get(m, str_of(names[i])), names[i]);
    assert_null(map_get(m, STR("50000")));
    map_destroy(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys), cmocka_unit_test(test_change), cmocka_unit_test(test_churn),
                                       cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
