/* postgres_statement.c: named queries on a PostgreSQL connection: values out of structs, rows into structs, by their tables of
 * columns, all in binary. Called only through store_driver_postgres. */
#include "store/postgres_private.h"
#include "base/log.h"
#include <stdlib.h>

/* So many answers may be outstanding before they are read. */
#define MAX_OUTSTANDING 256

struct cursor {
    PGresult *result;
    int query, at;
};

/* ---- values ---- */

void postgres_bind_and_send(struct conn *c, int query, const void *in)
{
    const struct query_def *q = &query_table[query];
    const char *values[POSTGRES_MAX_VALUES];
    int lengths[POSTGRES_MAX_VALUES];
    char numbers[POSTGRES_MAX_VALUES][8];
    ASSERT(q->n_in <= POSTGRES_MAX_VALUES && (in || q->n_in == 0));
    for (int i = 0; i < q->n_in; i++) {
        const char *field = (const char *)in + q->in[i].offset;
        if (q->in[i].type == QUERY_INT) {
            int64_t number;
            memcpy(&number, field, sizeof number);
            postgres_put64(numbers[i], number);
            values[i] = number == DB_NULL ? NULL : numbers[i];
            lengths[i] = sizeof numbers[i];
        } else {
            struct str s;
            memcpy(&s, field, sizeof s);
            values[i] = s.ptr;
            lengths[i] = (int)s.len;
        }
    }
    postgres_send_query(c, query, FORM_ONE, values, lengths);
}

static uint64_t read_big(const char *at, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++) v = v << 8 | (unsigned char)at[i];
    return v;
}

static bool read_number(const PGresult *r, int row, int column, char *field)
{
    int64_t number = DB_NULL;
    if (!PQgetisnull(r, row, column)) {
        const char *at = PQgetvalue(r, row, column);
        switch (PQftype(r, column)) {
        case 21: number = (int16_t)read_big(at, 2); break; /* int2 */
        case 23: number = (int32_t)read_big(at, 4); break; /* int4 */
        case 20: number = (int64_t)read_big(at, 8); break; /* int8 */
        default: return false;
        }
    }
    memcpy(field, &number, sizeof number);
    return true;
}

static bool read_bytes(const PGresult *r, int row, int column, enum query_type type, char *field, struct arena *a)
{
    struct str s = STR_NULL;
    if (PQftype(r, column) != postgres_type(type, false)) return false;
    if (!PQgetisnull(r, row, column))
        s = arena_str(a, str_make(PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)));
    memcpy(field, &s, sizeof s);
    return true;
}

static enum driver_error read_row(const struct cursor *k, void *out, struct arena *a, struct fault *f)
{
    const struct query_def *q = &query_table[k->query];
    for (int i = 0; i < q->n_out; i++) {
        char *field = (char *)out + q->out[i].offset;
        if (q->out[i].type == QUERY_INT ? read_number(k->result, k->at, i, field)
                                        : read_bytes(k->result, k->at, i, q->out[i].type, field, a))
            continue;
        fault_ours(f, "The query %s gave a value of another type in column %s.", q->name, q->out[i].name);
        return DRIVER_BROKEN;
    }
    return DRIVER_OK;
}

/* ---- the driver's functions ---- */

/* Nobody waits for the answer: it is read with a later one. */
static enum driver_error run_later(struct conn *c, int query, const void *in, struct fault *f)
{
    if (query_table[query].append_into) return postgres_append(c, query, in, f);
    enum driver_error error = postgres_append_send(c, f);
    if (error != DRIVER_OK) return error;
    postgres_bind_and_send(c, query, in);
    if (c->n_sent < MAX_OUTSTANDING) return DRIVER_OK;
    struct postgres_answer a = postgres_finish(c, f);
    PQclear(a.result);
    return a.error;
}

static enum driver_error run_now(struct conn *c, int query, const void *in, PGresult **result, struct fault *f)
{
    *result = NULL;
    enum driver_error error = postgres_append_send(c, f);
    if (error != DRIVER_OK) return error;
    postgres_bind_and_send(c, query, in);
    struct postgres_answer a = postgres_finish(c, f);
    *result = a.result;
    return a.error;
}

enum driver_error postgres_run(struct conn *c, int query, const void *in, int64_t *changed, struct fault *f)
{
    if (!changed && c->in_transaction && !c->is_careful) return run_later(c, query, in, f);
    PGresult *result;
    enum driver_error error = run_now(c, query, in, &result, f);
    if (error == DRIVER_OK && changed) *changed = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return error;
}

/* The rows come whole: another query may run while they are read. */
void *postgres_rows(struct conn *c, int query, const void *in, enum driver_error *err, struct fault *f)
{
    PGresult *result;
    *err = run_now(c, query, in, &result, f);
    if (*err != DRIVER_OK) return NULL;
    struct cursor *k = calloc(1, sizeof *k);
    ASSERT(k && PQnfields(result) == query_table[query].n_out);
    *k = (struct cursor){.result = result, .query = query};
    return k;
}

bool postgres_next(struct conn *c, void *cursor, void *out, struct arena *a, enum driver_error *err, struct fault *f)
{
    struct cursor *k = cursor;
    (void)c;
    *err = DRIVER_OK;
    if (k->at == PQntuples(k->result)) return false;
    if (out) *err = read_row(k, out, a, f);
    k->at++;
    return *err == DRIVER_OK;
}

void postgres_rows_end(struct conn *c, void *cursor)
{
    struct cursor *k = cursor;
    (void)c;
    PQclear(k->result);
    free(k);
}
