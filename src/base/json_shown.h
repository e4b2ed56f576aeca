/* json_shown.h: JSON whose texts people read in a terminal, which must not take them for its commands. */
#pragma once
#include "base/buf.h"

/* Adds `json` with every control character in its texts and keys replaced by U+FFFD, a return by a blank; tabs and line feeds stay. What is no JSON comes
 * out as no JSON. */
void json_shown(struct buf *out, struct str json);
