/* press_case.h: recipients and creatives for tests that print with real workers and, where the creative is HTML, a real
 * Chromium. */
#pragma once
#include "press/package.h"

/* n recipients "Given7 Family7" with address lines and a barcode; field values in the arena. */
struct press_piece *case_pieces(struct arena *a, int n);
struct package_piece *case_package(struct arena *a, int n);
void case_set(struct press_piece *p, int field, struct str value);
/* A two-page 6x9 with {{first_name}} and a message in {{var_field_1}} that flows onto more pages when it is long. */
void case_creative(struct creative *c);
void case_pictures(struct creative *c); /* image-only, two grey PNGs */
extern const struct str case_return[3];
/* False where user namespaces are forbidden, so that a test of HTML is skipped. True also where Chromium is missing for another reason: it fails. */
bool case_has_cage(void);
