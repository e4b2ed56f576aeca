/* test_geometry.c: the table of sizes against the postal rules it stands for (specs: postal §1.6, §3). */
#include "press/geometry.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void assert_inside(const char *what, struct rect a, struct rect b)
{
    bool is_inside = a.x >= b.x - 0.01 && a.y >= b.y - 0.01 && a.x + a.w <= b.x + b.w + 0.01 && a.y + a.h <= b.y + b.h + 0.01;
    if (!is_inside) fail_msg("%s: %g %g %g %g is not inside %g %g %g %g", what, a.x, a.y, a.w, a.h, b.x, b.y, b.w, b.h);
}

static void sizes_are_the_vendors(void **state)
{
    (void)state;
    static const struct {
        int size;
        const char *name;
        double w, h, bleed, zone_x, zone_y, zone_w, zone_h;
        int sides, address_page;
    } want[] = {
        {0, "letter", 612, 792, 0, 33.84, 32.4, 311.04, 169.2, 0, 0}, {1, "4x6", 450, 306, 9, 193.788, 117, 236.412, 171, 2, 1},
        {2, "6x9", 666, 450, 9, 358.2, 261, 288, 171, 2, 1},          {3, "6x11", 810, 450, 9, 502.2, 261, 288, 171, 2, 1},
        {6, "12x9", 666, 882, 9, 342, 259.2, 288, 171, 2, 0},         {7, "6x18", 1314, 450, 9, 358.2, 243, 288, 171, 2, 0},
    };
    int n = 0;
    for (const struct press_geometry *g = NULL; (g = press_geometry_next(g)); n++) {
        assert_string_equal(g->name, want[n].name);
        assert_ptr_equal(press_geometry(want[n].size), g);
        assert_ptr_equal(press_geometry_by_name(str_of(want[n].name)), g);
        const double got[] = {g->width,          g->height,         g->bleed,         g->address_zone.x,
                              g->address_zone.y, g->address_zone.w, g->address_zone.h};
        const double *w = &want[n].w;
        for (int i = 0; i < 7; i++)
            if (fabs(got[i] - w[i]) > 0.001) fail_msg("%s: value %d is %g, not %g", g->name, i, got[i], w[i]);
        assert_int_equal(g->sides, want[n].sides);
        assert_int_equal(g->address_page, want[n].address_page);
    }
    assert_int_equal(n, 6);
}

static void names_of_others_are_known(void **state)
{
    (void)state;
    assert_int_equal(press_geometry_by_name(STR("12x9_bifold"))->size, SIZE_12X9);
    assert_int_equal(press_geometry_by_name(STR("6x18_bifold"))->size, SIZE_6X18);
    assert_null(press_geometry_by_name(STR("4x6_bifold")));
    assert_null(press_geometry_by_name(STR("a4")));
    assert_null(press_geometry_by_name(STR("")));
    assert_null(press_geometry(4));
    assert_null(press_geometry(-1));
}

/* Barcode 210.9 pt with 0.125 in beside and 0.028 in above and below it, then lines of 8 pt at least. */
static void block_fits_its_zone(void **state)
{
    (void)state;
    for (const struct press_geometry *g = NULL; (g = press_geometry_next(g));) {
        struct rect bars = {g->address_text.x - 9, g->address_text.y - 2.016, 210.9 + 18, 10.44 + 2 * 2.016};
        assert_inside(g->name, g->address_zone, (struct rect){0, 0, g->width, g->height});
        assert_inside(g->name, bars, g->address_zone);
        assert_inside(g->name, g->address_text, g->address_zone);
        assert_inside(g->name, g->return_text, g->address_zone);
        int lines = 6;
        double least = 10.44 + 2.016 + (0.95 + 0.24) * 8 + (lines - 1) * 1.05 * 8;
        if (g->address_text.h < least) fail_msg("%s: %g pt for %d lines, %g needed", g->name, g->address_text.h, lines, least);
        if (g->indicia_text.w > 0) {
            assert_inside(g->name, g->indicia_text, g->address_zone);
            assert_true(g->return_text.x + g->return_text.w < g->indicia_text.x);
        }
        assert_true(g->return_text.y + g->return_text.h < g->address_text.y);
    }
}

/* #10: window 4 x 1 in at 0.625, 1.7 of the folded letter, return window 3.25 x 0.875 in at 0.625, 0.5. */
static void letter_shows_in_both_windows(void **state)
{
    (void)state;
    const struct press_geometry *g = press_geometry(SIZE_LETTER);
    struct rect window = {45, 122.4, 288, 72}, return_window = {45, 36, 234, 63};
    struct rect bars = {g->address_text.x - 9, g->address_text.y - 2.016, 210.9 + 18, 10.44 + 2 * 2.016};
    assert_inside("address window", g->address_text, window);
    assert_inside("barcode in its window", bars, window);
    assert_inside("return window", g->return_text, return_window);
    assert_inside("zone behind the window", window, g->address_zone);
    assert_inside("zone behind the return window", return_window, g->address_zone);
}

/* The lines end above the strip of the sorters' own barcode, 0.625 in above the trimmed or folded edge. */
static void block_stands_above_the_sorters_strip(void **state)
{
    (void)state;
    static const struct {
        int size;
        double edge;
    } sides[] = {{SIZE_4X6, 297}, {SIZE_6X9, 441}, {SIZE_6X11, 441}, {SIZE_12X9, 441}, {SIZE_6X18, 441}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        const struct press_geometry *g = press_geometry(sides[i].size);
        assert_true(g->address_text.y + g->address_text.h <= sides[i].edge - 45 + 0.01);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_the_vendors),
        cmocka_unit_test(names_of_others_are_known),
        cmocka_unit_test(block_fits_its_zone),
        cmocka_unit_test(letter_shows_in_both_windows),
        cmocka_unit_test(block_stands_above_the_sorters_strip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
