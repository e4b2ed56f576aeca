/* raster.h: pages of two PDFs as grey pixels, side by side (pdftoppm), and whether they show the same.
 *
 * Two pages are the same when no pixel of either lies outside of what the other's 3 x 3 neighbourhood holds, darkest to lightest, by
 * more than RASTER_SLACK grey steps of 255. So an edge may be smoothed otherwise or snap to the next pixel, which is what a
 * rasteriser does with equal drawings; a letter that is missing, changed or moved by two pixels, or a shade that is not the
 * same, may not. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { RASTER_DPI = 72, RASTER_SLACK = 24 };

struct raster {
    int width, height;
    uint8_t *pixels; /* of the page at hand; freed by raster_close */
    FILE *pipe;
};
/* Pages come in their order. */
void raster_open(struct raster *r, const char *pdf_path);
/* The next page; false after the last one. */
bool raster_next(struct raster *r);
void raster_close(struct raster *r);
/* Pixels of a or b that break the rule above; -1: the pages are not of one size. */
int raster_differing(const struct raster *a, const struct raster *b);
