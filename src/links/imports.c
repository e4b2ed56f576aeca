/* imports.c: see imports.h. */
#include "links/imports.h"
#include "base/log.h"
#include "queries.h"

const char *remote_import_word(enum remote_import_state s)
{
    static const char *const words[] = {"reading", "handed_over", "failed"};
    ASSERT(s >= REMOTE_IMPORT_READING && s <= REMOTE_IMPORT_FAILED);
    return words[s];
}

static struct remote_import read_row(struct arena *a, const struct r_remote_import_find *r)
{
    return (struct remote_import){
        .import_id = r->import_id,
        .connection_id = r->connection_id,
        .contact_list_id = r->contact_list_id,
        .state = (enum remote_import_state)r->state,
        .wish = arena_str(a, r->wish),
        .n_rows = r->n_rows,
        .n_all = r->n_all == DB_NULL ? -1 : r->n_all,
        .at_byte = r->at_byte,
        .place = arena_str(a, r->place),
        .intake_id = r->intake_id == DB_NULL ? 0 : r->intake_id,
        .last_error = arena_str(a, r->last_error),
        .started_at = r->started_at,
        .attempt = r->attempt,
        .restarts = r->restarts,
    };
}

struct look {
    struct arena *arena;
    int64_t account, id;
    struct remote_import *rows;
    int n, max;
};

static bool get(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_remote_import_find row;
    if (!tx_first(tx, Q_REMOTE_IMPORT_FIND, &(struct q_remote_import_find){l->account, l->id}, &row))
        return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 404, "There is no import %lld.", (long long)l->id);
    *l->rows = read_row(l->arena, &row);
    return true;
}

bool remote_import_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct remote_import *out,
                       struct fault *f)
{
    struct remote_import row;
    if (!store_read(s, get, &(struct look){.arena = a, .account = account, .id = id, .rows = &row}, f)) return false;
    *out = row;
    return true;
}

static bool all(struct tx *tx, void *arg)
{
    struct look *l = arg;
    struct r_remote_import_find row;
    struct rows r = tx_rows(tx, Q_REMOTE_IMPORT_PAGE, &(struct q_remote_import_page){l->account, l->id, l->max});
    l->n = 0;
    while (l->n < l->max && rows_next(&r, &row)) l->rows[l->n++] = read_row(l->arena, &row);
    rows_end(&r);
    return tx_ok(tx);
}

int remote_import_all(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int n,
                      struct remote_import **out, struct fault *f)
{
    struct look l = {
        .arena = a, .account = account, .id = connection_id, .rows = ARENA_ARRAY(a, struct remote_import, n), .max = n};
    if (!store_read(s, all, &l, f)) return -1;
    *out = l.rows;
    return l.n;
}

/* ---- after a crash ---- */

static bool free_leases(struct tx *tx, void *arg)
{
    int64_t node = store_node(tx_store(tx));
    (void)arg;
    return tx_run(tx, Q_REMOTE_IMPORT_FREE, &(struct q_remote_import_free){node}, NULL) &&
           tx_run(tx, Q_REMOTE_FIELD_FREE, &(struct q_remote_field_free){node}, NULL) &&
           tx_run(tx, Q_MIRROR_FREE, &(struct q_mirror_free){node}, NULL);
}

bool remote_leases_free(struct store *s, struct fault *f) { return store_write(s, free_leases, NULL, f); }
