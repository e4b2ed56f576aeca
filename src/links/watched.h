/* watched.h: an event of a connection that is watched (EVENT_CONNECTION): mail that another house sent. There is no piece here to read; the
 * event's detail says whose mail it is and of which drop there (written by links/postalytics, as postalytics_watched.c says). */
#pragma once
#include "mail/story.h"
#include "outbox/link.h"

/* A story like that of a piece of ours: who, drop_id and name of the drop there, contact_id: their number of the person. piece_id 0, no tracking.
 * For a link's `load`. False: the event says not whose mail it is about; d->sentence is set. */
bool watched_story_read(struct json_parser *p, struct link_delivery *d, struct piece_story *out);
