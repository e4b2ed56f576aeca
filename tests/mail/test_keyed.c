/* Imports into a list that tells its contacts apart by a key: rows add, renew, or change nothing; and what is heard of contacts. */
#include "house.h"
#include "fake_press.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "mail/contact_key.h"
#include "outbox/event.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEADER "First Name,last_name,Address Street,City,State,Zip,Email,Badge\n"
#define PLACE  ",Doe,1 Main St,Springfield,IL,62701,"

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
    for (int64_t until = clock_mono_ms() + 60000; clock_mono_ms() < until; usleep(5000)) {
        if (!intake_get(h->store, h->arena, h->account, id, &in, &f)) fail_msg("%s", f.text);
        if (in.state == INTAKE_DONE || in.state == INTAKE_FAILED) return in;
    }
    fail_msg("the import stands in state %d at byte %lld", in.state, (long long)in.at_byte);
    return in;
}

static struct intake import(struct house *h, int64_t list, const char *key, const char *csv)
{
    struct intake in;
    struct fault f;
    if (!intake_keep(h->mail, h->account, list, house_write_file(h, "in.csv", csv), str_of(key), &in, &f))
        fail_msg("%s", f.text);
    return wait_end(h, in.intake_id);
}

static void assert_counts(struct intake in, int64_t used, int64_t inserted, int64_t updated, int64_t repeated)
{
    if (in.state == INTAKE_FAILED) fail_msg("%.*s", STR_ARG(in.last_error));
    assert_int_equal(in.n_used, used);
    assert_int_equal(in.n_inserted, inserted);
    assert_int_equal(in.n_updated, updated);
    assert_int_equal(in.n_repeat, repeated);
}

static int page_of(struct house *h, int64_t list, struct contact **page)
{
    struct fault f;
    struct contact_list l;
    int n = contact_page(h->store, h->arena, h->account, list, 0, 100000, page, &f);
    assert_true(list_get(h->store, h->arena, h->account, list, &l, &f));
    assert_int_equal(l.count, n);
    return n;
}

static void test_add_renew_leave(void **state)
{
    struct house *h = *state;
    struct contact *page;
    struct contact_list list;
    struct fault f;
    int64_t id = house_list(h, h->account, "People");
    struct intake in;
    in = import(h, id, "email_address", HEADER "Ann" PLACE "ann@example.com,1\nBea" PLACE " BEA@example.com ,2\n");
    assert_counts(in, 2, 2, 0, 0);
    int64_t before = clock_now_ms();
    in = import(h, id, "email_address",
                HEADER "Anne" PLACE "Ann@Example.com,1\n"  /* renewed, capitals or not */
                       "Bea" PLACE " BEA@example.com ,2\n" /* as it is */
                       "Cid" PLACE "cid@example.com,3\n"   /* new */
                       "Dee" PLACE ",4\n"                  /* refused: no key */
                       "Eve" PLACE "eve@example.com,5\n"
                       "Eva" PLACE "eve@example.com,6\n"); /* the later row counts */
    assert_counts(in, 5, 2, 1, 1);
    assert_int_equal(in.n_refused, 1);
    struct refused_row *refused;
    assert_int_equal(intake_refused(h->store, h->arena, h->account, in.intake_id, 0, 10, &refused, &f), 1);
    assert_str("no key", refused[0].reason);
    assert_int_equal(refused[0].line, 5);
    assert_int_equal(page_of(h, id, &page), 4);
    assert_str("Anne", page[0].values[FIELD_FIRST_NAME]);
    assert_str("Ann@Example.com", page[0].values[FIELD_EMAIL_ADDRESS]);
    assert_true(page[0].updated_at >= before);
    assert_true(page[1].updated_at <= before); /* not written */
    assert_str("Eva", page[3].values[FIELD_FIRST_NAME]);
    assert_str("6", page[3].values[FIELD_KNOWN]);
    assert_true(list_get(h->store, h->arena, h->account, id, &list, &f));
    assert_str("email_address", list.key_field);
}

/* The key stays with the list: an import that names none uses it, one that names another is refused, and one without its column cannot be used. */
static void test_key_stays(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct intake in;
    int64_t id = house_list(h, h->account, "People");
    assert_counts(import(h, id, "badge", HEADER "Ann" PLACE ",A7\n"), 1, 1, 0, 0); /* a column that this file brings */
    assert_counts(import(h, id, NULL, HEADER "Ann" PLACE ",A7\nBea" PLACE ",a7\n"), 2, 1, 0,
                  0); /* only addresses are alike in capitals */
    assert_false(intake_keep(h->mail, h->account, id, house_write_file(h, "in.csv", HEADER), STR("email_address"), &in, &f));
    assert_fault(409, &f, "by badge, not by email_address");
    assert_false(intake_keep(h->mail, h->account, id, house_write_file(h, "in.csv", HEADER), STR(" "), &in, &f));
    assert_fault(400, &f, "key must name");
    in = import(h, id, NULL, "First Name,last_name,Address Street,City,State,Zip\nAnn,Doe,1 Main St,Springfield,IL,62701\n");
    assert_int_equal(in.state, INTAKE_FAILED);
    if (!strstr(in.last_error.ptr, "names no column for badge")) fail_msg("%s", in.last_error.ptr);
}

/* Contacts from before the key are found by it: the first of each. */
static void test_contacts_from_before(void **state)
{
    struct house *h = *state;
    struct contact *page;
    int64_t id = house_list(h, h->account, "People");
    assert_int_equal(
        import(h, id, NULL, HEADER "Ann" PLACE "x@example.com,\nBea" PLACE "x@example.com,\nCid" PLACE ",\n").n_used, 3);
    assert_counts(import(h, id, "email_address", HEADER "Zoe" PLACE "x@example.com,\nYan" PLACE "y@example.com,\n"), 2, 1, 1,
                  0);
    assert_int_equal(page_of(h, id, &page), 4);
    assert_str("Zoe", page[0].values[FIELD_FIRST_NAME]);
    assert_str("Bea", page[1].values[FIELD_FIRST_NAME]);
    assert_str("Yan", page[3].values[FIELD_FIRST_NAME]);
}

static char *many(struct house *h, int n, int round)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, HEADER);
    for (int i = 0; i < n; i++) /* a scattered order, each tenth is another in the second round */
        buf_addf(&b, "P%d" PLACE "person%d@example.com,%d\n", i, i * 7919 % n, round && i % 10 == 0 ? round : 0);
    char *s = arena_strz(h->arena, b.data);
    buf_finish(&b);
    return s;
}

/* More than one sorted chunk, more than one slice each; then the same again, and stops in the middle. */
static void test_many(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact *page;
    enum { N = 5000 };
    int64_t id = house_list(h, h->account, "People");
    assert_true(limit_set(STR("import.rows_sorted"), 1100, &f) && limit_set(STR("import.rows_per_commit"), 150, &f));
    assert_counts(import(h, id, "email_address", many(h, N, 0)), N, N, 0, 0);
    assert_counts(import(h, id, NULL, many(h, N, 0)), N, 0, 0, 0);
    assert_counts(import(h, id, NULL, many(h, N, 1)), N, 0, N / 10, 0);
    assert_int_equal(page_of(h, id, &page), N);
    struct intake in;
    int stops = 0;
    assert_true(intake_keep(h->mail, h->account, id, house_write_file(h, "in.csv", many(h, N, 2)), STR_NULL, &in, &f));
    int64_t intake_id = in.intake_id;
    while (in.state != INTAKE_DONE && stops < 200) {
        usleep(20000 * (useconds_t)(stops + 1)); /* a chunk must have its time: it is done again from its start */
        house_reopen(h, true);
        assert_true(intake_get(h->store, h->arena, h->account, intake_id, &in, &f));
        if (in.state != INTAKE_DONE && in.n_updated > 0) stops++;
    }
    assert_true(stops > 0);
    assert_counts(in, N, 0, N / 10, 0);
    assert_int_equal(page_of(h, id, &page), N);
    for (int i = 0; i < N; i++)
        assert_str(atoi(page[i].values[FIELD_FIRST_NAME].ptr + 1) % 10 ? "0" : "2", page[i].values[FIELD_KNOWN]);
    assert_true(limit_set(STR("import.rows_sorted"), 50000, &f) && limit_set(STR("import.rows_per_commit"), 5000, &f));
}

/* ---- contacts one by one ---- */

static struct contact keyed(int64_t list, const char *name, const char *email)
{
    struct contact c = house_contact(list, name);
    c.values[FIELD_EMAIL_ADDRESS] = str_of(email);
    c.key_place = FIELD_EMAIL_ADDRESS + 1;
    return c;
}

static void test_one_by_one(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact *page;
    int64_t id = house_list(h, h->account, "People");
    assert_counts(import(h, id, "email_address", HEADER "Ann" PLACE "ann@example.com,\n"), 1, 1, 0, 0);
    struct contact ann = keyed(id, "Anna", "ANN@example.com"), bea = keyed(id, "Bea", "bea@example.com"),
                   none = keyed(id, "Cid", NULL);
    assert_true(contact_create(h->mail, h->account, &ann, &f)); /* the one that is there */
    assert_true(contact_create(h->mail, h->account, &bea, &f));
    assert_false(contact_create(h->mail, h->account, &none, &f));
    assert_fault(400, &f, "email_address is required");
    assert_int_equal(page_of(h, id, &page), 2);
    assert_int_equal(page[0].contact_id, ann.contact_id);
    assert_str("Anna", page[0].values[FIELD_FIRST_NAME]);
    struct contact taken = keyed(0, "Bea", "ann@example.com"), moved = keyed(0, "Bea", "b@example.com");
    taken.contact_id = moved.contact_id = bea.contact_id;
    assert_false(contact_replace(h->mail, h->account, &taken, &f));
    assert_fault(409, &f, "has this email_address already");
    assert_true(contact_replace(h->mail, h->account, &moved, &f));
    assert_counts(import(h, id, NULL, HEADER "Bob" PLACE "b@example.com,\nBea" PLACE "bea@example.com,\n"), 2, 1, 1, 0);
}

/* Only what is named changes, and null clears. */
static void test_patch(void **state)
{
    struct house *h = *state;
    struct fault f;
    int64_t id = house_list(h, h->account, "People");
    struct contact c = house_contact(id, "Ann"), to = {.n_values = FIELD_KNOWN}, got;
    bool named[CONTACT_VALUES_MAX] = {false};
    c.values[FIELD_COMPANY] = STR("Engines");
    c.values[FIELD_VAR_1 + 4] = STR("five");
    assert_true(contact_create(h->mail, h->account, &c, &f));
    to.contact_id = c.contact_id;
    to.values[FIELD_FIRST_NAME] = STR("Anna"), named[FIELD_FIRST_NAME] = true;
    named[FIELD_COMPANY] = true;
    assert_true(contact_patch(h->mail, h->account, &to, named, &f));
    assert_int_equal(to.contact_list_id, id);
    assert_true(contact_get(h->store, h->arena, h->account, 0, c.contact_id, &got, &f));
    assert_str("Anna", got.values[FIELD_FIRST_NAME]);
    assert_null(got.values[FIELD_COMPANY].ptr);
    assert_str("five", got.values[FIELD_VAR_1 + 4]);
    to.values[FIELD_FIRST_NAME] = STR_NULL;
    assert_false(contact_patch(h->mail, h->account, &to, named, &f));
    assert_fault(400, &f, "first_name is required");
    assert_false(contact_patch(h->mail, h->other, &to, named, &f));
    assert_fault(404, &f, "There is no contact");
}

/* ---- what is heard of contacts ---- */

static void assert_events(struct house *h, int64_t list, const char *want)
{
    struct event *rows;
    struct fault f;
    char got[200] = "";
    int n = event_page(h->store, h->arena, h->account, EVENT_LIST, list, 0, 50, &rows, &f);
    for (int i = n - 1; i >= 0; i--) snprintf(got + strlen(got), sizeof got - strlen(got), "%d", rows[i].code);
    assert_string_equal(got, want);
}

static struct link_def quiet_link = {.name = "test", .number = 1};
struct put {
    struct house *h;
    struct subscription s;
};
static bool put(struct tx *tx, void *arg)
{
    struct put *p = arg;
    struct subscription s = p->s;
    return subscription_put(p->h->outbox, tx, &quiet_link, &s, STR_NULL);
}

static void test_events(void **state)
{
    struct house *h = *state;
    struct fault f;
    bool named[CONTACT_VALUES_MAX] = {[FIELD_COMPANY] = true};
    int64_t id = house_list(h, h->account, "People");
    struct contact c = house_contact(id, "Ann");
    assert_true(contact_create(h->mail, h->account, &c, &f));
    assert_true(contact_replace(h->mail, h->account, &c, &f) && contact_patch(h->mail, h->account, &c, named, &f));
    assert_true(contact_delete(h->mail, h->account, id, c.contact_id, &f));
    assert_false(contact_delete(h->mail, h->account, id, c.contact_id, &f));
    assert_events(h, id, "1223");
    assert_counts(import(h, id, "email_address", HEADER "Ann" PLACE "a@example.com,\n"), 1, 1, 0, 0);
    assert_events(h, id, "1223"); /* nobody wants to hear of an import */
    struct put p = {h,
                    {.account_id = h->account,
                     .source = EVENT_LIST,
                     .source_id = id,
                     .codes = 1u << CONTACT_CREATED | 1u << CONTACT_UPDATED,
                     .delay_ms = 3600000,
                     .is_enabled = true,
                     .name = STR("all"),
                     .settings = STR("{}"),
                     .address = STR("http://127.0.0.1/")}};
    if (!store_write(h->store, put, &p, &f)) fail_msg("%s", f.text);
    assert_counts(import(h, id, NULL, HEADER "Anna" PLACE "a@example.com,\nBea" PLACE "b@example.com,\n"), 2, 1, 1, 0);
    assert_events(h, id, "122321");
    assert_counts(import(h, id, NULL, HEADER "Anna" PLACE "a@example.com,\n"), 1, 0, 0, 0);
    assert_events(h, id, "122321"); /* nothing changed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_add_renew_leave, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_contacts_from_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_patch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
