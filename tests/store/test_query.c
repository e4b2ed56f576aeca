/* Values in and out, rows, refusals: what a closure sees. */
#include "house.h"

static int setup(void **state)
{
    static struct house h;
    house_init(&h);
    house_open(&h);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_finish(*state);
    return 0;
}

static const struct value_case {
    const char *name;
    struct str body, stamp;
} value_cases[] = {
    {"both", {"Grüße", 7}, {"\0\1\2", 3}},
    {"null", {NULL, 0}, {NULL, 0}},
    {"empty", {"", 0}, {"", 0}},
    {"text of one letter", {"x", 1}, {NULL, 0}},
};

static bool put_values(struct tx *tx, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof value_cases / sizeof *value_cases; i++)
        tx_run(tx, Q_NOTE_ADD, &(struct q_note_add){1, (int64_t)i, value_cases[i].body, value_cases[i].stamp}, NULL);
    return tx_ok(tx);
}

static bool see_values(struct tx *tx, void *arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof value_cases / sizeof *value_cases; i++) {
        const struct value_case *c = &value_cases[i];
        struct r_note_get row;
        if (!tx_first(tx, Q_NOTE_GET, &(struct q_note_get){1, (int64_t)i}, &row)) fail_msg("%s: no row", c->name);
        if (!str_eq(row.body, c->body) || !row.body.ptr != !c->body.ptr) fail_msg("%s: body", c->name);
        if (!str_eq(row.stamp, c->stamp) || !row.stamp.ptr != !c->stamp.ptr) fail_msg("%s: stamp", c->name);
    }
    return true;
}

static void values_come_back(void **state)
{
    struct house *h = *state;
    assert_true(store_write(h->store, put_values, NULL, NULL));
    assert_true(store_read(h->store, see_values, NULL, NULL));
}

static bool change_some(struct tx *tx, void *arg)
{
    int64_t changed = -1, *n = arg;
    *n = 0;
    struct r_note_change row;
    struct rows r = tx_rows(tx, Q_NOTE_CHANGE, &(struct q_note_change){1, 2, STR("new")});
    while (rows_next(&r, &row)) *n += row.note_id;
    rows_end(&r);
    tx_run(tx, Q_NOTE_REMOVE, &(struct q_note_remove){1, 3}, &changed);
    *n = *n * 10 + changed;
    return tx_ok(tx);
}

static void writes_give_rows_and_counts(void **state)
{
    struct house *h = *state;
    int64_t n = 0;
    assert_true(store_write(h->store, put_values, NULL, NULL));
    assert_true(store_write(h->store, change_some, &n, NULL));
    assert_int_equal(n, (2 + 3) * 10 + 1);
    assert_int_equal(house_count(h, 1), 3);
}

static bool same_query_twice(struct tx *tx, void *arg)
{
    int64_t *pairs = arg;
    struct r_note_list a, b;
    struct rows outer = tx_rows(tx, Q_NOTE_LIST, &(struct q_note_list){1, -1, 100});
    while (rows_next(&outer, &a)) {
        struct rows inner = tx_rows(tx, Q_NOTE_LIST, &(struct q_note_list){1, a.note_id, 100});
        while (rows_next(&inner, &b)) *pairs += 1;
    }
    tx_rows(tx, Q_NOTE_LIST, &(struct q_note_list){1, -1, 100}); /* forgotten open: closed with the closure */
    return tx_ok(tx);
}

static void a_query_may_run_inside_itself(void **state)
{
    struct house *h = *state;
    int64_t pairs = 0;
    assert_true(store_write(h->store, put_values, NULL, NULL));
    assert_true(store_read(h->store, same_query_twice, &pairs, NULL));
    assert_int_equal(pairs, 4 * 3 / 2);
    pairs = 0;
    assert_true(store_read(h->store, same_query_twice, &pairs, NULL));
    assert_int_equal(pairs, 6);
}

static bool errors_stick(struct tx *tx, void *arg)
{
    struct r_note_count row = {.n = 77};
    (void)arg;
    tx_refuse(tx, FAULT_USER, 409, "This is taken: %d.", 7);
    assert_false(tx_run(tx, Q_NOTE_REMOVE, &(struct q_note_remove){1, 0}, NULL));
    assert_false(tx_first(tx, Q_NOTE_COUNT, &(struct q_note_count){1}, &row));
    assert_false(tx_refuse(tx, FAULT_OURS, 0, "later"));
    assert_int_equal(row.n, 77);
    return true; /* forgetting to say so does not help */
}

static void the_first_failure_sticks(void **state)
{
    struct house *h = *state;
    struct fault f = {0};
    assert_true(store_write(h->store, put_values, NULL, NULL));
    assert_false(store_write(h->store, errors_stick, NULL, &f));
    assert_string_equal(f.text, "This is taken: 7.");
    assert_int_equal(f.status, 409);
    assert_int_equal(house_count(h, 1), 4);
}

static void a_reader_cannot_write(void **state)
{
    struct house *h = *state;
    struct fault f = {0};
    assert_false(store_read(h->store, put_values, NULL, &f));
    assert_int_equal(f.whose, FAULT_OURS);
    assert_non_null(strstr(f.text, "note_add"));
}

static bool gives_up(struct tx *tx, void *arg)
{
    (void)tx, (void)arg;
    return false;
}

static void giving_up_without_a_reason_is_our_bug(void **state)
{
    struct house *h = *state;
    struct fault f = {0};
    assert_false(store_write(h->store, gives_up, NULL, &f));
    assert_int_equal(f.whose, FAULT_OURS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(writes_give_rows_and_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_query_may_run_inside_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(the_first_failure_sticks, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reader_cannot_write, setup, teardown),
        cmocka_unit_test_setup_teardown(giving_up_without_a_reason_is_our_bug, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
