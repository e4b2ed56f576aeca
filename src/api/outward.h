/* outward.h: a request that waits for another system's answer holds a thread of the pool meanwhile. Half of them may at once, a quarter of one
 * account's; the next is told so. So nobody else waits for a system that hangs. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct outward;
struct outward *outward_create(int n_threads /* of the pool */);
void outward_destroy(struct outward **o);
/* False: as many are under way as may be. */
bool outward_begin(struct outward *o, int64_t account);
void outward_end(struct outward *o, int64_t account);
