/* The webhook connector: the published signature vector, what each answer means, and the bodies of real pieces and contacts. */
#include <stdio.h>
#include "house.h"
#include "base/json.h"
#include "fake_press.h"
#include "links/webhook/webhook.h"
#include "queries.h"

/* ---- signatures ---- */

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER  "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"
#define SIGNED "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static void test_sign(void **state)
{
    (void)state;
    struct arena *a = arena_create(1000);
    struct str id = STR("msg_p5jXN8AQM9LWM0D4loKWxJek"), body = STR("{\"test\": 2432232314}");
    assert_str(SIGNED, webhook_sign(a, STR(SECRET), id, 1614265330, body));
    struct str both = webhook_sign(a, STR(SECRET " " OTHER), id, 1614265330, body);
    assert_true(str_starts(both, STR(SIGNED " v1,")));
    assert_int_equal(both.len, 2 * strlen(SIGNED) + 1);
    assert_null(webhook_sign(a, STR_NULL, id, 1614265330, body).ptr);
    assert_false(str_eq(webhook_sign(a, STR(SECRET), id, 1614265331, body), STR(SIGNED)));
    arena_destroy(&a);
}

static void test_secrets(void **state)
{
    (void)state;
    static const struct {
        const char *secret;
        bool ok;
    } cases[] = {
        {SECRET, true},
        {SECRET " " OTHER, true},
        {"", false},
        {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false},
        {"whsec_", false},
        {"whsec_c2hvcnQ=", false},
        {"whsec_not base 64", false},
        {SECRET " x", false},
    };
    struct arena *a = arena_create(1000);
    struct fault f;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (webhook_secret_check(str_of(cases[i].secret), &f) != cases[i].ok) fail_msg("\"%s\"", cases[i].secret);
    struct str made = webhook_secret_make(a);
    assert_true(webhook_secret_check(made, &f));
    assert_int_equal(made.len, 6 + 44);
    assert_false(str_eq(made, webhook_secret_make(a)));
    arena_destroy(&a);
}

/* ---- answers ---- */

static const struct {
    int status;
    enum fetch_error error;
    const char *head;
    enum link_result want;
    int64_t pause; /* from now */
    const char *sentence;
} answers[] = {
    {200, FETCH_OK, "", LINK_OK, 0, ""},
    {204, FETCH_OK, "", LINK_OK, 0, ""},
    {299, FETCH_OK, "", LINK_OK, 0, ""},
    {199, FETCH_OK, "", LINK_RETRY_LATER, 0, "said"},
    {301, FETCH_OK, "Location: http://127.0.0.1/\r\n", LINK_RETRY_LATER, 0, "said: redirects are not followed"},
    {400, FETCH_OK, "", LINK_RETRY_LATER, 0, "said"},
    {401, FETCH_OK, "", LINK_RETRY_LATER, 0, "said"},
    {404, FETCH_OK, "", LINK_RETRY_LATER, 0, "said"},
    {410, FETCH_OK, "", LINK_DISABLE, 0, "said"},
    {429, FETCH_OK, "", LINK_RETRY_LATER, 0, "said"},
    {429, FETCH_OK, "Retry-After: 90\r\n", LINK_PAUSE_DESTINATION, 90000, "said"},
    {429, FETCH_OK, "Retry-After: 0\r\n", LINK_PAUSE_DESTINATION, 1000, "said"},
    {500, FETCH_OK, "Retry-After: 90\r\n", LINK_RETRY_LATER, 0, "said"},
    {502, FETCH_OK, "retry-after: 5\r\n", LINK_PAUSE_DESTINATION, 5000, "said"},
    {503, FETCH_OK, "", LINK_RETRY_LATER, 0, "said"},
    {504, FETCH_OK, "", LINK_RETRY_LATER, 0, "said"},
    {500, FETCH_OK, "webhook-delivery: abort-message\r\n", LINK_PERMANENT, 0, "said"},
    {200, FETCH_OK, "webhook-delivery: abort-message\r\n", LINK_OK, 0, ""},
    {0, FETCH_REFUSED, "", LINK_PERMANENT, 0, "said"},
    {0, FETCH_NO_NAME, "", LINK_RETRY_LATER, 0, "said"},
    {0, FETCH_NO_CONNECTION, "", LINK_RETRY_LATER, 0, "said"},
    {0, FETCH_TLS, "", LINK_RETRY_LATER, 0, "said"},
    {0, FETCH_TIMEOUT, "", LINK_RETRY_LATER, 0, "said"},
    {0, FETCH_BROKEN, "", LINK_RETRY_LATER, 0, "said"},
};

static void test_answers(void **state)
{
    (void)state;
    struct webhook *w = webhook_create();
    const struct link_def *link = webhook_link(w);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct link_delivery d = {.now = 1000000};
        struct fetch_answer a = {.status = answers[i].status, .error = answers[i].error, .sentence = "said"};
        char head[200];
        snprintf(head, sizeof head, "HTTP/1.1 %d x\r\n%s\r\n", answers[i].status, answers[i].head);
        a.head = str_of(head);
        enum link_result got = link->step(link->ctx, &d, &a);
        int64_t pause = d.pause_until ? d.pause_until - d.now : 0;
        if (got != answers[i].want || pause != answers[i].pause ||
            (got != LINK_OK && strcmp(d.sentence, answers[i].sentence) != 0))
            fail_msg("%d %s: %s, pause %lld, \"%s\"", answers[i].status, answers[i].head, link_result_word(got),
                     (long long)pause, d.sentence);
    }
    webhook_destroy(&w);
}

static void test_ladder(void **state)
{
    (void)state;
    static const int64_t seconds[] = {0, 5, 305, 2105, 9305, 27305, 63305, 113705, 185705, 272105};
    struct webhook *w = webhook_create();
    const struct retry_ladder *l = webhook_link(w)->ladder;
    assert_int_equal(l->n_at, 10);
    for (int i = 0; i < 10; i++) assert_int_equal(l->at_ms[i], seconds[i] * 1000);
    webhook_destroy(&w);
}

/* ---- bodies ---- */

struct begin {
    const struct link_def *link;
    struct link_delivery *d;
    bool loaded;
};
static bool load(struct tx *tx, void *arg)
{
    struct begin *b = arg;
    b->loaded = b->link->load(b->link->ctx, tx, b->d);
    return tx_ok(tx);
}

static struct link_delivery ask(struct house *h, const struct link_def *link, struct event e, bool loads)
{
    struct link_delivery d = {.arena = h->arena,
                              .delivery_id = 77,
                              .attempt = 2,
                              .event = e,
                              .address = STR("https://example.com/hook"),
                              .secret = STR(SECRET),
                              .now = 1614265330000};
    struct begin b = {.link = link, .d = &d};
    struct fault f;
    assert_true(store_read(h->store, load, &b, &f));
    assert_int_equal(b.loaded, loads);
    if (loads) assert_int_equal(link->step(link->ctx, &d, NULL), LINK_ASK);
    return d;
}

static void check_headers(struct house *h, const struct link_delivery *d)
{
    struct str signature = webhook_sign(h->arena, STR(SECRET), STR("msg_77"), 1614265330, d->ask.body);
    assert_int_equal(d->ask.n_headers, 5);
    assert_str("Content-Type: application/json", d->ask.headers[0]);
    assert_str("webhook-id: msg_77", d->ask.headers[2]);
    assert_str("webhook-timestamp: 1614265330", d->ask.headers[3]);
    assert_str(arena_printf(h->arena, "webhook-signature: %.*s", STR_ARG(signature)), d->ask.headers[4]);
    assert_true(d->ask.is_guarded);
    assert_int_equal(d->ask.timeout_ms, 15000);
    assert_string_equal(d->ask.method, "POST");
}

static void test_piece_body(void **state)
{
    (void)state;
    struct house h;
    struct send s;
    struct fault f;
    house_open(&h, fake_press(), true);
    struct drop d = house_campaign(&h, h.account);
    assert_true(house_send(&h, h.account, d.endpoint, "Ada", &s, &f));
    struct webhook *w = webhook_create();
    struct event e = {.account_id = h.account,
                      .source = EVENT_DROP,
                      .source_id = d.drop_id,
                      .event_id = 123,
                      .code = 4,
                      .subject_id = s.piece_id};
    e.happened_at = 1614200000000;
    e.recorded_at = 1614200001000;
    struct link_delivery got = ask(&h, webhook_link(w), e, true);
    check_headers(&h, &got);
    const char *want = arena_printf(h.arena,
                                    "{\"id\":\"123\",\"created_date\":\"2021-02-24T20:53:21Z\",\"mailId\":%lld,\"eventDate\":"
                                    "\"2021-02-24T20:53:20Z\",\"expectedDeliveryDate\":null,"
                                    "\"eventType\":4,\"status\":0,\"statusDescription\":\"\",\"retryAttempts\":2,\"to\":{"
                                    "\"name\":\"Ada Doe\",\"firstName\":\"Ada\",\"lastName\":\"Doe\","
                                    "\"company\":\"\",\"address\":\"350 5th Ave\",\"address2\":\"\",\"city\":\"New "
                                    "York\",\"state\":\"NY\",\"zip\":\"10118\",\"country\":\"\","
                                    "\"errorCode\":\"\",\"wasUpdated\":false},\"from\":{\"name\":\"Penny "
                                    "Post\",\"address\":\"1 Main St\",\"address2\":\"\",\"city\":\"Springfield\","
                                    "\"state\":\"IL\",\"zip\":\"62701\"},\"piece\":{\"id\":%lld,\"templateId\":%lld,"
                                    "\"campaignName\":\"Spring\",\"trackingCode\":\"\",\"url\":\"\","
                                    "\"isTest\":true},\"meta\":{\"dataId\":%lld,\"dropId\":%lld,\"campaignId\":%lld,\"fields\":"
                                    "{\"var_field_7\":\"\\\"seven\\\" \xc3\xa9\\n\"}}}",
                                    (long long)s.piece_id, (long long)s.piece_id, (long long)d.template_id,
                                    (long long)s.contact_id, (long long)d.drop_id, (long long)d.campaign_id);
    if (!str_eq(got.ask.body, str_of(want))) fail_msg("the body is\n%.*s, not\n%s", STR_ARG(got.ask.body), want);
    /* what only the event knows */
    e.code = 9;
    e.detail = STR("{\"expected_delivery_at\":1614300000000,\"was_updated\":true,\"error_code\":\"A1\",\"address\":{\"street\":"
                   "\"351 5th Ave\"},\"url\":\"u\"}");
    got = ask(&h, webhook_link(w), e, true);
    static const char *const parts[] = {"\"expectedDeliveryDate\":\"2021-02-26T00:40:00Z\"",
                                        "\"wasUpdated\":true",
                                        "\"errorCode\":\"A1\"",
                                        "\"address\":\"351 5th Ave\"",
                                        "\"url\":\"u\"",
                                        "\"city\":\"New York\""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!memmem(got.ask.body.ptr, got.ask.body.len, parts[i], strlen(parts[i])))
            fail_msg("no %s in %.*s", parts[i], STR_ARG(got.ask.body));
    /* gone, and another account's */
    e.subject_id++;
    got = ask(&h, webhook_link(w), e, false);
    assert_string_equal(got.sentence, "The piece that the event is about is not there any more.");
    e.subject_id--;
    e.account_id = h.other;
    ask(&h, webhook_link(w), e, false);
    e.source = EVENT_JOB;
    got = ask(&h, webhook_link(w), e, false);
    assert_string_equal(got.sentence, "Webhooks carry events of drops, lists and connections only.");
    webhook_destroy(&w);
    house_close(&h);
}

/* Mail that another house sent: no piece here, all else from the event's detail. */
static void test_watched_body(void **state)
{
    (void)state;
    struct house h;
    house_open(&h, fake_press(), false);
    struct webhook *w = webhook_create();
    struct event e = {
        .account_id = h.account, .source = EVENT_CONNECTION, .source_id = 4, .event_id = 9, .code = 7, .subject_id = 812};
    e.happened_at = 1614200000000;
    e.recorded_at = 1614200001000;
    e.is_test = true;
    e.detail = STR("{\"drop_id\":71238,\"drop_name\":\"Spring\",\"data_id\":812,\"url\":\"https://p.example/a\",\"person\":{"
                   "\"first_name\":\"Ada\",\"last_name\":\"Doe\",\"address_zip\":\"10118\",\"email_address\":\"a@example.com\","
                   "\"var_field_3\":\"x\"}}");
    struct link_delivery got = ask(&h, webhook_link(w), e, true);
    check_headers(&h, &got);
    static const char want[] =
        "{\"id\":\"9\",\"created_date\":\"2021-02-24T20:53:21Z\",\"mailId\":0,\"eventDate\":\"2021-02-24T20:53:20Z\","
        "\"expectedDeliveryDate\":null,\"eventType\":7,\"status\":0,\"statusDescription\":\"\",\"retryAttempts\":2,"
        "\"to\":{\"name\":\"Ada Doe\",\"firstName\":\"Ada\",\"lastName\":\"Doe\",\"company\":\"\",\"address\":\"\","
        "\"address2\":\"\",\"city\":\"\",\"state\":\"\",\"zip\":\"10118\",\"country\":\"\",\"errorCode\":\"\","
        "\"wasUpdated\":false},\"from\":{\"name\":\"\",\"address\":\"\",\"address2\":\"\",\"city\":\"\",\"state\":\"\","
        "\"zip\":\"\"},\"piece\":{\"id\":0,\"templateId\":0,\"campaignName\":\"Spring\",\"trackingCode\":\"\","
        "\"url\":\"https://p.example/a\",\"isTest\":true},\"meta\":{\"dataId\":812,\"dropId\":71238,\"campaignId\":0,"
        "\"connectionId\":4,\"fields\":{\"var_field_3\":\"x\"}}}";
    if (!str_eq(got.ask.body, str_of(want))) fail_msg("the body is\n%.*s, not\n%s", STR_ARG(got.ask.body), want);
    e.detail = STR_NULL;
    got = ask(&h, webhook_link(w), e, false);
    assert_string_equal(got.sentence,
                        "Whose mail the event was about is forgotten: the connection that it came from was removed.");
    e.detail = STR("{\"drop_id\":71238,");
    house_expect_log("The detail of event 9 of connection 4 cannot be read");
    got = ask(&h, webhook_link(w), e, false);
    assert_true(house_heard_log());
    assert_string_equal(got.sentence, "What this server has written down of the event cannot be read. Its log says more.");
    webhook_destroy(&w);
    house_close(&h);
}

static void test_contact_body(void **state)
{
    (void)state;
    struct house h;
    struct fault f;
    house_open(&h, fake_press(), false);
    int64_t list = house_list(&h, h.account, "People");
    struct contact c = house_contact(list, "Ada");
    assert_true(contact_create(h.mail, h.account, &c, &f));
    struct webhook *w = webhook_create();
    struct event e = {
        .account_id = h.account, .source = EVENT_LIST, .source_id = list, .code = CONTACT_UPDATED, .subject_id = c.contact_id};
    e.happened_at = 1614200000000;
    struct link_delivery got = ask(&h, webhook_link(w), e, true);
    check_headers(&h, &got);
    const char *want = arena_printf(h.arena,
                                    "{\"type\":\"contact.updated\",\"timestamp\":\"2021-02-24T20:53:20Z\",\"data\":{\"contact_"
                                    "id\":%lld,\"contact_list_id\":%lld,"
                                    "\"first_name\":\"Ada\",\"last_name\":\"Doe\",\"company\":null,",
                                    (long long)c.contact_id, (long long)list);
    if (!str_starts(got.ask.body, str_of(want))) fail_msg("the body is\n%.*s", STR_ARG(got.ask.body));
    e.code = CONTACT_DELETED;
    got = ask(&h, webhook_link(w), e, true);
    want = arena_printf(h.arena,
                        "{\"type\":\"contact.deleted\",\"timestamp\":\"2021-02-24T20:53:20Z\",\"data\":{\"contact_id\":%lld,"
                        "\"contact_list_id\":%lld}}",
                        (long long)c.contact_id, (long long)list);
    assert_str(want, got.ask.body);
    webhook_destroy(&w);
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sign),        cmocka_unit_test(test_secrets),
                                       cmocka_unit_test(test_answers),     cmocka_unit_test(test_ladder),
                                       cmocka_unit_test(test_piece_body),  cmocka_unit_test(test_contact_body),
                                       cmocka_unit_test(test_watched_body)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
