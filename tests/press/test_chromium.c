/* test_chromium.c: documents through the real Chromium in its cage: whose pages are whose, what is held apart, what is stopped.
 * Skipped, with the reason, only where Chromium cannot start. */
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "press/chromium.h"
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define HEAD                                                                                                                    \
    "<!DOCTYPE html><html><head><style>body{margin:0}.page{position:relative;width:9.25in;height:6.25in;overflow:hidden}"       \
    ".page+.page{break-before:page}.card{position:absolute;left:1in;top:1in;width:4in;height:2in;background:#fc8}</style>"      \
    "</head>"
#define FRONT "<div class=page><img src='asset:photo.png' style='width:100%%;height:100%%'><div class=card>"
#define BACK  "</div></div><div class=page><p style='margin:1in'>Back of "

struct session {
    struct chromium_cage cage;
    struct chromium *chromium;
    struct arena *arena;
};

/* A PNG of one red pixel. */
static const unsigned char red_png[] = {
    0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,    13,   'I',  'H',  'D',  'R',  0,    0,
    0,    1,    0,    0,    0,    1,    8,    2,    0,    0,    0,    0x90, 0x77, 0x53, 0xde, 0,    0,    0,
    12,   'I',  'D',  'A',  'T',  0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0xc9,
    0xfe, 0x92, 0xef, 0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 'B',  0x60, 0x82};

static bool expect_uncaged(enum log_level level, const char *line)
{
    (void)level;
    return strstr(line, "without its cage") != NULL;
}

static void session_open(struct session *s)
{
    struct fault f = {0};
    if (!chromium_is_available(&f)) {
        print_message("Chromium cannot be tried here: %s\n", f.text);
        skip();
    }
    if (!chromium_cage_start(&s->cage, &f)) fail_msg("%s", f.text);
    s->chromium = chromium_attach(dup(s->cage.to_fd), dup(s->cage.from_fd), &f);
    if (!s->chromium) fail_msg("%s", f.text);
    s->arena = arena_create(1 << 20);
}

static void session_close(struct session *s)
{
    chromium_detach(&s->chromium);
    chromium_cage_stop(&s->cage);
    arena_destroy(&s->arena);
}

static void print(struct session *s, const char *head, struct str *bodies, int n, struct chromium_sheet *sheet)
{
    struct fault f = {0};
    struct chromium_asset photo = {STR("asset:photo.png"), STR("image/png"), str_make(red_png, sizeof red_png)};
    struct chromium_document d = {str_of(head), bodies, n, 666, 450, &photo, 1};
    if (!chromium_print(s->chromium, &d, s->arena, sheet, &f)) fail_msg("%s", f.text);
}

static struct str body(struct session *s, int i, const char *more)
{
    return str_of(arena_printf(s->arena, "<body>" FRONT "Dear person %d, hello%s" BACK "%d</p></div></body>", i, more, i));
}

static void two_hundred_bodies(void **state)
{
    (void)state;
    struct session s = {0};
    struct chromium_sheet sheet;
    struct str bodies[200];
    session_open(&s);
    for (int i = 0; i < 200; i++) bodies[i] = body(&s, i, "");
    bodies[17] = str_of(arena_printf(s.arena, "<body>%s<div style='height:500px'>more</div></body>", "<div style='height:1200px;position:absolute'>tall</div>"));
    bodies[23] = str_of(arena_printf(s.arena, "<body><img src='asset:nothere.png'>x</body>"));
    bodies[31] = body(&s, 31, "<p style='position:fixed;top:0'>everywhere</p>");
    bodies[40] = body(&s, 40, "<div style='overflow:hidden;height:10px;width:50px'>much too long for so small a box</div>");
    bodies[41] = body(&s, 41, "<style>.card{background:#00f}</style>");
    int64_t from = clock_mono_ms();
    print(&s, HEAD, bodies, 200, &sheet);
    print_message("200 bodies: %lld ms, %d pages, %zu bytes, %lld MB\n", (long long)(clock_mono_ms() - from), sheet.n_pages,
                  sheet.pdf.len, (long long)process_group_pss_mb(s.cage.process.pid));
    int page = 0;
    for (int i = 0; i < 200; i++) {
        enum chromium_verdict want = i == 17 || i == 31 || i == 41 ? CHROMIUM_ALONE
                                     : i == 23                     ? CHROMIUM_MISSING_ASSET
                                     : i == 40                     ? CHROMIUM_CUT
                                                                   : CHROMIUM_OK;
        if (sheet.verdict[i] != want) fail_msg("body %d: verdict %d, %s", i, (int)sheet.verdict[i], sheet.why[i]);
        if (want != CHROMIUM_OK) print_message("body %d: %s\n", i, sheet.why[i]);
        assert_int_equal(sheet.start_page[i], want == CHROMIUM_OK ? page : -1);
        if (want == CHROMIUM_OK) page += 2;
    }
    assert_int_equal(sheet.n_pages, page);
    assert_string_equal(sheet.why[23], "asset:nothere.png");
    const struct str *missing;
    assert_int_equal(chromium_missing(s.chromium, &missing), 1);
    buf_finish(&sheet.pdf);
    session_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_hundred_bodies)};
    log_set_hook(expect_uncaged);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
