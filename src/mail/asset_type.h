/* asset_type.h: what kind of file an asset is, by its first bytes; style sheets by name. */
#pragma once
#include "base/str.h"

/* Media type, or NULL when it is none that a creative may use. head: the first 512 bytes, or all. */
const char *asset_type(struct str head, struct str name);
