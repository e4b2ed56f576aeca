/* test_address_guard.c: addresses as text, resolved addresses, and the operator's settings as tables; each closed block by its two ends and
 * what lies beside it. */
#include "net/address_guard.h"
#include "net/web_address.h"
#include "test_net.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---- text ---- */

static const struct {
    const char *url, *host; /* host NULL: refused */
    int port;
    const char *sentence; /* a part of it */
} texts[] = {
    {"https://example.com", "example.com", 443, NULL},
    {"HTTPS://Example.COM:8443/a?b#c", "example.com", 8443, NULL},
    {"https://8.8.8.8/", "8.8.8.8", 443, NULL},
    {"https://[2606:4700::1111]:443/", "2606:4700::1111", 443, NULL},
    {"https://b\xC3\xBC"
     "cher.example/",
     "xn--bcher-kva.example", 443, NULL},
    {"https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, NULL},
    {"https://a_b-c.example/@x", "a_b-c.example", 443, NULL},
    {"https://1.example/", "1.example", 443, NULL},
    {"https://0x7f.example/", "0x7f.example", 443, NULL},
    {"", NULL, 0, "empty"},
    {"example.com", NULL, 0, "not a whole one"},
    {"//example.com/", NULL, 0, "not a whole one"},
    {"ftp://example.com/", NULL, 0, "not a whole one"},
    {"file:///etc/passwd", NULL, 0, "not a whole one"},
    {"gopher://example.com/", NULL, 0, "not a whole one"},
    {"https:/example.com/", NULL, 0, "not a whole one"},
    {"https:///example.com/", NULL, 0, "not a whole one"},
    {"http://example.com/", NULL, 0, "must begin with https://"},
    {"https://u@example.com/", NULL, 0, "user name"},
    {"https://u:p@example.com/", NULL, 0, "user name"},
    {"https://example.com@10.0.0.1/", NULL, 0, "user name"},
    {"https://@example.com/", NULL, 0, "user name"},
    {"https://exa mple.com/", NULL, 0, "space"},
    {" https://example.com/", NULL, 0, "space"},
    {"https://example.com/\r\nX: y", NULL, 0, "control character"},
    {"https://example.com/\t", NULL, 0, "control character"},
    {"https://example.com\\@10.0.0.1/", NULL, 0, "backslash"},
    {"https:\\\\example.com/", NULL, 0, "backslash"},
    {"https://example.com/\x7f", NULL, 0, "control character"},
    {"https://example.com:80:443/", NULL, 0, "not a whole one"},
    {"https://example.com:/", NULL, 0, "not a whole one"},
    {"https://example.com:0/", NULL, 0, "not a whole one"},
    {"https://example.com:65536/", NULL, 0, "not a whole one"},
    {"https://example.com:+443/", NULL, 0, "not a whole one"},
    {"https://example.com:22/", NULL, 0, "Port 22"},
    {"https://example.com:8080/", NULL, 0, "Port 8080"},
    /* dots */
    {"https://example.com./", NULL, 0, "is not one"},
    {"https://127.0.0.1./", NULL, 0, "is not one"},
    {"https://.example.com/", NULL, 0, "is not one"},
    {"https://a..b/", NULL, 0, "is not one"},
    {"https://./", NULL, 0, "is not one"},
    {"https://%31%32%37.0.0.1/", NULL, 0, "is not one"},
    {"https://exam%70le.com/", NULL, 0, "is not one"},
    {"https://a,b/", NULL, 0, "is not one"},
    {"https://a$b/", NULL, 0, "is not one"},
    /* numbers that only inet_aton understands */
    {"https://0x7f.1/", NULL, 0, "not an IPv4 address"},
    {"https://0x7f000001/", NULL, 0, "not an IPv4 address"},
    {"https://017700000001/", NULL, 0, "not an IPv4 address"},
    {"https://2130706433/", NULL, 0, "not an IPv4 address"},
    {"https://127.1/", NULL, 0, "not an IPv4 address"},
    {"https://127.0.1/", NULL, 0, "not an IPv4 address"},
    {"https://0177.0.0.1/", NULL, 0, "not an IPv4 address"},
    {"https://127.0.0.0x1/", NULL, 0, "not an IPv4 address"},
    {"https://127.0.0.01/", NULL, 0, "not an IPv4 address"},
    {"https://0/", NULL, 0, "not an IPv4 address"},
    {"https://8.8.8.256/", NULL, 0, "not an IPv4 address"},
    {"https://8.8.8.8.8/", NULL, 0, "not an IPv4 address"},
    {"https://a.0x/", NULL, 0, "not an IPv4 address"},
    /* full-width and circled digits, an ideographic full stop: IDN makes plain ones of them */
    {"https://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1/", NULL, 0, "this machine itself"},
    {"https://127\xE3\x80\x82"
     "0\xE3\x80\x82"
     "0\xE3\x80\x82"
     "1/",
     NULL, 0, "this machine itself"},
    {"https://\xE2\x91\xA0"
     "27.1/",
     NULL, 0, "not an IPv4 address"},
    {"https://\xFF\xFE/", NULL, 0, "is not one"},
    /* v6 */
    {"https://[::1]/", NULL, 0, "this machine itself"},
    {"https://[0:0:0:0:0:0:0:1]/", NULL, 0, "this machine itself"},
    {"https://[::ffff:127.0.0.1]/", NULL, 0, "this machine itself"},
    {"https://[::ffff:7f00:1]/", NULL, 0, "this machine itself"},
    {"https://[64:ff9b::10.0.0.1]/", NULL, 0, "private network"},
    {"https://[fe80::1%25eth0]/", NULL, 0, "not an IPv6 address"},
    {"https://[fe80::1%eth0]/", NULL, 0, "not an IPv6 address"},
    {"https://[example.com]/", NULL, 0, "not an IPv6 address"},
    {"https://[::1/", NULL, 0, "not a whole one"},
    {"https://[::1]x/", NULL, 0, "not a whole one"},
    {"https://::1/", NULL, 0, "not a whole one"},
    {"https://[]/", NULL, 0, "not a whole one"},
    {"https://169.254.169.254/latest/meta-data", NULL, 0, "cloud metadata"},
};

static void test_text(void **state)
{
    (void)state;
    struct fault f;
    struct address_guard *g = address_guard_create(STR(""), false, STR(""), &f);
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct web_address w;
        bool ok = address_guard_text(g, str_of(texts[i].url), &f);
        if (ok != (texts[i].host != NULL)) fail_msg("\"%s\": %s", texts[i].url, ok ? "taken" : f.text);
        if (!ok && !strstr(f.text, texts[i].sentence))
            fail_msg("\"%s\": \"%s\", want \"%s\"", texts[i].url, f.text, texts[i].sentence);
        if (!ok) continue;
        assert_true(web_address_read(str_of(texts[i].url), &w, &f));
        if (strcmp(w.host, texts[i].host) != 0 || w.port != texts[i].port)
            fail_msg("\"%s\": %s port %d", texts[i].url, w.host, w.port);
    }
    assert_false(address_guard_text(g, str_make("https://a.example/\0x", 20), &f));
    assert_false(address_guard_text(g, STR_NULL, &f));
    address_guard_destroy(&g);
}

static void test_length(void **state)
{
    (void)state;
    struct fault f;
    char url[2100] = "https://a.example/", host[400] = "https://";
    struct address_guard *g = address_guard_create(STR(""), false, STR(""), &f);
    for (size_t n = strlen(url); n < 2049; n++) url[n] = 'x';
    assert_true(address_guard_text(g, str_make(url, 2048), &f));
    assert_false(address_guard_text(g, str_make(url, 2049), &f));
    for (int i = 0; i < 127; i++) strcat(host, i < 126 ? "a." : "a"); /* 253 */
    assert_true(address_guard_text(g, str_of(host), &f));
    strcat(host, "a");
    assert_false(address_guard_text(g, str_of(host), &f));
    for (size_t label = 63; label <= 64; label++) {
        snprintf(url, sizeof url, "https://%0*d.example/", (int)label, 1);
        assert_int_equal(address_guard_text(g, str_of(url), &f), label == 63);
    }
    address_guard_destroy(&g);
}

/* ---- resolved addresses ---- */

static bool is_open(const struct address_guard *g, const char *ip, struct fault *f)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) return address_guard_ip(g, (struct sockaddr *)&v4, f);
    assert_int_equal(inet_pton(AF_INET6, ip, &v6.sin6_addr), 1);
    return address_guard_ip(g, (struct sockaddr *)&v6, f);
}

static const struct {
    const char *ip;
    bool is_open;
} ips[] = {
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"127.0.0.0", false},
    {"127.255.255.255", false},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.254.0.0", false},
    {"169.254.169.254", false},
    {"169.254.255.255", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"191.255.255.255", true},
    {"192.0.0.0", false},
    {"192.0.0.255", false},
    {"192.0.1.0", true},
    {"192.0.2.0", false},
    {"192.0.2.255", false},
    {"192.0.3.0", true},
    {"192.88.98.255", true},
    {"192.88.99.0", false},
    {"192.88.100.0", true},
    {"192.167.255.255", true},
    {"192.168.0.0", false},
    {"192.168.255.255", false},
    {"192.169.0.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.99.255", true},
    {"198.51.100.0", false},
    {"198.51.101.0", true},
    {"203.0.112.255", true},
    {"203.0.113.0", false},
    {"203.0.114.0", true},
    {"223.255.255.255", true},
    {"224.0.0.0", false},
    {"239.255.255.255", false},
    {"240.0.0.0", false},
    {"255.255.255.255", false},
    {"::", false},
    {"::1", false},
    {"::2", false},
    {"::8.8.8.8", false},
    {"100::1", false},
    {"1fff::1", false},
    {"2000::1", true},
    {"2606:4700::1111", true},
    {"3fff:ffff::1", true},
    {"3fff:fff::1", false},
    {"3fff::1", false},
    {"4000::1", false},
    {"fbff::1", false},
    {"fc00::1", false},
    {"fdff:ffff::1", false},
    {"fe80::1", false},
    {"febf::1", false},
    {"fec0::1", false},
    {"feff::1", false},
    {"ff00::1", false},
    {"ff02::1", false},
    {"2001:db7:ffff::1", true},
    {"2001:db8::1", false},
    {"2001:db8:ffff::1", false},
    {"2001:db9::1", true},
    {"2001::1", false},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", false},
    {"2001:1ff:ffff::1", false},
    {"2001:200::1", true},
    {"::ffff:8.8.8.8", true},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.0.0.1", false},
    {"::ffff:169.254.169.254", false},
    {"::ffff:0:127.0.0.1", false},
    {"64:ff9b::8.8.8.8", true},
    {"64:ff9b::127.0.0.1", false},
    {"64:ff9b::192.168.0.1", false},
    {"64:ff9b:1::8.8.8.8", false},
    {"64:ff9b::1:8.8.8.8", false},
    {"2002:808:808::1", true},
    {"2002:7f00:1::", false},
    {"2002:a00:1::1", false},
    {"2002:a9fe:a9fe::1", false},
    {"2003::1", true},
};

static void test_ip(void **state)
{
    (void)state;
    struct fault f;
    struct sockaddr other = {.sa_family = AF_UNIX};
    struct address_guard *g = address_guard_create(STR(""), false, STR(""), &f),
                         *all = address_guard_create(STR("all"), false, STR(""), &f);
    for (size_t i = 0; i < COUNT(ips); i++) {
        if (is_open(g, ips[i].ip, &f) != ips[i].is_open) fail_msg("%s is %s", ips[i].ip, ips[i].is_open ? "closed" : "open");
        assert_true(is_open(all, ips[i].ip, &f));
    }
    assert_false(address_guard_ip(g, &other, &f));
    assert_false(address_guard_ip(all, &other, &f));
    assert_false(is_open(g, "::ffff:10.0.0.1", &f));
    assert_string_equal(
        f.text,
        "::ffff:10.0.0.1 is an address of a private network; this server does not speak to it (setting outgoing.allow).");
    address_guard_destroy(&g);
    address_guard_destroy(&all);
}

/* ---- settings ---- */

static const struct {
    const char *allow, *ip;
    bool is_open;
} allowed[] = {
    {"127.0.0.0/8", "127.255.0.1", true},
    {"127.0.0.0/8", "::ffff:127.0.0.1", true},
    {"127.0.0.0/8", "64:ff9b::127.0.0.1", true},
    {"127.0.0.0/8", "10.0.0.1", false},
    {"127.0.0.0/8", "::1", false},
    {"127.0.0.1", "127.0.0.1", true},
    {"127.0.0.1", "127.0.0.2", false},
    {"10.1.0.0/16, fd00::/8", "10.1.2.3", true},
    {"10.1.0.0/16, fd00::/8", "10.2.0.1", false},
    {"10.1.0.0/16, fd00::/8", "fd12::1", true},
    {"fd00::/8", "fc00::1", false},
    {"192.168.4.0/23", "192.168.5.255", true},
    {"192.168.4.0/23", "192.168.6.0", false},
    {"::1", "::1", true},
    {"0.0.0.0/0", "10.0.0.1", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "::1", true},
    {" ", "127.0.0.1", false},
};
static const struct {
    const char *allow, *ports, *sentence;
} bad_settings[] = {
    {"10.0.0.0/33", "", "\"10.0.0.0/33\" is not a block"},
    {"10.0.0.0/-1", "", "not a block"},
    {"10.0.0/8", "", "not a block"},
    {"fd00::/129", "", "not a block"},
    {"localhost", "", "not a block"},
    {"10.0.0.0/8,,::1", "", "\"\" is not a block"},
    {"10.1.2.3/8", "", "10.1.2.3/8 has digits beyond"},
    {"all,10.0.0.0/8", "", "not a block"},
    {"10.0.0.0/", "", "not a block"},
    {"", "x", "\"x\" is not a port"},
    {"", "0", "not a port"},
    {"", "65536", "not a port"},
    {"", "80,,81", "not a port"},
};

static void test_settings(void **state)
{
    (void)state;
    struct fault f;
    for (size_t i = 0; i < COUNT(allowed); i++) {
        struct address_guard *g = address_guard_create(str_of(allowed[i].allow), false, STR(""), &f);
        if (!g) fail_msg("\"%s\": %s", allowed[i].allow, f.text);
        if (is_open(g, allowed[i].ip, &f) != allowed[i].is_open) fail_msg("\"%s\": %s", allowed[i].allow, allowed[i].ip);
        address_guard_destroy(&g);
    }
    for (size_t i = 0; i < COUNT(bad_settings); i++) {
        assert_null(address_guard_create(str_of(bad_settings[i].allow), false, str_of(bad_settings[i].ports), &f));
        if (f.whose != FAULT_OPERATOR || !strstr(f.text, bad_settings[i].sentence)) fail_msg("row %zu: %s", i, f.text);
    }
    struct address_guard *g = address_guard_create(STR(""), true, STR("8080, 9000"), &f);
    assert_true(address_guard_text(g, STR("http://a.example:8080/"), &f));
    assert_true(address_guard_text(g, STR("http://a.example/"), &f));
    assert_true(address_guard_text(g, STR("https://a.example:9000/"), &f));
    assert_false(address_guard_text(g, STR("https://a.example:9001/"), &f));
    address_guard_destroy(&g);
    g = address_guard_create(STR(""), false, STR("all"), &f);
    assert_true(address_guard_text(g, STR("https://a.example:22/"), &f));
    address_guard_destroy(&g);
    g = address_guard_from_settings(&f); /* the defaults */
    assert_true(g && !address_guard_text(g, STR("http://a.example/"), &f) && !is_open(g, "127.0.0.1", &f));
    address_guard_destroy(&g);
}

/* Names of this machine only: the tests resolve nothing else. */
static void test_url(void **state)
{
    (void)state;
    struct fault f;
    struct address_guard *g = address_guard_create(STR(""), false, STR(""), &f);
    assert_false(address_guard_url(g, STR("https://localhost/"), &f));
    assert_non_null(strstr(f.text, "this machine itself"));
    assert_false(address_guard_url(g, STR("https://no-such-name.invalid/"), &f));
    assert_non_null(strstr(f.text, "does not resolve"));
    assert_false(address_guard_url(g, STR("https://127.1/"), &f));
    assert_true(address_guard_url(g, STR("https://8.8.8.8/"), &f));
    address_guard_destroy(&g);
    g = address_guard_create(STR("127.0.0.0/8,::1"), false, STR(""), &f);
    assert_true(address_guard_url(g, STR("https://localhost/"), &f));
    address_guard_destroy(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_length), cmocka_unit_test(test_ip),
                                       cmocka_unit_test(test_settings), cmocka_unit_test(test_url)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
