/* pace.h: how often one address may ask for personal URLs: a bucket each, in a table of fixed size. Any thread. */
#pragma once
#include <stdint.h>
#include <sys/socket.h>

struct pace;
struct pace *pace_create(void);
void pace_destroy(struct pace **p);
/* Takes one request of an address (v6: of its /64) that may make `per_minute`, all at once or one after the other. 0, or in how many
 * milliseconds there is one again. */
int64_t pace_take(struct pace *p, const uint8_t address[16], int64_t per_minute, int64_t now_ms);
