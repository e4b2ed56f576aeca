/* digest.h: SHA-256 by OpenSSL. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/str.h"

#define SHA256_BYTES 32
void sha256(struct str s, uint8_t out[SHA256_BYTES]);

struct sha256_sum; /* running digest */
struct sha256_sum *sha256_create(void);
void sha256_add(struct sha256_sum *d, struct str s);
void sha256_take(struct sha256_sum *d, uint8_t out[SHA256_BYTES]); /* and starts anew */
void sha256_destroy(struct sha256_sum **d);
bool sha256_file(const char *path, uint8_t out[SHA256_BYTES], struct fault *f);
/* out takes 2 n + 1 bytes. */
void hex_encode(const void *p, size_t n, char *out);
bool hex_decode(struct str hex, void *out, size_t n); /* exactly n bytes, letters of either case; else `out` is left alone */
/* Base 64, from the arena, with a NUL behind it: with padding, or for addresses (RFC 4648 §5) without. */
struct str base64_encode(struct arena *a, struct str s);
struct str base64_url_encode(struct arena *a, struct str s);
/* Base 64 with padding; refuses anything else than one strict text. From the arena. */
struct str base64_decode(struct arena *a, struct str s); /* STR_NULL when invalid */
