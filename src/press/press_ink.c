/* press_ink.c: ink of a creative below our address block. Our white zone covers it in print, so it is a warning. The page is
 * rastered by pdftoppm, a child process, from a file that our own writer made. */
#include "base/process.h"
#include "press/press_private.h"
#include <stdio.h>

enum { DPI = 100, DARK = 245 /* of 255: what is below counts as ink */ };

/* "P5 <w> <h> 255\n" and the pixels. */
static bool pgm_read(struct str s, int *w, int *h, const uint8_t **pixels)
{
    int at = 0;
    if (s.len < 16 || sscanf(s.ptr, "P5 %d %d 255%n", w, h, &at) != 2 || at == 0 || *w <= 0 || *h <= 0) return false;
    if (s.len < (size_t)at + 1 + (size_t)*w * (size_t)*h) return false;
    *pixels = (const uint8_t *)s.ptr + at + 1;
    return true;
}

struct ink {
    int64_t dark, all, x, y; /* sums */
};

static struct ink ink_count(const uint8_t *pixels, int w, int h, const struct rect *zone)
{
    struct ink ink = {0};
    int x0 = (int)(zone->x * DPI / 72) + 1, x1 = (int)((zone->x + zone->w) * DPI / 72) - 1;
    int y0 = (int)(zone->y * DPI / 72) + 1, y1 = (int)((zone->y + zone->h) * DPI / 72) - 1;
    for (int y = y0; y < y1 && y < h; y++)
        for (int x = x0; x < x1 && x < w; x++) {
            ink.all++;
            if (pixels[y * w + x] >= DARK) continue;
            ink.dark++, ink.x += x, ink.y += y;
        }
    return ink;
}

bool press_ink_look(struct str pdf, int page, const struct press_geometry *g, char warning[200], struct fault *f)
{
    char number[16];
    snprintf(number, sizeof number, "%d", page);
    const char *const argv[] = {"pdftoppm", "-r", "100", "-gray", "-f", number, "-l", number, "-", NULL};
    struct buf out = BUF_INIT;
    int w = 0, h = 0;
    const uint8_t *pixels = NULL;
    warning[0] = '\0';
    bool is_good = process_run(argv, pdf, &out, 30000, f);
    if (is_good && !pgm_read(buf_str(&out), &w, &h, &pixels)) is_good = fault_operator(f, "pdftoppm gave no picture");
    if (is_good) {
        struct ink ink = ink_count(pixels, w, h, &g->address_zone);
        double part = ink.all ? 100.0 * (double)ink.dark / (double)ink.all : 0;
        if (ink.dark && part >= 0.05)
            snprintf(warning, 200,
                     "ink of the creative lies below the address block, %.1f %% of it, around (%.1f in, %.1f in); it is "
                     "painted white",
                     part, (double)ink.x / (double)ink.dark / DPI, (double)ink.y / (double)ink.dark / DPI);
    }
    buf_finish(&out);
    return is_good;
}
