/* redact.h: secrets that another machine may have sent back, taken out of what is stored or shown. The machine is told our secrets, so what it says may
 * hold them: in whichever case, in hexadecimal, in base 64 (alone, as "user:password", or as a part of any text), and cut off by whoever shortened the
 * sentence they stand in. Each of their characters may be as it is, percent-encoded, escaped as in JSON (also as in JSON within JSON) or a page's
 * reference, whatever the others are.
 *
 *   struct redaction r = redaction_begin(arena);
 *   redaction_add_json(&r, connection.secrets);
 *   answer = redaction_run(&r, answer); */
#pragma once
#include "base/arena.h"

#define REDACTED "[secret]"

struct redaction {
    struct arena *arena;
    struct str *values; /* each as it is and as it may be encoded, in small letters */
    int n, size;
};
struct redaction redaction_begin(struct arena *a);
/* A secret; one of fewer than six bytes is none. Of a text of several lines (a key) each line is one. */
void redaction_add(struct redaction *r, struct str secret);
/* All texts of a JSON object but those that only say where and who (names that end in _url and _id). STR_NULL: none. What is no JSON is one secret. */
void redaction_add_json(struct redaction *r, struct str object);
/* What stands in a header line behind its name ("Authorization: Bearer x"), whole and without its scheme; other headers than Authorization are none. */
void redaction_add_header(struct redaction *r, struct str line);
/* The text itself when it holds none. Of a long secret its first 16 bytes are known (as they are spelt, from six), and all that follows them as it does in the secret goes too. */
struct str redaction_run(const struct redaction *r, struct str text);
/* The same in place, for sentences; what is left is never longer than `size` - 1. */
void redaction_run_in(const struct redaction *r, char *text, size_t size);
