/* map.h: string keys to pointers, open addressing. Keys are copied; values are the caller's. Not thread-safe. */
#pragma once
#include "base/str.h"

struct map;
struct map *map_create(void);
void map_destroy(struct map **m);
void *map_get(const struct map *m, struct str key);        /* NULL: not there */
void *map_put(struct map *m, struct str key, void *value); /* returns what was there before; value must not be NULL */
void *map_remove(struct map *m, struct str key);
/* Order is that of insertion where nothing was removed. *at starts at 0. */
bool map_next(const struct map *m, size_t *at, struct str *key, void **value);
