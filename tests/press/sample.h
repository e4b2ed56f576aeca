/* sample.h: what the press tests have in common: the house font, temporary files, made pictures, files of pieces, and running
 * the programs that check a PDF. */
#pragma once
#include "base/buf.h"
#include "press/overlay.h"

#define SAMPLE_BARS "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA" /* 01234567094987654321 01234567891 */

struct str sample_font_regular(void); /* read once, kept */
struct str sample_font_bold(void);
const char *sample_path(const char *name); /* a file in a folder of this test run; static buffers, 8 at a time */
struct pdf *sample_create(const char *path, int *fd);
void sample_finish(struct pdf **p, int fd);
/* A smooth picture with a pattern, `channels` 1 or 3. */
void sample_pixels(struct buf *out, int width, int height, int channels);
/* Runs a shell command; its output in `out` (may be NULL). Exit status. */
int sample_run(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* qpdf --check and Ghostscript read the file without a word of complaint. */
void sample_assert_sound(const char *path);

struct sample_spec {
    int size, pieces, n_lines;
    bool specimen, picture; /* picture: a background on both sides */
};
/* A file of pieces with overlay. */
void sample_pieces(const char *path, const struct sample_spec *s);
