/* piece_json.h: how a piece is written, by itself and in its batch. */
#pragma once
#include "api/api_private.h"
#include "mail/piece.h"

void piece_json(struct json_out *j, struct http_exchange *x, const struct piece *p, const struct batch *b);
