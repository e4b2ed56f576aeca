/* Idempotency-Key: what is made is made once, and answered the same way again. */
#include "house.h"
#include "press/press.h"
#include "fresh_store.h"
#include "base/clock.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PERSON                                                                                                                 \
    "\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address_street\":\"12 St James "                                      \
    "Square\",\"address_city\":\"Sacramento\","                                                                                \
    "\"address_state\":\"CA\",\"address_zip\":\"95814\""

static int64_t list, template, drop;
static char send_to[100];

static struct answer once(const char *token, const char *method, const char *path, const char *body)
{
    char header[400];
    snprintf(header, sizeof header, "Idempotency-Key: %s\r\n", token);
    return ask_with(house.key, header, method, path, body);
}

/* Twice the same: one thing made, two answers alike to the byte, and the second says what it is. */
static char *twice(const char *token, const char *path, const char *body, int status, const char *pattern)
{
    static char first[2000];
    int64_t before = house_rows();
    struct answer a = once(token, "POST", path, body);
    assert_answer(a, status, pattern);
    assert_null(strstr(a.head, "Idempotent-Replayed"));
    snprintf(first, sizeof first, "%s", a.body);
    int64_t made = house_rows();
    assert_true(made > before);
    a = once(token, "POST", path, body);
    assert_int_equal(a.status, status);
    assert_string_equal(a.body, first);
    assert_non_null(strstr(a.head, "Idempotent-Replayed: true"));
    assert_int_equal(house_rows(), made);
    a = once(token, "POST", path, "{\"name\":\"another\"}");
    assert_answer(a, 409,
                  "{\"error\":{\"message\":\"This Idempotency-Key was used for another request; a new request needs a new "
                  "key.\",\"status_code\":409}}");
    assert_int_equal(house_rows(), made);
    return first;
}

static void test_every_post(void **state)
{
    (void)state;
    char body[1000], target[100];
    twice("list", "/v1/lists", "{\"name\":\"Neighbors\"}", 200, "{\"contact_list_id\":#,\"created_date\":\"@\"}");
    list = answer_number(ask(house.key, "GET", "/v1/lists", NULL), "contact_list_id");
    snprintf(body, sizeof body, "{\"contact_list_id\":%lld," PERSON "}", (long long)list);
    twice("contact", "/api/v1/contacts", body, 200, "{\"created_date\":\"@\",\"contact_id\":#,\"contact_list_id\":#}");
    snprintf(target, sizeof target, "/v1/lists/%lld/imports", (long long)list);
    twice("import", target, "First Name\nA\n", 202, "{\"import_id\":#,\"contact_list_id\":#,\"state\":\"kept\",\"bytes\":13,~");
    twice("template", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>x</p>\"}", 200,
          "{\"created_date\":\"@\",\"template_id\":#,\"state\":\"publishing\",\"report\":null}");
    template = answer_number(ask(house.key, "GET", "/api/v1/templates", NULL), "template_id");
    house_publish(template);
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"Drip\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":\"P\","
             "\"SenderAddress1\":\"1 "
             "Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\"}",
             (long long)template);
    twice("campaign", "/api/v1/campaigns", body, 200,
          "{\"created_date\":\"@\",\"drop_id\":#,\"campaign_id\":#,\"endpoint\":\"$\",\"endpoint_id\":\"$\"}");
    struct answer a = ask(house.key, "GET", "/api/v1/campaigns", NULL);
    drop = answer_number(a, "drop_id");
    char endpoint[64];
    answer_text(a, "endpoint", endpoint, sizeof endpoint);
    snprintf(send_to, sizeof send_to, "/api/v1/send/%s", endpoint);
    twice("suppression", "/api/v1/lists/suppression", "{\"Name\":\"Never\"}", 200,
          "{\"Id\":#,\"Name\":\"Never\",\"Type\":\"Suppression\",\"Country\":\"US\",\"Total\":0,\"CreationDate\":\"@\"}");
}

/* The secret is shown once: in the answer that is kept it is null. */
static void test_webhook(void **state)
{
    (void)state;
    char body[200];
    snprintf(body, sizeof body, "{\"campaign_id\":%lld,\"url\":\"https://8.8.8.8/hook\"}", (long long)drop);
    struct answer a = once("hook", "POST", "/api/v1/webhooks", body);
    assert_answer(a, 200, "{\"created_date\":\"@\",\"id\":#,\"campaign_id\":#,\"secret\":\"whsec_~");
    int64_t id = answer_number(a, "id"), made = house_rows();
    a = once("hook", "POST", "/api/v1/webhooks", body);
    assert_answer(a, 200, "{\"created_date\":\"@\",\"id\":#,\"campaign_id\":#,\"secret\":null}");
    assert_non_null(strstr(a.head, "Idempotent-Replayed: true"));
    assert_int_equal(answer_number(a, "id"), id);
    assert_int_equal(house_rows(), made);
}

static void test_send(void **state)
{
    (void)state;
    twice("send", send_to, "{" PERSON "}", 200, "{\"send_date\":\"@\",\"send-date\":\"@\",\"mail_id\":#,\"contact_id\":#}");
    int64_t before = house_rows();
    assert_int_equal(ask(house.key, "POST", send_to, "{" PERSON "}").status, 200); /* without a key two calls are two pieces */
    assert_int_equal(ask(house.key, "POST", send_to, "{" PERSON "}").status, 200);
    assert_int_equal(house_rows(), before + 2);
    /* what made nothing is not remembered */
    assert_int_equal(once("late", "POST", send_to, "{\"first_name\":\"Ada\"}").status, 400);
    assert_int_equal(once("late", "POST", send_to, "{" PERSON "}").status, 200);
}

/* The key itself is shown once, in the first answer. */
static void test_secret(void **state)
{
    (void)state;
    static const char body[] =
        "{\"username\":\"once\",\"password\":\"correct horse\",\"first_name\":\"A\",\"last_name\":\"L\"}";
    int64_t before = house_rows();
    assert_answer(once("account", "POST", "/api/v1/account", body), 200,
                  "{\"account_id\":#,\"api_key\":\"$\",\"created_date\":\"@\"}");
    assert_answer(once("account", "POST", "/api/v1/account", body), 200,
                  "{\"account_id\":#,\"api_key\":null,\"created_date\":\"@\"}");
    assert_int_equal(house_rows(), before + 2);
    struct answer a = once("account", "POST", "/api/v1/account", "{}");
    assert_int_equal(a.status, 409);
}

/* One key of two accounts is two keys. */
static void test_whose(void **state)
{
    (void)state;
    int64_t before = house_rows();
    assert_int_equal(
        ask_with(house.other_key, "Idempotency-Key: list\r\n", "POST", "/v1/lists", "{\"name\":\"Neighbors\"}").status, 200);
    assert_int_equal(house_rows(), before + 1);
    assert_int_equal(ask_with(house.key, "Idempotency-Key:  \r\n", "POST", "/v1/lists", "{\"name\":\"x\"}").status, 400);
    char header[400] = "Idempotency-Key: ";
    memset(header + 17, 'k', 256);
    strcpy(header + 17 + 256, "\r\n");
    assert_answer(
        ask_with(house.key, header, "POST", "/v1/lists", "{\"name\":\"x\"}"), 400,
        "{\"error\":{\"message\":\"An Idempotency-Key has 1 to 255 bytes (idempotency.max_key_bytes).\",\"status_code\":400}}");
    assert_answer(ask_with(house.key, header, "POST", send_to, "{}"), 400, "{\"error\":{\"message\":\"An Idempotency-Key has~");
    assert_int_equal(house_rows(), before + 1);
}

/* Many at once with one key: one piece, and all hear of the same one. The sends are units of one writer; they are asked over connections that
 * are all open before the first byte goes. */
enum { AT_ONCE = 12 };
static char bodies[AT_ONCE][300];
static int statuses[AT_ONCE];
static char request[2000];
static void *ask_one(void *arg)
{
    int i = (int)(intptr_t)arg;
    statuses[i] = house_ask_bytes(request, bodies[i], sizeof bodies[i]);
    return NULL;
}

static void at_once(const char *target, const char *body)
{
    pthread_t threads[AT_ONCE];
    char pair[100], coded[200];
    snprintf(pair, sizeof pair, "%s:", house.key);
    house_base64(pair, coded);
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Basic %s\r\nIdempotency-Key: at once "
             "%s\r\nContent-Length: %zu\r\n\r\n%s",
             target, coded, target, strlen(body), body);
    for (int i = 0; i < AT_ONCE; i++) assert_int_equal(pthread_create(&threads[i], NULL, ask_one, (void *)(intptr_t)i), 0);
    for (int i = 0; i < AT_ONCE; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < AT_ONCE; i++) {
        if (statuses[i] != 200) fail_msg("%d %s", statuses[i], bodies[i]);
        assert_string_equal(bodies[i], bodies[0]);
    }
}

static void test_at_once(void **state)
{
    (void)state;
    int64_t before = house_rows();
    at_once(send_to, "{" PERSON ",\"company\":\"At once\"}");
    assert_int_equal(house_rows(), before + 1);
    at_once("/v1/lists", "{\"name\":\"At once\"}");
    assert_int_equal(house_rows(), before + 2);
}

/* A repeat is answered as before although the campaign is gone by now; a new request is not. */
static void test_after_the_campaign(void **state)
{
    (void)state;
    char target[100];
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld", (long long)drop);
    assert_int_equal(ask(house.key, "DELETE", target, NULL).status, 200);
    struct answer a = once("send", "POST", send_to, "{" PERSON "}");
    assert_answer(a, 200, "{\"send_date\":\"@\",~");
    assert_non_null(strstr(a.head, "Idempotent-Replayed: true"));
    assert_int_equal(once("send", "POST", send_to, "{}").status, 409);
    assert_int_equal(once("new", "POST", send_to, "{" PERSON "}").status, 404);
}

static int64_t kept(void) { return fresh_store_number(house.address, "SELECT count(*) FROM idempotency"); }

/* After a day a key is new; some minutes later its row is gone. */
static void test_a_day_later(void **state)
{
    (void)state;
    int64_t now = clock_now_ms(), before = house_rows();
    clock_set_ms(now + 24 * 3600000 - 60000);
    assert_non_null(strstr(once("list", "POST", "/v1/lists", "{\"name\":\"Neighbors\"}").head, "Replayed"));
    clock_set_ms(now + 24 * 3600000 + 60000);
    struct answer a = once("list", "POST", "/v1/lists", "{\"name\":\"Neighbors\"}");
    assert_int_equal(a.status, 200);
    assert_null(strstr(a.head, "Replayed"));
    assert_int_equal(house_rows(), before + 1);
    assert_true(kept() > 5);
    clock_set_ms(now + 25 * 3600000);
    accounts_source_add(house.accounts, house.jobs);
    jobs_start(house.jobs);
    for (int64_t until = clock_mono_ms() + 60000; kept() != 1 && clock_mono_ms() < until; usleep(10000)) {}
    assert_int_equal(kept(), 1); /* the one of a minute ago */
    clock_set_ms(0);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_post),
        cmocka_unit_test(test_webhook),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_whose),
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_after_the_campaign),
        cmocka_unit_test(test_a_day_later),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
