/* press_case.c: see press_case.h. */
#include "press_case.h"
#include "postal/imb.h"
#include "press/chromium.h"
#include <stdio.h>
#include <string.h>

const struct str case_return[3] = {{"Harbor Supply", 13}, {"1 Elm St", 8}, {"Austin TX 78701", 15}};

struct press_piece *case_pieces(struct arena *a, int n)
{
    struct press_piece *pieces = ARENA_ARRAY(a, struct press_piece, n);
    for (int i = 0; i < n; i++) {
        struct str *v = ARENA_ARRAY(a, struct str, FIELD_KNOWN), *lines = ARENA_ARRAY(a, struct str, 3);
        v[FIELD_FIRST_NAME] = str_of(arena_printf(a, "Given%d", i));
        lines[0] = str_of(arena_printf(a, "GIVEN%d FAMILY%d", i, i));
        lines[1] = STR("12 MAIN ST"), lines[2] = STR("CHICAGO IL  60601");
        pieces[i] =
            (struct press_piece){.values = v, .lines = lines, .n_lines = 3, .purl = STR("https://x.test/p/abcdefghjkmn")};
        char tracking[21];
        imb_tracking(0, 310, 123456, 900000000 + i, tracking);
        imb_encode(str_of(tracking), STR("60601"), pieces[i].bars);
    }
    return pieces;
}

struct package_piece *case_package(struct arena *a, int n)
{
    struct package_piece *p = ARENA_ARRAY(a, struct package_piece, n);
    for (int i = 0; i < n; i++) {
        p[i] = (struct package_piece){
            .piece_id = 100 + i, .city = STR("CHICAGO"), .state = STR("IL"), .zip5 = STR("60601"), .country = STR("US")};
        p[i].contact = str_of(arena_printf(a, "line %d, Given%d", i + 2, i));
        imb_tracking(0, 310, 123456, 900000000 + i, p[i].tracking);
        snprintf(p[i].routing, sizeof p[i].routing, "60601");
    }
    return p;
}

void case_set(struct press_piece *p, int field, struct str value) { ((struct str *)p->values)[field] = value; }

void case_creative(struct creative *c)
{
    *c = (struct creative){.kind = CREATIVE_HTML, .g = press_geometry_by_name(STR("6x9")), .n_html = 1};
    c->html[0] = STR("<!doctype html><html><head><style>body{margin:0;font:16px 'Noto Sans'}"
                     ".side{height:6.25in;break-after:page}.text{padding:.5in}</style></head><body>"
                     "<div class=side><div class=text>Hello {{first_name}}</div></div>"
                     "<div class=text>{{var_field_1|A short word.}}</div></body></html>");
}

/* One grey pixel. */
void case_pictures(struct creative *c)
{
    static const uint8_t png[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                  0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
                                  0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
                                  0x9c, 0x63, 0x38, 0x01, 0x00, 0x00, 0xca, 0x00, 0xc9, 0x99, 0xca, 0x5d, 0x7e, 0x00,
                                  0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
    *c = (struct creative){.kind = CREATIVE_IMAGES, .g = press_geometry_by_name(STR("6x9")), .n_image = 2};
    c->image[0] = c->image[1] = str_make(png, sizeof png);
}

bool case_has_cage(void)
{
    struct fault f = {0};
    if (chromium_is_available(&f) || !strstr(f.text, "its cage cannot be built")) return true;
    printf("skipped: %s\n", f.text);
    return false;
}
