/* Remote assets: fetched once when a template is made, from scripted peers on loopback; each way in which they can be bad is a sentence that
 * names the address. */
#include "house.h"
#include "fake_press.h"
#include "../net/fetch_peer.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "mail/remote_address.h"
#include "net/fetch.h"
#include <stdio.h>
#include <unistd.h>

#define PNG              "\x89PNG\r\n\x1a\n"
#define COUNT(table)     (sizeof(table) / sizeof *(table))
#define FILE_OF(type, n) "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nContent-Length: " n "\r\n\r\n"
static const struct peer_script scripts[] = {
    {"/a.png", FILE_OF("text/plain", "11") PNG "one", PEER_KEEP, 0, NULL},
    {"/b.png?x=1&y=2", FILE_OF("image/png", "11") PNG "two", PEER_KEEP, 0, NULL},
    {"/css/site",
     FILE_OF("text/css; charset=utf-8", "76") "p{background:url(../deep.png)}@import 'gone.css';q{background:url(#x)}      ",
     PEER_KEEP, 0, NULL},
    {"/deep.png", FILE_OF("image/png", "12") PNG "deep", PEER_KEEP, 0, NULL},
    {"/css/gone.css", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/404.png", "HTTP/1.1 404 Not Found\r\nContent-Length: 11\r\n\r\n" PNG "one", PEER_KEEP, 0, NULL},
    {"/redirect.png", "HTTP/1.1 302 Found\r\nLocation: /a.png\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/page.png", FILE_OF("image/png", "15") "<html>no</html>", PEER_KEEP, 0, NULL},
    {"/empty.png", FILE_OF("image/png", "0"), PEER_KEEP, 0, NULL},
    {"/cut.png", FILE_OF("image/png", "99") PNG, PEER_CLOSE, 0, NULL},
    {"/large.png", FILE_OF("image/png", "5000") PNG, PEER_KEEP, 4992, NULL},
    {"/drip.png", FILE_OF("image/png", "3000") PNG, PEER_DRIP, 0, NULL},
};

static struct peer *peer;
static struct address_guard *guard;

static void set(const char *name, const char *value)
{
    struct fault f;
    assert_true(setting_set(str_of(name), str_of(value), "test", &f));
}

static void set_limit(const char *name, int64_t value)
{
    struct fault f;
    assert_true(limit_set(str_of(name), value, &f));
}

static int setup(void **state)
{
    static struct house h;
    struct fault f;
    guard = address_guard_create(STR("127.0.0.1/32"), true, STR("all"), &f);
    peer = peer_start(scripts, COUNT(scripts), "127.0.0.1", 0);
    house_open(&h, fake_press(), false);
    h.fetcher = fetcher_create(&(struct fetcher_config){.guard = guard}, &f);
    assert_non_null(h.fetcher);
    house_reopen(&h, true);
    set("assets.fetch", "on");
    set_limit("assets.remote_timeout", 30);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    struct house *h = *state;
    house_suspend(h);
    fetcher_destroy(&h->fetcher);
    house_resume(h, false);
    house_close(h);
    if (peer) peer_stop(&peer);
    address_guard_destroy(&guard);
    return 0;
}

static char *html_of(struct house *h, const char *path)
{
    return arena_printf(h->arena, "<img src=\"http://127.0.0.1:%d%s\">", peer_port(peer), path);
}

static const struct chromium_asset *find(struct house *h, const struct creative *c, const char *scheme, const char *path)
{
    char *address = arena_printf(h->arena, "%s://127.0.0.1:%d%s", scheme, peer_port(peer), path);
    for (int i = 0; i < c->n_assets; i++)
        if (str_eq(c->assets[i].address, str_of(address))) return &c->assets[i];
    return NULL;
}

static struct template_row get(struct house *h, int64_t id)
{
    struct fault f;
    struct template_row t;
    assert_true(template_get(h->store, h->arena, h->account, id, &t, &f));
    return t;
}

static void test_fetched_once(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct creative c;
    char *html = arena_printf(h->arena, "%s%s<link rel=stylesheet href=\"http://127.0.0.1:%d/css/site\">", html_of(h, "/a.png"),
                              html_of(h, "/b.png?x=1&amp;y=2"), peer_port(peer));
    int64_t id = house_template(h, h->account, html);
    struct template_row t = get(h, id);
    if (t.state != TEMPLATE_PUBLISHED) fail_msg("%s", t.report.ptr);
    assert_str(html, t.html); /* as it was given */
    int port = peer_port(peer);
    for (size_t i = 0; i < 5; i++) assert_int_equal(peer_seen(peer, scripts[i].path), 1);
    peer_stop(&peer); /* from here on nothing can be fetched */
    assert_true(template_creative(h->mail, h->arena, h->account, id, 1, &c, &f));
    assert_int_equal(c.n_assets, 8); /* four files, each by http and https */
    peer = peer_start(scripts, COUNT(scripts), "127.0.0.1", port);
    assert_str(PNG "one", find(h, &c, "http", "/a.png")->bytes);
    assert_str("image/png", find(h, &c, "https", "/a.png")->media_type); /* by content, whatever the peer said */
    assert_str(PNG "two", find(h, &c, "http", "/b.png?x=1&y=2")->bytes);
    assert_str("text/css", find(h, &c, "http", "/css/site")->media_type);
    assert_str(PNG "deep", find(h, &c, "https", "/deep.png")->bytes);
    assert_null(find(h, &c, "http", "/css/gone.css"));
}

static void test_sides(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct creative c;
    struct template_row t = {.name = STR("n"), .size = SIZE_6X9};
    t.front = str_of(arena_printf(h->arena, "http://127.0.0.1:%d/a.png", peer_port(peer)));
    t.back = str_of(arena_printf(h->arena, "http://127.0.0.1:%d/b.png?x=1&amp;y=2#z", peer_port(peer)));
    assert_true(template_create(h->mail, h->account, &t, &f));
    house_wait_template(h, h->account, t.template_id);
    struct template_row got = get(h, t.template_id);
    if (got.state != TEMPLATE_PUBLISHED) fail_msg("%s", got.report.ptr);
    assert_true(template_creative(h->mail, h->arena, h->account, t.template_id, 1, &c, &f));
    assert_int_equal(c.n_image, 2);
    assert_str(PNG "one", c.image[0]);
    assert_str(PNG "two", c.image[1]);
}

static void test_bad(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *path, *words;
    } cases[] = {
        {"/404.png", "/404.png cannot be fetched: 404 Not Found"},
        {"/redirect.png", "/redirect.png cannot be fetched: 302 Found"},
        {"/page.png", "/page.png cannot be fetched: The asset is none of JPEG, PNG"},
        {"/empty.png", "/empty.png cannot be fetched: The asset is empty."},
        {"/cut.png", "/cut.png cannot be fetched: no whole answer"},
        {"/large.png", "/large.png cannot be fetched: the answer is larger than 4000 bytes"},
        {"/{{first_name}}.png", "cannot be fetched: The address holds a merge field"},
        {"/drip.png", "/drip.png cannot be fetched: no whole answer within"},
        {"/hang.png", "/hang.png cannot be fetched: no answer within"},
    };
    set_limit("assets.max_remote_bytes", 4000);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (strstr(cases[i].words, "within")) set_limit("assets.remote_timeout", 1);
        int64_t id = house_template(h, h->account, html_of(h, cases[i].path));
        struct template_row t = get(h, id);
        assert_int_equal(t.state, TEMPLATE_REFUSED);
        if (!strstr(t.report.ptr, cases[i].words)) fail_msg("%s: %s", cases[i].path, t.report.ptr);
    }
    set_limit("assets.max_remote_bytes", 20971520);
    assert_int_equal(peer_seen(peer, "/a.png"), 0);
}

static void test_guarded(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *fetch, *host, *words; /* NULL: fetched */
    } cases[] = {
        {"on", "127.0.0.2", "127.0.0.2 is this machine itself"},
        {"on", "127.1", "not an IPv4 address"},
        {"on", "u@127.0.0.1", "user name"},
        {"off", "127.0.0.1", "This server fetches nothing from other machines"},
        {"example.com", "127.0.0.1", "Nothing is fetched from 127.0.0.1 (setting assets.fetch)"},
        {"example.com,0.1", "127.0.0.1", NULL},
        {"27.0.0.1", "127.0.0.1", "Nothing is fetched"},
        {"example.com, 127.0.0.1", "127.0.0.1", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        set("assets.fetch", cases[i].fetch);
        int before = peer_connections(peer), seen = peer_seen(peer, "/a.png");
        char *html = arena_printf(h->arena, "<img src='http://%s:%d/a.png'>", cases[i].host, peer_port(peer));
        struct template_row t = get(h, house_template(h, h->account, html));
        assert_int_equal(t.state, cases[i].words ? TEMPLATE_REFUSED : TEMPLATE_PUBLISHED);
        if (cases[i].words && !strstr(t.report.ptr, cases[i].words)) fail_msg("row %zu: %s", i, t.report.ptr);
        assert_int_equal(peer_seen(peer, "/a.png") - seen, cases[i].words ? 0 : 1);
        if (cases[i].words) assert_int_equal(peer_connections(peer), before);
    }
}

/* One that waits for a bad peer does not hold up the others. */
static void test_slow_one_alone(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct template_row slow = {
        .name = STR("n"), .size = SIZE_6X9, .is_full_html = true, .html = str_of(html_of(h, "/hang.png"))};
    set_limit("assets.remote_timeout", 120);
    assert_true(template_create(h->mail, h->account, &slow, &f));
    while (!peer_seen(peer, "/hang.png")) usleep(10000);
    assert_int_equal(get(h, house_template(h, h->account, html_of(h, "/a.png"))).state, TEMPLATE_PUBLISHED);
    assert_int_equal(get(h, slow.template_id).state, TEMPLATE_PUBLISHING);
    peer_stop(&peer); /* lets it go */
    house_wait_template(h, h->account, slow.template_id);
    assert_int_equal(get(h, slow.template_id).state, TEMPLATE_REFUSED);
}

static void test_too_many(void **state)
{
    struct house *h = *state;
    struct buf b = BUF_INIT;
    for (int i = 0; i < 51; i++) buf_addf(&b, "<img src='http://127.0.0.1:%d/%d.png'>", peer_port(peer), i);
    struct template_row t = get(h, house_template(h, h->account, b.data));
    assert_int_equal(t.state, TEMPLATE_REFUSED);
    assert_non_null(strstr(t.report.ptr, "51 addresses of other machines; assets.max_remote is 50"));
    buf_finish(&b);
}

static void test_address(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *raw, *want; /* NULL: refused */
    } cases[] = {
        {"https://x.test/a.png", "https://x.test/a.png"},
        {"//x.test/a.png", "https://x.test/a.png"},
        {"HTTPS://X.Test", "https://x.test/"},
        {"https://x.test:443/a", "https://x.test/a"},
        {"http://x.test:443/a", "http://x.test:443/a"},
        {"https://x.test?a&amp;b", "https://x.test/?a&b"},
        {"https://x.test/q.jpg&quot;", "https://x.test/q.jpg"},
        {"https://x.test/q.svg#part", "https://x.test/q.svg"},
        {"https://[2606::1]:8443/a", "https://[2606::1]:8443/a"},
        {"https://b\xC3\xBC"
         "cher.example/\xC3\xBC",
         "https://xn--bcher-kva.example/\xC3\xBC"},
        {"https://x.test/{{a}}.png", NULL},
        {"https://{{a}}/b.png", NULL},
        {"//", NULL},
        {"https://u@x.test/", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fault f;
        struct str got = remote_address(h->arena, str_of(cases[i].raw), &f);
        if ((got.ptr == NULL) != (cases[i].want == NULL) || !str_eq(got, str_of(cases[i].want)))
            fail_msg("%s: %.*s", cases[i].raw, STR_ARG(got));
    }
    struct str out[10];
    int n =
        remote_addresses_of_css(h->arena,
                                STR("@import \"a.css\"; @IMPORT url( '/b.css' ); p{b:URL(\"../c.png\")} q{b:url(//y.test/d)} "
                                    "r{b:url(data:x)} s{b:url(asset:e)} t{b:url(ftp://z/)} u{b:url()} v{b:url(a.css"),
                                STR("https://x.test/d/s.css"), out, 10);
    static const char *const want[] = {"https://x.test/d/a.css", "https://x.test/b.css", "https://x.test/c.png",
                                       "https://y.test/d", "https://x.test/d/a.css"};
    assert_int_equal(n, COUNT(want));
    for (int i = 0; i < n; i++) assert_str(want[i], out[i]);
    assert_int_equal(remote_addresses_of_css(h->arena, STR("url(a)url(b)url(c)"), STR("https://x.test/"), out, 2), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_address, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fetched_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sides, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guarded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slow_one_alone, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
