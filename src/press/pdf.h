/* pdf.h: our PDF writer: one output file, written front to back, deterministic (same calls, same bytes; no dates, no random
 * ids: /ID is a digest of the content). Shape (specs: rendering §9): form XObjects shared by pages, fonts as Type 0 with
 * one-byte codes, CIDToGIDMap and subset at file end, a page tree of at most 64 kids a node, one classic xref, PDF 1.6;
 * MediaBox = BleedBox, TrimBox on each page. Coordinates of everything given as operators: points, origin bottom left (PDF's).
 * Not thread-safe. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

struct pdf;
struct pdf *pdf_create(int fd); /* the fd stays the caller's; writes are buffered */
/* Writes fonts, page tree, xref. False when any write failed. The pdf must be destroyed either way. */
bool pdf_finish(struct pdf *p, struct fault *f);
void pdf_destroy(struct pdf **p);
int64_t pdf_bytes(const struct pdf *p);
int pdf_page_count(const struct pdf *p);

/* ---- objects ---- */
int pdf_reserve(struct pdf *p); /* an object number for later */
/* An object given as text ("<< /Type /X … >>"). number 0: a new one. Returns its number. */
int pdf_object(struct pdf *p, int number, struct str body);
/* dict: entries without << >> and /Length; /Filter is added when `deflate`. */
int pdf_stream(struct pdf *p, int number, struct str dict, struct str data, bool deflate);

/* ---- what pages are made of ---- */
/* An image: JPEG bytes untouched (size and colour read from its header), or 8-bit RGB / grey. Returns the object number; 0 with
 * a fault. */
int pdf_image_jpeg(struct pdf *p, struct str jpeg, int *width, int *height, struct fault *f);
int pdf_image_raw(struct pdf *p, struct str pixels, int width, int height, int channels /* 1, 3 */);
/* Width and height in pixels as a picture's header says them (JPEG, PNG); nothing is decoded. False: it has none. */
bool pdf_image_size(struct str picture, int *width, int *height);
/* A form: bbox in points; `resources` as "<< … >>". */
int pdf_form(struct pdf *p, double width, double height, struct str resources, struct str ops);

/* PNG of any kind, alpha blended on white; at most press.max_image_pixels. Returns the object number; 0 with a fault. */
int pdf_image_png(struct pdf *p, struct str png, int *width, int *height, struct fault *f);
/* The `resources` of a form whose operators use our fonts and named XObjects. */
const char *pdf_resources(struct pdf *p);

/* A page. `background` is a form or an image XObject that was made for the whole media box (forms are painted as they are, images
 * stretched to it); an imported page (pdf_import.h) is a form. `ops` is painted after it. Fonts that `ops` uses are known by
 * their own; XObjects are named by pdf_xobject_name. */
struct pdf_background {
    int form, image; /* object numbers, 0: none */
    bool is_once;    /* no other page has it, so it is named on this page alone */
};
struct pdf_boxes {
    double width, height, bleed;
};
void pdf_page(struct pdf *p, const struct pdf_boxes *boxes, const struct pdf_background *bg, struct str ops);
/* The name of a form or image in any page's `ops` ("PPX12": paint with "/PPX12 Do"), so that pages may share what lies over their
 * background (the address side's fixed part, SPECIMEN …). */
const char *pdf_xobject_name(struct pdf *p, int object);

/* ---- text ---- */
struct pdf_font;
/* TrueType or CFF bytes, kept until the pdf is destroyed. At most 8 fonts a file. */
struct pdf_font *pdf_font(struct pdf *p, struct str bytes, struct fault *f);
double pdf_text_width(struct pdf_font *font, struct str utf8, double size);
bool pdf_font_has(struct pdf_font *font, struct str utf8, int32_t *missing); /* all code points have glyphs */
/* Operators "BT … ET" for one line at x, y (baseline), shaped by HarfBuzz, Identity by one-byte codes. */
void pdf_text(struct pdf_font *font, struct buf *ops, struct str utf8, double x, double y, double size);
/* The Intelligent Mail barcode as a Type 3 font of four letters (rendering §9.9, bar sizes postal §1.6): left end x, y =
 * vertical middle of the trackers. Length 210.9 pt. */
void pdf_imb(struct pdf *p, struct buf *ops, struct str bars, double x, double y);
