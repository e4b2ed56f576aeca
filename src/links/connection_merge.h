/* connection_merge.h: what a wish (connection_save.h) makes of a connection's settings and secrets, by the rules of the connector's table. */
#pragma once
#include "links/connection_save.h"

/* *out: `was` (connection_id 0: a new one) with what is wished; texts in the arena; secrets STR_NULL: they stay as they are. FAULT_USER 400 names
 * the setting. */
bool connection_merge(const struct connection_wish *w, const struct connection *was, struct arena *a, struct connection *out,
                      struct fault *f);
/* A save is taken back: the secrets as they were, and so the tokens, since those of the trial were made with what was refused. Only when a renewal
 * since has used up one that was not said (a refresh token that is replaced), what it got instead stays: from `saved`, as they were stored, to `here`,
 * as they are now. What was said goes then too. */
struct str connection_secrets_back(const struct connection_wish *w, struct str was, struct str saved, struct str here,
                                   struct arena *a);
