/* overlay.c: our own ink: white zone, address block with barcode, return address, indicia, SPECIMEN. Called for each page of
 * each piece by whoever makes the file. Lives as long as its arena and pdf. A line that cannot be printed as it is refuses the
 * piece with a sentence; nothing is cut or squeezed. */
#include "press/overlay.h"
#include "base/utf8.h"
#include <stdio.h>

#define SMALLEST_ADDRESS_PT 8.0 /* the least size the postal service reads */
#define SMALLEST_OTHER_PT   5.0
#define NOTE_PT             5.0
#define SPECIMEN_PT         6.0
#define STEP_PT             0.25
#define LEADING             1.2  /* of lines, where there is room */
#define TIGHT_LEADING       1.05 /* and where there is not */
#define CAP_HEIGHT          0.72 /* of the house font, of its size */
#define ACCENTED_HEIGHT     0.95
#define DESCENT             0.24
#define IMB_HALF            5.22  /* full bar above and below the tracker's middle */
#define IMB_CLEAR           2.016 /* 0.028 in */
#define STAMP_PAD           4.0
enum { MAX_LINES = 8 };

struct overlay {
    struct pdf *p;
    const struct press_geometry *g;
    struct pdf_font *regular, *bold;
    bool specimen;
    int fixed_form, specimen_form; /* 0: nothing to paint */
};

static double pdf_y(const struct press_geometry *g, double y) { return g->height - y; }

static void describe(int32_t cp, char out[32])
{
    char utf8[5] = "";
    if (cp >= 0) utf8_put(utf8, (uint32_t)cp);
    if (cp < 0)
        snprintf(out, 32, "a damaged byte");
    else if (cp < 32 || cp == 127)
        snprintf(out, 32, "a control character");
    else
        snprintf(out, 32, "\"%s\" (U+%04X)", utf8, (unsigned)cp);
}

static bool check_glyphs(struct pdf_font *font, const char *what, struct str line, struct fault *f)
{
    int32_t missing;
    char name[32];
    if (pdf_font_has(font, line, &missing)) return true;
    describe(missing, name);
    return fault_user(f, 422, "%s \"%.*s\": the font has no glyph for %s", what, STR_ARG(line), name);
}

/* Several lines that share one size. */
struct block {
    struct pdf_font *font;
    const char *what; /* in sentences: "address line" */
    const struct str *lines;
    int n;
    struct rect box;
    double largest, smallest;
    double widest; /* out: at 1 pt */
    double size, leading;
};

static bool measure(struct block *b, struct fault *f)
{
    if (b->n > MAX_LINES) return fault_user(f, 422, "%d lines are too many for the %s block", b->n, b->what);
    for (int i = 0; i < b->n; i++) {
        if (!check_glyphs(b->font, b->what, b->lines[i], f)) return false;
        double w = pdf_text_width(b->font, b->lines[i], 1);
        if (w * b->smallest > b->box.w)
            return fault_user(f, 422, "%s \"%.*s\" is %.2f in wide at %g pt; there is room for %.2f in", b->what,
                              STR_ARG(b->lines[i]), w * b->smallest / 72, b->smallest, b->box.w / 72);
        if (w > b->widest) b->widest = w;
    }
    return true;
}

/* The largest size at which all lines fit in width and height, then as much leading as there is room for. */
static bool fit(struct block *b, struct fault *f)
{
    if (!measure(b, f)) return false;
    for (b->size = b->largest; b->size >= b->smallest; b->size -= STEP_PT) {
        double rest = b->box.h - (ACCENTED_HEIGHT + DESCENT) * b->size;
        double most = b->n > 1 ? rest / (b->n - 1) : 0;
        if (b->widest * b->size > b->box.w || rest < 0) continue;
        if (b->n > 1 && most < TIGHT_LEADING * b->size) continue;
        b->leading = most < LEADING * b->size ? most : LEADING * b->size;
        return true;
    }
    return fault_user(f, 422, "%d lines do not fit the %s block at %g pt", b->n, b->what, b->smallest);
}

static void paint_lines(const struct press_geometry *g, const struct block *b, bool is_centred, struct buf *ops)
{
    double y = b->box.y + ACCENTED_HEIGHT * b->size;
    for (int i = 0; i < b->n; i++, y += b->leading) {
        double x = b->box.x;
        if (is_centred) x += (b->box.w - pdf_text_width(b->font, b->lines[i], b->size)) / 2;
        pdf_text(b->font, ops, b->lines[i], x, pdf_y(g, y), b->size);
    }
}

/* ---- what is the same on each piece ---- */

static void paint_rect(struct buf *ops, const struct press_geometry *g, struct rect r, const char *how)
{
    buf_add_fixed(ops, r.x, 3), buf_add_byte(ops, ' ');
    buf_add_fixed(ops, pdf_y(g, r.y + r.h), 3), buf_add_byte(ops, ' ');
    buf_add_fixed(ops, r.w, 3), buf_add_byte(ops, ' ');
    buf_add_fixed(ops, r.h, 3);
    buf_addf(ops, " re %s\n", how);
}

/* Lines in a frame as tall as they are. */
static bool paint_indicia(struct overlay *o, const struct overlay_spec *s, struct buf *ops, struct fault *f)
{
    struct rect box = o->g->indicia_text;
    if (s->n_indicia == 0 || box.w == 0) return true;
    struct block b = {.font = o->bold,
                      .what = "indicia line",
                      .lines = s->indicia_lines,
                      .n = s->n_indicia,
                      .largest = o->g->return_font_pt,
                      .smallest = SMALLEST_OTHER_PT,
                      .box = {box.x + STAMP_PAD, box.y + STAMP_PAD, box.w - 2 * STAMP_PAD, box.h - 2 * STAMP_PAD}};
    if (!fit(&b, f)) return false;
    box.h = 2 * STAMP_PAD + (b.n - 1) * b.leading + (ACCENTED_HEIGHT + DESCENT) * b.size - DESCENT * b.size;
    buf_addz(ops, "0.6 w ");
    paint_rect(ops, o->g, box, "S");
    b.box.y -= (ACCENTED_HEIGHT - CAP_HEIGHT) * b.size / 2; /* capitals in the middle of the frame */
    paint_lines(o->g, &b, true, ops);
    return true;
}

static bool paint_return(struct overlay *o, const struct overlay_spec *s, struct buf *ops, struct fault *f)
{
    if (s->n_return == 0) return true;
    struct block b = {.font = o->regular,
                      .what = "return address line",
                      .lines = s->return_lines,
                      .n = s->n_return,
                      .largest = o->g->return_font_pt,
                      .smallest = SMALLEST_OTHER_PT,
                      .box = o->g->return_text};
    if (!fit(&b, f)) return false;
    paint_lines(o->g, &b, false, ops);
    return true;
}

/* Outside the trim, in the lower bleed; a letter has none, there it stands close to the edge. */
static void paint_specimen(struct overlay *o, struct buf *ops)
{
    static const struct str word = STR("SPECIMEN");
    double y = o->g->bleed > 0 ? (o->g->bleed - CAP_HEIGHT * SPECIMEN_PT) / 2 : 4.5;
    double w = pdf_text_width(o->bold, word, SPECIMEN_PT), h = CAP_HEIGHT * SPECIMEN_PT;
    for (int i = 1; i <= 3; i++) {
        double x = o->g->width * i / 4 - w / 2;
        buf_addz(ops, "1 g "); /* a plate, because the picture below may be dark */
        paint_rect(ops, o->g, (struct rect){x - 2, pdf_y(o->g, y + h + 1.5), w + 4, h + 3}, "f");
        buf_addz(ops, "0 g ");
        pdf_text(o->bold, ops, word, x, y, SPECIMEN_PT);
    }
}

static int form_of(struct overlay *o, struct buf *ops)
{
    struct pdf *p = o->p;
    int form = ops->len ? pdf_form(p, o->g->width, o->g->height, str_of(pdf_resources(p)), buf_str(ops)) : 0;
    buf_finish(ops);
    return form;
}

static bool make_forms(struct overlay *o, const struct overlay_spec *s, struct fault *f)
{
    struct buf ops = BUF_INIT;
    buf_addz(&ops, "1 g ");
    paint_rect(&ops, o->g, o->g->address_zone, "f");
    buf_addz(&ops, "0 g 0 G ");
    bool is_done = paint_return(o, s, &ops, f) && paint_indicia(o, s, &ops, f);
    if (is_done && s->specimen) paint_specimen(o, &ops);
    if (!is_done) buf_clear(&ops);
    o->fixed_form = form_of(o, &ops);
    ops = BUF_INIT;
    if (s->specimen) paint_specimen(o, &ops);
    o->specimen_form = form_of(o, &ops);
    return is_done;
}

struct overlay *overlay_create(struct pdf *p, const struct overlay_spec *s, struct arena *a, struct fault *f)
{
    struct overlay *o = ARENA_NEW(a, struct overlay);
    *o = (struct overlay){.p = p, .g = s->g, .specimen = s->specimen};
    o->regular = pdf_font(p, s->font_regular, f);
    if (!o->regular) return NULL;
    o->bold = pdf_font(p, s->font_bold, f);
    if (!o->bold) return NULL;
    return make_forms(o, s, f) ? o : NULL;
}

/* ---- a piece ---- */

static void paint_form(struct overlay *o, int form, struct buf *ops)
{
    if (form) buf_addf(ops, "/%s Do\n", pdf_xobject_name(o->p, form));
}

static bool paint_note(struct overlay *o, const struct overlay_piece *piece, struct buf *ops, struct fault *f)
{
    if (piece->note.len == 0) return true;
    if (!check_glyphs(o->regular, "note", piece->note, f)) return false;
    double y = o->g->address_text.y - IMB_CLEAR - DESCENT * NOTE_PT - 1;
    pdf_text(o->regular, ops, piece->note, o->g->address_text.x, pdf_y(o->g, y), NOTE_PT);
    return true;
}

/* Barcode on the top line, clear space, then the lines. */
static bool paint_address(struct overlay *o, const struct overlay_piece *piece, struct buf *ops, struct fault *f)
{
    struct rect box = o->g->address_text;
    double bars_h = piece->bars.len ? 2 * IMB_HALF + IMB_CLEAR : 0;
    struct block b = {.font = o->regular,
                      .what = "address line",
                      .lines = piece->lines,
                      .n = piece->n_lines,
                      .largest = o->g->address_font_pt,
                      .smallest = SMALLEST_ADDRESS_PT,
                      .box = {box.x, box.y + bars_h, box.w, box.h - bars_h}};
    if (!fit(&b, f)) return false;
    if (bars_h > 0) pdf_imb(o->p, ops, piece->bars, box.x, pdf_y(o->g, box.y + IMB_HALF));
    paint_lines(o->g, &b, false, ops);
    return true;
}

bool overlay_ops(struct overlay *o, const struct overlay_piece *piece, int page, struct buf *ops, struct fault *f)
{
    if (page != o->g->address_page) {
        paint_form(o, o->specimen_form, ops);
        return true;
    }
    size_t before = ops->len;
    paint_form(o, o->fixed_form, ops);
    buf_addz(ops, "0 g\n");
    if (paint_note(o, piece, ops, f) && paint_address(o, piece, ops, f)) return true;
    ops->len = before;
    return false;
}
