/* How many requests a HighLevel connection may make: our own sliding bound, and the other side's headers, as rows of what was heard. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include "links/highlevel/highlevel_private.h"

#define NOW INT64_C(1777890660000)

/* Never more than the bound in any ten seconds, whoever asks how often. */
static void test_window(void **state)
{
    (void)state;
    enum { BURST = 90, MOST = 5000 };
    static int64_t made[MOST];
    struct per_connection *p = highlevel_pace_create();
    int n = 0, waits = 0;
    int64_t now = NOW;
    highlevel_pace_bound(p, 1, BURST);
    while (n + 3 <= MOST) {
        int64_t until = highlevel_pace_take(p, 1, 1 + n % 3, now, NULL, 0);
        if (until) {
            assert_true(until > now && until <= now + 10000);
            now = until;
            waits++;
            continue;
        }
        for (int i = 1 + n % 3; i > 0; i--) made[n++] = now;
        now += n % 7;
    }
    for (int i = BURST; i < n; i++) assert_true(made[i] - made[i - BURST] >= 10000);
    assert_true((now - NOW) * BURST / 10000 <= n * 12 / 10); /* and nearly all of it is used */
    assert_true(waits < n / 10);                             /* who is refused is not sent back for single places */
    per_connection_destroy(&p);
}

static void test_bounds(void **state)
{
    (void)state;
    struct per_connection *p = highlevel_pace_create();
    char why[300] = "";
    for (int i = 0; i < 1000; i++) assert_int_equal(highlevel_pace_take(p, 1, 2, NOW, NULL, 0), 0); /* none set */
    highlevel_pace_bound(p, 1, 4);
    assert_int_equal(highlevel_pace_take(p, 1, 3, NOW, NULL, 0), 0);
    assert_int_equal(highlevel_pace_take(p, 1, 2, NOW + 1, why, sizeof why), NOW + 10000); /* all or none */
    assert_string_equal(why, "The connection's own bound of 4 requests in ten seconds is reached; it goes on by itself.");
    assert_int_equal(highlevel_pace_take(p, 1, 1, NOW + 1, NULL, 0), 0);
    assert_int_equal(highlevel_pace_take(p, 2, 50, NOW + 1, NULL, 0), 0); /* another connection */
    highlevel_pace_bound(p, 1, 5);                                        /* what was made still counts */
    assert_int_equal(highlevel_pace_take(p, 1, 1, NOW + 2, NULL, 0), 0);
    assert_true(highlevel_pace_take(p, 1, 1, NOW + 2, NULL, 0) > NOW);
    highlevel_pace_bound(p, 1, 2);
    assert_true(highlevel_pace_take(p, 1, 1, NOW + 2, NULL, 0) > NOW);
    assert_int_equal(highlevel_pace_take(p, 1, 9, NOW + 20000, NULL, 0), 0); /* more than fit at all: all there are */
    assert_true(highlevel_pace_take(p, 1, 1, NOW + 20000, NULL, 0) > NOW);
    assert_int_equal(highlevel_pace_take(p, 1, 1, NOW - 86400000, NULL, 0), 0); /* the clock was set back */
    assert_int_equal(highlevel_pace_take(p, 1, 1, NOW - 86400000, NULL, 0), 0);
    assert_true(highlevel_pace_take(p, 1, 1, NOW - 86400000, NULL, 0) > 0);
    per_connection_forget(p, 1); /* it ended */
    assert_int_equal(highlevel_pace_take(p, 1, 1, NOW - 86400000, NULL, 0), 0);
    per_connection_destroy(&p);
}

static const struct {
    int status;
    const char *head;
    int64_t stopped_ms; /* 0: goes on */
    const char *why;
} heard[] = {
    {200, "", 0, NULL},
    {200, "X-RateLimit-Remaining: 1\r\nX-RateLimit-Daily-Remaining: 1\r\n", 0, NULL},
    {200, "X-RateLimit-Remaining: 0\r\n", 10000, "for now"},
    {200, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Interval-Milliseconds: 3000\r\n", 3000, "for now"},
    {200, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Interval-Milliseconds: nonsense\r\n", 10000, "for now"},
    {200, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Interval-Milliseconds: -5\r\n", 10000, "for now"},
    {200, "x-ratelimit-remaining: many\r\n", 0, NULL},
    {429, "", 10000, "for now"},
    {429, "X-RateLimit-Interval-Milliseconds: 4000\r\n", 4000, "for now"},
    {429, "Retry-After: 60\r\n", 60000, "for now"},
    {429, "Retry-After: 0\r\n", 10000, "for now"},
    {429, "Retry-After: 9999999\r\n", 3600000, "for now"},
    {503, "", 0, NULL},
    {503, "Retry-After: 7\r\n", 7000, "for now"},
    {500, "Retry-After: 7\r\n", 0, NULL},
    {201, "X-RateLimit-Daily-Remaining: 0\r\n", 3600000, "daily limit for this connection is used up"},
    {429, "X-RateLimit-Daily-Remaining: 0\r\nX-RateLimit-Limit-Daily: 200000\r\n", 3600000, "daily limit of 200000 requests"},
    {429, "X-RateLimit-Daily-Remaining: -1\r\nX-RateLimit-Daily-Reset: 5000000\r\n", 5000000, "at 2026-05-04T11:54:20Z"},
    {429, "X-RateLimit-Daily-Remaining: 0\r\nX-RateLimit-Daily-Reset: 1777894260000\r\n", 3600000, "at 2026-05-04T11:31:00Z"},
    {429, "X-RateLimit-Daily-Remaining: 0\r\nX-RateLimit-Daily-Reset: 1777890650000\r\n", 10000, "daily"},
    {429, "X-RateLimit-Daily-Remaining: 0\r\nX-RateLimit-Daily-Reset: 9977890650000\r\n", 3600000, "daily"},
    {429, "X-RateLimit-Daily-Remaining: 0\r\nX-RateLimit-Daily-Reset: 90000001\r\n", 3600000, "daily"},
};

static void test_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heard / sizeof *heard; i++) {
        struct per_connection *p = highlevel_pace_create();
        struct fetch_answer a = {.status = heard[i].status};
        char head[300], why[300] = "", asked[300] = "";
        snprintf(head, sizeof head, "HTTP/1.1 %d x\r\n%s\r\n", a.status, heard[i].head);
        a.head = str_of(head);
        highlevel_pace_bound(p, 1, 90);
        highlevel_pace_hear(p, 1, &a, NOW);
        int64_t until = highlevel_pace_stopped(p, 1, NOW, why, sizeof why);
        if ((until ? until - NOW : 0) != heard[i].stopped_ms || (heard[i].why && !strstr(why, heard[i].why)))
            fail_msg("%d %s: stopped for %lld ms, \"%s\"", a.status, heard[i].head, (long long)(until - NOW), why);
        assert_int_equal(highlevel_pace_take(p, 1, 1, NOW, asked, sizeof asked), until);
        assert_string_equal(why, asked);
        assert_int_equal(highlevel_pace_take(p, 1, 1, NOW + heard[i].stopped_ms, NULL, 0), 0);
        assert_int_equal(highlevel_pace_stopped(p, 2, NOW, NULL, 0), 0);
        highlevel_pace_reopen(p, 1); /* it was saved */
        assert_int_equal(highlevel_pace_stopped(p, 1, NOW, NULL, 0), 0);
        per_connection_destroy(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_window), cmocka_unit_test(test_bounds),
                                       cmocka_unit_test(test_headers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
