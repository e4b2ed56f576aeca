/* url.h: percent coding and query strings. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
struct str url_decode(struct arena *a, struct str s, bool plus_is_space); /* STR_NULL: bad %xx, NUL or not UTF-8 */
void url_encode(struct buf *b, struct str s);                             /* all but unreserved characters */
struct url_parts {
    struct str scheme, host, path, query;
    int port;
};
bool url_parse(struct str s, struct url_parts *out); /* absolute http and https only */
