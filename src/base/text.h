/* text.h: the rules of text that come from ICU: case, old code pages, normal forms, time zones. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

struct str text_upper(struct arena *a, struct str s); /* full case mapping, root locale */
struct str text_lower(struct arena *a, struct str s);
struct str text_title_key(struct arena *a, struct str s); /* "Variable Data 7", "first-name" → "variable_data_7", "first_name": how column names are compared */
/* Composed form (NFC). Returns s itself when nothing changes. */
struct str text_nfc(struct arena *a, struct str s);
/* Windows-1252 bytes to UTF-8; the five undefined bytes become U+FFFD. */
struct str text_from_windows_1252(struct arena *a, struct str s);
/* "2026-11-24T20:22:21Z" for milliseconds UTC. `out` takes 21 bytes. */
void text_iso8601(int64_t ms, char out[21]);
/* The reverse: Z or ±hh:mm, optional fraction, or a bare date (midnight UTC). */
bool text_parse_iso8601(struct str s, int64_t *ms);
/* Start of the local day that holds `ms`, in the named IANA zone ("America/New_York"). */
bool text_local_midnight(int64_t ms, const char *zone, int64_t *out, struct fault *f);
