/* test_chromium.c: documents through the real Chromium in its cage: whose pages are whose, what is held apart, what is stopped.
 * Skipped, with the reason, only where Chromium cannot start. */
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "press/cdp.h"
#include "press/chromium.h"
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define HEAD                                                                                                                   \
    "<!DOCTYPE html><html><head><style>body{margin:0}.page{position:relative;width:9.25in;height:6.25in;overflow:hidden}"      \
    ".page+.page{break-before:page}.card{position:absolute;left:1in;top:1in;width:4in;height:2in;background:#fc8}</style>"     \
    "</head>"
#define FRONT "<div class=page><img src='asset:photo.png' style='width:100%%;height:100%%'><div class=card>"
#define BACK  "</div></div><div class=page><p style='margin:1in'>Back of "

struct session {
    struct chromium_cage cage;
    struct chromium *chromium;
    struct arena *arena;
};

/* A PNG of one red pixel. */
static const unsigned char red_png[] = {0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,    13,   'I',  'H',
                                        'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    2,    0,    0,
                                        0,    0x90, 0x77, 0x53, 0xde, 0,    0,    0,    12,   'I',  'D',  'A',  'T',  0x78,
                                        0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01, 0x01, 0x00, 0xc9, 0xfe, 0x92,
                                        0xef, 0,    0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 'B',  0x60, 0x82};

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
    bodies[17] = str_of(arena_printf(s.arena, "<body>%s<div style='height:500px'>more</div></body>",
                                     "<div style='height:1200px;position:absolute'>tall</div>"));
    bodies[23] = str_of(arena_printf(s.arena, "<body><img src='asset:nothere.png'>x</body>"));
    bodies[31] = body(&s, 31, "<p style='position:fixed;top:0'>everywhere</p>");
    bodies[40] = body(&s, 40, "<div style='overflow:hidden;height:10px;width:50px'>much too long for so small a box</div>");
    bodies[41] = body(&s, 41, "<style>.card{background:#00f}</style>");
    int64_t from = clock_mono_ms();
    print(&s, HEAD, bodies, 200, &sheet);
    print_message("200 bodies: %lld ms, %d pages, %zu bytes, %lld MB\n", (long long)(clock_mono_ms() - from), sheet.n_pages,
                  sheet.pdf.len, (long long)process_group_pss_mb(s.cage.process.pid));
    if (getenv("KEEP_PDF")) durable_write(getenv("KEEP_PDF"), buf_str(&sheet.pdf), 0644, NULL);
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

/* ---- alone and together: the same picture ---- */

static void raster(struct session *s, struct str pdf, int page, struct buf *pgm)
{
    struct fault f = {0};
    char number[16];
    snprintf(number, sizeof number, "%d", page + 1);
    const char *argv[] = {"pdftoppm", "-r", "100", "-gray", "-f", number, "-l", number, "-singlefile", "-", NULL};
    (void)s;
    if (!process_run(argv, pdf, pgm, 60000, &f)) fail_msg("%s", f.text);
}

static int differing(struct buf *a, struct buf *b)
{
    int n = 0;
    assert_int_equal(a->len, b->len);
    assert_true(a->len > 500000);
    for (size_t i = 0; i < a->len; i++)
        if (abs((unsigned char)a->data[i] - (unsigned char)b->data[i]) > 40) n++;
    return n;
}

static void alone_equals_together(void **state)
{
    (void)state;
    struct session s = {0};
    struct chromium_sheet together, alone;
    struct str bodies[6];
    session_open(&s);
    for (int i = 0; i < 6; i++)
        bodies[i] = body(&s, i * 1111, i % 2 ? "<ol style='counter-reset:x'><li>one<li>two</ol>" : " <b>bold</b>");
    bodies[2] = body(&s, 2, "<div style='position:absolute;left:0;top:150px;width:1500px;height:9px;background:#080'></div>");
    bodies[3] = str_of("<body><div style='width:1100px;height:1000px;background:#008'>wide</div></body>");
    bodies[4] = str_of(arena_printf(s.arena, "<body id=mine class=x>" FRONT "with an id" BACK "me</p></div></body>"));
    print(&s, HEAD, bodies, 6, &together);
    for (int i = 0; i < 6; i++) {
        print(&s, HEAD, &bodies[i], 1, &alone);
        assert_int_equal(alone.n_pages, 2);
        assert_int_equal(alone.start_page[0], 0);
        assert_int_equal(together.start_page[i], 2 * i);
        for (int page = 0; page < 2; page++) {
            struct buf one = BUF_INIT, other = BUF_INIT;
            raster(&s, buf_str(&alone.pdf), page, &one);
            raster(&s, buf_str(&together.pdf), 2 * i + page, &other);
            if (differing(&one, &other)) fail_msg("body %d page %d: %d pixels differ", i, page, differing(&one, &other));
            buf_finish(&one);
            buf_finish(&other);
        }
        buf_finish(&alone.pdf);
    }
    /* The measure itself: two persons' pages are not equal. */
    struct buf one = BUF_INIT, other = BUF_INIT;
    raster(&s, buf_str(&together.pdf), 1, &one);
    raster(&s, buf_str(&together.pdf), 3, &other);
    assert_true(differing(&one, &other) > 0);
    buf_finish(&one);
    buf_finish(&other);
    buf_finish(&together.pdf);
    session_close(&s);
}

/* ---- one body, one verdict ---- */

static const struct {
    const char *name, *head, *body;
    enum chromium_verdict want;
    int pages;
    const char *why;
} singles[] = {
    {"plain", "", "<body>hello</body>", CHROMIUM_OK, 1, ""},
    {"two pages", HEAD, "<body>" FRONT BACK "x</body>", CHROMIUM_OK, 2, ""},
    {"too tall", HEAD, "<body><div style='height:700px'>x</div></body>", CHROMIUM_OK, 2, ""},
    {"unknown picture", "", "<body><img src=logo.png></body>", CHROMIUM_MISSING_ASSET, 1, "logo.png"},
    {"unknown picture elsewhere", "", "<body><img src='http://example.com/a b.png'></body>", CHROMIUM_MISSING_ASSET, 1,
     "example.com"},
    {"unknown in the head", "<html><head><link rel=stylesheet href='asset:x.css'></head>", "<body>x</body>",
     CHROMIUM_MISSING_ASSET, 1, "asset:x.css"},
    {"broken data picture", "", "<body><img src='data:image/png;base64,AAAA'></body>", CHROMIUM_MISSING_ASSET, 1, "data:"},
    {"background", "", "<body style=\"background:url('asset:photo.png')\">x</body>", CHROMIUM_OK, 1, ""},
    {"text beyond the right edge", "",
     "<body><div style='position:absolute;left:860px;white-space:nowrap'>Robert Longname</div></body>", CHROMIUM_CUT, 1,
     "cut off by the page"},
    {"text cut by its box", "",
     "<body><div class=card style='overflow:hidden;height:20px;width:60px'>too long for such a box</div></body>", CHROMIUM_CUT,
     1, "div.card"},
    {"a picture cut by its box", "",
     "<body><div style='overflow:hidden;height:20px;width:60px'><img width=300 height=300 src=asset:photo.png></div></body>",
     CHROMIUM_OK, 1, ""},
    {"tight lines are not cut", "", "<body><div style='overflow:hidden;line-height:1;font-size:30px'>tight gy</div></body>",
     CHROMIUM_OK, 1, ""},
    {"wider than a narrow body's page", "",
     "<body style='margin:20px'><div style='width:1500px;height:9px;background:red'></div></body>", CHROMIUM_CUT, 1,
     "wider than the page"},
    {"script is off", "", "<body><script>document.body.innerHTML='<img src=never.png>'</script>x</body>", CHROMIUM_OK, 1, ""},
    {"refresh", "<html><head><meta http-equiv=refresh content='0;url=https://example.com/'></head>", "<body>x</body>",
     CHROMIUM_OK, 1, ""},
    {"refresh to itself", "<html><head><meta http-equiv=refresh content='0'></head>", "<body>x</body>", CHROMIUM_OK, 1, ""},
    {"frame to itself", "", "<body>x<iframe src='https://creative.invalid/'></iframe></body>", CHROMIUM_OK, 1, ""},
    {"forged mark", "", "<body>x<p id=pp-0 style='margin-top:700px'>y<a href='#pp-0'>z</a></body>", CHROMIUM_OK, 2, ""},
};

static void single_bodies(void **state)
{
    (void)state;
    struct session s = {0};
    session_open(&s);
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        struct chromium_sheet sheet;
        struct str b = str_of(singles[i].body);
        print(&s, singles[i].head, &b, 1, &sheet);
        if (sheet.verdict[0] != singles[i].want || sheet.n_pages != singles[i].pages || sheet.start_page[0] != 0 ||
            !strstr(sheet.why[0], singles[i].why))
            fail_msg("%s: verdict %d, %d pages, starts at %d, %s", singles[i].name, (int)sheet.verdict[0], sheet.n_pages,
                     sheet.start_page[0], sheet.why[0]);
        buf_finish(&sheet.pdf);
    }
    session_close(&s);
}

/* ---- bombs ---- */

struct watch {
    struct chromium_cage *cage;
    atomic_bool stop;
    bool killed;
    int64_t peak_mb;
};

static void *watch_run(void *arg)
{
    struct watch *w = arg;
    while (!w->stop && !w->killed) {
        int64_t mb = 0;
        w->killed = chromium_cage_over_memory(w->cage, &mb);
        if (mb > w->peak_mb) w->peak_mb = mb;
        usleep(100000);
    }
    return NULL;
}

static struct str repeated(struct session *s, const char *before, const char *what, int n, const char *after)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, before);
    for (int i = 0; i < n; i++) buf_addz(&b, what);
    buf_addz(&b, after);
    struct str out = arena_str(s->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

static const struct {
    const char *name, *before, *what;
    int n;
    const char *after;
} bombs[] = {
    {"nested tables", "<body>", "<table><tr><td><table style='width:50%'><tr><td>x", 400, "</body>"},
    {"nested flex", "<body>", "<div style='display:flex;flex-wrap:wrap;padding:1px'>a<span>b</span>", 450, "</body>"},
    {"huge blur", "<body>",
     "<div style='filter:blur(2000px) drop-shadow(0 0 900px "
     "red);width:90000px;height:90000px;background:linear-gradient(red,blue)'>x</div>",
     40, "</body>"},
    {"100k elements", "<body>", "<i>x</i>", 100000, "</body>"},
    {"very tall", "<body>", "<div style='height:30000000px'>x</div>", 3, "</body>"},
    {"svg filter",
     "<body><svg width=20000 height=20000><filter id=f x=-500% y=-500% width=1200% height=1200%><feTurbulence baseFrequency=.9 "
     "numOctaves=20 /><feMorphology radius=500 /></filter>",
     "<rect filter='url(#f)' width=20000 height=20000><animate attributeName=width dur=1s repeatCount=indefinite to=1 "
     "/></rect>",
     30, "</svg></body>"},
    {"growing use",
     "<body><svg><g id=a0><text>x</text></g><g id=a1><use href=#a0 /><use href=#a0 /><use href=#a0 /><use href=#a0 /><use "
     "href=#a0 /><use href=#a0 /><use href=#a0 /><use href=#a0 /></g><g id=a2><use href=#a1 /><use href=#a1 /><use href=#a1 "
     "/><use href=#a1 /><use href=#a1 /><use href=#a1 /><use href=#a1 /><use href=#a1 /></g><g id=a3><use href=#a2 /><use "
     "href=#a2 /><use href=#a2 /><use href=#a2 /><use href=#a2 /><use href=#a2 /><use href=#a2 /><use href=#a2 /></g><g "
     "id=a4><use href=#a3 /><use href=#a3 /><use href=#a3 /><use href=#a3 /><use href=#a3 /><use href=#a3 /><use href=#a3 "
     "/><use href=#a3 /></g><g id=a5>",
     "<use href=#a4 /><use href=#a4 />", 40, "</g><use href=#a5 /><use href=#a5 /></svg></body>"},
    {"imports", "<body><style>", "@import 'https://creative.invalid/';", 2000, "</style>x</body>"},
};

static int processes_of(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    return access(path, F_OK) == 0;
}

static void bombs_end(void **state)
{
    (void)state;
    struct fault f = {0};
    assert_true(limit_set(STR("press.chromium_timeout"), 6, &f));
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        struct session s = {0};
        struct chromium_sheet sheet = {0};
        session_open(&s);
        pid_t pid = s.cage.process.pid;
        struct watch w = {.cage = &s.cage};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, watch_run, &w), 0);
        struct str b = repeated(&s, bombs[i].before, bombs[i].what, bombs[i].n, bombs[i].after);
        struct chromium_document d = {STR(""), &b, 1, 666, 450, NULL, 0};
        int64_t from = clock_mono_ms();
        f = (struct fault){0};
        bool ok = chromium_print(s.chromium, &d, s.arena, &sheet, &f);
        int64_t took = clock_mono_ms() - from;
        w.stop = true;
        pthread_join(thread, NULL);
        print_message("%s: %s after %lld ms, at most %lld MB%s%s\n", bombs[i].name, ok ? "printed" : "stopped", (long long)took,
                      (long long)w.peak_mb, w.killed ? ", killed for memory " : " ", f.text);
        assert_true(took < 14000);
        assert_true(ok || w.killed || f.whose == FAULT_USER);
        buf_finish(&sheet.pdf);
        session_close(&s);
        assert_false(processes_of(pid));
    }
    assert_true(limit_set(STR("press.chromium_timeout"), 20, &f));
}

/* ---- the walls ---- */

static void no_network_inside(void **state)
{
    (void)state;
    struct session s = {0};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    session_open(&s);
    chromium_detach(&s.chromium);
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(door, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(door, 8), 0);
    assert_int_equal(getsockname(door, (struct sockaddr *)&at, &len), 0);
    /* Not through our interception: Chromium itself is told to go there. */
    struct cdp *cdp = cdp_create(s.cage.to_fd, s.cage.from_fd);
    struct json_value r;
    struct fault f = {0};
    char text[200];
    cdp_set_deadline(cdp, clock_mono_ms() + 10000, NULL);
    assert_true(cdp_call(cdp, "Target.createTarget", STR("{\"url\":\"about:blank\"}"), &r, &f));
    snprintf(text, sizeof text, "{\"targetId\":\"%.*s\",\"flatten\":true}", STR_ARG(json_get(r, "targetId").string));
    assert_true(cdp_call(cdp, "Target.attachToTarget", str_of(text), &r, &f));
    cdp_set_session(cdp, json_get(r, "sessionId").string);
    snprintf(text, sizeof text, "{\"url\":\"http://127.0.0.1:%d/\"}", ntohs(at.sin_port));
    assert_true(cdp_call(cdp, "Page.navigate", str_of(text), &r, &f));
    print_message("inside: %.*s\n", STR_ARG(json_get(r, "errorText").string));
    assert_true(json_get(r, "errorText").string.len > 0);
    assert_int_equal(accept(door, NULL, NULL), -1);
    assert_true(cdp_call(cdp, "Page.navigate", STR("{\"url\":\"file:///etc/passwd\"}"), &r, &f));
    print_message("inside: %.*s\n", STR_ARG(json_get(r, "errorText").string));
    assert_true(json_get(r, "errorText").string.len > 0);
    close(door);
    cdp_destroy(&cdp);
    session_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(single_bodies), cmocka_unit_test(two_hundred_bodies),
                                       cmocka_unit_test(alone_equals_together), cmocka_unit_test(no_network_inside),
                                       cmocka_unit_test(bombs_end)};
    log_set_hook(expect_uncaged);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
