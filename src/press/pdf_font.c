/* pdf_font.c: fonts of a file: opening, the right to embed, glyphs and the one-byte codes that stand for them. Called by the
 * overlay and the text setter. Fonts live with their pdf. An unusable font is refused with a sentence. */
#include "press/pdf_private.h"
#include "base/utf8.h"
#include <assert.h>
#include <hb-ot.h>
#include <stdlib.h>

enum { FS_RESTRICTED = 0x0002, FS_NO_SUBSETTING = 0x0100, FS_BITMAP_ONLY = 0x0200 }; /* OpenType OS/2, fsType */

static bool has_table(hb_face_t *face, hb_tag_t tag)
{
    hb_blob_t *blob = hb_face_reference_table(face, tag);
    bool is_there = hb_blob_get_length(blob) > 0;
    hb_blob_destroy(blob);
    return is_there;
}

static unsigned embedding_rights(hb_face_t *face)
{
    hb_blob_t *blob = hb_face_reference_table(face, HB_TAG('O', 'S', '/', '2'));
    unsigned n = 0;
    const uint8_t *os2 = (const uint8_t *)hb_blob_get_data(blob, &n);
    unsigned rights = n >= 10 ? (unsigned)(os2[8] << 8 | os2[9]) : 0;
    hb_blob_destroy(blob);
    return rights;
}

static bool may_embed(hb_face_t *face, struct fault *f)
{
    unsigned rights = embedding_rights(face);
    char name[100] = "";
    unsigned n = sizeof name;
    hb_ot_name_get_utf8(face, HB_OT_NAME_ID_FULL_NAME, HB_LANGUAGE_INVALID, &n, name);
    /* Of several usage bits the least strict one counts. */
    if ((rights & 0x000F) == FS_RESTRICTED)
        return fault_user(f, 422, "the font \"%s\" forbids embedding (restricted licence)", name);
    if (rights & FS_NO_SUBSETTING) return fault_user(f, 422, "the font \"%s\" forbids subsetting", name);
    if (rights & FS_BITMAP_ONLY) return fault_user(f, 422, "the font \"%s\" allows embedding of its bitmaps only", name);
    return true;
}

static bool is_usable(hb_face_t *face, struct fault *f)
{
    if (hb_face_get_glyph_count(face) == 0 || hb_face_get_upem(face) == 0) return fault_user(f, 422, "the file is not a font");
    if (!has_table(face, HB_TAG('g', 'l', 'y', 'f')))
        return fault_user(f, 422, "the font has no TrueType outlines; fonts with other outlines are not supported here");
    return may_embed(face, f);
}

static bool is_free_code(const struct pdf_bank *bank, bool is_first, int code)
{
    if (code < 14 || code == '(' || code == ')' || code == '\\' || code == 127) return false;
    /* In the first bank a printable code is its own character, also when that comes later. */
    if (is_first && code >= 32 && code < 127) return false;
    return !bank->is_taken[code];
}

static void take_code(struct pdf_font *font, int bank_index, int code, uint32_t glyph, struct str text)
{
    struct pdf_bank *bank = font->banks[bank_index];
    double advance = hb_font_get_glyph_h_advance(font->font, glyph) * 1000.0 / font->upem;
    bank->is_taken[code] = true;
    bank->glyph[code] = glyph;
    bank->width[code] = (int)(advance + 0.5);
    bank->text_at[code] = (uint32_t)font->texts.len;
    bank->text_len[code] = (uint32_t)text.len;
    buf_add_str(&font->texts, text);
    font->code_of[glyph] = (uint16_t)(1 + bank_index * 256 + code);
}

static void open_bank(struct pdf_font *font)
{
    struct pdf_bank *bank = calloc(1, sizeof *bank);
    assert(bank && font->n_banks < PDF_MAX_BANKS);
    bank->number = pdf_reserve(font->p);
    bank->next = 14;
    font->banks[font->n_banks++] = bank;
}

/* ASCII is itself, so that the operators of a page read like text, and codes do not depend on who comes first. */
static void take_ascii(struct pdf_font *font)
{
    for (int c = 32; c < 127; c++) {
        uint32_t glyph = 0;
        if (c == '(' || c == ')' || c == '\\') continue;
        char text = (char)c;
        if (hb_font_get_nominal_glyph(font->font, (hb_codepoint_t)c, &glyph) && font->code_of[glyph] == 0)
            take_code(font, 0, c, glyph, str_make(&text, 1));
    }
}

int pdf_font_code(struct pdf_font *font, uint32_t glyph, struct str text)
{
    if (glyph >= font->n_glyphs) glyph = 0;
    if (font->code_of[glyph] == 0) {
        int b = font->n_banks - 1;
        struct pdf_bank *bank = font->banks[b];
        while (bank->next < 256 && !is_free_code(bank, b == 0, bank->next)) bank->next++;
        if (bank->next == 256) {
            open_bank(font);
            bank = font->banks[++b];
        }
        take_code(font, b, bank->next++, glyph, text);
    }
    int at = font->code_of[glyph] - 1;
    font->banks[at / 256]->is_used[at % 256] = true;
    return at;
}

static void fill(struct pdf_font *font, struct pdf *p, hb_face_t *face, struct str bytes)
{
    *font = (struct pdf_font){.p = p, .index = p->n_fonts++, .bytes = bytes, .face = face};
    font->upem = hb_face_get_upem(face);
    font->n_glyphs = hb_face_get_glyph_count(face);
    font->font = hb_font_create(face);
    hb_font_set_scale(font->font, (int)font->upem, (int)font->upem);
    font->shaper = hb_buffer_create();
    font->code_of = calloc(font->n_glyphs, sizeof *font->code_of);
    assert(font->code_of);
    open_bank(font);
    take_ascii(font);
}

struct pdf_font *pdf_font(struct pdf *p, struct str bytes, struct fault *f)
{
    for (int i = 0; i < p->n_fonts; i++)
        if (p->fonts[i].bytes.ptr == bytes.ptr && p->fonts[i].bytes.len == bytes.len) return &p->fonts[i];
    if (p->n_fonts == PDF_MAX_FONTS) {
        fault_user(f, 422, "more than %d fonts in one file", PDF_MAX_FONTS);
        return NULL;
    }
    hb_blob_t *blob = hb_blob_create(bytes.ptr, (unsigned)bytes.len, HB_MEMORY_MODE_READONLY, NULL, NULL);
    hb_face_t *face = hb_face_create(blob, 0);
    hb_blob_destroy(blob);
    if (!is_usable(face, f)) {
        hb_face_destroy(face);
        return NULL;
    }
    struct pdf_font *font = &p->fonts[p->n_fonts];
    fill(font, p, face, bytes);
    return font;
}

bool pdf_font_has(struct pdf_font *font, struct str utf8, int32_t *missing)
{
    for (int32_t cp; utf8.len > 0;) {
        uint32_t glyph = 0;
        cp = utf8_next(&utf8);
        if (cp >= 0 && hb_font_get_nominal_glyph(font->font, (hb_codepoint_t)cp, &glyph)) continue;
        if (missing) *missing = cp;
        return false;
    }
    return true;
}

void pdf_font_name(const struct pdf_font *font, int bank, struct buf *out)
{
    buf_addz(out, "/PPF");
    buf_add_int(out, font->index);
    if (bank) buf_addf(out, "b%d", bank);
}

void pdf_destroy_fonts(struct pdf *p)
{
    for (int i = 0; i < p->n_fonts; i++) {
        struct pdf_font *font = &p->fonts[i];
        hb_buffer_destroy(font->shaper);
        pdf_destroy_lines(font);
        hb_font_destroy(font->font);
        hb_face_destroy(font->face);
        free(font->code_of);
        for (int b = 0; b < font->n_banks; b++) free(font->banks[b]);
        buf_finish(&font->texts);
    }
}
