/* seal.h: secrets at rest: libsodium's secretbox with a key file that lies outside the database (DATA/house.key, mode 0600, made at the first
 * start, never in a backup). */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

struct seal;
/* Reads the key file, makes it when it is not there. Refuses one that others can read. */
struct seal *seal_open(const char *key_file, struct fault *f);
void seal_close(struct seal **s); /* wipes the key */
/* nonce and box, from the arena. `purpose` ("webhook 1000000007") is bound into it: a box copied to another row does not open. */
struct str seal_shut(const struct seal *s, struct arena *a, struct str purpose, struct str secret);
struct str seal_unseal(const struct seal *s, struct arena *a, struct str purpose,
                       struct str box); /* STR_NULL: not ours, or changed */
