/* purl_place.h: where visits to the pieces of a batch lead, kept in memory for some seconds. Any thread. */
#pragma once
#include "mail/mail_private.h"
#include "mail/visit.h"

struct purl_places;
struct purl_places *purl_places_create(void);
void purl_places_destroy(struct purl_places **p);
/* Fills what is the batch's and the drop's, from memory when it was read in the last seconds, else inside `tx`. Texts from the arena.
 * False: no such batch of this account, or the transaction failed. */
bool purl_place_of(struct purl_places *p, struct tx *tx, struct arena *a, struct purl *out);
/* What a drop says of visits has changed. */
void purl_places_changed(struct purl_places *p);
