/* test_bad.c: what clients get wrong, and what others do on purpose: each gets the documented error object and status, nothing is
 * stored, and the next request finds the house alive. */
#include "house.h"
#include "press/press.h"
#include "base/buf.h"
#include "base/limits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PERSON_BUT(first)                                                                                                      \
    "\"first_name\":" first ",\"last_name\":\"L\",\"address_street\":\"1 Main "                                                \
    "St\",\"address_city\":\"C\",\"address_state\":\"CA\",\"address_zip\":\"95814\""
#define PERSON PERSON_BUT("\"A\"")
#define SENDER                                                                                                                 \
    "\"SenderName\":\"P\",\"SenderAddress1\":\"1 P\",\"SenderCity\":\"S\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\""
#define X51 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static int64_t list, contact, template, drop, import, piece;
static char endpoint[64];

/* What each case names by a letter: %l list, %c contact, %t template, %d drop, %e endpoint, %i import, %p piece, %b batch. */
static void fill(const char *s, char *out, size_t size)
{
    size_t n = 0;
    for (; *s && n + 70 < size; s++) {
        if (*s != '%' || !strchr("lctdeipb", s[1]) || !s[1]) {
            out[n++] = *s;
            continue;
        }
        switch (*++s) {
        case 'l': n += (size_t)sprintf(out + n, "%lld", (long long)list); break;
        case 'c': n += (size_t)sprintf(out + n, "%lld", (long long)contact); break;
        case 't': n += (size_t)sprintf(out + n, "%lld", (long long)template); break;
        case 'd': n += (size_t)sprintf(out + n, "%lld", (long long)drop); break;
        case 'i': n += (size_t)sprintf(out + n, "%lld", (long long)import); break;
        case 'p': n += (size_t)sprintf(out + n, "%lld", (long long)piece); break;
        case 'b': n += (size_t)sprintf(out + n, "%lld", (long long)piece / 8192); break;
        case 'e': n += (size_t)sprintf(out + n, "%s", endpoint); break;
        }
    }
    out[n] = '\0';
}

static int64_t make(const char *target, const char *body_form, const char *id)
{
    char body[2000];
    fill(body_form, body, sizeof body);
    struct answer a = ask(house.key, "POST", target, body);
    if (a.status != 200 && a.status != 202) fail_msg("%s: %d %s", target, a.status, a.body);
    if (strstr(a.body, "\"endpoint\":\"")) answer_text(a, "endpoint", endpoint, sizeof endpoint);
    return answer_number(a, id);
}

static int furnish(void **state)
{
    char target[200];
    if (house_open(state)) return 1;
    list = make("/api/v1/lists", "{\"name\":\"L\"}", "contact_list_id");
    contact = make("/api/v1/contacts", "{\"contact_list_id\":%l," PERSON "}", "contact_id");
    template = make("/api/v1/templates", "{\"name\":\"T\",\"size\":\"2\",\"html\":\"x\"}", "template_id");
    house_publish(template);
    drop =
        make("/api/v1/campaigns",
             "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0," SENDER "}", "drop_id");
    fill("/v1/lists/%l/imports", target, sizeof target);
    import = make(target, "a,b\n1,2\n", "import_id");
    fill("/api/v1/send/%e", target, sizeof target);
    piece = make(target, "{" PERSON "}", "mail_id");
    return 0;
}

/* ---- the table ---- */

static const struct {
    const char *name, *method, *path, *body;
    int status;
    const char *message; /* '~' ends what is compared */
} cases[] = {
    /* JSON */
    {"no body", "POST", "/api/v1/lists", "", 400, "The body is empty; a JSON object is expected."},
    {"half an object", "POST", "/api/v1/lists", "{\"name\":\"x\"", 400, "~"},
    {"an array", "POST", "/api/v1/lists", "[{\"name\":\"x\"}]", 400, "The body must be a JSON object."},
    {"trailing bytes", "POST", "/api/v1/lists", "{\"name\":\"x\"}{}", 400, "~"},
    {"one key twice", "POST", "/api/v1/lists", "{\"name\":\"x\",\"name\":\"y\"}", 400, "~"},
    {"invalid UTF-8", "POST", "/api/v1/lists", "{\"name\":\"\xff\"}", 400, "~"},
    {"half a surrogate", "POST", "/api/v1/lists", "{\"name\":\"\\ud800\"}", 400, "~"},
    {"a NUL in text", "POST", "/api/v1/lists", "{\"name\":\"a\\u0000b\"}", 400, "~"},
    {"a NUL in a send", "POST", "/api/v1/send/%e", "{" PERSON_BUT("\"a\\u0000b\"") "}", 400, "~"},
    {"invalid UTF-8 in a send", "POST", "/api/v1/send/%e", "{" PERSON_BUT("\"\xc3\x28\"") "}", 400, "~"},
    /* types */
    {"a flag as a name", "POST", "/api/v1/lists", "{\"name\":true}", 400, "name must be text."},
    {"an array as a name", "POST", "/api/v1/send/%e", "{" PERSON_BUT("[\"A\"]") "}", 400, "first_name must be text."},
    {"an object as a name", "POST", "/api/v1/contacts", "{\"contact_list_id\":%l," PERSON_BUT("{}") "}", 400,
     "first_name must be text."},
    {"text as a number", "POST", "/api/v1/contacts", "{\"contact_list_id\":\"seven\"," PERSON "}", 400,
     "contact_list_id must be a whole number."},
    {"a broken number", "POST", "/api/v1/contacts", "{\"contact_list_id\":1.5," PERSON "}", 400,
     "contact_list_id must be a whole number."},
    {"two as a flag", "PUT", "/api/v1/campaigns/%d", "{\"is_live_mode\":2}", 400,
     "is_live_mode must be true or false (or 1 or 0)."},
    {"a word as a flag", "POST", "/api/v1/templates",
     "{\"name\":\"x\",\"size\":\"2\",\"html\":\"x\",\"is_full_html\":\"maybe\"}", 400,
     "is_full_html must be true or false (or 1 or 0)."},
    {"a word as a time", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0," SENDER ",\"SendDate\":\"soon\"}",
     400, "SendDate must be a time like 2026-11-24T20:00:00Z."},
    /* required */
    {"no name", "POST", "/api/v1/lists", "{}", 400, "name is required."},
    {"an empty name", "POST", "/api/v1/lists", "{\"name\":\"  \"}", 400, "name ~"},
    {"no list", "POST", "/api/v1/contacts", "{" PERSON "}", 400, "contact_list_id is required."},
    {"no zip", "POST", "/api/v1/send/%e",
     "{\"first_name\":\"A\",\"last_name\":\"L\",\"address_street\":\"1\",\"address_city\":\"C\",\"address_state\":\"CA\"}", 400,
     "address_zip is required."},
    {"null for a required one", "POST", "/api/v1/send/%e", "{" PERSON_BUT("null") "}", 400, "first_name is required."},
    {"a PUT without the city", "PUT", "/api/v1/contacts/%c",
     "{\"first_name\":\"A\",\"last_name\":\"L\",\"address_street\":\"1\",\"address_state\":\"CA\",\"address_zip\":\"95814\"}",
     400, "address_city is required."},
    {"a campaign without sender", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0}", 400, "SenderName is required."},
    {"a campaign without postage", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22," SENDER "}", 400, "PostageType is required."},
    {"a template without size", "POST", "/api/v1/templates", "{\"name\":\"x\",\"html\":\"x\"}", 400, "size is required."},
    {"a template without HTML", "POST", "/api/v1/templates", "{\"name\":\"x\",\"size\":\"2\"}", 400,
     "html is required when is_full_html is true."},
    /* values */
    {"a long first name", "POST", "/api/v1/send/%e", "{" PERSON_BUT("\"" X51 "\"") "}", 400,
     "first_name is longer than 50 characters."},
    {"a long list name", "POST", "/api/v1/lists", "{\"name\":\"" X51 X51 "\"}", 400, "name is longer than 100 characters."},
    {"a long variable field", "POST", "/api/v1/send/%e", "{" PERSON ",\"var_field_2\":\"" X51 X51 X51 X51 X51 "x\"}", 400,
     "var_field_2 is longer than 255 characters."},
    {"a state that is none", "POST", "/api/v1/contacts",
     "{\"contact_list_id\":%l,\"first_name\":\"A\",\"last_name\":\"L\",\"address_street\":\"1\",\"address_city\":\"C\","
     "\"address_state\":\"ZZ\",\"address_zip\":\"95814\"}",
     400, "address_state ~"},
    {"a zip that is none", "POST", "/api/v1/contacts",
     "{\"contact_list_id\":%l,\"first_name\":\"A\",\"last_name\":\"L\",\"address_street\":\"1\",\"address_city\":\"C\","
     "\"address_state\":\"CA\",\"address_zip\":\"9581x\"}",
     400, "address_zip ~"},
    {"a size that is none", "POST", "/api/v1/templates", "{\"name\":\"x\",\"size\":\"5\",\"html\":\"x\"}", 400, "size 5 ~"},
    {"a size beyond numbers", "POST", "/api/v1/templates", "{\"name\":\"x\",\"size\":9999999999,\"html\":\"x\"}", 400,
     "size 9999999999 is not known."},
    {"another size's credit", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":21,\"PostageType\":0," SENDER "}", 400,
     "CreditTypeId 21 ~"},
    {"postage that is none", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":7," SENDER "}", 400,
     "PostageType 7 ~"},
    {"a live drip", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0,\"IsLiveMode\":1," SENDER "}", 400,
     "IsLiveMode~"},
    {"an envelope", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0,\"TemplateEnvelopeId\":3," SENDER
     "}",
     400, "TemplateEnvelopeId~"},
    {"a smart send without list", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0,\"CampaignType\":0," SENDER "}",
     400, "ContactListId ~"},
    {"limit 0", "GET", "/api/v1/contacts/%l?limit=0", NULL, 400, "limit must be a number from 1 to 100."},
    {"limit 101", "GET", "/api/v1/contacts/%l?limit=101", NULL, 400, "limit must be a number from 1 to 100."},
    {"start before all", "GET", "/api/v1/contacts/%l?start=-1", NULL, 400, "start must be a number from 0 to 2147483647."},
    {"an empty import", "POST", "/v1/lists/%l/imports", NULL, 400, "The body is empty; a CSV file is expected."},
    {"an empty asset", "PUT", "/v1/assets/a.png", NULL, 400, "The body is empty; the asset's bytes are expected."},
    {"an asset of no known kind", "PUT", "/v1/assets/a.exe", "MZ......", 415, "The asset is none of ~"},
    {"an asset that climbs", "PUT", "/v1/assets/..%2f..%2fa.css", "p{}", 400, "The asset's name ~"},
    /* what is not there */
    {"no such list", "GET", "/api/v1/contacts/424242", NULL, 404, "There is no list 424242."},
    {"a word for a list", "GET", "/api/v1/contacts/seven", NULL, 404, "There is no list seven."},
    {"number 0", "GET", "/api/v1/templates/0", NULL, 404, "There is no template 0."},
    {"beyond numbers", "GET", "/api/v1/templates/99999999999999999999", NULL, 404,
     "There is no template 99999999999999999999."},
    {"a contact for no list", "POST", "/api/v1/contacts", "{\"contact_list_id\":424242," PERSON "}", 404,
     "There is no list 424242."},
    {"no such contact", "PUT", "/api/v1/contacts/424242", "{" PERSON "}", 404, "There is no contact 424242."},
    {"another contact in the body", "PUT", "/api/v1/contacts/%c", "{\"contact_id\":424242," PERSON "}", 400,
     "contact_id is not ~"},
    {"no such template", "POST", "/api/v1/campaigns",
     "{\"DirectMailName\":\"D\",\"TemplateFrontId\":424242,\"CreditTypeId\":22,\"PostageType\":0," SENDER "}", 404,
     "There is no template 424242."},
    {"no such campaign", "GET", "/api/v1/campaigns/424242", NULL, 404, "There is no campaign 424242."},
    {"no such endpoint", "POST", "/api/v1/send/nowhere", "{" PERSON "}", 404, "~"},
    {"no such asset", "DELETE", "/v1/assets/nothing.png", NULL, 404, "~"},
    {"no such import", "GET", "/v1/imports/424242/refused", NULL, 404, "~"},
    {"no such piece", "GET", "/v1/pieces/424242/front.png", NULL, 404, "~"},
    {"no such page", "GET", "/api/v1/nothing", NULL, 404, "~"},
    {"no such page at all", "GET", "/nothing", NULL, 404, "~"},
    /* methods */
    {"PATCH of a list", "PATCH", "/v1/lists/%l", "{}", 405, "~"},
    {"DELETE of all lists", "DELETE", "/v1/lists", NULL, 405, "~"},
    {"GET of a send", "GET", "/api/v1/send/%e", NULL, 405, "~"},
    {"a method of nobody's", "BREW", "/api/v1/contacts", NULL, 405, "~"},
};

static void check(const char *name, struct answer a, int status, const char *message)
{
    char want[600];
    size_t n = strlen(message);
    bool is_open = n && message[n - 1] == '~';
    snprintf(want, sizeof want,
             is_open ? "{\"error\":{\"message\":\"%s" : "{\"error\":{\"message\":\"%s\",\"status_code\":%d}}", message, status);
    print_message("%s\n", name);
    assert_answer(a, status, want);
    char code[40];
    snprintf(code, sizeof code, "\",\"status_code\":%d}}", status);
    assert_true(a.body_len > strlen(code) && strcmp(a.body + a.body_len - strlen(code), code) == 0);
    assert_non_null(strstr(a.head, "Content-Type: application/json"));
}

static void test_table(void **state)
{
    (void)state;
    int64_t before = house_rows();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[300], body[3000];
        fill(cases[i].path, target, sizeof target);
        if (cases[i].body) fill(cases[i].body, body, sizeof body);
        check(cases[i].name, ask(house.key, cases[i].method, target, cases[i].body ? body : NULL), cases[i].status,
              cases[i].message);
        assert_int_equal(house_rows(), before);
    }
}

/* ---- another account's ---- */

/* Below disk.min_free nothing is taken in, and what is there can still be read and deleted. */
static void test_full_disk(void **state)
{
    static const struct {
        const char *method, *target, *body;
    } rows[] = {
        {"POST", "/api/v1/lists", "{\"name\":\"L\"}"},
        {"POST", "/v1/lists", "{\"name\":\"L\"}"},
        {"POST", "/api/v1/contacts", "{\"contact_list_id\":%l," PERSON "}"},
        {"POST", "/v1/lists/%l/imports", "First Name\nA\n"},
        {"POST", "/api/v1/templates", "{\"name\":\"T\",\"size\":2,\"html\":\"<p>x</p>\"}"},
        {"POST", "/api/v1/campaigns",
         "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0," SENDER "}"},
        {"POST", "/api/v1/send/%e", "{" PERSON "}"},
        {"PUT", "/v1/assets/a.txt", "body{}"},
        {"POST", "/v1/actions/send-campaign-mail", "{\"endpoint\":\"%e\",\"contact\":{" PERSON "}}"},
    };
    struct fault f;
    char target[200], body[1000];
    (void)state;
    int64_t before = house_rows(), least = limit_get(LIMIT_DISK_MIN_FREE_MB);
    assert_true(limit_set(STR("disk.min_free"), INT32_MAX, &f));
    usleep(1100000); /* the disk is looked at once a second */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fill(rows[i].target, target, sizeof target);
        fill(rows[i].body, body, sizeof body);
        struct answer a = ask(house.key, rows[i].method, target, body);
        if (a.status != 503 || !strstr(a.body, "disk is nearly full")) fail_msg("%s: %d %s", rows[i].target, a.status, a.body);
        if (strstr(rows[i].target, "actions") && !strstr(a.body, "\"code\":\"not_sent\""))
            fail_msg("without its code: %s", a.body);
    }
    assert_int_equal(house_rows(), before);
    assert_int_equal(ask(house.key, "GET", "/v1/lists", NULL).status, 200);
    assert_true(limit_set(STR("disk.min_free"), least, &f));
}

static void test_strangers(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *body;
    } theirs[] = {
        {"GET", "/api/v1/contacts/%l", NULL},
        {"GET", "/api/v1/contacts/details/%c", NULL},
        {"POST", "/api/v1/contacts", "{\"contact_list_id\":%l," PERSON "}"},
        {"PUT", "/api/v1/contacts/%c", "{" PERSON "}"},
        {"DELETE", "/api/v1/contacts/%c", NULL},
        {"GET", "/api/v1/templates/%t", NULL},
        {"DELETE", "/api/v1/templates/%t", NULL},
        {"GET", "/api/v1/campaigns/%d", NULL},
        {"GET", "/api/v1/campaigns/%d/details", NULL},
        {"PUT", "/api/v1/campaigns/%d", "{}"},
        {"DELETE", "/api/v1/campaigns/%d", NULL},
        {"POST", "/api/v1/campaigns",
         "{\"DirectMailName\":\"D\",\"TemplateFrontId\":%t,\"CreditTypeId\":22,\"PostageType\":0," SENDER "}"},
        {"POST", "/api/v1/send/%e", "{" PERSON "}"},
        {"GET", "/v1/lists/%l", NULL},
        {"DELETE", "/v1/lists/%l", NULL},
        {"POST", "/v1/lists/%l/imports", "a,b\n1,2\n"},
        {"GET", "/v1/imports/%i", NULL},
        {"GET", "/v1/imports/%i/refused", NULL},
        {"GET", "/v1/batches/%b", NULL},
        {"GET", "/v1/batches/%b/pieces", NULL},
        {"GET", "/v1/batches/%b/pieces.pdf", NULL},
        {"GET", "/v1/pieces/%p", NULL},
        {"GET", "/v1/pieces/%p/proof.pdf", NULL},
        {"GET", "/v1/pieces/%p/front.png", NULL},
        {"GET", "/v1/pieces/%p/back.png", NULL},
    };
    int64_t before = house_rows();
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        char target[300], body[2000];
        fill(theirs[i].path, target, sizeof target);
        if (theirs[i].body) fill(theirs[i].body, body, sizeof body);
        check(theirs[i].path, ask(house.other_key, theirs[i].method, target, theirs[i].body ? body : NULL), 404,
              "There is no ~");
        assert_int_equal(house_rows(), before);
    }
    assert_answer(ask(house.other_key, "GET", "/api/v1/campaigns", NULL), 200, "[]");
    assert_answer(ask(house.other_key, "GET", "/api/v1/templates", NULL), 200, "[]");
    assert_answer(ask(house.other_key, "GET", "/v1/batches", NULL), 200, "[]");
}

/* ---- the operator's socket ---- */

static void test_operator(void **state)
{
    (void)state;
    check("no account named", ask_operator(0, "GET", "/v1/lists", NULL), 400, "This belongs to an account~");
    check("no such account", ask_operator(424242, "GET", "/v1/lists", NULL), 404, "There is no account 424242.");
    check("a name that is taken", ask_operator(0, "POST", "/v1/accounts", "{\"username\":\"first\"}"), 409, "~");
    check("keys of nobody", ask_operator(0, "POST", "/v1/accounts/424242/keys", NULL), 404, "~");
    check("a key nobody has", ask_operator(0, "DELETE", "/v1/accounts/1/keys/zzzz", NULL), 404, "~");
    check("no mailer id", ask_operator(0, "PUT", "/v1/accounts/1/mailer-ids/12", NULL), 400, "~");
    check("a word as mailer id", ask_operator(0, "PUT", "/v1/accounts/1/mailer-ids/x", NULL), 400, "~");
}

/* ---- bodies by size, kind and speed ---- */

static struct answer post_lists(const char *headers, const char *body, size_t n)
{
    struct buf b = BUF_INIT;
    char pair[60], key64[100];
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t k = 0;
    snprintf(pair, sizeof pair, "%s:  ", house.key); /* 39 bytes: no padding */
    for (size_t i = 0; i + 3 <= strlen(pair); i += 3) {
        unsigned v = (unsigned)pair[i] << 16 | (unsigned)pair[i + 1] << 8 | (unsigned)pair[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) key64[k++] = letters[v >> shift & 63];
    }
    key64[k] = '\0';
    buf_addf(&b, "POST /api/v1/lists HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Basic %s\r\n%s\r\n",
             key64, headers);
    buf_add(&b, body, n);
    struct answer a = ask_raw(b.data, b.len);
    buf_finish(&b);
    return a;
}

static void test_bodies(void **state)
{
    (void)state;
    int64_t before = house_rows();
    enum { HUGE = 1300000 };
    char *huge = malloc(HUGE), length[60];
    memset(huge, 'x', HUGE);
    memcpy(huge, "{\"name\":\"", 9);
    snprintf(length, sizeof length, "Content-Length: %d\r\n", HUGE);
    check("a huge body", post_lists(length, huge, HUGE), 413, "The body is larger than 1048576 bytes.");
    free(huge);
    check("a form", post_lists("Content-Length: 6\r\nContent-Type: application/x-www-form-urlencoded\r\n", "name=x", 6), 415,
          "~");
    check("another site's page", post_lists("Content-Length: 12\r\nOrigin: https://evil.example\r\n", "{\"name\":\"x\"}", 12),
          403, "A page of another site may not do this.");
    check("a page without a name", post_lists("Content-Length: 12\r\nOrigin: null\r\n", "{\"name\":\"x\"}", 12), 403,
          "A page of another site may not do this.");
    check("a site that ends like ours",
          post_lists("Content-Length: 12\r\nOrigin: https://evillocalhost\r\n", "{\"name\":\"x\"}", 12), 403,
          "A page of another site may not do this.");
    assert_int_equal(post_lists("Content-Length: 50\r\n", "{\"name\":", 8).status, 408);
    assert_int_equal(house_rows(), before);
    assert_int_equal(post_lists("Content-Length: 12\r\nOrigin: http://localhost\r\n", "{\"name\":\"x\"}", 12).status, 200);
    assert_int_equal(house_rows(), before + 1);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),    cmocka_unit_test(test_full_disk), cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_operator), cmocka_unit_test(test_bodies),
    };
    return cmocka_run_group_tests(tests, furnish, house_close);
}
