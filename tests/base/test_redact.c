/* What another machine says of us, without the secrets that it was told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <time.h>
#include "base/redact.h"

#define JSON_SECRETS                                                                                                           \
    "{\"access_token\":\"00D000000000001!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL\",\"client_secret\":\"s3cr\\\"et/"               \
    "+pass\",\"pin\":\"1234\","                                                                                                \
    "\"user_id\":\"005000000000001AAA\",\"instance_url\":\"https://acme.my.salesforce.com\",\"expires_at\":1777890660000,"     \
    "\"private_key\":\"-----BEGIN PRIVATE "                                                                                    \
    "KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\\nQ==\\n-----END PRIVATE "                 \
    "KEY-----\\n\"}"

static const struct {
    const char *name, *text, *want;
} cases[] = {
    {"nothing", "the record was deleted", "the record was deleted"},
    {"empty", "", ""},
    {"a token", "bad token 00D000000000001!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL, sorry", "bad token [secret], sorry"},
    {"twice", "s3cr\"et/+pass s3cr\"et/+pass", "[secret] [secret]"},
    {"cut off by the one who said it", "token 00D000000000001!AQcAQH0...", "token [secret]..."},
    {"cut off at the end", "token 00D000000000001!AQc", "token [secret]"},
    {"only what everybody may know of it", "org 00D000000000001 is gone", "org 00D000000000001 is gone"},
    {"as JSON quotes it", "{\"got\":\"s3cr\\\"et/+pass\"}", "{\"got\":\"[secret]\"}"},
    {"as JSON quotes it that escapes slashes", "{\"got\":\"s3cr\\\"et\\/+pass\"}", "{\"got\":\"[secret]\"}"},
    {"in base 64, slashes escaped", "x cGFzcz8+d29yZD8\\/c2VjcmV0fn54Og== y", "x [secret] y"},
    {"in base 64, in a form", "x=cGFzcz8%2Bd29yZD8%2Fc2VjcmV0fn54&y", "x=[secret]&y"},
    {"in small letters", "key 00d000000000001!aqcaqh0dmhzfz972szmpkb58urfrkgebgsxl!", "key [secret]!"},
    {"as another form encodes it", "client_secret=s3cr%22et%2f%2bpass&x=1", "client_secret=[secret]&x=1"},
    {"in hexadecimal", "x 733363722265742F2B70617373 y", "x [secret] y"},
    {"as a page has it", "s3cr&#34;et&#47;&#43;pass", "[secret]"},
    {"as another page has it", "s3cr&#x22;et&#x2f;&#x2B;pass", "[secret]"},
    {"as a form encodes it", "client_secret=s3cr%22et%2F%2Bpass&x=1", "client_secret=[secret]&x=1"},
    {"a line of the key", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "[secret]"},
    {"the key as JSON quotes it",
     "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\\nBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\\nQ==", "[secret]\\n[secret]\\nQ=="},
    {"places and people", "https://acme.my.salesforce.com 005000000000001AAA",
     "https://acme.my.salesforce.com 005000000000001AAA"},
    {"too short to be told from any other word", "1234", "1234"},
    {"a Basic header's credentials",
     "you sent Authorization: Basic cGVubnk6cG9zdHBvc3Q=", "you sent Authorization: Basic [secret]"},
    {"in base 64", "x czNjciJldC8rcGFzcw== y", "x [secret] y"},
    {"in base 64 as a user without a password", "x czNjciJldC8rcGFzczo= y", "x [secret] y"},
    {"another's in base 64 as a user", "x d2hzZWNfTWZLUTlyOEdLWXFyVHdqVVBEOElMUFpJbzJMYUxhU3c6 y", "x [secret] y"},
    {"behind a name of three, in base 64", "x YWI6czNjciJldC8rcGFzcw== y", "x YWI6[secret] y"},
    {"behind a name of four", "x YWJjOnMzY3IiZXQvK3Bhc3M= y", "x YWJjOn[secret]M= y"},
    {"behind a name of five", "x YWJjZDpzM2NyImV0LytwYXNz y", "x YWJjZDp[secret] y"},
    {"for addresses", "x fj9zM2NyImV0LytwYXNzfj8 y", "x fj9[secret]fj8 y"},
    {"in base 64, cut off", "x d2hzZWNfTWZLUTlyOEdLWXFyVHdqVV...", "x [secret]..."},
    {"encoded only where a page must", "pit-abc&amp;def-0123456789 is wrong", "[secret] is wrong"},
    {"behind what is known of it", "<b>pit-0123456789abcdef&amp;ghijkl</b>", "<b>[secret]</b>"},
    {"by a program that leaves slashes", "x=pit/ab%2Bc%3D0123456789&y", "x=[secret]&y"},
    {"by one that leaves all but one", "pit/ab+c%3d0123456789", "[secret]"},
    {"a page's names", "pit&sol;ab&plus;c&equals;0123456789", "[secret]"},
    {"with zeros in front", "pit&#x002F;ab&#043;c=0123456789", "[secret]"},
    {"by a program that escapes what a page may take", "pit-abc\\u0026def-0123456789", "[secret]"},
    {"with capitals", "PIT-ABC\\u0026DEF-0123456789", "[secret]"},
    {"in JSON within JSON", "{\"got\":\"{\\\"k\\\":\\\"s3cr\\\\\\\"et\\\\/+pass\\\"}\"}",
     "{\"got\":\"{\\\"k\\\":\\\"[secret]\\\"}\"}"},
    {"each character in another way", "%70it&#45;abc\\u0026d%65f-0123456789", "[secret]"},
    {"cut off behind a spelling", "s3cr%22et%2f%2bp...", "[secret]..."},
    {"what a spelling would be is itself a part", "a%41b&amp;c\\\\d-77", "[secret]"},
    {"and is spelt", "a%2541b&amp;amp;c\\\\\\\\d-77", "[secret]"},
    {"a backslash before a letter, as JSON quotes it", "{\"k\":\"ab\\\\nTx9-\\\\u0041q\"}", "{\"k\":\"[secret]\"}"},
    {"and as it is", "ab\\nTx9-\\u0041q", "[secret]"},
    {"letters that are not ASCII's", "gr\\u00fc\\u00dfe aus K%C3%B6ln", "[secret]"},
    {"a blank in a form", "gr%C3%BC%C3%9Fe+aus+K%C3%B6ln", "[secret]"},
    {"spellings that are none", "%4 %zz &#; &#x; &; &nothing; \\u12 \\", "%4 %zz &#; &#x; &; &nothing; \\u12 \\"},
    {"an own secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "[secret]"},
};

static void test_texts(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct redaction r = redaction_begin(a);
    redaction_add_json(&r, STR(JSON_SECRETS));
    redaction_add_json(&r, STR_NULL);
    redaction_add_header(&r, STR("authorization: Basic cGVubnk6cG9zdHBvc3Q="));
    redaction_add_header(&r, STR("Content-Type: application/json"));
    redaction_add(&r, STR("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    redaction_add(&r, STR("pass?>word??secret~~x"));
    redaction_add(&r, STR("pit-abc&def-0123456789"));
    redaction_add(&r, STR("pit-0123456789abcdef&ghijkl"));
    redaction_add(&r, STR("pit/ab+c=0123456789"));
    redaction_add(&r, STR("ab\\nTx9-\\u0041q"));
    redaction_add(&r, STR("a%41b&amp;c\\\\d-77"));
    redaction_add(&r, STR("gr\xC3\xBC\xC3\x9F"
                          "e aus K\xC3\xB6ln"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str got = redaction_run(&r, str_of(cases[i].text));
        if (!str_eq(got, str_of(cases[i].want))) fail_msg("%s: %.*s", cases[i].name, STR_ARG(got));
        char in_place[400];
        snprintf(in_place, sizeof in_place, "%s", cases[i].text);
        redaction_run_in(&r, in_place, sizeof in_place);
        assert_string_equal(in_place, cases[i].want);
    }
    assert_true(redaction_run(&r, STR_NULL).ptr == NULL);
    char tight[9] = "whsec_Mf"; /* too little of it to be known, and the last place is the NUL's */
    redaction_run_in(&r, tight, sizeof tight);
    assert_string_equal(tight, "whsec_Mf");
    arena_destroy(&a);
}

/* What is no JSON is a secret as a whole. */
static void test_plain(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct redaction r = redaction_begin(a);
    redaction_add_json(&r, STR("just-a-password"));
    struct str got = redaction_run(&r, STR("(just-a-password)"));
    assert_true(str_eq(got, STR("([secret])")));
    arena_destroy(&a);
}

/* A body of a megabyte that is all but a secret everywhere: looked through in a time that grows as it does. */
static void test_large(void **state)
{
    static const char *const parts[] = {"aaaaaaaaaaaaaaab", "\\", "%25", "&amp;", "%2525&amp;amp;"};
    enum { SIZE = 1 << 20 };
    (void)state;
    struct arena *a = arena_create(4096);
    struct redaction r = redaction_begin(a);
    redaction_add(&r, STR("aaaaaaaaaaaaaaaaaaaaaaaa"));
    redaction_add(&r, STR("\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\x"));
    redaction_add(&r, STR("%25%25%25%25%25%25%25%25%25%25%25x"));
    redaction_add(&r, STR("&amp;&amp;&amp;&amp;&amp;&amp;x"));
    char *text = ARENA_ARRAY(a, char, SIZE);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (size_t at = 0, n = strlen(parts[i]); at < SIZE; at++) text[at] = parts[i][at % n];
        clock_t began = clock();
        redaction_run(&r, str_make(text, SIZE));
        clock_t took = (clock() - began) / (CLOCKS_PER_SEC / 1000);
        if (took > 5000) fail_msg("%s: %ld ms", parts[i], (long)took);
    }
    arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts), cmocka_unit_test(test_plain),
                                       cmocka_unit_test(test_large)};
    return cmocka_run_group_tests_name("base redact", tests, NULL, NULL);
}
