/* PATCH changes what it names and nothing else; lists come by the page, oldest first. */
#include "house.h"
#include "press/press.h"
#include <stdio.h>
#include "base/settings.h"
#include <stdlib.h>
#include <string.h>

static char *path(const char *fmt, int64_t id)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

#define PERSON                                                                                                                 \
    "\"last_name\":\"Lovelace\",\"address_street\":\"12 St James "                                                             \
    "Square\",\"address_city\":\"Sacramento\",\"address_state\":\"CA\","                                                       \
    "\"address_zip\":\"95814\""

static int64_t list;

static int64_t make_contact(const char *first_name)
{
    char body[500];
    snprintf(body, sizeof body, "{\"contact_list_id\":%lld,\"first_name\":\"%s\",\"company\":\"Engines\"," PERSON "}",
             (long long)list, first_name);
    return answer_number(ask(house.key, "POST", "/api/v1/contacts", body), "contact_id");
}

static void test_contact(void **state)
{
    (void)state;
    list = answer_number(ask(house.key, "POST", "/v1/lists", "{\"name\":\"Neighbors\"}"), "contact_list_id");
    int64_t id = make_contact("Ada");
    assert_answer(ask(house.key, "PATCH", path("/api/v1/contacts/%lld", id),
                      "{\"FirstName\":\"Augusta\",\"company\":null,\"zip\":\"95815\",\"unknown\":1}"),
                  200, "{\"updated_date\":\"@\",\"contact_id\":#,\"contact_list_id\":#}");
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/details/%lld", id), NULL), 200,
                  "{\"Id\":#,\"ContactListId\":#,\"FirstName\":\"Augusta\",\"LastName\":\"Lovelace\",\"Company\":null,"
                  "\"Address\":\"12 St James Square\","
                  "\"Address2\":null,\"City\":\"Sacramento\",\"State\":\"CA\",\"Zip\":\"95815\",~");
    static const struct {
        const char *body;
        int status;
        const char *message;
    } rows[] = {
        {"{\"last_name\":null}", 400, "last_name is required."},
        {"{\"unknown\":1}", 400, "The body names no field of a contact."},
        {"{\"contact_id\":424242,\"first_name\":\"x\"}", 400, "contact_id is not the contact of the address (#)."},
        {"{\"contact_list_id\":424242,\"first_name\":\"x\"}", 404, "There is no contact # in list 424242."},
        {"{\"address_zip\":\"x\"}", 400, "address_zip \\\"x\\\" is no ZIP code."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char want[300];
        snprintf(want, sizeof want, "{\"error\":{\"message\":\"%s\",\"status_code\":%d}}", rows[i].message, rows[i].status);
        assert_answer(ask(house.key, "PATCH", path("/api/v1/contacts/%lld", id), rows[i].body), rows[i].status, want);
    }
}

static void test_template(void **state)
{
    (void)state;
    int64_t id = answer_number(
        ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>one</p>\"}"), "template_id");
    house_publish(id);
    char *at = strdup(path("/api/v1/templates/%lld", id));
    assert_answer(ask(house.key, "PATCH", at, "{\"name\":\"New name\",\"is_proofed\":1}"), 200,
                  "{\"updated_date\":\"@\",\"template_id\":#,\"version\":1,\"state\":\"published\"}");
    assert_answer(ask(house.key, "GET", at, NULL), 200,
                  "[{\"template_id\":#,\"name\":\"New "
                  "name\",\"size\":\"2\",\"is_full_html\":true,\"is_proofed\":true,\"html\":\"<p>one</p>\",~");
    assert_answer(ask(house.key, "PATCH", at, "{\"html\":\"<p>two</p>\"}"), 200,
                  "{\"updated_date\":\"@\",\"template_id\":#,\"version\":2,\"state\":\"publishing\"}");
    assert_answer(ask(house.key, "GET", at, NULL), 200,
                  "[{\"template_id\":#,\"name\":\"New "
                  "name\",\"size\":\"2\",\"is_full_html\":true,\"is_proofed\":true,\"html\":\"<p>two</p>\",~");
    assert_answer(
        ask(house.key, "PATCH", at, "{\"size\":3}"), 400,
        "{\"error\":{\"message\":\"size: the template # is a 2; another size is another template.\",\"status_code\":400}}");
    assert_answer(ask(house.key, "PATCH", at, "{\"name\":\" \"}"), 400,
                  "{\"error\":{\"message\":\"name is required.\",\"status_code\":400}}");
    assert_answer(ask(house.key, "PATCH", at, "{\"html\":null}"), 400,
                  "{\"error\":{\"message\":\"html is required when is_full_html is true.\",\"status_code\":400}}");
    assert_answer(ask(house.key, "PATCH", at, "{\"size\":null}"), 400,
                  "{\"error\":{\"message\":\"The body names no field of a template.\",\"status_code\":400}}");
    assert_answer(ask(house.other_key, "PATCH", at, "{\"name\":\"x\"}"), 404,
                  "{\"error\":{\"message\":\"There is no template #.\",\"status_code\":404}}");
    free(at);
}

static void set(const char *name, const char *value)
{
    struct fault f;
    assert_true(setting_set(str_of(name), str_of(value), "test", &f));
}

static int count(struct answer a, const char *what)
{
    int n = 0;
    for (const char *p = a.body; (p = strstr(p, what)); p++) n++;
    return n;
}

static void test_contact_pages(void **state)
{
    (void)state;
    list = answer_number(ask(house.key, "POST", "/v1/lists", "{\"name\":\"Pages\"}"), "contact_list_id");
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/%lld", list), NULL), 200, "[]");
    for (int i = 0; i < 5; i++) make_contact((const char *[]){"A", "B", "C", "D", "E"}[i]);
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/%lld?start=2&limit=1", list), NULL), 200,
                  "[{\"row\":2,\"contact_id\":#,\"contact_list_id\":#,\"first_name\":\"B\",~");
    assert_int_equal(count(ask(house.key, "GET", path("/api/v1/contacts/%lld?start=2&limit=2", list), NULL), "\"row\""), 2);
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/%lld?start=6", list), NULL), 200, "[]");
    assert_int_equal(ask(house.key, "GET", path("/api/v1/contacts/%lld?limit=101", list), NULL).status, 400);
    set("api.past_end", "text");
    struct answer a = ask(house.key, "GET", path("/api/v1/contacts/%lld?start=6", list), NULL);
    assert_answer(a, 404, "\"No contacts received\"");
    assert_int_equal(count(ask(house.key, "GET", path("/api/v1/contacts/%lld?start=5", list), NULL), "\"row\""), 1);
    set("api.past_end", "empty");
    set("api.inclusive_range", "on");
    assert_int_equal(count(ask(house.key, "GET", path("/api/v1/contacts/%lld?start=1&limit=2", list), NULL), "\"row\""), 3);
    set("api.inclusive_range", "off");
}

/* Every list that is a whole array: start and limit cut it, in the order in which its things were made. */
static void test_other_pages(void **state)
{
    (void)state;
    char body[700];
    int64_t template = answer_number(
        ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"Page\",\"size\":2,\"html\":\"x\"}"), "template_id");
    house_publish(template);
    for (int i = 0; i < 2; i++) {
        snprintf(
            body, sizeof body,
            "{\"DirectMailName\":\"Drip "
            "%d\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":\"P\",\"SenderAddress1\":\"1 "
            "Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\"}",
            i + 1, (long long)template);
        assert_int_equal(ask(house.key, "POST", "/api/v1/campaigns", body).status, 200);
    }
    assert_int_equal(ask(house.key, "PUT", "/v1/assets/a.css", "p{}").status, 200);
    assert_int_equal(ask(house.key, "PUT", "/v1/assets/b.css", "p{}").status, 200);
    static const struct {
        const char *target, *first, *second;
    } rows[] = {
        {"/api/v1/contacts", "[{\"contact_list_id\":#,\"name\":\"Neighbors\",~",
         "[{\"contact_list_id\":#,\"name\":\"Pages\",~"},
        {"/v1/lists", "[{\"contact_list_id\":#,\"name\":\"Neighbors\",~", "[{\"contact_list_id\":#,\"name\":\"Pages\",~"},
        {"/api/v1/templates", "[{\"template_id\":#,\"name\":\"New name\",~", "[{\"template_id\":#,\"name\":\"Page\",~"},
        {"/api/v1/campaigns", "[{\"campaign_id\":#,\"drop_id\":#,\"name\":\"Drip 1\",~",
         "[{\"campaign_id\":#,\"drop_id\":#,\"name\":\"Drip 2\",~"},
        {"/api/v1/campaigns/drips", "[{\"campaign_id\":#,\"drop_id\":#,\"name\":\"Drip 1\",~",
         "[{\"campaign_id\":#,\"drop_id\":#,\"name\":\"Drip 2\",~"},
        {"/v1/assets", "[{\"name\":\"a.css\",~", "[{\"name\":\"b.css\",~"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char target[100];
        assert_answer(ask(house.key, "GET", rows[i].target, NULL), 200, rows[i].first);
        for (int start = 0; start < 4; start++) {
            snprintf(target, sizeof target, "%s?start=%d&limit=1", rows[i].target, start);
            struct answer a = ask(house.key, "GET", target, NULL);
            assert_answer(a, 200, start < 2 ? rows[i].first : start == 2 ? rows[i].second : "[]");
            assert_int_equal(count(a, "},{"), 0);
        }
        snprintf(target, sizeof target, "%s?limit=0", rows[i].target);
        assert_answer(ask(house.key, "GET", target, NULL), 400,
                      "{\"error\":{\"message\":\"limit must be a number from 1 to #.\",\"status_code\":400}}");
    }
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contact),
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_contact_pages),
        cmocka_unit_test(test_other_pages),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
