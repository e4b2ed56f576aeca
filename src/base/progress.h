/* progress.h: long work shown to a person: a bar of ticks on a terminal, a line every few seconds elsewhere, nothing with --json.
 * Values may be set from any thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct progress;
struct progress *progress_create(const char *what, const char *unit, int64_t total /* 0: unknown */, bool quiet);
void progress_set(struct progress *p, int64_t done, int64_t refused);
void progress_end(struct progress **p); /* last line: totals and rate */
/* "1 min 20 s": time left in words. */
void progress_duration(int64_t ms, char out[32]);
