/* retry.c: when work that failed is tried again. Pure; any thread. */
#include "jobs/due.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"

int64_t retry_due(int64_t now, int attempt)
{
    ASSERT(attempt >= 1);
    int64_t wait = limit_get(LIMIT_JOB_RETRY_FIRST_S) * 1000, longest = limit_get(LIMIT_JOB_RETRY_LONGEST_S) * 1000;
    for (int i = 1; i < attempt && wait < longest; i++) wait *= 2;
    if (wait > longest) wait = longest;
    return now + wait +
           (int64_t)random_below((uint64_t)(wait / 10 + 1)); /* jitter: what failed together does not return together */
}

bool retry_is_over(int attempt) { return attempt >= limit_get(LIMIT_JOB_ATTEMPTS); }
