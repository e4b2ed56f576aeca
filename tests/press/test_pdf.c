/* test_pdf.c: the writer: objects, pages and their tree, text with its codes, pictures; checked by the programs that read PDF. */
#include "sample.h"
#include "base/durable.h"
#include "base/utf8.h"
#include <fcntl.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static bool has(const struct buf *b, const char *what)
{
    return b->data && memmem(b->data, b->len, what, strlen(what)) != NULL;
}

static const struct pdf_boxes small = {400, 200, 9};

/* One page per text; what pdftotext reads from them. */
static void write_texts(const char *path, const struct str *texts, int n)
{
    int fd;
    struct fault f = {0};
    struct pdf *p = sample_create(path, &fd);
    struct pdf_font *font = pdf_font(p, sample_font_regular(), &f);
    assert_non_null(font);
    for (int i = 0; i < n; i++) {
        struct buf ops = BUF_INIT;
        pdf_text(font, &ops, texts[i], 20, 100, 12);
        pdf_page(p, &small, NULL, buf_str(&ops));
        buf_finish(&ops);
    }
    sample_finish(&p, fd);
}

static void text_reads_back(void **state)
{
    (void)state;
    static const struct str texts[] = {
        STR("Plain text, 0123456789 !\"#$%&'*+,-./:;<=>?@[]^_`{|}~"),
        STR("Brackets (in) (( and back\\slash"),
        STR("\xC3\x85ngstr\xC3\xB6m na\xC3\xAFve \xC3\x89"
            "cole \xC5\x81\xC3\xB3"
            "d\xC5\xBA"),
        STR("difficult office affluent flimsy fjord"), /* ff, ffi, ffl, fi, fl are ligatures in the font */
        STR("\xCE\x91\xCE\xB8\xCE\xAE\xCE\xBD\xCE\xB1 \xD0\x9C\xD0\xBE\xD1\x81\xD0\xBA\xD0\xB2\xD0\xB0"),
        STR("AVATAR To. LYWT"),
    };
    enum { N = sizeof texts / sizeof *texts };
    const char *path = sample_path("texts.pdf");
    write_texts(path, texts, N);
    sample_assert_sound(path);
    for (int i = 0; i < N; i++) {
        struct buf out = BUF_INIT;
        assert_int_equal(sample_run(&out, "pdftotext -f %d -l %d %s -", i + 1, i + 1, path), 0);
        struct str got = str_trim(buf_str(&out));
        if (!str_eq(got, texts[i])) fail_msg("read \"%.*s\", set \"%.*s\"", STR_ARG(got), STR_ARG(texts[i]));
        buf_finish(&out);
    }
}

/* More glyphs than one font object has codes for. */
static void codes_may_run_out(void **state)
{
    (void)state;
    struct str texts[30];
    struct buf kept[30] = {0};
    char utf8[4];
    int n = 0;
    for (uint32_t cp = 0x100; n < 30; n++)
        for (int i = 0; i < 24; i++, cp++)
            buf_add(&kept[n], utf8, utf8_put(utf8, cp == 0x149 || (cp >= 0x300 && cp < 0x37A) ? 'x' : cp));
    for (int i = 0; i < 30; i++) texts[i] = buf_str(&kept[i]);
    const char *path = sample_path("codes.pdf");
    n = 20; /* U+0100 to U+02DF */
    write_texts(path, texts, n);
    sample_assert_sound(path);
    struct buf out = BUF_INIT;
    assert_int_equal(sample_run(&out, "pdffonts %s | grep -c 'NotoSans-Regular.*yes yes yes'", path), 0);
    assert_string_equal(out.data, "3\n");
    for (int i = 0; i < n; i++) {
        buf_clear(&out);
        assert_int_equal(sample_run(&out, "pdftotext -f %d -l %d %s -", i + 1, i + 1, path), 0);
        struct str got = str_trim(buf_str(&out));
        if (!str_eq(got, texts[i])) fail_msg("page %d reads \"%.*s\", not \"%.*s\"", i + 1, STR_ARG(got), STR_ARG(texts[i]));
    }
    buf_finish(&out);
    for (int i = 0; i < 30; i++) buf_finish(&kept[i]);
}

/* Set width, and the width that pdftotext sees, which is made of /W and TJ numbers. */
static void widths_agree_with_the_viewer(void **state)
{
    (void)state;
    static const struct str line = STR("WAVE To. Yes, AWAY! Typography V.A.T. difficult");
    struct fault f = {0};
    struct buf out = BUF_INIT, ops = BUF_INIT;
    double x = 0, x2 = 0, at;
    int fd;
    const char *path = sample_path("widths.pdf");
    struct pdf *p = sample_create(path, &fd);
    struct pdf_font *font = pdf_font(p, sample_font_regular(), &f);
    double width = pdf_text_width(font, line, 12);
    pdf_text(font, &ops, line, 20, 100, 12);
    pdf_page(p, &small, NULL, buf_str(&ops));
    sample_finish(&p, fd);
    assert_int_equal(sample_run(&out, "pdftotext -bbox %s -", path), 0);
    const char *word = strstr(out.data, "<word ");
    assert_non_null(word);
    assert_int_equal(sscanf(word, "<word xMin=\"%lf\"", &x), 1);
    for (; (word = strstr(word, "xMax=\"")); word++)
        if (sscanf(word, "xMax=\"%lf\"", &at) == 1) x2 = at;
    if (x < 19.98 || x > 20.02) fail_msg("starts at %g", x);
    if (x2 - x < width - 0.05 || x2 - x > width + 0.05) fail_msg("%g wide in the viewer, %g set", x2 - x, width);
    buf_finish(&out), buf_finish(&ops);
}

static void tree_holds_every_number_of_pages(void **state)
{
    (void)state;
    static const int counts[] = {1, 63, 64, 65, 4096, 4097};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int fd;
        struct buf out = BUF_INIT, ops = BUF_INIT;
        char want[40];
        const char *path = sample_path("tree.pdf");
        struct pdf *p = sample_create(path, &fd);
        for (int n = 0; n < counts[i]; n++) {
            buf_clear(&ops);
            buf_addf(&ops, "%d 0 m", n);
            pdf_page(p, &small, NULL, buf_str(&ops));
        }
        assert_int_equal(pdf_page_count(p), counts[i]);
        sample_finish(&p, fd);
        assert_int_equal(sample_run(&out, "qpdf --check %s && qpdf --show-npages %s", path, path), 0);
        snprintf(want, sizeof want, "\n%d\n", counts[i]);
        if (!has(&out, want) || has(&out, "WARNING")) fail_msg("%d pages: %s", counts[i], out.data);
        buf_clear(&out);
        int status = sample_run(&out,
                                "qpdf --show-pages %s | tail -2 | grep -o '[0-9]* 0 R' | head -1 | cut -d' ' -f1 | "
                                "xargs -I {} qpdf --show-object={} --filtered-stream-data %s",
                                path, path);
        if (status != 0) fail_msg("last of %d pages, status %d: %s", counts[i], status, out.data);
        snprintf(want, sizeof want, "%d 0 m", counts[i] - 1);
        if (!has(&out, want)) fail_msg("last of %d pages: %s", counts[i], out.data);
        buf_finish(&out), buf_finish(&ops);
    }
}

static void equal_fronts_share_their_content(void **state)
{
    (void)state;
    int64_t bytes[2];
    for (int distinct = 0; distinct < 2; distinct++) {
        int fd;
        struct pdf *p = sample_create("/dev/null", &fd);
        for (int i = 0; i < 100; i++) {
            char ops[200];
            snprintf(ops, sizeof ops, "%d 0 m 0.5 0.25 0.125 rg 10 20 30 40 re f 11 21 31 41 re f 12 22 32 42 re f",
                     distinct ? i : 0);
            pdf_page(p, &small, NULL, str_of(ops));
        }
        sample_finish(&p, fd);
        bytes[distinct] = 0;
        const char *path = sample_path("share.pdf");
        p = sample_create(path, &fd);
        for (int i = 0; i < 100; i++) {
            char ops[200];
            snprintf(ops, sizeof ops, "%d 0 m 0.5 0.25 0.125 rg 10 20 30 40 re f 11 21 31 41 re f 12 22 32 42 re f",
                     distinct ? i : 0);
            pdf_page(p, &small, NULL, str_of(ops));
        }
        bytes[distinct] = pdf_bytes(p);
        sample_finish(&p, fd);
        sample_assert_sound(path);
    }
    assert_true(bytes[0] + 99 * 60 < bytes[1]);
}

static void failed_writes_are_told(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct fault f = {0};
    struct pdf *p = pdf_create(fd);
    pdf_page(p, &small, NULL, STR("0 g"));
    assert_false(pdf_finish(p, &f));
    assert_int_equal(f.whose, FAULT_OPERATOR);
    assert_non_null(strstr(f.text, "No space left"));
    pdf_destroy(&p);
    assert_null(p);
    close(fd);
}

/* ---- fonts ---- */

static void set_rights(struct buf *font, unsigned rights)
{
    for (size_t i = 0; i < (size_t)(uint8_t)font->data[5]; i++) {
        uint8_t *entry = (uint8_t *)font->data + 12 + 16 * i;
        if (memcmp(entry, "OS/2", 4) != 0) continue;
        size_t at = (size_t)entry[8] << 24 | (size_t)entry[9] << 16 | (size_t)entry[10] << 8 | entry[11];
        font->data[at + 8] = (char)(rights >> 8), font->data[at + 9] = (char)rights;
    }
}

static void fonts_that_forbid_it_are_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned rights;
        const char *want; /* NULL: taken */
    } rows[] = {{0, NULL}, {4, NULL}, {8, NULL}, {2, "restricted"}, {0x104, "forbids subsetting"}, {0x200, "bitmaps only"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd;
        struct fault f = {0};
        struct buf font = BUF_INIT;
        buf_add_str(&font, sample_font_regular());
        set_rights(&font, rows[i].rights);
        struct pdf *p = sample_create("/dev/null", &fd);
        bool is_taken = pdf_font(p, buf_str(&font), &f) != NULL;
        assert_int_equal(is_taken, rows[i].want == NULL);
        if (rows[i].want) assert_non_null(strstr(f.text, rows[i].want));
        pdf_destroy(&p);
        buf_finish(&font);
        close(fd);
    }
}

static void rubbish_is_no_font(void **state)
{
    (void)state;
    int fd;
    struct fault f = {0};
    struct pdf *p = sample_create("/dev/null", &fd);
    assert_null(pdf_font(p, STR("this is not a font at all"), &f));
    assert_null(pdf_font(p, STR(""), &f));
    struct str cut = sample_font_regular();
    cut.len = 300;
    assert_null(pdf_font(p, cut, &f));
    assert_int_equal(f.whose, FAULT_USER);
    pdf_destroy(&p);
    close(fd);
}

/* ---- pictures ---- */

static void read_file(const char *path, struct buf *out)
{
    struct fault f;
    if (!file_read(path, 1 << 26, out, &f)) fail_msg("%s", f.text);
}

/* A page that is nothing but this picture, as pdftoppm paints it: the grey or colour in its middle. */
static void middle_colour(struct pdf **p, int fd, const char *path, int image, int rgb[3])
{
    struct buf out = BUF_INIT;
    pdf_page(*p, &(struct pdf_boxes){72, 72, 0}, &(struct pdf_background){.image = image}, STR(""));
    sample_finish(p, fd);
    sample_assert_sound(path);
    assert_int_equal(sample_run(&out, "pdftoppm -r 72 -x 36 -y 36 -W 1 -H 1 -singlefile %s", path), 0);
    assert_true(out.len >= 3);
    for (int i = 0; i < 3; i++) rgb[i] = (uint8_t)out.data[out.len - 3 + (size_t)i];
    buf_finish(&out);
}

static void assert_near(const char *name, const int got[3], const int want[3])
{
    for (int i = 0; i < 3; i++)
        if (abs(got[i] - want[i]) > 6)
            fail_msg("%s: %d %d %d, not %d %d %d", name, got[0], got[1], got[2], want[0], want[1], want[2]);
}

/* JPEGs made by Ghostscript and netpbm-free: a page filled with one colour. */
static void jpegs_go_through(void **state)
{
    (void)state;
    static const struct {
        const char *device, *paint;
        int rgb[3];
    } rows[] = {
        {"jpeg", "1 0 0 setrgbcolor", {254, 0, 0}},
        {"jpeggray", "0.5 setgray", {128, 128, 128}},
        {"jpegcmyk", "0 0 1 0 setcmykcolor", {255, 242, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd, w = 0, h = 0, rgb[3];
        struct fault f = {0};
        struct buf jpeg = BUF_INIT, written = BUF_INIT;
        const char *source = sample_path("one.jpg"), *path = sample_path("jpeg.pdf");
        assert_int_equal(
            sample_run(NULL, "gs -q -dBATCH -dNOPAUSE -g64x48 -sDEVICE=%s -sOutputFile=%s -c '%s clippath fill showpage'",
                       rows[i].device, source, rows[i].paint),
            0);
        read_file(source, &jpeg);
        struct pdf *p = sample_create(path, &fd);
        int image = pdf_image_jpeg(p, buf_str(&jpeg), &w, &h, &f);
        if (!image) fail_msg("%s: %s", rows[i].device, f.text);
        assert_int_equal(w, 64);
        assert_int_equal(h, 48);
        middle_colour(&p, fd, path, image, rgb);
        assert_near(rows[i].device, rgb, rows[i].rgb);
        read_file(path, &written);
        assert_non_null(memmem(written.data, written.len, jpeg.data, jpeg.len)); /* untouched */
        buf_finish(&jpeg), buf_finish(&written);
    }
}

static void bad_jpegs_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str bytes;
        const char *want;
    } rows[] = {
        {"empty", STR(""), "not a JPEG"},
        {"png", STR("\x89PNG\r\n\x1A\n"), "not a JPEG"},
        {"no frame", STR("\xFF\xD8\xFF\xDA\x00\x02"), "no size"},
        {"length beyond", STR("\xFF\xD8\xFF\xC0\xFF\xFF\x08"), "no size"},
        {"12 bits", STR("\xFF\xD8\xFF\xC1\x00\x0B\x0C\x00\x08\x00\x08\x01\x01\x11\x00\xFF\xDA\x00\x02 \xFF\xD9"), "12 bits"},
        {"2 channels", STR("\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x02\x01\x11\x00\xFF\xDA\x00\x02 \xFF\xD9"),
         "2 channels"},
        {"huge", STR("\xFF\xD8\xFF\xC0\x00\x0B\x08\xFF\xFF\xFF\xFF\x01\x01\x11\x00\xFF\xDA\x00\x02 \xFF\xD9"), "65535 x 65535"},
        {"lossless", STR("\xFF\xD8\xFF\xC3\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00\xFF\xDA\x00\x02 \xFF\xD9"), "rare kind"},
        {"cut off", STR("\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x08\x00\x08\x01\x01\x11\x00\xFF\xDA\x00\x02 data"), "cut off"},
    };
    int fd, w, h;
    struct pdf *p = sample_create("/dev/null", &fd);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault f = {0};
        char *exact = malloc(rows[i].bytes.len + 1); /* so that a read beyond the end is seen */
        memcpy(exact, rows[i].bytes.ptr, rows[i].bytes.len);
        char *end = realloc(exact, rows[i].bytes.len ? rows[i].bytes.len : 1);
        assert_int_equal(pdf_image_jpeg(p, str_make(end, rows[i].bytes.len), &w, &h, &f), 0);
        if (!strstr(f.text, rows[i].want)) fail_msg("%s: %s", rows[i].name, f.text);
        free(end);
    }
    pdf_destroy(&p);
    close(fd);
}

static void make_png(struct buf *out, int format, const void *pixel, size_t pixel_len)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 40, .height = 30, .format = (png_uint_32)format};
    png_alloc_size_t n = 1 << 16;
    struct buf pixels = BUF_INIT;
    for (int i = 0; i < 40 * 30; i++) buf_add(&pixels, pixel, pixel_len);
    char *to = buf_reserve(out, n);
    assert_true(png_image_write_to_memory(&image, to, &n, 0, pixels.data, 0, NULL));
    out->len += n;
    buf_finish(&pixels);
}

static void pngs_of_all_kinds_print(void **state)
{
    (void)state;
    static const uint16_t deep[] = {65535, 0, 0, 65535}; /* linear */
    static const struct {
        const char *name;
        int format;
        const void *pixel;
        size_t len;
        int rgb[3];
    } rows[] = {
        {"rgb", PNG_FORMAT_RGB, "\x10\x80\xF0", 3, {16, 128, 240}},
        {"grey", PNG_FORMAT_GRAY, "\x60", 1, {96, 96, 96}},
        {"alpha half on white", PNG_FORMAT_RGBA, "\x00\x00\x00\x80", 4, {127, 127, 127}},
        {"clear is white", PNG_FORMAT_RGBA, "\x00\x00\x00\x00", 4, {255, 255, 255}},
        {"grey alpha", PNG_FORMAT_GA, "\x00\x40", 2, {191, 191, 191}},
        {"16 bits", PNG_FORMAT_LINEAR_RGB_ALPHA, deep, 8, {255, 0, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd, w = 0, h = 0, rgb[3];
        struct fault f = {0};
        struct buf png = BUF_INIT;
        make_png(&png, rows[i].format, rows[i].pixel, rows[i].len);
        const char *path = sample_path("png.pdf");
        struct pdf *p = sample_create(path, &fd);
        int image = pdf_image_png(p, buf_str(&png), &w, &h, &f);
        if (!image) fail_msg("%s: %s", rows[i].name, f.text);
        assert_int_equal(w, 40);
        assert_int_equal(h, 30);
        middle_colour(&p, fd, path, image, rgb);
        assert_near(rows[i].name, rgb, rows[i].rgb);
        buf_finish(&png);
    }
}

static void damaged_pngs_are_refused(void **state)
{
    (void)state;
    int fd, w, h;
    struct buf png = BUF_INIT;
    make_png(&png, PNG_FORMAT_RGB, "\x10\x80\xF0", 3);
    struct pdf *p = sample_create("/dev/null", &fd);
    for (size_t n = 0; n < png.len - 12; n += 7) {
        struct fault f = {0};
        assert_int_equal(pdf_image_png(p, str_make(png.data, n), &w, &h, &f), 0);
        assert_int_equal(f.whose, FAULT_USER);
    }
    struct fault f = {0};
    png.data[16] = '\x7F'; /* width; the check sum is wrong too */
    assert_int_equal(pdf_image_png(p, buf_str(&png), &w, &h, &f), 0);
    pdf_destroy(&p);
    buf_finish(&png);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_reads_back),
        cmocka_unit_test(codes_may_run_out),
        cmocka_unit_test(widths_agree_with_the_viewer),
        cmocka_unit_test(tree_holds_every_number_of_pages),
        cmocka_unit_test(equal_fronts_share_their_content),
        cmocka_unit_test(failed_writes_are_told),
        cmocka_unit_test(fonts_that_forbid_it_are_refused),
        cmocka_unit_test(rubbish_is_no_font),
        cmocka_unit_test(jpegs_go_through),
        cmocka_unit_test(bad_jpegs_are_refused),
        cmocka_unit_test(pngs_of_all_kinds_print),
        cmocka_unit_test(damaged_pngs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
