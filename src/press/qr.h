/* qr.h: QR codes, by libqrencode for now. Level M, byte mode, smallest version that fits. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"

struct qr {
    int size;                   /* modules a side, without the quiet zone */
    uint8_t modules[177 * 177]; /* row by row, 1 black */
};
bool qr_encode(struct str text, struct qr *out, struct fault *f);
/* The d="" of one SVG path in module units, offset by a quiet zone of 4: viewBox is 0 0 size+8 size+8. */
void qr_svg_path(struct buf *b, const struct qr *q);
/* PDF operators: a 1-bit inline image mask at x, y (bottom left, points), `side` wide without quiet zone. */
void qr_pdf_ops(struct buf *b, const struct qr *q, double x, double y, double side);
