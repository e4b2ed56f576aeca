/* text_time.c: times as ISO 8601 text, and the local day of a time zone (by ICU). No state; thread-safe. */
#include "base/text.h"
#include <stdio.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#define DAY_MS INT64_C(86400000)

/* Days since 1970 of a date of the Gregorian calendar, counted in eras of 400 years that begin on 1 March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100),
            shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static void put_digits(char *out, int n, int64_t v)
{
    for (; n > 0; v /= 10) out[--n] = (char)('0' + v % 10);
}

void text_iso8601(int64_t ms, char out[21])
{
    const int64_t least = days_of(0, 1, 1) * DAY_MS, most = days_of(10000, 1, 1) * DAY_MS - 1; /* four digits of year */
    ms = ms < least ? least : ms > most ? most : ms;
    int64_t days = ms >= 0 ? ms / DAY_MS : -((-ms + DAY_MS - 1) / DAY_MS), second = (ms - days * DAY_MS) / 1000, year, month,
            day;
    date_of(days, &year, &month, &day);
    memcpy(out, "0000-00-00T00:00:00Z", 21);
    put_digits(out, 4, year), put_digits(out + 5, 2, month), put_digits(out + 8, 2, day);
    put_digits(out + 11, 2, second / 3600), put_digits(out + 14, 2, second / 60 % 60), put_digits(out + 17, 2, second % 60);
}

/* Takes exactly n digits off the front. */
static bool take_digits(struct str *s, size_t n, int64_t *v)
{
    if (s->len < n) return false;
    *v = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9') return false;
        *v = *v * 10 + (s->ptr[i] - '0');
    }
    *s = str_make(s->ptr + n, s->len - n);
    return true;
}

static bool take_char(struct str *s, const char *one_of)
{
    if (s->len == 0 || !s->ptr[0] || !strchr(one_of, s->ptr[0])) return false;
    *s = str_make(s->ptr + 1, s->len - 1);
    return true;
}

static bool take_date(struct str *s, int64_t *ms)
{
    static const char month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;
    if (!take_digits(s, 4, &year) || !take_char(s, "-") || !take_digits(s, 2, &month) || !take_char(s, "-") ||
        !take_digits(s, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1]) return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2 && day == 29 && !is_leap) return false;
    *ms = days_of(year, month, day) * DAY_MS;
    return true;
}

static bool take_time(struct str *s, int64_t *ms)
{
    int64_t hour, minute, second = 0, digit, scale = 100;
    if (!take_digits(s, 2, &hour) || !take_char(s, ":") || !take_digits(s, 2, &minute)) return false;
    if (take_char(s, ":") && !take_digits(s, 2, &second)) return false;
    if (hour > 23 || minute > 59 || second > 60) return false; /* 60: a leap second */
    *ms += ((hour * 60 + minute) * 60 + second) * 1000;
    if (!take_char(s, ".,")) return true;
    if (!take_digits(s, 1, &digit)) return false;
    do {
        *ms += digit * scale;
        scale /= 10;
    } while (take_digits(s, 1, &digit));
    return true;
}

static bool take_offset(struct str *s, int64_t *ms)
{
    if (take_char(s, "Zz")) return true;
    int64_t hours, minutes;
    int64_t sign = s->len && s->ptr[0] == '-' ? -1 : 1;
    if (!take_char(s, "+-") || !take_digits(s, 2, &hours)) return false;
    take_char(s, ":");
    if (!take_digits(s, 2, &minutes) || hours > 23 || minutes > 59) return false;
    *ms -= sign * (hours * 60 + minutes) * 60000;
    return true;
}

bool text_parse_iso8601(struct str s, int64_t *ms)
{
    int64_t at;
    if (!take_date(&s, &at)) return false;
    if (s.len > 0 && (!take_char(&s, "Tt ") || !take_time(&s, &at) || !take_offset(&s, &at))) return false;
    if (s.len > 0) return false;
    *ms = at;
    return true;
}

static UCalendar *zone_open(const char *zone, UErrorCode *e)
{
    UChar name[64], canonical[64];
    UBool is_known = 0;
    size_t n = strlen(zone);
    if (n == 0 || n >= 64 || strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") != n)
        return NULL;
    u_charsToUChars(zone, name, (int32_t)n + 1);
    ucal_getCanonicalTimeZoneID(name, (int32_t)n, canonical, 64, &is_known,
                                e); /* ucal_open would take an unknown name for GMT */
    return is_known ? ucal_open(name, (int32_t)n, "en_US", UCAL_GREGORIAN, e) : NULL;
}

bool text_local_midnight(int64_t ms, const char *zone, int64_t *out, struct fault *f)
{
    UErrorCode e = U_ZERO_ERROR;
    UCalendar *c = zone_open(zone, &e);
    if (!c) return fault_user(f, 400, "there is no time zone called %.60s", zone);
    ucal_setMillis(c, (double)ms, &e);
    /* Where the clock skips midnight the day begins at the first hour there is. */
    ucal_setAttribute(c, UCAL_SKIPPED_WALL_TIME, UCAL_WALLTIME_NEXT_VALID);
    ucal_setAttribute(c, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
    ucal_set(c, UCAL_HOUR_OF_DAY, 0);
    ucal_set(c, UCAL_MINUTE, 0);
    ucal_set(c, UCAL_SECOND, 0);
    ucal_set(c, UCAL_MILLISECOND, 0);
    double at = ucal_getMillis(c, &e);
    ucal_close(c);
    if (U_FAILURE(e)) return fault_ours(f, "the local day in %.60s cannot be found: %s", zone, u_errorName(e));
    *out = (int64_t)at;
    return true;
}
