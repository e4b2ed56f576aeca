/* test_import.c: pages of other PDFs: what is copied, what is shared, what is refused. Sources are written here by hand, since each
 * case needs a file that no program would make. */
#include "base/durable.h"
#include "press/pdf_import.h"
#include "sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

/* A file of the given objects, number 1 first; object 1 is the catalog. */
static void build(struct buf *out, const char *const *objects, int n)
{
    size_t at[100];
    buf_addz(out, "%PDF-1.4\n");
    for (int i = 0; i < n; i++) {
        at[i] = out->len;
        buf_addf(out, "%d 0 obj\n%s\nendobj\n", i + 1, objects[i]);
    }
    size_t xref = out->len;
    buf_addf(out, "xref\n0 %d\n0000000000 65535 f \n", n + 1);
    for (int i = 0; i < n; i++) buf_addf(out, "%010zu 00000 n \n", at[i]);
    buf_addf(out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%zu\n%%%%EOF\n", n + 1, xref);
}

#define FONT "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
#define PICTURE                                                                                                                \
    "<< /Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 4 "              \
    ">>\nstream\nabcd\nendstream"
#define TEXT(t) "<< /Length 40 >>\nstream\nBT /F1 12 Tf 20 50 Td (" t ")Tj ET           \nendstream"
#define PAGE(c, x)                                                                                                             \
    "<< /Type /Page /Parent 2 0 R /Contents " c " /Resources << /Font << /F1 5 0 R >> /XObject << /I1 6 0 R >> " x ">> >>"

static const char *const two_pages[] = {
    "<< /Type /Catalog /Pages 2 0 R /Dests << /p0 [3 0 R /XYZ 0 0 0] /p1 << /D [4 0 R /Fit] >> /p7 [3 0 R /Fit] /px [3 0 R "
    "/Fit] /q1 "
    "[3 0 R /Fit] >> >>",
    "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 300 200] >>",
    PAGE("7 0 R", ""),
    PAGE("[8 0 R 9 0 R]", ""),
    FONT,
    PICTURE,
    TEXT("FirstPage"),
    TEXT("SecondA  "),
    TEXT("SecondB  "),
};

static struct pdf_source *open_source(struct buf *kept, const char *const *objects, int n)
{
    struct fault f = {0};
    buf_clear(kept);
    build(kept, objects, n);
    struct pdf_source *s = pdf_source_open(buf_str(kept), &f);
    if (!s) fail_msg("%s", f.text);
    return s;
}

static void import_all(struct pdf *p, struct pdf_source *s, struct str ops)
{
    struct arena *a = arena_create(4096);
    for (int i = 0; i < pdf_source_pages(s); i++) {
        struct fault f = {0};
        struct pdf_background bg = {0};
        double w = 0, h = 0;
        assert_true(pdf_source_page_size(s, i, &w, &h));
        if (!pdf_import_page(p, s, i, a, &bg, &f)) fail_msg("page %d: %s", i + 1, f.text);
        pdf_page(p, &(struct pdf_boxes){w, h, 0}, &bg, ops);
    }
    arena_destroy(&a);
}

static int count(const struct buf *b, const char *what)
{
    int n = 0;
    for (const char *at = b->data; (at = memmem(at, (size_t)(b->data + b->len - at), what, strlen(what))); at++) n++;
    return n;
}

static void pages_come_over_with_text(void **state)
{
    (void)state;
    int fd;
    struct buf kept = BUF_INIT, out = BUF_INIT;
    const char *path = sample_path("import.pdf");
    struct pdf *p = sample_create(path, &fd);
    struct pdf_source *s = open_source(&kept, two_pages, 9);
    assert_int_equal(pdf_source_pages(s), 2);
    import_all(p, s, STR(""));
    pdf_source_close(&s);
    sample_finish(&p, fd);
    sample_assert_sound(path);
    assert_int_equal(sample_run(&out, "pdftotext -layout %s -; pdfinfo %s", path, path), 0);
    assert_int_equal(count(&out, "FirstPage"), 1);
    assert_int_equal(count(&out, "SecondA"), 1);
    assert_int_equal(count(&out, "SecondB"), 1);
    assert_int_equal(count(&out, "300 x 200 pts"), 1);
    buf_finish(&kept), buf_finish(&out);
}

/* The same picture in 25 documents lies in the file once; equal pages become one form. */
static void equal_streams_are_written_once(void **state)
{
    (void)state;
    int fd;
    struct buf kept = BUF_INIT, out = BUF_INIT;
    const char *path = sample_path("shared.pdf");
    struct pdf *p = sample_create(path, &fd);
    for (int i = 0; i < 25; i++) {
        struct pdf_source *s = open_source(&kept, two_pages, 9);
        import_all(p, s, STR(""));
        pdf_source_close(&s);
    }
    sample_finish(&p, fd);
    sample_assert_sound(path);
    assert_true(file_read(path, 1 << 24, &out, NULL));
    assert_int_equal(count(&out, "stream\nabcd\nendstream"), 1);
    assert_int_equal(count(&out, "/BaseFont /Helvetica"), 1);
    assert_int_equal(count(&out, "FirstPage"), 1);
    buf_finish(&kept), buf_finish(&out);
}

static void our_ink_starts_in_a_clean_state(void **state)
{
    (void)state;
    static const char *const wild[] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [10 20 110 120] /Contents 4 0 R /Resources << >> >>",
        "<< /Length 39 >>\nstream\nq q 1 0 0 rg 0.1 0 0 0.1 500 500 cm 5 w\nendstream",
    };
    int fd;
    struct buf kept = BUF_INIT, out = BUF_INIT;
    const char *path = sample_path("clean.pdf");
    struct pdf *p = sample_create(path, &fd);
    struct pdf_source *s = open_source(&kept, wild, 4);
    import_all(p, s, STR("0 0 100 100 re f"));
    pdf_source_close(&s);
    sample_finish(&p, fd);
    assert_int_equal(sample_run(&out, "pdftoppm -r 72 -x 50 -y 50 -W 1 -H 1 -singlefile %s", path), 0);
    assert_memory_equal(out.data + out.len - 3, "\0\0\0", 3); /* black, and it reaches the middle */
    buf_finish(&kept), buf_finish(&out);
}

static void destinations_in_both_places(void **state)
{
    (void)state;
    static const char *const tree[] = {
        "<< /Type /Catalog /Pages 2 0 R /Names << /Dests 10 0 R >> >>",
        "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 300 200] >>",
        PAGE("7 0 R", ""),
        PAGE("8 0 R", ""),
        FONT,
        PICTURE,
        TEXT("FirstPage"),
        TEXT("SecondA  "),
        "null",
        "<< /Kids [11 0 R 12 0 R 10 0 R] >>", /* points to itself as well */
        "<< /Names [(p0) [3 0 R /XYZ 0 0 0] (p1) [4 0 R /Fit]] >>",
        "<< /Names [(p2) << /D [4 0 R /Fit] >> (p3) [5 0 R /Fit] (p4) 17 (z0) [3 0 R /Fit]] >>",
    };
    struct buf kept = BUF_INIT;
    int at[6];
    struct pdf_source *s = open_source(&kept, two_pages, 9);
    pdf_source_destinations(s, "p", at, 6);
    static const int in_catalog[] = {0, 1, -1, -1, -1, -1};
    assert_memory_equal(at, in_catalog, sizeof at);
    pdf_source_close(&s);
    s = open_source(&kept, tree, 12);
    pdf_source_destinations(s, "p", at, 6);
    static const int in_tree[] = {0, 1, 1, -1, -1, -1};
    for (int i = 0; i < 6; i++)
        if (at[i] != in_tree[i]) fail_msg("p%d leads to %d, not %d", i, at[i], in_tree[i]);
    pdf_source_close(&s);
    buf_finish(&kept);
}

static void circles_are_copied(void **state)
{
    (void)state;
    static const char *const circle[] = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 200] >>",
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Properties << /P 5 0 R >> >> >>",
        "<< /Length 3 >>\nstream\n0 g\nendstream",
        "<< /Next 6 0 R /Name (one) >>",
        "<< /Next 5 0 R /Self 6 0 R /Name (two) >>",
    };
    int fd;
    struct buf kept = BUF_INIT, out = BUF_INIT;
    const char *path = sample_path("circle.pdf");
    struct pdf *p = sample_create(path, &fd);
    struct pdf_source *s = open_source(&kept, circle, 6);
    import_all(p, s, STR(""));
    import_all(p, s, STR("1 g"));
    pdf_source_close(&s);
    sample_finish(&p, fd);
    sample_assert_sound(path);
    assert_true(file_read(path, 1 << 24, &out, NULL));
    assert_int_equal(count(&out, "(one)"), 1);
    assert_int_equal(count(&out, "(two)"), 1);
    buf_finish(&kept), buf_finish(&out);
}

static void too_deep_is_refused(void **state)
{
    (void)state;
    struct buf deep = BUF_INIT, kept = BUF_INIT;
    struct fault f = {0};
    struct pdf_background bg = {0};
    int fd;
    buf_addz(&deep, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /A ");
    for (int i = 0; i < 300; i++) buf_add_byte(&deep, '[');
    for (int i = 0; i < 300; i++) buf_add_byte(&deep, ']');
    buf_addz(&deep, " >> >>");
    const char *const objects[] = {"<< /Type /Catalog /Pages 2 0 R >>",
                                   "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 200] >>", deep.data,
                                   "<< /Length 3 >>\nstream\n0 g\nendstream"};
    struct arena *a = arena_create(4096);
    struct pdf *p = sample_create("/dev/null", &fd);
    struct pdf_source *s = open_source(&kept, objects, 4);
    assert_false(pdf_import_page(p, s, 0, a, &bg, &f));
    assert_int_equal(f.whose, FAULT_USER);
    assert_non_null(strstr(f.text, "deep"));
    assert_int_equal(bg.form, 0);
    assert_false(pdf_import_page(p, s, 1, a, &bg, &f));
    assert_false(pdf_import_page(p, s, -1, a, &bg, &f));
    pdf_source_close(&s);
    pdf_destroy(&p);
    arena_destroy(&a);
    close(fd);
    buf_finish(&deep), buf_finish(&kept);
}

static int stderr_to(int fd)
{
    int kept = dup(2);
    fflush(stderr);
    dup2(fd, 2);
    return kept;
}

/* Files with a byte changed: refused or read, never a crash, not a word on stderr. */
static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    struct buf good = BUF_INIT;
    build(&good, two_pages, 9);
    int fd, opened = 0, refused = 0;
    struct pdf *p = sample_create("/dev/null", &fd);
    struct arena *a = arena_create(4096);
    FILE *said = tmpfile();
    int kept_stderr = stderr_to(fileno(said));
    for (size_t i = 0; i < good.len; i += 3) {
        struct fault f = {0};
        char kept = good.data[i];
        good.data[i] = (char)(kept ^ 0x15);
        struct pdf_source *s = pdf_source_open(buf_str(&good), &f);
        s ? opened++ : refused++;
        for (int page = 0; s && page < pdf_source_pages(s) && page < 3; page++) {
            struct pdf_background bg = {0};
            int at[8];
            pdf_source_destinations(s, "p", at, 8);
            pdf_import_page(p, s, page, a, &bg, &f);
        }
        pdf_source_close(&s);
        good.data[i] = kept;
    }
    dup2(kept_stderr, 2);
    close(kept_stderr);
    assert_int_equal(lseek(fileno(said), 0, SEEK_END), 0);
    fclose(said);
    assert_true(opened > 0 && refused > 0);
    struct fault f = {0};
    assert_null(pdf_source_open(STR("not a PDF"), &f));
    assert_int_equal(f.whose, FAULT_USER);
    assert_null(pdf_source_open(STR(""), &f));
    pdf_destroy(&p);
    arena_destroy(&a);
    close(fd);
    buf_finish(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_come_over_with_text),
        cmocka_unit_test(equal_streams_are_written_once),
        cmocka_unit_test(our_ink_starts_in_a_clean_state),
        cmocka_unit_test(destinations_in_both_places),
        cmocka_unit_test(circles_are_copied),
        cmocka_unit_test(too_deep_is_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
