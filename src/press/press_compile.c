/* press_compile.c: one creative looked at before anyone relies on it: does it merge, print the right number of pages, find its
 * assets, keep clear of the address? Called when a template is saved and by `pennypost press`. The samples are printed by a
 * worker into an anonymous file; the judgement is made here. */
#include "base/limits.h"
#include "press/pdf.h"
#include "press/press_private.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEAST_DPI = 300 }; /* what the trade asks for */

static void warn(struct creative_report *r, const char *text)
{
    if (r->n_warnings < 16 && *text) snprintf(r->warnings[r->n_warnings++], sizeof r->warnings[0], "%s", text);
}

static void refuse(struct creative_report *r, const struct fault *why)
{
    r->is_ok = false;
    r->reason = *why;
}

/* Names that no field has are printed as nothing, which is worth a word. Errors of the language end the compile here. */
static bool names_check(const struct creative *c, struct arena *a, struct creative_report *r)
{
    const struct field_set *fields = field_set_create(a, c->extra_fields, c->n_extra_fields);
    struct merge_options o = {.fields = fields, .strict = c->strict};
    for (int i = 0; i < c->n_html; i++) {
        struct fault why = {0};
        const struct str *names;
        char text[200];
        const struct merge *m = merge_compile(a, c->html[i], &o, &why);
        if (!m) {
            fault_user(&r->reason, why.status, "%s%.450s", c->n_html < 2 ? "" : i ? "back: " : "front: ", why.text);
            return false;
        }
        int n = merge_names(m, &names);
        for (int k = 0; k < n; k++) {
            if (field_set_find(fields, names[k]) >= 0) continue;
            snprintf(text, sizeof text, "there is no field {{%.*s}}; it prints as nothing",
                     (int)(names[k].len < 100 ? names[k].len : 100), names[k].ptr);
            warn(r, text);
        }
    }
    return true;
}

/* A picture is stretched to its side: too few pixels print soft, another shape prints distorted. */
static void pictures_check(const struct creative *c, struct creative_report *r)
{
    const struct press_geometry *g = c->g;
    for (int i = 0; i < c->n_image; i++) {
        int w, h;
        char text[200];
        if (!pdf_image_size(c->image[i], &w, &h)) continue; /* the worker refuses it with its reason */
        double across = w * 72.0 / g->width, down = h * 72.0 / g->height;
        if (across < LEAST_DPI || down < LEAST_DPI)
            snprintf(text, sizeof text, "the picture of side %d has %d x %d pixels, %.0f dpi; printers want %d: %.0f x %.0f",
                     i + 1, w, h, across < down ? across : down, LEAST_DPI, g->width * LEAST_DPI / 72,
                     g->height * LEAST_DPI / 72);
        else if (across > down * 1.02 || down > across * 1.02)
            snprintf(text, sizeof text, "the picture of side %d has another shape than a %s and is stretched: %d x %d pixels",
                     i + 1, g->name, w, h);
        else
            continue;
        warn(r, text);
    }
}

static bool pages_check(const struct creative *c, int pages, struct creative_report *r)
{
    const struct press_geometry *g = c->g;
    int most = (int)limit_get(LIMIT_PRESS_MAX_SHEETS) * (c->is_double_sided ? 2 : 1);
    struct fault why;
    if (g->sides && pages != g->sides) {
        fault_user(&why, 400, "a %s has %d printed pages; this creative prints %d", g->name, g->sides, pages);
    } else if (!g->sides && pages > most) {
        fault_user(&why, 400, "a %s has at most %d printed pages; this creative prints %d", g->name, most, pages);
    } else {
        return true;
    }
    refuse(r, &why);
    return false;
}

/* The first printed sample stands for the creative; others that differ are told as warnings. */
static int samples_judge(const struct creative *c, const struct press_outcome *o, const int *pages, int n,
                         struct creative_report *r)
{
    int first = -1;
    char text[200];
    for (int i = 0; i < n; i++) {
        if (o->refusal[i] != PRESS_OK) {
            snprintf(text, sizeof text, "sample %d is refused: %.150s", i + 1, o->detail[i].ptr);
            if (o->refusal[i] == PRESS_MISSING_ASSET || o->refusal[i] == PRESS_CREATIVE_STOPPED) {
                struct fault why;
                fault_user(&why, 400, "%.480s", o->detail[i].ptr);
                refuse(r, &why);
                return -1;
            }
            warn(r, text);
        } else if (first < 0) {
            first = i;
            r->pages_each = pages[i];
            if (!pages_check(c, pages[i], r)) return -1;
        } else if (pages[i] != r->pages_each) {
            snprintf(text, sizeof text, "sample %d prints %d pages instead of %d; pieces like it are refused", i + 1, pages[i],
                     r->pages_each);
            warn(r, text);
        }
    }
    struct fault why;
    if (first < 0) fault_user(&why, 400, "no sample could be printed: %.400s", n ? o->detail[0].ptr : ""), refuse(r, &why);
    return first;
}

static bool pdf_read(int fd, struct buf *out)
{
    off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0) return false;
    char *room = buf_reserve(out, (size_t)size + 1);
    if (pread(fd, room, (size_t)size, 0) != size) return false;
    out->len = (size_t)size;
    return true;
}

static void ink_check(int fd, const struct creative *c, int first_page, struct creative_report *r)
{
    struct buf pdf = BUF_INIT;
    char text[200];
    struct fault f = {0};
    if (pdf_read(fd, &pdf) && press_ink_look(buf_str(&pdf), first_page + c->g->address_page, c->g, text, &f))
        warn(r, text);
    else
        warn(r, "whether ink lies below the address block could not be looked at");
    buf_finish(&pdf);
}

static bool samples_print(struct press *p, struct press_job *job, struct arena *a, struct creative_report *r, struct fault *f)
{
    struct press_outcome o;
    struct fault why = {0};
    struct press_call call = {.ask = FRAME_COMPILE, .job = job, .pages = ARENA_ARRAY(a, int, job->n_pieces + 1)};
    if (!press_talk(p, &call, a, &o, &why)) {
        /* Where Chromium cannot run it will not do so later either: the creative is refused with that reason, not tried again. */
        bool cannot = why.whose == FAULT_OPERATOR && job->creative->kind == CREATIVE_HTML && !chromium_is_available(&why);
        if (why.whose != FAULT_USER && !cannot) {
            *f = why;
            return false;
        }
        refuse(r, &why);
        return true;
    }
    pictures_check(job->creative, r);
    int first = samples_judge(job->creative, &o, call.pages, job->n_pieces, r);
    if (first >= 0) ink_check(job->out_fd, job->creative, o.first_page[first], r);
    return true;
}

bool press_compile(struct press *p, const struct creative *c, const struct press_piece *samples, int n,
                   struct creative_report *r, struct fault *f)
{
    *r = (struct creative_report){.is_ok = true, .path = c->kind == CREATIVE_IMAGES ? CREATIVE_IMAGE_ONLY : CREATIVE_CHROMIUM};
    struct arena *a = arena_create(1 << 16);
    struct press_job job = {.creative = c, .pieces = n ? samples : press_samples(a, c), .n_pieces = n ? n : PRESS_SAMPLES};
    job.out_fd = memfd_create("samples", MFD_CLOEXEC);
    bool is_done = job.out_fd >= 0 || fault_errno(f, "there is no room for sample pages");
    if (is_done && !names_check(c, a, r))
        r->is_ok = false;
    else if (is_done)
        is_done = samples_print(p, &job, a, r, f);
    if (job.out_fd >= 0) close(job.out_fd);
    arena_destroy(&a);
    return is_done;
}
