/* scan_intake.c: keeps pushes and files of scans, and shows how far they are. The file is in its place, durably, before its row is written.
 * Reading them is scan_read.c's. */
#include "mail/scan_intake.h"
#include "mail/import.h"
#include "mail/mail_private.h"
#include "postal/scan.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/log.h"
#include "queries.h"
#include <sys/stat.h>
#include <unistd.h>

const char *scan_intake_word(enum scan_intake_kind k)
{
    switch (k) {
    case SCAN_INTAKE_PUSH: return "push";
    case SCAN_INTAKE_FILE: return "file";
    case SCAN_INTAKE_ACS: return "acs";
    case SCAN_INTAKE_ORPHANS: return "orphans";
    }
    return "unknown";
}

/* ---- keeping ---- */

struct keep {
    int64_t account, bytes, id;
    enum scan_intake_kind kind;
    struct str file;
};

static bool keep(struct tx *tx, void *arg)
{
    struct keep *k = arg;
    int64_t now = tx_now(tx);
    k->id = tx_next_id(tx, ID_INTAKE);
    struct q_intake_insert in = {k->account, k->id, k->kind, DB_NULL, INTAKE_KEPT, k->file, k->bytes, now, now};
    return tx_run(tx, Q_INTAKE_INSERT, &in, NULL);
}

/* What the disk refuses is said as the operator's: 503, so that the sender comes again. */
static bool take_file(struct mail *m, struct arena *a, const char *path, struct keep *k, struct fault *f)
{
    struct stat st;
    if (stat(path, &st) != 0) return fault_errno(f, "%s cannot be read", path);
    k->bytes = st.st_size;
    k->file = str_of(arena_printf(a, "files/intake/%s.scan", token_make(a, 20)));
    return keep_file(a, path, mail_path(m, a, "%s", k->file.ptr), f);
}

bool scan_intake_keep(struct mail *m, int64_t account, enum scan_intake_kind kind, const char *path, int64_t *intake_id,
                      struct fault *f)
{
    struct keep k = {.account = account, .kind = kind};
    struct arena *a = arena_create(4096);
    bool ok = take_file(m, a, path, &k, f);
    (void)FAILPOINT("scans.file.kept");
    if (ok && !store_write(m->store, keep, &k, f)) {
        unlink(mail_path(m, a, "%s", k.file.ptr));
        ok = false;
    }
    arena_destroy(&a);
    if (!ok) return false;
    *intake_id = k.id;
    jobs_wake(m->jobs, SOURCE_SCANS);
    return true;
}

/* ---- showing ---- */

struct read {
    struct arena *arena;
    int64_t account, id, after;
    struct scan_intake *out;
    struct refused_row *refused;
    int n, max;
};

static struct scan_intake row_of(struct arena *a, const struct r_scan_intake_find *r)
{
    return (struct scan_intake){
        .intake_id = r->intake_id,
        .kind = (enum scan_intake_kind)r->kind,
        .state = (enum intake_state)r->state,
        .bytes = r->bytes,
        .at_byte = r->at_byte,
        .n_rows = r->n_rows,
        .n_used = r->n_used,
        .n_repeat = r->n_repeat,
        .n_orphan = r->n_orphan,
        .n_refused = r->n_refused,
        .received_at = r->received_at,
        .last_error = arena_str(a, r->last_error),
    };
}

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_scan_intake_find r;
    if (!tx_first(tx, Q_SCAN_INTAKE_FIND, &(struct q_scan_intake_find){g->account, g->id}, &r))
        return tx_not_found(tx, "file of scans", g->id);
    g->out[0] = row_of(g->arena, &r);
    return true;
}

bool scan_intake_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct scan_intake *out, struct fault *f)
{
    struct scan_intake row;
    if (!store_read(s, read_one, &(struct read){.arena = a, .account = account, .id = id, .out = &row}, f)) return false;
    *out = row;
    return true;
}

static bool read_page(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_scan_intake_find row;
    struct rows r = tx_rows(tx, Q_SCAN_INTAKE_PAGE, &(struct q_scan_intake_page){g->account, g->id, g->max});
    g->n = 0;
    while (g->n < g->max && rows_next(&r, &row)) g->out[g->n++] = row_of(g->arena, &row);
    rows_end(&r);
    return tx_ok(tx);
}

int scan_intake_page(struct store *s, struct arena *a, int64_t account, int64_t before_id, int n, struct scan_intake **out,
                     struct fault *f)
{
    ASSERT(n > 0);
    struct read g = {.arena = a, .account = account, .id = before_id ? before_id : INT64_MAX, .max = n};
    g.out = ARENA_ARRAY(a, struct scan_intake, n);
    if (!store_read(s, read_page, &g, f)) return -1;
    *out = g.out;
    return g.n;
}

static bool read_refused(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct scan_intake there;
    struct r_refused_row_page row;
    g->out = &there;
    g->n = 0;
    if (!read_one(tx, g)) return false;
    struct rows r = tx_rows(tx, Q_REFUSED_ROW_PAGE, &(struct q_refused_row_page){g->account, g->id, g->after, g->max});
    while (g->n < g->max && rows_next(&r, &row))
        g->refused[g->n++] = (struct refused_row){row.line, str_of(scan_reason_word((int)row.reason)),
                                                  arena_str(g->arena, row.detail), arena_str(g->arena, row.raw)};
    rows_end(&r);
    return tx_ok(tx);
}

int scan_intake_refused(struct store *s, struct arena *a, int64_t account, int64_t id, int64_t after_line, int n,
                        struct refused_row **out, struct fault *f)
{
    ASSERT(n > 0);
    struct read g = {.arena = a, .account = account, .id = id, .after = after_line, .max = n};
    g.refused = ARENA_ARRAY(a, struct refused_row, n);
    if (!store_read(s, read_refused, &g, f)) return -1;
    *out = g.refused;
    return g.n;
}
