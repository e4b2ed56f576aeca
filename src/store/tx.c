/* tx.c: what a closure may do: run named queries, read rows, refuse, join participants. Called on the committer's thread
 * (units) or on the caller's (readers). The first failure sticks: from then on every call does nothing and returns false. */
#include "store/store_private.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdio.h>

static _Thread_local bool is_inside;

bool tx_is_inside(void) { return is_inside; }

void tx_init(struct tx *tx, struct store *s, struct conn *c, struct arena *a, bool may_write)
{
    *tx = (struct tx){.store = s, .driver = s->driver, .conn = c, .arena = a, .may_write = may_write};
}

void tx_start(struct tx *tx)
{
    ASSERT(!is_inside && !tx->cursors);
    is_inside = true;
    tx->failed = tx->wrote = false;
    tx->error = DRIVER_OK;
    tx->fault = (struct fault){0};
    tx->now = clock_now_ms();
}

static void close_cursor(struct tx *tx, struct tx_cursor *c)
{
    if (c->driver_cursor) tx->driver->rows_end(tx->conn, c->driver_cursor);
    c->driver_cursor = NULL;
}

void tx_end(struct tx *tx)
{
    for (struct tx_cursor *c = tx->cursors; c; c = c->next) close_cursor(tx, c);
    tx->cursors = NULL;
    arena_reset(tx->arena);
    is_inside = false;
}

bool tx_perform(struct tx *tx, store_fn *fn, void *arg)
{
    tx_start(tx);
    bool ok = fn(tx, arg);
    if (!ok && !tx->failed) tx_refuse(tx, FAULT_OURS, 0, "A unit of work gave up without a reason.");
    bool failed = tx->failed;
    tx_end(tx);
    return !failed;
}

/* ---- failures ---- */

bool tx_ok(const struct tx *tx) { return !tx->failed; }

bool tx_fail(struct tx *tx, const struct fault *f)
{
    ASSERT(f->whose != FAULT_NONE);
    if (!tx->failed) tx->fault = *f;
    tx->failed = true;
    return false;
}

bool tx_refuse(struct tx *tx, enum fault_whose whose, int status, const char *fmt, ...)
{
    struct fault f = {.whose = whose, .status = status};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(f.text, sizeof f.text, fmt, ap);
    va_end(ap);
    return tx_fail(tx, &f);
}

static bool engine_failed(struct tx *tx, enum driver_error error, const struct fault *f)
{
    ASSERT(error != DRIVER_OK);
    if (!tx->failed) tx->error = error;
    return tx_fail(tx, f);
}

static bool may_run(struct tx *tx, int query)
{
    ASSERT(is_inside);
    ASSERT(query >= 0 && query < query_count);
    if (tx->failed) return false;
    if (query_table[query].writes && !tx->may_write)
        return tx_refuse(tx, FAULT_OURS, 0, "The query %s writes, but was run by a reader.", query_table[query].name);
    return true;
}

/* ---- statements ---- */

bool tx_run(struct tx *tx, int query, const void *in, int64_t *changed)
{
    if (!may_run(tx, query)) return false;
    ASSERT(query_table[query].n_out == 0);
    struct fault f = {0};
    enum driver_error error = tx->driver->run(tx->conn, query, in, changed, &f);
    if (error != DRIVER_OK) return engine_failed(tx, error, &f);
    tx->wrote |= query_table[query].writes;
    return true;
}

struct rows tx_rows(struct tx *tx, int query, const void *in)
{
    struct rows r = {.tx = tx, .query = query};
    if (!may_run(tx, query)) return r;
    struct fault f = {0};
    enum driver_error error = DRIVER_OK;
    void *cursor = tx->driver->rows(tx->conn, query, in, &error, &f);
    if (!cursor) {
        engine_failed(tx, error, &f);
        return r;
    }
    struct tx_cursor *c = ARENA_NEW(tx->arena, struct tx_cursor);
    *c = (struct tx_cursor){.driver_cursor = cursor, .next = tx->cursors};
    tx->cursors = c;
    r.cursor = c;
    return r;
}

bool rows_next(struct rows *r, void *out)
{
    struct tx *tx = r->tx;
    struct tx_cursor *c = r->cursor;
    if (!c || !c->driver_cursor || tx->failed) return false;
    struct fault f = {0};
    enum driver_error error = DRIVER_OK;
    bool got = tx->driver->next(tx->conn, c->driver_cursor, out, tx->arena, &error, &f);
    if (error != DRIVER_OK) {
        engine_failed(tx, error, &f);
        got = false;
    } else {
        tx->wrote |= query_table[r->query].writes;
    }
    if (!got) rows_end(r);
    return got;
}

void rows_end(struct rows *r)
{
    if (r->cursor) close_cursor(r->tx, r->cursor);
    r->cursor = NULL;
}

bool tx_first(struct tx *tx, int query, const void *in, void *out)
{
    struct rows r = tx_rows(tx, query, in);
    bool got = rows_next(&r, out);
    rows_end(&r);
    return got;
}

/* ---- what surrounds it ---- */

struct arena *tx_arena(struct tx *tx) { return tx->arena; }
struct store *tx_store(struct tx *tx) { return tx->store; }
int64_t tx_now(struct tx *tx) { return tx->now; }

void tx_join(struct tx *tx, struct participant *p)
{
    ASSERT(is_inside && tx->may_write);
    tx->wrote = true;
    if (p->joined) return;
    p->joined = true;
    p->next = tx->participants;
    tx->participants = p;
}
