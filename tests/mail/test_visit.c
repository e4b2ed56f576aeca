/* test_visit.c: personal URLs: what a code stands for, what is written down of visits, and the addresses around them. */
#include "base/clock.h"
#include "base/limits.h"
#include "fake_press.h"
#include "house.h"
#include "mail/domain.h"
#include "mail/purl_url.h"
#include "mail/robots.h"
#include "mail/stat.h"
#include "mail/visit.h"
#include <stdio.h>

static struct house house, *h = &house;
static struct drop drip;

static int setup(void **state)
{
    (void)state;
    house_open(h, fake_press(), true);
    drip = house_campaign(h, h->account);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    house_close(h);
    return 0;
}

/* ---- addresses, as tables ---- */

static void test_location(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        int64_t visit;
        const char *query, *want;
    } rows[] = {
        {"https://a.example/start", 7, NULL, "https://a.example/start?pp=k-7"},
        {"https://a.example", 0, NULL, "https://a.example?pp=k"},
        {"https://a.example/start?x=1", 7, "utm=mail&y", "https://a.example/start?x=1&pp=k-7&utm=mail&y"},
        {"https://a.example/start#top", 7, "a=%20b", "https://a.example/start?pp=k-7&a=%20b#top"},
        {"https://a.example/", 7, "pp=mine&&b=2", "https://a.example/?pp=k-7&b=2"},
        {"https://a.example/caf\xc3\xa9?q=\"<", 7, NULL, "https://a.example/caf%C3%A9?q=%22%3C&pp=k-7"},
        {"https://a.example/", 7, "", "https://a.example/?pp=k-7"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(purl_location(h->arena, str_of(rows[i].url), STR("k"), rows[i].visit, str_of(rows[i].query)),
                            rows[i].want);
    char *longest = arena_alloc(h->arena, 3000);
    memset(longest, 'q', 2999);
    assert_string_equal(purl_location(h->arena, STR("https://a.example/"), STR("k"), 0, str_of(longest)),
                        "https://a.example/?pp=k");
}

static void test_page(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"https://a.example/x?pp=k-7", "https://a.example/x"},
        {"https://a.example/x?a=1&pp=k-7&b#t", "https://a.example/x?a=1&b#t"},
        {"https://a.example/x?app=1", "https://a.example/x?app=1"},
        {"https://a.example/x", "https://a.example/x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) assert_str(rows[i][1], purl_page(h->arena, str_of(rows[i][0])));
}

static void test_goal(void **state)
{
    (void)state;
    static const struct {
        const char *goal, *url;
        bool want;
    } rows[] = {
        {"https://a.example/thanks", "https://a.example/thanks", true},
        {"https://a.example/thanks", "http://A.example/thanks/?pp=k#x", true},
        {"https://a.example/", "https://a.example", true},
        {"https://a.example/thanks?order=1", "https://a.example/thanks?x=2&order=1", true},
        {"https://a.example/thanks?order=1", "https://a.example/thanks?order=12", false},
        {"https://a.example/caf\xc3\xa9", "https://a.example/caf%C3%A9", true},
        {"https://a.example/thanks?pp=k&a=1", "https://a.example/thanks?a=1", true}, /* what is reported does not hold ours */
        {"https://a.example/thanks", "https://a.example/thanks/more", false},
        {"https://a.example/thanks", "https://a.example/Thanks", false},
        {"https://a.example/thanks", "https://b.example/thanks", false},
        {"http://a.example:8080/thanks", "http://a.example:8081/thanks", false},
        {"http://a.example:8080/thanks", "http://a.example:8080/thanks", true},
        {"https://a.example/thanks", "https://a.example@b.example/thanks", false},
        {"https://a.example/thanks", "about:blank", false},
        {NULL, "https://a.example/", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (purl_is_goal(str_of(rows[i].goal), str_of(rows[i].url)) != rows[i].want) fail_msg("row %zu: %s", i, rows[i].url);
}

static void test_robots(void **state)
{
    (void)state;
    static const struct {
        const char *agent;
        bool want;
    } rows[] = {
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
         false},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
         "Mobile/15E148 Safari/604.1",
         false},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", false},
        {"Mozilla/5.0 (Linux; Android 15; SM-S921B; wv) AppleWebKit/537.36 Version/4.0 Chrome/138.0 Mobile Safari/537.36 "
         "Instagram 390.0",
         false},
        {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true},
        {"facebookexternalhit/1.1", true},
        {"Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0", true},
        {"curl/7.88.1", true},
        {"", true},
    };
    struct fault f;
    struct robots *r = robots_load("", &f);
    assert_non_null(r);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (robots_is_one(r, str_of(rows[i].agent)) != rows[i].want) fail_msg("%s", rows[i].agent);
    robots_destroy(&r);
    assert_non_null(r = robots_load(house_write_file(h, "robots", "# mine\n\n  Safari \r\n"), &f));
    assert_true(robots_is_one(r, STR("a SAFARI b")));
    assert_false(robots_is_one(r, STR("curl/7.88.1")));
    robots_destroy(&r);
    assert_null(robots_load(house_write_file(h, "robots", "# nothing\n"), &f));
    assert_null(robots_load(house_write_file(h, "robots", "xy\n"), &f));
    assert_null(robots_load("/no/such/file", &f));
}

/* ---- visits ---- */

static int64_t piece(const char *name)
{
    struct send s;
    struct fault f;
    if (!house_send(h, h->account, drip.endpoint, name, &s, &f)) fail_msg("%s", f.text);
    return s.piece_id;
}

static void find(int64_t piece_id, struct purl *p)
{
    struct fault f;
    char code[13];
    purl_code(h->mail, h->account, piece_id, code);
    if (!purl_find(h->mail, h->arena, str_of(code), 0, p, &f)) fail_msg("%s", f.text);
}

static void change(const struct drop_online_change *c)
{
    struct fault f;
    if (!drop_online_put(h->mail, h->account, drip.drop_id, c, &f)) fail_msg("%s", f.text);
}

static int64_t open_as(const struct purl *p, uint8_t who, bool is_known)
{
    struct fault f;
    struct visit v = {.purl = p,
                      .url = STR("https://a.example/start"),
                      .agent = STR("Mozilla\xff"),
                      .visitor = {who},
                      .is_known_visitor = is_known};
    if (!visit_open(h->mail, &v, &f)) fail_msg("%s", f.text);
    return v.visit_id;
}

static bool report(const struct purl *p, int64_t visit, const char *url)
{
    struct fault f;
    struct visit v = {.purl = p, .url = str_of(url), .agent = STR("Mozilla"), .visit_id = visit};
    if (!visit_report(h->mail, &v, &f)) fail_msg("%s", f.text);
    return v.is_goal;
}

struct numbers {
    int64_t opened, completed, views, visitors, conversions;
};

static struct numbers numbers_of(bool is_test)
{
    struct stat_totals t;
    struct fault f;
    assert_true(stat_of_drop(h->store, h->account, drip.drop_id, is_test, &t, &f));
    return (struct numbers){t.n[STATUS_PURL_OPENED], t.n[STATUS_PURL_COMPLETED], t.n[STAT_VISIT], t.n[STAT_VISITOR],
                            t.n[STAT_CONVERSION]};
}

#define assert_numbers(is_test, o, c, v, u, g)                                                                                 \
    do {                                                                                                                       \
        struct numbers n_ = numbers_of(is_test), w_ = {o, c, v, u, g};                                                         \
        if (memcmp(&n_, &w_, sizeof n_))                                                                                       \
            fail_msg("%lld %lld %lld %lld %lld, not " #o " " #c " " #v " " #u " " #g, (long long)n_.opened,                    \
                     (long long)n_.completed, (long long)n_.views, (long long)n_.visitors, (long long)n_.conversions);         \
    } while (0)

/* The drip is in test mode, so its pieces count as tests. */
static void test_visit(void **state)
{
    (void)state;
    struct purl p;
    struct event *events;
    struct visit_row *rows;
    struct fault f;
    change(&(struct drop_online_change){.has_starting_url = true,
                                        .starting_url = STR("https://a.example/start"),
                                        .has_goal_url = true,
                                        .goal_url = STR("https://a.example/thanks")});
    find(piece("Ada"), &p);
    assert_str("https://a.example/start", p.starting_url);
    assert_true(p.is_test && p.contact_id > 0);
    int64_t first = open_as(&p, 1, false);
    assert_numbers(true, 1, 0, 1, 1, 0);
    assert_false(report(&p, first, "https://a.example/start")); /* the opening has counted it */
    assert_numbers(true, 1, 0, 1, 1, 0);
    assert_false(report(&p, first, "https://a.example/more"));
    assert_numbers(true, 1, 0, 2, 1, 0);
    assert_true(report(&p, first, "https://a.example/thanks?x=1"));
    assert_false(report(&p, first, "https://a.example/thanks")); /* once a visit */
    assert_numbers(true, 1, 1, 4, 1, 1);
    int64_t second = open_as(&p, 1, true); /* the same browser comes again */
    assert_numbers(true, 2, 1, 5, 1, 1);
    assert_true(report(&p, second, "https://a.example/thanks"));
    assert_numbers(true, 2, 2, 5, 1, 1); /* each visit is an event, a piece is one conversion */
    open_as(&p, 2, true);                /* a browser with a cookie from another piece */
    assert_numbers(true, 3, 2, 6, 2, 1);
    assert_numbers(false, 0, 0, 0, 0, 0);

    assert_int_equal(event_page(h->store, h->arena, h->account, EVENT_DROP, drip.drop_id, 0, 10, &events, &f), 5);
    assert_int_equal(events[1].code, STATUS_PURL_COMPLETED);
    assert_int_equal(events[1].subject_id, p.piece_id);
    assert_int_equal(events[1].person_id, p.contact_id);
    assert_true(events[1].is_test);
    assert_str("{\"url\":\"https://a.example/thanks\"}", events[1].detail);
    assert_int_equal(visit_of_piece(h->store, h->arena, h->account, p.piece_id, 50, &rows, &f), 8);
    assert_int_equal(rows[0].kind, VISIT_OPENED);
    assert_int_equal(rows[1].kind, VISIT_GOAL);
    assert_int_equal(visit_of_piece(h->store, h->arena, h->other, p.piece_id, 50, &rows, &f), 0);
}

/* A report that names no visit, or one that is made up, counts as one who came without. */
static void test_visit_unknown(void **state)
{
    (void)state;
    struct purl p;
    find(piece("Bo"), &p);
    struct numbers was = numbers_of(true);
    assert_true(report(&p, 4711, "https://a.example/thanks"));
    assert_false(report(&p, 4712, "https://a.example/thanks"));
    assert_false(report(&p, 0, "https://a.example/"));
    assert_numbers(true, was.opened, was.completed + 1, was.views + 3, was.visitors, was.conversions + 1);
}

static void test_off_and_wipe(void **state)
{
    (void)state;
    struct purl p;
    struct fault f;
    struct visit_row *rows;
    int64_t n, drop_id, id = piece("Cy");
    change(&(struct drop_online_change){.has_tracking = true, .tracking = ONLINE_OFF});
    find(id, &p);
    struct numbers was = numbers_of(true);
    assert_int_equal(open_as(&p, 1, false), 0);
    assert_false(report(&p, 0, "https://a.example/thanks"));
    assert_numbers(true, was.opened, was.completed, was.views, was.visitors, was.conversions);
    assert_int_equal(visit_of_piece(h->store, h->arena, h->account, id, 9, &rows, &f), 0);
    change(&(struct drop_online_change){.has_tracking = true, .tracking = ONLINE_ON});
    find(id, &p);
    open_as(&p, 1, false);
    assert_int_equal(visit_of_piece(h->store, h->arena, h->account, id, 9, &rows, &f), 1);
    assert_false(visit_wipe_test(h->mail, h->other, drip.drop_id, &drop_id, &n, &f)); /* another's */
    assert_int_equal(f.status, 404);
    assert_true(visit_wipe_test(h->mail, h->account, drip.campaign_id, &drop_id, &n, &f));
    assert_int_equal(drop_id, drip.drop_id);
    assert_true(n >= 12);
    assert_numbers(true, 0, 0, 0, 0, 0);
    assert_int_equal(visit_of_piece(h->store, h->arena, h->account, id, 9, &rows, &f), 0);
    open_as(&p, 1, true); /* the visitor is new again */
    assert_numbers(true, 1, 0, 1, 1, 0);
}

/* No more rows than a piece may have: the next are not counted. */
static void test_full(void **state)
{
    (void)state;
    struct purl p;
    find(piece("Di"), &p);
    assert_true(limit_set(STR("purl.piece_visits"), 2, NULL));
    assert_true(open_as(&p, 1, false) > 0);
    assert_true(open_as(&p, 2, false) > 0);
    assert_int_equal(open_as(&p, 3, false), 0);
    assert_true(limit_set(STR("purl.piece_visits"), 10000, NULL));
}

static void test_fields(void **state)
{
    (void)state;
    struct purl p;
    struct fault f;
    static const struct str names[] = {{"first_name", 10}, {"Last Name", 9}, {"coupon", 6}};
    struct buf b = BUF_INIT;
    change(&(struct drop_online_change){.has_landing_fields = true, .fields = names, .n_fields = 3});
    find(piece("Ed"), &p);
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    assert_true(purl_fields(&p, h->arena, &j, &f));
    json_end(&j);
    json_out_end(&j);
    assert_str("{\"first_name\":\"Ed\",\"Last Name\":\"Doe\",\"coupon\":null}", buf_str(&b));
    buf_finish(&b);
    change(&(struct drop_online_change){.has_landing_fields = true});
    find(p.piece_id, &p);
    assert_str("[]", p.landing_fields);
}

static void test_bad_change(void **state)
{
    (void)state;
    struct fault f;
    static const struct str twice[] = {{"a", 1}, {"a", 1}}, empty[] = {{"", 0}};
    static const struct {
        struct drop_online_change c;
        const char *words;
    } rows[] = {
        {{.has_starting_url = true, .starting_url = {"ftp://a", 7}}, "starting_url must begin"},
        {{.has_goal_url = true, .goal_url = {"http://a b", 10}}, "goal_url holds a blank"},
        {{.has_landing_fields = true, .fields = twice, .n_fields = 2}, "names a twice"},
        {{.has_landing_fields = true, .fields = empty, .n_fields = 1}, "a name is empty"},
        {{.has_landing_fields = true, .fields = empty, .n_fields = 51}, "more than 50"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(drop_online_put(h->mail, h->account, drip.drop_id, &rows[i].c, &f));
        assert_fault(400, &f, rows[i].words);
    }
    assert_false(drop_online_put(h->mail, h->other, drip.drop_id, &(struct drop_online_change){0}, &f));
    assert_fault(404, &f, "There is no campaign");
}

static void test_codes(void **state)
{
    (void)state;
    struct purl p;
    struct fault f;
    char code[13];
    int64_t id = piece("Flo");
    purl_code(h->mail, h->account, id, code);
    assert_true(purl_find(h->mail, h->arena, str_of(code), h->account, &p, &f));
    assert_false(purl_find(h->mail, h->arena, str_of(code), h->other, &p, &f));
    assert_fault(404, &f, "There is nothing at this address.");
    static const char *const none[] = {"",
                                       "a",
                                       "000000000000",
                                       "222222222222",
                                       "kkkkkkkkkkkkkkkkkkkkkkkkkkk",
                                       "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(purl_find(h->mail, h->arena, str_of(none[i]), 0, &p, &f));
        assert_fault(404, &f, "There is nothing at this address.");
    }
    purl_code(h->mail, h->account, id + 4000, code); /* a seat that nobody has */
    assert_false(purl_find(h->mail, h->arena, str_of(code), 0, &p, &f));
    purl_code(h->mail, 77777, id, code); /* an account that is not there */
    assert_false(purl_find(h->mail, h->arena, str_of(code), 0, &p, &f));
    purl_code(h->mail, h->other, id, code); /* another account's number of this piece */
    assert_false(purl_find(h->mail, h->arena, str_of(code), 0, &p, &f));
    assert_fault(404, &f, "There is nothing at this address.");
}

/* ---- tracking domains ---- */

static void test_domains(void **state)
{
    (void)state;
    struct fault f;
    struct domain_row *rows;
    static const struct {
        const char *host, *words;
    } bad[] = {
        {"", "is no host name"},
        {"127.0.0.1", "is no host name"},
        {"localhost", "is no host name"},
        {"a b.example", "is no host name"},
        {"go.example/x", "is no host name"},
        {"[::1]", "is no host name"},
        {"House.Example", "this house's own name"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(domain_put(h->mail, h->account, str_of(bad[i].host), STR("house.example:8080"), &f));
        assert_fault(400, &f, bad[i].words);
    }
    assert_false(domain_put(h->mail, 77777, STR("go.example"), STR_NULL, &f));
    assert_fault(404, &f, "There is no account 77777");
    assert_string_equal(purl_base(h->mail, h->arena, h->account), "http://127.0.0.1:8080/p/");
    assert_true(domain_put(h->mail, h->account, STR("Go.Example"), STR_NULL, &f));
    assert_true(domain_put(h->mail, h->account, STR("go.example"), STR_NULL, &f)); /* again: nothing */
    assert_false(domain_put(h->mail, h->other, STR("go.example"), STR_NULL, &f));
    assert_fault(409, &f, "another account's");
    assert_string_equal(purl_base(h->mail, h->arena, h->account), "http://go.example:8080/p/");
    assert_string_equal(purl_base(h->mail, h->arena, h->other), "http://127.0.0.1:8080/p/");
    house_reopen(h, true); /* they are read at start */
    static const struct {
        const char *header;
        bool is_one;
    } headers[] = {{"go.example", true}, {"GO.example:8080", true}, {"go.example.", true}, {"x.go.example", false}, {"", false},
                   {":80", false},       {"[::1]:80", false}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(domain_account(h->mail, str_of(headers[i].header)), headers[i].is_one ? h->account : 0);
    assert_int_equal(domain_all(h->store, h->arena, h->account, &rows, &f), 1);
    assert_int_equal(domain_all(h->store, h->arena, h->other, &rows, &f), 0);
    assert_false(domain_delete(h->mail, h->other, STR("go.example"), &f));
    assert_true(domain_delete(h->mail, h->account, STR("GO.example"), &f));
    assert_false(domain_delete(h->mail, h->account, STR("go.example"), &f));
    assert_int_equal(domain_account(h->mail, STR("go.example")), 0);
}

struct changer {
    pthread_barrier_t *barrier;
    bool puts;
};
enum { ROUNDS = 500 };

static void *change_domain(void *arg)
{
    const struct changer *c = arg;
    struct fault f;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(c->barrier);
        if (c->puts)
            domain_put(h->mail, h->account, STR("race.example"), STR_NULL, &f);
        else
            domain_delete(h->mail, h->account, STR("race.example"), &f);
        pthread_barrier_wait(c->barrier);
        pthread_barrier_wait(c->barrier); /* the test looks in between */
    }
    return NULL;
}

/* One says yes and one says no at the same time: memory and database agree on who was last. */
static void test_domain_race(void **state)
{
    (void)state;
    pthread_barrier_t barrier;
    pthread_t threads[2];
    struct changer who[2] = {{&barrier, true}, {&barrier, false}};
    struct domain_row *rows;
    struct fault f;
    int n_wrong = 0;
    pthread_barrier_init(&barrier, NULL, 3);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, change_domain, &who[i]), 0);
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        int n = domain_all(h->store, h->arena, h->account, &rows, &f);
        n_wrong += (domain_account(h->mail, STR("race.example")) != 0) != (n == 1);
        pthread_barrier_wait(&barrier);
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_location),      cmocka_unit_test(test_page),         cmocka_unit_test(test_goal),
        cmocka_unit_test(test_robots),        cmocka_unit_test(test_codes),        cmocka_unit_test(test_visit),
        cmocka_unit_test(test_visit_unknown), cmocka_unit_test(test_off_and_wipe), cmocka_unit_test(test_full),
        cmocka_unit_test(test_fields),        cmocka_unit_test(test_bad_change),   cmocka_unit_test(test_domains),
        cmocka_unit_test(test_domain_race),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
