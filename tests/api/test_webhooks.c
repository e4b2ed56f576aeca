/* test_webhooks.c: webhooks in the hosted service's way, subscriptions and the outbox in ours. The scheduler stands still, so what is emitted
 * stays where it can be seen. */
#include "house.h"
#include "outbox/event.h"
#include "postal/status.h"
#include "press/press.h"
#include <stdio.h>

#define SENDER                                                                                                                 \
    "\"SenderName\":\"Penny Lane\",\"SenderAddress1\":\"1 Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\"," \
    "\"SenderZip\":\"62701\""
#define ALL_EVENTS                                                                                                             \
    "[\"MailPieceCreated\",\"ReRouted\",\"ReturnedToSender\",\"InTransit\",\"InLocalArea\",\"ProcessedForDelivery\","          \
    "\"pURLOpened\",\"pURLCompleted\",\"Addressed\",\"Printed\",\"Mailed\"]"
#define REFUSED(sentence, status) "{\"error\":{\"message\":\"" sentence "\",\"status_code\":" #status "}}"

static int64_t drop, campaign, other_drop, hook, second;

static char *path(const char *fmt, int64_t id)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

static struct answer post(const char *fmt, int64_t id)
{
    char body[600];
    snprintf(body, sizeof body, fmt, (long long)id);
    return ask(house.key, "POST", "/api/v1/webhooks", body);
}

static int count(const char *body, const char *what)
{
    int n = 0;
    for (const char *at = body; (at = strstr(at, what)); at++) n++;
    return n;
}

static int64_t make_campaign(int64_t template, int64_t *campaign_id)
{
    char body[600];
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0," SENDER "}",
             (long long)template);
    struct answer a = ask(house.key, "POST", "/api/v1/campaigns", body);
    if (campaign_id) *campaign_id = answer_number(a, "campaign_id");
    return answer_number(a, "drop_id");
}

static void test_made(void **state)
{
    (void)state;
    int64_t template = answer_number(
        ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>Hello</p>\"}"), "template_id");
    house_publish(template);
    drop = make_campaign(template, &campaign);
    other_drop = make_campaign(template, NULL);
    struct answer a =
        post("{\"campaign_id\":\"%lld\",\"is_enabled\":true,\"url\":\"http://127.0.0.1:9/hook/1\",\"campaign_name\":\"First\"}",
             drop);
    assert_answer(a, 200, "{\"created_date\":\"@\",\"id\":#,\"campaign_id\":#,\"secret\":\"whsec_~");
    hook = answer_number(a, "id");
    assert_true(hook >= 1000000000);
    assert_int_equal(answer_number(a, "campaign_id"), drop);
    char want[700];
    snprintf(want, sizeof want,
             "{\"id\":%lld,\"campaign_id\":%lld,\"campaign_name\":\"First\",\"url\":\"http://127.0.0.1:9/hook/"
             "1\",\"is_subscribed\":1,"
             "\"is_enabled\":1,\"endpoint_id\":\"$\",\"created_date\":\"@\",\"name\":\"First\",\"updated_date\":\"@\","
             "\"destination_id\":#,"
             "\"events\":" ALL_EVENTS "}",
             (long long)hook, (long long)drop);
    assert_answer(ask(house.key, "GET", path("/api/v1/webhooks/%lld", hook), NULL), 200, want);
    assert_answer(ask(house.key, "GET", path("/api/v1/webhooks/%lld", drop), NULL), 200, want);
    assert_answer(ask(house.key, "GET", path("/api/v1/webhooks/%lld", campaign), NULL), 200, want);
}

/* An address that exists is changed, not doubled, and its secret is not shown again. */
static void test_same_address(void **state)
{
    (void)state;
    struct answer a =
        post("{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1:9/hook/1\",\"campaign_name\":\"Again\",\"is_subscribed\":\"0\"}",
             campaign);
    assert_answer(a, 200, "{\"created_date\":\"@\",\"id\":#,\"campaign_id\":#,\"secret\":null}");
    assert_int_equal(answer_number(a, "id"), hook);
    a = ask(house.key, "GET", path("/api/v1/webhooks/%lld", hook), NULL);
    assert_non_null(strstr(a.body, "\"campaign_name\":\"Again\""));
    assert_non_null(strstr(a.body, "\"is_subscribed\":0,\"is_enabled\":0"));
    assert_int_equal(count(ask(house.key, "GET", "/api/v1/webhooks", NULL).body, "\"id\""), 1);
}

static void test_any_number(void **state)
{
    (void)state;
    second = answer_number(post("{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1:9/hook/2\"}", drop), "id");
    assert_int_equal(second, hook + 1);
    assert_int_equal(answer_number(post("{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1:9/hook/1\"}", other_drop), "id"),
                     second + 1);
    struct answer a = ask(house.key, "GET", "/api/v1/webhooks?start=2&limit=1", NULL);
    assert_int_equal(count(a.body, "\"id\""), 1);
    assert_int_equal(answer_number(a, "id"), second);
    assert_int_equal(answer_number(ask(house.key, "GET", path("/api/v1/webhooks/%lld", drop), NULL), "id"), second);
    assert_answer(ask(house.other_key, "GET", "/api/v1/webhooks", NULL), 200, "[]");
    assert_answer(ask(house.other_key, "GET", path("/api/v1/webhooks/%lld", hook), NULL), 404,
                  REFUSED("There is no webhook #.", 404));
}

static void test_put(void **state)
{
    (void)state;
    struct answer a = ask(house.key, "PUT", path("/api/v1/webhooks/%lld", hook), "{\"is_enabled\":true}");
    assert_answer(a, 200, "{\"updated_date\":\"@\",\"id\":#,\"campaign_id\":#,\"secret\":null}");
    a = ask(house.key, "GET", path("/api/v1/webhooks/%lld", hook), NULL);
    assert_non_null(strstr(a.body, "\"campaign_name\":\"Again\",\"url\":\"http://127.0.0.1:9/hook/1\",\"is_subscribed\":1"));
    char body[200];
    snprintf(body, sizeof body, "{\"campaign_id\":%lld,\"campaign_name\":\"Named\",\"events\":[\"mailed\",7]}",
             (long long)drop);
    assert_int_equal(answer_number(ask(house.key, "PUT", "/api/v1/webhooks", body), "id"), second);
    a = ask(house.key, "GET", path("/api/v1/webhooks/%lld", second), NULL);
    assert_non_null(strstr(a.body, "\"campaign_name\":\"Named\",\"url\":\"http://127.0.0.1:9/hook/2\""));
    assert_non_null(strstr(a.body, "\"events\":[\"pURLOpened\",\"Mailed\"]"));
    assert_answer(ask(house.key, "PUT", path("/api/v1/webhooks/%lld", second), "{\"url\":\"http://127.0.0.1:9/hook/1\"}"), 409,
                  REFUSED("The webhook # has this address already.", 409));
    a = ask(house.key, "PUT", path("/api/v1/webhooks/%lld", second), "{\"url\":\"http://127.0.0.1:9/hook/3\"}");
    assert_answer(a, 200, "{\"updated_date\":\"@\",\"id\":#,\"campaign_id\":#,\"secret\":\"whsec_~");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *body;
        int status;
        const char *want;
    } cases[] = {
        {"nothing", "{}", 400, REFUSED("campaign_id is required.", 400)},
        {"no url", "{\"campaign_id\":%lld}", 400, REFUSED("url is required.", 400)},
        {"no campaign", "{\"campaign_id\":424242,\"url\":\"http://127.0.0.1/\"}", 404,
         REFUSED("There is no campaign 424242.", 404)},
        {"scheme", "{\"campaign_id\":%lld,\"url\":\"ftp://127.0.0.1/\"}", 400, "{\"error\":{\"message\":~"},
        {"user name", "{\"campaign_id\":%lld,\"url\":\"http://a:b@127.0.0.1/\"}", 400, "{\"error\":{\"message\":~"},
        {"inside", "{\"campaign_id\":%lld,\"url\":\"http://10.0.0.1/\"}", 400, "{\"error\":{\"message\":~"},
        {"link local", "{\"campaign_id\":%lld,\"url\":\"http://169.254.169.254/\"}", 400, "{\"error\":{\"message\":~"},
        {"loopback v6", "{\"campaign_id\":%lld,\"url\":\"http://[::1]/\"}", 400, "{\"error\":{\"message\":~"},
        {"event", "{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1/\",\"events\":[\"Delivered\"]}", 400,
         REFUSED("events: \\\"Delivered\\\" is no event of a drop.", 400)},
        {"code 1", "{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1/\",\"events\":[1]}", 400,
         REFUSED("events must be an array of names or codes.", 400)},
        {"no event at all", "{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1/\",\"events\":[]}", 400,
         "{\"error\":{\"message\":\"events is empty: nothing would ever be told. Name at least one, ~"},
        {"secret", "{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1/\",\"secret\":\"hush\"}", 400,
         "{\"error\":{\"message\":~"},
        {"flag", "{\"campaign_id\":%lld,\"url\":\"http://127.0.0.1/\",\"is_enabled\":2}", 400, "{\"error\":{\"message\":~"},
    };
    int64_t before = house_rows();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s\n", cases[i].name);
        assert_answer(post(cases[i].body, drop), cases[i].status, cases[i].want);
    }
    assert_int_equal(house_rows(), before);
}

static void test_delete(void **state)
{
    (void)state;
    char want[200];
    snprintf(want, sizeof want, "{\"deleted_date\":\"@\",\"id\":%lld,\"campaign_id\":%lld}", (long long)second,
             (long long)drop);
    assert_answer(ask(house.key, "DELETE", path("/api/v1/webhooks/%lld", drop), NULL), 200, want);
    assert_answer(ask(house.key, "DELETE", path("/api/v1/webhooks/%lld", second), NULL), 404,
                  REFUSED("There is no webhook #.", 404));
    assert_int_equal(ask(house.other_key, "DELETE", path("/api/v1/webhooks/%lld", hook), NULL).status, 404);
    assert_int_equal(answer_number(ask(house.key, "DELETE", path("/api/v1/webhooks/%lld", campaign), NULL), "id"), hook);
    assert_answer(ask(house.key, "DELETE", path("/api/v1/webhooks/%lld", drop), NULL), 404,
                  REFUSED("There is no webhook #.", 404));
}

/* ---- ours ---- */

static void test_subscriptions(void **state)
{
    (void)state;
    int64_t list = answer_number(ask(house.key, "POST", "/v1/lists", "{\"name\":\"L\"}"), "contact_list_id");
    char body[300], secret[80], again[80];
    snprintf(body, sizeof body,
             "{\"source\":\"list\",\"source_id\":%lld,\"url\":\"http://127.0.0.1:9/"
             "l\",\"name\":\"List\",\"delay_s\":60,\"events\":[\"contact.created\",3]}",
             (long long)list);
    struct answer a = ask(house.key, "POST", "/v1/subscriptions", body);
    static const char want[] =
        "{\"subscription_id\":#,\"name\":\"List\",\"source\":\"list\",\"source_id\":#,\"events\":[\"contact.created\","
        "\"contact.deleted\"],"
        "\"url\":\"http://127.0.0.1:9/"
        "l\",\"destination_id\":#,\"delay_s\":60,\"is_enabled\":true,\"created_date\":\"@\",\"updated_date\":\"@\"~";
    assert_answer(a, 200, want);
    answer_text(a, "secret", secret, sizeof secret);
    int64_t id = answer_number(a, "subscription_id");
    a = ask(house.key, "GET", path("/v1/subscriptions/%lld", id), NULL);
    assert_answer(a, 200, want);
    assert_null(strstr(a.body, "secret"));
    assert_answer(ask(house.key, "GET", "/v1/subscriptions?source=list", NULL), 200,
                  "[{\"subscription_id\":#,\"name\":\"List\",~");
    a = ask(house.key, "PATCH", path("/v1/subscriptions/%lld", id), "{\"is_enabled\":false,\"delay_s\":0}");
    assert_non_null(strstr(a.body, "\"delay_s\":0,\"is_enabled\":false"));
    assert_non_null(strstr(a.body, "\"secret\":null"));
    a = ask(house.key, "POST", path("/v1/subscriptions/%lld/secret", id), NULL);
    answer_text(a, "secret", again, sizeof again);
    assert_string_not_equal(secret, again);
    snprintf(body, sizeof body, "{\"secret\":\"%s %s\"}", again, secret);
    a = ask(house.key, "POST", path("/v1/subscriptions/%lld/secret", id), body);
    assert_non_null(strstr(a.body, "\"secret\":null"));
    assert_int_equal(ask(house.key, "GET", path("/v1/subscriptions/%lld", other_drop), NULL).status,
                     404); /* a drop's number is none here */
    assert_answer(ask(house.key, "POST", "/v1/subscriptions", "{\"source\":\"job\",\"url\":\"http://127.0.0.1/\"}"), 400,
                  REFUSED("source must be \\\"drop\\\", \\\"list\\\" or \\\"connection\\\".", 400));
    assert_answer(ask(house.key, "DELETE", path("/v1/subscriptions/%lld", id), NULL), 200,
                  "{\"deleted_date\":\"@\",\"subscription_id\":#}");
    assert_answer(ask(house.key, "GET", "/v1/subscriptions?source=list", NULL), 200, "[]");
}

/* Whatever a change of a subscription cannot do is said, not passed over. %o and %s: the endpoints of another account's campaign and of ours. */
static const struct {
    const char *name;
    char of /* u: it has a url; s: it sends; n: it is to be made */;
    const char *body;
    int status;
    const char *has;
} changes[] = {
    {"no event at all", 'n', "{\"url\":\"http://127.0.0.1:9/c\",\"events\":[]}", 400, "events is empty"},
    {"a campaign that is not there", 'n', "{\"send\":{\"endpoint\":\"nowhere\"}}", 404,
     "send: there is no campaign with the endpoint \\\"nowhere\\\"."},
    {"another account's campaign", 'n', "{\"send\":{\"endpoint\":\"%o\"}}", 404,
     "send: there is no campaign with the endpoint"},
    {"its own", 'n', "{\"send\":{\"endpoint\":\"%s\"}}", 200, "\"send\":{\"endpoint\":"},
    {"no event any more", 'u', "{\"events\":[]}", 400, "events is empty"},
    {"another source", 'u', "{\"source\":\"list\"}", 400, "A subscription keeps its source, \\\"drop\\\": make another one."},
    {"no source that there is", 'u', "{\"source\":\"job\"}", 400, "source must be"},
    {"the source that it has", 'u', "{\"source\":\"drop\"}", 200, "\"source\":\"drop\""},
    {"a condition", 'u', "{\"condition\":\"x\"}", 400, "carries no condition"},
    {"no condition", 'u', "{\"condition\":null}", 200, "\"source\":\"drop\""},
    {"a name that rings", 'u', "{\"name\":\"a\\u0007b\"}", 400, "The name holds a control character."},
    {"null for what it does not do", 'u', "{\"send\":null,\"connection_id\":null}", 200, "\"send\":null"},
    {"sends no more", 's', "{\"send\":null}", 400, "This subscription sends mail: say what with send, or delete it"},
    {"sends what is not there", 's', "{\"send\":{\"endpoint\":\"nowhere\"}}", 404, "no campaign with the endpoint"},
    {"sends another account's", 's', "{\"send\":{\"endpoint\":\"%o\"}}", 404, "no campaign with the endpoint"},
    {"another delay", 's', "{\"delay_s\":5}", 200, "\"delay_s\":5,"},
};

static void campaign_of(const char *key, char *endpoint, size_t size)
{
    char body[600];
    int64_t template = answer_number(
        ask(key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>Hello</p>\"}"), "template_id");
    house_publish(template);
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0," SENDER "}",
             (long long)template);
    answer_text(ask(key, "POST", "/api/v1/campaigns", body), "endpoint", endpoint, size);
}

static const char *with_endpoint(const char *text, const char *ours, const char *theirs)
{
    static char out[300];
    const char *mark = strchr(text, '%');
    if (!mark) return text;
    snprintf(out, sizeof out, "%.*s%s%s", (int)(mark - text), text, mark[1] == 'o' ? theirs : ours, mark + 2);
    return out;
}

static void test_changed(void **state)
{
    (void)state;
    char ours[80], theirs[80], body[200];
    campaign_of(house.key, ours, sizeof ours);
    campaign_of(house.other_key, theirs, sizeof theirs);
    int64_t url =
        answer_number(ask(house.key, "POST", "/v1/subscriptions", "{\"url\":\"http://127.0.0.1:9/u\"}"), "subscription_id");
    snprintf(body, sizeof body, "{\"send\":{\"endpoint\":\"%s\"}}", ours);
    int64_t send = answer_number(ask(house.key, "POST", "/v1/subscriptions", body), "subscription_id"), made = 0;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *said = with_endpoint(changes[i].body, ours, theirs);
        struct answer a = changes[i].of == 'n' ? ask(house.key, "POST", "/v1/subscriptions", said)
                                               : ask(house.key, "PATCH",
                                                     path("/v1/subscriptions/%lld", changes[i].of == 'u' ? url : send), said);
        if (a.status != changes[i].status || !strstr(a.body, changes[i].has))
            fail_msg("%s: %d %s", changes[i].name, a.status, a.body);
        if (changes[i].of == 'n' && a.status == 200) made = answer_number(a, "subscription_id");
    }
    struct answer a = ask(house.key, "GET", path("/v1/subscriptions/%lld", send), NULL);
    assert_non_null(strstr(a.body, ours)); /* as it was */
    int64_t all[] = {url, send, made};
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(house.key, "DELETE", path("/v1/subscriptions/%lld", all[i]), NULL).status, 200);
}

static bool happen(struct tx *tx, void *arg)
{
    int64_t person = *(int64_t *)arg;
    struct event e = {.account_id = house.account, .source = EVENT_DROP, .source_id = other_drop, .code = STATUS_MAILED};
    e.subject_id = e.person_id = person;
    e.happened_at = tx_now(tx);
    return event_emit(house.outbox, tx, &e);
}

/* A subscription with a delay keeps its deliveries where they can be looked at. */
static void test_outbox(void **state)
{
    (void)state;
    struct fault f;
    char body[200];
    snprintf(body, sizeof body, "{\"source_id\":%lld,\"url\":\"http://127.0.0.1:9/late\",\"delay_s\":86400}",
             (long long)other_drop);
    struct answer a = ask(house.key, "POST", "/v1/subscriptions", body);
    int64_t destination = answer_number(a, "destination_id"), person[] = {1, 2, 3};
    int64_t prompt = answer_number(ask(house.key, "GET", "/api/v1/webhooks?start=2", NULL), "id"); /* of test_any_number */
    assert_int_equal(ask(house.key, "DELETE", path("/api/v1/webhooks/%lld", prompt), NULL).status, 200);
    for (int i = 0; i < 3; i++) assert_true(store_write(house.store, happen, &person[i], &f));
    snprintf(body, sizeof body, "/v1/outbox?destination_id=%lld&state=waiting&limit=2", (long long)destination);
    a = ask(house.key, "GET", body, NULL);
    assert_answer(a, 200,
                  "[{\"delivery_id\":#,\"destination_id\":#,\"subscription_id\":#,\"event_id\":#,\"state\":\"waiting\",\"due_"
                  "date\":\"@\","
                  "\"attempts\":0,\"first_due_date\":\"@\",\"last_result\":null,\"last_error\":null},~");
    assert_int_equal(count(a.body, "\"delivery_id\""), 2);
    int64_t delivery = answer_number(a, "delivery_id");
    assert_int_equal(count(ask(house.key, "GET", "/v1/outbox?start=3", NULL).body, "\"delivery_id\""), 1);
    assert_answer(ask(house.key, "GET", "/v1/outbox?state=given_up", NULL), 200, "[]");
    assert_answer(ask(house.other_key, "GET", "/v1/outbox", NULL), 200, "[]");
    snprintf(body, sizeof body, "/v1/outbox/%lld/%lld", (long long)destination, (long long)delivery);
    assert_int_equal(ask(house.other_key, "DELETE", body, NULL).status, 404);
    assert_answer(ask(house.key, "DELETE", body, NULL), 200, "{\"deleted_date\":\"@\",\"delivery_id\":#}");
    assert_int_equal(ask(house.key, "DELETE", body, NULL).status, 404);
    assert_answer(ask(house.key, "GET", "/v1/outbox/log", NULL), 200,
                  "[{\"log_id\":#,\"created_date\":\"@\",\"delivery_id\":#,\"event_id\":#,\"attempt\":0,\"result\":"
                  "\"cancelled\",\"http_status\":null,"
                  "\"took_ms\":0,\"answer\":\"Taken back.\"}]");
    assert_int_equal(count(ask(house.key, "GET", "/v1/outbox", NULL).body, "\"delivery_id\""), 2);
    snprintf(body, sizeof body, "{\"destination_id\":%lld}", (long long)destination);
    assert_answer(ask(house.key, "POST", "/v1/outbox/redrive", body), 200, "{\"updated_date\":\"@\",\"deliveries\":0}");
    assert_answer(ask(house.key, "POST", "/v1/outbox/redrive", "{\"destination_id\":424242}"), 404,
                  REFUSED("There is no destination 424242.", 404));
    assert_answer(ask(house.key, "PATCH", path("/v1/destinations/%lld", destination), "{\"state\":\"disabled\"}"), 200,
                  "{\"updated_date\":\"@\",\"destination_id\":#}");
    a = ask(house.key, "GET", "/v1/destinations", NULL);
    assert_non_null(strstr(
        a.body, "\"url\":\"http://127.0.0.1:9/"
                "late\",\"state\":\"disabled\",\"paused_until\":null,\"failing_since\":null,\"waiting\":2,\"given_up\":0"));
    assert_answer(ask(house.key, "PATCH", path("/v1/destinations/%lld", destination), "{\"state\":\"shut\"}"), 400,
                  REFUSED("state must be \\\"open\\\", \\\"paused\\\" or \\\"disabled\\\".", 400));
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),          cmocka_unit_test(test_same_address), cmocka_unit_test(test_any_number),
        cmocka_unit_test(test_put),           cmocka_unit_test(test_refused),      cmocka_unit_test(test_delete),
        cmocka_unit_test(test_subscriptions), cmocka_unit_test(test_changed),      cmocka_unit_test(test_outbox),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
