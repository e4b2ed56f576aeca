/* Sub-accounts: made, seen, changed and deleted by the account that made them, and by nobody else. */
#include "house.h"
#include "press/press.h"
#include "fresh_store.h"
#include <stdio.h>
#include <sqlite3.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static char *path(const char *fmt, int64_t id)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

#define CHILD                                                                                                                  \
    "{\"username\":\"child\",\"password\":\"correct "                                                                          \
    "horse\",\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address\":\"1 Main St\","                                     \
    "\"city\":\"Springfield\",\"state\":\"IL\",\"zip\":62701,\"email_address\":\"ada at example.com\"}"
static int64_t child;
static char child_key[64];

static int64_t count(const char *where, int64_t id)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s = %lld", where, (long long)id);
    return fresh_store_number(house.address, sql);
}

/* Whether the password opens the account: its hash is looked at from beside the store, where that is a file. */
static bool opens(int64_t account, const char *password)
{
    char file[100], hash[200] = "";
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(count("app_user WHERE password_hash LIKE '$argon2id$%' AND account_id", account), 1);
    if (!fresh_store_is_sqlite()) return true;
    snprintf(file, sizeof file, "%s/pennypost.db", house.dir);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT password_hash FROM app_user WHERE account_id = ?", -1, &s, NULL),
                     SQLITE_OK);
    sqlite3_bind_int64(s, 1, account);
    if (sqlite3_step(s) == SQLITE_ROW) snprintf(hash, sizeof hash, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

static void test_make(void **state)
{
    (void)state;
    struct answer a = ask(house.other_key, "POST", "/api/v1/account", CHILD);
    assert_answer(a, 200, "{\"account_id\":#,\"api_key\":\"$\",\"created_date\":\"@\"}");
    child = answer_number(a, "account_id");
    answer_text(a, "api_key", child_key, sizeof child_key);
    static const char me[] =
        "{\"account_id\":#,\"username\":\"child\",\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"email_address\":"
        "\"ada at example.com\",\"company\":null,\"phone\":null,\"address_street\":\"1 Main St\",\"address_city\":"
        "\"Springfield\",\"address_state\":\"IL\",\"address_zip\":\"62701\",\"created_date\":\"@\"";
    char want[1000];
    snprintf(want, sizeof want, "[%s}]", me);
    assert_answer(ask(child_key, "GET", "/api/v1/account/me", NULL), 200, want);
    snprintf(want, sizeof want, "%s,\"api_key\":null,\"parent_id\":%lld}", me, (long long)house.other);
    assert_answer(ask(child_key, "GET", path("/api/v1/account/%lld", child), NULL), 200, want);
    assert_answer(ask(house.other_key, "GET", path("/api/v1/account/%lld", child), NULL), 200, want);
    snprintf(want, sizeof want, "[%s,\"parent_id\":%lld}]", me, (long long)house.other);
    assert_answer(ask(house.other_key, "GET", "/v1/subaccounts", NULL), 200, want);
    assert_answer(ask(house.other_key, "GET", "/v1/subaccounts?start=2&limit=1", NULL), 200, "[]");
    assert_answer(ask(child_key, "GET", "/v1/subaccounts", NULL), 200, "[]");
    assert_answer(ask(child_key, "GET", "/api/v1/account/integrations", NULL), 200, "[]");
    assert_true(opens(child, "correct horse"));
    assert_true(!fresh_store_is_sqlite() || !opens(child, "another horse"));
    assert_int_equal(count("login WHERE username = 'child' AND account_id", child), 1);
}

static void test_make_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body, *message;
        int status;
    } rows[] = {
        {"{}", "username is required.", 400},
        {"{\"username\":\"x\",\"password\":\"correct horse\",\"last_name\":\"L\"}", "first_name is required.", 400},
        {"{\"username\":\"x\",\"password\":\"correct horse\",\"first_name\":\" \",\"last_name\":\"L\"}",
         "first_name is required.", 400},
        {"{\"username\":\"x\",\"first_name\":\"A\",\"last_name\":\"L\"}", "password is required.", 400},
        {"{\"username\":\"x\",\"first_name\":\"A\",\"last_name\":\"L\",\"password\":\"short\"}",
         "password is shorter than 8 characters.", 400},
        {"{\"username\":\"mason\",\"first_name\":\"A\",\"last_name\":\"L\",\"password\":\"my-Mason-pass\"}",
         "password holds the username.", 400},
        {"{\"username\":\"x\",\"first_name\":\"A\",\"last_name\":\"L\",\"password\":\"aaaaaaaaaa\"}",
         "password is one character over and over.", 400},
        {CHILD, "The username \"child\" is taken.", 409},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char quoted[200], want[300];
        size_t n = 0;
        for (const char *p = rows[i].message; *p; p++) {
            if (*p == '"') quoted[n++] = '\\';
            quoted[n++] = *p;
        }
        quoted[n] = 0;
        snprintf(want, sizeof want, "{\"error\":{\"message\":\"%s\",\"status_code\":%d}}", quoted, rows[i].status);
        assert_answer(ask(house.other_key, "POST", "/api/v1/account", rows[i].body), rows[i].status, want);
    }
    assert_answer(ask(child_key, "POST", "/api/v1/account",
                      "{\"username\":\"x\",\"password\":\"correct horse\",\"first_name\":\"A\",\"last_name\":\"L\"}"),
                  403,
                  "{\"error\":{\"message\":\"Account # is a sub-account of account #: it makes no accounts of its "
                  "own.\",\"status_code\":403}}");
}

static void test_change(void **state)
{
    (void)state;
    char body[300];
    assert_answer(ask(child_key, "PATCH", "/api/v1/account", "{\"company\":\"Engines\",\"phone\":null}"), 200,
                  "{\"account_id\":#,\"updated_date\":\"@\"}");
    assert_answer(
        ask(house.other_key, "GET", path("/api/v1/account/%lld", child), NULL), 200,
        "{\"account_id\":#,\"username\":\"child\",\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"email_address\":"
        "\"ada at example.com\",\"company\":\"Engines\",\"phone\":null,~");
    assert_answer(ask(house.other_key, "PATCH", path("/api/v1/account/%lld", child),
                      "{\"username\":\"augusta\",\"password\":\"another horse\",\"Zip\":\"62702\"}"),
                  200, "{\"account_id\":#,\"updated_date\":\"@\"}");
    assert_int_equal(count("login WHERE username = 'augusta' AND account_id", child), 1);
    assert_true(opens(child, "another horse"));
    assert_answer(ask(house.other_key, "PATCH", path("/api/v1/account/%lld", child), "{\"username\":null}"), 400,
                  "{\"error\":{\"message\":\"username is required.\",\"status_code\":400}}");
    assert_answer(ask(house.other_key, "PATCH", path("/api/v1/account/%lld", child), "{\"username\":\"first\"}"), 409,
                  "{\"error\":{\"message\":\"The username \\\"first\\\" is taken.\",\"status_code\":409}}");
    assert_answer(ask(child_key, "PATCH", "/api/v1/account", "{\"shoe\":7}"), 400,
                  "{\"error\":{\"message\":\"The body names no field of an account.\",\"status_code\":400}}");
    /* PUT, with the number in the body, as the hosted service has it: what is not named becomes null, but for the name and the password */
    snprintf(body, sizeof body, "{\"account_id\":\"%lld\",\"first_name\":\"Augusta\",\"last_name\":\"King\"}",
             (long long)child);
    assert_answer(ask(house.other_key, "PUT", "/api/v1/account", body), 200, "{\"account_id\":#,\"updated_date\":\"@\"}");
    assert_answer(ask(child_key, "GET", "/api/v1/account/me", NULL), 200,
                  "[{\"account_id\":#,\"username\":\"augusta\",\"first_name\":\"Augusta\",\"last_name\":\"King\",\"email_"
                  "address\":null,\"company\":null,"
                  "\"phone\":null,\"address_street\":null,\"address_city\":null,\"address_state\":null,\"address_zip\":null,"
                  "\"created_date\":\"@\"}]");
    assert_true(opens(child, "another horse"));
    assert_int_equal(ask(house.key, "PUT", "/api/v1/account", body).status, 404);
    assert_int_equal(
        ask(child_key, "PUT", path("/api/v1/account/%lld", house.other), "{\"first_name\":\"a\",\"last_name\":\"b\"}").status,
        404);
    assert_answer(ask(house.other_key, "PUT", path("/api/v1/account/%lld", house.other), body), 400,
                  "{\"error\":{\"message\":\"account_id is not the account of the address (#).\",\"status_code\":400}}");
}

#define PERSON                                                                                                                 \
    "{\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address_street\":\"12 St James "                                     \
    "Square\",\"address_city\":\"Sacramento\","                                                                                \
    "\"address_state\":\"CA\",\"address_zip\":\"95814\"}"

/* Its keys die, its campaigns close; what it made stays in the database, and the name is free again. */
static void test_delete(void **state)
{
    (void)state;
    char body[800], endpoint[64], target[100];
    int64_t template = answer_number(
        ask(child_key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>x</p>\"}"), "template_id");
    house_publish(template);
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"Drip\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":\"P\","
             "\"SenderAddress1\":\"1 "
             "Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\"}",
             (long long)template);
    struct answer a = ask(child_key, "POST", "/api/v1/campaigns", body);
    int64_t drop = answer_number(a, "drop_id");
    answer_text(a, "endpoint", endpoint, sizeof endpoint);
    snprintf(target, sizeof target, "/api/v1/send/%s", endpoint);
    assert_int_equal(ask(child_key, "POST", target, PERSON).status, 200);
    assert_answer(ask(house.other_key, "DELETE", path("/api/v1/account/%lld", house.other), NULL), 400,
                  "{\"error\":{\"message\":\"Account # is the caller's own; only a sub-account can be deleted, by the account "
                  "that made it.\",\"status_code\":400}}");
    assert_int_equal(ask(child_key, "DELETE", path("/api/v1/account/%lld", child), NULL).status, 400);
    assert_int_equal(ask(child_key, "DELETE", path("/api/v1/account/%lld", house.other), NULL).status, 404);
    assert_int_equal(ask(house.key, "DELETE", path("/api/v1/account/%lld", child), NULL).status, 404);
    assert_answer(ask(house.other_key, "DELETE", path("/api/v1/account/%lld", child), NULL), 200,
                  "{\"account_id\":#,\"deleted_date\":\"@\"}");
    assert_int_equal(ask(child_key, "GET", "/api/v1/account/me", NULL).status, 401);
    assert_int_equal(ask(child_key, "POST", target, PERSON).status, 401);
    assert_int_equal(ask(house.other_key, "GET", path("/api/v1/account/%lld", child), NULL).status, 404);
    assert_int_equal(ask(house.other_key, "DELETE", path("/api/v1/account/%lld", child), NULL).status, 404);
    assert_answer(ask(house.other_key, "GET", "/v1/subaccounts", NULL), 200, "[]");
    assert_int_equal(count("mail_drop WHERE deleted_at IS NOT NULL AND drop_id", drop), 1);
    assert_int_equal(count("batch WHERE state = 7 AND drop_id", drop), 1); /* recalled: BATCH_CANCELLED */
    assert_int_equal(count("piece WHERE account_id", child), 1);
    assert_int_equal(count("app_user WHERE account_id", child), 0);
    a = ask(house.other_key, "POST", "/api/v1/account", CHILD);
    assert_int_equal(a.status, 200);
    answer_text(a, "api_key", child_key, sizeof child_key);
    struct fault f;
    struct accounts *again = accounts_load(house.store, &f); /* what the directory learns at a start */
    assert_non_null(again);
    assert_true(accounts_by_key(again, str_of(child_key), NULL) != 0);
    assert_true(accounts_is_child(again, house.account, house.sub));
    assert_false(accounts_is_child(again, house.other, house.sub));
    assert_false(accounts_exists(again, child));
    accounts_destroy(&again);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_make_refused),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_delete),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
