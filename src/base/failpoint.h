/* failpoint.h: places where a test may kill the process, fail a call, or hold a thread for two seconds. Compiled away unless the build has failpoints.
 *
 * PENNYPOST_FAILPOINT="name[:n][:kill|fail|pause]" (default: first hit, kill -9). Hits of all points are appended, one name a line, to
 * the file PENNYPOST_FAILPOINT_HITS. Name the place and side: "store.commit.before", "package.rename.after". */
#pragma once
#include <stdbool.h>

#ifdef PENNYPOST_FAILPOINTS
bool failpoint_hit(const char *name); /* true: the caller must fail as the real call would (errno is EIO) */
#define FAILPOINT(name) failpoint_hit(name)
#else
#define FAILPOINT(name) false
#endif
