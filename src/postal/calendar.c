/* calendar.c: the working days of the USPS, computed: no list of years to keep. Called where a delivery is expected and where a scan's
 * local time is found. No state; any thread. */
#include "postal/calendar.h"

#define DAY_MS INT64_C(86400000)

/* Day of the week: 0 Sunday … 6 Saturday; 1970-01-01 was a Thursday. */
static int weekday(int64_t day) { return (int)(((day + 4) % 7 + 7) % 7); }

int64_t calendar_day(int64_t ms) { return ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS); }

/* Counted in years that begin on 1 March, so that the leap day is the last. */
int64_t calendar_date(int year, int month, int day_of_month)
{
    int64_t y = month <= 2 ? year - 1 : year, shifted = month > 2 ? month - 3 : month + 9;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * shifted + 2) / 5 + day_of_month - 1 - 719468;
}

int calendar_year(int64_t day)
{
    int year = (int)(1970 + day * 400 / 146097);
    while (calendar_date(year, 1, 1) > day) year--;
    while (calendar_date(year + 1, 1, 1) <= day) year++;
    return year;
}

int64_t calendar_weekday_of(int year, int month, int wanted, int nth)
{
    int64_t first = calendar_date(year, month, 1);
    return first + (wanted - weekday(first) + 7) % 7 + (nth - 1) * 7;
}

static int64_t last_monday_of_may(int year)
{
    int64_t last = calendar_date(year, 5, 31);
    return last - (weekday(last) + 6) % 7;
}

/* 5 USC 6103. `nth` 0: a fixed date, `day` says which; else the nth such weekday of the month; -1: the last Monday. */
static const struct holiday {
    const char *name;
    int since, month, nth, day;
} holidays[] = {
    {"New Year's Day", 0, 1, 0, 1},
    {"Martin Luther King, Jr. Birthday", 1986, 1, 3, 1},
    {"Washington's Birthday", 0, 2, 3, 1},
    {"Memorial Day", 0, 5, -1, 1},
    {"Juneteenth National Independence Day", 2021, 6, 0, 19},
    {"Independence Day", 0, 7, 0, 4},
    {"Labor Day", 0, 9, 1, 1},
    {"Columbus Day", 0, 10, 2, 1},
    {"Veterans Day", 0, 11, 0, 11},
    {"Thanksgiving Day", 0, 11, 4, 4},
    {"Christmas Day", 0, 12, 0, 25},
};

static int64_t kept_on(const struct holiday *h, int year)
{
    if (h->nth < 0) return last_monday_of_may(year);
    if (h->nth > 0) return calendar_weekday_of(year, h->month, h->day, h->nth);
    int64_t day = calendar_date(year, h->month, h->day);
    return weekday(day) == 0 ? day + 1 : day;
}

const char *calendar_holiday(int64_t day)
{
    int year = calendar_year(day);
    for (size_t i = 0; i < sizeof holidays / sizeof *holidays; i++)
        if (year >= holidays[i].since && kept_on(&holidays[i], year) == day) return holidays[i].name;
    return NULL;
}

bool calendar_is_business_day(int64_t day) { return weekday(day) != 0 && !calendar_holiday(day); }

int64_t calendar_add_business_days(int64_t day, int n)
{
    while (n > 0) n -= calendar_is_business_day(++day);
    return day;
}

struct calendar_span calendar_expected(int64_t local_scan_day)
{
    return (struct calendar_span){calendar_add_business_days(local_scan_day, 1), calendar_add_business_days(local_scan_day, 2)};
}
