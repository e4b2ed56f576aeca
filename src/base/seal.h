/* seal.h: secrets at rest: libsodium's XChaCha20-Poly1305 with a key file that lies outside the database (DATA/house.key, mode 0600, made at
 * the first start, never in a backup). Read-only after seal_open: any thread may shut and unseal. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

struct seal;
/* Reads the key file, makes it when it is not there (an existing one is never replaced). FAULT_OPERATOR: it can be read by others, or holds
 * something else than a key. */
struct seal *seal_open(const char *key_file, struct fault *f);
void seal_close(struct seal **s); /* wipes the key */
/* nonce and box, from the arena; 40 bytes longer than the secret. `purpose` ("webhook 1000000007") is bound into it: a box copied to another
 * row does not open. STR_NULL stays STR_NULL. */
struct str seal_shut(const struct seal *s, struct arena *a, struct str purpose, struct str secret);
struct str seal_unseal(const struct seal *s, struct arena *a, struct str purpose,
                       struct str box); /* STR_NULL: not ours, or changed */
