/* Events of a watched house as they are read: from a list of events, and from what a webhook posts; each thing that can be wrong with a posted one has
 * its sentence. And persons, in every spelling in which they come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/text.h"
#include "links/postalytics/postalytics_private.h"
#include "postal/status.h"
#include <stdio.h>

static struct watch watch;

static int setup(void **state)
{
    (void)state;
    watch_init(&watch, NULL, 1, 4, arena_create(1 << 14));
    watch.mark = STR("var_field_35");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    struct arena *a = watch.arena;
    watch_finish(&watch);
    arena_destroy(&a);
    return 0;
}

static struct json_value parse(const char *text)
{
    struct json_value root;
    struct fault f;
    if (!json_parse(watch.parser, json_padded(watch.arena, str_of(text)), &root, &f)) fail_msg("%s: %s", text, f.text);
    return root;
}

#define AT           "\"eventDate\":\"2026-05-04T10:31:00Z\""
#define META         "\"meta\":{\"dropId\":71238,\"dataId\":812}"
#define POSTED(more) "{\"eventType\":11," AT "," META more "}"

static const struct {
    const char *name, *body, *says /* NULL: it is an event */, *repeat_id;
    int64_t piece_id;
    const char *first, *last, *zip, *url;
    bool is_test;
} posts[] = {
    {"the least", POSTED(""), NULL, "71238:812:11:1777890660", 0, "", "", "", "", false},
    {"numbers as texts", "{\"eventType\":\"11\"," AT ",\"meta\":{\"dropId\":\"71238\",\"dataId\":\"812\"}}", NULL,
     "71238:812:11:1777890660", 0, "", "", "", "", false},
    {"created", "{\"eventType\":0," AT "," META "}", NULL, "71238:812:0:1777890660", 0, "", "", "", "", false},
    {"a name in one", POSTED(",\"to\":{\"name\":\"Ada King Lovelace\",\"zip\":\"95814\"}"), NULL, "71238:812:11:1777890660", 0,
     "Ada King", "Lovelace", "95814", "", false},
    {"a name of one word", POSTED(",\"to\":{\"name\":\"Ada\"}"), NULL, "71238:812:11:1777890660", 0, "", "Ada", "", "", false},
    {"names of their own", POSTED(",\"to\":{\"name\":\"X Y\",\"firstName\":\"Ada\",\"lastName\":\"Doe\"}"), NULL,
     "71238:812:11:1777890660", 0, "Ada", "Doe", "", "", false},
    {"our mark", "{\"eventType\":11," AT ",\"meta\":{\"dropId\":1,\"dataId\":2,\"fields\":{\"var_field_35\":\"4711\"}}}", NULL,
     "1:2:11:1777890660", 4711, "", "", "", "", false},
    {"a visit, a test", POSTED(",\"piece\":{\"url\":\"https://p.example/a\",\"isTest\":true}"), NULL, "71238:812:11:1777890660",
     0, "", "", "", "https://p.example/a", true},
    {"parts of other types", POSTED(",\"to\":[],\"piece\":7"), NULL, "71238:812:11:1777890660", 0, "", "", "", "", false},
    {"an array", "[]", "as a JSON object", NULL, 0, NULL, NULL, NULL, NULL, false},
    {"a text", "\"x\"", "as a JSON object", NULL, 0, NULL, NULL, NULL, NULL, false},
    {"nothing in it", "{}", "eventType is missing", NULL, 0, NULL, NULL, NULL, NULL, false},
    {"null as event", "{\"eventType\":null," AT "," META "}", "eventType is missing", NULL, 0, NULL, NULL, NULL, NULL, false},
    {"no event of ours", "{\"eventType\":1," AT "," META "}", "eventType is missing", NULL, 0, NULL, NULL, NULL, NULL, false},
    {"no date", "{\"eventType\":11," META "}", "eventDate is missing", NULL, 0, NULL, NULL, NULL, NULL, false},
    {"a date that is none", "{\"eventType\":11,\"eventDate\":\"05/04/2026\"," META "}", "eventDate is missing", NULL, 0, NULL,
     NULL, NULL, NULL, false},
    {"no meta", "{\"eventType\":11," AT "}", "dropId and dataId", NULL, 0, NULL, NULL, NULL, NULL, false},
    {"no person", "{\"eventType\":11," AT ",\"meta\":{\"dropId\":1}}", "dropId and dataId", NULL, 0, NULL, NULL, NULL, NULL,
     false},
    {"below nought", "{\"eventType\":11," AT ",\"meta\":{\"dropId\":1,\"dataId\":-2}}", "dropId and dataId", NULL, 0, NULL,
     NULL, NULL, NULL, false},
};

static bool is_text(struct str got, const char *want) { return *want ? str_eq(got, str_of(want)) : !got.len; }

static void test_posts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        struct happening e = {0};
        struct fault f = {0};
        bool ok = happening_of_post(&watch, parse(posts[i].body), &e, &f);
        if (ok != !posts[i].says) fail_msg("%s: %s", posts[i].name, ok ? "taken" : f.text);
        if (!ok && (f.status != 400 || !strstr(f.text, posts[i].says))) fail_msg("%s: %s", posts[i].name, f.text);
        if (!ok) continue;
        if (!str_eq(e.repeat_id, str_of(posts[i].repeat_id)) || e.piece_id != posts[i].piece_id ||
            e.is_test != posts[i].is_test || !is_text(e.url, posts[i].url) ||
            !is_text(e.person[FIELD_FIRST_NAME], posts[i].first) || !is_text(e.person[FIELD_LAST_NAME], posts[i].last) ||
            !is_text(e.person[FIELD_ADDRESS_ZIP], posts[i].zip))
            fail_msg("%s: %.*s, piece %lld, %.*s", posts[i].name, STR_ARG(e.repeat_id), (long long)e.piece_id,
                     STR_ARG(e.person[FIELD_LAST_NAME]));
    }
}

/* Whichever way it comes, it is one event. */
static void test_same(void **state)
{
    (void)state;
    struct happening posted = {0}, read = {.drop_id = 71238};
    struct fault f;
    assert_true(happening_of_post(&watch, parse("{\"eventType\":4," AT "," META "}"), &posted, &f));
    assert_true(happening_of_row(&watch,
                                 parse("{\"event_name\":\"In Transit\",\"event_date\":\"2026-05-04T10:31:00Z\",\"data_id\":812,"
                                       "\"metadata\":\"\",\"is_test\":0}"),
                                 &read));
    assert_true(str_eq(posted.repeat_id, read.repeat_id));
    assert_false(
        happening_of_row(&watch, parse("{\"event_name\":\"Delivered\",\"event_date\":\"2026-05-04T10:31:00Z\"}"), &read));
    assert_false(happening_of_row(&watch, parse("{\"event_name\":\"Mailed\",\"event_date\":\"2026-05-04T10:31:00Z\"}"), &read));
}

static const struct {
    const char *name, *object;
    int field;
    const char *want;
} persons[] = {
    {"a list's contact", "{\"email_address\":\"a@example.com\"}", FIELD_EMAIL_ADDRESS, "a@example.com"},
    {"a contact's details", "{\"EmailId\":\"a@example.com\"}", FIELD_EMAIL_ADDRESS, "a@example.com"},
    {"its address", "{\"Address\":\"1 Main St\"}", FIELD_ADDRESS_STREET, "1 Main St"},
    {"its second line", "{\"Address2\":\"Apt 2\"}", FIELD_ADDRESS_STREET2, "Apt 2"},
    {"its mobile", "{\"Mobile\":\"555\"}", FIELD_MOBILE_PHONE, "555"},
    {"its name", "{\"FirstName\":\"Ada\"}", FIELD_FIRST_NAME, "Ada"},
    {"an event's", "{\"zip\":\"10118\"}", FIELD_ADDRESS_ZIP, "10118"},
    {"variable data", "{\"var_field_3\":\"x\"}", FIELD_VAR_1 + 2, "x"},
    {"an empty one", "{\"email_address\":\"\",\"EmailId\":\"b@example.com\"}", FIELD_EMAIL_ADDRESS, "b@example.com"},
    {"no text", "{\"email_address\":7}", FIELD_EMAIL_ADDRESS, ""},
    {"no object", "[\"email_address\"]", FIELD_EMAIL_ADDRESS, ""},
};

static void test_persons(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof persons / sizeof *persons; i++) {
        struct str values[FIELD_KNOWN] = {{0}};
        person_fill(&watch, parse(persons[i].object), values);
        if (!is_text(values[persons[i].field], persons[i].want))
            fail_msg("%s: \"%.*s\"", persons[i].name, STR_ARG(values[persons[i].field]));
        values[persons[i].field] = STR("there already");
        person_fill(&watch, parse(persons[i].object), values);
        assert_true(str_eq(values[persons[i].field], STR("there already")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_posts), cmocka_unit_test(test_same),
                                       cmocka_unit_test(test_persons)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
