/* event_story.h: whose mail an event is about: a piece of ours, or mail that another house sent, an event of a connection that is watched
 * (EVENT_CONNECTION). Of that there is no piece here to read; the event's detail says whose mail it is and of which drop there (written by
 * links/postalytics, as postalytics_event.c says). */
#pragma once
#include "mail/story.h"
#include "outbox/link.h"

/* For a link's `load`, of an event of a drop or of a connection. Mail of another house has a story like that of a piece of ours: who, drop_id and
 * name of the drop there, contact_id: their number of the person, never one of ours. piece_id 0, no tracking. False: the piece is not there any
 * more, or the event says not whose mail it is about: d->sentence says it; or the database failed. */
bool event_story_read(struct tx *tx, struct json_parser *p, struct link_delivery *d, struct piece_story *out);
