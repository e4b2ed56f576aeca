/* runs.h: the runs of serials in memory: which piece has this tracking code? One entry per batch, 32 bytes. Asked and refreshed by those who
 * read scans. */
#pragma once
#include "store/store.h"

struct run_hit {
    int64_t account, piece_id, assigned_at;
};
struct runs;
struct runs *runs_create(void); /* knows nothing until it is refreshed */
void runs_destroy(struct runs **r);
/* Learns what was assigned since: one small read when nothing was. Whoever assigned it, on whatever node. */
bool runs_refresh(struct runs *r, struct store *s, struct fault *f);

/* The piece of the last run that was assigned before `at_ms`; else, of one that was assigned up to RUNS_SLACK_MS after it, because times of
 * the feed carry no zone. Any thread. */
#define RUNS_SLACK_MS (48 * 3600 * 1000LL)
bool runs_find(struct runs *r, int64_t mid, int64_t serial, int64_t at_ms, struct run_hit *out);
/* Inside a unit: has anything been assigned that runs_find does not know? */
bool runs_are_behind(struct runs *r, struct tx *tx);
