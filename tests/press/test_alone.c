/* test_alone.c: what shares a document prints as it would alone. The same recipients of a creative go once through one Chromium
 * document each and once through one document together; page by page both files show the same (raster.h).
 *
 *   test_press_alone [RECIPIENTS]      default 9; ./test --all runs 200
 *
 * The creatives are one made here (fields in flowing text, an IF, a picture, a QR code) and, where RECIPIENTS is said and the shared
 * data is there, a real 6x9 of front and back, with such fields put where it has its text. */
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "press_case.h"
#include "raster.h"
#include "sample.h"
#include <fcntl.h>
#include <png.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define FIELDS                                                                                                                 \
    "Dear {{first_name|friend}}, {{var_field_1}} {{IF var_field_2 = \"member\"}}Thank you for {{var_field_3}} years with us."  \
    "{{ELSE}}<b>Join us</b> before the month ends.{{ENDIF}} {{qr size=\"0.8in\"}}"

static const char made[] =
    "<!doctype html><html><head><style>body{margin:0;font:15px/1.3 'Noto "
    "Sans'}.page{position:relative;width:9.25in;height:6.25in;"
    "overflow:hidden}.page+.page{break-before:page}.photo{position:absolute;right:.4in;top:.4in;width:3in;height:2in}"
    ".text{position:absolute;left:.5in;top:.5in;width:4.5in}h1{font-size:30px;color:#163;margin:0 0 .1in}"
    ".badge{display:inline-block;transform:rotate(-4deg);opacity:.8;background:linear-gradient(#fc8,#f60);padding:.1in}</"
    "style></head>"
    "<body><div class=page><img class=photo src='asset:photo.png'><div class=text><h1>Spring, {{first_name|friend}}</h1>"
    "<p>" FIELDS "<p class=badge>{{var_field_3}} years</div></div>"
    "<div class=page><div class=text><h1>{{last_name}}</h1><p>{{var_field_1}}</div></div></body></html>";

static struct press *press;
static int n_recipients = 9;
static bool is_long;

/* ---- recipients ---- */

static const char *const words[] = {"the",   "harbour", "opens", "again", "on",  "Saturday", "with",
                                    "lamps", "music",   "and",   "bread", "for", "all"};

static struct str flowing(struct arena *a, int i)
{
    struct buf b = BUF_INIT;
    for (int k = 0; k < 4 + i * 7 % 60; k++) buf_addf(&b, "%s ", words[(i * 5 + k * 3) % 13]);
    struct str s = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return s;
}

static struct press_piece *recipients(struct arena *a, int n)
{
    struct press_piece *pieces = case_pieces(a, n);
    for (int i = 0; i < n; i++) {
        if (i % 7 == 6) case_set(&pieces[i], FIELD_FIRST_NAME, STR_NULL);
        case_set(&pieces[i], FIELD_LAST_NAME, str_of(arena_printf(a, "O'Family & %d", i)));
        case_set(&pieces[i], FIELD_VAR_1, flowing(a, i));
        case_set(&pieces[i], FIELD_VAR_1 + 1, i % 3 ? STR("member") : STR("guest"));
        case_set(&pieces[i], FIELD_VAR_1 + 2, str_of(arena_printf(a, "%d", 1 + i % 27)));
        pieces[i].purl = str_of(arena_printf(a, "https://x.test/p/abcdefgh%04d", i));
    }
    return pieces;
}

/* ---- creatives ---- */

static struct str photo(struct arena *a)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 370, .height = 250, .format = PNG_FORMAT_RGB};
    struct buf pixels = BUF_INIT, png = BUF_INIT;
    png_alloc_size_t n = 1 << 20;
    sample_pixels(&pixels, 370, 250, 3);
    ASSERT(png_image_write_to_memory(&image, buf_reserve(&png, n), &n, 0, pixels.data, 0, NULL));
    png.len = n;
    struct str s = arena_str(a, buf_str(&png));
    buf_finish(&pixels), buf_finish(&png);
    return s;
}

static void creative_made(struct creative *c, struct arena *a)
{
    struct chromium_asset *assets = ARENA_ARRAY(a, struct chromium_asset, 1);
    assets[0] = (struct chromium_asset){STR("asset:photo.png"), STR("image/png"), photo(a)};
    *c = (struct creative){.kind = CREATIVE_HTML,
                           .g = press_geometry_by_name(STR("6x9")),
                           .html = {str_of(made)},
                           .n_html = 1,
                           .assets = assets,
                           .n_assets = 1};
}

/* One side of the real one; its example text makes room for ours. */
static bool side_read(struct arena *a, const char *name, struct str *out)
{
    const char *dir = getenv("PENNYPOST_SHARED_DATA"), *mark = "<div class=\"text\">";
    struct buf file = BUF_INIT;
    bool is_there = dir && file_read(arena_printf(a, "%s/creatives/lob-examples/%s", dir, name), 1 << 20, &file, NULL);
    if (is_there) {
        const char *text = arena_str(a, buf_str(&file)).ptr, *at = strstr(text, mark), *end = at ? strstr(at, "</div>") : NULL;
        ASSERT(end);
        at += strlen(mark);
        *out = str_of(arena_printf(a, "%.*s<span style='font-size:20px'>" FIELDS "</span>%s", (int)(at - text), text, end));
    }
    buf_finish(&file);
    return is_there;
}

static bool creative_real(struct creative *c, struct arena *a)
{
    struct chromium_asset *assets = ARENA_ARRAY(a, struct chromium_asset, 2);
    assets[0] = (struct chromium_asset){STR("https://s3-us-west-2.amazonaws.com/public.lob.com/assets/desert.jpg"),
                                        STR("image/png"), photo(a)};
    assets[1] =
        (struct chromium_asset){STR("https://fonts.googleapis.com/css?family=Open+Sans"), STR("text/css"), STR("/* */")};
    *c = (struct creative){
        .kind = CREATIVE_HTML, .g = press_geometry_by_name(STR("6x9")), .n_html = 2, .assets = assets, .n_assets = 2};
    return side_read(a, "6x9-front.html", &c->html[0]) && side_read(a, "6x9-back.html", &c->html[1]);
}

/* ---- printing and looking ---- */

static void print_to(const char *path, const struct creative *c, struct arena *a, struct press_piece *pieces,
                     bool one_a_document)
{
    struct press_outcome o;
    struct fault f = {0};
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct press_job job = {.creative = c,
                            .pieces = pieces,
                            .n_pieces = n_recipients,
                            .return_lines = case_return,
                            .n_return = 3,
                            .one_a_document = one_a_document,
                            .out_fd = fd};
    int64_t from = clock_mono_ms();
    if (!press_run(press, &job, a, &o, &f)) fail_msg("%s", f.text);
    close(fd);
    for (int i = 0; i < n_recipients; i++)
        if (o.refusal[i] != PRESS_OK) fail_msg("recipient %d: %s", i, o.detail[i].ptr);
    print_message("%d recipients, %s: %lld ms\n", n_recipients, one_a_document ? "a document each" : "together",
                  (long long)(clock_mono_ms() - from));
}

/* Pages that differ; *pages: how many there are. `skip`: so many pages of the second file are passed over first. */
static int pages_differing(const char *one, const char *other, int skip, int *pages)
{
    struct raster a, b;
    int n = 0, page = 0;
    raster_open(&a, one), raster_open(&b, other);
    for (int i = 0; i < skip; i++) assert_true(raster_next(&b));
    for (; raster_next(&a) && raster_next(&b); page++) {
        int differing = raster_differing(&a, &b);
        if (differing && skip == 0) print_message("page %d (recipient %d): %d pixels\n", page + 1, page / 2, differing);
        n += differing != 0;
    }
    raster_close(&a), raster_close(&b);
    *pages = page;
    return n;
}

static void alone_and_together(const struct creative *c, struct arena *a, const char *name)
{
    const char *alone = sample_path(arena_printf(a, "%s-alone.pdf", name));
    const char *together = sample_path(arena_printf(a, "%s-together.pdf", name));
    const char *changed = sample_path(arena_printf(a, "%s-changed.pdf", name));
    struct press_piece *pieces = recipients(a, n_recipients);
    int pages, n = n_recipients;
    print_to(alone, c, a, pieces, true);
    print_to(together, c, a, pieces, false);
    assert_int_equal(pages_differing(alone, together, 0, &pages), 0);
    assert_int_equal(pages, 2 * n);
    /* The measure itself: each person's pages are unlike the next one's, and one word of one person's text is seen. */
    int unlike = pages_differing(alone, together, 2, &pages);
    if (unlike < 2 * (n - 1)) fail_msg("only %d of %d pages are told from the next person's", unlike, 2 * (n - 1));
    case_set(&pieces[7], FIELD_VAR_1,
             str_of(arena_printf(a, "%.*s", (int)pieces[7].values[FIELD_VAR_1].len - 2, pieces[7].values[FIELD_VAR_1].ptr)));
    print_to(changed, c, a, pieces, false);
    assert_int_equal(pages_differing(alone, changed, 0, &pages), 2);
    unlink(alone), unlink(together), unlink(changed);
}

static void test_made(void **state)
{
    (void)state;
    struct arena *a = arena_create(1 << 20);
    struct creative c;
    creative_made(&c, a);
    alone_and_together(&c, a, "made");
    arena_destroy(&a);
}

/* Style sheets that look past a body, each of which printed something on one person's page because of another's. */
static void test_neighbours(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "body~body p::before{content:\"after somebody \"}",
        ":root:has(b.x) p::after{content:\" with a guest\"}",
        "html{& body+body p{font-size:40px}}",
        "body:nth-of-type(2) p{color:red}body{& p{font-size:20px}}",
        "@media all{body:last-of-type p{text-decoration:underline}}",
        "body{counter-increment:c}p::after{content:counter(c)}",
        "body{counter-set:c 3}p+p::after{content:\"second\"}li+li{color:#163}",
    };
    int all = n_recipients, pages;
    n_recipients = 3;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena *a = arena_create(1 << 20);
        const char *alone = sample_path("near-alone.pdf"), *together = sample_path("near-together.pdf");
        struct creative c = {.kind = CREATIVE_HTML, .g = press_geometry_by_name(STR("6x9")), .n_html = 1};
        c.html[0] = str_of(arena_printf(a,
                                        "<!doctype html><html><head><style>body{margin:1in;font:20px 'Noto "
                                        "Sans'}%s</style></head><body><p>Dear {{last_name}}</p><p>"
                                        "<ul><li>a<li>b</ul>{{IF var_field_2 = \"guest\"}}<b class=x>guest</b>{{ENDIF}}<p "
                                        "style='break-before:page'>Bye</p></body></html>",
                                        rows[i]));
        struct press_piece *pieces = recipients(a, n_recipients);
        print_to(alone, &c, a, pieces, true);
        print_to(together, &c, a, pieces, false);
        print_message("%s\n", rows[i]);
        assert_int_equal(pages_differing(alone, together, 0, &pages), 0);
        assert_int_equal(pages, 2 * n_recipients);
        unlink(alone), unlink(together);
        arena_destroy(&a);
    }
    n_recipients = all;
}

static void test_real(void **state)
{
    (void)state;
    struct arena *a = arena_create(1 << 20);
    struct creative c;
    bool is_there = creative_real(&c, a);
    if (is_there && is_long) alone_and_together(&c, a, "real");
    arena_destroy(&a);
    if (is_there && is_long) return;
    print_message(is_there ? "a real creative only in the long test\n" : "the shared creatives are not there: skipped\n");
    skip();
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    signal(SIGPIPE, SIG_IGN);
    is_long = argc > 1;
    if (is_long) n_recipients = atoi(argv[1]);
    ASSERT(n_recipients > 8);
    if (!case_has_cage()) return 77;
    press = press_create(1, NULL);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_neighbours), cmocka_unit_test(test_made),
                                       cmocka_unit_test(test_real)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    press_destroy(&press);
    return failed;
}
