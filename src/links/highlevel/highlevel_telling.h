/* highlevel_telling.h: an event on its way to HighLevel, between what decides the next step (highlevel_tell.c) and what writes its request
 * (highlevel_ask.c). */
#pragma once
#include "links/highlevel/highlevel_private.h"
#include "links/crm.h"

enum doing { NOTHING, BY_EMAIL, BY_PHONE, CREATE, UNTAG, TAG, LOOK, NOTE, FINISHED, NOBODY };

struct telling {
    struct crm_update update;
    struct highlevel_terms terms;
    struct str contact_id; /* STR_NULL: not found yet */
    struct str lost_id;    /* with is_gone: the one that was looked for; kept in the mark, as settle forgets it */
    enum doing doing;      /* what was asked last */
    int n_taken;           /* requests that the pace has given and that were not made yet */
    bool tried_email, tried_phone;
    bool is_gone; /* the contact that we knew is not there: not any more, or it never was */
    bool is_untagged, is_tagged;
    bool may_be_noted; /* an attempt may have written the note */
    bool has_looked;   /* … it has not */
    bool was_found;    /* contact_id is to be remembered */
    bool was_lost;     /* what was remembered is to be forgotten */
};

/* The request of a step that is one (not NOTHING, FINISHED, NOBODY), into d->ask, unsigned. */
void highlevel_ask(struct link_delivery *d, const struct telling *t, enum doing what);
