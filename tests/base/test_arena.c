/* test_arena.c: memory that is aligned, zeroed and kept until it is forgotten at once. */
#include "test.h"
#include "child.h"
#include "base/arena.h"
#include <signal.h>
#include <stdalign.h>

static bool is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i]) return false;
    return true;
}

/* Dirt of one round must not show in the next; sizes go past the first chunk and past the largest doubled one. */
static void test_alloc(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 1000, 5000, (1u << 20) + 1, 3};
    unsigned char *at[ROWS(sizes)];
    struct arena *a = arena_create(100);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ROWS(sizes); i++) {
            at[i] = arena_alloc(a, sizes[i]);
            assert_int_equal((uintptr_t)at[i] % alignof(max_align_t), 0);
            assert_true(is_zero(at[i], sizes[i]));
            memset(at[i], (int)i + 1, sizes[i]);
        }
        for (size_t i = 0; i < ROWS(sizes); i++)
            for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(at[i][k], i + 1);
        assert_true(arena_bytes(a) > (1u << 20) + 6225);
        arena_reset(a);
        assert_int_equal(arena_bytes(a), 0);
    }
    void *first = arena_alloc(a, 8);
    arena_reset(a);
    assert_ptr_equal(arena_alloc(a, 8), first); /* the first chunk is kept */
    arena_destroy(&a);
    assert_null(a);
    arena_destroy(&a);
    arena_destroy(NULL);
}

static void test_text(void **state)
{
    (void)state;
    struct arena *a = arena_create(0);
    char from[] = "a\0b";
    struct str copy = arena_str(a, str_make(from, 3));
    from[0] = 'x';
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b\0", 4);
    assert_null(arena_str(a, STR_NULL).ptr);
    assert_string_equal(arena_str(a, STR("")).ptr, "");
    assert_null(arena_strz(a, NULL));
    assert_string_equal(arena_strz(a, "penny"), "penny");
    const char *wide = arena_printf(a, "%500d|%s", 7, "end");
    assert_int_equal(strlen(wide), 504);
    assert_string_equal(wide + 499, "7|end");
    arena_destroy(&a);
}

struct wrong {
    const char *name;
    size_t n;
};

static int ask_too_much(const void *arg)
{
    const struct wrong *w = arg;
    close(STDERR_FILENO);
    struct arena *a = arena_create(64);
    return ARENA_ARRAY(a, int64_t, w->n) ? 1 : 2;
}

/* Eight times the count is a small number once it wraps; a negative count is a huge one. */
static void test_too_much(void **state)
{
    (void)state;
    static const struct wrong cases[] = {
        {"wraps to 8", SIZE_MAX / 8 + 2}, {"negative", (size_t)-1}, {"past half", SIZE_MAX / 16 + 1}};
    for (size_t i = 0; i < ROWS(cases); i++)
        if (!child_died(child_run(ask_too_much, &cases[i]), SIGABRT)) fail_msg("%s: was handed out", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alloc), cmocka_unit_test(test_text),
                                       cmocka_unit_test(test_too_much)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
