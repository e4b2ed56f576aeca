/* pdf_text.c: a line of text as operators. HarfBuzz shapes (kerning, ligatures, marks); each glyph is one byte. Called by the
 * overlay; nothing here fails: a character without a glyph draws the font's own box, so ask pdf_font_has first.
 *
 * /W holds whole thousandths of an em, because some viewers cut decimals. The rest is carried along the line and put into the
 * next TJ number, or into one of its own when it reaches 1/1000 em before a blank, 2/1000 inside a word. */
#include "press/pdf_private.h"
#include <math.h>

double pdf_text_width(struct pdf_font *font, struct str utf8, double size)
{
    return pdf_font_shape(font, utf8)->advance * size / font->upem;
}

/* Where the pen of the viewer stands, against where it should. Thousandths of an em. */
struct setter {
    struct pdf_font *font;
    struct buf *ops;
    double size, pen, is_at;
    int bank, rise;
    bool in_string, in_array;
};

static void leave_string(struct setter *s)
{
    if (s->in_string) buf_add_byte(s->ops, ')');
    s->in_string = false;
}

static void leave_array(struct setter *s)
{
    leave_string(s);
    if (s->in_array) buf_addz(s->ops, "]TJ ");
    s->in_array = false;
}

static void enter_string(struct setter *s)
{
    if (!s->in_array) buf_add_byte(s->ops, '[');
    if (!s->in_string) buf_add_byte(s->ops, '(');
    s->in_array = s->in_string = true;
}

static void choose_bank(struct setter *s, int bank)
{
    if (bank == s->bank) return;
    leave_array(s);
    pdf_font_name(s->font, bank, s->ops);
    buf_add_byte(s->ops, ' ');
    buf_add_fixed(s->ops, s->size, 3);
    buf_addz(s->ops, " Tf ");
    s->bank = bank;
}

static void choose_rise(struct setter *s, int rise)
{
    if (rise == s->rise) return;
    leave_array(s);
    buf_add_fixed(s->ops, rise * s->size / s->font->upem, 3);
    buf_addz(s->ops, " Ts ");
    s->rise = rise;
}

static void move_pen(struct setter *s, double to, bool is_blank)
{
    double off = s->is_at - to;
    if (fabs(off) < (is_blank ? 1.0 : 2.0)) return;
    double whole = nearbyint(off);
    leave_string(s);
    if (!s->in_array) buf_add_byte(s->ops, '[');
    s->in_array = true;
    buf_add_int(s->ops, (int64_t)whole);
    s->is_at -= whole;
}

static struct str cluster_text(struct str text, const struct pdf_line *line, int i)
{
    uint32_t from = line->glyphs[i].cluster, to = (uint32_t)text.len;
    /* Only the first glyph of a cluster reads as its text; the line may run either way. */
    if (i > 0 && line->glyphs[i - 1].cluster == from) return STR("");
    for (int k = 0; k < line->n; k++)
        if (line->glyphs[k].cluster > from && line->glyphs[k].cluster < to) to = line->glyphs[k].cluster;
    return str_make(text.ptr + from, to - from);
}

static bool is_known(const struct pdf_font *font, uint32_t glyph)
{
    return glyph < font->n_glyphs && font->code_of[glyph] != 0;
}

static void set_glyph(struct setter *s, const struct pdf_glyph *g, struct str text)
{
    double to_thousandths = 1000.0 / s->font->upem;
    int code = pdf_font_code(s->font, g->id, text);
    choose_bank(s, code / 256);
    choose_rise(s, g->y_offset);
    move_pen(s, s->pen + g->x_offset * to_thousandths, code == ' ');
    enter_string(s);
    buf_add_byte(s->ops, (char)(code % 256));
    s->is_at += s->font->banks[code / 256]->width[code % 256];
    s->pen += g->x_advance * to_thousandths;
}

void pdf_text(struct pdf_font *font, struct buf *ops, struct str utf8, double x, double y, double size)
{
    const struct pdf_line *line = pdf_font_shape(font, utf8);
    if (line->n == 0) return;
    struct setter s = {.font = font, .ops = ops, .size = size, .bank = -1};
    buf_addz(ops, "BT ");
    buf_add_fixed(ops, x, 3), buf_add_byte(ops, ' ');
    buf_add_fixed(ops, y, 3), buf_addz(ops, " Td ");
    for (int i = 0; i < line->n; i++) {
        bool needs_text = !is_known(font, line->glyphs[i].id);
        set_glyph(&s, &line->glyphs[i], needs_text ? cluster_text(utf8, line, i) : STR(""));
    }
    choose_rise(&s, 0);
    leave_array(&s);
    buf_addz(ops, "ET\n");
}
