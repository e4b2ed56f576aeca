/* test_connection_ends.c: what goes with a connection, at once and some rows at a time, and what stays; and with an account's. */
#include "fake_connector.h"
#include "house.h"
#include "base/clock.h"
#include "base/limits.h"
#include "links/connection_end.h"
#include "mail/piece.h"
#include "mail/printer.h"
#include "press/press.h"
#include <stdio.h>
#include <string.h>

static int64_t make(const char *key)
{
    struct answer a = ask(key, "POST", "/v1/connections",
                          "{\"kind\":\"crm\",\"is_tested\":false,\"settings\":{\"base\":\"http://"
                          "127.0.0.1:9\"},\"secrets\":{\"token\":\"good\"}}");
    if (a.status != 200) fail_msg("%d %s", a.status, a.body);
    return answer_number(a, "connection_id");
}

static char *path(const char *fmt, int64_t id)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

static int64_t rows(const char *table)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    return fresh_store_number(house.address, sql);
}

/* One row of each that a connection may leave, and an action without a connection. */
static const char *const left[] = {"hook_seen",  "remote_contact", "remote_field", "remote_value", "remote_import",
                                   "mirror",     "mirror_drop",    "mirror_event", "drop_printer", "remote_piece",
                                   "action_log", "mirror_post",    "mirror_list"};
enum { N_LEFT = sizeof left / sizeof *left };

static void leave_rows(int64_t account, int64_t id)
{
    static const char *const inserts[] = {
        "hook_seen (account_id, connection_id, repeat_id, seen_at) VALUES (%lld, %lld, 'a', 1)",
        "remote_contact (account_id, connection_id, contact_id, remote_id) VALUES (%lld, %lld, 1, 'a')",
        "remote_field (account_id, connection_id, drop_id, object, remote_name, state) VALUES (%lld, %lld, 1, 'Lead', 'a', 3)",
        "remote_value (account_id, connection_id, drop_id, remote_id, piece_id, code, happened_at) VALUES (%lld, %lld, 1, 'a', "
        "1, 0, 1)",
        "remote_import (account_id, connection_id, import_id, contact_list_id, wish, state, started_at) VALUES (%lld, %lld, "
        "%lld, 1, '{}', 2, 1)",
        "mirror (account_id, connection_id, since, due_at) VALUES (%lld, %lld, 1, 1)",
        "mirror_drop (account_id, connection_id, drop_id, seen_at) VALUES (%lld, %lld, 1, 1)",
        "mirror_event (account_id, connection_id, repeat_id, event_id) VALUES (%lld, %lld, 'a', 1)",
        "drop_printer (account_id, connection_id, drop_id, endpoint) VALUES (%lld, %lld, %lld, 'a')",
        "remote_piece (account_id, connection_id, piece_id, state, sent_at) VALUES (%lld, %lld, %lld, 2, 1)",
        "action_log (account_id, connection_id, action_id, endpoint, outcome, tries, took_ms) VALUES (%lld, %lld, %lld, 'a', "
        "0, 1, 1)",
        "mirror_post (account_id, connection_id, post_id, due_at, body) VALUES (%lld, %lld, 1, 1, '{}')",
        "mirror_list (account_id, connection_id, remote_list_id, contact_list_id, n_contacts, seen_at) VALUES (%lld, %lld, 1, "
        "1, 1, 1)"};
    for (size_t i = 0; i < sizeof inserts / sizeof *inserts; i++) {
        char sql[300];
        int n = snprintf(sql, sizeof sql, "INSERT INTO ");
        snprintf(sql + n, sizeof sql - (size_t)n, inserts[i], (long long)account, (long long)id, 9000000000 + (long long)id);
        fresh_store_script(house.address, sql);
    }
}

static void assert_left(int64_t id, int64_t want)
{
    for (int i = 0; i < N_LEFT; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE connection_id = %lld", left[i], (long long)id);
        if (fresh_store_number(house.address, sql) != want) fail_msg("%s of connection %lld", left[i], (long long)id);
    }
}

static void test_nothing_left(void **state)
{
    (void)state;
    int64_t gone = make(house.key), stays = make(house.key);
    leave_rows(house.account, gone);
    leave_rows(house.account, stays);
    assert_left(gone, 1);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", gone), NULL).status, 200);
    assert_left(gone, 0);
    assert_left(stays, 1);
    assert_int_equal(fake_left, gone); /* it took back what it had set up there */
    assert_int_equal(fake_removed, gone);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", stays), NULL).status, 200);
}

static int64_t events(int64_t account, int64_t id, const char *which)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM event WHERE account_id = %lld AND source = 4 AND source_id = %lld AND code = 3 AND %s",
             (long long)account, (long long)id, which);
    return fresh_store_number(house.address, sql);
}

/* n of what there may be very many of: contacts, values, and events that say whom they were about. */
static void leave_many(int64_t account, int64_t id, int n)
{
    char sql[400];
    for (int i = 1; i <= n; i++) {
        long long a = account, c = id, k = 100 * c + i;
        snprintf(sql, sizeof sql,
                 "INSERT INTO remote_contact (account_id, connection_id, contact_id, remote_id) VALUES (%lld, %lld, %lld, 'a')",
                 a, c, k);
        fresh_store_script(house.address, sql);
        snprintf(sql, sizeof sql,
                 "INSERT INTO remote_value (account_id, connection_id, drop_id, remote_id, piece_id, code, happened_at) VALUES "
                 "(%lld, %lld, %d, 'b', 1, 0, 1)",
                 a, c, i);
        fresh_store_script(house.address, sql);
        snprintf(sql, sizeof sql,
                 "INSERT INTO event (account_id, source, source_id, event_id, code, is_test, subject_id, person_id, "
                 "happened_at, recorded_at, detail) "
                 "VALUES (%lld, 4, %lld, %lld, 3, 0, 1, 1, 1, 1, '{\"person\":{\"first_name\":\"Ada\"}}')",
                 a, c, k);
        fresh_store_script(house.address, sql);
    }
}

/* However much a connection has left, it is cleared in units of a bounded size; what one that is killed had not done, the next does. Of events it is
 * forgotten whom they were about, not that they happened. */
static void test_cleared(void **state)
{
    (void)state;
    enum { MANY = 25 };
    int64_t gone = make(house.key), stays = make(house.key), before, after = INT64_MAX;
    leave_rows(house.account, gone);
    leave_many(house.account, gone, MANY);
    leave_rows(house.account, stays);
    leave_many(house.account, stays, MANY);
    limit_set(STR("connection.clear_rows"), 2, NULL);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", gone), NULL).status, 200);
    before = rows("remote_contact") + rows("remote_value") + events(house.account, gone, "detail IS NOT NULL");
    assert_int_equal(rows("connection_gone"), 1); /* the one who asked does not wait for all of it */
    assert_int_equal(ask(house.key, "GET", path("/v1/connections/%lld", gone), NULL).status, 404);
    for (int i = 0; rows("connection_gone"); i++) {
        assert_true(i < 10);
        connection_clear(&house.links, house.account);
        after = rows("remote_contact") + rows("remote_value") + events(house.account, gone, "detail IS NOT NULL");
        assert_true(before - after <= 2 * 20);
        before = after;
    }
    limit_set(STR("connection.clear_rows"), 1000, NULL);
    assert_left(gone, 0);
    assert_int_equal(events(house.account, gone, "detail IS NULL AND subject_id = 1"), MANY);
    assert_int_equal(events(house.account, stays, "detail IS NOT NULL"), MANY);
    assert_int_equal(rows("remote_contact"), MANY + 1);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", stays), NULL).status, 200);
    assert_int_equal(events(house.account, stays, "detail IS NULL"), MANY);
    assert_int_equal(rows("connection_gone"), 0);
}

/* Those of others make it no longer. */
static void test_others_rows(void **state)
{
    (void)state;
    enum { MANY = 40 };
    char sql[300];
    int64_t gone = make(house.key), stays = make(house.key);
    for (long long i = 1; i <= MANY; i++) {
        long long a = house.account, c = stays;
        snprintf(
            sql, sizeof sql,
            "INSERT INTO remote_piece (account_id, connection_id, piece_id, state, sent_at) VALUES (%lld, %lld, %lld, 2, 1)", a,
            c, i);
        fresh_store_script(house.address, sql);
        snprintf(
            sql, sizeof sql,
            "INSERT INTO action_log (account_id, connection_id, action_id, endpoint, outcome, tries, took_ms) VALUES (%lld, "
            "%lld, %lld, 'a', 0, 1, 1)",
            a, c, i);
        fresh_store_script(house.address, sql);
    }
    limit_set(STR("connection.clear_rows"), 2, NULL);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", gone), NULL).status, 200);
    assert_int_equal(rows("connection_gone"), 0);
    limit_set(STR("connection.clear_rows"), 1000, NULL);
    assert_int_equal(rows("remote_piece"), MANY);
    assert_int_equal(rows("action_log"), MANY);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", stays), NULL).status, 200);
    assert_int_equal(rows("remote_piece") + rows("action_log"), 0);
}

/* What keeps pieces from being sent twice stays until their batch is over, and then goes. */
static void test_spared(void **state)
{
    (void)state;
    enum { BATCH = 7000 };
    static const struct {
        const char *name;
        int state, left;
    } moves[] = {{"nobody knows", BATCH_UNKNOWN, 1},
                 {"again", BATCH_READY, 1},
                 {"under way", BATCH_HANDING_OVER, 1},
                 {"over", BATCH_HANDED_OVER, 0}};
    char sql[300];
    int64_t gone = make(house.key);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO batch (account_id, batch_id, drop_id, state, is_test, template_version, opened_at) VALUES (%lld, %d, 1, "
        "%d, 0, 1, 1)",
        (long long)house.account, BATCH, BATCH_UNKNOWN);
    fresh_store_script(house.address, sql);
    for (int i = 0; i < 2; i++) { /* one of a batch that is not over, one of no batch */
        snprintf(
            sql, sizeof sql,
            "INSERT INTO remote_piece (account_id, connection_id, piece_id, state, sent_at) VALUES (%lld, %lld, %lld, 3, 1)",
            (long long)house.account, (long long)gone, (long long)(BATCH + i) * SEATS_A_BATCH + 1);
        fresh_store_script(house.address, sql);
    }
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", gone), NULL).status, 200);
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        snprintf(sql, sizeof sql, "UPDATE batch SET state = %d WHERE batch_id = %d", moves[i].state, BATCH);
        fresh_store_script(house.address, sql);
        fresh_store_script(house.address, "UPDATE connection_gone SET due_at = 1");
        connection_clear(&house.links, house.account);
        if (rows("remote_piece") != moves[i].left || rows("connection_gone") != moves[i].left) fail_msg("%s", moves[i].name);
        connection_clear(&house.links, house.account); /* it is looked at again in an hour, and not at once */
        snprintf(sql, sizeof sql, "SELECT count(*) FROM connection_gone WHERE due_at > %lld",
                 (long long)clock_now_ms() + 3000000);
        assert_int_equal(fresh_store_number(house.address, sql), moves[i].left);
    }
    snprintf(sql, sizeof sql, "DELETE FROM batch WHERE batch_id = %d", BATCH);
    fresh_store_script(house.address, sql);
}

/* Who is told of what happens there is told nothing any more, where ever he is. */
static void test_told_of_it(void **state)
{
    (void)state;
    char body[300], sql[400];
    int64_t gone = make(house.key), stays = make(house.key), last = 0, destination = 0;
    const int64_t ids[] = {gone, stays, gone};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        snprintf(body, sizeof body, "{\"source\":\"connection\",\"source_id\":%lld,\"delay_s\":3600,%s}", (long long)ids[i],
                 i == 2 ? path("\"connection_id\":%lld", stays) : "\"url\":\"http://127.0.0.1:9/\"");
        struct answer a = ask(house.key, "POST", "/v1/subscriptions", body);
        if (a.status != 200) fail_msg("%s: %d %s", body, a.status, a.body);
        last = answer_number(a, "subscription_id");
        destination = answer_number(a, "destination_id");
        snprintf(sql, sizeof sql,
                 "INSERT INTO delivery (account_id, destination_id, due_at, delivery_id, subscription_id, source, source_id, "
                 "event_id, person_id, first_due_at) VALUES (%lld, %lld, 9000000000000, %lld, %lld, 4, %lld, 1, 1, 1)",
                 (long long)house.account, (long long)destination, (long long)last, (long long)last, (long long)ids[i]);
        fresh_store_script(house.address, sql);
    }
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", gone), NULL).status, 200);
    assert_int_equal(fresh_store_number(house.address, path("SELECT count(*) FROM subscription WHERE source_id = %lld", gone)),
                     0);
    assert_int_equal(fresh_store_number(house.address, path("SELECT count(*) FROM delivery WHERE source_id = %lld", gone)), 0);
    assert_int_equal(rows("subscription"), 1);
    assert_int_equal(rows("delivery"), 1);
    assert_int_equal(ask(house.key, "GET", path("/v1/subscriptions/%lld", last), NULL).status, 404);
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", stays), NULL).status, 200);
    assert_int_equal(rows("subscription") + rows("delivery") + rows("destination"), 0);
}

/* Who was looked at before his end prints nothing after it. */
static void test_prints_no_more(void **state)
{
    (void)state;
    char sql[300];
    struct fault f;
    struct drop_printer p = {make(house.key), STR("spring")};
    snprintf(sql, sizeof sql,
             "INSERT INTO mail_drop (account_id, drop_id, campaign_id, name, state, template_id, template_version, sender, "
             "created_at) VALUES (%lld, 7000, 7000, 'Spring', 0, 1, 1, '[]', 1)",
             (long long)house.account);
    fresh_store_script(house.address, sql);
    assert_true(drop_printer_put(house.mail, house.account, 7000, &p, &f));
    assert_int_equal(ask(house.key, "DELETE", path("/v1/connections/%lld", p.connection_id), NULL).status, 200);
    assert_int_equal(rows("drop_printer"), 0);
    assert_false(drop_printer_put(house.mail, house.account, 7000, &p, &f));
    assert_int_equal(f.status, 404);
    assert_int_equal(rows("drop_printer"), 0);
    fresh_store_script(house.address, "DELETE FROM mail_drop WHERE drop_id = 7000");
}

/* An account that is deleted leaves no secret and no token behind. */
static void test_account_gone(void **state)
{
    (void)state;
    char hook[200], body[300];
    struct answer a =
        ask(house.key, "POST", "/api/v1/account",
            "{\"username\":\"short-lived\",\"password\":\"Tr0ub4dor-and-3\",\"first_name\":\"A\",\"last_name\":\"B\"}");
    int64_t account = answer_number(a, "account_id");
    char key[60];
    answer_text(a, "api_key", key, sizeof key);
    int64_t id = make(key);
    answer_text(ask(key, "POST", path("/v1/connections/%lld/hook", id), NULL), "path", hook, sizeof hook);
    snprintf(body, sizeof body, "{\"connection_id\":%lld}", (long long)id);
    assert_int_equal(ask(key, "POST", "/v1/subscriptions", body).status, 200);
    assert_int_equal(ask(NULL, "POST", hook, "{\"proof\":\"good\"}").status, 200);
    leave_rows(account, id);
    leave_many(account, id, 3);
    fresh_store_script(
        house.address,
        path("INSERT INTO action_log (account_id, action_id, endpoint, outcome, tries, took_ms) VALUES (%lld, 5, 'a', 0, 1, 1)",
             account));
    assert_int_equal(ask(house.key, "DELETE", path("/api/v1/account/%lld", account), NULL).status, 200);
    assert_int_equal(ask(NULL, "POST", hook, "{\"proof\":\"good\"}").status, 404);
    assert_int_equal(fresh_store_number(house.address,
                                        "SELECT count(*) FROM connection WHERE sealed IS NOT NULL OR hook_sealed IS NOT NULL"),
                     0);
    assert_int_equal(rows("destination"), 0);
    assert_int_equal(fake_left, id);
    assert_int_equal(fake_removed, id);
    assert_left(id, 0);
    assert_int_equal(rows("action_log"), 0);
    assert_int_equal(events(account, id, "detail IS NULL"), 3);
    assert_int_equal(rows("connection_gone"), 0);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_left), cmocka_unit_test(test_cleared),    cmocka_unit_test(test_others_rows),
        cmocka_unit_test(test_spared),       cmocka_unit_test(test_told_of_it), cmocka_unit_test(test_prints_no_more),
        cmocka_unit_test(test_account_gone),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
