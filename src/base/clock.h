/* clock.h: the one place that asks what time it is. Times are milliseconds UTC since 1970 unless a name says otherwise. */
#pragma once
#include <stdint.h>

int64_t clock_now_ms(void);
/* For measuring: never steps back, not a time of day. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
/* Tests: clock_now_ms() answers from this value on (0: real time again). Also set at start from PENNYPOST_CLOCK_MS when the
 * build has failpoints, and stepped over the operator's socket. */
void clock_set_ms(int64_t ms);
