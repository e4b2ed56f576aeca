/* webhook_private.h: what the files of this connector share. */
#pragma once
#include "links/webhook/webhook.h"
#include "base/buf.h"
#include "mail/story.h"

/* What load read: one of the two, by the event's source. */
struct webhook_story {
    struct piece_story piece;
    struct contact contact;
    bool has_contact; /* a deleted one has only its number */
};
/* The body of d's event, from d->state. */
void webhook_body(struct buf *b, const struct link_delivery *d);
