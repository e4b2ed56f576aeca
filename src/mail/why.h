/* why.h: the whole story of one piece: where it came from, what it was printed with, what is known to have happened to it and what was
 * told to whom. For people who ask why; reads as much as it takes. */
#pragma once
#include "mail/mail.h"
#include "base/json_out.h"

/* Writes one JSON object: piece, contact, list, drop, batch, file page, tracking, expected, scans, events, visits, deliveries. 404: no such
 * piece of this account. */
bool why_piece(struct mail *m, struct arena *a, int64_t account, int64_t piece_id, struct json_out *j, struct fault *f);
