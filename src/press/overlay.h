/* overlay.h: what we print on a piece ourselves, never the creative: the white address zone, recipient lines, IMb, return
 * address, indicia, SPECIMEN. Returns PDF operators for one page of one piece; what is the same on each piece of a file is one
 * shared form. */
#pragma once
#include "press/geometry.h"
#include "press/pdf.h"

struct overlay;
struct overlay_spec {
    const struct press_geometry *g;
    const struct str *return_lines, *indicia_lines;
    int n_return, n_indicia;
    bool specimen; /* test mode and specimens: the word in the bleed (letters: within 0.18 in of the bottom edge), each page */
    struct str font_regular, font_bold; /* Noto Sans bytes */
};
struct overlay *overlay_create(struct pdf *p, const struct overlay_spec *spec, struct arena *a, struct fault *f);
struct overlay_piece {
    const struct str *lines; /* address lines, 2-6 */
    int n_lines;
    struct str bars; /* 65 letters; empty: no barcode (Canada) */
    struct str note; /* small print above the block: the piece's key for the operator ("1042-17"); empty: none */
};
/* FAULT_USER: a line that is too wide at the smallest size, or lacks a glyph: names line and character. page: 0-based page of
 * the piece. */
bool overlay_ops(struct overlay *o, const struct overlay_piece *piece, int page, struct buf *ops, struct fault *f);
