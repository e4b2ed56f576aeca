/* remote_address.h: addresses of other machines as creatives write them, in the form in which Chromium will ask for them. Pure. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

/* "//x.test/a&amp;b" → "https://x.test/a&b": entities decoded, host in lower case, no fragment, no port that goes without saying. STR_NULL with
 * FAULT_USER 400: not an address, or one with a merge field in it. */
struct str remote_address(struct arena *a, struct str raw, struct fault *f);
/* What a style sheet at `base` would fetch, as absolute addresses; what is none is left out. Returns how many. */
int remote_addresses_of_css(struct arena *a, struct str css, struct str base, struct str *out, int max);
