/* intake.c: takes files for imports and shows how far they are. A file is in its place, durably, before its row is written. The
 * work itself is import.c's and printed.c's. */
#include "mail/contact_key.h"
#include "mail/import.h"
#include "mail/intake.h"
#include "mail/mail_private.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "postal/scan.h"
#include "queries.h"
#include <sys/stat.h>
#include <unistd.h>

static const unsigned moves[] = {
    [INTAKE_KEPT] = 1u << INTAKE_RUNNING,
    [INTAKE_RUNNING] = 1u << INTAKE_RUNNING | 1u << INTAKE_DONE | 1u << INTAKE_FAILED,
    [INTAKE_DONE] = 0,
    [INTAKE_FAILED] = 0,
};

void intake_move(enum intake_state from, enum intake_state to) { ASSERT(moves[from] & 1u << to); }

int intake_find_due(struct tx *tx, int64_t kind, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_intake_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_INTAKE_DUE, &(struct q_intake_due){kind, n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.intake_id, 0};
    }
    rows_end(&r);
    return found;
}

struct keep {
    int64_t account, list /* DB_NULL: of no list */, bytes;
    enum intake_kind kind;
    struct str file, key;
    struct intake *out;
};

static bool set_key(struct tx *tx, const struct keep *k, struct str old)
{
    if (!k->key.ptr || str_eq(old, k->key)) return true;
    if (!old.ptr) return tx_run(tx, Q_LIST_KEY, &(struct q_list_key){k->account, k->list, k->key}, NULL);
    return tx_refuse(tx, FAULT_USER, 409, "The list %lld tells its contacts apart by %.*s, not by %.*s.", (long long)k->list,
                     STR_ARG(old), STR_ARG(k->key));
}

static bool keep(struct tx *tx, void *arg)
{
    const struct keep *k = arg;
    if (k->kind == INTAKE_CONTACT_CSV) {
        struct r_list_find list;
        if (!tx_first(tx, Q_LIST_FIND, &(struct q_list_find){k->account, k->list}, &list))
            return tx_not_found(tx, "list", k->list);
        if (!set_key(tx, k, list.key_field)) return false;
    }
    int64_t now = tx_now(tx);
    *k->out = (struct intake){.intake_id = tx_next_id(tx, ID_INTAKE),
                              .target_id = k->list,
                              .kind = k->kind,
                              .state = INTAKE_KEPT,
                              .bytes = k->bytes,
                              .received_at = now};
    struct q_intake_insert in = {k->account, k->out->intake_id, k->kind, k->list, INTAKE_KEPT, k->file, k->bytes, now, now};
    return tx_run(tx, Q_INTAKE_INSERT, &in, NULL);
}

static bool take_file(struct mail *m, struct arena *a, const char *path, struct keep *k, struct fault *f)
{
    struct stat st;
    int64_t mb = disk_free_mb(m->data_dir);
    if (stat(path, &st) != 0) return fault_errno(f, "%s cannot be read", path);
    if (st.st_size == 0) return fault_user(f, 400, "The file is empty.");
    if (st.st_size > limit_get(LIMIT_HTTP_MAX_UPLOAD_BYTES))
        return fault_user(f, 413, "The file has %lld bytes; http.max_upload_bytes is %lld.", (long long)st.st_size,
                          (long long)limit_get(LIMIT_HTTP_MAX_UPLOAD_BYTES));
    if (mb >= 0 && mb < limit_get(LIMIT_DISK_MIN_FREE_MB))
        return fault_user(f, 503, "The disk is nearly full (%lld MB are free), so no file is taken. Try again later.",
                          (long long)mb);
    k->bytes = st.st_size;
    k->file = str_of(arena_printf(a, "files/intake/%s.csv", token_make(a, 20)));
    return keep_file(a, path, mail_path(m, a, "%s", k->file.ptr), f);
}

static bool take(struct mail *m, struct arena *a, const char *path, struct keep *k, const char *source, struct fault *f)
{
    bool ok = take_file(m, a, path, k, f);
    if (ok) (void)FAILPOINT("intake.file.kept");
    if (ok && !store_write(m->store, keep, k, f)) {
        unlink(mail_path(m, a, "%s", k->file.ptr));
        ok = false;
    }
    if (ok) jobs_wake(m->jobs, source);
    return ok;
}

bool intake_keep(struct mail *m, int64_t account, int64_t list, const char *path, struct str key, struct intake *out,
                 struct fault *f)
{
    struct keep k = {.account = account, .list = list, .kind = INTAKE_CONTACT_CSV, .out = out};
    struct contact_list there;
    struct arena *a = arena_create(4096);
    bool ok = (!key.ptr || contact_key_name(a, key, &k.key, f)) && list_get(m->store, a, account, list, &there, f) &&
              take(m, a, path, &k, SOURCE_IMPORT, f);
    arena_destroy(&a);
    return ok;
}

bool intake_keep_contacts(struct mail *m, int64_t account, int64_t list, const char *path, int64_t *intake_id, struct fault *f)
{
    struct intake in;
    if (!intake_keep(m, account, list, path, STR_NULL, &in, f)) return false;
    *intake_id = in.intake_id;
    return true;
}

bool intake_keep_printed(struct mail *m, int64_t account, const char *path, int64_t *intake_id, struct fault *f)
{
    struct intake in;
    struct keep k = {.account = account, .list = DB_NULL, .kind = INTAKE_PRINTED, .out = &in};
    struct arena *a = arena_create(4096);
    bool ok = take(m, a, path, &k, SOURCE_PRINTED, f);
    arena_destroy(&a);
    if (ok) *intake_id = in.intake_id;
    return ok;
}

/* ---- showing ---- */

struct read {
    struct arena *arena;
    int64_t account, id, after;
    struct intake *out;
    struct refused_row *rows;
    int n, max;
};

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_intake_find r;
    if (!tx_first(tx, Q_INTAKE_FIND, &(struct q_intake_find){g->account, g->id}, &r)) return tx_not_found(tx, "import", g->id);
    *g->out = (struct intake){.intake_id = r.intake_id,
                              .target_id = r.target_id,
                              .kind = (enum intake_kind)r.kind,
                              .state = (enum intake_state)r.state,
                              .bytes = r.bytes,
                              .at_byte = r.at_byte,
                              .n_rows = r.n_rows,
                              .n_used = r.n_used,
                              .n_refused = r.n_refused,
                              .n_inserted = r.n_inserted,
                              .n_updated = r.n_updated,
                              .n_repeat = r.n_repeat,
                              .received_at = r.received_at,
                              .last_error = arena_str(g->arena, r.last_error)};
    return true;
}

bool intake_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct intake *out, struct fault *f)
{
    struct intake row;
    if (!store_read(s, read_one, &(struct read){.arena = a, .account = account, .id = id, .out = &row}, f)) return false;
    *out = row;
    return true;
}

static const char *reason_word(enum intake_kind kind, int reason)
{
    return kind == INTAKE_CONTACT_CSV ? import_reason_word(reason) : scan_reason_word(reason);
}

static bool read_refused(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct intake there;
    struct r_refused_row_page row;
    g->out = &there;
    g->n = 0;
    if (!read_one(tx, g)) return false;
    struct rows r = tx_rows(tx, Q_REFUSED_ROW_PAGE, &(struct q_refused_row_page){g->account, g->id, g->after, g->max});
    while (g->n < g->max && rows_next(&r, &row))
        g->rows[g->n++] = (struct refused_row){row.line, str_of(reason_word(there.kind, (int)row.reason)),
                                               arena_str(g->arena, row.detail), arena_str(g->arena, row.raw)};
    rows_end(&r);
    return tx_ok(tx);
}

int intake_refused(struct store *s, struct arena *a, int64_t account, int64_t id, int64_t after_line, int n,
                   struct refused_row **out, struct fault *f)
{
    ASSERT(n > 0);
    struct read g = {
        .arena = a, .account = account, .id = id, .after = after_line, .max = n, .rows = ARENA_ARRAY(a, struct refused_row, n)};
    if (!store_read(s, read_refused, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}
