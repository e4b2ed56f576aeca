/* Templates and assets: what a version pins, what is refused by name, who waits. */
#include "house.h"
#include "fake_press.h"
#include "base/durable.h"
#include "base/limits.h"
#include "mail/template_scan.h"
#include "queries.h"
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

static int setup(void **state)
{
    static struct house h;
    house_open(&h, fake_press(), true);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static void test_scan(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *source, *assets, *remote; /* names joined by a blank */
    } cases[] = {
        {"<img src=\"asset:logo.png\">", "logo.png", ""},
        {"<img src=asset:a.png><img src='asset:a.png'>", "a.png", ""},
        {"<style>p{background:url(asset:b.jpg)}</style><div style=\"background:url('asset:c.jpg')\">", "b.jpg c.jpg", ""},
        {"<p>Asset:Management is an asset: yes</p>", "", ""},
        {"<img src=\"https://x.test/a.png\">", "", "https://x.test/a.png"},
        {"<IMG SRC = 'http://x.test/a.png'>", "", "http://x.test/a.png"},
        {"<link rel=\"stylesheet\" href=\"//x.test/a.css\">", "", "//x.test/a.css"},
        {"<link rel=\"preconnect\" href=\"https://x.test\">", "", ""},
        {"<a href=\"https://x.test/page\">see http://y.test/z</a>", "", ""},
        {"<style>@import \"https://x.test/f.css\"; p{background:url(https://x.test/b.jpg)}</style>", "",
         "https://x.test/f.css https://x.test/b.jpg"},
        {"<div style=\"background:url(&quot;https://x.test/q.jpg&quot;)\">", "", "https://x.test/q.jpg&quot;"},
        {"<video poster=\"https://x.test/p.png\">", "", "https://x.test/p.png"},
        {"<img src=\"data:image/png;base64,AAAA//BBBB\">", "", ""},
        {"asset:whole.png", "whole.png", ""},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct template_names n = {0};
        struct buf assets = BUF_INIT, remote = BUF_INIT;
        template_scan(h->arena, str_of(cases[i].source), &n);
        for (int k = 0; k < n.n_assets; k++) buf_addf(&assets, "%s%.*s", k ? " " : "", STR_ARG(n.assets[k]));
        for (int k = 0; k < n.n_remote; k++) buf_addf(&remote, "%s%.*s", k ? " " : "", STR_ARG(n.remote[k]));
        if (!str_eq(buf_str(&assets), str_of(cases[i].assets)))
            fail_msg("%s: assets \"%.*s\"", cases[i].source, STR_ARG(buf_str(&assets)));
        if (!str_eq(buf_str(&remote), str_of(cases[i].remote)))
            fail_msg("%s: remote \"%.*s\"", cases[i].source, STR_ARG(buf_str(&remote)));
        buf_finish(&assets);
        buf_finish(&remote);
    }
}

static void test_refused_by_name(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *html, *words;
    } cases[] = {
        {"<img src=\"asset:no.png\">", "asset:no.png"},
        {"<img src=\"https://x.test/a.png\">", "https://x.test/a.png"},
        {"<p>{{IF state EQUALS \"CA\"}}</p>", "ENDIF"},
        {"<p>refuse me</p>", "asked to be refused"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f;
        struct template_row t;
        int64_t id = house_template(h, h->account, cases[i].html);
        assert_true(template_get(h->store, h->arena, h->account, id, &t, &f));
        assert_int_equal(t.state, TEMPLATE_REFUSED);
        if (!strstr(t.report.ptr, cases[i].words)) fail_msg("%s", t.report.ptr);
        struct drop d = house_drop(id, CAMPAIGN_TRIGGERED);
        assert_false(campaign_create(h->mail, h->account, &d, &f));
        assert_fault(409, &f, "was refused");
        assert_fault(409, &f, cases[i].words);
    }
}

static void test_required_fields(void **state)
{
    struct house *h = *state;
    const struct {
        const char *name;
        struct template_row in;
        const char *words;
    } cases[] = {
        {"no name", {.size = 2, .is_full_html = true, .html = STR("x")}, "name is required"},
        {"bad size", {.name = STR("n"), .size = 5, .is_full_html = true, .html = STR("x")}, "size 5"},
        {"no html", {.name = STR("n"), .size = 2, .is_full_html = true}, "html is required"},
        {"no front", {.name = STR("n"), .size = 2}, "front is required"},
        {"no back", {.name = STR("n"), .size = 2, .front = STR("asset:a")}, "back is required"},
        {"NUL", {.name = STR("n"), .size = 2, .is_full_html = true, .html = {"a\0b", 3}}, "html holds a NUL"},
        {"count", {.name = STR("n"), .size = 0, .is_full_html = true, .html = STR("x"), .n_pages = 99}, "count 99"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f;
        struct template_row t = cases[i].in;
        if (template_create(h->mail, h->account, &t, &f)) fail_msg("%s was taken", cases[i].name);
        assert_fault(400, &f, cases[i].words);
    }
}

static void test_version_keeps_its_assets(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct creative c;
    struct asset *assets;
    assert_true(asset_put(h->mail, h->account, STR("logo.png"), house_write_file(h, "a", "\x89PNG\r\n\x1a\nold"), &f));
    int64_t id = house_template(h, h->account, "<img src=\"asset:logo.png\"> {{Favourite Tree}} {{first_name}}");
    assert_true(asset_put(h->mail, h->account, STR("logo.png"), house_write_file(h, "a", "\x89PNG\r\n\x1a\nnew"), &f));
    if (!template_creative(h->mail, h->arena, h->account, id, 1, &c, &f)) fail_msg("%s", f.text);
    assert_int_equal(c.n_assets, 1);
    assert_str("asset:logo.png", c.assets[0].address);
    assert_str("image/png", c.assets[0].media_type);
    assert_str("\x89PNG\r\n\x1a\nold", c.assets[0].bytes);
    assert_int_equal(c.n_extra_fields, 1);
    assert_str("Favourite Tree", c.extra_fields[0]);
    assert_true(asset_delete(h->mail, h->account, STR("logo.png"), &f));
    assert_true(template_creative(h->mail, h->arena, h->account, id, 1, &c, &f));
    assert_false(asset_delete(h->mail, h->account, STR("logo.png"), &f));
    assert_fault(404, &f, "logo.png");
    assert_int_equal(asset_all(h->store, h->arena, h->account, &assets, &f), 0);
}

static void test_asset_types(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *name, *content;
        int status; /* 0: taken */
    } cases[] = {
        {"a.jpg", "\xff\xd8\xff\xe0", 0},
        {"a.png", "\x89PNG\r\n\x1a\n", 0},
        {"a.svg", "<?xml version=\"1.0\"?><svg/>", 0},
        {"a.css", "p { color: red }", 0},
        {"a.woff2", "wOF2....", 0},
        {"a.txt", "p { color: red }", 415},
        {"a.png", "MZ\x01\x02", 415},
        {"a.css", "\x01\x02", 415},
        {"a/b.png", "\x89PNG\r\n\x1a\n", 400},
        {"", "\x89PNG\r\n\x1a\n", 400},
        {"a.png", "", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault f = {0};
        bool ok = asset_put(h->mail, h->account, str_of(cases[i].name), house_write_file(h, "a", cases[i].content), &f);
        if (ok != !cases[i].status || f.status != cases[i].status) fail_msg("%s: %d %s", cases[i].name, f.status, f.text);
    }
}

static void test_image_only(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct creative c;
    struct template_row t = {
        .name = STR("n"), .size = SIZE_6X9, .front = STR("asset:f.png"), .back = STR("data:image/png;base64,QUJD")};
    assert_true(asset_put(h->mail, h->account, STR("f.png"), house_write_file(h, "a", "\x89PNG\r\n\x1a\n"), &f));
    assert_true(template_create(h->mail, h->account, &t, &f));
    if (!template_creative(h->mail, h->arena, h->account, t.template_id, 1, &c, &f)) fail_msg("%s", f.text);
    assert_int_equal(c.kind, CREATIVE_IMAGES);
    assert_int_equal(c.n_image, 2);
    assert_str("\x89PNG\r\n\x1a\n", c.image[0]);
    assert_str("ABC", c.image[1]);
    t.back = STR("https://x.test/back.png");
    assert_true(template_create(h->mail, h->account, &t, &f));
    assert_false(template_creative(h->mail, h->arena, h->account, t.template_id, 1, &c, &f));
    assert_fault(400, &f, "https://x.test/back.png");
}

static void post(void *sem) { sem_post(sem); }

static void test_waiting_ends_by_time(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct template_row t = {.name = STR("n"), .size = SIZE_6X9, .is_full_html = true, .html = STR("x")}, got;
    sem_t done;
    sem_init(&done, 0, 0);
    house_reopen(h, false); /* nobody compiles */
    assert_true(template_create(h->mail, h->account, &t, &f));
    template_when_compiled(h->mail, h->account, t.template_id, 50, post, &done);
    sem_wait(&done);
    assert_true(template_get(h->store, h->arena, h->account, t.template_id, &got, &f));
    assert_int_equal(got.state, TEMPLATE_PUBLISHING);
    struct drop d = house_drop(t.template_id, CAMPAIGN_TRIGGERED);
    assert_false(campaign_create(h->mail, h->account, &d, &f));
    assert_fault(409, &f, "still being compiled");
    template_when_compiled(h->mail, h->account, t.template_id, 60000, post, &done);
    house_reopen(h, true); /* closing lets nobody wait */
    sem_wait(&done);
    template_when_compiled(h->mail, h->account, t.template_id, 10000, post, &done);
    sem_wait(&done);
    assert_true(template_get(h->store, h->arena, h->account, t.template_id, &got, &f));
    assert_int_equal(got.state, TEMPLATE_PUBLISHED);
    sem_destroy(&done);
}

static void test_others_and_users(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct template_row t, *all;
    struct creative c;
    struct drop d = house_campaign(h, h->account), bad;
    assert_false(template_get(h->store, h->arena, h->other, d.template_id, &t, &f));
    assert_fault(404, &f, "template");
    assert_false(template_delete(h->store, h->other, d.template_id, &f));
    assert_fault(404, &f, "template");
    assert_false(template_creative(h->mail, h->arena, h->other, d.template_id, 1, &c, &f));
    assert_int_equal(template_all(h->store, h->arena, h->other, &all, &f), 0);
    bad = house_drop(d.template_id, CAMPAIGN_TRIGGERED);
    assert_false(campaign_create(h->mail, h->other, &bad, &f));
    assert_fault(404, &f, "template");
    assert_false(template_delete(h->store, h->account, d.template_id, &f));
    assert_fault(409, &f, "is used by campaign");
    assert_true(campaign_delete(h->mail, h->account, d.drop_id, &f));
    assert_true(template_delete(h->store, h->account, d.template_id, &f));
    assert_false(template_delete(h->store, h->account, d.template_id, &f));
}

/* Another node asks for the version, as if its clock said `now`. */
struct rival {
    int64_t account, template_id, ahead_ms, attempt;
};

static bool rival_claim(struct tx *tx, void *arg)
{
    struct rival *v = arg;
    int64_t now = tx_now(tx) + v->ahead_ms;
    struct r_compile_claim r;
    struct q_compile_claim in = {v->account, v->template_id, 1, store_node(tx_store(tx)) + 1, now + 60000, now};
    v->attempt = tx_first(tx, Q_COMPILE_CLAIM, &in, &r) ? r.attempt : 0;
    return tx_ok(tx);
}

static void test_long_compile_keeps_its_lease(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct template_row t = {.name = STR("n"), .size = SIZE_6X9, .is_full_html = true, .html = STR("x")}, got;
    assert_true(limit_set(STR("job.lease"), 1, &f));
    fake_press_compile_ms = 2500;
    assert_true(template_create(h->mail, h->account, &t, &f));
    usleep(1800000); /* beyond the first lease */
    struct rival v = {.account = h->account, .template_id = t.template_id};
    assert_true(store_write(h->store, rival_claim, &v, &f));
    assert_int_equal(v.attempt, 0);
    house_wait_template(h, h->account, t.template_id);
    assert_true(template_get(h->store, h->arena, h->account, t.template_id, &got, &f));
    assert_int_equal(got.state, TEMPLATE_PUBLISHED);
    fake_press_compile_ms = 0;
    assert_true(limit_set(STR("job.lease"), 60, &f));
}

static void test_late_node_changes_nothing(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct template_row t = {.name = STR("n"), .size = SIZE_6X9, .is_full_html = true, .html = STR("x")}, got;
    fake_press_compile_ms = 1000;
    assert_true(template_create(h->mail, h->account, &t, &f));
    usleep(500000);
    struct rival v = {.account = h->account, .template_id = t.template_id, .ahead_ms = 100000}; /* when our lease is dead */
    assert_true(store_write(h->store, rival_claim, &v, &f));
    assert_int_equal(v.attempt, 2);
    house_expect_log("was compiled by another node");
    usleep(1500000);
    assert_true(template_get(h->store, h->arena, h->account, t.template_id, &got, &f));
    assert_int_equal(got.state, TEMPLATE_PUBLISHING); /* the other's */
    assert_true(house_heard_log());
    fake_press_compile_ms = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_required_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_version_keeps_its_assets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_asset_types, setup, teardown),
        cmocka_unit_test_setup_teardown(test_image_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_ends_by_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_others_and_users, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_compile_keeps_its_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_node_changes_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
