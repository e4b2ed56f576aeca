/* proof.h: single pieces to look at: pages cut out of a batch file, and pictures of them by pdftoppm (GPL: a child process,
 * never linked). */
#pragma once
#include "base/buf.h"
#include "base/fault.h"
/* first_page 1-based. A self-contained PDF of `pages` pages. */
bool proof_pdf(const char *pdf_path, int first_page, int pages, struct buf *out, struct fault *f);
/* PNG of one page, `width_px` wide. */
bool proof_png(const char *pdf_path, int page, int width_px, struct buf *out, struct fault *f);
