/* Lists and contacts: what goes in comes out, what is wrong is named, and nobody sees another account's. */
#include "house.h"
#include "fake_press.h"
#include "base/buf.h"
#include "mail/recipient.h"

static int setup(void **state)
{
    static struct house h;
    house_open(&h, fake_press(), false);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static void test_round_trip(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact got;
    struct contact_list list;
    int64_t id = house_list(h, h->account, "  People  ");
    struct contact c = house_contact(id, "Ann");
    assert_true(contact_create(h->mail, h->account, &c, &f));
    assert_true(contact_get(h->store, h->arena, h->account, 0, c.contact_id, &got, &f));
    for (int i = 0; i < FIELD_KNOWN; i++) {
        if (!str_eq(got.values[i], c.values[i]) || !got.values[i].ptr != !c.values[i].ptr) fail_msg("field %d differs", i);
    }
    assert_int_equal(got.contact_list_id, id);
    assert_true(got.created_at > 0);
    assert_true(list_get(h->store, h->arena, h->account, id, &list, &f));
    assert_int_equal(list.count, 1);
    assert_str("People", list.name);
    assert_true(contact_delete(h->mail, h->account, id, c.contact_id, &f));
    assert_true(list_get(h->store, h->arena, h->account, id, &list, &f));
    assert_int_equal(list.count, 0);
}

static void test_replace_makes_absent_null(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact got;
    int64_t list = house_list(h, h->account, "People");
    struct contact c = house_contact(list, "Ann"), n;
    c.values[FIELD_COMPANY] = STR("Old");
    assert_true(contact_create(h->mail, h->account, &c, &f));
    n = house_contact(0, "Bea");
    n.contact_id = c.contact_id;
    n.values[FIELD_VAR_1 + 6] = STR_NULL;
    assert_true(contact_replace(h->mail, h->account, &n, &f));
    assert_true(contact_get(h->store, h->arena, h->account, list, c.contact_id, &got, &f));
    assert_str("Bea", got.values[FIELD_FIRST_NAME]);
    assert_null(got.values[FIELD_COMPANY].ptr);
    assert_null(got.values[FIELD_VAR_1 + 6].ptr);
    assert_int_equal(got.created_at, c.created_at);
    n.contact_list_id = list + 1;
    assert_false(contact_replace(h->mail, h->account, &n, &f));
    assert_fault(404, &f, "in list");
}

static void test_checks(void **state)
{
    struct house *h = *state;
    struct fault f;
    int64_t list = house_list(h, h->account, "People");
    char x[300];
    memset(x, 'x', sizeof x);
    const struct {
        const char *name;
        int field;
        struct str value;
        const char *words; /* NULL: it is taken */
    } cases[] = {
        {"no first name", FIELD_FIRST_NAME, STR_NULL, "first_name is required"},
        {"empty last name", FIELD_LAST_NAME, {"", 0}, "last_name is required"},
        {"blank street", FIELD_ADDRESS_STREET, {"  ", 2}, "address_street is required"},
        {"no city", FIELD_ADDRESS_CITY, STR_NULL, "address_city is required"},
        {"no state", FIELD_ADDRESS_STATE, STR_NULL, "address_state is required"},
        {"no zip", FIELD_ADDRESS_ZIP, STR_NULL, "address_zip is required"},
        {"50 characters", FIELD_FIRST_NAME, {x, 50}, NULL},
        {"51 characters", FIELD_FIRST_NAME, {x, 51}, "first_name is longer than 50"},
        {"100 characters", FIELD_COMPANY, {x, 100}, NULL},
        {"101 characters", FIELD_COMPANY, {x, 101}, "company is longer than 100"},
        {"255 in a variable field", FIELD_VAR_1 + 34, {x, 255}, NULL},
        {"256 in a variable field", FIELD_VAR_1 + 34, {x, 256}, "var_field_35 is longer than 255"},
        {"characters, not bytes", FIELD_FIRST_NAME,
         STR("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
             "\xc3\xa9"
             "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
             "\xc3\xa9"),
         NULL},
        {"full state name", FIELD_ADDRESS_STATE, STR("new york"), NULL},
        {"no such state", FIELD_ADDRESS_STATE, STR("ZZ"), "address_state \"ZZ\""},
        {"long zip", FIELD_ADDRESS_ZIP, STR("10118-1234"), NULL},
        {"bad zip", FIELD_ADDRESS_ZIP, STR("101x8"), "address_zip \"101x8\""},
        {"country by name", FIELD_COUNTRY, STR("United States"), NULL},
        {"no such country", FIELD_COUNTRY, STR("FR"), "country \"FR\""},
        {"Canada wants a province", FIELD_COUNTRY, STR("CA"), "province"},
        {"NUL", FIELD_COMPANY, {"a\0b", 3}, "company holds a NUL"},
        {"dash for a second street", FIELD_ADDRESS_STREET2, STR("-"), NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct contact c = house_contact(list, "Ann");
        c.values[cases[i].field] = cases[i].value;
        bool ok = contact_create(h->mail, h->account, &c, &f);
        if (ok != !cases[i].words) fail_msg("%s: %s", cases[i].name, ok ? "taken" : f.text);
        if (!ok && (f.status != 400 || !strstr(f.text, cases[i].words))) fail_msg("%s: %d %s", cases[i].name, f.status, f.text);
    }
}

static void test_pages(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact *page;
    int64_t list = house_list(h, h->account, "People");
    for (int i = 0; i < 35; i++) {
        struct contact c = house_contact(list, arena_printf(h->arena, "P%02d", i));
        assert_true(contact_create(h->mail, h->account, &c, &f));
    }
    static const struct {
        int start, n, want;
    } cases[] = {{0, 10, 10}, {10, 10, 10}, {30, 10, 5}, {34, 100, 1}, {35, 10, 0}, {1000, 10, 0}, {0, 100, 35}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(contact_page(h->store, h->arena, h->account, list, cases[i].start, cases[i].n, &page, &f),
                         cases[i].want);
        for (int k = 0; k < cases[i].want; k++)
            assert_str(arena_printf(h->arena, "P%02d", cases[i].start + k), page[k].values[FIELD_FIRST_NAME]);
    }
}

static void test_others_see_nothing(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact got, *page;
    struct contact_list one, *lists;
    int64_t list = house_list(h, h->account, "People");
    struct contact c = house_contact(list, "Ann"), theirs = c;
    assert_true(contact_create(h->mail, h->account, &c, &f));
    theirs.contact_id = c.contact_id;
    theirs.contact_list_id = 0;
    assert_false(list_get(h->store, h->arena, h->other, list, &one, &f));
    assert_fault(404, &f, "list");
    assert_false(list_delete(h->store, h->other, list, &f));
    assert_fault(404, &f, "list");
    assert_int_equal(list_all(h->store, h->arena, h->other, &lists, &f), 0);
    assert_int_equal(contact_page(h->store, h->arena, h->other, list, 0, 10, &page, &f), -1);
    assert_fault(404, &f, "list");
    assert_false(contact_get(h->store, h->arena, h->other, 0, c.contact_id, &got, &f));
    assert_fault(404, &f, "contact");
    assert_false(contact_replace(h->mail, h->other, &theirs, &f));
    assert_fault(404, &f, "contact");
    assert_false(contact_delete(h->mail, h->other, 0, c.contact_id, &f));
    assert_fault(404, &f, "contact");
    theirs.contact_list_id = list;
    assert_false(contact_create(h->mail, h->other, &theirs, &f));
    assert_fault(404, &f, "list");
    assert_true(contact_get(h->store, h->arena, h->account, 0, c.contact_id, &got, &f));
}

static void test_deleted_list_hides_its_contacts(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct contact got;
    struct contact_list *lists;
    int64_t list = house_list(h, h->account, "People"), kept = house_list(h, h->account, "Kept");
    struct contact c = house_contact(list, "Ann");
    assert_true(contact_create(h->mail, h->account, &c, &f));
    assert_true(list_delete(h->store, h->account, list, &f));
    assert_false(contact_get(h->store, h->arena, h->account, 0, c.contact_id, &got, &f));
    assert_fault(404, &f, "contact");
    assert_false(list_delete(h->store, h->account, list, &f));
    assert_int_equal(list_all(h->store, h->arena, h->account, &lists, &f), 1);
    assert_int_equal(lists[0].contact_list_id, kept);
    assert_false(list_create(h->store, h->account, STR("  "), &list, &f));
    assert_fault(400, &f, "name is required");
}

/* A piece keeps everything that its send had, and a stored one that holds more than can be read is said to be broken. */
static void test_nothing_of_a_recipient_is_left_out(void **state)
{
    struct house *h = *state;
    enum { MOST = LIMIT_MOST_PERSON_MAX_EXTRA };
    struct str names[MOST + 1], values[MOST + 1];
    struct recipient *who = ARENA_NEW(h->arena, struct recipient);
    struct json_parser *p = json_parser_create();
    struct fault f = {0};
    for (int i = 0; i <= MOST; i++) {
        names[i] = str_of(arena_printf(h->arena, "name %d", i));
        values[i] = str_of(arena_printf(h->arena, "value %d", i));
    }
    struct str full = recipient_write(h->arena, values, CONTACT_VALUES_MAX, recipient_extra(h->arena, names, values, MOST));
    assert_true(recipient_read(p, h->arena, full, who, &f));
    assert_int_equal(who->n_values, CONTACT_VALUES_MAX);
    assert_int_equal(who->n_extra, MOST);
    assert_true(str_eq(who->extra_names[MOST - 1], names[MOST - 1]) && str_eq(who->extra_values[MOST - 1], values[MOST - 1]));
    struct str more = recipient_write(h->arena, values, 1, recipient_extra(h->arena, names, values, MOST + 1));
    assert_false(recipient_read(p, h->arena, more, who, &f));
    assert_int_equal(f.whose, FAULT_OURS);
    assert_false(recipient_read(p, h->arena, recipient_write(h->arena, values, CONTACT_VALUES_MAX + 1, STR_NULL), who, &f));
    json_parser_destroy(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replace_makes_absent_null, setup, teardown),
        cmocka_unit_test_setup_teardown(test_checks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_see_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_of_a_recipient_is_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deleted_list_hides_its_contacts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
