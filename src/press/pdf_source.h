/* pdf_source.h: the inside of a PDF that is read: shared by pdf_source.c (opening, pages, destinations) and pdf_import.c. */
#pragma once
#include "press/pdf_import.h"
#include <qpdf/qpdf-c.h>

struct pdf_source {
    qpdf_data qpdf;
    int n_pages;
    struct pdf *into; /* the output that `copied` speaks of */
    int *copied;      /* by object id: number in the output; 0: not yet; below 0: being copied, minus the number it may need */
    int n_copied;
};
/* The value of a page's own or inherited entry; a handle of type uninitialized or null when there is none. */
qpdf_oh pdf_source_inherited(const struct pdf_source *s, qpdf_oh page, const char *key);
/* What qpdf had to say, as a sentence; false always. */
bool pdf_source_fault(const struct pdf_source *s, const char *what, struct fault *f);
bool pdf_source_media_box(const struct pdf_source *s, qpdf_oh page, double box[4]);
