/* press_job.c: what a worker does with a job: pieces in, one PDF out, in the order of the pieces; a refused piece leaves no
 * page. Called by press_worker.c; everything it makes is gone when it returns, but for the house's Chromium. */
#include "base/failpoint.h"
#include "base/limits.h"
#include "press/overlay.h"
#include "press/press_private.h"
#include <stdio.h>
#include <sys/resource.h>

struct job {
    struct press_work w;
    struct arena *a;
    struct pdf *pdf;
    struct overlay *overlay; /* NULL: a compile's samples */
    struct press_outcome *out;
    int *pages;
    int image[12], n_images; /* image-only: objects */
};

static void outcome_refuse(struct job *j, const struct press_printed *p)
{
    j->out->refusal[p->index] = p->refusal;
    j->out->detail[p->index] = arena_str(j->a, str_of(p->why));
    j->out->n_refused++;
}

/* ---- a page ---- */

static int creative_pages(const struct job *j, const struct press_printed *p)
{
    return j->w.creative->kind == CREATIVE_IMAGES ? j->n_images : p->at[0].pages + p->at[1].pages;
}

/* The file is printed in one run: on both sides, a letter that ended on a front would have the next person's first page on its back. */
static int sheet_pages(const struct job *j, int pages)
{
    const struct creative *c = j->w.creative;
    bool ends_on_front = !j->w.is_compile && !c->g->sides && c->is_double_sided && pages % 2 == 1;
    return pages + ends_on_front;
}

static bool background_get(struct job *j, const struct press_printed *p, int page, struct pdf_background *bg, struct fault *f)
{
    *bg = (struct pdf_background){0};
    if (page >= creative_pages(j, p)) return true;
    if (j->w.creative->kind == CREATIVE_IMAGES) {
        bg->image = j->image[page];
        return true;
    }
    const struct press_place *at = &p->at[0];
    if (page >= at->pages) page -= at->pages, at = &p->at[1];
    return pdf_import_page(j->pdf, j->w.sheets[at->sheet].source, at->page + page, j->w.chunk, bg, f);
}

/* Our own ink comes first: a piece whose address cannot be printed must leave no page behind. */
static bool ink_get(struct job *j, struct press_printed *p, int pages, struct str *ops)
{
    const struct press_piece *piece = &j->w.job->pieces[p->index];
    struct overlay_piece o = {
        .lines = piece->lines, .n_lines = piece->n_lines, .bars = str_of(piece->bars), .note = piece->note};
    struct fault f = {0};
    for (int page = 0; page < pages; page++) {
        struct buf b = BUF_INIT;
        bool is_good = !j->overlay || overlay_ops(j->overlay, &o, page, &b, &f);
        ops[page] = arena_str(j->w.chunk, buf_str(&b));
        buf_finish(&b);
        if (is_good) continue;
        p->refusal = PRESS_BAD_ADDRESS;
        snprintf(p->why, sizeof p->why, "%.390s", f.text);
        return false;
    }
    return true;
}

static bool piece_write(struct job *j, struct press_printed *p, struct fault *f)
{
    const struct press_geometry *g = j->w.creative->g;
    int pages = sheet_pages(j, creative_pages(j, p));
    struct str *ops = ARENA_ARRAY(j->w.chunk, struct str, pages + 1);
    struct pdf_boxes boxes = {g->width, g->height, g->bleed};
    if (p->refusal == PRESS_OK && ink_get(j, p, pages, ops)) {
        int first = pdf_page_count(j->pdf) + 1;
        for (int page = 0; page < pages; page++) {
            struct pdf_background bg;
            if (!background_get(j, p, page, &bg, f)) return false;
            pdf_page(j->pdf, &boxes, &bg, ops[page]);
        }
        j->out->first_page[p->index] = first, j->pages[p->index] = pages, j->out->n_printed++;
    }
    if (p->refusal != PRESS_OK) outcome_refuse(j, p);
    return true;
}

/* ---- chunks ---- */

/* Letters whose length nobody told us: the first one that printed decides. */
static void length_learn(struct job *j, struct press_printed *pieces, int n)
{
    struct press_work *w = &j->w;
    for (int i = 0; i < n && !w->pages_each && !w->is_compile; i++)
        if (pieces[i].refusal == PRESS_OK) w->pages_each = pieces[i].at[0].pages + pieces[i].at[1].pages;
    for (int i = 0; i < n && !w->is_compile; i++) {
        int pages = pieces[i].at[0].pages + pieces[i].at[1].pages;
        if (pieces[i].refusal != PRESS_OK || pages == w->pages_each) continue;
        pieces[i].refusal = PRESS_OVERFLOW;
        snprintf(pieces[i].why, sizeof pieces[i].why, "prints %d pages instead of %d", pages, w->pages_each);
    }
}

static bool chunk_run(struct job *j, int from, int n, struct fault *f)
{
    struct press_work *w = &j->w;
    struct press_printed *pieces = ARENA_ARRAY(w->chunk, struct press_printed, n);
    bool is_html = w->creative->kind == CREATIVE_HTML;
    for (int i = 0; i < n; i++) {
        pieces[i].index = from + i;
        if (!press_check_glyphs(w, &w->job->pieces[from + i], pieces[i].why)) pieces[i].refusal = PRESS_MISSING_GLYPH;
    }
    if (is_html && !press_print(w, pieces, n, f)) return false;
    if (is_html) length_learn(j, pieces, n);
    for (int i = 0; i < n; i++)
        if (!piece_write(j, &pieces[i], f)) return false;
    return true;
}

static bool progress_send(struct job *j, int done, struct fault *f)
{
    struct buf body = BUF_INIT;
    wire_put_int(&body, done);
    wire_put_int(&body, j->out->n_refused);
    bool is_sent = frame_send(j->w.house->sock, FRAME_PROGRESS, buf_str(&body), -1, f);
    buf_finish(&body);
    return is_sent;
}

static bool chunks_run(struct job *j, struct fault *f)
{
    int n = j->w.job->n_pieces, step = (int)limit_get(LIMIT_PRESS_CHROMIUM_PIECES);
    for (int at = 0; at < n; at += step) {
        bool is_good = chunk_run(j, at, n - at < step ? n - at : step, f);
        press_sheets_close(&j->w);
        arena_reset(j->w.chunk);
        if (!is_good || !progress_send(j, at + step < n ? at + step : n, f)) return false;
        if (FAILPOINT("press.worker.chunk")) return fault_ours(f, "failpoint");
    }
    return true;
}

/* ---- beginning and end ---- */

static bool image_load(struct job *j, int i, struct fault *f)
{
    struct str bytes = j->w.creative->image[i];
    int w, h;
    bool is_jpeg = str_starts(bytes, STR("\xff\xd8\xff")), is_png = str_starts(bytes, STR("\x89PNG\r\n"));
    if (!is_jpeg && !is_png) return fault_user(f, 400, "the picture of page %d is neither JPEG nor PNG", i + 1);
    struct fault inner = {0};
    j->image[i] = is_jpeg ? pdf_image_jpeg(j->pdf, bytes, &w, &h, &inner) : pdf_image_png(j->pdf, bytes, &w, &h, &inner);
    return j->image[i] != 0 || fault_user(f, 400, "the picture of page %d: %.400s", i + 1, inner.text);
}

static bool merges_compile(struct job *j, struct fault *f)
{
    struct press_work *w = &j->w;
    struct merge_options o = {.fields = w->fields, .strict = w->creative->strict};
    for (int i = 0; i < w->creative->n_html; i++) {
        struct fault inner = {0};
        w->merge[i] = merge_compile(j->a, w->creative->html[i], &o, &inner);
        const char *side = w->creative->n_html < 2 ? "" : i ? "back: " : "front: ";
        if (!w->merge[i]) return fault_user(f, inner.status, "%s%.400s", side, inner.text);
    }
    w->n_documents = w->creative->n_html;
    return true;
}

static void own_fonts_load(struct press_work *w)
{
    for (int i = 0; i < w->creative->n_assets; i++) {
        struct str type = w->creative->assets[i].media_type;
        if (!str_starts(type, STR("font/")) && !str_starts(type, STR("application/font"))) continue;
        if (!w->own_fonts) w->own_fonts = coverage_create();
        coverage_add_font(w->own_fonts, w->creative->assets[i].bytes);
    }
}

static bool creative_open(struct job *j, struct fault *f)
{
    struct press_work *w = &j->w;
    const struct creative *c = w->creative;
    w->fields = field_set_create(j->a, c->extra_fields, c->n_extra_fields);
    w->pages_each = c->pages_each ? c->pages_each : c->g->sides;
    if (c->kind == CREATIVE_HTML) {
        own_fonts_load(w);
        return c->n_html > 0 ? merges_compile(j, f) : fault_user(f, 400, "the creative is empty");
    }
    j->n_images = c->n_image;
    for (int i = 0; i < c->n_image; i++)
        if (!image_load(j, i, f)) return false;
    if (c->g->sides && c->n_image != c->g->sides)
        return fault_user(f, 400, "a %s has %d printed pages; this creative has %d pictures", c->g->name, c->g->sides,
                          c->n_image);
    w->pages_each = c->n_image;
    return true;
}

static bool overlay_open(struct job *j, struct fault *f)
{
    const struct press_job *job = j->w.job;
    struct press_house *house = j->w.house;
    struct overlay_spec spec = {.g = job->creative->g,
                                .return_lines = job->return_lines,
                                .n_return = job->n_return,
                                .indicia_lines = job->indicia_lines,
                                .n_indicia = job->n_indicia,
                                .specimen = job->specimen,
                                .font_regular = buf_str(&house->font_regular),
                                .font_bold = buf_str(&house->font_bold)};
    if (j->w.is_compile) return true;
    j->overlay = overlay_create(j->pdf, &spec, j->a, f);
    return j->overlay != NULL;
}

bool press_job_run(struct press_house *house, const struct press_job *job, bool is_compile, struct arena *a,
                   struct press_outcome *out, int *pages, struct fault *f)
{
    struct job j = {.w = {.house = house, .job = job, .creative = job->creative, .is_compile = is_compile},
                    .a = a,
                    .out = out,
                    .pages = pages};
    struct rusage used;
    *out = (struct press_outcome){0};
    out->first_page = ARENA_ARRAY(a, int, job->n_pieces + 1);
    out->refusal = ARENA_ARRAY(a, enum press_refusal, job->n_pieces + 1);
    out->detail = ARENA_ARRAY(a, struct str, job->n_pieces + 1);
    j.w.chunk = arena_create(1 << 20);
    j.pdf = pdf_create(job->out_fd);
    bool is_done =
        creative_open(&j, f) && overlay_open(&j, f) && chunks_run(&j, f) && (out->n_printed == 0 || pdf_finish(j.pdf, f));
    out->pages_each = out->n_printed ? sheet_pages(&j, j.w.pages_each) : 0;
    out->bytes = out->n_printed ? pdf_bytes(j.pdf) : 0;
    if (getrusage(RUSAGE_SELF, &used) == 0) out->worker_peak_kb = used.ru_maxrss;
    press_sheets_close(&j.w);
    coverage_destroy(&j.w.own_fonts);
    pdf_destroy(&j.pdf);
    arena_destroy(&j.w.chunk);
    return is_done;
}
