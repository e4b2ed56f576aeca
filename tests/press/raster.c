/* raster.c: see raster.h. */
#include "raster.h"
#include "base/log.h"
#include <stdlib.h>

void raster_open(struct raster *r, const char *pdf_path)
{
    char command[4200];
    snprintf(command, sizeof command, "pdftoppm -r %d -gray '%s'", RASTER_DPI, pdf_path);
    *r = (struct raster){.pipe = popen(command, "r")};
    ASSERT(r->pipe);
}

bool raster_next(struct raster *r)
{
    int width, height, most;
    if (fscanf(r->pipe, "P5 %d %d %d", &width, &height, &most) != 3) return false;
    ASSERT(fgetc(r->pipe) != EOF && most == 255 && width > 0 && height > 0);
    size_t n = (size_t)width * (size_t)height;
    r->pixels = realloc(r->pixels, n);
    r->width = width, r->height = height;
    return fread(r->pixels, 1, n, r->pipe) == n;
}

void raster_close(struct raster *r)
{
    pclose(r->pipe);
    free(r->pixels);
    *r = (struct raster){0};
}

/* Is the pixel at (x, y) of `a` one that `b` may have around there? */
static bool is_near(const struct raster *a, const struct raster *b, int x, int y)
{
    int pixel = a->pixels[y * a->width + x], least = 255, most = 0;
    for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < b->height; v++)
        for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < b->width; u++) {
            int other = b->pixels[v * b->width + u];
            least = other < least ? other : least;
            most = other > most ? other : most;
        }
    return pixel >= least - RASTER_SLACK && pixel <= most + RASTER_SLACK;
}

int raster_differing(const struct raster *a, const struct raster *b)
{
    int n = 0;
    if (a->width != b->width || a->height != b->height) return -1;
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++) {
            if (a->pixels[y * a->width + x] == b->pixels[y * a->width + x]) continue;
            if (!is_near(a, b, x, y) || !is_near(b, a, x, y)) n++;
        }
    return n;
}
