/* What is remembered of each connection: begun at its first use, one's own, forgotten when it ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "links/per_connection.h"

struct memory {
    int64_t from_begin, used;
    char rest[40];
};
static int n_begun, n_ended;
static int64_t last_ended;

static void begin(void *entry)
{
    static const struct memory zeros;
    assert_memory_equal(entry, &zeros, sizeof zeros);
    ((struct memory *)entry)->from_begin = ++n_begun;
}

static void end(void *entry)
{
    n_ended++;
    last_ended = ((struct memory *)entry)->used;
}

static int64_t use(struct per_connection *p, int64_t connection_id)
{
    struct memory *m = per_connection_lock(p, connection_id);
    int64_t used = ++m->used;
    assert_true(m->from_begin > 0);
    memset(m->rest, 0xA5, sizeof m->rest);
    per_connection_unlock(p);
    return used;
}

static void test_entries(void **state)
{
    static const struct {
        int64_t connection;
        bool forgets; /* else it is used */
        int64_t want; /* used so often; when it was forgotten: how many were ended in all */
    } steps[] = {
        {7, false, 1}, {7, false, 2},      {7 << 8, false, 1}, {7, false, 3}, {9, true, 0}, {7, true, 1},  {7, false, 1},
        {7, false, 2}, {7 << 8, false, 2}, {7 << 8, true, 2},  {7, true, 3},  {7, true, 3}, {0, false, 1}, {-7, false, 1},
    };
    struct per_connection *p = per_connection_create(sizeof(struct memory), begin, end);
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].forgets) per_connection_forget(p, steps[i].connection);
        int64_t got = steps[i].forgets ? n_ended : use(p, steps[i].connection);
        if (got != steps[i].want) fail_msg("step %zu: %lld", i, (long long)got);
    }
    per_connection_destroy(&p);
    assert_null(p);
    assert_int_equal(n_ended, n_begun);
    assert_int_equal(last_ended, 1);
    per_connection_destroy(&p);
}

/* Nothing to begin with, nothing to free. */
static void test_plain(void **state)
{
    struct per_connection *p = per_connection_create(sizeof(int64_t), NULL, NULL);
    (void)state;
    *(int64_t *)per_connection_lock(p, 1) = 5;
    per_connection_unlock(p);
    assert_int_equal(*(int64_t *)per_connection_lock(p, 1), 5);
    per_connection_unlock(p);
    per_connection_forget(p, 1);
    assert_int_equal(*(int64_t *)per_connection_lock(p, 1), 0);
    per_connection_unlock(p);
    per_connection_destroy(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_entries), cmocka_unit_test(test_plain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
