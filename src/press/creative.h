/* creative.h: a template version as the press takes it, from --html or from the store; and what compiling it found. */
#pragma once
#include "base/buf.h"
#include "press/chromium.h"
#include "press/fields.h"
#include "press/geometry.h"
#include "press/merge.h"

enum creative_kind { CREATIVE_HTML, CREATIVE_IMAGES };
struct creative {
    enum creative_kind kind;
    int64_t owner; /* whose it is, by any number; 0: no one's. Chromium is kept from a job to the next one of the same owner only */
    const struct press_geometry *g;
    /* HTML: one document whose printed pages are the sides, or one document per side (n_html 2: front, back). Images: one a
     * side, by asset. */
    struct str html[2];
    int n_html;
    struct str image[12]; /* bytes of each side's picture: JPEG or PNG */
    int n_image;
    bool is_double_sided; /* letters */
    bool strict;
    int pages_each; /* of each piece, as the compile found; 0: the first piece printed decides (letters) */
    const struct chromium_asset *assets;
    int n_assets;
    struct str extra_fields[64]; /* columns beyond the known fields that it may use */
    int n_extra_fields;
};
enum creative_path { CREATIVE_FAST, CREATIVE_CHROMIUM, CREATIVE_IMAGE_ONLY };
/* What compiling says; JSON of it is template_version.report. */
struct creative_report {
    bool is_ok;
    enum creative_path path;
    int pages_each;
    struct fault reason; /* when not ok */
    int n_warnings;
    char warnings[16][200]; /* "ink of the creative lies below the address block, 3.1 % of it, around (4.9 in, 3.4 in)" … */
};
void creative_report_json(const struct creative_report *r, struct buf *out);
