/* Tables of what is pure in the connectors that send: Kizen's fields to a recipient's, its table of variable fields, what an answer to a send
 * means, hops in a piece's source, and what a subscription that sends may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "base/json.h"
#include "links/kizen/kizen_private.h"
#include "links/mailing/mailing.h"
#include "links/postalytics/postalytics_private.h"

static struct arena *arena;
static struct json_parser *parser;

static struct json_value parse(const char *text)
{
    struct json_value v;
    struct fault f;
    if (!json_parse(parser, json_padded(arena, str_of(text)), &v, &f)) fail_msg("%s: %s", text, f.text);
    return v;
}

/* ---- a contact ---- */

#define WHOLE                                                                                                                  \
    "\"first_name\":\"Ada\",\"last_name\":\"L\",\"street_address_1\":\"1 A "                                                   \
    "St\",\"city\":\"C\",\"state\":\"CA\",\"zipcode\":\"95814\""
static const struct {
    const char *contact, *missing, *want; /* want: "field=value;" of what is asked below */
} contacts[] = {
    {"{" WHOLE "}", "", "address_zip=95814;"},
    {"{" WHOLE ",\"street_address_2\":\"  \"}", "", "address_zip=95814;"},
    {"{" WHOLE ",\"street_address_2\":\" Apt 2 \"}", "", "address_street2=Apt 2;address_zip=95814;"},
    {"{" WHOLE ",\"email\":\"a@b.c\",\"email_address\":\"x@y.z\"}", "", "address_zip=95814;email_address=a@b.c;"},
    {"{" WHOLE ",\"email\":null,\"email_address\":\"x@y.z\"}", "", "address_zip=95814;email_address=x@y.z;"},
    {"{" WHOLE ",\"phone_home\":\"1\",\"phone_mobile\":\"2\"}", "", "address_zip=95814;phone=1;mobile_phone=2;"},
    {"{" WHOLE ",\"country\":\"FR\",\"company\":\"X\"}", "", "address_zip=95814;"},
    {"{" WHOLE ",\"birthday\":\"1815-12-10\"}", "", "address_zip=95814;var_field_1=1815-12-10;"},
    {"{" WHOLE ",\"birthday\":{\"id\":\"u\",\"name\":\"May\"}}", "", "address_zip=95814;var_field_1=May;"},
    {"{" WHOLE ",\"birthday\":[{\"name\":\"a\"},{\"name\":\"b\"}]}", "", "address_zip=95814;var_field_1=a, b;"},
    {"{" WHOLE ",\"birthday\":7}", "", "address_zip=95814;var_field_1=7;"},
    {"{" WHOLE ",\"birthday\":true}", "", "address_zip=95814;var_field_1=yes;"},
    {"{" WHOLE ",\"birthday\":{\"name\":{\"name\":\"deep\"}}}", "", "address_zip=95814;"},
    {"{\"fields\":{\"u1\":{\"name\":\"zipcode\",\"value\":2134}},\"first_name\":\"A\",\"last_name\":\"B\",\"street_address_1\":"
     "\"s\",\"city\":\"c\",\"state\":\"s\"}",
     "", "address_zip=2134;"},
    {"{\"fields\":[{\"name\":\"zipcode\",\"value\":\"02134\"},{\"value\":1},7]}",
     "street_address_1, city, state, first_name, last_name", "address_zip=02134;"},
    {"{}", "street_address_1, city, state, zipcode, first_name, last_name", ""},
    {"{\"zipcode\":{},\"city\":[]}", "street_address_1, city, state, zipcode, first_name, last_name", ""},
};

static void test_contacts(void **state)
{
    static const struct {
        int field;
        const char *name;
    } asked[] = {{FIELD_ADDRESS_STREET2, "address_street2"},
                 {FIELD_ADDRESS_ZIP, "address_zip"},
                 {FIELD_COUNTRY, "country"},
                 {FIELD_COMPANY, "company"},
                 {FIELD_EMAIL_ADDRESS, "email_address"},
                 {FIELD_PHONE, "phone"},
                 {FIELD_MOBILE_PHONE, "mobile_phone"},
                 {FIELD_VAR_1, "var_field_1"}};
    (void)state;
    struct kizen_fields fields = {.of = {STR("birthday")}};
    for (size_t i = 0; i < sizeof contacts / sizeof *contacts; i++) {
        struct str values[FIELD_KNOWN], missing;
        const char *got = "";
        kizen_map(parse(contacts[i].contact), &fields, arena, values, &missing);
        for (size_t k = 0; k < sizeof asked / sizeof *asked; k++)
            if (values[asked[k].field].len)
                got = arena_printf(arena, "%s%s=%.*s;", got, asked[k].name, STR_ARG(values[asked[k].field]));
        if (strcmp(got, contacts[i].want) != 0 || !str_eq(missing, str_of(contacts[i].missing)))
            fail_msg("%s: %s, missing %.*s", contacts[i].contact, got, STR_ARG(missing));
    }
}

static void test_fields(void **state)
{
    static const struct {
        const char *json, *says; /* NULL: fine */
    } cases[] = {
        {"\"var_field_1=birthday, var_field_35 = plan\"", NULL},
        {"{\"var_field_1\":\"birthday\"}", NULL},
        {"\"\"", NULL},
        {"null", NULL},
        {"\"var_field_0=a\"", "none of"},
        {"\"var_field_36=a\"", "none of"},
        {"\"first_name=a\"", "none of"},
        {"\"var_field_1\"", "pairs like"},
        {"\"var_field_1=\"", "must name"},
        {"\"var_field_1=a,var_field_1=b\"", "twice"},
        {"{\"var_field_1\":7}", "text"},
        {"[]", "object"},
        {"7", "object"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kizen_fields out;
        struct fault f = {0};
        bool ok = kizen_fields_read(parse(cases[i].json), arena, &out, &f);
        if (ok != !cases[i].says || (cases[i].says && !strstr(f.text, cases[i].says)))
            fail_msg("%s: %s", cases[i].json, f.text);
    }
}

/* ---- an answer to a send ---- */

#define DATE "{\"send_date\":\"2026-05-04T10:31:00Z\",\"contact_id\":9}"
static const struct {
    enum fetch_error error;
    bool was_sent, is_cut;
    int status;
    const char *body;
    enum sender_outcome want;
} answers[] = {
    {FETCH_OK, true, false, 200, DATE, SENDER_SENT},
    {FETCH_OK, true, false, 201, "{\"send-date\":\"x\"}", SENDER_SENT},
    {FETCH_OK, true, false, 200, "{\"send_date\":\"\"}", SENDER_UNKNOWN},
    {FETCH_OK, true, false, 200, "{\"send_date\":7}", SENDER_UNKNOWN},
    {FETCH_OK, true, false, 200, "[" DATE "]", SENDER_UNKNOWN},
    {FETCH_OK, true, false, 200, "{}", SENDER_UNKNOWN},
    {FETCH_OK, true, false, 200, "", SENDER_UNKNOWN},
    {FETCH_OK, true, false, 200, "<html>", SENDER_UNKNOWN},
    {FETCH_OK, true, true, 200, DATE, SENDER_UNKNOWN},
    {FETCH_OK, true, false, 301, "", SENDER_REFUSED},
    {FETCH_OK, true, false, 400, "", SENDER_REFUSED},
    {FETCH_OK, true, false, 401, "", SENDER_REFUSED},
    {FETCH_OK, true, false, 404, "", SENDER_REFUSED},
    {FETCH_OK, true, false, 408, "", SENDER_TRANSIENT},
    {FETCH_OK, true, false, 425, "", SENDER_TRANSIENT},
    {FETCH_OK, true, false, 429, "", SENDER_TRANSIENT},
    {FETCH_OK, true, false, 500, "", SENDER_TRANSIENT},
    {FETCH_OK, true, false, 501, "", SENDER_REFUSED},
    {FETCH_OK, true, false, 502, "", SENDER_TRANSIENT},
    {FETCH_OK, true, false, 503, "", SENDER_TRANSIENT},
    {FETCH_OK, true, false, 504, "", SENDER_TRANSIENT},
    {FETCH_OK, true, false, 505, "", SENDER_REFUSED},
    {FETCH_NO_NAME, false, false, 0, "", SENDER_TRANSIENT},
    {FETCH_NO_CONNECTION, false, false, 0, "", SENDER_TRANSIENT},
    {FETCH_TLS, false, false, 0, "", SENDER_TRANSIENT},
    {FETCH_TIMEOUT, false, false, 0, "", SENDER_TRANSIENT},
    {FETCH_TIMEOUT, true, false, 0, "", SENDER_UNKNOWN},
    {FETCH_BROKEN, true, false, 200, "", SENDER_UNKNOWN},
    {FETCH_STOPPED, true, false, 0, "", SENDER_UNKNOWN},
    {FETCH_REFUSED, false, false, 0, "", SENDER_REFUSED},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct connector_answer a = {.error = answers[i].error,
                                     .was_sent = answers[i].was_sent,
                                     .is_cut = answers[i].is_cut,
                                     .status = answers[i].status,
                                     .body = str_of(answers[i].body),
                                     .retry_after_ms = -1};
        struct sender_piece p = {0};
        enum sender_outcome got = postalytics_send_outcome(parser, arena, &a, &p);
        if (got != answers[i].want)
            fail_msg("%d %d %s: %d, %d wanted", answers[i].error, answers[i].status, answers[i].body, got, answers[i].want);
        if (got == SENDER_UNKNOWN && !strstr(p.why.text, "not known")) fail_msg("row %zu: \"%s\"", i, p.why.text);
    }
}

/* ---- hops ---- */

static void test_hops(void **state)
{
    static const struct {
        const char *ref, *plain;
        int hops;
    } cases[] = {{"17:003x", "17:003x", 0}, {"hops=3;17:003x", "17:003x", 3}, {"hops=12;", NULL, 12}, {"", NULL, 0},
                 {"hops=;1:a", "1:a", 0},   {"hops=x;1:a", "1:a", 0},         {"hops=-1;", NULL, 0},  {"hops=3", NULL, 3}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str ref = str_of(cases[i].ref), plain = source_ref_plain(ref);
        if (source_ref_hops(ref) != cases[i].hops || !str_eq(plain, str_of(cases[i].plain)))
            fail_msg("\"%s\": %d, \"%.*s\"", cases[i].ref, source_ref_hops(ref), STR_ARG(plain));
    }
    assert_int_equal(source_ref_hops(source_ref_hop(arena, 4, STR("17:a"))), 4);
    assert_true(str_eq(source_ref_hop(arena, 0, STR("17:a")), STR("17:a")));
}

static void test_sends(void **state)
{
    static const struct {
        const char *send, *says, *settings;
    } cases[] = {
        {"{\"endpoint\":\" E \"}", NULL, "{\"endpoint\":\"E\"}"},
        {"{\"endpoint\":\"E\",\"values\":{\"var_field_1\":\"again\"}}", NULL,
         "{\"endpoint\":\"E\",\"values\":{\"var_field_1\":\"again\"}}"},
        {"{\"endpoint\":\"E\",\"values\":null}", NULL, "{\"endpoint\":\"E\"}"},
        {"{}", "endpoint is required", NULL},
        {"{\"endpoint\":7}", "endpoint is required", NULL},
        {"{\"endpoint\":\" \"}", "endpoint is required", NULL},
        {"{\"endpoint\":\"E\",\"values\":[]}", "object", NULL},
        {"{\"endpoint\":\"E\",\"values\":{\"shoe\":\"44\"}}", "no field", NULL},
        {"{\"endpoint\":\"E\",\"values\":{\"var_field_1\":1}}", "text", NULL},
        {"{\"endpoint\":\"E\",\"x\":1}", "takes", NULL},
        {"[]", "object", NULL},
        {"\"E\"", "object", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mailing_settings read = {.settings = STR_NULL};
        struct fault f = {0};
        bool ok = mailing_settings_read(parse(cases[i].send), arena, &read, &f);
        if (ok != !cases[i].says || (ok && !str_eq(read.settings, str_of(cases[i].settings))) ||
            (ok && !str_eq(read.endpoint, STR("E"))) || (!ok && !strstr(f.text, cases[i].says)))
            fail_msg("%s: %.*s %s", cases[i].send, STR_ARG(read.settings), f.text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_contacts), cmocka_unit_test(test_fields),
                                              cmocka_unit_test(test_answers), cmocka_unit_test(test_hops),
                                              cmocka_unit_test(test_sends)};
    arena = arena_create(1 << 16);
    parser = json_parser_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_parser_destroy(&parser);
    arena_destroy(&arena);
    return failed;
}
