/* address_marks.h: an address as given beside as printed, with the words that differ marked. */
#pragma once
#include "postal/address.h"
#include "web/view.h"

/* Fills items `given` and `as_printed`: lines with items `words` (`text`, `is_changed`), and `changes` with the number of words
 * of the printed address that were not given so. Case is no difference. */
void address_marks(struct view *v, const struct address_in *in, const struct address *out);
/* The given lines alone, nothing marked: an address that cannot be printed. */
void address_given(struct view *v, const struct address_in *in);
