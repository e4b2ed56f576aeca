/* connection_merge.h: what a wish (connection_save.h) makes of a connection's settings and secrets, by the rules of the connector's table. */
#pragma once
#include "links/connection_save.h"

bool connection_says_secrets(const struct connection_wish *w);
/* *out: `was` (connection_id 0: a new one) with what is wished; texts in the arena. FAULT_USER 400 names the setting. */
bool connection_merge(const struct connection_wish *w, const struct connection *was, struct arena *a, struct connection *out,
                      struct fault *f);
/* A save that said secrets is taken back: those that go where `saved` was stored, and `here` is now. What was not said may have been renewed since,
 * and what was there before is used up then: it is as it is here. Not so when what was said is what was used up (a code): nothing of `was` is. */
struct str connection_secrets_back(const struct connection_wish *w, struct str was, struct str saved, struct str here,
                                   struct arena *a);
