/* scan_time.h: the times of the feed. They carry no zone; which one is meant is nowhere written down, and we take the facility's
 * local time (specs: postal §2.1, a decision of ours, which stands in scan_time_parse alone). A ZIP code's zone is that of the
 * greater part of its state; summer time by the rule of 2007. Static; any thread. */
#pragma once
#include "base/str.h"

/* "2026-05-30T02:02:04", a blank for the T, with or without seconds and fraction; with Z or ±hh:mm that zone counts. `zip3` -1:
 * Eastern time. False: not a time. */
bool scan_time_parse(struct str s, int zip3, int64_t *ms);
int64_t scan_local_ms(int64_t ms_utc, int zip3); /* the facility's clock, as if it were UTC */
