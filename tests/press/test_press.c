/* test_press.c: real workers, a real Chromium: 200 recipients of whom two cannot be printed; compiles that are refused. */
#include "base/process.h"
#include "press_case.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

static struct press *press;

static void run_good(struct press_job *job, struct arena *a, struct press_outcome *o)
{
    struct fault f = {0};
    job->out_fd = memfd_create("pieces", 0);
    if (!press_run(press, job, a, o, &f)) fail_msg("%s", f.text);
}

/* Text of the pages, by pdftotext. */
static void text_of(int fd, struct buf *text)
{
    const char *const argv[] = {"pdftotext", "-layout", "-", "-", NULL};
    struct buf pdf = BUF_INIT;
    struct fault f = {0};
    size_t n = (size_t)lseek(fd, 0, SEEK_END);
    assert_int_equal(pread(fd, buf_reserve(&pdf, n + 1), n, 0), n);
    pdf.len = n;
    if (!process_run(argv, buf_str(&pdf), text, 60000, &f)) fail_msg("%s", f.text);
    buf_finish(&pdf);
}

static const char *long_text(struct arena *a)
{
    char *p = arena_alloc(a, 7001);
    for (int i = 0; i < 7000; i++) p[i] = i % 6 == 5 ? ' ' : 'w';
    return p;
}

static void test_200(void **state)
{
    (void)state;
    if (!case_has_cage()) skip();
    enum { N = 200, LONG = 57, NO_GLYPH = 123 };
    struct arena *a = arena_create(1 << 20);
    struct creative c;
    struct press_outcome o;
    struct press_piece *pieces = case_pieces(a, N);
    case_creative(&c);
    case_set(&pieces[LONG], FIELD_VAR_1, str_of(long_text(a)));
    case_set(&pieces[NO_GLYPH], FIELD_FIRST_NAME, STR("Ann\xf3\xb0\x80\x80")); /* U+F0000, private use */
    struct press_job job = {.creative = &c, .pieces = pieces, .n_pieces = N, .return_lines = case_return, .n_return = 3};
    run_good(&job, a, &o);
    assert_int_equal(o.n_printed, 198);
    assert_int_equal(o.n_refused, 2);
    assert_int_equal(o.pages_each, 2);
    assert_int_equal(o.refusal[LONG], PRESS_OVERFLOW);
    assert_non_null(strstr(o.detail[LONG].ptr, "instead of 2"));
    assert_int_equal(o.refusal[NO_GLYPH], PRESS_MISSING_GLYPH);
    assert_non_null(strstr(o.detail[NO_GLYPH].ptr, "first_name"));
    assert_non_null(strstr(o.detail[NO_GLYPH].ptr, "U+F0000"));
    struct buf text = BUF_INIT;
    text_of(job.out_fd, &text);
    int page = 1;
    const char *at = text.data;
    for (int i = 0; i < N; i++) { /* each name on its own page, its address and bars on the next */
        if (i == LONG || i == NO_GLYPH) continue;
        char name[40], address[40];
        snprintf(name, sizeof name, "Hello Given%d\n", i);
        snprintf(address, sizeof address, "GIVEN%d FAMILY%d\n", i, i);
        const char *front = strstr(at, name), *bars = front ? strstr(front, pieces[i].bars) : NULL,
                   *back = bars ? strstr(bars, address) : NULL;
        const char *end = front ? strchr(front, '\f') : NULL, *end2 = end ? strchr(end + 1, '\f') : NULL;
        if (!front || !bars || !back || !end2 || front > end || back < end || back > end2)
            fail_msg("piece %d is not on its pages", i);
        assert_int_equal(o.first_page[i], page);
        at = end2, page += 2;
    }
    buf_finish(&text);
    close(job.out_fd);
    arena_destroy(&a);
}

static void test_pictures(void **state)
{
    (void)state;
    struct arena *a = arena_create(1 << 16);
    struct creative c;
    struct press_outcome o, again;
    case_pictures(&c);
    struct press_job job = {.creative = &c, .pieces = case_pieces(a, 300), .n_pieces = 300, .specimen = true};
    struct str long_line = {long_text(a), 300};
    ((struct str *)job.pieces[7].lines)[1] = long_line;
    run_good(&job, a, &o);
    assert_int_equal(o.n_printed, 299);
    assert_int_equal(o.refusal[7], PRESS_BAD_ADDRESS);
    assert_int_equal(o.first_page[8], 15);
    int fd = job.out_fd;
    run_good(&job, a, &again);
    assert_int_equal(o.bytes, again.bytes);
    void *first = mmap(NULL, (size_t)o.bytes, PROT_READ, MAP_SHARED, fd, 0);
    void *second = mmap(NULL, (size_t)o.bytes, PROT_READ, MAP_SHARED, job.out_fd, 0);
    assert_memory_equal(first, second, (size_t)o.bytes); /* same input, same bytes */
    munmap(first, (size_t)o.bytes), munmap(second, (size_t)o.bytes);
    close(fd), close(job.out_fd);
    arena_destroy(&a);
}

static const struct {
    const char *size, *html, *reason;
} refused[] = {
    {"6x9", "<p>one page</p>", "a 6x9 has 2 printed pages; this creative prints 1"},
    {"6x9", "<p style='break-after:page'>1<p style='break-after:page'>2<p>3",
     "a 6x9 has 2 printed pages; this creative prints 3"},
    {"6x9", "<p>{{first_name</p>", "line 1, column 4: {{ is never closed by }}"},
    {"6x9", "<p style='break-after:page'>1<p><img src='asset:gone.png'>", "asset:gone.png"},
    {"6x9", "<p style='break-after:page'>1<p><img src='https://a.test/x.png'>", "https://a.test/x.png"},
};

static void test_compile(void **state)
{
    (void)state;
    if (!case_has_cage()) skip();
    struct creative c;
    struct creative_report r;
    struct fault f = {0};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        c = (struct creative){.kind = CREATIVE_HTML,
                              .g = press_geometry_by_name(str_of(refused[i].size)),
                              .n_html = 1,
                              .html = {str_of(refused[i].html)}};
        if (!press_compile(press, &c, NULL, 0, &r, &f)) fail_msg("%s", f.text);
        if (r.is_ok || !strstr(r.reason.text, refused[i].reason))
            fail_msg("%s: ok %d, %s", refused[i].html, r.is_ok, r.reason.text);
    }
    case_creative(&c);
    assert_true(press_compile(press, &c, NULL, 0, &r, &f));
    assert_true(r.is_ok);
    assert_int_equal(r.pages_each, 2);
    assert_int_equal(r.n_warnings, 0);
    c.html[0] = STR("<style>div{height:6.25in;background:#888}</style><body style='margin:0'><div "
                    "style='break-after:page'></div><div>{{nobody}}</div>");
    assert_true(press_compile(press, &c, NULL, 0, &r, &f));
    assert_true(r.is_ok);
    assert_int_equal(r.n_warnings, 2);
    assert_non_null(strstr(r.warnings[0], "there is no field {{nobody}}"));
    assert_non_null(strstr(r.warnings[1], "ink of the creative lies below the address block, 100.0 %"));
    case_pictures(&c);
    assert_true(press_compile(press, &c, NULL, 0, &r, &f));
    assert_true(r.is_ok);
    assert_string_equal(r.warnings[0], "the picture of side 1 has 1 x 1 pixels, 0 dpi; printers want 300: 2775 x 1875");
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    signal(SIGPIPE, SIG_IGN);
    press = press_create(1, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_200),
        cmocka_unit_test(test_compile),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    press_destroy(&press);
    return failed;
}
