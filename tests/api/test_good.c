/* test_good.c: each route's good case, in the order in which a newcomer meets them; answers byte for byte. */
#include "house.h"
#include "press/press.h"
#include <stdio.h>

#define PERSON                                                                                                                 \
    "\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address_street\":\"12 St James "                                      \
    "Square\",\"address_city\":\"Sacramento\",\"address_state\":\"CA\","                                                       \
    "\"address_zip\":\"95814\""
#define SENDER                                                                                                                 \
    "\"SenderName\":\"Penny Lane\",\"SenderAddress1\":\"1 Penny "                                                              \
    "Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\""

static int64_t list, contact, template, drop, smart_drop, piece;
static char endpoint[64];

static char *path(const char *fmt, int64_t id)
{
    static char text[200];
    snprintf(text, sizeof text, fmt, (long long)id);
    return text;
}

static void test_health(void **state)
{
    (void)state;
    assert_answer(ask(NULL, "GET", "/healthz", NULL), 200,
                  "{\"status\":\"ok\",\"version\":\"0.1.0\",\"writer\":{\"waiting\":#,\"groups\":#,\"units\":#}}");
}

static void test_account(void **state)
{
    (void)state;
    static const char row[] =
        "{\"account_id\":#,\"username\":\"first\",\"first_name\":null,\"last_name\":null,\"email_address\":null,\"company\":"
        "null,\"phone\":null,"
        "\"address_street\":null,\"address_city\":null,\"address_state\":null,\"address_zip\":null,\"created_date\":\"@\"";
    char want[1000];
    snprintf(want, sizeof want, "[%s}]", row);
    assert_answer(ask(house.key, "GET", "/api/v1/account/me", NULL), 200, want);
    assert_answer(ask(house.key, "GET", "/api/v1/account/me/", NULL), 200, want);
    snprintf(want, sizeof want, "%s,\"api_key\":null,\"parent_id\":null}", row);
    assert_answer(ask(house.key, "GET", path("/api/v1/account/%lld", house.account), NULL), 200, want);
}

static void test_lists(void **state)
{
    (void)state;
    struct answer a = ask(house.key, "POST", "/api/v1/lists", "{\"name\":\"Neighbors\"}");
    assert_answer(a, 200, "{\"contact_list_id\":#,\"created_date\":\"@\"}");
    list = answer_number(a, "contact_list_id");
    static const char all[] =
        "[{\"contact_list_id\":#,\"name\":\"Neighbors\",\"count\":0,\"created_date\":\"@\",\"columns\":[],\"key_field\":null}]";
    assert_answer(ask(house.key, "GET", "/api/v1/contacts", NULL), 200, all);
    assert_answer(ask(house.key, "GET", "/v1/lists", NULL), 200, all);
    assert_answer(
        ask(house.key, "GET", path("/v1/lists/%lld", list), NULL), 200,
        "{\"contact_list_id\":#,\"name\":\"Neighbors\",\"count\":0,\"created_date\":\"@\",\"columns\":[],\"key_field\":null}");
    assert_answer(ask(house.other_key, "GET", "/api/v1/contacts", NULL), 200, "[]");
    int64_t second = answer_number(ask(house.key, "POST", "/v1/lists", "{\"name\":\"gone\"}"), "contact_list_id");
    assert_answer(ask(house.key, "DELETE", path("/v1/lists/%lld", second), NULL), 200,
                  "{\"deleted_date\":\"@\",\"contact_list_id\":#}");
    assert_int_equal(ask(house.key, "GET", path("/v1/lists/%lld", second), NULL).status, 404);
}

static void test_contacts(void **state)
{
    (void)state;
    char body[1000];
    snprintf(body, sizeof body,
             "{\"contact_list_id\":\"%lld\",%s,\"company\":\"Engines\",\"var_field_35\":7,\"phone\":null,\"unknown\":[1,{}]}",
             (long long)list, PERSON);
    struct answer a = ask(house.key, "POST", "/api/v1/contacts", body);
    assert_answer(a, 200, "{\"created_date\":\"@\",\"contact_id\":#,\"contact_list_id\":#}");
    contact = answer_number(a, "contact_id");
    static const char head[] = "[{\"row\":1,\"contact_id\":#,\"contact_list_id\":#,\"first_name\":\"Ada\",\"last_name\":"
                               "\"Lovelace\",\"company\":\"Engines\",\"phone\":null,"
                               "\"mobile_phone\":null,\"occupation\":null,\"website\":null,\"email_address\":null,\"address_"
                               "street\":\"12 St James Square\","
                               "\"address_street2\":null,\"address_city\":\"Sacramento\",\"address_state\":\"CA\",\"address_"
                               "zip\":\"95814\",\"country\":null,"
                               "\"created_date\":\"@\",\"var_field_1\":null,~";
    a = ask(house.key, "GET", path("/api/v1/contacts/%lld?start=0&limit=100", list), NULL);
    assert_answer(a, 200, head);
    assert_non_null(strstr(a.body, "\"var_field_34\":null,\"var_field_35\":\"7\"}]"));
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/%lld?start=1&limit=1", list), NULL), 200, head);
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/%lld?start=2", list), NULL), 200, "[]");
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/details/%lld", contact), NULL), 200,
                  "{\"Id\":#,\"ContactListId\":#,\"FirstName\":\"Ada\",\"LastName\":\"Lovelace\",\"Company\":\"Engines\","
                  "\"Address\":\"12 St James Square\",\"Address2\":null,"
                  "\"City\":\"Sacramento\",\"State\":\"CA\",\"Zip\":\"95814\",\"EmailId\":null,\"Phone\":null,\"Mobile\":null,"
                  "\"Occupation\":null,\"Website\":null,"
                  "\"AddressStatusId\":1}");
}

/* PUT replaces: what is not named becomes null. */
static void test_contact_put(void **state)
{
    (void)state;
    char body[1000];
    snprintf(body, sizeof body,
             "{\"contact_id\":\"%lld\",\"FirstName\":\"Augusta\",\"last_name\":\"King\",\"address\":\"1 Main "
             "Street\",\"address_street2\":\"-\",\"city\":\"Springfield\","
             "\"state\":\"illinois\",\"zip\":62701}",
             (long long)contact);
    assert_answer(ask(house.key, "PUT", path("/api/v1/contacts/%lld", contact), body), 200,
                  "{\"updated_date\":\"@\",\"contact_id\":#,\"contact_list_id\":#}");
    assert_answer(ask(house.key, "GET", path("/api/v1/contacts/details/%lld", contact), NULL), 200,
                  "{\"Id\":#,\"ContactListId\":#,\"FirstName\":\"Augusta\",\"LastName\":\"King\",\"Company\":null,\"Address\":"
                  "\"1 Main Street\",\"Address2\":\"-\",~");
    assert_answer(ask(house.key, "PUT", path("/api/v1/contacts/%lld", contact), "{\"first_name\":\"Ada\"}"), 400,
                  "{\"error\":{\"message\":\"last_name is required.\",\"status_code\":400}}");
    snprintf(body, sizeof body, "{\"contact_list_id\":%lld,%s}", (long long)list + 1000, PERSON);
    assert_int_equal(ask(house.key, "PUT", path("/api/v1/contacts/%lld", contact), body).status, 404);
    int64_t second;
    snprintf(body, sizeof body, "{\"contact_list_id\":%lld,%s}", (long long)list, PERSON);
    second = answer_number(ask(house.key, "POST", "/api/v1/contacts", body), "contact_id");
    assert_answer(ask(house.key, "DELETE", path("/api/v1/contacts/%lld?contact_list_id=424242", second), NULL), 404,
                  "{\"error\":{\"message\":\"There is no contact # in list 424242.\",\"status_code\":404}}");
    assert_answer(ask(house.key, "DELETE", path("/api/v1/contacts/%lld", second), NULL), 200,
                  "{\"deleted_date\":\"@\",\"contact_id\":#}");
    assert_answer(ask(house.key, "DELETE", path("/api/v1/contacts/%lld", second), NULL), 404,
                  "{\"error\":{\"message\":\"There is no contact #.\",\"status_code\":404}}");
}

static void test_imports(void **state)
{
    (void)state;
    struct answer a = ask(house.key, "POST", path("/v1/lists/%lld/imports", list), "First Name,Last Name\nA,B\n");
    assert_answer(a, 202,
                  "{\"import_id\":#,\"contact_list_id\":#,\"state\":\"kept\",\"bytes\":25,\"at_byte\":0,\"rows\":0,\"used\":0,"
                  "\"inserted\":0,\"updated\":0,\"unchanged\":0,\"repeated\":0,\"refused\":0,\"last_error\":null,\"received_"
                  "date\":\"@\"}");
    int64_t id = answer_number(a, "import_id");
    assert_answer(ask(house.key, "GET", path("/v1/imports/%lld", id), NULL), 200,
                  "{\"import_id\":#,\"contact_list_id\":#,\"state\":\"kept\",~");
    assert_answer(ask(house.key, "GET", path("/v1/imports/%lld/refused?limit=20", id), NULL), 200, "[]");
}

static void test_assets(void **state)
{
    (void)state;
    assert_answer(ask(house.key, "PUT", "/v1/assets/house.css", "p{color:red}"), 200,
                  "{\"name\":\"house.css\",\"updated_date\":\"@\"}");
    assert_answer(ask(house.key, "GET", "/v1/assets", NULL), 200,
                  "[{\"name\":\"house.css\",\"media_type\":\"text/css\",\"bytes\":12,\"created_date\":\"@\"}]");
    assert_answer(ask(house.key, "DELETE", "/v1/assets/house.css", NULL), 200,
                  "{\"name\":\"house.css\",\"deleted_date\":\"@\"}");
    assert_answer(ask(house.key, "GET", "/v1/assets", NULL), 200, "[]");
}

static void test_templates(void **state)
{
    (void)state;
    struct answer a =
        ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>Hello {{first_name}}</p>\"}");
    assert_answer(a, 200, "{\"created_date\":\"@\",\"template_id\":#,\"state\":\"publishing\",\"report\":null}");
    template = answer_number(a, "template_id");
    char body[1000];
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"early\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0,%s}",
             (long long)template, SENDER);
    assert_answer(
        ask(house.key, "POST", "/api/v1/campaigns", body), 409,
        "{\"error\":{\"message\":\"The template # is still being compiled. Try again in a moment.\",\"status_code\":409}}");
    house_publish(template);
    static const char one[] = "[{\"template_id\":#,\"name\":\"Card\",\"size\":\"2\",\"is_full_html\":true,\"is_proofed\":false,"
                              "\"html\":\"<p>Hello {{first_name}}</p>\",\"front\":null,\"back\":null,"
                              "\"count\":0,\"is_double_sided\":false,\"font_family\":null,\"created_date\":\"@\",\"thumbnail\":"
                              "null,\"thumbnail_back\":null,\"is_strict\":false,"
                              "\"version\":1,\"state\":\"published\",\"report\":{\"ok\":true}}]";
    assert_answer(ask(house.key, "GET", "/api/v1/templates", NULL), 200, one);
    assert_answer(ask(house.key, "GET", path("/api/v1/templates/%lld", template), NULL), 200, one);
    int64_t second = answer_number(
        ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"gone\",\"size\":\"2\",\"html\":\"x\"}"), "template_id");
    assert_answer(ask(house.key, "DELETE", path("/api/v1/templates/%lld", second), NULL), 200,
                  "{\"deleted_date\":\"@\",\"template_id\":#}");
}

#define NOTHING_TRACKED                                                                                                        \
    "\"delivered\":0,\"in_transit\":0,\"in_local_area\":0,\"processed_for_delivery\":0,\"returned\":0,\"pageviews\":0,"        \
    "\"unique_pageviews\":0,\"unique_visitors\":0,"                                                                            \
    "\"conversions\":0,"

static void test_campaigns(void **state)
{
    (void)state;
    char body[1000];
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"Drip\",\"TemplateFrontId\":\"%lld\",\"CreditTypeId\":22,\"PostageType\":\"0\",%s}",
             (long long)template, SENDER);
    struct answer a = ask(house.key, "POST", "/api/v1/campaigns", body);
    assert_answer(a, 200, "{\"created_date\":\"@\",\"drop_id\":#,\"campaign_id\":#,\"endpoint\":\"$\",\"endpoint_id\":\"$\"}");
    drop = answer_number(a, "drop_id");
    answer_text(a, "endpoint", endpoint, sizeof endpoint);
    static const char one[] = "[{\"campaign_id\":#,\"drop_id\":#,\"name\":\"Drip\",\"endpoint\":\"$\",\"campaign_type\":1,"
                              "\"creative_type\":2,\"status\":0,\"is_live_mode\":0,\"audience\":0," NOTHING_TRACKED
                              "\"send_date\":null,\"created_date\":\"@\",\"thumbnail\":null,\"thumbnail_back\":null,"
                              "\"accepted\":0,\"printed\":0,\"refused\":0,\"cancelled\":0,\"batches_open\":0,"
                              "\"batches_waiting\":0,\"batches_ready\":0,\"batches_failed\":0,\"last_error\":null,"
                              "\"drop_name\":\"Drip\",\"created\":0,\"mailed\":0,\"re_routed\":0}]";
    assert_answer(ask(house.key, "GET", path("/api/v1/campaigns/%lld", drop), NULL), 200, one);
    assert_answer(ask(house.key, "GET", "/api/v1/campaigns", NULL), 200, one);
    assert_answer(ask(house.key, "GET", "/api/v1/campaigns/drips", NULL), 200, one);
    assert_answer(ask(house.key, "GET", path("/api/v1/campaigns/%lld/details", drop), NULL), 200,
                  "{\"ContactListId\":null,\"DirectMailDropId\":#,\"DirectMailName\":\"Drip\",\"EndPointId\":\"$\",\"Status\":"
                  "0,\"CampaignId\":#,\"CampaignType\":1,\"TemplateFrontId\":#,"
                  "\"IsLiveMode\":0,\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":\"Penny Lane\",\"SenderAddress1\":\"1 "
                  "Penny Lane\",\"SenderAddress2\":null,"
                  "\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\",\"SenderCountry\":\"US\","
                  "\"StartingUrl\":null,\"GoalUrl\":null,\"CampaignName\":\"Drip\",\"MinDaysBetween\":0,\"DailyCap\":0}");
    snprintf(body, sizeof body,
             "{\"DirectMailName\":\"All\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0,%s,\"CampaignType\":0,"
             "\"ContactListId\":%lld,\"SendDate\":\"2030-01-01T00:00:00Z\"}",
             (long long)template, SENDER, (long long)list);
    a = ask(house.key, "POST", "/api/v1/campaigns", body);
    assert_answer(a, 200, "{\"created_date\":\"@\",\"drop_id\":#,\"campaign_id\":#,\"endpoint\":null,\"endpoint_id\":null}");
    smart_drop = answer_number(a, "drop_id");
    assert_answer(ask(house.key, "GET", "/api/v1/campaigns/drips", NULL), 200, one);
    assert_answer(ask(house.key, "DELETE", path("/api/v1/campaigns/%lld", smart_drop), NULL), 200,
                  "{\"deleted_date\":\"@\",\"drop_id\":#}");
}

static void test_live_mode(void **state)
{
    (void)state;
    assert_answer(ask(house.key, "PUT", path("/api/v1/campaigns/%lld", drop), "{}"), 409,
                  "{\"error\":{\"message\":\"This account has no mailer id, so it can only test. The operator gives it one "
                  "before it goes live: pennypost account mailer-id # MID.\",\"status_code\":409}}");
    assert_answer(ask(house.key, "PUT", path("/api/v1/campaigns/%lld", drop), "{\"is_live_mode\":\"0\"}"), 200,
                  "{\"updated_date\":\"@\",\"drop_id\":#,\"is_live_mode\":0}");
}

static void test_send(void **state)
{
    (void)state;
    char target[120];
    snprintf(target, sizeof target, "/api/v1/send/%s", endpoint);
    struct answer a = ask(house.key, "POST", target, "{" PERSON ",\"var_field_1\":12,\"favorite\":\"blue\",\"tags\":[]}");
    assert_answer(a, 200, "{\"send_date\":\"@\",\"send-date\":\"@\",\"mail_id\":#,\"contact_id\":#}");
    piece = answer_number(a, "mail_id");
    assert_answer(ask(house.key, "POST", target, "{\"first_name\":\"Ada\"}"), 400,
                  "{\"error\":{\"message\":\"last_name is required.\",\"status_code\":400}}");
    assert_answer(ask(house.key, "GET", path("/v1/pieces/%lld", piece), NULL), 200,
                  "{\"piece_id\":#,\"contact_id\":#,\"batch_id\":#,\"drop_id\":#,\"state\":\"accepted\",\"reason\":null,"
                  "\"detail\":null,\"first_page\":0,~");
    a = ask(house.key, "GET", path("/v1/batches?drop_id=%lld", drop), NULL);
    assert_answer(
        a, 200,
        "[{\"batch_id\":#,\"drop_id\":#,\"state\":\"open\",\"is_test\":1,\"n_pieces\":1,\"n_done\":0,\"n_refused\":0,~");
    int64_t batch = answer_number(a, "batch_id");
    assert_answer(ask(house.key, "GET", path("/v1/batches/%lld", batch), NULL), 200,
                  "{\"batch_id\":#,\"drop_id\":#,\"state\":\"open\",~");
    assert_answer(ask(house.key, "GET", path("/v1/batches/%lld/pieces", batch), NULL), 200, "[{\"piece_id\":#,~");
    assert_answer(ask(house.key, "GET", path("/v1/batches/%lld/pieces.pdf", batch), NULL), 409,
                  "{\"error\":{\"message\":\"Batch # has no file: it is open.\",\"status_code\":409}}");
    static const char not_yet[] =
        "{\"error\":{\"message\":\"Piece # is not printed: its batch is open.\",\"status_code\":409}}";
    assert_answer(ask(house.key, "GET", path("/v1/pieces/%lld/proof.pdf", piece), NULL), 409, not_yet);
    assert_answer(ask(house.key, "GET", path("/v1/pieces/%lld/front.png", piece), NULL), 409, not_yet);
    assert_answer(ask(house.key, "GET", path("/v1/pieces/%lld/back.png", piece), NULL), 409, not_yet);
    assert_answer(ask(house.key, "DELETE", path("/api/v1/templates/%lld", template), NULL), 409,
                  "{\"error\":{\"message\":\"The template # is used by campaign #~");
}

static void test_operator(void **state)
{
    (void)state;
    struct answer a = ask_operator(0, "POST", "/v1/accounts", "{\"username\":\"third\",\"address\":\"1 Main Street\"}");
    assert_answer(a, 200, "{\"account_id\":#,\"api_key\":\"$\",\"created_date\":\"@\"}");
    int64_t id = answer_number(a, "account_id");
    char key[64], target[100];
    a = ask_operator(0, "POST", path("/v1/accounts/%lld/keys", id), NULL);
    assert_answer(a, 200, "{\"account_id\":#,\"api_key\":\"$\",\"created_date\":\"@\"}");
    answer_text(a, "api_key", key, sizeof key);
    assert_int_equal(ask(key, "GET", "/api/v1/account/me", NULL).status, 200);
    snprintf(target, sizeof target, "/v1/accounts/%lld/keys/%s", (long long)id, key + 32);
    assert_answer(ask_operator(0, "DELETE", target, NULL), 200, "{\"account_id\":#,\"hint\":\"~");
    assert_int_equal(ask(key, "GET", "/api/v1/account/me", NULL).status, 401);
    assert_answer(ask_operator(0, "PUT", path("/v1/accounts/%lld/mailer-ids/901234567", id), NULL), 200,
                  "{\"account_id\":#,\"mailer_id\":901234567,\"updated_date\":\"@\"}");
    a = ask_operator(0, "GET", "/v1/accounts", NULL);
    assert_answer(a, 200, "[{\"account_id\":#,\"username\":\"first\",~");
    assert_non_null(strstr(a.body, "\"address_street\":\"1 Main Street\""));
    assert_non_null(strstr(a.body, "\"mailer_id\":901234567,\"rate_limit\":null}"));
    assert_answer(ask_operator(house.account, "GET", "/v1/lists", NULL), 200,
                  "[{\"contact_list_id\":#,\"name\":\"Neighbors\",~");
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_health),    cmocka_unit_test(test_account),     cmocka_unit_test(test_lists),
        cmocka_unit_test(test_contacts),  cmocka_unit_test(test_contact_put), cmocka_unit_test(test_imports),
        cmocka_unit_test(test_assets),    cmocka_unit_test(test_templates),   cmocka_unit_test(test_campaigns),
        cmocka_unit_test(test_live_mode), cmocka_unit_test(test_send),        cmocka_unit_test(test_operator),
    };
    return cmocka_run_group_tests(tests, house_open, house_close);
}
