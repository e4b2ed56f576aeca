/* address_table.h: what Publication 28 and the postal services fix by table. For the address module alone. Static; any thread.
 * Texts are looked up in folded form: upper case A-Z, digits, blanks. */
#pragma once
#include "postal/address.h"

struct str address_suffix(struct str word);      /* "STREET", "STR" → "ST"; STR_NULL: not a suffix */
struct str address_directional(struct str word); /* "NORTHWEST" → "NW" */
/* "SUITE" → "STE"; *needs_id: an apartment needs its number, a basement does not. */
struct str address_unit(struct str word, bool *needs_id);
bool address_zip_is_in_state(struct str zip5, const char *state, enum address_country country);
bool address_state_has_leading_zero(const char *state); /* its ZIPs begin with 0, which spreadsheets drop */

/* address_fold.c. Upper case A-Z, 0-9, - / # and single blanks; accents go to base letters. FAULT_USER names the field when a
 * character has no such form. */
struct buf;
bool address_fold_into(struct buf *to, struct str s, const char *field, struct fault *f);
struct str address_fold(struct arena *a, struct str s, const char *field, bool *ok, struct fault *f);

/* address_street.c: one street line, folded, to its standard form; *unit is STR_NULL when it has none. Sets warnings. */
struct str address_street(struct arena *a, struct str folded, struct str *unit, unsigned *warnings);
struct str address_secondary(struct arena *a, struct str folded, unsigned *warnings); /* a second line, folded */
