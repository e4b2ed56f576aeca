/* pdf_imb.c: the Intelligent Mail barcode as a Type 3 font of four letters. 65 bytes draw it, it is sharp at any resolution (at
 * 300 dpi no image can hit the pitch), and programs that read text read the letters. Bar sizes: postal §1.6, 22 bars an inch.
 */
#include "press/pdf_private.h"

#define IMB_SIZE "6.54545" /* 500/1000 of it is the pitch, 3.2727 pt */

/* Glyph units of 1/1000 of the size: bar 220 wide (1.44 pt), tracker +-264 (3.456 pt), full +-797.5 (10.44 pt). */
static const struct bar {
    char letter;
    const char *proc;
} bars_of[] = {
    {'A', "500 0 0 -264 220 797.5 d1 0 -264 220 1061.5 re f"},
    {'D', "500 0 0 -797.5 220 264 d1 0 -797.5 220 1061.5 re f"},
    {'F', "500 0 0 -797.5 220 797.5 d1 0 -797.5 220 1595 re f"},
    {'T', "500 0 0 -264 220 264 d1 0 -264 220 528 re f"},
};
enum { BAR_KINDS = sizeof bars_of / sizeof *bars_of };

void pdf_imb(struct pdf *p, struct buf *ops, struct str bars, double x, double y)
{
    if (!p->imb_font) p->imb_font = pdf_reserve(p);
    buf_addz(ops, "BT /PPB " IMB_SIZE " Tf ");
    buf_add_fixed(ops, x, 3), buf_add_byte(ops, ' ');
    buf_add_fixed(ops, y, 3);
    buf_addz(ops, " Td (");
    for (size_t i = 0; i < bars.len; i++)
        if (bars.ptr[i] && strchr("ADFT", bars.ptr[i])) buf_add_byte(ops, bars.ptr[i]);
    buf_addz(ops, ")Tj ET\n");
}

static int write_to_unicode(struct pdf *p)
{
    return pdf_stream(p, 0, STR(""),
                      STR("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
                          "/CMapName /PPBars def /CMapType 2 def\n"
                          "1 begincodespacerange <00> <FF> endcodespacerange\n"
                          "4 beginbfchar\n<41> <0041>\n<44> <0044>\n<46> <0046>\n<54> <0054>\nendbfchar\n"
                          "endcmap CMapName currentdict /CMap defineresource pop end end\n"),
                      true);
}

void pdf_finish_imb(struct pdf *p)
{
    if (!p->imb_font) return;
    int proc[BAR_KINDS], to_unicode = write_to_unicode(p);
    for (int i = 0; i < BAR_KINDS; i++) proc[i] = pdf_stream(p, 0, STR(""), str_of(bars_of[i].proc), false);
    pdf_begin(p, p->imb_font);
    buf_addz(&p->out,
             "<< /Type /Font /Subtype /Type3 /Name /PPB /FontBBox [0 -797.5 220 797.5] /FontMatrix [0.001 0 0 0.001 0 0] "
             "/Resources << >> /FirstChar 65 /LastChar 84 /Widths [");
    for (int c = 'A'; c <= 'T'; c++) buf_addz(&p->out, strchr("ADFT", c) ? "500 " : "0 ");
    buf_addz(&p->out, "] /Encoding << /Type /Encoding /Differences [65 /A 68 /D 70 /F 84 /T] >> /CharProcs << ");
    for (int i = 0; i < BAR_KINDS; i++) buf_addf(&p->out, "/%c %d 0 R ", bars_of[i].letter, proc[i]);
    buf_addf(&p->out, ">> /ToUnicode %d 0 R >>", to_unicode);
    pdf_end(p);
}
