/* The Salesforce connector's pure parts, each a table: where a token may go, what errors mean, which code replaces which, layouts byte for byte, XML
 * that is refused, requests that come in, queries and names. */
#include "links/salesforce/salesforce_delivery.h"
#include "links/salesforce/salesforce_layout.h"
#include "links/salesforce/salesforce_wish.h"
#include "links/salesforce/salesforce_xml.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

static struct arena *a;
static int setup(void **state) { return (void)state, a = arena_create(1 << 14), 0; }
static int teardown(void **state) { return (void)state, arena_destroy(&a), 0; }

static bool same(struct str s, const char *want) { return str_eq(s, str_of(want)); }
#define want_str(name, want, got)                                                                                              \
    do {                                                                                                                       \
        if (!same(got, want)) fail_msg("%s: \"%.*s\", not \"%s\"", name, STR_ARG(got), want);                                  \
    } while (0)

/* ---- where a token may go ---- */

static const struct {
    const char *instance, *login;
    bool ok;
} instances[] = {
    {"https://acme.my.salesforce.com", "https://login.salesforce.com", true},
    {"https://acme.my.salesforce.com/", "https://login.salesforce.com", true},
    {"https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com", true},
    {"https://acme.force.com", "https://login.salesforce.com", true},
    {"https://acme.my.salesforce-sites.com", "https://login.salesforce.com", true},
    {"http://127.0.0.1:4011", "http://127.0.0.1:4011", true},
    {"http://127.0.0.1:4012", "http://127.0.0.1:4011", false},
    {"https://127.0.0.1:4011", "http://127.0.0.1:4011", false},
    {"http://acme.my.salesforce.com", "https://login.salesforce.com", false},
    {"https://acme.my.salesforce.com:8443", "https://login.salesforce.com", false},
    {"https://acme.my.salesforce.com.evil.example", "https://login.salesforce.com", false},
    {"https://evilsalesforce.com", "https://login.salesforce.com", false},
    {"https://salesforce-.com", "https://login.salesforce.com", false},
    {"https://x.salesforce-a.b.com", "https://login.salesforce.com", false},
    {"https://acme.my.salesforce.com@evil.example", "https://login.salesforce.com", false},
    {"https://acme.my.salesforce.com/path", "https://login.salesforce.com", false},
    {"https://10.0.0.1", "https://login.salesforce.com", false},
    {"file:///etc/passwd", "https://login.salesforce.com", false},
    {"", "https://login.salesforce.com", false},
};

static void test_instances(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof instances / sizeof *instances; i++)
        if (sf_instance_is_fine(str_of(instances[i].instance), str_of(instances[i].login)) != instances[i].ok)
            fail_msg("%s from %s", instances[i].instance, instances[i].login);
}

/* ---- the JWT ---- */

static struct str new_key(void)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    long n = BIO_get_mem_data(bio, &text);
    struct str out = arena_str(a, str_make(text, (size_t)n));
    BIO_free(bio);
    EVP_PKEY_free(key);
    return out;
}

static struct str from_base64url(struct str s)
{
    char *text = arena_printf(a, "%.*s%s", STR_ARG(s), s.len % 4 == 2 ? "==" : s.len % 4 == 3 ? "=" : "");
    for (char *p = text; *p; p++) *p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
    unsigned char *out = arena_alloc(a, strlen(text) + 4);
    int n = EVP_DecodeBlock(out, (unsigned char *)text, (int)strlen(text));
    assert_true(n > 0);
    while (s.len % 4 && n > 0 && s.len * 3 / 4 < (size_t)n) n--;
    return str_make(out, (size_t)n);
}

static void test_jwt(void **state)
{
    (void)state;
    struct fault f;
    struct sf_config c = {
        .client_id = STR("3MVG9"), .username = STR("ann@example.com"), .audience = STR("https://login.salesforce.com")};
    struct str rest, head, body, signature;
    c.private_key = new_key();
    struct str jwt = sf_jwt(a, &c, 1000000, &f);
    assert_non_null(jwt.ptr);
    head = str_cut(jwt, '.', &rest);
    body = str_cut(rest, '.', &signature);
    want_str("head", "{\"alg\":\"RS256\"}", from_base64url(head));
    want_str("claims", "{\"iss\":\"3MVG9\",\"sub\":\"ann@example.com\",\"aud\":\"https://login.salesforce.com\",\"exp\":1170}",
             from_base64url(body));
    BIO *bio = BIO_new_mem_buf(c.private_key.ptr, (int)c.private_key.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct str bytes = from_base64url(signature);
    assert_int_equal(bytes.len, 256);
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(ctx, (const unsigned char *)bytes.ptr, bytes.len, (const unsigned char *)jwt.ptr,
                                      head.len + 1 + body.len),
                     1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    BIO_free(bio);
    c.private_key = STR("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n");
    assert_null(sf_jwt(a, &c, 0, &f).ptr);
    assert_non_null(strstr(f.text, "RSA key in PEM"));
    assert_null(strstr(f.text, "nonsense"));
}

/* ---- tokens ---- */

static const struct {
    const char *name;
    int status;
    const char *answer, *secrets, *want; /* want: the secrets from now on, or a part of the sentence */
    bool ok;
} renewals[] = {
    {"a token", 200,
     "{\"access_token\":\"00D!t\",\"instance_url\":\"https://acme.my.salesforce.com\",\"id\":\"https://login.salesforce.com/id/"
     "00D000000000001AAA/005000000000001AAA\"}",
     "{\"private_key\":\"K\",\"access_token\":\"old\"}",
     "{\"private_key\":\"K\",\"access_token\":\"00D!t\",\"instance_url\":\"https://"
     "acme.my.salesforce.com\",\"user_id\":\"005000000000001AAA\",\"org_id\":"
     "\"00D000000000001AAA\"}",
     true},
    {"a refresh token that is used up", 200,
     "{\"access_token\":\"t\",\"instance_url\":\"https://acme.my.salesforce.com\",\"refresh_token\":\"new\"}",
     "{\"refresh_token\":\"old\"}",
     "{\"access_token\":\"t\",\"instance_url\":\"https://"
     "acme.my.salesforce.com\",\"user_id\":null,\"org_id\":null,\"refresh_token\":\"new\"}",
     true},
    {"an address elsewhere", 200, "{\"access_token\":\"t\",\"instance_url\":\"https://evil.example\"}", "{}",
     "outside Salesforce", false},
    {"no token", 200, "{\"instance_url\":\"https://acme.my.salesforce.com\"}", "{}", "does not answer like Salesforce", false},
    {"blanks in it", 200, "{\"access_token\":\"t\\r\\nX: y\",\"instance_url\":\"https://acme.my.salesforce.com\"}", "{}",
     "holds blanks", false},
    {"HTML", 200, "<html><body>Maintenance</body></html>", "{}", "a page instead of JSON", false},
    {"HTML with an error", 403, "<html><body>Maintenance</body></html>", "{}", "a page instead of JSON", false},
    {"revoked", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"expired access/refresh token\"}", "{}",
     "Authorise it again", false},
    {"not approved", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"user hasn't approved this consumer\"}", "{}",
     "pre-authorized", false},
    {"a wrong app", 400, "{\"error\":\"invalid_client_id\",\"error_description\":\"client identifier invalid\"}", "{}",
     "invalid_client_id", false},
    {"truncated", 200, "{\"access_token\":\"t\",\"instan", "{}", "a page instead of JSON", false},
};

static void test_renewals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof renewals / sizeof *renewals; i++) {
        struct connection c = {.settings = STR("{\"flow\":\"refresh_token\"}"), .secrets = str_of(renewals[i].secrets)};
        struct fetch_answer answer = {.status = renewals[i].status, .body = str_of(renewals[i].answer), .sentence = "said"};
        struct str secrets = STR_NULL;
        struct fault f = {0};
        bool ok = sf_renew_read(NULL, &c, a, 0, &answer, &secrets, &f);
        if (ok != renewals[i].ok) fail_msg("%s: %s", renewals[i].name, f.text);
        if (ok) want_str(renewals[i].name, renewals[i].want, secrets);
        bool is_page = strstr(f.text, "page instead of JSON"); /* a maintenance does not lose the authorisation */
        if (!ok && (!strstr(f.text, renewals[i].want) || f.whose != (is_page ? FAULT_REMOTE : FAULT_USER)))
            fail_msg("%s: %s", renewals[i].name, f.text);
    }
}

static const struct {
    const char *settings, *secrets, *want; /* the body; NULL with the start of one */
} asks[] = {
    {"{\"flow\":\"refresh_token\",\"client_id\":\"C I\"}", "{\"refresh_token\":\"r&t\",\"client_secret\":\"s\"}",
     "grant_type=refresh_token&refresh_token=r%26t&client_id=C%20I&client_secret=s"},
    {"{\"flow\":\"client_credentials\",\"client_id\":\"C\"}", "{\"client_secret\":\"s\"}",
     "grant_type=client_credentials&client_id=C&client_secret=s"},
};

static void test_renew_ask(void **state)
{
    (void)state;
    struct fault f;
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        struct connection c = {.settings = str_of(asks[i].settings), .secrets = str_of(asks[i].secrets)};
        struct fetch_ask ask = {0};
        assert_true(sf_renew_ask(NULL, &c, a, 0, &ask, &f));
        want_str("url", "https://login.salesforce.com/services/oauth2/token", ask.url);
        want_str(asks[i].settings, asks[i].want, ask.body);
    }
}

static void test_authorise(void **state)
{
    (void)state;
    struct fault f;
    struct connection c = {.settings = STR("{}"),
                           .secrets = STR("{\"access_token\":\"t<&\",\"instance_url\":\"https://acme.my.salesforce.com\"}")};
    struct fetch_ask ask = {.url = STR("/limits")};
    assert_int_equal(sf_authorise(NULL, &c, a, 0, &ask, &f), AUTHORISED);
    want_str("a short path", "https://acme.my.salesforce.com/services/data/v62.0/limits", ask.url);
    want_str("the token", "Authorization: Bearer t<&", ask.headers[0]);
    ask = (struct fetch_ask){.url = STR("/services/Soap/m/62.0"), .body = STR("<s>" SF_SESSION "</s>")};
    assert_int_equal(sf_authorise(NULL, &c, a, 0, &ask, &f), AUTHORISED);
    want_str("a session", "<s>t&lt;&amp;</s>", ask.body);
    assert_int_equal(ask.n_headers, 0);
    c.secrets = STR("{\"access_token\":\"t\",\"instance_url\":\"https://evil.example\"}");
    assert_int_equal(sf_authorise(NULL, &c, a, 0, &ask, &f), AUTHORISE_CANNOT);
    c.secrets = STR("{\"private_key\":\"k\"}");
    assert_int_equal(sf_authorise(NULL, &c, a, 0, &ask, &f), AUTHORISE_RENEW);
}

/* ---- what answers mean ---- */

static const struct {
    int status;
    enum fetch_error error;
    const char *body;
    enum link_result want;
    const char *sentence;
} answers[] = {
    {200, FETCH_OK, "[]", LINK_OK, ""},
    {204, FETCH_OK, "", LINK_OK, ""},
    {200, FETCH_OK, "<html>We are down for maintenance</html>", LINK_RETRY_LATER, "a page instead of data"},
    {503, FETCH_OK, "<html></html>", LINK_RETRY_LATER, "a page instead of data"},
    {401, FETCH_OK, "[{\"errorCode\":\"INVALID_SESSION_ID\",\"message\":\"Session expired or invalid\"}]", LINK_AUTH,
     "INVALID_SESSION_ID"},
    {401, FETCH_OK, "", LINK_AUTH, "401"},
    {500, FETCH_OK,
     "<?xml version=\"1.0\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
     "xmlns:sf=\"u\"><soapenv:Body><soapenv:Fault>"
     "<faultcode>sf:INVALID_SESSION_ID</faultcode><faultstring>over</faultstring></soapenv:Fault></soapenv:Body></"
     "soapenv:Envelope>",
     LINK_AUTH, "the access token is over"},
    {403, FETCH_OK, "[{\"errorCode\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"TotalRequests Limit exceeded.\"}]",
     LINK_PAUSE_DESTINATION, "used up"},
    {403, FETCH_OK, "[{\"errorCode\":\"API_DISABLED_FOR_ORG\",\"message\":\"x\"}]", LINK_AUTH, "no API"},
    {403, FETCH_OK, "[{\"errorCode\":\"INSUFFICIENT_ACCESS\",\"message\":\"x\"}]", LINK_PERMANENT, "Customize Application"},
    {400, FETCH_OK, "[{\"errorCode\":\"UNABLE_TO_LOCK_ROW\",\"message\":\"x\"}]", LINK_RETRY_LATER, "somebody else"},
    {400, FETCH_OK, "[{\"errorCode\":\"QUERY_TIMEOUT\",\"message\":\"x\"}]", LINK_RETRY_LATER, "too long"},
    {400, FETCH_OK, "[{\"errorCode\":\"MALFORMED_QUERY\",\"message\":\"unexpected token\"}]", LINK_PERMANENT,
     "(MALFORMED_QUERY): unexpected token"},
    {404, FETCH_OK, "[{\"errorCode\":\"NOT_FOUND\",\"message\":\"x\"}]", LINK_PERMANENT, "no such record"},
    {404, FETCH_OK, "{\"wrong\":1}", LINK_PERMANENT, "without a reason"},
    {400, FETCH_OK, "[{\"errorCode\":\"X", LINK_PERMANENT, "without a reason"},
    {302, FETCH_OK, "", LINK_PERMANENT, "redirects"},
    {429, FETCH_OK, "", LINK_RETRY_LATER, ""},
    {500, FETCH_OK, "", LINK_RETRY_LATER, ""},
    {503, FETCH_OK, "[{\"errorCode\":\"SERVER_UNAVAILABLE\",\"message\":\"busy\"}]", LINK_RETRY_LATER, "busy"},
    {500, FETCH_OK, "[{\"errorCode\":\"NEVER_HEARD_OF\",\"message\":\"oh\"}]", LINK_RETRY_LATER, "500 (NEVER_HEARD_OF): oh"},
    {502, FETCH_OK, "[{\"errorCode\":\"NOT_FOUND\",\"message\":\"x\"}]", LINK_PERMANENT, "no such record"},
    {0, FETCH_TIMEOUT, "", LINK_RETRY_LATER, "said"},
    {0, FETCH_REFUSED, "", LINK_PERMANENT, "said"},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        char sentence[300];
        struct fetch_answer answer = {
            .status = answers[i].status, .error = answers[i].error, .body = str_of(answers[i].body), .sentence = "said"};
        enum link_result r = sf_judge(NULL, &answer, sentence, sizeof sentence);
        if (r != answers[i].want || !strstr(sentence, answers[i].sentence))
            fail_msg("%d %s: %s, %s", answers[i].status, answers[i].body, link_result_word(r), sentence);
    }
}

static const struct {
    const char *header;
    bool ok;
    int64_t used, most;
} limits[] = {
    {"api-usage=10018/100000", true, 10018, 100000},
    {"api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)", true, 25, 5000},
    {"api-bursts=1/750; api-usage=7/15000", true, 7, 15000},
    {"api-usage=9223372036854775807/1", false, 0, 0},
    {"api-usage=1/9223372036854775807", false, 0, 0},
    {"per-app-api-usage=17/250(appName=x)", false, 0, 0},
    {"api-usage=x/5", false, 0, 0},
    {"api-usage=5/0", false, 0, 0},
    {"", false, 0, 0},
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        int64_t used = 0, most = 0;
        bool ok = sf_limit_read(str_of(limits[i].header), &used, &most);
        if (ok != limits[i].ok || (ok && (used != limits[i].used || most != limits[i].most))) fail_msg("%s", limits[i].header);
    }
}

/* ---- which code replaces which ---- */

static const struct {
    const char *name;
    struct sf_written was, now;
    bool want;
} values[] = {
    {"the first", {0, 0, -1}, {5, 100, STATUS_CREATED}, true},
    {"further on the way", {5, 100, STATUS_MAILED}, {5, 100, STATUS_IN_TRANSIT}, true},
    {"back on the way, though later", {5, 100, STATUS_IN_LOCAL_AREA}, {5, 200, STATUS_IN_TRANSIT}, false},
    {"the same once more", {5, 100, STATUS_MAILED}, {5, 100, STATUS_MAILED}, false},
    {"re-routed", {5, 100, STATUS_IN_TRANSIT}, {5, 200, STATUS_REROUTED}, true},
    {"re-routed before that", {5, 100, STATUS_IN_TRANSIT}, {5, 50, STATUS_REROUTED}, false},
    {"on its way again", {5, 200, STATUS_REROUTED}, {5, 300, STATUS_IN_LOCAL_AREA}, true},
    {"returned", {5, 300, STATUS_PROCESSED}, {5, 200, STATUS_RETURNED}, true},
    {"after its return", {5, 300, STATUS_RETURNED}, {5, 400, STATUS_PROCESSED}, false},
    {"a visit", {5, 300, STATUS_PROCESSED}, {5, 200, STATUS_PURL_OPENED}, true},
    {"mail after a visit", {5, 300, STATUS_PURL_OPENED}, {5, 400, STATUS_PROCESSED}, false},
    {"returned after a visit", {5, 300, STATUS_PURL_OPENED}, {5, 400, STATUS_RETURNED}, false},
    {"a later visit", {5, 300, STATUS_PURL_COMPLETED}, {5, 400, STATUS_PURL_OPENED}, true},
    {"the same visit", {5, 300, STATUS_PURL_OPENED}, {5, 300, STATUS_PURL_OPENED}, false},
    {"an older visit", {5, 300, STATUS_PURL_COMPLETED}, {5, 200, STATUS_PURL_OPENED}, false},
    {"a younger piece", {5, 300, STATUS_RETURNED}, {9, 400, STATUS_CREATED}, true},
    {"an older piece", {9, 300, STATUS_CREATED}, {5, 400, STATUS_RETURNED}, false},
    {"a visit of an older piece", {9, 300, STATUS_CREATED}, {5, 400, STATUS_PURL_OPENED}, true},
};

static void test_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (sf_is_newer(&values[i].was, &values[i].now) != values[i].want) fail_msg("%s", values[i].name);
}

/* ---- names ---- */

static void test_names(void **state)
{
    (void)state;
    static const struct {
        int64_t drop;
        const char *label;
    } cases[] = {{572, "Postalytics Mail Drop 572 Event Status"},
                 {99999, "Postalytics Mail Drop 99999 Event Status"},
                 {100000, "Postalytics Drop 100000 Event Status"},
                 {1234567890, "Postalytics Drop 1234567890 Event Status"},
                 {12345678901, "Mail Drop 12345678901"}};
    struct sf_config c = {.has_one_field = false};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str name = sf_field_name(a, &c, cases[i].drop);
        want_str("label", cases[i].label, sf_field_label(a, name));
        assert_true(name.len <= 40 + 3);
        assert_false(sf_field_is_shared(name));
    }
    want_str("name", "Postalytics_Mail_Drop_572_Event_Status__c", sf_field_name(a, &c, 572));
    c.has_one_field = true;
    want_str("one field", "Postalytics_Mail_Event_Status__c", sf_field_name(a, &c, 572));
    want_str("its label", "Postalytics Mail Event Status", sf_field_label(a, sf_field_name(a, &c, 573)));
    assert_true(sf_field_is_shared(sf_field_name(a, &c, 572)));
    struct buf b = BUF_INIT;
    sf_soql_quote(&b, STR("O'Hara\\ \nx"));
    want_str("quoted", "'O\\'Hara\\\\ \\nx'", buf_str(&b));
    buf_finish(&b);
    want_str("layout", "Contact-Contact Layout", sf_layout_full_name(a, STR("Contact"), STR_NULL, STR("Contact Layout")));
    want_str("layout of a package", "re__Client__c-re__Client %28EU%29 Layout",
             sf_layout_full_name(a, STR("re__Client__c"), STR("re"), STR("Client (EU) Layout")));
}

/* ---- objects ---- */

static const struct {
    const char *text, *want; /* name,layout,prefix,email;…, or a part of the sentence */
    bool ok;
} objects[] = {
    {"Contact; Lead", "Contact,Contact Layout,003,Email;Lead,Lead Layout,00Q,Email;", true},
    {"Contact", "Contact,Contact Layout,003,Email;", true},
    {" Lead ; re__Client__c | Client Layout | a0X | re__Email__c ;",
     "Lead,Lead Layout,00Q,Email;re__Client__c,Client Layout,a0X,re__Email__c;", true},
    {"Contact | My Layout", "Contact,My Layout,003,Email;", true},
    {"re__Client__c", "first three characters", false},
    {"Contact; Contact", "twice", false},
    {"Con tact", "kinds of record", false},
    {"", "no kind of record", false},
    {"A|b|c00|Email|too many", "kinds of record", false},
};

static void test_objects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        struct sf_config c = {0};
        struct fault f = {0};
        const char *got = "";
        bool ok = sf_objects_read(a, str_of(objects[i].text), &c, &f);
        for (int k = 0; ok && k < c.n_objects; k++)
            got = arena_printf(a, "%s%.*s,%.*s,%.*s,%.*s;", got, STR_ARG(c.objects[k].name), STR_ARG(c.objects[k].layout),
                               STR_ARG(c.objects[k].id_prefix), STR_ARG(c.objects[k].email));
        if (ok != objects[i].ok || !strstr(ok ? got : f.text, objects[i].want))
            fail_msg("%s: %s %s", objects[i].text, got, f.text);
    }
}

/* ---- layouts, byte for byte ---- */

#define ITEM "<layoutItems><behavior>Readonly</behavior><field>F__c</field></layoutItems>"
#define SECTION(x)                                                                                                             \
    "<layoutSections><customLabel>true</customLabel><detailHeading>true</detailHeading><editHeading>true</"                    \
    "editHeading><label>Postalytics</label><layoutColumns>" x "</layoutColumns><style>OneColumn</style></layoutSections>"
#define OTHER                                                                                                                  \
    "<layoutSections>\n  <label>Q&amp;A &#39;x&#39;</label><!-- <field>F__c "                                                  \
    "--><layoutColumns/><style>CustomLinks</style></layoutSections>"
static const struct {
    const char *name, *before, *after, *added; /* the layout is before+after, with what was added between */
} layouts[] = {
    {"no section of ours", "<fullName>Contact-Contact Layout</fullName>" OTHER, "<newThing a='>'>\t</newThing>", SECTION(ITEM)},
    {"a section of ours", "<fullName>x</fullName><layoutSections><label>Postalytics</label><layoutColumns>",
     "<layoutItems><field>Old__c</field></layoutItems></layoutColumns></layoutSections>" OTHER, ITEM},
    {"a section of ours behind another",
     "<fullName>x</fullName>" OTHER "<layoutSections><label> Postalytics </label><layoutColumns>",
     "</layoutColumns><layoutColumns></layoutColumns></layoutSections>", ITEM},
    {"no section at all", "<fullName>x</fullName><excludeButtons>Submit</excludeButtons>",
     "<miniLayout><fields>Name</fields></miniLayout>", SECTION(ITEM)},
    {"nothing but its name", "<fullName>x</fullName>", "", SECTION(ITEM)},
    {"a label elsewhere",
     "<fullName>x</fullName><layoutSections><label>A</label><layoutColumns><layoutItems><label>Postalytics</label></"
     "layoutItems>"
     "</layoutColumns></layoutSections>",
     "", SECTION(ITEM)},
    {"a comment that begins like an end", "<fullName>x</fullName>" OTHER,
     "<!--->- <layoutSections><label>Postalytics</label><layoutColumns></layoutColumns></layoutSections> -->", SECTION(ITEM)},
    {"a text that looks like it",
     "<fullName>x</fullName>" OTHER "<layoutSections><![CDATA[<label>Postalytics</label>]]></layoutSections>", "",
     SECTION(ITEM)},
};

static void test_layouts(void **state)
{
    (void)state;
    struct fault f;
    struct str out, again;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        struct str layout = str_of(arena_printf(a, "%s%s", layouts[i].before, layouts[i].after));
        assert_true(sf_layout_add(a, layout, STR("F__c"), &out, &f));
        want_str(layouts[i].name, arena_printf(a, "%s%s%s", layouts[i].before, layouts[i].added, layouts[i].after), out);
        assert_true(sf_layout_add(a, out, STR("F__c"), &again, &f));
        if (again.ptr != out.ptr) fail_msg("%s: added twice", layouts[i].name);
    }
    assert_true(sf_layout_add(
        a, STR("<fullName>x</fullName><layoutSections><label>Postalytics</label><layoutColumns/></layoutSections>"),
        STR("F__c"), &out, &f));
    want_str("an empty column",
             "<fullName>x</fullName><layoutSections><label>Postalytics</label><layoutColumns>" ITEM
             "</layoutColumns></layoutSections>",
             out);
}

#define ENVELOPE(x)                                                                                                            \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"e\" xmlns=\"m\" "                             \
    "xmlns:xsi=\"i\"><soapenv:Body>" x "</soapenv:Body></soapenv:Envelope>"
static const struct {
    const char *name, *body, *want; /* NULL: there is no such layout; with ok false: a part of the sentence */
    bool ok;
} takes[] = {
    {"a layout",
     ENVELOPE("<readMetadataResponse><result><records "
              "xsi:type=\"Layout\"><fullName>L</fullName><a>\n&amp;</a></records></result></readMetadataResponse>"),
     "<fullName>L</fullName><a>\n&amp;</a>", true},
    {"none", ENVELOPE("<readMetadataResponse><result><records xsi:nil=\"true\"/></result></readMetadataResponse>"), NULL, true},
    {"none, otherwise said", ENVELOPE("<readMetadataResponse><result></result></readMetadataResponse>"), NULL, true},
    {"a fault",
     ENVELOPE(
         "<soapenv:Fault><faultcode>sf:INSUFFICIENT_ACCESS</faultcode><faultstring>no rights</faultstring></soapenv:Fault>"),
     "no rights", false},
    {"another answer", ENVELOPE("<describeMetadataResponse/>"), "something else", false},
    {"another namespace inside",
     ENVELOPE("<readMetadataResponse><result><records "
              "xmlns:q=\"q\"><fullName>L</fullName><q:x/></records></result></readMetadataResponse>"),
     "another namespace", false},
    {"truncated",
     "<?xml version=\"1.0\"?><soapenv:Envelope xmlns:soapenv=\"e\"><soapenv:Body><readMetadataResponse><result><records><fullN",
     "broken", false},
    {"HTML", "<html><body><br></body></html>", "broken", false},
    {"a bomb", "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">]><x>&lol2;</x>", "document type",
     false},
    {"a file", "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>", "document type", false},
    {"UTF-16", "\xff\xfe<\0x", "not UTF-8", false},
    {"another coding", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><x>\xe9</x>", "not UTF-8", false},
    {"too deep", NULL, "broken", false},
    {"empty", "", "empty", false},
};

static void test_takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++) {
        struct str out = STR_NULL, body = str_of(takes[i].body);
        struct fault f = {0};
        if (!body.ptr) {
            char *deep = arena_alloc(a, 4000);
            for (int k = 0; k < 1000; k++) memcpy(deep + k * 3, "<x>", 3);
            body = str_make(deep, 3000);
        }
        bool ok = sf_layout_take(body, &out, &f);
        if (ok != takes[i].ok) fail_msg("%s: %s", takes[i].name, f.text);
        if (ok && !takes[i].want && out.ptr) fail_msg("%s: %.*s", takes[i].name, STR_ARG(out));
        if (ok && takes[i].want) want_str(takes[i].name, takes[i].want, out);
        if (!ok && !strstr(f.text, takes[i].want)) fail_msg("%s: %s", takes[i].name, f.text);
    }
    struct fault f;
    assert_true(sf_layout_update_read(
        STR(ENVELOPE(
            "<updateMetadataResponse><result><fullName>L</fullName><success>true</success></result></updateMetadataResponse>")),
        &f));
    assert_false(sf_layout_update_read(STR(ENVELOPE("<updateMetadataResponse><result><errors><message>locked</message></"
                                                    "errors><success>false</success></result></updateMetadataResponse>")),
                                       &f));
    assert_non_null(strstr(f.text, "locked"));
}

/* ---- queries of imports ---- */

static const struct {
    const char *soql, *want;
} queries[] = {
    {"SELECT Id FROM Contact", "SELECT Id, FirstName, MailingStreet FROM Contact"},
    {"select Name, (SELECT Id FROM Cases) from Contact WHERE Name = 'a FROM b\\' FROM c'",
     "SELECT Id, FirstName, MailingStreet from Contact WHERE Name = 'a FROM b\\' FROM c'"},
    {"SELECT Name, toLabel(Status) FROM Lead USING SCOPE mine ORDER BY Name",
     "SELECT Id, FirstName, MailingStreet FROM Lead USING SCOPE mine ORDER BY Name"},
    {"FROM Contact", NULL},
    {"DELETE FROM Contact", NULL},
    {"SELECT Id", NULL},
    {"", NULL},
};

static void test_queries(void **state)
{
    (void)state;
    static const struct str fields[] = {{"FirstName", 9}, {"MailingStreet#1", 15}, {"MailingStreet#2", 15}, {"Id", 2}};
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct fault f;
        struct str got = sf_import_query(a, str_of(queries[i].soql), fields, 4, &f);
        if (queries[i].want)
            want_str(queries[i].soql, queries[i].want, got);
        else
            assert_null(got.ptr);
    }
}

/* ---- requests that come in ---- */

#define OUTBOUND(org, x)                                                                                                       \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope "                                                             \
    "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>"                                               \
    "<notifications xmlns=\"http://soap.sforce.com/2005/09/outbound\"><OrganizationId>" org                                    \
    "</OrganizationId><ActionId>04k</ActionId>" x "</notifications></soapenv:Body></soapenv:Envelope>"
#define NOTE(id, x)                                                                                                            \
    "<Notification><Id>" id "</Id><sObject xmlns:sf=\"urn:sobject.enterprise.soap.sforce.com\">" x "</sObject></Notification>"
static const struct {
    const char *name, *body;
    int n;
    const char *want; /* endpoint|record|repeat|body of the first, or a part of the sentence */
} hooks[] = {
    {"a flow",
     "{\"endpoint\":\"E\",\"record_id\":\"003000000000001AAA\",\"FirstName\":\"Ann\",\"MailingStreet\":\"1 Main St\\r\\nApt "
     "2\",\"var_field_1\":7}",
     1,
     "E|003000000000001AAA||{\"first_name\":\"Ann\",\"address_street\":\"1 Main St\",\"address_street2\":\"Apt "
     "2\",\"var_field_1\":7}"},
    {"the connection's endpoint", "{\"first_name\":\"Ann\",\"repeat_id\":\"r1\"}", 1, "DEFAULT||r1|{\"first_name\":\"Ann\"}"},
    {"several",
     "{\"records\":[{\"Id\":\"003000000000001\",\"attributes\":{\"type\":\"Contact\"}},{\"Id\":\"003000000000002\"}]}", 2,
     "DEFAULT|003000000000001||{}"},
    {"a list", "[{\"City\":\"X\",\"MailingCity\":\"Y\"}]", 1, "DEFAULT|||{\"address_city\":\"X\"}"},
    {"no id", "{\"Id\":\"'; DROP\"}", -1, "15 or 18"},
    {"no object", "[1]", -1, "JSON object"},
    {"broken", "{\"a\":", -1, ""},
    {"empty", "  ", -1, "empty"},
    {"an outbound message",
     OUTBOUND(
         "00D000000000001AAA",
         NOTE("04l1", "<sf:Id>003000000000001AAA</sf:Id><sf:FirstName>A &amp; B</sf:FirstName><sf:Email>a@b.c</sf:Email>")),
     1, "DEFAULT|003000000000001AAA|04l1|{\"first_name\":\"A & B\",\"email_address\":\"a@b.c\"}"},
    {"two notifications",
     OUTBOUND("00D000000000001AAA",
              NOTE("04l1", "<sf:Id>003000000000001</sf:Id>") NOTE("04l2", "<sf:Id>003000000000002</sf:Id>")),
     2, "DEFAULT|003000000000001|04l1|{}"},
    {"one in each of two lists",
     OUTBOUND("00D000000000001AAA",
              NOTE("04l1", "<sf:Id>003000000000001</sf:Id>") "</notifications><notifications>"
                                                             "<OrganizationId>00D000000000001AAA</OrganizationId>" NOTE(
                                                                 "04l2", "<sf:Id>003000000000002</sf:Id>")),
     2, "DEFAULT|003000000000001|04l1|{}"},
    {"another organisation", OUTBOUND("00D000000000009AAA", NOTE("04l1", "<sf:Id>003000000000001</sf:Id>")), -1,
     "another organisation"},
    {"no record", OUTBOUND("00D000000000001AAA", "<Notification><Id>1</Id></Notification>"), -1, "Id and an sObject"},
    {"no id of a record", OUTBOUND("00D000000000001AAA", NOTE("04l1", "<sf:FirstName>A</sf:FirstName>")), -1, "no Id"},
    {"behind a byte order mark", "\xEF\xBB\xBF" OUTBOUND("00D000000000001AAA", NOTE("04l1", "<sf:Id>003000000000001</sf:Id>")),
     1, "DEFAULT|003000000000001|04l1|{}"},
    {"a flow's behind one", "\xEF\xBB\xBF{\"repeat_id\":\"r1\"}", 1, "DEFAULT||r1|{}"},
    {"a notification too deep",
     OUTBOUND("00D000000000001AAA", "<list>" NOTE("04l1", "<sf:Id>003000000000001</sf:Id>") "</list>"), -1,
     "holds no Notification"},
    {"no notification", OUTBOUND("00D000000000001AAA", ""), -1, "holds no Notification"},
    {"other XML", "<soapenv:Envelope xmlns:soapenv=\"e\"><soapenv:Body/></soapenv:Envelope>", -1, "no outbound message"},
    {"a bomb", "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>", -1, "document type"},
    {"truncated", "<soapenv:Envelope><soapenv:Body><notific", -1, "broken"},
};

static void test_hooks(void **state)
{
    (void)state;
    struct connection c = {.settings = STR("{\"endpoint\":\"DEFAULT\"}"),
                           .secrets = STR("{\"org_id\":\"00D000000000001EAA\"}")};
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        struct hook_send out[HOOK_SENDS_MAX];
        struct hook_answer answer = {0};
        struct fault f = {0};
        struct hook_call h = {.arena = a, .connection = &c, .body = str_of(hooks[i].body)};
        int n = sf_hook(NULL, &h, out, &answer, &f);
        if (n != hooks[i].n) fail_msg("%s: %d %s", hooks[i].name, n, f.text);
        if (n < 0 && (!strstr(f.text, hooks[i].want) || f.status < 400)) fail_msg("%s: %s", hooks[i].name, f.text);
        if (n < 0) continue;
        want_str(hooks[i].name, hooks[i].want,
                 str_of(arena_printf(a, "%.*s|%.*s|%.*s|%.*s", STR_ARG(out[0].endpoint), STR_ARG(out[0].remote_id),
                                     STR_ARG(out[0].repeat_id), STR_ARG(out[0].body))));
        bool is_soap = str_skip_bom(str_of(hooks[i].body)).ptr[0] == '<';
        assert_true(is_soap == (memmem(answer.body.ptr, answer.body.len, "<Ack>true</Ack>", 15) != NULL));
    }
}

/* XML that libxml2 would take seconds for is refused before: attributes of one element, namespaces that lie around many, and the same where a tag
 * does not end, behind which libxml2 goes on reading. */
static struct str many(const char *begin, const char *each, int n, const char *end)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, begin);
    for (int i = 0; i < n; i++) buf_addf(&b, each, i);
    buf_addz(&b, end);
    struct str s = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return s;
}

static const struct {
    const char *name, *begin, *each;
    int n;
    const char *end, *says; /* NULL: it is read */
} wide[] = {
    {"as many as may be", "<x", " a%d='>'", 100, "/>", NULL},
    {"one more", "<x", " a%d=''", 101, "/>", "more than 100 attributes"},
    {"thirty thousand", "<x", " a%d=''", 30000, "/>", "more than 100 attributes"},
    {"without blanks", "<x", "a%d=''", 30000, "/>", "more than 100 attributes"},
    {"behind others", "<?a b='<'?><y><!-- <a --><z b='c'/><![CDATA[<x y=']]><x", " a%d=''", 101, "/></y>",
     "more than 100 attributes"},
    {"not in tags", "<y><!-- <a ", " a%d='' ", 1000, "--></y>", NULL},
    {"nor in a CDATA section", "<y><![CDATA[<a ", " a%d='' ", 1000, "]]></y>", NULL},
    {"of many elements, a few each", "<y>", "<x a%d='' b=''/>", 1000, "</y>", NULL},
    {"behind a tag that does not end", "<y><x a=\"<z", " a%d=''", 30000, "\"/></y>", "broken"},
    {"in a comment that does not end", "<y><!-- <z", " a%d=''", 30000, "/></y>", "broken"},
    {"as many namespaces as may be", "<y>", "<x xmlns:a%d='u'/>", 500, "</y>", NULL},
    {"one more", "<y>", "<x xmlns:a%d='u'/>", 501, "</y>", "more than 500 namespaces"},
};

static void test_wide_xml(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        struct fault f = {0};
        struct _xmlDoc *doc = sf_xml_read(many(wide[i].begin, wide[i].each, wide[i].n, wide[i].end), &f);
        if ((doc != NULL) != !wide[i].says || (!doc && (f.status != 400 || !strstr(f.text, wide[i].says))))
            fail_msg("%s, number %zu: %d %s", wide[i].name, i, f.status, f.text);
        sf_xml_free(&doc);
    }
}

/* ---- what an answer means for each of a group: two deliveries, of the records 003…1 and 003…2, or of two e-mail addresses ---- */

#define ROW_OK       "{\"id\":\"003000000000001AAA\",\"success\":true,\"errors\":[]}"
#define ROW_BAD(c)   "{\"success\":false,\"errors\":[{\"statusCode\":\"" c "\",\"message\":\"F__c m\",\"fields\":[]}]}"
#define FOUND(id, m) "{\"Id\":\"" id "\",\"Email\":\"" m "\"}"
#define QUERY(x)     "{\"totalSize\":1,\"done\":true,\"records\":[" x "]}"
static const struct {
    const char *name;
    enum sf_phase phase;
    bool was_found, blanks;
    const char *mark, *body;
    enum link_result first, second;
    const char *sentence; /* of the second */
} group_cases[] = {
    {"both", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK "," ROW_OK "]", LINK_OK, LINK_OK, ""},
    {"one is deleted", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK "," ROW_BAD("ENTITY_IS_DELETED") "]", LINK_OK,
     LINK_PERMANENT, "Contact 003000000000002AAA: ENTITY_IS_DELETED: the record was deleted or merged"},
    {"one that was found is deleted: searched for again", SF_PHASE_WRITE, true, false, NULL,
     "[" ROW_OK "," ROW_BAD("ENTITY_IS_DELETED") "]", LINK_OK, LINK_WAIT, "deleted"},
    {"and is deleted again", SF_PHASE_WRITE, true, false, "gone", "[" ROW_OK "," ROW_BAD("ENTITY_IS_DELETED") "]", LINK_OK,
     LINK_PERMANENT, "deleted"},
    {"one is locked", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK "," ROW_BAD("UNABLE_TO_LOCK_ROW") "]", LINK_OK,
     LINK_RETRY_LATER, "somebody else"},
    {"a lead was converted", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK "," ROW_BAD("CANNOT_UPDATE_CONVERTED_LEAD") "]",
     LINK_OK, LINK_PERMANENT, "converted"},
    {"no right to the record", SF_PHASE_WRITE, false, false, NULL,
     "[" ROW_OK "," ROW_BAD("INSUFFICIENT_ACCESS_OR_READONLY") "]", LINK_OK, LINK_PERMANENT, "Modify All Data"},
    {"the field is hidden", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK "," ROW_BAD("INVALID_FIELD_FOR_INSERT_UPDATE") "]",
     LINK_OK, LINK_WAIT, "made visible again"},
    {"the field is hidden still", SF_PHASE_WRITE, false, false, "fitted", "[" ROW_OK "," ROW_BAD("INVALID_FIELD") "]", LINK_OK,
     LINK_PERMANENT, "may not write the field"},
    {"something new", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK "," ROW_BAD("NEVER_HEARD_OF") "]", LINK_OK, LINK_PERMANENT,
     "(NEVER_HEARD_OF): F__c m"},
    {"blank first", SF_PHASE_WRITE, false, true, NULL, "[" ROW_OK "," ROW_OK "]", LINK_ASK, LINK_ASK, ""},
    {"too few rows", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK "]", LINK_RETRY_LATER, LINK_RETRY_LATER, "shape"},
    {"no list", SF_PHASE_WRITE, false, false, NULL, "{}", LINK_RETRY_LATER, LINK_RETRY_LATER, "shape"},
    {"rows of another shape", SF_PHASE_WRITE, false, false, NULL, "[1,{\"success\":false}]", LINK_RETRY_LATER, LINK_RETRY_LATER,
     "shape"},
    {"truncated", SF_PHASE_WRITE, false, false, NULL, "[" ROW_OK ",", LINK_RETRY_LATER, LINK_RETRY_LATER, "not JSON"},
    {"one contact each; leads are still to be asked", SF_PHASE_SEARCH, false, false, NULL,
     QUERY(FOUND("003000000000001AAA", "A@x.org") "," FOUND("003000000000002AAA", "b@x.org")), LINK_ASK, LINK_ASK, ""},
    {"two of one address", SF_PHASE_SEARCH, false, false, NULL,
     QUERY(FOUND("003000000000001AAA", "b@x.org") "," FOUND("003000000000002AAA", "B@X.ORG")), LINK_ASK, LINK_HOLD,
     "2 records have the e-mail address b@x.org: Contact 003000000000001AAA, Contact 003000000000002AAA"},
    {"more than one answer holds: each is asked about alone", SF_PHASE_SEARCH, false, false, NULL,
     "{\"totalSize\":2500,\"done\":false,\"records\":[" FOUND("003000000000001AAA", "b@x.org") "]}", LINK_WAIT, LINK_WAIT,
     "asked about alone"},
    {"an id that is none", SF_PHASE_SEARCH, false, false, NULL, QUERY(FOUND("<script>", "b@x.org")), LINK_RETRY_LATER,
     LINK_RETRY_LATER, "shape"},
    {"no records", SF_PHASE_SEARCH, false, false, NULL, "{\"done\":true}", LINK_RETRY_LATER, LINK_RETRY_LATER, "shape"},
};

static void make_delivery(struct link_delivery *d, size_t i, int n)
{
    struct sf_delivery *s = ARENA_NEW(a, struct sf_delivery);
    struct fault f;
    *d = (struct link_delivery){.arena = a, .state = s, .sent_mark = str_of(group_cases[i].mark), .now = 1000};
    assert_true(sf_objects_read(a, STR("Contact; Lead"), &s->config, &f));
    s->phase = group_cases[i].phase;
    s->object = &s->config.objects[0];
    s->remote_id = n ? STR("003000000000002AAA") : STR("003000000000001AAA");
    s->email = n ? STR("b@x.org") : STR("a@x.org");
    s->field = STR("F__c");
    s->was_found = group_cases[i].was_found;
    s->blanks_first = group_cases[i].blanks;
    s->row = n;
}

static void test_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof group_cases / sizeof *group_cases; i++) {
        struct link_delivery one, two, *const group[] = {&one, &two};
        enum link_result results[] = {LINK_ASK, LINK_ASK};
        make_delivery(&one, i, 0);
        make_delivery(&two, i, 1);
        sf_answer_read(group, 2, str_of(group_cases[i].body), results);
        if (results[0] != group_cases[i].first || results[1] != group_cases[i].second ||
            !strstr(two.sentence, group_cases[i].sentence))
            fail_msg("%s: %s, %s: %s", group_cases[i].name, link_result_word(results[0]), link_result_word(results[1]),
                     two.sentence);
    }
}

/* A request that is refused as a whole: the field's own wait for it, the others go alone; one that is alone is judged. */
static void test_refused(void **state)
{
    (void)state;
    struct link_delivery one, two, *const group[] = {&one, &two};
    enum link_result results[] = {LINK_ASK, LINK_ASK};
    struct fetch_answer answer = {
        .status = 400, .body = STR("[{\"errorCode\":\"INVALID_FIELD\",\"message\":\"No such column 'G__c' on sobject\"}]")};
    make_delivery(&one, 0, 0);
    make_delivery(&two, 0, 1);
    sf_of(&two)->field = STR("G__c");
    sf_answer_refused(group, 2, &answer, "said", results);
    assert_int_equal(results[0], LINK_WAIT);
    assert_int_equal(results[1], LINK_WAIT);
    assert_false(sf_of(&one)->wants_field);
    assert_true(sf_of(&two)->wants_field);
    want_str("the mark", "alone", one.leave_mark);
    results[0] = LINK_ASK;
    sf_of(&one)->phase = SF_PHASE_SEARCH;
    sf_answer_read(group, 1, STR("{\"done\":false,\"records\":[]}"), results);
    assert_int_equal(results[0], LINK_HOLD);
    assert_non_null(strstr(one.sentence, "More records have the e-mail address a@x.org than one answer holds."));
    sf_of(&one)->phase = SF_PHASE_WRITE;
    results[0] = LINK_ASK;
    answer.body = STR("[{\"errorCode\":\"JSON_PARSER_ERROR\",\"message\":\"m\"}]");
    sf_answer_refused(group, 1, &answer, "said", results);
    assert_int_equal(results[0], LINK_PERMANENT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_instances), T(test_jwt),    T(test_renewals), T(test_renew_ask), T(test_authorise), T(test_answers),
        T(test_limits),    T(test_values), T(test_names),    T(test_objects),   T(test_layouts),   T(test_takes),
        T(test_queries),   T(test_hooks),  T(test_wide_xml), T(test_groups),    T(test_refused)};
    return cmocka_run_group_tests_name("links salesforce", tests, NULL, NULL);
}
