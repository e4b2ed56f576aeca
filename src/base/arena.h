/* arena.h: memory that is freed at once. One arena per request, job, batch, transaction; nothing in it is freed singly.
 * Allocation does not fail: the process ends with a message when the machine has no memory left. Not thread-safe. */
#pragma once
#include "base/str.h"
#include <stdarg.h>

struct arena;

struct arena *arena_create(size_t first_chunk_bytes);
void arena_destroy(struct arena **a);
/* Forgets everything but keeps the first chunk for the next round. */
void arena_reset(struct arena *a);
size_t arena_bytes(const struct arena *a); /* handed out since the last reset */

void *arena_alloc(struct arena *a, size_t n);              /* zeroed, aligned for any type */
void *arena_array(struct arena *a, size_t n, size_t each); /* the same; a product that does not fit is no memory */
#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_array((a), (size_t)(n), sizeof(type)))
/* A longer array of the arena with the first n of `old`, which stays where it is. */
void *arena_longer(struct arena *a, const void *old, size_t n, size_t cap, size_t each);
/* Room for one more in `array`, an lvalue that holds n of `cap`, an integer lvalue, in the arena. NULL and 0 begin one. */
#define ARENA_GROW(a, array, n, cap)                                                                                           \
    do {                                                                                                                       \
        if ((n) < (cap)) break;                                                                                                \
        (cap) = (cap) ? (cap)*2 : 16;                                                                                          \
        (array) = arena_longer((a), (array), (size_t)(n), (size_t)(cap), sizeof *(array));                                     \
    } while (0)
/* Copies end in a NUL that is not counted, so `.ptr` may be given to C functions. STR_NULL stays STR_NULL. */
struct str arena_str(struct arena *a, struct str s);
char *arena_strz(struct arena *a, const char *z);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull, returns_nonnull));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0), nonnull(1, 2), returns_nonnull));
