/* test_url.c: percent coding and absolute addresses as tables. */
#include "net/url.h"
#include "test_net.h"

static const struct {
    const char *in;
    bool plus;
    const char *want; /* NULL: refused */
} decodings[] = {
    {"", false, ""},      {"abc", false, "abc"},         {"a%20b", false, "a b"}, {"a+b", false, "a+b"},
    {"a+b", true, "a b"}, {"%C3%A9", false, "\xC3\xA9"}, {"%2f%2F", false, "//"}, {"%00", false, NULL},
    {"%", false, NULL},   {"%4", false, NULL},           {"%41", false, "A"},     {"%zz", false, NULL},
    {"%ff", false, NULL}, {"\xFF", false, NULL},         {"%4g", false, NULL},
};

static void test_decode(void **state)
{
    (void)state;
    struct arena *a = arena_create(256);
    for (size_t i = 0; i < sizeof decodings / sizeof decodings[0]; i++) {
        struct str got = url_decode(a, str_of(decodings[i].in), decodings[i].plus);
        struct str want = str_of(decodings[i].want);
        if ((got.ptr == NULL) != (want.ptr == NULL) || !str_eq(got, want))
            fail_msg("\"%s\": got \"%.*s\"", decodings[i].in, STR_ARG(got));
    }
    arena_destroy(&a);
}

static void test_encode(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    url_encode(&b, STR("a-Z_0.~ /\xC3\xA9?"));
    assert_string_equal(b.data, "a-Z_0.~%20%2F%C3%A9%3F");
    buf_clear(&b);
    url_add_pair(&b, "none", STR_NULL);
    url_add_pair(&b, "a", STR("b&c"));
    url_add_pair(&b, "none", STR_NULL);
    url_add_pair(&b, "empty", STR(""));
    assert_string_equal(b.data, "a=b%26c&empty=");
    buf_finish(&b);
}

static const struct {
    const char *in, *host, *path, *query; /* host NULL: refused; query NULL: none */
    int port;
} addresses[] = {
    {"http://a", "a", "/", NULL, 80},
    {"HTTPS://a.b/c?d=e#f", "a.b", "/c", "d=e", 443},
    {"http://[::1]:8080/x", "::1", "/x", NULL, 8080},
    {"http://a:81?q", "a", "/", "q", 81},
    {"ftp://a/", NULL, NULL, NULL, 0},
    {"/a", NULL, NULL, NULL, 0},
    {"http://", NULL, NULL, NULL, 0},
    {"http:///a", NULL, NULL, NULL, 0},
    {"http://u@a/", NULL, NULL, NULL, 0},
    {"http://a:0/", NULL, NULL, NULL, 0},
    {"http://a:65536/", NULL, NULL, NULL, 0},
    {"http://a:/", NULL, NULL, NULL, 0},
    {"http://[::1/", NULL, NULL, NULL, 0},
    {"http://[::1]x/", NULL, NULL, NULL, 0},
    {"http://a b/", NULL, NULL, NULL, 0},
    {"http://a\\b/", NULL, NULL, NULL, 0},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct url_parts u;
        bool ok = url_parse(str_of(addresses[i].in), &u);
        if (ok != (addresses[i].host != NULL)) fail_msg("\"%s\": %s", addresses[i].in, ok ? "taken" : "refused");
        if (!ok) continue;
        assert_true(str_eq(u.host, str_of(addresses[i].host)));
        assert_true(str_eq(u.path, str_of(addresses[i].path)));
        assert_true(str_eq(u.query, str_of(addresses[i].query)) && (u.query.ptr == NULL) == (addresses[i].query == NULL));
        assert_int_equal(u.port, addresses[i].port);
    }
}

static void test_base(void **state)
{
    static const struct {
        const char *in;
        bool want;
    } cases[] = {
        {"https://a", true},   {"https://a/b/", true},   {"https://a/?", false}, {"https://a?x=1", false},
        {"https://a#", false}, {"https://a/b#c", false}, {"a/b", false},         {"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (url_is_base(str_of(cases[i].in)) != cases[i].want) fail_msg("\"%s\"", cases[i].in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decode), cmocka_unit_test(test_encode),
                                       cmocka_unit_test(test_parse), cmocka_unit_test(test_base)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
