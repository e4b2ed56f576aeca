/* runs.h: the runs of serials in memory: which piece has this tracking code? One entry per batch, 32 bytes. Read by the threads that read
 * scans, added to by the committer when a run was committed. */
#pragma once
#include "store/store.h"

struct run_hit {
    int64_t account, piece_id, assigned_at;
};
struct runs;
struct runs *runs_create(struct store *s, struct fault *f); /* loads them */
void runs_destroy(struct runs **r);

/* Inside the unit that wrote the row: known to runs_find after the commit. mid negative: a test run. */
struct run_new {
    int64_t account, mid, lap, first, n, batch_id, assigned_at;
};
void runs_add(struct runs *r, struct tx *tx, const struct run_new *run);
/* The piece of the last run that was assigned before `at_ms`; else, of one that was assigned up to RUNS_SLACK_MS after it, because times of
 * the feed carry no zone. Any thread. */
#define RUNS_SLACK_MS (48 * 3600 * 1000LL)
bool runs_find(struct runs *r, int64_t mid, int64_t serial, int64_t at_ms, struct run_hit *out);
size_t runs_bytes(struct runs *r);
