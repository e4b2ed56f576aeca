/* clock.c: the one place that asks what time it is. Thread-safe. Tests move it with clock_set_ms; a build with failpoints also
 * takes the first time from PENNYPOST_CLOCK_MS. */
#include "base/clock.h"
#include "base/str.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

static _Atomic int64_t set_at_mono_ms, set_to_ms; /* set_to_ms 0: real time */

static int64_t read_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_us(void) { return read_us(CLOCK_MONOTONIC); }

int64_t clock_mono_ms(void) { return clock_mono_us() / 1000; }

int64_t clock_now_ms(void)
{
    int64_t to = atomic_load_explicit(&set_to_ms, memory_order_acquire);
    if (to) return to + clock_mono_ms() - atomic_load_explicit(&set_at_mono_ms, memory_order_relaxed);
    return read_us(CLOCK_REALTIME) / 1000;
}

void clock_set_ms(int64_t ms)
{
    atomic_store_explicit(&set_at_mono_ms, clock_mono_ms(), memory_order_relaxed);
    atomic_store_explicit(&set_to_ms, ms, memory_order_release);
}

#ifdef PENNYPOST_FAILPOINTS
__attribute__((constructor)) static void clock_read_environment(void)
{
    const char *text = getenv("PENNYPOST_CLOCK_MS");
    int64_t ms;
    if (text && str_to_int64(str_of(text), &ms) && ms > 0) clock_set_ms(ms);
}
#endif
