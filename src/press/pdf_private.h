/* pdf_private.h: the writer's inside, shared by the pdf_*.c files only. */
#pragma once
#include "base/digest.h"
#include "base/map.h"
#include "press/pdf.h"
#include <hb.h>
#include <libdeflate.h>

enum {
    PDF_CATALOG = 1, /* object numbers that are fixed */
    PDF_ROOT_NODE,   /* of the page tree; pages inherit its /Resources and /MediaBox */
    PDF_FONTS,       /* the dictionary of all fonts */
    PDF_XOBJECTS,    /* the dictionary of all named XObjects */
    PDF_INFO,
    PDF_FIXED = PDF_INFO
};
enum { PDF_KIDS = 64, PDF_MAX_FONTS = 8, PDF_MAX_BANKS = 32, PDF_MEMOS = 4, PDF_LINES = 64 };
enum { PDF_LEVEL_NONE = 0, PDF_LEVEL_PAGE = 1, PDF_LEVEL_ONCE = 6 }; /* deflate: content is many, the rest is once a file */

struct pdf_list { /* object numbers */
    int *at, n, cap;
};
void pdf_list_add(struct pdf_list *l, int number);

/* 256 codes of one font object. A font opens another one when its codes run out. */
struct pdf_bank {
    int number;            /* object */
    uint32_t glyph[256];   /* valid where is_used */
    bool is_taken[256];    /* the code stands for `glyph` */
    bool is_used[256];     /* and a text needed it */
    int width[256];        /* in whole 1/1000 em, as /W says */
    uint32_t text_at[256]; /* what it reads as: bytes of pdf_font.texts */
    uint32_t text_len[256];
    int next; /* codes below are taken or forbidden */
};

struct pdf_glyph { /* font units */
    uint32_t id, cluster;
    int x_advance, x_offset, y_offset;
};

/* A line as HarfBuzz shaped it. `text` is the key; an empty one holds nothing. */
struct pdf_line {
    struct buf text;
    struct pdf_glyph *glyphs;
    int n, cap;
    double advance;
};

struct pdf_font {
    struct pdf *p;
    int index;
    struct str bytes;
    hb_face_t *face;
    hb_font_t *font; /* scale: units per em */
    hb_buffer_t *shaper;
    struct pdf_line lines[PDF_LINES]; /* by hash of the text: a line is measured, then set */
    unsigned upem, n_glyphs;
    uint16_t *code_of; /* by glyph: 1 + bank * 256 + code; 0: none yet */
    struct pdf_bank *banks[PDF_MAX_BANKS];
    int n_banks;
    struct buf texts;
};

struct pdf_memo { /* content of a page that was written a moment ago: pages that say the same share it */
    struct buf content;
    int number;
};

/* Invariants: offset[n] is 0 until object n was written; `out` holds what was not written to the fd yet; all bytes pass `sum`. */
struct pdf {
    int fd;
    bool is_failed;
    struct fault why;
    struct buf out;
    int64_t flushed;
    struct sha256_sum *sum;
    int64_t *offset;
    int n_objects, cap_objects;
    struct libdeflate_compressor *by_level[2]; /* page, once */
    struct buf packed, content;
    struct pdf_list pages, nodes, xobjects;
    struct pdf_boxes boxes; /* of the first page: inherited by those that are alike */
    struct pdf_memo memo[PDF_MEMOS];
    int next_memo;
    char name[32]; /* last answer of pdf_xobject_name */
    struct pdf_font fonts[PDF_MAX_FONTS];
    int n_fonts;
    int imb_font;          /* object; 0: no barcode was set */
    struct map *by_digest; /* imported objects by the SHA-256 of what they say */
};

void pdf_begin(struct pdf *p, int number); /* "7 0 obj\n" */
void pdf_end(struct pdf *p);
void pdf_flush_if_big(struct pdf *p);
int pdf_stream_level(struct pdf *p, int number, struct str dict, struct str data, int level);
void pdf_finish_fonts(struct pdf *p);  /* pdf_font_write.c */
void pdf_finish_pages(struct pdf *p);  /* pdf_page.c */
void pdf_finish_imb(struct pdf *p);    /* pdf_imb.c */
void pdf_destroy_fonts(struct pdf *p); /* pdf_font.c */
/* The code that draws `glyph` and reads as `text`; opens a bank when need be. bank * 256 + code. */
int pdf_font_code(struct pdf_font *font, uint32_t glyph, struct str text);
/* Valid until the next call for this font. */
const struct pdf_line *pdf_font_shape(struct pdf_font *font, struct str utf8);
void pdf_destroy_lines(struct pdf_font *font);
void pdf_font_name(const struct pdf_font *font, int bank, struct buf *out); /* "/PPF0", "/PPF0b1" */
