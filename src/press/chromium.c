/* chromium.c: documents laid out and printed over the debugging pipe, in the press worker. See chromium.h.
 *
 * One document of a head and N bodies: the first is served with the head from an address that exists nowhere, the others are
 * appended by our script in an isolated world. Every request is answered from memory or failed. A body that could disturb
 * another (it hangs below its end, is fixed to every page, brings its own style sheet) is taken out before printing and
 * reported, so that a sheet never shows one person's piece on another's. */
#include "press/chromium.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "press/chromium_page.h"
#include "press/pdf_import.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct chromium {
    int to_fd, from_fd;
    struct cdp *cdp;
    struct chromium_assets *assets; /* of the document at hand, with what was missing */
    char late[200];
    int documents;
};

/* The document at hand. */
struct job {
    struct chromium *c;
    struct chromium_page page;
    const struct chromium_document *d;
    struct arena *arena;
    struct chromium_sheet *sheet;
};

/* ---- attaching ---- */

struct chromium *chromium_attach(int to_fd, int from_fd, struct fault *f)
{
    struct chromium *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->to_fd = to_fd, c->from_fd = from_fd;
    c->cdp = cdp_create(to_fd, from_fd);
    c->assets = chromium_assets_create();
    cdp_set_deadline(c->cdp, clock_mono_ms() + limit_get(LIMIT_PRESS_CHROMIUM_TIMEOUT_S) * 1000, NULL);
    if (!cdp_call(c->cdp, "Browser.getVersion", STR_NULL, NULL, f)) chromium_detach(&c);
    return c;
}

void chromium_detach(struct chromium **cp)
{
    struct chromium *c = *cp;
    *cp = NULL;
    if (!c) return;
    cdp_destroy(&c->cdp);
    chromium_assets_destroy(&c->assets);
    close(c->to_fd);
    close(c->from_fd);
    free(c);
}

int chromium_missing(struct chromium *c, const struct str **addresses) { return chromium_assets_missing(c->assets, addresses); }

int chromium_documents(const struct chromium *c) { return c->documents; }

/* ---- verdicts ---- */

static void verdict_set(struct job *j, int i, enum chromium_verdict v, struct str why)
{
    if (i < 0 || i >= j->d->n_bodies || j->sheet->verdict[i] != CHROMIUM_OK) return;
    j->sheet->verdict[i] = v;
    snprintf(j->sheet->why[i], sizeof j->sheet->why[i], "%.*s", STR_ARG(str_make(why.ptr, why.len < 190 ? why.len : 190)));
}

/* Everything is there when no picture and no font is awaited and two looks in a row saw no request. */
static bool page_settle(struct job *j, struct fault *f)
{
    for (int quiet = 0; quiet < 2;) {
        struct json_value v;
        int before = j->page.requests;
        struct json_out o = chromium_page_begin(&j->page, "function(){return pp.state()}");
        if (!chromium_page_call(&j->page, &o, &v, f)) return false;
        bool is_ready = json_get(v, "left").integer == 0 && json_get(v, "fonts").boolean;
        if (is_ready && quiet == 1) {
            struct json_iter it = {0};
            for (struct json_value pair; json_next(json_get(v, "broken"), &it, NULL, &pair);) {
                struct json_iter in = {0};
                struct json_value number, url;
                if (!json_next(pair, &in, NULL, &number) || !json_next(pair, &in, NULL, &url)) continue;
                verdict_set(j, (int)number.integer, CHROMIUM_MISSING_ASSET,
                            chromium_assets_name(j->c->assets, j->arena, url.string));
            }
        }
        if (!chromium_page_pump(&j->page, 4, f)) return false;
        quiet = is_ready && j->page.requests == before ? quiet + 1 : 0;
    }
    return true;
}

/* An address that was asked for in vain is the trouble of the bodies that name it; of all when it stands in the head. */
static void blame_missing(struct job *j)
{
    const struct str *missing;
    int n = chromium_assets_missing(j->c->assets, &missing);
    for (int m = 0; m < n; m++) {
        bool in_head = memmem(j->d->head.ptr ? j->d->head.ptr : "", j->d->head.len, missing[m].ptr, missing[m].len) != NULL;
        bool is_blamed = false;
        for (int i = 0; i < j->d->n_bodies; i++) {
            struct str b = j->d->bodies[i];
            if (!in_head && !memmem(b.ptr, b.len, missing[m].ptr, missing[m].len)) continue;
            verdict_set(j, i, CHROMIUM_MISSING_ASSET, missing[m]);
            is_blamed = true;
        }
        for (int i = 0; !is_blamed && i < j->d->n_bodies; i++) verdict_set(j, i, CHROMIUM_MISSING_ASSET, missing[m]);
    }
}

static bool page_check(struct job *j, struct fault *f)
{
    struct json_value list;
    struct json_out o = chromium_page_begin(&j->page, "function(w){return pp.check(w)}");
    json_object(&o, NULL);
    json_int(&o, "value", chromium_page_px(j->d->width_pt));
    json_end(&o);
    if (!chromium_page_call(&j->page, &o, &list, f)) return false;
    struct json_iter it = {0};
    for (struct json_value row; json_next(list, &it, NULL, &row);) {
        struct json_iter in = {0};
        struct json_value number, kind, words;
        if (!json_next(row, &in, NULL, &number) || !json_next(row, &in, NULL, &kind) || !json_next(row, &in, NULL, &words))
            continue;
        verdict_set(j, (int)number.integer, kind.integer == 2 ? CHROMIUM_CUT : CHROMIUM_ALONE, words.string);
    }
    return true;
}

/* Alone a body may do to the page what it likes. */
static bool is_dropped(const struct job *j, int i) { return j->d->n_bodies > 1 && j->sheet->verdict[i] != CHROMIUM_OK; }

static bool page_finish(struct job *j, int *n_left, struct fault *f)
{
    struct json_out o = chromium_page_begin(&j->page, "function(...drop){return pp.finish(drop)}");
    *n_left = 0;
    for (int i = 0; i < j->d->n_bodies; i++) {
        if (!is_dropped(j, i)) {
            (*n_left)++;
            continue;
        }
        json_object(&o, NULL);
        json_int(&o, "value", i);
        json_end(&o);
    }
    return chromium_page_call(&j->page, &o, NULL, f);
}

/* ---- printing ---- */

static bool sheet_read(struct job *j, struct fault *f)
{
    struct pdf_source *s = pdf_source_open(buf_str(&j->sheet->pdf), f);
    if (!s) return false;
    j->sheet->n_pages = pdf_source_pages(s);
    pdf_source_destinations(s, "pp-", j->sheet->start_page, j->d->n_bodies);
    pdf_source_close(&s);
    return true;
}

static void deadline_set(struct job *j, const char *what)
{
    int64_t s = limit_get(LIMIT_PRESS_CHROMIUM_TIMEOUT_S);
    snprintf(j->c->late, sizeof j->c->late, "the creative was stopped: it did not finish %s within %lld s", what, (long long)s);
    cdp_set_deadline(j->c->cdp, clock_mono_ms() + s * 1000, j->c->late);
}

static bool job_run(struct job *j, struct fault *f)
{
    int n_left;
    deadline_set(j, "loading");
    if (!chromium_page_open(&j->page, f)) return false;
    if (!page_settle(j, f) || !chromium_page_add_bodies(&j->page, f) || !page_settle(j, f)) return false;
    blame_missing(j);
    if (!page_check(j, f) || !page_finish(j, &n_left, f)) return false;
    deadline_set(j, "printing");
    return n_left == 0 || (chromium_page_print(&j->page, &j->sheet->pdf, f) && sheet_read(j, f));
}

bool chromium_print(struct chromium *c, const struct chromium_document *d, struct arena *a, struct chromium_sheet *sheet,
                    struct fault *f)
{
    ASSERT(d->n_bodies > 0);
    struct job j = {
        .c = c, .page = {.cdp = c->cdp, .assets = c->assets, .d = d, .arena = a}, .d = d, .arena = a, .sheet = sheet};
    *sheet = (struct chromium_sheet){.start_page = ARENA_ARRAY(a, int, d->n_bodies),
                                     .verdict = ARENA_ARRAY(a, enum chromium_verdict, d->n_bodies),
                                     .why = arena_alloc(a, sizeof *sheet->why * (size_t)d->n_bodies)};
    for (int i = 0; i < d->n_bodies; i++) sheet->start_page[i] = -1;
    chromium_assets_set(c->assets, d->assets, d->n_assets);
    c->documents++;
    bool ok = job_run(&j, f);
    chromium_assets_forget(c->assets);
    if (ok) chromium_page_close(&j.page);
    chromium_page_finish(&j.page);
    return ok;
}
