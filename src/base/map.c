/* map.c: string keys to pointers. Entries stand in order of insertion; a table of slots beside them is probed linearly.
 * Keys may come from strangers, so the hash is SipHash-1-3 with a key drawn once per process. One owner, one thread. */
#include "base/map.h"
#include "base/ids.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>

struct entry {
    uint64_t hash;
    char *key; /* NULL: removed */
    size_t key_len;
    void *value;
};

/* Invariants: n_slots is a power of two and above 4/3 of n_entries; a slot holds an entry's index + 1, 0 is free. Entries that
 * were removed keep their slot until the next rebuild. */
struct map {
    struct entry *entries;
    size_t n_entries, cap_entries; /* removed ones included */
    uint32_t *slots;
    size_t n_slots;
};

static uint64_t hash_key[2];

static void draw_hash_key(void) { random_bytes(hash_key, sizeof hash_key); }

static uint64_t rotate(uint64_t v, int by) { return v << by | v >> (64 - by); }

static void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

static uint64_t map_hash(struct str s)
{
    uint64_t v[4] = {hash_key[0] ^ 0x736f6d6570736575u, hash_key[1] ^ 0x646f72616e646f6du, hash_key[0] ^ 0x6c7967656e657261u,
                     hash_key[1] ^ 0x7465646279746573u};
    uint64_t m;
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        memcpy(&m, s.ptr + i, 8);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    m = (uint64_t)s.len << 56;
    for (size_t k = 0; i + k < s.len; k++) m |= (uint64_t)(unsigned char)s.ptr[i + k] << (8 * k);
    v[3] ^= m;
    sip_round(v);
    v[0] ^= m;
    v[2] ^= 0xFF;
    for (int k = 0; k < 3; k++) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void *must(void *p)
{
    if (!p) log_panic(__FILE__, __LINE__, "the machine has no memory left");
    return p;
}

struct map *map_create(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, draw_hash_key);
    struct map *m = must(calloc(1, sizeof *m));
    m->n_slots = 16;
    m->slots = must(calloc(m->n_slots, sizeof *m->slots));
    return m;
}

void map_destroy(struct map **m)
{
    if (!m || !*m) return;
    for (size_t i = 0; i < (*m)->n_entries; i++) free((*m)->entries[i].key);
    free((*m)->entries);
    free((*m)->slots);
    free(*m);
    *m = NULL;
}

/* The entry of that key, or NULL with *slot where its index would go. */
static struct entry *map_find(const struct map *m, struct str key, uint64_t hash, size_t *slot)
{
    for (size_t at = hash & (m->n_slots - 1);; at = (at + 1) & (m->n_slots - 1)) {
        if (!m->slots[at]) {
            *slot = at;
            return NULL;
        }
        struct entry *e = &m->entries[m->slots[at] - 1];
        if (e->hash == hash && e->key && str_eq(str_make(e->key, e->key_len), key)) return e;
    }
}

static void map_rebuild(struct map *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_entries; i++)
        if (m->entries[i].key) m->entries[n++] = m->entries[i];
    m->n_entries = n;
    while (m->n_slots < n * 2 + 2) m->n_slots *= 2;
    ASSERT(m->n_slots <= UINT32_MAX);
    free(m->slots);
    m->slots = must(calloc(m->n_slots, sizeof *m->slots));
    for (size_t i = 0; i < n; i++) {
        size_t at = m->entries[i].hash & (m->n_slots - 1);
        while (m->slots[at]) at = (at + 1) & (m->n_slots - 1);
        m->slots[at] = (uint32_t)(i + 1);
    }
}

void *map_get(const struct map *m, struct str key)
{
    size_t slot;
    struct entry *e = map_find(m, key, map_hash(key), &slot);
    return e ? e->value : NULL;
}

void *map_put(struct map *m, struct str key, void *value)
{
    ASSERT(value);
    uint64_t hash = map_hash(key);
    size_t slot;
    struct entry *e = map_find(m, key, hash, &slot);
    if (e) {
        void *before = e->value;
        e->value = value;
        return before;
    }
    if ((m->n_entries + 1) * 4 > m->n_slots * 3) {
        map_rebuild(m);
        map_find(m, key, hash, &slot);
    }
    if (m->n_entries == m->cap_entries) {
        m->cap_entries = m->cap_entries ? m->cap_entries * 2 : 8;
        m->entries = must(realloc(m->entries, m->cap_entries * sizeof *m->entries));
    }
    char *copy = must(malloc(key.len + 1));
    if (key.len) memcpy(copy, key.ptr, key.len);
    copy[key.len] = '\0';
    m->entries[m->n_entries++] = (struct entry){hash, copy, key.len, value};
    m->slots[slot] = (uint32_t)m->n_entries;
    return NULL;
}

void *map_remove(struct map *m, struct str key)
{
    size_t slot;
    struct entry *e = map_find(m, key, map_hash(key), &slot);
    if (!e) return NULL;
    free(e->key);
    e->key = NULL;
    return e->value;
}

bool map_next(const struct map *m, size_t *at, struct str *key, void **value)
{
    while (*at < m->n_entries && !m->entries[*at].key) ++*at;
    if (*at == m->n_entries) return false;
    struct entry *e = &m->entries[(*at)++];
    *key = str_make(e->key, e->key_len);
    *value = e->value;
    return true;
}
