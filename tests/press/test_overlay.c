/* test_overlay.c: our own ink on each size, checked from outside: by the programs that printers use and by reading the barcode back
 * from its drawn bars. */
#include "imb_reader.h"
#include "postal/imb.h"
#include "sample.h"
#include "base/durable.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

static const struct {
    int size, n_lines;
} cases[] = {{SIZE_LETTER, 4}, {SIZE_LETTER, 5}, {SIZE_LETTER, 6}, {SIZE_4X6, 6},
             {SIZE_6X9, 6},    {SIZE_6X11, 3},   {SIZE_12X9, 6},   {SIZE_6X18, 2}};
enum { CASES = sizeof cases / sizeof *cases };

static const char *make(int size, int n_lines, int pieces)
{
    char name[40];
    snprintf(name, sizeof name, "overlay-%d-%d.pdf", size, n_lines);
    const char *path = sample_path(name);
    sample_pieces(path, &(struct sample_spec){size, pieces, n_lines, true, true});
    return path;
}

static void bars_read_back_from_the_ink(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const struct press_geometry *g = press_geometry(cases[i].size);
        struct rect z = g->address_zone;
        char bars[66] = "", tracking[21], routing[12];
        double x = 0, y = 0;
        const char *path = make(cases[i].size, cases[i].n_lines, 1);
        sample_assert_sound(path);
        if (!imb_read(path, g->address_page + 1, z.x, z.y, z.w, z.h, bars, &x, &y)) fail_msg("%s: no bars found", g->name);
        assert_string_equal(bars, SAMPLE_BARS);
        assert_int_equal(imb_decode(str_of(bars), tracking, routing), IMB_OK);
        assert_string_equal(tracking, "01234567094987654321");
        assert_string_equal(routing, "01234567891");
        assert_true(fabs(x - g->address_text.x) < 0.2);
        assert_true(fabs(y - (g->address_text.y + 5.22)) < 0.2);
    }
}

static void other_bars_are_told_apart(void **state)
{
    (void)state;
    int fd;
    char got[66] = "", wanted[66] = SAMPLE_BARS;
    const char *path = sample_path("bars.pdf");
    struct pdf *p = sample_create(path, &fd);
    struct buf ops = BUF_INIT;
    wanted[0] = 'T', wanted[64] = 'F';
    pdf_imb(p, &ops, str_of(wanted), 20, 50);
    pdf_page(p, &(struct pdf_boxes){300, 100, 0}, NULL, buf_str(&ops));
    buf_finish(&ops);
    sample_finish(&p, fd);
    assert_true(imb_read(path, 1, 0, 0, 300, 100, got, NULL, NULL));
    assert_string_equal(got, wanted);
}

static bool has(const struct buf *b, const char *what) { return memmem(b->data, b->len, what, strlen(what)) != NULL; }

static void text_fonts_and_boxes_are_as_promised(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    const char *path = make(SIZE_6X9, 6, 1);
    assert_int_equal(sample_run(&out, "pdftotext -layout %s -", path), 0);
    static const char *const words[] = {"JOS\xC3\x89 \xC5\x81UKASIEWICZ",
                                        "12345 N MARTIN LUTHER KING JR BLVD",
                                        "27101-1234",
                                        "1042-1",
                                        "Pennypost Test Post Office",
                                        "U.S. POSTAGE PAID",
                                        "SPECIMEN",
                                        SAMPLE_BARS};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!has(&out, words[i])) fail_msg("\"%s\" is missing in:\n%s", words[i], out.data);
    buf_clear(&out);
    assert_int_equal(sample_run(&out, "pdfinfo -box %s; pdffonts %s", path, path), 0);
    static const char *const facts[] = {"Pages:           2",
                                        "MediaBox:            0.00     0.00   666.00   450.00",
                                        "BleedBox:            0.00     0.00   666.00   450.00",
                                        "TrimBox:             9.00     9.00   657.00   441.00",
                                        "Producer:        Pennypost ",
                                        "NotoSans-Regular              CID TrueType      Custom           yes yes yes"};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (!has(&out, facts[i])) fail_msg("\"%s\" is missing in:\n%s", facts[i], out.data);
    assert_false(has(&out, "CreationDate"));
    buf_finish(&out);
}

/* Each word of ours lies in the zone; SPECIMEN lies outside the trim or within 0.18 in of the lower edge. */
static void words_lie_where_they_may(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        const struct press_geometry *g = press_geometry(cases[i].size);
        struct buf out = BUF_INIT;
        int n = 0, specimens = 0;
        const char *path = make(cases[i].size, cases[i].n_lines, 1);
        assert_int_equal(sample_run(&out, "pdftotext -bbox -f %d -l %d %s -", g->address_page + 1, g->address_page + 1, path),
                         0);
        for (const char *at = out.data; (at = strstr(at, "<word ")); at++, n++) {
            double x, y, x2, y2;
            char word[100];
            assert_int_equal(
                sscanf(at, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\">%99[^<]", &x, &y, &x2, &y2, word), 5);
            if (strcmp(word, "SPECIMEN") == 0) {
                /* The box that is told spans the font's full height; the capitals end well above its lower edge. */
                double top = y2 - 6.0 * (0.293 + 0.72);
                assert_true(top >= g->height - (g->bleed > 0 ? g->bleed : 12.96));
                specimens++;
                continue;
            }
            struct rect z = g->address_zone;
            bool is_inside = x >= z.x && x2 <= z.x + z.w && (y + y2) / 2 >= z.y && (y + y2) / 2 <= z.y + z.h;
            if (!is_inside) fail_msg("%s: \"%s\" at %g %g %g %g", g->name, word, x, y, x2, y2);
        }
        assert_true(n > 10);
        assert_int_equal(specimens, 3);
        buf_finish(&out);
    }
}

/* Darkest and lightest grey of a rectangle at 100 dpi. */
static void greys_of(const char *path, int page, struct rect r, int *darkest, int *lightest)
{
    struct buf out = BUF_INIT;
    int w = 0, h = 0, used = 0;
    double k = 100.0 / 72;
    assert_int_equal(sample_run(&out, "pdftoppm -gray -r 100 -f %d -x %d -y %d -W %d -H %d -singlefile %s", page,
                                (int)(r.x * k), (int)(r.y * k), (int)(r.w * k), (int)(r.h * k), path),
                     0);
    assert_int_equal(sscanf(out.data, "P5 %d %d 255%n", &w, &h, &used), 2);
    assert_int_equal(out.len, (size_t)used + 1 + (size_t)w * (size_t)h);
    *darkest = 255, *lightest = 0;
    for (size_t i = (size_t)used + 1; i < out.len; i++) {
        int grey = (uint8_t)out.data[i];
        if (grey < *darkest) *darkest = grey;
        if (grey > *lightest) *lightest = grey;
    }
    buf_finish(&out);
}

/* The picture runs over the whole page; none of it is left in the zone. */
static void zone_is_white_below_our_ink(void **state)
{
    (void)state;
    for (const struct press_geometry *g = NULL; (g = press_geometry_next(g));) {
        const char *path = make(g->size, 4, 1);
        struct rect z = g->address_zone, t = g->address_text;
        struct rect quiet[] = {
            {z.x + 1, z.y + 1, 5, z.h - 2},                               /* left of the block */
            {z.x + 1, z.y + 1, z.w - 2, 4},                               /* above everything */
            {z.x + 1, t.y + t.h + 2, z.w - 2, z.y + z.h - t.y - t.h - 3}, /* below the block */
            {t.x + 220, t.y - 1, z.x + z.w - t.x - 222, 12},              /* right of the barcode */
        };
        int dark, light;
        for (int i = 0; i < 4; i++) {
            if (quiet[i].w < 2 || quiet[i].h < 2) continue;
            greys_of(path, g->address_page + 1, quiet[i], &dark, &light);
            if (dark < 255) fail_msg("%s: grey %d in quiet place %d", g->name, dark, i);
        }
        greys_of(path, g->address_page + 1, (struct rect){z.x - 6, z.y, 4, z.h}, &dark, &light);
        if (light == 255) fail_msg("%s: white beyond the zone", g->name);
    }
}

static void same_input_gives_same_bytes(void **state)
{
    (void)state;
    struct buf one = BUF_INIT, two = BUF_INIT;
    const char *path = make(SIZE_4X6, 6, 20);
    assert_true(file_read(path, 1 << 24, &one, NULL));
    path = make(SIZE_4X6, 6, 20);
    assert_true(file_read(path, 1 << 24, &two, NULL));
    assert_true(one.len > 1000);
    assert_true(str_eq(buf_str(&one), buf_str(&two)));
    path = make(SIZE_4X6, 5, 20);
    buf_clear(&two);
    assert_true(file_read(path, 1 << 24, &two, NULL));
    assert_false(str_eq(buf_str(&one), buf_str(&two)));
    buf_finish(&one), buf_finish(&two);
}

static void unprintable_lines_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str line;
        const char *want;
    } rows[] = {
        {"no glyph", STR("\xE6\x9D\xB1 KYOTO"), "the font has no glyph for \"\xE6\x9D\xB1\" (U+6771)"},
        {"control", STR("A\nB"), "a control character"},
        {"broken", STR("A\xFF"), "a damaged byte"},
        {"too wide", STR("THE EXTRAORDINARILY LONG AND WINDING NAME OF A FOUNDATION"), "there is room for 3.03 in"},
    };
    int fd;
    struct arena *a = arena_create(4096);
    struct pdf *p = sample_create("/dev/null", &fd);
    struct fault f = {0};
    struct overlay_spec spec = {
        .g = press_geometry(SIZE_4X6), .font_regular = sample_font_regular(), .font_bold = sample_font_bold()};
    struct overlay *o = overlay_create(p, &spec, a, &f);
    assert_non_null(o);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf ops = BUF_INIT;
        struct str lines[] = {STR("JANE DOE"), rows[i].line};
        buf_addz(&ops, "before ");
        assert_false(
            overlay_ops(o, &(struct overlay_piece){.lines = lines, .n_lines = 2, .bars = STR(SAMPLE_BARS)}, 1, &ops, &f));
        assert_int_equal(f.whose, FAULT_USER);
        if (!strstr(f.text, rows[i].want)) fail_msg("%s: %s", rows[i].name, f.text);
        assert_true(str_eq(buf_str(&ops), STR("before ")));
        buf_finish(&ops);
    }
    pdf_destroy(&p);
    close(fd);
    arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_bars_are_told_apart),
        cmocka_unit_test(bars_read_back_from_the_ink),
        cmocka_unit_test(text_fonts_and_boxes_are_as_promised),
        cmocka_unit_test(words_lie_where_they_may),
        cmocka_unit_test(zone_is_white_below_our_ink),
        cmocka_unit_test(same_input_gives_same_bytes),
        cmocka_unit_test(unprintable_lines_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
