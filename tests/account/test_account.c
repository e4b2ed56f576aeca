/* Accounts, keys and mailer ids on a real store. */
#include "fresh_store.h"
#include "account/account.h"
#include "base/durable.h"
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

struct house {
    char dir[64], address[FRESH_STORE_BYTES];
    struct store *store;
    struct accounts *accounts;
};

static void open_house(struct house *h)
{
    struct fault f;
    h->store = store_open(&(struct store_config){.address = h->address, .data_dir = h->dir, .node = 1}, &f);
    if (!h->store) fail_msg("%s", f.text);
    h->accounts = accounts_load(h->store, &f);
    assert_non_null(h->accounts);
}

static void close_house(struct house *h)
{
    accounts_destroy(&h->accounts);
    store_close(&h->store);
}

static int setup(void **state)
{
    struct house *h = calloc(1, sizeof *h);
    strcpy(h->dir, "/tmp/pennypost-account-XXXXXX");
    char file[80];
    assert_non_null(mkdtemp(h->dir));
    snprintf(file, sizeof file, "%s/test.db", h->dir);
    fresh_store(file, h->address);
    open_house(h);
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct house *h = *state;
    close_house(h);
    assert_true(remove_tree(h->dir, NULL));
    free(h);
    return 0;
}

static int64_t make(struct house *h, const char *name, char key[37])
{
    int64_t id;
    struct fault f;
    if (!account_create(h->accounts, &(struct account){.username = str_of(name)}, &id, key, &f)) fail_msg("%s", f.text);
    return id;
}

static void test_key_opens_its_account(void **state)
{
    struct house *h = *state;
    char a[37], b[37], hint[5];
    int64_t first = make(h, "first", a), second = make(h, "second", b);
    assert_int_not_equal(first, second);
    assert_int_equal(accounts_by_key(h->accounts, str_of(a), hint), first);
    assert_string_equal(hint, a + 32);
    assert_int_equal(accounts_by_key(h->accounts, str_of(b), NULL), second);
    assert_int_equal(accounts_by_key(h->accounts, STR("nobody's"), NULL), 0);
    close_house(h); /* and it still does after a restart: what memory says is what is stored */
    open_house(h);
    assert_int_equal(accounts_by_key(h->accounts, str_of(a), NULL), first);
    assert_true(accounts_exists(h->accounts, second));
    assert_false(accounts_exists(h->accounts, second + 1));
}

static void test_revoked_key_opens_nothing(void **state)
{
    struct house *h = *state;
    char a[37], b[37], hint[5];
    struct fault f;
    int64_t id = make(h, "first", a);
    assert_true(account_key_create(h->accounts, id, STR("second"), b, &f));
    assert_int_equal(accounts_by_key(h->accounts, str_of(b), hint), id);
    assert_true(account_key_revoke(h->accounts, id, str_of(hint), &f));
    assert_int_equal(accounts_by_key(h->accounts, str_of(b), NULL), 0);
    assert_int_equal(accounts_by_key(h->accounts, str_of(a), NULL), id);
    assert_false(account_key_revoke(h->accounts, id, str_of(hint), &f));
    assert_int_equal(f.status, 404);
    close_house(h);
    open_house(h);
    assert_int_equal(accounts_by_key(h->accounts, str_of(b), NULL), 0);
}

static void test_refusals(void **state)
{
    struct house *h = *state;
    char key[37];
    int64_t id;
    struct fault f;
    make(h, "first", key);
    static char long_name[102];
    memset(long_name, 'x', 101);
    const struct {
        const char *name;
        struct account in;
        int status;
        const char *words;
    } cases[] = {
        {"no name", {.username = STR_NULL}, 400, "username is required"},
        {"blank name", {.username = {"  ", 2}}, 400, "username is required"},
        {"taken", {.username = {" first ", 7}}, 409, "taken"},
        {"long name", {.username = {long_name, 101}}, 400, "longer than 100"},
        {"control", {.username = {"a\x01", 2}}, 400, "control"},
        {"long company", {.username = {"b", 1}, .company = {long_name, 101}}, 400, "company"},
        {"no such parent", {.username = {"b", 1}, .parent_id = 99}, 404, "99"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (account_create(h->accounts, &cases[i].in, &id, key, &f)) fail_msg("%s was taken", cases[i].name);
        if (f.status != cases[i].status || !strstr(f.text, cases[i].words))
            fail_msg("%s: %d %s", cases[i].name, f.status, f.text);
    }
    struct account *all;
    struct arena *a = arena_create(1024);
    assert_int_equal(account_list(h->store, a, &all, &f), 1);
    assert_false(account_get(h->store, a, 99, &all[0], &f));
    assert_int_equal(f.status, 404);
    arena_destroy(&a);
}

static void test_mailer_id_has_one_owner(void **state)
{
    struct house *h = *state;
    char key[37];
    struct fault f;
    struct account got;
    struct arena *a = arena_create(1024);
    int64_t first = make(h, "first", key), second = make(h, "second", key);
    assert_true(account_get(h->store, a, first, &got, &f));
    assert_true(got.mid == DB_NULL);
    assert_true(account_mailer_id_add(h->accounts, first, 123456, &f));
    assert_true(account_mailer_id_add(h->accounts, first, 901234567, &f));
    assert_true(account_get(h->store, a, first, &got, &f));
    assert_int_equal(got.mid, 123456);
    static const struct {
        int64_t mid;
        int status;
    } refused[] = {{123456, 409}, {0, 400}, {-1, 400}, {1000000, 400}, {899999999, 400}, {ACCOUNT_DEMONSTRATION_MID, 400}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(account_mailer_id_add(h->accounts, second, refused[i].mid, &f));
        assert_int_equal(f.status, refused[i].status);
    }
    assert_false(account_mailer_id_add(h->accounts, 99, 222222, &f));
    assert_int_equal(f.status, 404);
    arena_destroy(&a);
}

/* A personal URL has room for so many (mail/purl.c). */
static void test_last_number(void **state)
{
    struct house *h = *state;
    char key[37];
    int64_t id;
    struct fault f;
    make(h, "first", key);
    close_house(h);
    fresh_store_script(h->address, "UPDATE id_pool SET next_id = 1048575 WHERE kind = 1");
    open_house(h);
    assert_int_equal(make(h, "last", key), ACCOUNT_MOST);
    for (int i = 0; i < 2; i++) {
        assert_false(account_create(h->accounts, &(struct account){.username = STR("one more")}, &id, key, &f));
        assert_int_equal(f.status, 409);
        assert_non_null(strstr(f.text, "1048575 account numbers"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_key_opens_its_account, setup, teardown),
        cmocka_unit_test_setup_teardown(test_revoked_key_opens_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_last_number, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mailer_id_has_one_owner, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
