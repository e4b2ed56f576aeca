/* calendar.h: the days on which the USPS works. Days are counted from 1970-01-01. A business day here is a day on which mail is
 * delivered: Monday to Saturday, no federal holiday. A holiday on a Sunday is kept on Monday; one on a Saturday stays there (post
 * offices are open on the Friday before). Static; any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

const char *calendar_holiday(int64_t day); /* "Juneteenth National Independence Day"; NULL: none is kept on that day */
bool calendar_is_business_day(int64_t day);
int64_t calendar_add_business_days(int64_t day, int n); /* n business days later, n > 0 */

/* When a piece should reach its mailbox: 1 to 2 business days after its last local scan (In Local Area, Processed for Delivery). */
struct calendar_span {
    int64_t from_day, to_day;
};
struct calendar_span calendar_expected(int64_t local_scan_day);
int64_t calendar_day(int64_t ms);                             /* of a time that is local already (scan_local_ms) */
int64_t calendar_date(int year, int month, int day_of_month); /* day number */
int calendar_year(int64_t day);
/* The nth weekday (0 Sunday … 6 Saturday) of a month: the fourth Thursday of November. */
int64_t calendar_weekday_of(int year, int month, int wanted, int nth);
