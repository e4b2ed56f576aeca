/* pdf_font_write.c: fonts at the end of a file: the subset of the glyphs that were used, and for each bank of codes a Type 0
 * font with widths, code-to-glyph map and the map back to text. Called once, by pdf_finish. A subset that fails fails the file.
 */
#include "press/pdf_private.h"
#include "base/utf8.h"
#include <hb-ot.h>
#include <hb-subset.h>
#include <stdio.h>

static hb_set_t *used_glyphs(const struct pdf_font *font)
{
    hb_set_t *set = hb_set_create();
    for (int b = 0; b < font->n_banks; b++)
        for (int c = 0; c < 256; c++)
            if (font->banks[b]->is_used[c]) hb_set_add(set, font->banks[b]->glyph[c]);
    return set;
}

/* Tables that only a shaper, an editor or a screen needs. */
static const hb_tag_t dropped[] = {HB_TAG('G', 'S', 'U', 'B'), HB_TAG('G', 'P', 'O', 'S'), HB_TAG('G', 'D', 'E', 'F'),
                                   HB_TAG('k', 'e', 'r', 'n'), HB_TAG('n', 'a', 'm', 'e'), HB_TAG('O', 'S', '/', '2'),
                                   HB_TAG('p', 'o', 's', 't'), HB_TAG('g', 'a', 's', 'p'), HB_TAG('h', 'd', 'm', 'x'),
                                   HB_TAG('V', 'D', 'M', 'X'), HB_TAG('L', 'T', 'S', 'H'), HB_TAG('D', 'S', 'I', 'G')};

/* The subset's bytes; *map (to be destroyed) tells the new number of each glyph. */
static hb_blob_t *subset(const struct pdf_font *font, hb_map_t **map)
{
    hb_subset_input_t *input = hb_subset_input_create_or_fail();
    if (!input) return NULL;
    hb_set_t *glyphs = used_glyphs(font), *drop = hb_subset_input_set(input, HB_SUBSET_SETS_DROP_TABLE_TAG);
    hb_set_union(hb_subset_input_glyph_set(input), glyphs);
    hb_set_destroy(glyphs);
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) hb_set_add(drop, dropped[i]);
    hb_subset_input_set_flags(input, HB_SUBSET_FLAGS_NO_HINTING);
    hb_subset_plan_t *plan = hb_subset_plan_create_or_fail(font->face, input);
    hb_face_t *face = plan ? hb_subset_plan_execute_or_fail(plan) : NULL;
    hb_blob_t *blob = NULL;
    if (face) {
        *map = hb_map_copy(hb_subset_plan_old_to_new_glyph_mapping(plan));
        blob = hb_face_reference_blob(face);
    }
    hb_face_destroy(face);
    hb_subset_plan_destroy(plan);
    hb_subset_input_destroy(input);
    return blob;
}

/* "KQXWPA+NotoSans-Regular": six letters made of the subset's digest. */
static void base_font_name(const struct pdf_font *font, struct str subset_bytes, char out[100])
{
    uint8_t digest[SHA256_BYTES];
    char name[64] = "";
    unsigned n = sizeof name;
    sha256(subset_bytes, digest);
    for (int i = 0; i < 6; i++) out[i] = (char)('A' + digest[i] % 26);
    out[6] = '+';
    hb_ot_name_get_utf8(font->face, HB_OT_NAME_ID_POSTSCRIPT_NAME, HB_LANGUAGE_INVALID, &n, name);
    size_t at = 7;
    for (const char *c = name; *c; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-';
        if (is_plain) out[at++] = *c;
    }
    if (at == 7) memcpy(out + 7, "Font", 4), at = 11;
    out[at] = '\0';
}

static int write_descriptor(struct pdf_font *font, const char *name, int file)
{
    struct pdf *p = font->p;
    hb_font_extents_t e = {0};
    hb_position_t cap = 0, box[4] = {0};
    unsigned n = 0;
    double k = 1000.0 / font->upem;
    hb_font_get_h_extents(font->font, &e);
    hb_ot_metrics_get_position(font->font, HB_OT_METRICS_TAG_CAP_HEIGHT, &cap);
    hb_blob_t *head = hb_face_reference_table(font->face, HB_TAG('h', 'e', 'a', 'd'));
    const uint8_t *h = (const uint8_t *)hb_blob_get_data(head, &n);
    for (int i = 0; i < 4 && n >= 44; i++) box[i] = (int16_t)(h[36 + 2 * i] << 8 | h[37 + 2 * i]);
    hb_blob_destroy(head);
    int number = pdf_reserve(p);
    pdf_begin(p, number);
    buf_addf(&p->out,
             "<< /Type /FontDescriptor /FontName /%s /Flags 4 /ItalicAngle 0 /StemV 80 /Ascent %.0f /Descent %.0f "
             "/CapHeight %.0f /FontBBox [%.0f %.0f %.0f %.0f] /FontFile2 %d 0 R >>",
             name, e.ascender * k, e.descender * k, cap * k, box[0] * k, box[1] * k, box[2] * k, box[3] * k, file);
    pdf_end(p);
    return number;
}

/* The codes are the CIDs. */
static int write_encoding(struct pdf *p)
{
    return pdf_stream(
        p, 0,
        STR("/Type /CMap /CMapName /PPOneByte /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
            "/Supplement 0 >>"),
        STR("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo 3 dict dup begin /Registry (Adobe) def /Ordering (Identity) def /Supplement 0 def end def\n"
            "/CMapName /PPOneByte def /CMapType 1 def\n"
            "1 begincodespacerange <00> <FF> endcodespacerange\n"
            "1 begincidrange <00> <FF> 0 endcidrange\n"
            "endcmap CMapName currentdict /CMap defineresource pop end end\n"),
        true);
}

static int write_glyph_map(struct pdf *p, const struct pdf_bank *bank, const hb_map_t *map)
{
    char bytes[512] = {0};
    for (int c = 0; c < 256; c++) {
        uint32_t glyph = bank->is_used[c] ? hb_map_get(map, bank->glyph[c]) : 0;
        bytes[2 * c] = (char)(glyph >> 8), bytes[2 * c + 1] = (char)(glyph & 255);
    }
    return pdf_stream(p, 0, STR(""), str_make(bytes, sizeof bytes), true);
}

static void add_utf16(struct buf *b, struct str text)
{
    for (int32_t cp; text.len > 0;) {
        cp = utf8_next(&text);
        if (cp < 0) cp = 0xFFFD;
        if (cp < 0x10000)
            buf_addf(b, "%04X", (unsigned)cp);
        else
            buf_addf(b, "%04X%04X", 0xD800u + ((unsigned)(cp - 0x10000) >> 10), 0xDC00u + ((unsigned)(cp - 0x10000) & 0x3FF));
    }
}

static bool reads_as_text(const struct pdf_bank *bank, int c) { return bank->is_used[c] && bank->text_len[c] > 0; }

static int write_to_unicode(struct pdf_font *font, const struct pdf_bank *bank)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /PPText def /CMapType 2 def\n"
                 "1 begincodespacerange <00> <FF> endcodespacerange\n");
    for (int c = 0, n = 0; c < 256;) {
        int to = c;
        for (n = 0; to < 256 && n < 100; to++) n += reads_as_text(bank, to); /* a block holds at most 100 */
        if (n) buf_addf(&b, "%d beginbfchar\n", n);
        for (; c < to; c++) {
            if (!reads_as_text(bank, c)) continue;
            buf_addf(&b, "<%02X> <", (unsigned)c);
            add_utf16(&b, str_make(font->texts.data + bank->text_at[c], bank->text_len[c]));
            buf_addz(&b, ">\n");
        }
        if (n) buf_addz(&b, "endbfchar\n");
    }
    buf_addz(&b, "endcmap CMapName currentdict /CMap defineresource pop end end\n");
    int number = pdf_stream(font->p, 0, STR(""), buf_str(&b), true);
    buf_finish(&b);
    return number;
}

static void add_widths(struct buf *b, const struct pdf_bank *bank)
{
    bool in_run = false;
    buf_addz(b, "/W [");
    for (int c = 0; c < 256; c++) {
        if (!bank->is_used[c]) {
            if (in_run) buf_add_byte(b, ']');
            in_run = false;
            continue;
        }
        if (in_run)
            buf_add_byte(b, ' ');
        else
            buf_addf(b, "%d[", c);
        in_run = true;
        buf_add_int(b, bank->width[c]);
    }
    buf_addz(b, in_run ? "]]" : "]");
}

struct font_parts {
    const char *name;
    int descriptor, encoding;
    const hb_map_t *map;
};

static void write_bank(struct pdf_font *font, const struct pdf_bank *bank, const struct font_parts *parts)
{
    struct pdf *p = font->p;
    int to_gid = write_glyph_map(p, bank, parts->map), to_unicode = write_to_unicode(font, bank), cid_font = pdf_reserve(p);
    pdf_begin(p, cid_font);
    buf_addf(&p->out,
             "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
             "/Supplement 0 >> /FontDescriptor %d 0 R /CIDToGIDMap %d 0 R /DW 0 ",
             parts->name, parts->descriptor, to_gid);
    add_widths(&p->out, bank);
    buf_addz(&p->out, " >>");
    pdf_end(p);
    pdf_begin(p, bank->number);
    buf_addf(&p->out,
             "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding %d 0 R /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>",
             parts->name, parts->encoding, cid_font, to_unicode);
    pdf_end(p);
}

static bool is_bank_used(const struct pdf_bank *bank)
{
    for (int c = 0; c < 256; c++)
        if (bank->is_used[c]) return true;
    return false;
}

static bool is_font_used(const struct pdf_font *font)
{
    for (int b = 0; b < font->n_banks; b++)
        if (is_bank_used(font->banks[b])) return true;
    return false;
}

static void write_font(struct pdf_font *font, int encoding)
{
    struct pdf *p = font->p;
    hb_map_t *map = NULL;
    hb_blob_t *blob = subset(font, &map);
    if (!blob) {
        if (!p->is_failed) p->is_failed = true, fault_ours(&p->why, "font %d cannot be subset", font->index);
        return;
    }
    unsigned n = 0;
    const char *data = hb_blob_get_data(blob, &n);
    char name[100], dict[40];
    base_font_name(font, str_make(data, n), name);
    snprintf(dict, sizeof dict, "/Length1 %u", n);
    int file = pdf_stream(p, 0, str_of(dict), str_make(data, n), true);
    struct font_parts parts = {name, write_descriptor(font, name, file), encoding, map};
    for (int b = 0; b < font->n_banks; b++)
        if (is_bank_used(font->banks[b])) write_bank(font, font->banks[b], &parts);
    hb_map_destroy(map);
    hb_blob_destroy(blob);
}

void pdf_finish_fonts(struct pdf *p)
{
    int encoding = 0;
    for (int i = 0; i < p->n_fonts; i++) {
        if (!is_font_used(&p->fonts[i])) continue;
        if (!encoding) encoding = write_encoding(p);
        write_font(&p->fonts[i], encoding);
    }
    pdf_begin(p, PDF_FONTS);
    buf_addz(&p->out, "<< ");
    if (p->imb_font) buf_addf(&p->out, "/PPB %d 0 R ", p->imb_font);
    for (int i = 0; i < p->n_fonts; i++)
        for (int b = 0; b < p->fonts[i].n_banks; b++) {
            if (!is_bank_used(p->fonts[i].banks[b])) continue;
            pdf_font_name(&p->fonts[i], b, &p->out);
            buf_addf(&p->out, " %d 0 R ", p->fonts[i].banks[b]->number);
        }
    buf_addz(&p->out, ">>");
    pdf_end(p);
}
