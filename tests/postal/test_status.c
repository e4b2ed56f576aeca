/* test_status.c: the status codes, the working days of the USPS, and local times. */
#include "postal/calendar.h"
#include "postal/scan_time.h"
#include "postal/status.h"
#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* As the vendor's pages have them; written out, so that a slip in the table is seen. */
static const struct {
    int code;
    const char *api, *crm;
    bool in_ca;
} codes[] = {
    {0, "Mail Piece Created", "MailPieceCreated", true},
    {9, "Addressed", "Addressed", true},
    {10, "Printed", "Printed", true},
    {11, "Mailed", "Mailed", true},
    {4, "In Transit", "InTransit", false},
    {5, "In Local Area", "InLocalArea", false},
    {6, "Processed for Delivery", "ProcessedForDelivery", false},
    {2, "Re-Routed", "ReRouted", false},
    {3, "Returned To Sender", "ReturnedToSender", false},
    {7, "pURL Opened", "pURLOpened", true},
    {8, "pURL Completed", "pURLCompleted", true},
};

static void table(void **state)
{
    (void)state;
    size_t n = 0;
    while (status_at(n)) n++;
    assert_int_equal(n, sizeof codes / sizeof *codes);
    for (size_t i = 0; i < n; i++) {
        const struct status_def *d = status_find(codes[i].code);
        assert_non_null(d);
        assert_string_equal(d->api, codes[i].api);
        assert_string_equal(d->crm, codes[i].crm);
        assert_true(d->in_us && d->in_ca == codes[i].in_ca && strlen(d->what) > 20);
        assert_ptr_equal(status_by_name(str_of(codes[i].api)), d);
        assert_ptr_equal(status_by_name(str_of(codes[i].crm)), d);
        assert_true(i == 0 || status_at(i)->code > status_at(i - 1)->code);
    }
    assert_null(status_find(1));
    assert_null(status_find(12));
    assert_null(status_find(-1));
    assert_null(status_find(INT64_C(1) << 32));
}

static void names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int code; /* -1: none */
    } rows[] = {{"purl Completed", 8}, {"RETURNED_TO_SENDER", 3},
                {"rerouted", 2},       {"Created", 0},
                {"in-transit", 4},     {"", -1},
                {"Delivered", -1},     {"Mail", -1},
                {"Mailed ", 11},       {" - ", -1},
                {"Mailedx", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct status_def *d = status_by_name(str_of(rows[i].name));
        assert_int_equal(d ? (int)d->code : -1, rows[i].code);
    }
    assert_null(status_by_name(str_make("Mailed\0", 7)));
}

#define B(name) STATUS_BIT(STATUS_##name)
static void news(void **state)
{
    (void)state;
    static const struct {
        unsigned reached, caused, want;
        int shown; /* after it */
    } rows[] = {
        {0, B(MAILED) | B(PROCESSED), B(MAILED) | B(PROCESSED), STATUS_PROCESSED},
        {B(MAILED) | B(IN_TRANSIT), B(MAILED) | B(IN_TRANSIT), 0, STATUS_IN_TRANSIT},
        {B(MAILED) | B(IN_LOCAL_AREA), B(IN_TRANSIT), 0, STATUS_IN_LOCAL_AREA},
        {B(MAILED) | B(PROCESSED), B(REROUTED), B(REROUTED), STATUS_PROCESSED},
        {B(REROUTED), B(MAILED) | B(IN_TRANSIT), B(MAILED) | B(IN_TRANSIT), STATUS_IN_TRANSIT},
        {0, B(REROUTED), B(REROUTED), STATUS_REROUTED},
        {B(MAILED), B(RETURNED), B(RETURNED), STATUS_RETURNED},
        {B(MAILED), B(PRINTED), 0, STATUS_MAILED},
        {B(CREATED), B(PRINTED), B(PRINTED), STATUS_PRINTED},
        {0, 0, 0, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(status_news(rows[i].reached, rows[i].caused), rows[i].want);
        assert_int_equal(status_shown(rows[i].reached | rows[i].want), rows[i].shown);
    }
}

static void holidays(void **state)
{
    (void)state;
    static const struct {
        int year, month, day;
        const char *want; /* a part of the name; NULL: a working day; "": Sunday */
    } rows[] = {
        {2026, 1, 1, "New Year"},
        {2026, 1, 19, "Martin Luther"},
        {2026, 2, 16, "Washington"},
        {2026, 5, 25, "Memorial"},
        {2026, 6, 19, "Juneteenth"},
        {2026, 7, 4, "Independence"},
        {2026, 7, 3, NULL},
        {2026, 9, 7, "Labor"},
        {2026, 10, 12, "Columbus"},
        {2026, 11, 11, "Veterans"},
        {2026, 11, 26, "Thanksgiving"},
        {2026, 12, 25, "Christmas"},
        {2020, 6, 19, NULL},
        {2027, 7, 5, "Independence"},
        {2027, 7, 4, ""},
        {2022, 12, 26, "Christmas"},
        {2023, 1, 2, "New Year"},
        {2021, 12, 31, NULL},
        {2022, 1, 1, "New Year"},
        {2021, 5, 31, "Memorial"},
        {2026, 11, 25, NULL},
        {2026, 11, 28, NULL},
        {2026, 11, 29, ""},
        {1985, 1, 21, NULL},
        {2024, 2, 29, NULL},
        {2000, 2, 29, NULL},
        {2034, 1, 2, "New Year"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t day = calendar_date(rows[i].year, rows[i].month, rows[i].day);
        const char *got = calendar_holiday(day), *want = rows[i].want;
        if (want && *want ? !got || !strstr(got, want) : got != NULL)
            fail_msg("%d-%d-%d: %s", rows[i].year, rows[i].month, rows[i].day, got ? got : "no holiday");
        assert_int_equal(calendar_is_business_day(day), want == NULL);
        assert_int_equal(calendar_year(day), rows[i].year);
    }
}

/* Against the time rules of base/text.h, over 130 years. */
static void dates(void **state)
{
    (void)state;
    char text[21], want[32];
    for (int year = 1970; year < 2100; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= 28; day += 9) {
                int64_t n = calendar_date(year, month, day);
                text_iso8601(n * 86400000, text);
                snprintf(want, sizeof want, "%04d-%02d-%02dT00:00:00Z", year, month, day);
                assert_string_equal(text, want);
            }
    assert_int_equal(calendar_day(-1), -1);
    assert_int_equal(calendar_day(86400000), 1);
}

static void expected(void **state)
{
    (void)state;
    static const struct {
        int month, day, from_month, from_day, to_month, to_day;
    } rows[] = {
        {6, 1, 6, 2, 6, 3},               /* a Monday */
        {6, 5, 6, 6, 6, 8},               /* Friday: Saturday, then Monday */
        {6, 6, 6, 8, 6, 9},               /* Saturday */
        {6, 18, 6, 20, 6, 22},            /* the day before Juneteenth */
        {11, 25, 11, 27, 11, 28},         /* the day before Thanksgiving */
        {12, 31, 1, 2 + 365, 1, 4 + 365}, /* 2027: the 3rd is a Sunday */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct calendar_span s = calendar_expected(calendar_date(2026, rows[i].month, rows[i].day));
        assert_int_equal(s.from_day, calendar_date(2026, rows[i].from_month, 1) + rows[i].from_day - 1);
        assert_int_equal(s.to_day, calendar_date(2026, rows[i].to_month, 1) + rows[i].to_day - 1);
    }
}

static void times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int zip3;
        const char *want; /* NULL: no time */
    } rows[] = {
        {"2026-05-30T02:02:04", 335, "2026-05-30T06:02:04Z"}, /* Florida, summer */
        {"2026-01-30 02:02:04", 335, "2026-01-30T07:02:04Z"},
        {"2026-05-30T02:02:04.750", 606, "2026-05-30T07:02:04Z"}, /* Chicago */
        {"2026-05-30T02:02", 802, "2026-05-30T08:02:00Z"},        /* Denver */
        {"2026-05-30T02:02:04", 850, "2026-05-30T09:02:04Z"},     /* Phoenix has no summer time */
        {"2026-05-30T02:02:04", 900, "2026-05-30T09:02:04Z"},
        {"2026-05-30T02:02:04", 995, "2026-05-30T10:02:04Z"},
        {"2026-05-30T02:02:04", 967, "2026-05-30T12:02:04Z"},
        {"2026-05-30T02:02:04", 7, "2026-05-30T06:02:04Z"},   /* Puerto Rico */
        {"2026-05-30T02:02:04", 969, "2026-05-29T16:02:04Z"}, /* Guam */
        {"2026-05-30T02:02:04", -1, "2026-05-30T06:02:04Z"},
        {"2026-05-30T02:02:04Z", 900, "2026-05-30T02:02:04Z"},
        {"2026-05-30T02:02:04-07:00", 335, "2026-05-30T09:02:04Z"},
        {"2026-05-30T02:02:04.1+0100", 335, "2026-05-30T01:02:04Z"},
        {"2026-03-08T01:59:59", 335, "2026-03-08T06:59:59Z"}, /* the clock goes forward at 2 */
        {"2026-03-08T03:00:00", 335, "2026-03-08T07:00:00Z"},
        {"2026-11-01T00:59:59", 335, "2026-11-01T04:59:59Z"}, /* and back */
        {"2026-11-01T02:00:00", 335, "2026-11-01T07:00:00Z"},
        {"2026-05-30", 335, NULL},
        {"2026-02-30T02:02:04", 335, NULL},
        {"2026-05-30T24:02:04", 335, NULL},
        {"2026-05-30T02:02:04 EDT", 335, NULL},
        {"05/30/2026 02:02:04", 335, NULL},
        {"2026-05-30T02:02:04                                             ", 335, NULL},
        {"", 335, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms;
        char got[21] = "";
        bool is_time = scan_time_parse(str_of(rows[i].text), rows[i].zip3, &ms);
        if (is_time) text_iso8601(ms, got);
        if (is_time != (rows[i].want != NULL) || (is_time && strcmp(got, rows[i].want) != 0))
            fail_msg("%s at %d: %s", rows[i].text, rows[i].zip3, got);
    }
}

/* Local time to UTC and back, each hour of a year, but for the hour that comes twice and the one that never comes. */
static void there_and_back(void **state)
{
    (void)state;
    int odd = 0;
    for (int64_t hour = 0; hour < 366 * 24; hour++) {
        int64_t utc = calendar_date(2026, 1, 1) * 86400000 + hour * 3600000, again;
        char local[21];
        text_iso8601(scan_local_ms(utc, 606), local);
        assert_true(scan_time_parse(str_make(local, 19), 606, &again));
        odd += again != utc;
    }
    assert_int_equal(odd, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),    cmocka_unit_test(names),    cmocka_unit_test(news),  cmocka_unit_test(dates),
        cmocka_unit_test(holidays), cmocka_unit_test(expected), cmocka_unit_test(times), cmocka_unit_test(there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
