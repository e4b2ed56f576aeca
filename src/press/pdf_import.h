/* pdf_import.h: pages of another PDF (Chromium's) brought into ours, through libqpdf's C face. The source is untrusted: parsed
 * only in a press worker. Objects are copied once per source; big streams (images, fonts) that are equal byte for byte to one
 * already in the output are not written again, so a picture that each of 25 documents embeds lies in the file once. */
#pragma once
#include "press/pdf.h"

struct pdf_source;
struct pdf_source *pdf_source_open(struct str bytes, struct fault *f); /* bytes stay the caller's until closed */
void pdf_source_close(struct pdf_source **s);
int pdf_source_pages(const struct pdf_source *s);
bool pdf_source_page_size(const struct pdf_source *s, int page, double *width, double *height);
/* Page number of each named destination that begins with `prefix` and ends in a number: at[number] = 0-based page; -1 where
 * there is none. */
void pdf_source_destinations(const struct pdf_source *s, const char *prefix, int *at, int n);
bool pdf_import_page(struct pdf *p, struct pdf_source *s, int page, struct arena *a, struct pdf_background *bg,
                     struct fault *f);
