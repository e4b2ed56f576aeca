/* Rates as they are written, and a meter against a stepped clock. */
#include "net/rate.h"
/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

static void test_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t per_second, per_minute;
        const char *again; /* NULL: refused */
    } rows[] = {
        {"off", 0, 0, "off"},
        {"vendor", 3, 180, "3/s,180/min"},
        {" Vendor ", 3, 180, "3/s,180/min"},
        {"5/s", 5, 0, "5/s"},
        {"100/min", 0, 100, "100/min"},
        {"5/s,100/min", 5, 100, "5/s,100/min"},
        {"100/min, 5 / s", 5, 100, "5/s,100/min"},
        {"", 0, 0, NULL},
        {"5", 0, 0, NULL},
        {"0/s", 0, 0, NULL},
        {"-1/s", 0, 0, NULL},
        {"5/s,5/s", 0, 0, NULL},
        {"5/h", 0, 0, NULL},
        {"5/s,", 0, 0, NULL},
        {"1000001/s", 0, 0, NULL},
        {"5/s,1/min,1/s", 0, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rate r = {7, 7};
        struct fault f = {0};
        char text[RATE_TEXT_BYTES];
        bool ok = rate_parse(str_of(rows[i].text), &r, &f);
        if (ok != (rows[i].again != NULL)) fail_msg("\"%s\": %s", rows[i].text, ok ? "taken" : f.text);
        if (!ok) {
            assert_int_equal(f.status, 400);
            assert_int_equal(r.per_second, 7);
            continue;
        }
        assert_int_equal(r.per_second, rows[i].per_second);
        assert_int_equal(r.per_minute, rows[i].per_minute);
        rate_write(r, text);
        assert_string_equal(text, rows[i].again);
    }
}

static int take_all(struct rate_meter *m, struct rate r, int64_t now)
{
    int n = 0;
    while (n < 100000 && rate_take(m, r, now) == 0) n++;
    return n;
}

static void test_meter(void **state)
{
    (void)state;
    struct rate_meter m;
    struct rate vendor = {3, 180}, slow = {10, 20};
    int64_t now = 5000000000;
    rate_meter_init(&m);
    assert_int_equal(take_all(&m, vendor, now), 3);
    int64_t wait = rate_take(&m, vendor, now);
    assert_in_range(wait, 333000, 334000);
    assert_int_equal(rate_take(&m, vendor, now + wait - 1), 1);
    assert_int_equal(take_all(&m, vendor, now + wait), 1);
    assert_int_equal(take_all(&m, vendor, now + 2000000), 3); /* a full bucket holds no more */
    int n = 0;
    rate_meter_init(&m);
    for (int64_t t = 0; t < 60000000; t += 10000) n += take_all(&m, slow, now + t);
    assert_in_range(n, 38, 40); /* twenty at the start, and twenty that came in during the minute */
    wait = rate_take(&m, slow, now + 60000000 - 10000);
    assert_in_range(wait, 1, 3000000);
    assert_int_equal(take_all(&m, (struct rate){0, 5}, now + 3600000000), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_written), cmocka_unit_test(test_meter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
