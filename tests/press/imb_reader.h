/* imb_reader.h: reads an Intelligent Mail barcode from the ink of a page, not from its text. */
#pragma once
#include <stdbool.h>

/* The rectangle (points, origin top left of the media box) is rasterised by pdftoppm at 600 dpi. bars gets 65 letters and a NUL. *x
 * and *y (may be NULL): left edge of the first bar and middle of the trackers, points. False when no 65 bars of one pitch stand
 * in a row there. */
bool imb_read(const char *pdf_path, int page, double x, double y, double w, double h, char bars[66], double *bar_x,
              double *bar_y);
