/* geometry.h: the sizes we print and where things lie on them (specs: postal §3). One table. Units: PDF points (1/72 in),
 * origin at the top left of the media (= bleed) box, y downwards, unless a name says otherwise; pdf_y() turns them. */
#pragma once
#include "base/str.h"

enum press_size {
    SIZE_LETTER = 0,
    SIZE_4X6 = 1,
    SIZE_6X9 = 2,
    SIZE_6X11 = 3,
    SIZE_12X9 = 6,
    SIZE_6X18 = 7
}; /* the wire's codes */

struct rect {
    double x, y, w, h;
};

struct press_geometry {
    enum press_size size;
    const char *name;     /* "6x9", as --size and the ticket spell it */
    double width, height; /* of one side's artwork with bleed: 6x9 is 666 x 450 */
    double bleed;         /* 9; 0 for letters */
    struct rect safe;     /* inside the media box */
    int sides;            /* printed pages of a piece: 2; letters: 0 = as many as the creative has, up to press.max_sheets */
    int address_page;     /* 0-based: postcards 1, bifolds 0 (the outside), letters 0 */
    struct rect address_zone;              /* ours: painted white first */
    struct rect address_text;              /* the block inside it: IMb on top, then the lines */
    struct rect return_text, indicia_text; /* letters: no indicia (the envelope has it): w = 0 */
    double address_font_pt, return_font_pt;
};
const struct press_geometry *press_geometry(int size);                            /* NULL: no such size */
const struct press_geometry *press_geometry_by_name(struct str name);             /* "6x9", "letter", "12x9", "12x9_bifold" */
const struct press_geometry *press_geometry_next(const struct press_geometry *g); /* NULL starts and ends */
