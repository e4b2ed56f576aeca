/* test_qr.c: what a scanner reads from our codes: from the modules, from the SVG path drawn again, and from a page of PDF. */
#include "press/qr.h"
#include "sample.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zbar.h>

enum { DOTS = 4, SIDE_MAX = (177 + 8) * DOTS };

static const struct {
    const char *name, *text;
    size_t repeat; /* the text this many times */
    int size;      /* modules a side */
} good[] = {
    {"one byte", "7", 1, 21},
    {"14 bytes, the last of version 1", "ABCDEFGHIJKLMN", 1, 21},
    {"15 bytes, the first of version 2", "ABCDEFGHIJKLMNO", 1, 25},
    {"digits stay bytes", "123456789012345", 1, 25},
    {"an address of the web", "https://example.com/p/7Q3K9ZC2?utm_source=mail&x=1", 1, 33},
    {"other scripts", "Zoë Łódź 日本 🎯", 1, 25},
    {"long", "0123456789", 30, 69},
};

/* Grey pixels, DOTS a module, from `black` squares of side `size` that already hold their quiet zone. */
static int scan(const uint8_t *black, int size, char *out, size_t cap)
{
    static uint8_t grey[SIDE_MAX * SIDE_MAX];
    unsigned side = (unsigned)(size * DOTS);
    for (unsigned y = 0; y < side; y++)
        for (unsigned x = 0; x < side; x++) grey[y * side + x] = black[(int)(y / DOTS) * size + (int)(x / DOTS)] ? 0 : 255;
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(image, 0x30303859); /* Y800 */
    zbar_image_set_size(image, side, side);
    zbar_image_set_data(image, grey, side * side, NULL);
    int found = zbar_scan_image(scanner, image);
    if (found == 1) {
        const zbar_symbol_t *s = zbar_image_first_symbol(image);
        snprintf(out, cap, "%.*s", (int)zbar_symbol_get_data_length(s), zbar_symbol_get_data(s));
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    return found;
}

static void text_of(size_t i, struct buf *b)
{
    buf_clear(b);
    for (size_t n = 0; n < good[i].repeat; n++) buf_addz(b, good[i].text);
}

static void check(size_t i, const uint8_t *black, int size, const char *want)
{
    static char got[4000];
    int found = scan(black, size, got, sizeof got);
    if (found != 1) fail_msg("%s: the scanner found %d codes", good[i].name, found);
    assert_string_equal(got, want);
}

static void modules_are_read(void **state)
{
    (void)state;
    static struct qr q;
    static uint8_t black[185 * 185];
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct fault f = {0};
        text_of(i, &text);
        assert_true(qr_encode(buf_str(&text), &q, &f));
        assert_int_equal(q.size, good[i].size);
        memset(black, 0, sizeof black);
        for (int y = 0; y < q.size; y++) memcpy(black + (y + 4) * (q.size + 8) + 4, q.modules + y * q.size, (size_t)q.size);
        check(i, black, q.size + 8, text.data);
    }
    buf_finish(&text);
}

/* Draws "M x y h n v 1 h-n z" again and again; the modules must be exactly the code's. */
static void svg_path_is_read(void **state)
{
    (void)state;
    static struct qr q;
    static uint8_t black[185 * 185];
    struct buf text = BUF_INIT, path = BUF_INIT;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        text_of(i, &text);
        assert_true(qr_encode(buf_str(&text), &q, NULL));
        buf_clear(&path);
        qr_svg_path(&path, &q);
        memset(black, 0, sizeof black);
        int used = 0, x, y, n, back, side = q.size + 8;
        for (const char *at = path.data; *at; at += used) {
            used = 0;
            assert_int_equal(sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &n, &back, &used), 4);
            assert_true(used > 0 && n == back && x >= 4 && y >= 4 && x + n <= side - 4 && y < side - 4);
            memset(black + y * side + x, 1, (size_t)n);
        }
        for (int row = 0; row < q.size; row++)
            assert_memory_equal(black + (row + 4) * side + 4, q.modules + row * q.size, (size_t)q.size);
        check(i, black, side, text.data);
    }
    buf_finish(&path);
    buf_finish(&text);
}

static void pdf_page_is_read(void **state)
{
    (void)state;
    static struct qr q;
    const struct pdf_boxes boxes = {300, 300, 0};
    struct buf text = BUF_INIT, ops = BUF_INIT, seen = BUF_INIT;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int fd;
        char name[40];
        snprintf(name, sizeof name, "qr-%zu.pdf", i);
        const char *path = sample_path(name);
        text_of(i, &text);
        assert_true(qr_encode(buf_str(&text), &q, NULL));
        buf_clear(&ops);
        qr_pdf_ops(&ops, &q, 50, 100, 144);
        struct pdf *p = sample_create(path, &fd);
        pdf_page(p, &boxes, NULL, buf_str(&ops));
        sample_finish(&p, fd);
        sample_assert_sound(path);
        buf_clear(&seen);
        assert_int_equal(sample_run(NULL, "pdftoppm -r 300 -gray %s %s", path, path), 0);
        assert_int_equal(sample_run(&seen, "zbarimg --nodbus -q --raw -Sdisable -Sqrcode.enable %s-1.pgm", path), 0);
        assert_string_equal(str_trim(buf_str(&seen)).len == text.len ? "same length" : seen.data, "same length");
        assert_memory_equal(seen.data, text.data, text.len);
    }
    buf_finish(&seen);
    buf_finish(&ops);
    buf_finish(&text);
}

/* The ink's edges on the page, in points from the bottom left. */
static void pdf_place_and_size(void **state)
{
    (void)state;
    static struct qr q;
    const struct pdf_boxes boxes = {300, 300, 0};
    struct buf ops = BUF_INIT, seen = BUF_INIT;
    const char *path = sample_path("place.pdf");
    int fd;
    double left, bottom, right, top;
    assert_true(qr_encode(STR("place"), &q, NULL));
    qr_pdf_ops(&ops, &q, 50, 100, 84);
    struct pdf *p = sample_create(path, &fd);
    pdf_page(p, &boxes, NULL, buf_str(&ops));
    sample_finish(&p, fd);
    assert_int_equal(sample_run(&seen, "gs -q -dNOPAUSE -dBATCH -sDEVICE=bbox %s 2>&1", path), 0);
    const char *box = strstr(seen.data, "HiResBoundingBox:");
    assert_true(box && sscanf(box, "HiResBoundingBox: %lf %lf %lf %lf", &left, &bottom, &right, &top) == 4);
    if (fabs(left - 50) > 0.01 || fabs(bottom - 100) > 0.01 || fabs(right - 134) > 0.01 || fabs(top - 184) > 0.01)
        fail_msg("the ink is at %s", box);
    buf_finish(&seen);
    buf_finish(&ops);
}

static void what_does_not_fit(void **state)
{
    (void)state;
    static struct qr q;
    static char long_text[2332];
    struct fault f = {0};
    memset(long_text, 'x', sizeof long_text);
    assert_true(qr_encode(str_make(long_text, 2331), &q, &f));
    assert_int_equal(q.size, 177);
    q.size = -1;
    assert_false(qr_encode(str_make(long_text, 2332), &q, &f));
    assert_true(f.whose == FAULT_USER && strstr(f.text, "2332") && strstr(f.text, "2331"));
    assert_false(qr_encode(STR(""), &q, &f));
    assert_false(qr_encode(STR_NULL, &q, &f));
    assert_int_equal(q.size, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modules_are_read),   cmocka_unit_test(svg_path_is_read),  cmocka_unit_test(pdf_page_is_read),
        cmocka_unit_test(pdf_place_and_size), cmocka_unit_test(what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
