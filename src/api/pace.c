/* pace.c: see pace.h. A bucket is kept as the time when it will be full again; one that is full need not be kept. Four places for an
 * address: when all are taken by others, the one that is full soonest makes room. */
#include "api/pace.h"
#include "base/ids.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 4096, WAYS = 4, MINUTE_MS = 60000, SCALE = 1000 /* times in microseconds */ };

struct bucket {
    uint64_t who; /* 0: nobody */
    int64_t full_at_us;
};
struct pace {
    pthread_mutex_t lock;
    uint64_t salt; /* so that nobody chooses whose place he takes */
    struct bucket sets[SETS][WAYS];
};

struct pace *pace_create(void)
{
    struct pace *p = calloc(1, sizeof *p);
    ASSERT(p);
    pthread_mutex_init(&p->lock, NULL);
    random_bytes(&p->salt, sizeof p->salt);
    return p;
}

void pace_destroy(struct pace **pp)
{
    struct pace *p = *pp;
    if (!p) return;
    pthread_mutex_destroy(&p->lock);
    free(p);
    *pp = NULL;
}

static uint64_t mix(uint64_t v)
{
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
    return v ^ v >> 31;
}

static uint64_t who_of(const struct pace *p, const uint8_t address[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint64_t high, low = 0;
    memcpy(&high, address, 8);
    if (memcmp(address, mapped, sizeof mapped) == 0) memcpy(&low, address + 8, 8); /* v4; of v6 the first half is who */
    uint64_t who = mix(mix(high ^ p->salt) ^ low);
    return who ? who : 1;
}

static struct bucket *bucket_of(struct pace *p, uint64_t who)
{
    struct bucket *set = p->sets[who % SETS], *best = &set[0];
    for (int i = 0; i < WAYS; i++) {
        if (set[i].who == who) return &set[i];
        if (set[i].full_at_us < best->full_at_us) best = &set[i];
    }
    *best = (struct bucket){.who = who};
    return best;
}

int64_t pace_take(struct pace *p, const uint8_t address[16], int64_t per_minute, int64_t now_ms)
{
    int64_t now = now_ms * SCALE, each = (int64_t)MINUTE_MS * SCALE / per_minute;
    pthread_mutex_lock(&p->lock);
    struct bucket *b = bucket_of(p, who_of(p, address));
    int64_t next = (b->full_at_us > now ? b->full_at_us : now) + each;
    int64_t wait = next - now - (int64_t)MINUTE_MS * SCALE;
    if (wait <= 0) b->full_at_us = next;
    pthread_mutex_unlock(&p->lock);
    return wait <= 0 ? 0 : (wait + SCALE - 1) / SCALE;
}
