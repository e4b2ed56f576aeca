/* scan_time.c: the feed's local times. Called for each scan. One table is made at first use; any thread. */
#include "postal/scan_time.h"
#include "postal/address_table.h"
#include "postal/calendar.h"
#include "base/text.h"
#include <pthread.h>
#include <stdio.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

/* The first is where nothing is known. A state that has two zones stands in that of its greater part. */
static const struct zone {
    int standard_hours;
    bool has_summer_time;
    const char *states;
} zones[] = {
    {-5, true, "CT DE DC FL GA IN KY ME MD MA MI NH NJ NY NC OH PA RI SC VT VA WV"},
    {-6, true, "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI"},
    {-7, true, "CO ID MT NM UT WY"},
    {-7, false, "AZ"},
    {-8, true, "CA NV OR WA"},
    {-9, true, "AK"},
    {-10, false, "HI"},
    {-4, false, "PR VI"},
    {10, false, "GU MP"},
};
static uint8_t zone_of_zip3[1000];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint8_t zone_find(struct str zip)
{
    for (uint8_t z = 0; z < sizeof zones / sizeof *zones; z++)
        for (const char *s = zones[z].states; *s; s += s[2] ? 3 : 2) {
            char state[3] = {s[0], s[1], 0};
            if (address_zip_is_in_state(zip, state, ADDRESS_US)) return z;
        }
    return 0;
}

static void zones_make(void)
{
    char zip[8];
    for (int i = 0; i < 1000; i++) {
        snprintf(zip, sizeof zip, "%03d01", i);
        zone_of_zip3[i] = zone_find(str_make(zip, 5));
    }
}

static const struct zone *zone_get(int zip3)
{
    pthread_once(&once, zones_make);
    return &zones[zip3 >= 0 && zip3 < 1000 ? zone_of_zip3[zip3] : 0];
}

/* From 2:00 on the second Sunday of March to `end_hour` on the first Sunday of November, by a clock that shows `local`. */
static bool is_summer(int64_t local, int end_hour)
{
    int year = calendar_year(calendar_day(local));
    return local >= calendar_weekday_of(year, 3, 0, 2) * DAY_MS + 2 * HOUR_MS &&
           local < calendar_weekday_of(year, 11, 0, 1) * DAY_MS + end_hour * HOUR_MS;
}

/* The hour that comes twice in November is taken for the first of the two. */
static int64_t local_to_utc(int64_t local, const struct zone *z)
{
    return local - (z->standard_hours + (z->has_summer_time && is_summer(local, 2))) * HOUR_MS;
}

int64_t scan_local_ms(int64_t ms_utc, int zip3)
{
    const struct zone *z = zone_get(zip3);
    int64_t local = ms_utc + z->standard_hours * HOUR_MS;
    return z->has_summer_time && is_summer(local, 1) ? local + HOUR_MS : local;
}

/* "2026-05-30T02:02:04" and what may follow; a zone begins with Z, + or -. */
bool scan_time_parse(struct str s, int zip3, int64_t *ms)
{
    char text[48];
    if (s.len < 16 || s.len > sizeof text - 2) return false;
    bool has_zone = memchr(s.ptr + 16, '+', s.len - 16) || memchr(s.ptr + 16, '-', s.len - 16);
    if (has_zone || s.ptr[s.len - 1] == 'Z' || s.ptr[s.len - 1] == 'z') return text_parse_iso8601(s, ms);
    memcpy(text, s.ptr, s.len);
    text[s.len] = 'Z';
    int64_t local;
    if (!text_parse_iso8601(str_make(text, s.len + 1), &local)) return false;
    *ms = local_to_utc(local, zone_get(zip3));
    return true;
}
