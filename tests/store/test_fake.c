/* The scripted engine: what it lets pass, and what its verdict says. */
#include "house.h"
#include "store/store_fake.h"

static struct store *open_fake(void)
{
    struct store_config config = {.address = "fake:", .data_dir = "/nowhere"};
    struct fault f = {0};
    struct store *s = store_open(&config, &f);
    if (!s) fail_msg("%s", f.text);
    return s;
}

static bool is_note_seven(const void *in) { return ((const struct q_note_add *)in)->note_id == 7; }

static bool add_and_list(struct tx *tx, void *arg)
{
    struct note *n = arg;
    struct r_note_list row;
    note_add(tx, n);
    struct rows r = tx_rows(tx, Q_NOTE_LIST, &(struct q_note_list){1, 0, 10});
    for (n->n = 0; rows_next(&r, &row);) n->n = n->n * 10 + row.note_id + (int64_t)row.body.len;
    return tx_ok(tx);
}

static const struct fake_case {
    const char *name;
    int64_t note_id;
    enum driver_error add_answer, commit_answer;
    bool announce_more, want_ok;
    const char *verdict; /* NULL: none */
    enum fault_whose whose;
} fake_cases[] = {
    {"as announced", 7, DRIVER_OK, DRIVER_OK, false, true, NULL, FAULT_NONE},
    {"other values", 8, DRIVER_OK, DRIVER_OK, false, false, "note_add (step 1) came with other values than announced", FAULT_OURS},
    {"one too many announced", 7, DRIVER_OK, DRIVER_OK, true, true, "note_remove (step 4) was announced, but never came", FAULT_NONE},
    {"the disk is full", 7, DRIVER_FULL, DRIVER_OK, false, false, "note_list (step 2) was announced, but never came", FAULT_OPERATOR},
    {"the disk is full at the commit", 7, DRIVER_OK, DRIVER_FULL, false, false, NULL, FAULT_OPERATOR},
    {"the commit breaks", 7, DRIVER_OK, DRIVER_BROKEN, false, false, NULL, FAULT_OURS},
};

static void check_case(const struct fake_case *c)
{
    struct r_note_list rows[] = {{1, STR("a")}, {2, STR("bb")}};
    struct note n = {.account_id = 1, .note_id = c->note_id};
    struct fault f = {0};
    struct store *s = open_fake();
    store_fake_expect(Q_NOTE_ADD, is_note_seven, NULL, 1, c->add_answer);
    store_fake_expect(Q_NOTE_LIST, NULL, rows, 2, DRIVER_OK);
    store_fake_expect_commit(c->commit_answer);
    if (c->announce_more) store_fake_expect(Q_NOTE_REMOVE, NULL, NULL, 1, DRIVER_OK);
    bool ok = store_write(s, add_and_list, &n, &f);
    store_close(&s);
    const char *verdict = store_fake_verdict();
    if (ok != c->want_ok || f.whose != c->whose) fail_msg("%s: %s", c->name, f.text);
    if (ok && n.n != 24) fail_msg("%s: rows %d", c->name, (int)n.n);
    if (!verdict != !c->verdict || (verdict && strcmp(verdict, c->verdict) != 0)) fail_msg("%s: %s", c->name, verdict ? verdict : "no verdict");
}

static void verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fake_cases / sizeof *fake_cases; i++) check_case(&fake_cases[i]);
}

static void a_commit_that_fails_for_now_is_tried_again(void **state)
{
    (void)state;
    struct store *s = open_fake();
    struct note n = {.account_id = 1, .note_id = 7};
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_OK);
    store_fake_expect_commit(DRIVER_RETRY);
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_RETRY);
    store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_OK);
    store_fake_expect_commit(DRIVER_OK);
    assert_true(store_write(s, note_add, &n, NULL));
    assert_null(store_fake_verdict());
    for (int i = 0; i < 3; i++) store_fake_expect(Q_NOTE_ADD, NULL, NULL, 1, DRIVER_RETRY);
    struct fault f = {0};
    assert_false(store_write(s, note_add, &n, &f));
    assert_int_equal(f.whose, FAULT_REMOTE);
    assert_null(store_fake_verdict());
    assert_true(store_write(s, note_add, &n, NULL) == false); /* nothing is announced any more */
    assert_string_equal(store_fake_verdict(), "note_add came at step 1, where the script has its end");
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts),
        cmocka_unit_test(a_commit_that_fails_for_now_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
