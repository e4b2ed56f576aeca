/* geometry.c: the table of sizes. Read by everyone who prints or checks; constant.
 *
 * Zones of postcards and bifolds are the ink-free zones that the vendors' templates keep clear (postal §3.1). In them, from the
 * top: return address left and indicia right, then the block of barcode and lines. The block ends 0.625 in above the trimmed
 * (or folded) edge, where the lines must lie for the sorters' cameras and the strip of their own barcodes begins. Letters: the
 * zone is 4.32 x 2.35 in and lies behind both windows of a #10 envelope (postal §3.2); return lines and block stand where they
 * show. */
#include "press/geometry.h"

#define IN        72.0
#define CLEAR     (0.125 * IN) /* beside the barcode */
#define BLOCK_TOP 60.0         /* of the block, from the zone's top edge */
#define HEAD_TOP  7.0          /* of return address and indicia */
#define HEAD_H    42.0
#define STAMP_W   76.0
/* A zone whose top left corner is x, y, and the three blocks in it; bottom: the edge of the trimmed or folded side. */
#define ZONE(x, y, w, h, bottom)                                                                                               \
    .address_zone = {x, y, w, h},                                                                                              \
    .address_text = {(x) + CLEAR, (y) + BLOCK_TOP, (w)-2 * CLEAR, (bottom)-0.625 * IN - (y)-BLOCK_TOP},                        \
    .return_text = {(x) + CLEAR, (y) + HEAD_TOP, (w)-2 * CLEAR - STAMP_W - 8, HEAD_H},                                         \
    .indicia_text = {(x) + (w)-HEAD_TOP - STAMP_W, (y) + HEAD_TOP, STAMP_W, HEAD_H}, .address_font_pt = 9, .return_font_pt = 7
/* The zone of a postcard with bleed w x h in is measured from the lower right corner. */
#define CARD_ZONE(w, h, zone_w)                                                                                                \
    ZONE(((w)-0.275 - (zone_w)) * IN, ((h)-0.25 - 2.375) * IN, (zone_w)*IN, 2.375 * IN, ((h)-0.125) * IN)
#define INSIDE(w, h, by) .safe = {(by)*IN, (by)*IN, ((w)-2 * (by)) * IN, ((h)-2 * (by)) * IN}
#define MEDIA(w, h)      .width = (w)*IN, .height = (h)*IN

static const struct press_geometry sizes[] = {
    {.size = SIZE_LETTER,
     .name = "letter",
     MEDIA(8.5, 11),
     .bleed = 0,
     INSIDE(8.5, 11, 0.1875),
     .sides = 0,
     .address_page = 0,
     .address_zone = {0.47 * IN, 0.45 * IN, 4.32 * IN, 2.35 * IN},
     .address_text = {0.9 * IN, 1.75 * IN, 3.35 * IN, 0.9 * IN},
     .return_text = {0.9 * IN, 0.72 * IN, 2.8 * IN, 0.6 * IN},
     .address_font_pt = 9,
     .return_font_pt = 8},
    {.size = SIZE_4X6,
     .name = "4x6",
     MEDIA(6.25, 4.25),
     .bleed = 9,
     INSIDE(6.25, 4.25, 0.1875),
     .sides = 2,
     .address_page = 1,
     CARD_ZONE(6.25, 4.25, 3.2835)},
    {.size = SIZE_6X9,
     .name = "6x9",
     MEDIA(9.25, 6.25),
     .bleed = 9,
     INSIDE(9.25, 6.25, 0.1875),
     .sides = 2,
     .address_page = 1,
     CARD_ZONE(9.25, 6.25, 4)},
    {.size = SIZE_6X11,
     .name = "6x11",
     MEDIA(11.25, 6.25),
     .bleed = 9,
     INSIDE(11.25, 6.25, 0.1875),
     .sides = 2,
     .address_page = 1,
     CARD_ZONE(11.25, 6.25, 4)},
    /* Bifolds: page 0 is the outside; the address panel is the half above (12x9) or left of (6x18) the fold. */
    {.size = SIZE_12X9,
     .name = "12x9",
     MEDIA(9.25, 12.25),
     .bleed = 9,
     INSIDE(9.25, 12.25, 0.25),
     .sides = 2,
     .address_page = 0,
     ZONE(4.75 * IN, 3.6 * IN, 4 * IN, 2.375 * IN, 6.125 * IN)},
    {.size = SIZE_6X18,
     .name = "6x18",
     MEDIA(18.25, 6.25),
     .bleed = 9,
     INSIDE(18.25, 6.25, 0.25),
     .sides = 2,
     .address_page = 0,
     ZONE(4.975 * IN, 3.375 * IN, 4 * IN, 2.375 * IN, 6.125 * IN)},
};
enum { SIZES = sizeof sizes / sizeof *sizes };

const struct press_geometry *press_geometry(int size)
{
    for (int i = 0; i < SIZES; i++)
        if ((int)sizes[i].size == size) return &sizes[i];
    return NULL;
}

const struct press_geometry *press_geometry_by_name(struct str name)
{
    /* "12x9_bifold", "12x9 bifold": the longer names that vendors use. */
    if (name.len > 7 && (str_ends(name, STR("_bifold")) || str_ends(name, STR(" bifold")))) {
        name.len -= 7;
        if (!str_eq(name, STR("12x9")) && !str_eq(name, STR("6x18"))) return NULL;
    }
    for (int i = 0; i < SIZES; i++)
        if (str_eq(str_of(sizes[i].name), name)) return &sizes[i];
    return NULL;
}

const struct press_geometry *press_geometry_next(const struct press_geometry *g)
{
    if (!g) return &sizes[0];
    return g + 1 < sizes + SIZES ? g + 1 : NULL;
}
