/* postgres_append.c: rows of append queries, which wait in memory until something else is to be done in their transaction, and
 * are then written together: one INSERT from unnest, or COPY when they are many. Called only by the PostgreSQL driver.
 *
 * A row that the server refuses spoils all that were sent with it. Which one it was shows when the group runs again on the
 * connection that has become careful (postgres_finish): then nothing waits. */
#include "store/postgres_private.h"
#include "base/log.h"
#include <stdlib.h>

/* From here on COPY is faster than unnest, in spite of its extra journeys. */
#define COPY_ROWS 2000
#define MAX_ROWS  20000
#define MAX_BYTES (4 << 20)

void postgres_append_forget(struct conn *c)
{
    struct postgres_waiting *w = &c->waiting;
    w->n = 0;
    w->bytes = 0;
    buf_clear(&w->rows);
    arena_reset(w->arena);
}

void postgres_append_finish(struct conn *c)
{
    struct postgres_waiting *w = &c->waiting;
    buf_finish(&w->rows);
    buf_finish(&w->text);
    for (int i = 0; i < POSTGRES_MAX_VALUES; i++) buf_finish(&w->columns[i]);
    arena_destroy(&w->arena);
}

enum driver_error postgres_append(struct conn *c, int query, const void *in, struct fault *f)
{
    struct postgres_waiting *w = &c->waiting;
    const struct query_def *q = &query_table[query];
    if (w->n && (w->query != query || w->n >= MAX_ROWS || w->bytes >= MAX_BYTES)) {
        enum driver_error error = postgres_append_send(c, f);
        if (error != DRIVER_OK) return error;
    }
    w->query = query;
    char *row = buf_reserve(&w->rows, q->in_size);
    memcpy(row, in, q->in_size);
    for (int i = 0; i < q->n_in; i++) {
        struct str s;
        if (q->in[i].type == QUERY_INT) continue;
        memcpy(&s, row + q->in[i].offset, sizeof s);
        if (s.ptr) s = arena_str(w->arena, s);
        memcpy(row + q->in[i].offset, &s, sizeof s);
        w->bytes += s.len;
    }
    w->rows.len += q->in_size;
    w->bytes += q->in_size;
    w->n++;
    return DRIVER_OK;
}

static const char *row_at(const struct postgres_waiting *w, int i)
{
    return w->rows.data + (size_t)i * query_table[w->query].in_size;
}

/* ---- INSERT … SELECT FROM unnest ---- */

void postgres_append_text(const struct query_def *q, struct buf *out)
{
    static const char *const types[] = {[QUERY_INT] = "bigint", [QUERY_TEXT] = "text", [QUERY_BLOB] = "bytea"};
    buf_addf(out, "INSERT INTO %s SELECT * FROM unnest(", q->append_into);
    for (int i = 0; i < q->n_in; i++) buf_addf(out, "%s$%d::%s[]", i ? ", " : "", i + 1, types[q->in[i].type]);
    buf_addz(out, ")");
}

static void add32(struct buf *b, uint32_t v)
{
    postgres_put32(buf_reserve(b, 4), v);
    b->len += 4;
}

static void add_element(struct buf *b, enum query_type type, const char *field)
{
    int64_t number;
    struct str s;
    if (type == QUERY_INT) {
        memcpy(&number, field, sizeof number);
        add32(b, number == DB_NULL ? UINT32_MAX : 8);
        if (number == DB_NULL) return;
        postgres_put64(buf_reserve(b, 8), number);
        b->len += 8;
    } else {
        memcpy(&s, field, sizeof s);
        add32(b, s.ptr ? (uint32_t)s.len : UINT32_MAX);
        buf_add_str(b, s);
    }
}

/* The binary form of an array: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/arrayfuncs.c (array_recv) */
static void build_array(const struct postgres_waiting *w, const struct query_column *column, struct buf *b)
{
    buf_clear(b);
    add32(b, 1); /* dimension */
    add32(b, 1); /* may hold NULL */
    add32(b, postgres_type(column->type, false));
    add32(b, (uint32_t)w->n);
    add32(b, 1); /* its first index */
    for (int i = 0; i < w->n; i++) add_element(b, column->type, row_at(w, i) + column->offset);
}

static void send_arrays(struct conn *c)
{
    struct postgres_waiting *w = &c->waiting;
    const struct query_def *q = &query_table[w->query];
    const char *values[POSTGRES_MAX_VALUES];
    int lengths[POSTGRES_MAX_VALUES];
    for (int i = 0; i < q->n_in; i++) {
        build_array(w, &q->in[i], &w->columns[i]);
        values[i] = w->columns[i].data;
        lengths[i] = (int)w->columns[i].len;
    }
    postgres_send_query(c, w->query, FORM_MANY, values, lengths);
}

/* ---- COPY ---- */

static void add_copy_text(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '\\': buf_addz(b, "\\\\"); break;
        case '\n': buf_addz(b, "\\n"); break;
        case '\r': buf_addz(b, "\\r"); break;
        case '\t': buf_addz(b, "\\t"); break;
        default: buf_add_byte(b, s.ptr[i]);
        }
    }
}

static void add_copy_field(struct buf *b, enum query_type type, const char *field)
{
    int64_t number = 0;
    struct str s = STR("");
    if (type == QUERY_INT)
        memcpy(&number, field, sizeof number);
    else
        memcpy(&s, field, sizeof s);
    if (number == DB_NULL || !s.ptr) {
        buf_addz(b, "\\N");
    } else if (type == QUERY_INT) {
        buf_add_int(b, number);
    } else if (type == QUERY_TEXT) {
        add_copy_text(b, s);
    } else {
        buf_addz(b, "\\\\x");
        for (size_t i = 0; i < s.len; i++) buf_addf(b, "%02x", (unsigned char)s.ptr[i]);
    }
}

/* COPY is not allowed in a pipeline, so it is left for that long. */
static enum driver_error copy_text(struct conn *c, const struct query_def *q, struct fault *f)
{
    struct postgres_waiting *w = &c->waiting;
    buf_clear(&w->text);
    buf_addf(&w->text, "COPY %s FROM STDIN", q->append_into);
    PGresult *r = PQexec(c->pg, w->text.data);
    bool began = PQresultStatus(r) == PGRES_COPY_IN;
    enum driver_error error = began ? DRIVER_OK : postgres_error(c, r, q->name, f);
    PQclear(r);
    if (!began) return error;
    buf_clear(&w->text);
    for (int i = 0; i < w->n; i++) {
        for (int k = 0; k < q->n_in; k++) {
            if (k) buf_add_byte(&w->text, '\t');
            add_copy_field(&w->text, q->in[k].type, row_at(w, i) + q->in[k].offset);
        }
        buf_add_byte(&w->text, '\n');
    }
    PQputCopyData(c->pg, w->text.data, (int)w->text.len); /* a failure shows in the result */
    PQputCopyEnd(c->pg, NULL);
    while ((r = PQgetResult(c->pg))) {
        if (PQresultStatus(r) != PGRES_COMMAND_OK && error == DRIVER_OK) error = postgres_error(c, r, q->name, f);
        PQclear(r);
        if (PQstatus(c->pg) != CONNECTION_OK) break;
    }
    return error;
}

static enum driver_error copy(struct conn *c, struct fault *f)
{
    enum driver_error error = postgres_pipeline_end(c, f);
    if (error != DRIVER_OK) return error;
    error = copy_text(c, &query_table[c->waiting.query], f);
    postgres_pipeline_begin(c);
    if (error == DRIVER_REFUSE || error == DRIVER_BROKEN) { /* of which row, shows when each is waited for */
        c->is_careful = true;
        error = DRIVER_RETRY;
    }
    return error;
}

enum driver_error postgres_append_send(struct conn *c, struct fault *f)
{
    struct postgres_waiting *w = &c->waiting;
    enum driver_error error = DRIVER_OK;
    if (w->n == 0) return DRIVER_OK;
    if (w->n >= COPY_ROWS)
        error = copy(c, f);
    else if (w->n > 1)
        send_arrays(c);
    else
        postgres_bind_and_send(c, w->query, w->rows.data);
    postgres_append_forget(c);
    return error;
}
