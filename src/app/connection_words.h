/* connection_words.h: the words of `pennypost connection` as the bodies of its requests. Secrets come from a file or from standard input,
 * never from the command line, which other users of the machine can read. */
#pragma once
#include "app/options.h"
#include "base/json_out.h"

/* The words from `from` on, each NAME=VALUE. Those whose name is not one of `plain` (NULL at its end) stand below "settings" in the object
 * that *j stands in; NAME= takes one away (null). FAULT_USER names a word that has no "=". */
bool words_settings(const struct options *o, int from, const char *const *plain, struct json_out *j, struct fault *f);
/* Is one among them that stands below "settings"? */
bool words_say_settings(const struct options *o, int from, const char *const *plain);
/* One of `plain`; STR_NULL: it is not said. */
struct str words_get(const struct options *o, int from, const char *name);
/* "secrets" from --secrets FILE: one JSON object, or lines NAME=VALUE ("#" comments; NAME=@FILE: what stands in that file). Nothing without
 * the flag. */
bool words_secrets(const struct options *o, struct json_out *j, struct fault *f);
/* An operation's inputs as one object: NAME=TEXT, NAME:=JSON; a single "-": the object itself on standard input. */
bool words_inputs(const struct options *o, int from, struct buf *out, struct fault *f);
/* "90", "15m", "12h", "3d" as seconds. */
bool words_delay(struct str word, int64_t *seconds);
