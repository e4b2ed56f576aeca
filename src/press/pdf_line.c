/* pdf_line.c: shaping of lines by HarfBuzz, and a small table of the last ones: a line is measured before it is set, and many lines
 * of a batch are the same on each piece. Called by pdf_text.c; lives with its font; nothing fails. */
#include "press/pdf_private.h"
#include <assert.h>
#include <hb-ot.h>
#include <stdlib.h>

static unsigned hash_of(struct str s)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < s.len; i++) h = (h ^ (uint8_t)s.ptr[i]) * 1099511628211u;
    return (unsigned)(h >> 32);
}

static hb_buffer_t *shape(struct pdf_font *font, struct str utf8)
{
    hb_buffer_t *b = font->shaper;
    hb_buffer_clear_contents(b);
    hb_buffer_set_cluster_level(b, HB_BUFFER_CLUSTER_LEVEL_MONOTONE_CHARACTERS);
    hb_buffer_add_utf8(b, utf8.ptr, (int)utf8.len, 0, (int)utf8.len);
    /* Named, because HarfBuzz would otherwise take the language of the process: the same input must give the same bytes. */
    hb_buffer_set_language(b, hb_language_from_string("en", 2));
    hb_buffer_guess_segment_properties(b);
    hb_shape(font->font, b, NULL, 0);
    return b;
}

static void make_room(struct pdf_line *line, int n)
{
    if (n <= line->cap) return;
    line->glyphs = realloc(line->glyphs, (size_t)n * sizeof *line->glyphs);
    assert(line->glyphs);
    line->cap = n;
}

static void fill(struct pdf_line *line, hb_buffer_t *b)
{
    unsigned n = 0;
    int64_t sum = 0;
    const hb_glyph_info_t *glyphs = hb_buffer_get_glyph_infos(b, &n);
    const hb_glyph_position_t *at = hb_buffer_get_glyph_positions(b, &n);
    make_room(line, (int)n);
    for (unsigned i = 0; i < n; i++) {
        line->glyphs[i] =
            (struct pdf_glyph){glyphs[i].codepoint, glyphs[i].cluster, at[i].x_advance, at[i].x_offset, at[i].y_offset};
        sum += at[i].x_advance;
    }
    line->n = (int)n;
    line->advance = (double)sum;
}

const struct pdf_line *pdf_font_shape(struct pdf_font *font, struct str utf8)
{
    struct pdf_line *line = &font->lines[hash_of(utf8) % PDF_LINES];
    if (str_eq(buf_str(&line->text), utf8)) return line; /* an empty line has no glyphs, as it should */
    fill(line, shape(font, utf8));
    buf_clear(&line->text);
    buf_add_str(&line->text, utf8);
    return line;
}

void pdf_destroy_lines(struct pdf_font *font)
{
    for (int i = 0; i < PDF_LINES; i++) {
        buf_finish(&font->lines[i].text);
        free(font->lines[i].glyphs);
    }
}
