/* cmd_press.c: `pennypost press`: a creative and a contact file to batch packages, without a server. More contacts than one
 * batch holds, or --jobs above 1, give DIR/batch-1, DIR/batch-2 …, printed side by side by the press's workers. Exit codes: 0
 * all printed, 1 some refused (and listed), 2 usage, 3 cannot run. */
#include "app/commands.h"
#include "app/press_rows.h"
#include "base/durable.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/progress.h"
#include "base/settings.h"
#include "postal/stid.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_LISTED = 50 };

struct batch {
    struct run *run;
    int from, n;
    char dir[1024];
    _Atomic int done, refused;
    struct arena *arena;
    struct package_result result;
    struct fault why; /* when it failed */
    bool is_written;
};
struct run {
    struct press_options o;
    struct arena *arena;
    struct creative creative;
    struct press_rows rows;
    struct press *press;
    struct str from[5], indicia[8];
    int n_from, n_indicia;
    struct batch *batches;
    int n_batches;
    const char *aside; /* where the package that is replaced waits */
    _Atomic int next;
    struct progress *progress;
    struct json_out json; /* with --json: one object */
    struct buf out;
    int listed;
};

/* ---- telling ---- */

static void refused_tell(struct run *r, struct str who, const char *why)
{
    if (r->o.json) {
        json_object(&r->json, NULL);
        json_str(&r->json, "contact", who);
        json_strz(&r->json, "reason", why);
        json_end(&r->json);
    } else if (r->listed++ < MAX_LISTED) {
        fprintf(stderr, "refused: %.*s: %s\n", STR_ARG(who), why);
    }
}

static void row_refused(void *ctx, int64_t line, struct str who, const char *why)
{
    (void)line;
    refused_tell(ctx, who, why);
}

static void progress_tell(void *ctx, int done, int refused)
{
    struct batch *b = ctx;
    int64_t all = 0, all_refused = 0;
    b->done = done;
    b->refused = refused;
    for (int i = 0; i < b->run->n_batches; i++) {
        all += b->run->batches[i].done;
        all_refused += b->run->batches[i].refused;
    }
    progress_set(b->run->progress, all, all_refused);
}

/* ---- batches ---- */

static struct str mail_class(const struct run *r)
{
    const struct stid_def *def = r->o.stid >= 0 ? stid_find((int)r->o.stid) : NULL;
    return def && def->mail_class == MAIL_STANDARD ? STR("standard") : STR("first_class");
}

static void batch_write(struct batch *b)
{
    struct run *r = b->run;
    bool is_specimen = r->o.first_serial < 0;
    struct press_job job = {.creative = &r->creative,
                            .pieces = r->rows.pieces + b->from,
                            .n_pieces = b->n,
                            .return_lines = r->from,
                            .n_return = r->n_from,
                            .indicia_lines = r->indicia,
                            .n_indicia = r->n_indicia,
                            .specimen = is_specimen,
                            .out_fd = -1,
                            .progress = progress_tell,
                            .ctx = b};
    struct package_spec spec = {.dir = b->dir,
                                .batch_id = (int64_t)(b - r->batches) + 1,
                                .drop_name = STR(""),
                                .template_name = str_of(r->o.html ? r->o.html : r->o.front),
                                .mail_class = mail_class(r),
                                .is_test = is_specimen,
                                .pieces = r->rows.package + b->from};
    b->arena = arena_create(1 << 16);
    b->is_written = package_write(r->press, &job, &spec, b->arena, &b->result, &b->why);
}

static void *worker_thread(void *arg)
{
    struct run *r = arg;
    for (int i; (i = r->next++) < r->n_batches;) batch_write(&r->batches[i]);
    return NULL;
}

static void batches_plan(struct run *r)
{
    int most = (int)limit_get(LIMIT_BATCH_MAX_PIECES), n = r->rows.n, jobs = (int)r->o.jobs;
    int each = (n + jobs - 1) / jobs;
    if (each > most) each = most;
    if (each < 1) each = 1;
    r->n_batches = (n + each - 1) / each;
    r->batches = ARENA_ARRAY(r->arena, struct batch, r->n_batches + 1);
    for (int i = 0; i < r->n_batches; i++) {
        struct batch *b = &r->batches[i];
        b->run = r, b->from = i * each, b->n = n - b->from < each ? n - b->from : each;
        if (r->n_batches == 1)
            snprintf(b->dir, sizeof b->dir, "%s", r->o.out);
        else
            snprintf(b->dir, sizeof b->dir, "%s/batch-%d", r->o.out, i + 1);
    }
}

static void batches_write(struct run *r)
{
    int n = press_workers(r->press) < r->n_batches ? press_workers(r->press) : r->n_batches, started = 0;
    pthread_t *threads = ARENA_ARRAY(r->arena, pthread_t, n + 1);
    r->progress = progress_create("pressing", "pieces", r->rows.n, r->o.json);
    while (started < n - 1 && pthread_create(&threads[started], NULL, worker_thread, r) == 0) started++;
    worker_thread(r);
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
    progress_end(&r->progress);
}

/* ---- the run ---- */

static void lines_split(struct str text, char sep, struct str *lines, int room, int *n)
{
    while (text.ptr && *n < room) {
        struct str line = str_trim(str_cut(text, sep, &text));
        if (line.len) lines[(*n)++] = line;
    }
}

/* "Name;Street;City;ST;ZIP" to three lines. */
static void from_take(struct run *r)
{
    struct str part[5];
    int n = 0;
    if (!r->o.from) return;
    lines_split(str_of(r->o.from), ';', part, 5, &n);
    r->n_from = n < 5 ? n : 3;
    for (int i = 0; i < r->n_from; i++) r->from[i] = part[i];
    if (n == 5)
        r->from[2] = str_of(arena_printf(r->arena, "%.*s %.*s %.*s", STR_ARG(part[2]), STR_ARG(part[3]), STR_ARG(part[4])));
}

/* The creative is tried on its own first rows, so that a fault of the creative is told once and not for each piece. */
static bool compile(struct run *r, struct fault *f)
{
    struct creative_report report;
    int n = r->rows.n < 3 ? r->rows.n : 3;
    if (!press_compile(r->press, &r->creative, r->rows.pieces, n, &report, f)) return false;
    for (int i = 0; i < report.n_warnings && !r->o.json; i++) fprintf(stderr, "warning: %s\n", report.warnings[i]);
    if (!report.is_ok) *f = report.reason;
    r->creative.pages_each = report.pages_each;
    return report.is_ok;
}

/* The earlier package steps aside and goes when the new one is whole; else it comes back. */
static bool aside_put(struct run *r, struct fault *f)
{
    r->aside = arena_printf(r->arena, "%s.replaced", r->o.out);
    if (access(r->o.out, F_OK) != 0) return true;
    if (!remove_tree(r->aside, f)) return false;
    return rename(r->o.out, r->aside) == 0 || fault_errno(f, "%s cannot be replaced", r->o.out);
}

static void aside_settle(struct run *r)
{
    bool is_whole = r->n_batches > 0;
    struct fault f = {0};
    for (int i = 0; i < r->n_batches; i++) is_whole = is_whole && r->batches[i].is_written;
    if (access(r->aside, F_OK) != 0) return;
    if (is_whole ? remove_tree(r->aside, &f)
                 : remove_tree(r->o.out, &f) &&
                       (rename(r->aside, r->o.out) == 0 || fault_errno(&f, "%s cannot be put back", r->aside)))
        return;
    fprintf(stderr, "%s\n", f.text);
}

static bool run_all(struct run *r, struct fault *f)
{
    if (!press_creative_read(&r->o, r->arena, &r->creative, f)) return false;
    if (!press_rows_read(&r->rows, &r->o, r->arena, &r->creative, f)) return false;
    from_take(r);
    lines_split(str_of(setting_get(SETTING_MAIL_INDICIA)), '|', r->indicia, 8, &r->n_indicia);
    batches_plan(r);
    r->press = press_create((int)r->o.jobs, f);
    if (!r->press || (r->rows.n && !compile(r, f))) return false;
    if (!aside_put(r, f)) return false;
    if (r->n_batches > 1 && !make_dirs(r->o.out, 0750, f)) return aside_settle(r), false;
    batches_write(r);
    aside_settle(r);
    return true;
}

static int batch_tell(struct run *r, struct batch *b)
{
    if (!b->is_written) {
        fprintf(stderr, "%s: %s\n", b->dir, b->why.text);
        return EXIT_CANNOT;
    }
    const struct press_outcome *o = &b->result.outcome;
    for (int i = 0; i < b->n; i++) {
        if (o->first_page[i]) continue;
        refused_tell(r, r->rows.package[b->from + i].contact,
                     arena_printf(b->arena, "%s: %.*s", press_refusal_text(o->refusal[i]), STR_ARG(o->detail[i])));
    }
    return o->n_refused ? EXIT_REFUSED : EXIT_DONE;
}

static int outcome_tell(struct run *r, int64_t *printed, int64_t *refused)
{
    int code = r->rows.n_refused ? EXIT_REFUSED : EXIT_DONE;
    *printed = 0, *refused = r->rows.n_refused;
    for (int i = 0; i < r->n_batches; i++) {
        int one = batch_tell(r, &r->batches[i]);
        if (one > code) code = one;
        *printed += r->batches[i].result.outcome.n_printed, *refused += r->batches[i].result.outcome.n_refused;
    }
    if (!r->o.json && r->listed > MAX_LISTED) fprintf(stderr, "… and %d more; see refused.csv\n", r->listed - MAX_LISTED);
    return code;
}

static int finish(struct run *r, bool is_run, const struct fault *f)
{
    int64_t printed = 0, refused = r->rows.n_refused;
    int code = is_run ? outcome_tell(r, &printed, &refused) : EXIT_CANNOT;
    if (!is_run) fprintf(stderr, "%s\n", f->text);
    if (!r->o.json) {
        if (is_run) printf("%lld pieces in %s, %lld refused\n", (long long)printed, r->o.out, (long long)refused);
        return code;
    }
    json_end(&r->json);
    json_int(&r->json, "printed", printed);
    json_int(&r->json, "n_refused", refused);
    if (!is_run) json_strz(&r->json, "error", f->text);
    json_strz(&r->json, "out", r->o.out);
    json_end(&r->json);
    json_out_end(&r->json);
    printf("%.*s\n", STR_ARG(buf_str(&r->out)));
    return code;
}

int cmd_press(int argc, char **argv)
{
    static struct run r;
    struct fault f = {0};
    if (!press_options_read(&r.o, argc, argv)) return EXIT_USAGE;
    r.arena = arena_create(1 << 20);
    r.rows.refused = row_refused, r.rows.ctx = &r;
    r.json = json_out_begin(&r.out);
    json_object(&r.json, NULL);
    json_array(&r.json, "refused");
    int code = finish(&r, run_all(&r, &f), &f);
    for (int i = 0; i < r.n_batches; i++) arena_destroy(&r.batches[i].arena);
    press_rows_finish(&r.rows);
    press_destroy(&r.press);
    arena_destroy(&r.arena);
    buf_finish(&r.out);
    return code;
}
