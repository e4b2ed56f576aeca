/* ids.h: random bytes, and the two kinds of name that need no table: tids and random tokens (specs: schema §1.4). */
#pragma once
#include "base/arena.h"

void random_bytes(void *out, size_t n);
uint64_t random_below(uint64_t bound);
/* 63 bits: milliseconds since 2020 (41), node (10), counter (12). Grows with time; unique for one node. Thread-safe. */
int64_t tid_next(int node);
int64_t tid_time_ms(int64_t tid);
int64_t tid_first_of(int64_t ms); /* the least tid of that millisecond: what is older is smaller */
/* Upper-case GUID 8-4-4-4-12, as the API keys of the service we are compatible with look. `out` takes 37 bytes. */
void guid_make(char out[37]);
/* n characters of lower-case base 32 without 0, 1, i, l, o… look-alikes (alphabet: 23456789abcdefghijkmnpqrstuvwxyz). */
char *token_make(struct arena *a, int n);
