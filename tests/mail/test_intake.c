/* Contact files: what goes in, what is kept with its reason, and what is right after a stop in the middle. */
#include "house.h"
#include "fake_press.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "mail/account_end.h"
#include <stdio.h>
#include <unistd.h>

#define HEADER "First Name,last_name,Address Street,City,State,Zip,Favourite Tree,Variable Data 7\n"

static int setup(void **state)
{
    static struct house h;
    house_open(&h, fake_press(), true);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static struct intake wait_end(struct house *h, int64_t id)
{
    struct intake in;
    struct fault f;
    for (int64_t until = clock_mono_ms() + 20000; clock_mono_ms() < until; usleep(5000)) {
        if (!intake_get(h->store, h->arena, h->account, id, &in, &f)) fail_msg("%s", f.text);
        if (in.state == INTAKE_DONE || in.state == INTAKE_FAILED) return in;
    }
    fail_msg("the import stands in state %d at byte %lld", in.state, (long long)in.at_byte);
    return in;
}

static struct intake import(struct house *h, int64_t list, const char *csv)
{
    int64_t id;
    struct fault f;
    if (!intake_keep_contacts(h->mail, h->account, list, house_write_file(h, "in.csv", csv), &id, &f)) fail_msg("%s", f.text);
    return wait_end(h, id);
}

static void test_rows_and_refusals(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact *page;
    struct contact_list list;
    struct refused_row *refused;
    int64_t id = house_list(h, h->account, "People");
    struct intake in = import(h, id,
                              "\xef\xbb\xbf" HEADER "Ann,Doe,1 Main St,Springfield,IL,62701,Oak,x\n"
                              "Bea,Doe,2 Main St,Springfield,XX,62701,Elm,\n" /* line 3: no such state */
                              "\n"
                              "Cid,\"Do\ne\",3 Main St,Springfield,Illinois,62701-1234,\"Ash, white\",\n" /* lines 5-6 */
                              "Dee,Doe,4 Main St,Springfield,IL,62701,Yew,,surplus\n"                     /* line 7: too many */
                              "Eve,Doe,5 Main St,Springfield,IL,62701,,,,\n"   /* empty surplus does no harm */
                              "Fay,Doe,6 Main St,Springfield,IL\n"             /* line 9: too few: no zip */
                              "Gus,M\xfcller,7 Main St,Springfield,IL,62701"); /* Windows-1252, no newline */
    assert_int_equal(in.state, INTAKE_DONE);
    assert_int_equal(in.n_rows, 7);
    assert_int_equal(in.n_used, 4);
    assert_int_equal(in.n_refused, 3);
    assert_int_equal(in.at_byte, in.bytes);
    assert_int_equal(contact_page(h->store, h->arena, h->account, id, 0, 10, &page, &f), 4);
    assert_str("Ann", page[0].values[FIELD_FIRST_NAME]);
    assert_str("x", page[0].values[FIELD_VAR_1 + 6]);
    assert_str("Oak", page[0].values[FIELD_KNOWN]);
    assert_str("Do\ne", page[1].values[FIELD_LAST_NAME]);
    assert_str("Ash, white", page[1].values[FIELD_KNOWN]);
    assert_str("M\xc3\xbcller", page[3].values[FIELD_LAST_NAME]);
    assert_true(list_get(h->store, h->arena, h->account, id, &list, &f));
    assert_int_equal(list.count, 4);
    assert_int_equal(list.n_columns, 1);
    assert_str("Favourite Tree", list.columns[0]);
    assert_int_equal(intake_refused(h->store, h->arena, h->account, in.intake_id, 0, 10, &refused, &f), 3);
    static const struct {
        int64_t line;
        const char *reason, *words, *raw;
    } want[] = {{3, "invalid value", "address_state \"XX\"", "Bea,"},
                {7, "too many fields", "9 fields", "Dee,"},
                {9, "invalid value", "address_zip is required", "Fay,"}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(refused[i].line, want[i].line);
        assert_str(want[i].reason, refused[i].reason);
        if (!strstr(refused[i].detail.ptr, want[i].words)) fail_msg("%s", refused[i].detail.ptr);
        assert_true(str_starts(refused[i].raw, str_of(want[i].raw)));
    }
    assert_int_equal(intake_refused(h->store, h->arena, h->account, in.intake_id, 7, 10, &refused, &f), 1);
}

static void test_files_that_cannot_be_used(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct refused_row *refused;
    int64_t list = house_list(h, h->account, "People"), id;
    static const struct {
        const char *csv, *words;
    } cases[] = {
        {"First Name,Last Name,Street,City,State\nAnn,Doe,1 Main St,X,IL\n", "address_zip"},
        {"Ann,Doe,1 Main St,Springfield,IL,62701\n", "no column for first_name"},
        {"\n\n", "no first line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct intake in = import(h, list, cases[i].csv);
        assert_int_equal(in.state, INTAKE_FAILED);
        assert_int_equal(in.n_used, 0);
        assert_int_equal(intake_refused(h->store, h->arena, h->account, in.intake_id, 0, 10, &refused, &f), 1);
        if (!strstr(refused[0].detail.ptr, cases[i].words)) fail_msg("%s", refused[0].detail.ptr);
        assert_true(str_eq(in.last_error, refused[0].detail));
    }
    assert_false(intake_keep_contacts(h->mail, h->account, list, house_write_file(h, "in.csv", ""), &id, &f));
    assert_fault(400, &f, "empty");
    assert_false(intake_keep_contacts(h->mail, h->other, list, house_write_file(h, "in.csv", "x"), &id, &f));
    assert_fault(404, &f, "list");
}

static char *big_csv(struct house *h, int n)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, HEADER);
    for (int i = 0; i < n; i++)
        buf_addf(&b, "P%d,Doe,%d Main St,Springfield,%s,62701,\"Tree\n%d\",\n", i, i, i % 1000 == 999 ? "XX" : "IL", i);
    char *s = arena_str(h->arena, buf_str(&b)).ptr ? arena_strz(h->arena, b.data) : NULL;
    buf_finish(&b);
    return s;
}

static void check_all(struct house *h, int64_t list, int64_t id, int n)
{
    struct fault f;
    struct intake in;
    struct contact *page;
    struct refused_row *refused;
    assert_true(intake_get(h->store, h->arena, h->account, id, &in, &f));
    assert_int_equal(in.n_rows, n);
    assert_int_equal(in.n_used, n - n / 1000);
    assert_int_equal(in.n_refused, n / 1000);
    int n_read = contact_page(h->store, h->arena, h->account, list, 0, n + 1, &page, &f), at = 0;
    assert_int_equal(n_read, n - n / 1000);
    for (int i = 0; i < n; i++) {
        if (i % 1000 == 999) continue;
        assert_str(arena_printf(h->arena, "P%d", i), page[at++].values[FIELD_FIRST_NAME]);
    }
    assert_int_equal(intake_refused(h->store, h->arena, h->account, id, 0, n, &refused, &f), n / 1000);
    assert_int_equal(refused[0].line, 2 + 999 * 2);
    assert_int_equal(refused[n / 1000 - 1].line, 2 + (n - 1) * 2);
}

static void test_many_chunks(void **state)
{
    struct house *h = *state;
    int64_t list = house_list(h, h->account, "People");
    struct intake in = import(h, list, big_csv(h, 23000));
    assert_int_equal(in.state, INTAKE_DONE);
    check_all(h, list, in.intake_id, 23000);
}

/* A stop in the middle: what was committed is not repeated, what was not is not lost. */
static void test_stop_in_the_middle(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct intake in = {0};
    int64_t list = house_list(h, h->account, "People"), id;
    assert_true(limit_set(STR("import.rows_per_commit"), 100, &f));
    assert_true(intake_keep_contacts(h->mail, h->account, list, house_write_file(h, "in.csv", big_csv(h, 20000)), &id, &f));
    int stops = 0;
    while (in.state != INTAKE_DONE && stops < 200) {
        usleep(20000);
        house_reopen(h, true);
        assert_true(intake_get(h->store, h->arena, h->account, id, &in, &f));
        if (in.state != INTAKE_DONE && in.at_byte > 0) stops++;
    }
    assert_true(stops > 0);
    assert_int_equal(in.state, INTAKE_DONE);
    check_all(h, list, id, 20000);
    assert_true(limit_set(STR("import.rows_per_commit"), 5000, &f));
}

/* A disk that fails is asked again by the ladder, and not for ever: then the import has failed and says why. */
static void test_ladder_has_an_end(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct intake in;
    struct refused_row *refused;
    int64_t list = house_list(h, h->account, "People"), id;
    assert_true(limit_set(STR("job.attempts"), 2, &f));
    assert_true(limit_set(STR("job.retry_first"), 1, &f));
    house_reopen(h, false);
    assert_true(intake_keep_contacts(h->mail, h->account, list, house_write_file(h, "in.csv", HEADER), &id, &f));
    assert_true(remove_tree(arena_printf(h->arena, "%s/files/intake", h->dir), &f));
    house_expect_log("cannot be opened");
    int64_t begin = clock_mono_ms();
    house_reopen(h, true);
    while (intake_get(h->store, h->arena, h->account, id, &in, &f) && !in.last_error.ptr) usleep(5000);
    assert_int_equal(in.state, INTAKE_RUNNING); /* again, in a second */
    in = wait_end(h, id);
    assert_int_equal(in.state, INTAKE_FAILED);
    assert_in_range(clock_mono_ms() - begin, 1000, 15000);
    if (!strstr(in.last_error.ptr, "cannot be opened")) fail_msg("%s", in.last_error.ptr);
    assert_int_equal(intake_refused(h->store, h->arena, h->account, id, 0, 10, &refused, &f), 0); /* no row is to blame */
    assert_true(limit_set(STR("job.attempts"), 8, &f));
    assert_true(limit_set(STR("job.retry_first"), 5, &f));
}

/* A list that is deleted, or whose account is, gets no more rows, and the import says so. */
static void deleted_meanwhile(struct house *h, bool is_account)
{
    struct fault f;
    struct intake in;
    enum { ROWS = 20000 };
    int64_t list = house_list(h, h->account, "People"), id;
    assert_true(limit_set(STR("import.rows_per_commit"), 100, &f));
    assert_true(intake_keep_contacts(h->mail, h->account, list, house_write_file(h, "in.csv", big_csv(h, ROWS)), &id, &f));
    while (intake_get(h->store, h->arena, h->account, id, &in, &f) && in.n_used == 0) usleep(1000);
    assert_true(is_account ? mail_account_end(h->mail, h->account, NULL, &f) : list_delete(h->store, h->account, list, &f));
    in = wait_end(h, id);
    assert_int_equal(in.state, INTAKE_FAILED);
    assert_in_range(in.n_used, 1, ROWS - ROWS / 1000 - 1);
    if (!strstr(in.last_error.ptr, "was deleted while")) fail_msg("%s", in.last_error.ptr);
    assert_true(limit_set(STR("import.rows_per_commit"), 5000, &f));
}

static void test_list_deleted_meanwhile(void **state) { deleted_meanwhile(*state, false); }
static void test_account_deleted_meanwhile(void **state) { deleted_meanwhile(*state, true); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_and_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_that_cannot_be_used, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_chunks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_in_the_middle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_deleted_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_account_deleted_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ladder_has_an_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
