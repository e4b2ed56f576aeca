/* test_campaigns.c: campaigns with several drops, what may be changed of them, their numbers, and what happened to their pieces. */
#include "house.h"
#include "mail/piece.h"
#include "outbox/event.h"
#include "postal/status.h"
#include "press/press.h"
#include "queries.h"
#include <stdio.h>

#define SENDER                                                                                                                 \
    "\"SenderName\":\"Penny Lane\",\"SenderAddress1\":\"1 Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\"," \
    "\"SenderZip\":\"62701\""

static int64_t template, campaign, first, second;
static char endpoint[64];

static char *path(const char *fmt, int64_t id)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

static struct answer make(const char *name, const char *more)
{
    char body[1000];
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"%s\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0," SENDER "%s}", name,
             (long long)template, more);
    return ask(house.key, "POST", "/api/v1/campaigns", body);
}

static int count(const char *body, const char *what)
{
    int n = 0;
    for (const char *at = body; (at = strstr(at, what)); at++) n++;
    return n;
}

/* ---- one campaign, two drops ---- */

static void test_second_drop(void **state)
{
    (void)state;
    char more[100], other[64];
    template = answer_number(
        ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>Hello</p>\"}"), "template_id");
    house_publish(template);
    struct answer a = make("Spring", ",\"StartingUrl\":\"https://a.test/\",\"MinDaysBetween\":30,\"DailyCap\":\"500\"");
    assert_int_equal(a.status, 200);
    first = answer_number(a, "drop_id");
    campaign = answer_number(a, "campaign_id");
    answer_text(a, "endpoint", endpoint, sizeof endpoint);
    snprintf(more, sizeof more, ",\"ParentDropId\":%lld", (long long)first);
    a = make("Summer", more);
    assert_int_equal(a.status, 200);
    second = answer_number(a, "drop_id");
    assert_int_equal(answer_number(a, "campaign_id"), campaign);
    assert_true(second != first);
    answer_text(a, "endpoint", other, sizeof other);
    assert_string_not_equal(endpoint, other);
    int64_t list = answer_number(ask(house.key, "POST", "/api/v1/lists", "{\"name\":\"L\"}"), "contact_list_id");
    snprintf(more, sizeof more, ",\"ParentDropId\":%lld,\"CampaignType\":0,\"ContactListId\":%lld", (long long)campaign,
             (long long)list);
    assert_answer(
        make("Mixed", more), 400,
        "{\"error\":{\"message\":\"CampaignType 0 is not that of campaign #, which is 1 (triggered).\",\"status_code\":400}}");
    assert_answer(make("Lost", ",\"ParentDropId\":424242"), 404,
                  "{\"error\":{\"message\":\"There is no campaign 424242.\",\"status_code\":404}}");
}

/* The campaign's number is its newest drop's. */
static void test_both_numbers(void **state)
{
    (void)state;
    static const char *const below[] = {"", "/details", "/events"};
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        char by_campaign[200], body[4000];
        snprintf(by_campaign, sizeof by_campaign, "/api/v1/campaigns/%lld%s", (long long)campaign, below[i]);
        struct answer a = ask(house.key, "GET", by_campaign, NULL);
        assert_int_equal(a.status, 200);
        snprintf(body, sizeof body, "%s", a.body);
        snprintf(by_campaign, sizeof by_campaign, "/api/v1/campaigns/%lld%s", (long long)second, below[i]);
        assert_string_equal(ask(house.key, "GET", by_campaign, NULL).body, body);
    }
    assert_int_equal(ask(house.other_key, "GET", path("/api/v1/campaigns/%lld/events", first), NULL).status, 404);
    struct answer a = ask(house.key, "PUT", path("/api/v1/campaigns/%lld", campaign), "{\"is_live_mode\":0}");
    assert_int_equal(answer_number(a, "drop_id"), second);
}

static void test_pages(void **state)
{
    (void)state;
    assert_int_equal(count(ask(house.key, "GET", "/api/v1/campaigns", NULL).body, "\"drop_id\""), 2);
    assert_int_equal(answer_number(ask(house.key, "GET", "/api/v1/campaigns?start=1&limit=1", NULL), "drop_id"), first);
    assert_int_equal(answer_number(ask(house.key, "GET", "/api/v1/campaigns?start=2&limit=1", NULL), "drop_id"), second);
    assert_answer(ask(house.key, "GET", "/api/v1/campaigns?start=3", NULL), 200, "[]");
    assert_answer(ask(house.key, "GET", "/api/v1/campaigns/drips?start=3", NULL), 200, "[]");
    assert_answer(ask(house.key, "GET", "/api/v1/campaigns?limit=0", NULL), 400,
                  "{\"error\":{\"message\":\"limit must be a number from 1 to 100.\",\"status_code\":400}}");
    assert_answer(ask(house.key, "GET", "/api/v1/templates?start=2", NULL), 200, "[]");
    assert_int_equal(count(ask(house.key, "GET", "/api/v1/templates?start=1&limit=1", NULL).body, "\"template_id\""), 1);
    assert_answer(ask(house.key, "GET", "/api/v1/contacts?start=2&limit=1", NULL), 200, "[]");
}

/* ---- changing ---- */

static void test_rename(void **state)
{
    (void)state;
    assert_answer(ask(house.key, "PATCH", path("/api/v1/campaigns/%lld", first), "{\"name\":\" Whole year \"}"), 200,
                  "{\"updated_date\":\"@\",\"drop_id\":#}");
    struct answer a = ask(house.key, "GET", path("/api/v1/campaigns/%lld", first), NULL);
    assert_non_null(strstr(a.body, "\"name\":\"Whole year\""));
    assert_non_null(strstr(a.body, "\"drop_name\":\"Spring\""));
    a = ask(house.key, "GET", path("/api/v1/campaigns/%lld/details", second), NULL);
    assert_non_null(strstr(a.body, "\"DirectMailName\":\"Summer\""));
    assert_non_null(strstr(a.body, "\"CampaignName\":\"Whole year\""));
    ask(house.key, "PATCH", path("/api/v1/campaigns/%lld", second), "{\"DirectMailName\":\"Late summer\"}");
    a = ask(house.key, "GET", path("/api/v1/campaigns/%lld/details", second), NULL);
    assert_non_null(strstr(a.body, "\"DirectMailName\":\"Late summer\""));
    assert_non_null(strstr(a.body, "\"CampaignName\":\"Whole year\""));
}

/* What is not named stays. */
static void test_patch(void **state)
{
    (void)state;
    static const struct {
        const char *name, *body;
        int status;
        const char *want;
    } cases[] = {
        {"as made", "{}", 200,
         "\"StartingUrl\":\"https://a.test/\",\"GoalUrl\":null,\"CampaignName\":\"Whole "
         "year\",\"MinDaysBetween\":30,\"DailyCap\":500}"},
        {"goal", "{\"GoalUrl\":\"https://a.test/done\"}", 200,
         "\"StartingUrl\":\"https://a.test/\",\"GoalUrl\":\"https://a.test/done\",\"CampaignName\":\"Whole "
         "year\",\"MinDaysBetween\":30,\"DailyCap\":500}"},
        {"days", "{\"min_days_between\":\"0\"}", 200,
         "\"GoalUrl\":\"https://a.test/done\",\"CampaignName\":\"Whole year\",\"MinDaysBetween\":0,\"DailyCap\":500}"},
        {"cap", "{\"DailyCap\":0}", 200, "\"MinDaysBetween\":0,\"DailyCap\":0}"},
        {"url away", "{\"StartingUrl\":\"\",\"GoalUrl\":null}", 200,
         "\"StartingUrl\":null,\"GoalUrl\":\"https://a.test/done\""},
        {"no url", "{\"StartingUrl\":\"ftp://a.test/\"}", 400, "StartingUrl must begin with http:// or https://."},
        {"no name", "{\"name\":\"  \"}", 400, "name is required."},
        {"days below", "{\"MinDaysBetween\":-1}", 400, "MinDaysBetween must be a number from 0 to 3650."},
        {"cap below", "{\"DailyCap\":-5}", 400, "DailyCap must be a number from 0"},
        {"no object", "[]", 400, "The body must be a JSON object."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a = ask(house.key, "PATCH", path("/api/v1/campaigns/%lld", first), cases[i].body);
        if (a.status != cases[i].status) fail_msg("%s: %d %s", cases[i].name, a.status, a.body);
        if (a.status == 200) a = ask(house.key, "GET", path("/api/v1/campaigns/%lld/details", first), NULL);
        if (!strstr(a.body, cases[i].want)) fail_msg("%s: %s", cases[i].name, a.body);
    }
    assert_int_equal(ask(house.other_key, "PATCH", path("/api/v1/campaigns/%lld", first), "{\"name\":\"x\"}").status, 404);
}

/* ---- what happened ---- */

struct happening {
    int64_t piece, contact, at;
    int code;
    bool is_test;
    const char *detail;
};

static bool happen(struct tx *tx, void *arg)
{
    const struct happening *h = arg;
    struct event e = {.account_id = house.account,
                      .source = EVENT_DROP,
                      .source_id = first,
                      .code = h->code,
                      .is_test = true,
                      .subject_id = h->piece,
                      .person_id = h->contact,
                      .happened_at = h->at,
                      .detail = h->detail ? str_of(h->detail) : STR_NULL};
    return event_emit(house.outbox, tx, &e);
}

static int64_t send_one(const char *name, int64_t *contact)
{
    char target[120], body[400];
    snprintf(target, sizeof target, "/api/v1/send/%s", endpoint);
    snprintf(body, sizeof body,
             "{\"first_name\":\"%s\",\"last_name\":\"B\",\"address_street\":\"1 Main Street\",\"address_city\":\"Springfield\","
             "\"address_state\":\"IL\",\"address_zip\":\"62701\",\"var_field_2\":\"two\"}",
             name);
    struct answer a = ask(house.key, "POST", target, body);
    assert_int_equal(a.status, 200);
    *contact = answer_number(a, "contact_id");
    return answer_number(a, "mail_id");
}

static void test_events(void **state)
{
    (void)state;
    struct fault f;
    int64_t ada, bob, a_piece = send_one("Ada", &ada), b_piece = send_one("Bob", &bob), day = INT64_C(1700000000000);
    struct happening all[] = {
        {a_piece, ada, day, STATUS_CREATED, true, NULL},
        {b_piece, bob, day + 1000, STATUS_CREATED, true, NULL},
        {a_piece, ada, day + 2000, STATUS_PURL_OPENED, true, "{\"url\":\"https://a.test/?x=1\"}"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) assert_true(store_write(house.store, happen, &all[i], &f));
    char target[120], want[1000];
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events", (long long)first);
    struct answer a = ask(house.key, "GET", target, NULL);
    snprintf(
        want, sizeof want,
        "[{\"event_name\":\"pURL Opened\",\"event_date\":\"2023-11-14T22:13:22Z\",\"event_type\":7,\"first_name\":\"Ada\","
        "\"last_name\":\"B\",\"company\":null,\"address\":\"1 Main Street\",\"city\":\"Springfield\",\"state\":\"IL\",\"zip\":"
        "\"62701\",\"email_address\":null,\"var_field_2\":\"two\",\"metadata\":\"https://a.test/?x=1\",\"contact_id\":%lld,"
        "\"data_id\":%lld,\"drop_id\":%lld,\"piece_id\":%lld,\"event_id\":#,\"status_code\":\"pURLOpened\",\"is_test\":1,"
        "\"recorded_date\":\"@\"},{\"event_name\":\"Mail Piece Created\",~",
        (long long)ada, (long long)ada, (long long)first, (long long)a_piece);
    assert_answer(a, 200, want);
    assert_int_equal(count(a.body, "\"event_name\""), 3);
    assert_non_null(strstr(a.body, "\"metadata\":\"\""));
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events?PageNumber=3&PageSize=1", (long long)first);
    a = ask(house.key, "GET", target, NULL);
    assert_non_null(strstr(a.body, "\"first_name\":\"Ada\""));
    assert_int_equal(count(a.body, "\"event_name\":\"Mail Piece Created\""), 1);
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events?PageNumber=2", (long long)first);
    assert_answer(ask(house.key, "GET", target, NULL), 200, "[]");
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events?PageSize=101", (long long)first);
    assert_answer(ask(house.key, "GET", target, NULL), 400,
                  "{\"error\":{\"message\":\"PageSize must be a number from 1 to 100.\",\"status_code\":400}}");
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events/%lld", (long long)first, (long long)bob);
    a = ask(house.key, "GET", target, NULL);
    assert_int_equal(count(a.body, "\"first_name\":\"Bob\""), 1);
    assert_int_equal(count(a.body, "\"event_name\""), 1);
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events/%lld", (long long)second, (long long)bob);
    assert_answer(ask(house.key, "GET", target, NULL), 200, "[]");
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld/events/99999999", (long long)first);
    assert_answer(ask(house.key, "GET", target, NULL), 200, "[]");
}

/* A drop in test mode shows what its test pieces did. */
static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        int code, n;
    } rows[] = {{STATUS_CREATED, 9}, {64 + STATUS_CREATED, 2}, {64 + STATUS_PROCESSED, 5}, {64 + 16, 7}, {64 + 17, 3},
                {64 + 18, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int day = 0; day < 2; day++) house_count(first, day, rows[i].code, rows[i].n);
    struct answer a = ask(house.key, "GET", path("/api/v1/campaigns/%lld", first), NULL);
    static const struct {
        const char *name;
        int64_t want;
    } cases[] = {{"created", 4},         {"processed_for_delivery", 10}, {"delivered", 10},  {"pageviews", 14},
                 {"unique_visitors", 6}, {"unique_pageviews", 6},        {"conversions", 2}, {"in_transit", 0},
                 {"accepted", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (answer_number(a, cases[i].name) != cases[i].want) fail_msg("%s: %s", cases[i].name, a.body);
    char body[4000];
    snprintf(body, sizeof body, "%s", a.body);
    a = ask(house.key, "GET", "/api/v1/campaigns?start=1&limit=1", NULL);
    assert_string_equal(a.body, body);
}

/* ---- the end ---- */

static void test_delete(void **state)
{
    (void)state;
    assert_int_equal(answer_number(ask(house.key, "DELETE", path("/api/v1/campaigns/%lld", second), NULL), "drop_id"), second);
    assert_int_equal(answer_number(ask(house.key, "GET", path("/api/v1/campaigns/%lld", campaign), NULL), "drop_id"), first);
    char more[100];
    snprintf(more, sizeof more, ",\"ParentDropId\":%lld", (long long)campaign);
    int64_t third = answer_number(make("Autumn", more), "drop_id");
    assert_int_equal(ask(house.key, "DELETE", path("/api/v1/campaigns/%lld", campaign), NULL).status, 200);
    int64_t gone[] = {first, third, campaign};
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(house.key, "GET", path("/api/v1/campaigns/%lld", gone[i]), NULL).status, 404);
    assert_answer(ask(house.key, "GET", "/api/v1/campaigns", NULL), 200, "[]");
}

static void test_flow(void **state)
{
    (void)state;
    assert_answer(ask(house.key, "GET", "/api/v1/flow", NULL), 200, "[]");
    assert_answer(ask(house.key, "POST", "/api/v1/flow/ABC", "{\"first_name\":\"Ada\"}"), 404,
                  "{\"error\":{\"message\":\"There is no flow ABC.\",\"status_code\":404}}");
    assert_answer(ask(house.key, "DELETE", "/api/v1/flow/unenroll/ABC/7", NULL), 404,
                  "{\"error\":{\"message\":\"There is no flow ABC.\",\"status_code\":404}}");
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_drop), cmocka_unit_test(test_both_numbers), cmocka_unit_test(test_pages),
        cmocka_unit_test(test_rename),      cmocka_unit_test(test_patch),        cmocka_unit_test(test_events),
        cmocka_unit_test(test_numbers),     cmocka_unit_test(test_delete),       cmocka_unit_test(test_flow),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
