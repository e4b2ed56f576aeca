/* qr.c: QR codes through libqrencode: text to modules, modules to an SVG path or PDF operators. Called by the merge (SVG into
 * HTML) and by the overlay (PDF). No state; any thread. Fails with FAULT_USER on text that is empty or longer than a code holds.
 */
#include "press/qr.h"
#include <errno.h>
#include <qrencode.h>

enum {
    QUIET_ZONE = 4,  /* modules on each side (ISO/IEC 18004) */
    BYTES_MAX = 2331 /* version 40, level M, byte mode */
};

bool qr_encode(struct str text, struct qr *out, struct fault *f)
{
    if (text.len == 0) return fault_user(f, 400, "QR code: there is no text to encode");
    if (text.len > BYTES_MAX)
        return fault_user(f, 400, "QR code: the text has %zu bytes; a code holds at most %d", text.len, BYTES_MAX);
    QRcode *code = QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_M);
    if (!code) return fault_errno(f, "QR code of %zu bytes", text.len);
    out->size = code->width;
    size_t n = (size_t)code->width * (size_t)code->width;
    for (size_t i = 0; i < n; i++) out->modules[i] = code->data[i] & 1; /* the other bits tell what a module is for */
    QRcode_free(code);
    return true;
}

static bool is_black(const struct qr *q, int x, int y) { return q->modules[y * q->size + x]; }

/* One rectangle for each run of black modules in a row. */
void qr_svg_path(struct buf *b, const struct qr *q)
{
    for (int y = 0; y < q->size; y++) {
        for (int x = 0; x < q->size; x++) {
            if (!is_black(q, x, y)) continue;
            int start = x;
            while (x < q->size && is_black(q, x, y)) x++;
            buf_addf(b, "M%d %dh%dv1h-%dz", start + QUIET_ZONE, y + QUIET_ZONE, x - start, x - start);
        }
    }
}

/* Rows from the top, each filled to whole bytes. In hexadecimal, because raw bytes might hold the "EI" that ends an image. */
static void add_mask(struct buf *b, const struct qr *q)
{
    for (int y = 0; y < q->size; y++) {
        for (int x = 0; x < q->size; x += 8) {
            unsigned byte = 0;
            for (int bit = 0; bit < 8; bit++) byte = byte << 1 | (x + bit < q->size && is_black(q, x + bit, y));
            buf_addf(b, "%02X", byte);
        }
    }
}

/* /D [1 0]: a bit of 1 is ink. */
void qr_pdf_ops(struct buf *b, const struct qr *q, double x, double y, double side)
{
    buf_addz(b, "q 0 g ");
    buf_add_fixed(b, side, 4);
    buf_addz(b, " 0 0 ");
    buf_add_fixed(b, side, 4);
    buf_add_byte(b, ' ');
    buf_add_fixed(b, x, 4);
    buf_add_byte(b, ' ');
    buf_add_fixed(b, y, 4);
    buf_addf(b, " cm BI /IM true /W %d /H %d /BPC 1 /D [1 0] /F /AHx ID\n", q->size, q->size);
    add_mask(b, q);
    buf_addz(b, ">\nEI Q\n");
}
