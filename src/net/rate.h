/* rate.h: how many requests somebody may make: a rate, and a meter of one asker against it. In memory; nothing here waits for a database. */
#pragma once
#include "base/fault.h"
#include "base/str.h"
#include <pthread.h>

struct rate {
    int64_t per_second, per_minute; /* 0: no bound of that kind */
};
static inline bool rate_is_off(struct rate r) { return r.per_second == 0 && r.per_minute == 0; }
/* "off"; "vendor", which is the hosted service's 3/s,180/min; "5/s"; "100/min"; "5/s,100/min". FAULT_USER 400 says how a rate is written. */
bool rate_parse(struct str text, struct rate *out, struct fault *f);
/* As rate_parse reads it. `out` takes RATE_TEXT_BYTES. */
#define RATE_TEXT_BYTES 64
void rate_write(struct rate r, char *out);

/* Two buckets, one a second and one a minute, each as the time when it will be full again. All zero: full. */
struct rate_meter {
    pthread_mutex_t lock;
    int64_t full_at_us[2];
};
void rate_meter_init(struct rate_meter *m);
/* Takes one request from both buckets, or from none: 0, or how many microseconds until both have one. Any thread. */
int64_t rate_take(struct rate_meter *m, struct rate r, int64_t now_us);
