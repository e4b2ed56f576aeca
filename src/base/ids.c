/* ids.c: random bytes and names that need no table. Thread-safe. The kernel's random source cannot fail once the machine is up;
 * if it does, the process ends rather than hand out a guessable token. */
#include "base/ids.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/random.h>

#define EPOCH_2020_MS INT64_C(1577836800000)

void random_bytes(void *out, size_t n)
{
    char *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) log_panic(__FILE__, __LINE__, "the kernel gives no random bytes");
        p += got, n -= (size_t)got;
    }
}

uint64_t random_below(uint64_t bound)
{
    ASSERT(bound > 0);
    uint64_t v, uneven = (0 - bound) % bound; /* 2^64 mod bound: values below it would come up once too often */
    do random_bytes(&v, sizeof v);
    while (v < uneven);
    return v % bound;
}

int64_t tid_next(int node)
{
    ASSERT(node >= 0 && node < 1024);
    static _Atomic int64_t last; /* milliseconds and counter of the newest tid */
    int64_t since = clock_now_ms() - EPOCH_2020_MS;
    ASSERT(since >= 0 && since < INT64_C(1) << 41);
    int64_t before = atomic_load(&last), next;
    do
        next =
            before >= since << 12 ? before + 1 : since << 12; /* a clock stepped back, or a full counter, runs ahead of time */
    while (!atomic_compare_exchange_weak(&last, &before, next));
    return (next >> 12) << 22 | (int64_t)node << 12 | (next & 0xFFF);
}

int64_t tid_time_ms(int64_t tid) { return (tid >> 22) + EPOCH_2020_MS; }

int64_t tid_first_of(int64_t ms) { return ms > EPOCH_2020_MS ? (ms - EPOCH_2020_MS) << 22 : 0; }

void guid_make(char out[37])
{
    uint8_t b[16];
    random_bytes(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40); /* RFC 9562: version 4, variant 1 */
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    snprintf(out, 37, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X", b[0], b[1], b[2], b[3], b[4],
             b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

char *token_make(struct arena *a, int n)
{
    static const char alphabet[] = "23456789abcdefghijkmnpqrstuvwxyz";
    _Static_assert(sizeof alphabet == 33, "five bits a character");
    ASSERT(n > 0);
    char *token = arena_alloc(a, (size_t)n + 1);
    random_bytes(token, (size_t)n);
    for (int i = 0; i < n; i++) token[i] = alphabet[token[i] & 31];
    return token;
}
