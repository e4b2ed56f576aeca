/* pdf_png.c: PNG pictures, decoded by libpng into grey or RGB of 8 bits, alpha blended on white paper. Called by the makers of
 * image-only pieces, in a press worker. A damaged or too large picture is refused with a sentence. */
#include "press/pdf_private.h"
#include "base/limits.h"
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

/* Everything that a jump out of libpng must not lose lives here, not in locals. */
struct reader {
    png_structp png;
    png_infop info;
    struct str rest;
    char *pixels;
    png_bytep *rows;
    int width, height, channels;
    char why[120];
};

static void on_error(png_structp png, png_const_charp what)
{
    struct reader *r = png_get_error_ptr(png);
    snprintf(r->why, sizeof r->why, "%s", what);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp what) { (void)png, (void)what; }

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct reader *r = png_get_io_ptr(png);
    if (n > r->rest.len) png_error(png, "it is cut off");
    memcpy(to, r->rest.ptr, n);
    r->rest.ptr += n, r->rest.len -= n;
}

static void ask_for_8_bits(struct reader *r)
{
    png_set_expand(r->png); /* palettes, small greys, transparent colours */
    png_set_scale_16(r->png);
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
}

static void read_pixels(struct reader *r)
{
    png_read_info(r->png, r->info);
    r->width = (int)png_get_image_width(r->png, r->info);
    r->height = (int)png_get_image_height(r->png, r->info);
    int64_t most = limit_get(LIMIT_PRESS_MAX_IMAGE_PIXELS);
    if ((int64_t)r->width * r->height > most) png_error(r->png, "it has more pixels than press.max_image_pixels allows");
    ask_for_8_bits(r);
    r->channels = png_get_channels(r->png, r->info);
    if (r->channels < 1 || r->channels > 4) png_error(r->png, "its colours cannot be told");
    size_t stride = png_get_rowbytes(r->png, r->info);
    r->pixels = malloc(stride * (size_t)r->height);
    r->rows = calloc((size_t)r->height, sizeof *r->rows);
    if (!r->pixels || !r->rows) png_error(r->png, "there is no memory for it");
    for (int y = 0; y < r->height; y++) r->rows[y] = (png_bytep)r->pixels + stride * (size_t)y;
    png_read_image(r->png, r->rows);
}

/* On white, in the picture's own colour values, as browsers do (libpng would blend in linear light). */
static void blend_on_white(struct reader *r)
{
    if (r->channels == 1 || r->channels == 3) return;
    size_t n = (size_t)r->width * (size_t)r->height;
    int colours = r->channels - 1;
    const uint8_t *from = (const uint8_t *)r->pixels;
    uint8_t *to = (uint8_t *)r->pixels;
    for (size_t i = 0; i < n; i++, from += r->channels)
        for (int c = 0; c < colours; c++) *to++ = (uint8_t)(255 - ((255 - from[c]) * from[colours] + 127) / 255);
    r->channels = colours;
}

static bool decode(struct reader *r)
{
    if (setjmp(png_jmpbuf(r->png))) return false;
    png_set_user_limits(r->png, 65535, 65535);
    png_set_chunk_malloc_max(r->png, 16 << 20);
    png_set_read_fn(r->png, r, on_read);
    read_pixels(r);
    return true;
}

int pdf_image_png(struct pdf *p, struct str png, int *width, int *height, struct fault *f)
{
    struct reader r = {.rest = png};
    int number = 0;
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, on_error, on_warning);
    r.info = r.png ? png_create_info_struct(r.png) : NULL;
    if (!r.info) {
        fault_operator(f, "there is no memory for a PNG reader");
    } else if (!decode(&r)) {
        fault_user(f, 422, "the PNG cannot be used: %s", r.why);
    } else {
        blend_on_white(&r);
        size_t n = (size_t)r.width * (size_t)r.height * (size_t)r.channels;
        number = pdf_image_raw(p, str_make(r.pixels, n), r.width, r.height, r.channels);
        *width = r.width, *height = r.height;
    }
    png_destroy_read_struct(&r.png, &r.info, NULL);
    free(r.pixels), free(r.rows);
    return number;
}
