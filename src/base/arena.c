/* arena.c: memory freed at once, cut from chunks that double in size.
 * Used by every request, job and batch. An arena lives from create to destroy; reset keeps the first chunk. When the machine
 * has no memory left the process ends: a server that goes on after that answers wrongly. */
#include "base/arena.h"
#include "base/log.h"
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#define ALIGNMENT       alignof(max_align_t)
#define LARGEST_DOUBLED ((size_t)1 << 20)

struct chunk {
    struct chunk *next; /* the one filled before this one */
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *first, *now; /* `now` heads the list; `first` is its last member */
    size_t handed_out;
};

static struct chunk *chunk_create(size_t size)
{
    struct chunk *c = malloc(sizeof(struct chunk) + size);
    if (!c) log_panic(__FILE__, __LINE__, "the machine has no memory left");
    c->next = NULL, c->used = 0, c->size = size;
    return c;
}

struct arena *arena_create(size_t first_chunk_bytes)
{
    struct arena *a = malloc(sizeof *a);
    if (!a) log_panic(__FILE__, __LINE__, "the machine has no memory left");
    a->first = a->now = chunk_create(first_chunk_bytes < 64 ? 64 : first_chunk_bytes);
    a->handed_out = 0;
    return a;
}

void arena_reset(struct arena *a)
{
    while (a->now != a->first) {
        struct chunk *next = a->now->next;
        free(a->now);
        a->now = next;
    }
    a->now->used = 0;
    a->handed_out = 0;
}

void arena_destroy(struct arena **a)
{
    if (!a || !*a) return;
    arena_reset(*a);
    free((*a)->first);
    free(*a);
    *a = NULL;
}

size_t arena_bytes(const struct arena *a) { return a->handed_out; }

static void chunk_add(struct arena *a, size_t n)
{
    size_t size = a->now->size < LARGEST_DOUBLED ? a->now->size * 2 : LARGEST_DOUBLED;
    struct chunk *c = chunk_create(size < n ? n : size);
    c->next = a->now;
    a->now = c;
}

static char *arena_take(struct arena *a, size_t n)
{
    ASSERT(n <= PTRDIFF_MAX - ALIGNMENT);
    n = (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (a->now->size - a->now->used < n) chunk_add(a, n);
    char *p = a->now->bytes + a->now->used;
    a->now->used += n;
    a->handed_out += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n) { return memset(arena_take(a, n), 0, n); }

void *arena_array(struct arena *a, size_t n, size_t each)
{
    size_t bytes;
    ASSERT(!__builtin_mul_overflow(n, each, &bytes));
    return arena_alloc(a, bytes);
}

void *arena_longer(struct arena *a, const void *old, size_t n, size_t cap, size_t each)
{
    void *longer = arena_array(a, cap, each);
    if (n) memcpy(longer, old, n * each);
    return longer;
}

struct str arena_str(struct arena *a, struct str s)
{
    if (!s.ptr) return STR_NULL;
    char *p = arena_take(a, s.len + 1);
    memcpy(p, s.ptr, s.len);
    p[s.len] = '\0';
    return str_make(p, s.len);
}

char *arena_strz(struct arena *a, const char *z) { return z ? (char *)arena_str(a, str_of(z)).ptr : NULL; }

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    ASSERT(n >= 0);
    char *p = arena_take(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *p = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}
