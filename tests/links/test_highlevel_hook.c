/* What a HighLevel connection is set to, how its token is renewed, and what its webhooks ask for: the mapping, and both generations of
 * signatures with keys made here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "links/highlevel/highlevel_private.h"
#include "base/text.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define NOW INT64_C(1777890660000) /* 2026-05-04T10:31:00Z */
static const struct link_house nothing;
static struct highlevel *hl;
static struct arena *a;

/* ---- the mapping ---- */

static struct {
    const char *rsa, *ed25519;
} sent; /* headers of the next call */

static struct str header(const struct hook_call *h, const char *name)
{
    (void)h;
    if (strcmp(name, "x-wh-signature") == 0) return str_of(sent.rsa);
    return strcmp(name, "x-ghl-signature") == 0 ? str_of(sent.ed25519) : STR_NULL;
}

static int call(const char *settings, const char *body, struct hook_send *out, struct hook_answer *answer, struct fault *f)
{
    struct connection c = {.settings = str_of(settings)};
    struct hook_call h = {.arena = a, .connection = &c, .body = str_of(body), .header = header, .now = NOW};
    const struct connector *d = highlevel_connector(hl);
    return d->hook(d->ctx, &h, out, answer, f);
}

#define A10 "aaaaaaaaaa"
#define TEN A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 /* times ten */
#define TO  "{\"hook_endpoint\":\"spring\"}"
static const struct {
    const char *name, *settings, *body;
    int n;
    const char *send;                                      /* of the first, or a part of the fault */
    const char *endpoint, *remote_id, *repeat_id, *second; /* second: the second's repeat_id */
} mapped[] = {
    {"a workflow's own fields", TO,
     "{\"contact_id\":\"c1\",\"first_name\":\"Ada\",\"last_name\":\"Doe\",\"email\":\"a@example.com\",\"phone\":\"+1212\","
     "\"address1\":\"350 5th Ave\","
     "\"city\":\"New "
     "York\",\"state\":\"NY\",\"postal_code\":\"10118\",\"country\":\"US\",\"company_name\":\"ACME\",\"website\":\"w\","
     "\"tags\":\"a,b\",\"workflow\":{\"id\":\"w\"}}",
     1,
     "{\"first_name\":\"Ada\",\"last_name\":\"Doe\",\"company\":\"ACME\",\"address_street\":\"350 5th "
     "Ave\",\"address_city\":\"New York\",\"address_state\":\"NY\","
     "\"address_zip\":\"10118\",\"country\":\"US\",\"email_address\":\"a@example.com\",\"phone\":\"+1212\",\"website\":\"w\"}",
     "spring", "c1", NULL, NULL},
    {"an app's", TO,
     "{\"type\":\"ContactCreate\",\"locationId\":\"l\",\"id\":\"c2\",\"firstName\":\"Ada\",\"lastName\":\"\",\"address1\":"
     "\"x\",\"postalCode\":\"10118\",\"webhookId\":\"h1\"}",
     1, "{\"first_name\":\"Ada\",\"address_street\":\"x\",\"address_zip\":\"10118\"}", "spring", "c2", "h1", NULL},
    {"a note's contact", TO, "{\"type\":\"NoteCreate\",\"id\":\"n\",\"contactId\":\"c3\"}", 1, "{}", "spring", "c3", NULL,
     NULL},
    {"one name", TO, "{\"full_name\":\"Ada King  Lovelace \"}", 1, "{\"first_name\":\"Ada King\",\"last_name\":\"Lovelace\"}",
     "spring", NULL, NULL, NULL},
    {"one word", TO, "{\"name\":\"Ada\"}", 1, "{\"first_name\":\"Ada\"}", "spring", NULL, NULL, NULL},
    {"mapped",
     "{\"hook_endpoint\":\"spring\",\"hook_fields\":\" var_field_1 = customData.coupon, var_field_2=Coupon "
     "Code,last_name=name.family,age=customFields.f7,\"}",
     "{\"last_name\":\"not this\",\"name\":{\"family\":\"Doe\"},\"customData\":{\"coupon\":12.5},\"Coupon "
     "Code\":\"C-1\",\"customFields\":[{\"id\":\"f6\",\"value\":\"no\"},{\"id\":\"f7\",\"value\":44}]}",
     1, "{\"last_name\":\"Doe\",\"var_field_1\":\"12.5\",\"var_field_2\":\"C-1\",\"age\":\"44\"}", "spring", NULL, NULL, NULL},
    {"mapped to nothing", "{\"hook_endpoint\":\"spring\",\"hook_fields\":\"first_name=a.b.c,x=y\"}",
     "{\"first_name\":\"Ada\",\"a\":{\"b\":7}}", 1, "{}", "spring", NULL, NULL, NULL},
    {"the endpoint too", "{\"hook_fields\":\"endpoint=customData.campaign,contact_id=customData.id\"}",
     "{\"customData\":{\"campaign\":\" fall \",\"id\":\"c9\"}}", 1, "{}", "fall", "c9", NULL, NULL},
    {"a list", TO, "[{\"first_name\":\"A\",\"webhookId\":\"h\"},{\"first_name\":\"B\",\"webhookId\":\"h\"}]", 2,
     "{\"first_name\":\"A\"}", "spring", NULL, "h", "h#1"},
    {"a list of two requests", TO, "[{\"webhookId\":\"h\"},{\"webhookId\":\"h#1\"}]", 2, "{}", "spring", NULL, "h", "h%231"},
    {"an empty list", TO, "[]", 0, NULL, NULL, NULL, NULL, NULL},
    {"no endpoint", "{}", "{\"first_name\":\"Ada\"}", -1, "hook_endpoint", NULL, NULL, NULL, NULL},
    {"not JSON", TO, "first_name=Ada", -1, "", NULL, NULL, NULL, NULL},
    {"not an object", TO, "7", -1, "must be a JSON object", NULL, NULL, NULL, NULL},
    {"a contact id as long as one may be", TO, "{\"contact_id\":\"" TEN TEN "\"}", 1, "{}", "spring", TEN TEN, NULL, NULL},
    {"a longer one", TO, "{\"contact_id\":\"" TEN TEN "x\"}", -1, "contact_id is longer than 200 bytes", NULL, NULL, NULL,
     NULL},
    {"a list of numbers", TO, "[7]", -1, "must be a JSON object", NULL, NULL, NULL, NULL},
};

static void check_text(const char *name, const char *what, struct str got, const char *want)
{
    if ((got.ptr != NULL) != (want != NULL) || !str_eq(got, want ? str_of(want) : STR_NULL))
        fail_msg("%s: %s \"%.*s\"", name, what, STR_ARG(got));
}

static void test_mapping(void **state)
{
    (void)state;
    static struct hook_send out[HOOK_SENDS_MAX];
    for (size_t i = 0; i < sizeof mapped / sizeof *mapped; i++) {
        struct hook_answer answer;
        struct fault f = {0};
        int n = call(mapped[i].settings, mapped[i].body, out, &answer, &f);
        if (n != mapped[i].n) fail_msg("%s: %d, %s", mapped[i].name, n, f.text);
        if (n < 0 && (f.status != 400 || !strstr(f.text, mapped[i].send)))
            fail_msg("%s: %d %s", mapped[i].name, f.status, f.text);
        if (n < 1) continue;
        check_text(mapped[i].name, "sends", out[0].body, mapped[i].send);
        check_text(mapped[i].name, "endpoint", out[0].endpoint, mapped[i].endpoint);
        check_text(mapped[i].name, "contact", out[0].remote_id, mapped[i].remote_id);
        check_text(mapped[i].name, "repeat", out[0].repeat_id, mapped[i].repeat_id);
        if (n == 2) check_text(mapped[i].name, "second repeat", out[1].repeat_id, mapped[i].second);
        check_text(mapped[i].name, "answers", answer.body, arena_printf(a, "{\"accepted\":%d}", n));
    }
}

static void test_too_many(void **state)
{
    (void)state;
    static struct hook_send out[HOOK_SENDS_MAX];
    struct hook_answer answer;
    struct fault f = {0};
    char body[3 * HOOK_SENDS_MAX + 10] = "[{}";
    for (int i = 1; i < HOOK_SENDS_MAX; i++) strcat(body, ",{}");
    strcat(body, "]");
    assert_int_equal(call(TO, body, out, &answer, &f), HOOK_SENDS_MAX);
    strcpy(body + strlen(body) - 1, ",{}]");
    assert_int_equal(call(TO, body, out, &answer, &f), -1);
    assert_int_equal(f.status, 400);
}

/* ---- signatures ---- */

static char *sign(EVP_PKEY *key, const EVP_MD *md, const char *body)
{
    unsigned char bytes[600], *text = arena_alloc(a, 1000);
    size_t n = sizeof bytes;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, bytes, &n, (const unsigned char *)body, strlen(body)), 1);
    EVP_MD_CTX_free(ctx);
    EVP_EncodeBlock(text, bytes, (int)n);
    return (char *)text;
}

static const char *pem(EVP_PKEY *key)
{
    char *data;
    BIO *b = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(b, key), 1);
    long n = BIO_get_mem_data(b, &data);
    const char *out = arena_str(a, str_make(data, (size_t)n)).ptr;
    BIO_free(b);
    return out;
}

/* As it is pasted into a field of one line. */
static const char *one_line(const char *text)
{
    char *out = arena_strz(a, text);
    for (char *p = out; *p; p++)
        if (*p == '\n') *p = ' ';
    return out;
}

static const char *keys(const char *rsa, const char *ed25519)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_strz(&j, "hook_endpoint", "spring");
    if (rsa) json_strz(&j, "hook_key_rsa", rsa);
    if (ed25519) json_strz(&j, "hook_key_ed25519", ed25519);
    json_end(&j);
    json_out_end(&j);
    const char *out = arena_str(a, buf_str(&b)).ptr;
    buf_finish(&b);
    return out;
}

static void test_signatures(void **state)
{
    (void)state;
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *other = EVP_RSA_gen(2048), *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    const char *body = "{\"id\":\"c1\",\"timestamp\":\"2026-05-04T10:29:00.123Z\",\"webhookId\":\"h\"}",
               *old = "{\"timestamp\":\"2026-05-04T10:25:59Z\"}";
    const char *never = "{\"timestamp\":-9223372036854775807}", *old_ms = "{\"timestamp\":1777890359000}",
               *young_s = "{\"timestamp\":1777890600}", *timeless = "{\"id\":\"c1\"}";
    unsigned char raw[32], raw64[50];
    size_t n_raw = sizeof raw;
    assert_int_equal(EVP_PKEY_get_raw_public_key(ed, raw, &n_raw), 1);
    EVP_EncodeBlock(raw64, raw, 32);
    const char *rsa_pem = pem(rsa), *ed_pem = pem(ed);
    const char *good_rsa = sign(rsa, EVP_sha256(), body), *good_ed = sign(ed, NULL, body);
    const struct {
        const char *name, *settings, *body, *rsa, *ed25519;
        int status; /* 0: taken */
    } cases[] = {
        {"no key, no signature", keys(NULL, NULL), body, NULL, NULL, 0},
        {"no key: a signature is not looked at", keys(NULL, NULL), body, "AAAA", NULL, 0},
        {"no key: nor the time", keys(NULL, NULL), old, NULL, NULL, 0},
        {"RSA", keys(rsa_pem, NULL), body, good_rsa, NULL, 0},
        {"RSA in one line", keys(one_line(rsa_pem), NULL), body, good_rsa, NULL, 0},
        {"Ed25519", keys(NULL, ed_pem), body, NULL, good_ed, 0},
        {"Ed25519, raw", keys(NULL, (const char *)raw64), body, NULL, good_ed, 0},
        {"both keys, either signature", keys(rsa_pem, ed_pem), body, good_rsa, NULL, 0},
        {"both keys, the other", keys(rsa_pem, ed_pem), body, NULL, good_ed, 0},
        {"both keys, one of two good", keys(rsa_pem, ed_pem), body, "AAAA", good_ed, 0},
        {"none", keys(rsa_pem, ed_pem), body, NULL, NULL, 401},
        {"another's", keys(rsa_pem, NULL), body, sign(other, EVP_sha256(), body), NULL, 401},
        {"another digest", keys(rsa_pem, NULL), body, sign(rsa, EVP_sha512(), body), NULL, 401},
        {"in the wrong header", keys(rsa_pem, ed_pem), body, good_ed, good_rsa, 401},
        {"of another body", keys(rsa_pem, ed_pem), timeless, good_rsa, good_ed, 401},
        {"no base 64", keys(rsa_pem, ed_pem), body, "?", "", 401},
        {"only a key of the other kind", keys(rsa_pem, NULL), body, NULL, good_ed, 401},
        {"old", keys(rsa_pem, NULL), old, sign(rsa, EVP_sha256(), old), NULL, 400},
        {"old, in milliseconds", keys(rsa_pem, NULL), old_ms, sign(rsa, EVP_sha256(), old_ms), NULL, 400},
        {"young, in seconds", keys(rsa_pem, NULL), young_s, sign(rsa, EVP_sha256(), young_s), NULL, 0},
        {"at a time that cannot be", keys(rsa_pem, NULL), never, sign(rsa, EVP_sha256(), never), NULL, 0},
        {"without a time", keys(NULL, ed_pem), timeless, NULL, sign(ed, NULL, timeless), 0},
    };
    static struct hook_send out[HOOK_SENDS_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hook_answer answer;
        struct fault f = {0};
        sent.rsa = cases[i].rsa;
        sent.ed25519 = cases[i].ed25519;
        int n = call(cases[i].settings, cases[i].body, out, &answer, &f);
        if ((n == 1) != (cases[i].status == 0) || f.status != cases[i].status)
            fail_msg("%s: %d, %d %s", cases[i].name, n, f.status, f.text);
    }
    sent.rsa = sent.ed25519 = NULL;
    assert_true(highlevel_key_check(str_of(rsa_pem), HIGHLEVEL_RSA) && highlevel_key_check(str_of(ed_pem), HIGHLEVEL_ED25519));
    assert_false(highlevel_key_check(str_of(rsa_pem), HIGHLEVEL_ED25519) || highlevel_key_check(str_of(ed_pem), HIGHLEVEL_RSA));
    assert_false(highlevel_key_check(STR("AAAA"), HIGHLEVEL_RSA) || highlevel_key_check(STR(""), HIGHLEVEL_ED25519));
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other);
    EVP_PKEY_free(ed);
}

/* ---- what is saved ---- */

#define TOKEN "{\"token\":\"pit-1\"}"
static const struct {
    const char *settings, *secrets, *refused; /* NULL: taken */
} saved[] = {
    {"{}", TOKEN, NULL},
    {"{}", "{}", "Set token"},
    {"{\"client_id\":\"i\"}", "{\"client_secret\":\"s\"}", "set code, or refresh_token"},
    {"{\"client_id\":\"i\"}", "{\"client_secret\":\"s\",\"refresh_token\":\"r\"}", NULL},
    {"{\"client_id\":\"i\"}", "{\"client_secret\":\"s\",\"code\":\"c\"}", "redirect_uri"},
    {"{\"client_id\":\"i\",\"redirect_uri\":\"https://example.com/\"}", "{\"client_secret\":\"s\",\"code\":\"c\"}", NULL},
    {"{\"client_id\":\"i\"}", "{\"refresh_token\":\"r\"}", "client_secret"},
    {"{\"write_tag\":\"maybe\"}", TOKEN, "write_tag must be yes or no"},
    {"{\"refire_visits\":\"yes\",\"create_contacts\":\"no\",\"write_note\":\"yes\"}", TOKEN, NULL},
    {"{\"tag\":\"Mailed\"}", TOKEN, "{code}"},
    {"{\"tag\":\"{code}\"}", TOKEN, NULL},
    {"{\"client_id\":\"i\"}", "{\"client_secret\":\"s\",\"code\":\"c\",\"token\":\"pit-1\",\"refresh_token\":\"r\"}",
     "redirect_uri"},
    {"{\"burst\":\"0\"}", TOKEN, "burst"},
    {"{\"burst\":\"9\"}", TOKEN, "from 10 to 10000"},
    {"{\"burst\":\"10\"}", TOKEN, NULL},
    {"{\"burst\":\"10001\"}", TOKEN, "burst"},
    {"{\"burst\":\"off\"}", TOKEN, NULL},
    {"{\"base_url\":\"services.leadconnectorhq.com\"}", TOKEN, "base_url"},
    {"{\"base_url\":\"https://example.com/?x=1\"}", TOKEN, "base_url"},
    {"{\"version\":\"2021 07\"}", TOKEN, "version"},
    {"{\"version\":\"v3\"}", TOKEN, NULL},
    {"{\"hook_fields\":\"a=b, c\"}", TOKEN, "hook_fields"},
    {"{\"hook_fields\":\"=b\"}", TOKEN, "hook_fields"},
    {"{\"hook_fields\":\"a=b,\"}", TOKEN, NULL},
    {"{\"hook_fields\":\"a=b, c=d, a=e\"}", TOKEN, "says twice where a comes from"},
    {"{\"hook_key_rsa\":\"x\"}", TOKEN, "hook_key_rsa"},
    {"{\"hook_key_ed25519\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}", TOKEN, NULL},
};

static void test_saved(void **state)
{
    (void)state;
    const struct connector *d = highlevel_connector(hl);
    for (size_t i = 0; i < sizeof saved / sizeof *saved; i++) {
        struct json_parser *p = json_parser_create(), *q = json_parser_create();
        struct json_value settings, secrets;
        struct fault f = {0};
        assert_true(json_parse(p, json_padded(a, str_of(saved[i].settings)), &settings, &f));
        assert_true(json_parse(q, json_padded(a, str_of(saved[i].secrets)), &secrets, &f));
        bool ok = d->check(d->ctx, settings, secrets, &f);
        if (ok != !saved[i].refused || (!ok && (f.status != 400 || !strstr(f.text, saved[i].refused))))
            fail_msg("%s %s: %d %s", saved[i].settings, saved[i].secrets, ok, f.text);
        json_parser_destroy(&p);
        json_parser_destroy(&q);
    }
}

/* ---- tokens ---- */

#define APP "{\"client_id\":\"i&1\",\"redirect_uri\":\"https://example.com/back\",\"base_url\":\"https://example.com/\"}"
static const struct {
    const char *name, *secrets;
    enum authorised want;
    const char *header;  /* AUTHORISED: its token */
    const char *renewal; /* the body that renews it; NULL: it is not renewed */
} tokens[] = {
    {"private", TOKEN, AUTHORISED, "pit-1", NULL},
    {"none", "{}", AUTHORISE_CANNOT, NULL, NULL},
    {"first code", "{\"client_secret\":\"s\",\"code\":\"c\"}", AUTHORISE_RENEW, NULL,
     "client_id=i%261&client_secret=s&grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fexample.com%2Fback&user_"
     "type=Location"},
    {"a new code beside what was there before",
     "{\"client_secret\":\"s\",\"code\":\"c\",\"token\":\"pit-1\",\"refresh_token\":\"r\",\"access_token\":\"t\",\"expires_"
     "at\":1777890720001}",
     AUTHORISE_RENEW, NULL,
     "client_id=i%261&client_secret=s&grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fexample.com%2Fback&user_"
     "type=Location"},
    {"refresh only", "{\"client_secret\":\"s\",\"refresh_token\":\"r\"}", AUTHORISE_RENEW, NULL,
     "client_id=i%261&client_secret=s&grant_type=refresh_token&refresh_token=r&user_type=Location"},
    {"good", "{\"client_secret\":\"s\",\"refresh_token\":\"r\",\"access_token\":\"t\",\"expires_at\":1777890720001}",
     AUTHORISED, "t", "client_id=i%261&client_secret=s&grant_type=refresh_token&refresh_token=r&user_type=Location"},
    {"nearly over", "{\"client_secret\":\"s\",\"refresh_token\":\"r\",\"access_token\":\"t\",\"expires_at\":1777890720000}",
     AUTHORISE_RENEW, NULL, "client_id=i%261&client_secret=s&grant_type=refresh_token&refresh_token=r&user_type=Location"},
};

static void test_tokens(void **state)
{
    (void)state;
    const struct connector *d = highlevel_connector(hl);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        struct connection c = {.connection_id = 1, .settings = STR(APP), .secrets = str_of(tokens[i].secrets)};
        struct fetch_ask ask = {.url = STR("/contacts/")}, renewal = {0};
        struct fault f = {0};
        if (d->authorise(d->ctx, &c, a, NOW, &ask, &f) != tokens[i].want) fail_msg("%s: %s", tokens[i].name, f.text);
        if (tokens[i].header) {
            assert_true(str_eq(ask.url, STR("https://example.com/contacts/")));
            check_text(tokens[i].name, "says", ask.headers[0], arena_printf(a, "Authorization: Bearer %s", tokens[i].header));
        }
        bool renews = d->renew_ask(d->ctx, &c, a, NOW, &renewal, &f);
        assert_int_equal(renews, tokens[i].renewal != NULL);
        if (!renews) continue;
        check_text(tokens[i].name, "renews with", renewal.body, tokens[i].renewal);
        check_text(tokens[i].name, "renews at", renewal.url, "https://example.com/oauth/token");
    }
}

static const struct {
    int status;
    const char *body, *secrets; /* NULL: not renewed */
    enum fault_whose whose;
} renewed[] = {
    {200, "{\"access_token\":\"t2\",\"refresh_token\":\"r2\",\"expires_in\":86399,\"userType\":\"Location\"}",
     "{\"client_secret\":\"s\",\"access_token\":\"t2\",\"refresh_token\":\"r2\",\"expires_at\":1777977059000}", FAULT_NONE},
    {201, "{\"access_token\":\"t2\"}",
     "{\"client_secret\":\"s\",\"access_token\":\"t2\",\"refresh_token\":\"r\",\"expires_at\":1777977059000}", FAULT_NONE},
    {400, "{\"error\":\"invalid_grant\",\"error_description\":\"This refresh token is invalid\"}", NULL, FAULT_USER},
    {401, "<html>", NULL, FAULT_USER},
    {200, "<html>", NULL, FAULT_REMOTE},
    {200, "{\"access_token\":\"t2", NULL, FAULT_REMOTE},
    {200, "{\"access_token\":7}", NULL, FAULT_REMOTE},
    {408, "", NULL, FAULT_REMOTE},
    {302, "", NULL, FAULT_REMOTE},
};

static void test_renewed(void **state)
{
    (void)state;
    const struct connector *d = highlevel_connector(hl);
    struct connection c = {.settings = STR(APP),
                           .secrets = STR("{\"client_secret\":\"s\",\"refresh_token\":\"r\",\"code\":\"used\"}")};
    for (size_t i = 0; i < sizeof renewed / sizeof *renewed; i++) {
        struct fetch_answer answer = {
            .status = renewed[i].status, .body = str_of(renewed[i].body), .head = STR("HTTP/1.1 1 x\r\n\r\n")};
        struct str secrets = STR_NULL;
        struct fault f = {0};
        bool ok = d->renew_read(d->ctx, &c, a, NOW, &answer, &secrets, &f);
        if (ok != (renewed[i].secrets != NULL) || f.whose != renewed[i].whose)
            fail_msg("%d %s: %s", renewed[i].status, renewed[i].body, f.text);
        check_text(renewed[i].body, "keeps", secrets, renewed[i].secrets);
    }
}

static int open_all(void **state)
{
    (void)state;
    hl = highlevel_create(&nothing);
    a = arena_create(10000);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    highlevel_destroy(&hl);
    arena_destroy(&a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mapping),    cmocka_unit_test(test_too_many),
                                       cmocka_unit_test(test_signatures), cmocka_unit_test(test_saved),
                                       cmocka_unit_test(test_tokens),     cmocka_unit_test(test_renewed)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
