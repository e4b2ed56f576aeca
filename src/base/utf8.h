/* utf8.h: UTF-8 as Unicode defines it (no surrogates, no overlong forms, at most U+10FFFF). */
#pragma once
#include "base/arena.h"

/* True when all bytes are valid. *bad (may be NULL) is the offset of the first byte that is not. */
bool utf8_is_valid(struct str s, size_t *bad);
/* Decodes one code point at s->ptr and steps over it; -1 at the end or on an invalid byte (which is stepped over). */
int32_t utf8_next(struct str *s);
/* Writes at most 4 bytes, returns how many. */
size_t utf8_put(char out[4], uint32_t cp);
size_t utf8_length(struct str s); /* code points */
/* In place: each byte that is not valid becomes a question mark (a sentence whose parts were cut by bytes). */
void utf8_mend(char *text);
bool utf8_is_control(int32_t cp); /* U+0000-1F, U+007F-9F */
/* Somebody else's words as one line: each control character, line ends too, becomes a blank, each byte that is not valid a question mark. At most
 * `size` - 1 bytes, cut between characters; returns how many. `out` may be where `s` stands. */
size_t utf8_line(char *out, size_t size, struct str s);
bool utf8_has_control(struct str s); /* U+0000-1F except tab, newline, return; U+007F-9F */
