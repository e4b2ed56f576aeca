/* url.h: percent coding and query strings. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
struct str url_decode(struct arena *a, struct str s, bool plus_is_space); /* STR_NULL: bad %xx, NUL or not UTF-8 */
void url_encode(struct buf *b, struct str s);                             /* all but unreserved characters */
struct str url_encoded(struct arena *a, struct str s);                    /* the same, as a text of its own */
/* One more name=value of a form or a query; nothing for STR_NULL. `b`: the pairs before it, and nothing else. */
void url_add_pair(struct buf *b, const char *name, struct str value);
struct url_parts {
    struct str scheme, host, path, query;
    int port;
};
bool url_parse(struct str s, struct url_parts *out); /* absolute http and https only */
bool url_is_base(struct str s); /* one that paths are put behind: with nothing of a query or a fragment, be it empty */
