/* With the real press: a send becomes a PDF, a manifest and a ticket; the barcode's digits are those of the piece. */
#include "house.h"
#include "base/durable.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

/* A PNG of 4 x 3 points, grey. */
static const char side[] =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAIAAAA7ljmRAAAADklEQVR4nGM4gAQYcHIADsUbAQITVsMAAAAASUVORK5CYII=";

static struct press *press;

static char *read_package(struct house *h, const struct batch *b, const char *name)
{
    struct buf content = BUF_INIT;
    struct fault f;
    char *path = arena_printf(h->arena, "%s/%.*s/%s", h->dir, STR_ARG(b->file), name);
    if (!file_read(path, 1 << 24, &content, &f)) fail_msg("%s", f.text);
    char *text = arena_strz(h->arena, content.data);
    buf_finish(&content);
    return text;
}

static void print_one(struct template_row t)
{
    struct house h;
    struct fault f;
    struct send s;
    struct piece p;
    struct template_row got;
    house_open(&h, press, true);
    assert_true(template_create(h.mail, h.account, &t, &f));
    house_wait_template(&h, h.account, t.template_id);
    assert_true(template_get(h.store, h.arena, h.account, t.template_id, &got, &f));
    if (got.state != TEMPLATE_PUBLISHED) fail_msg("%.*s", STR_ARG(got.report));
    struct drop d = house_drop(t.template_id, CAMPAIGN_TRIGGERED);
    assert_true(campaign_create(h.mail, h.account, &d, &f));
    if (!house_send(&h, h.account, d.endpoint, "Ann", &s, &f)) fail_msg("%s", f.text);
    struct batch b = house_wait_batch(&h, h.account, PIECE_BATCH(s.piece_id), BATCH_READY);
    assert_int_equal(b.n_refused, 0);
    assert_int_equal(b.pages_each, 2);
    assert_true(piece_get(h.store, h.arena, h.account, s.piece_id, &p, &f));
    assert_int_equal(p.first_page, 1);
    const char *manifest = read_package(&h, &b, "manifest.csv");
    assert_non_null(strstr(manifest, arena_printf(h.arena, "%.*s", STR_ARG(p.tracking))));
    assert_non_null(strstr(manifest, "ANN DOE"));
    char code[13];
    purl_code(h.mail, h.account, s.piece_id, code);
    assert_non_null(strstr(manifest, code));
    assert_non_null(strstr(read_package(&h, &b, "ticket.json"), "Spring"));
    assert_true(strncmp(read_package(&h, &b, "pieces.pdf"), "%PDF-", 5) == 0);
    house_close(&h);
}

static void test_images(void **state)
{
    (void)state;
    print_one((struct template_row){.name = STR("card"), .size = SIZE_6X9, .front = str_of(side), .back = str_of(side)});
}

static void test_html(void **state)
{
    (void)state;
    struct fault f;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* a sealed worker that drives Chromium does not live with the sanitizer; the plain build prints */
#endif
    if (!chromium_is_available(&f)) {
        print_message("%s\n", f.text);
        skip();
    }
    print_one((struct template_row){
        .name = STR("card"),
        .size = SIZE_6X9,
        .is_full_html = true,
        .html = STR("<html><body><p style='margin:1in;page-break-after:always'>Hello {{first_name}} {{purl}}</p>"
                    "<p style='margin:1in'>Back {{var_field_9|nothing}}</p></body></html>")});
}

static int start(void **state)
{
    struct fault f;
    (void)state;
    press = press_create(1, &f);
    if (!press) fail_msg("%s", f.text);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    press_destroy(&press);
    return 0;
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_images), cmocka_unit_test(test_html)};
    return cmocka_run_group_tests(tests, start, stop);
}
