/* sqlite_statement.c: named queries on a SQLite connection: prepared once and kept, bound from and read into structs by their
 * tables of columns. Called only through store_driver_sqlite. */
#include "store/sqlite_private.h"
#include "base/log.h"
#include <limits.h>
#include <stdlib.h>

static const char *const control_texts[CONTROL_COUNT] = {
    [CONTROL_BEGIN_READ] = "BEGIN",
    [CONTROL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",
};

void sqlite_statements_init(struct conn *c)
{
    c->statements = calloc((size_t)query_count, sizeof *c->statements);
    ASSERT(c->statements);
    for (int i = 0; i < query_count; i++) c->statements[i].query = i;
}

void sqlite_statements_finish(struct conn *c)
{
    for (int i = 0; i < query_count; i++) sqlite3_finalize(c->statements[i].stmt);
    for (int i = 0; i < CONTROL_COUNT; i++) sqlite3_finalize(c->controls[i]);
    free(c->statements);
}

enum driver_error sqlite_control(struct conn *c, enum sqlite_control which, struct fault *f)
{
    sqlite3_stmt **stmt = &c->controls[which];
    if (!*stmt && sqlite3_prepare_v3(c->db, control_texts[which], -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK)
        return sqlite_error(c, control_texts[which], f);
    int code = sqlite3_step(*stmt);
    enum driver_error error = code == SQLITE_DONE ? DRIVER_OK : sqlite_error(c, control_texts[which], f);
    sqlite3_reset(*stmt);
    return error;
}

static enum driver_error prepare(struct conn *c, struct sqlite_statement *s, struct fault *f)
{
    const struct query_def *q = &query_table[s->query];
    if (sqlite3_prepare_v3(c->db, q->sqlite, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL) != SQLITE_OK)
        return sqlite_error(c, q->name, f);
    ASSERT(sqlite3_bind_parameter_count(s->stmt) == q->n_in && sqlite3_column_count(s->stmt) == q->n_out);
    return DRIVER_OK;
}

static struct sqlite_statement *take(struct conn *c, int query, enum driver_error *err, struct fault *f)
{
    struct sqlite_statement *s = &c->statements[query];
    if (s->busy) {
        s = calloc(1, sizeof *s);
        ASSERT(s);
        s->query = query;
        s->is_extra = true;
    }
    *err = s->stmt ? DRIVER_OK : prepare(c, s, f);
    if (*err == DRIVER_OK) {
        s->busy = true;
        return s;
    }
    if (s->is_extra) free(s);
    return NULL;
}

static void release(struct sqlite_statement *s)
{
    ASSERT(s->busy);
    s->busy = false;
    sqlite3_reset(s->stmt);
    if (!s->is_extra) return;
    sqlite3_finalize(s->stmt);
    free(s);
}

/* ---- values ---- */

static int bind_bytes(sqlite3_stmt *stmt, int at, enum query_type type, struct str s, sqlite3_destructor_type life)
{
    if (!s.ptr) return sqlite3_bind_null(stmt, at);
    if (type == QUERY_TEXT) return sqlite3_bind_text64(stmt, at, s.ptr, s.len, life, SQLITE_UTF8);
    return sqlite3_bind_blob64(stmt, at, s.ptr, s.len, life);
}

/* `life`: SQLITE_STATIC when the statement ends before the caller goes on, else SQLITE_TRANSIENT (a copy). */
static enum driver_error bind(struct conn *c, struct sqlite_statement *s, const void *in, sqlite3_destructor_type life,
                              struct fault *f)
{
    const struct query_def *q = &query_table[s->query];
    ASSERT(in || q->n_in == 0);
    for (int i = 0; i < q->n_in; i++) {
        const char *field = (const char *)in + q->in[i].offset;
        int64_t number = 0;
        int code;
        if (q->in[i].type == QUERY_INT) {
            memcpy(&number, field, sizeof number);
            code = number == DB_NULL ? sqlite3_bind_null(s->stmt, i + 1) : sqlite3_bind_int64(s->stmt, i + 1, number);
        } else {
            code = bind_bytes(s->stmt, i + 1, q->in[i].type, *(const struct str *)(const void *)field, life);
        }
        if (code != SQLITE_OK) return sqlite_error(c, q->name, f);
    }
    return DRIVER_OK;
}

/* What the struct says must be what the row holds, or NULL. */
static bool read_column(sqlite3_stmt *stmt, int i, const struct query_column *column, char *field, struct arena *a)
{
    static const int engine_types[] = {[QUERY_INT] = SQLITE_INTEGER, [QUERY_TEXT] = SQLITE_TEXT, [QUERY_BLOB] = SQLITE_BLOB};
    int type = sqlite3_column_type(stmt, i);
    if (type != SQLITE_NULL && type != engine_types[column->type]) return false;
    if (column->type == QUERY_INT) {
        int64_t number = type == SQLITE_NULL ? DB_NULL : sqlite3_column_int64(stmt, i);
        memcpy(field, &number, sizeof number);
        return true;
    }
    struct str s = STR_NULL;
    if (type != SQLITE_NULL) {
        const void *bytes = column->type == QUERY_TEXT ? sqlite3_column_text(stmt, i) : sqlite3_column_blob(stmt, i);
        s = bytes ? arena_str(a, str_make(bytes, (size_t)sqlite3_column_bytes(stmt, i))) : STR("");
    }
    memcpy(field, &s, sizeof s);
    return true;
}

static enum driver_error read_row(const struct sqlite_statement *s, void *out, struct arena *a, struct fault *f)
{
    const struct query_def *q = &query_table[s->query];
    for (int i = 0; i < q->n_out; i++) {
        if (read_column(s->stmt, i, &q->out[i], (char *)out + q->out[i].offset, a)) continue;
        fault_ours(f, "The query %s gave a value of another type in column %s.", q->name, q->out[i].name);
        return DRIVER_BROKEN;
    }
    return DRIVER_OK;
}

/* ---- the driver's functions ---- */

enum driver_error sqlite_run(struct conn *c, int query, const void *in, int64_t *changed, struct fault *f)
{
    enum driver_error error = DRIVER_OK;
    struct sqlite_statement *s = take(c, query, &error, f);
    if (!s) return error;
    error = bind(c, s, in, SQLITE_STATIC, f);
    if (error == DRIVER_OK && sqlite3_step(s->stmt) != SQLITE_DONE) error = sqlite_error(c, query_table[query].name, f);
    if (error == DRIVER_OK && changed) *changed = sqlite3_changes64(c->db);
    release(s);
    return error;
}

void *sqlite_rows(struct conn *c, int query, const void *in, enum driver_error *err, struct fault *f)
{
    struct sqlite_statement *s = take(c, query, err, f);
    if (!s) return NULL;
    *err = bind(c, s, in, SQLITE_TRANSIENT, f);
    if (*err == DRIVER_OK) return s;
    release(s);
    return NULL;
}

bool sqlite_next(struct conn *c, void *cursor, void *out, struct arena *a, enum driver_error *err, struct fault *f)
{
    struct sqlite_statement *s = cursor;
    int code = sqlite3_step(s->stmt);
    if (code == SQLITE_DONE) return false;
    *err = code == SQLITE_ROW ? DRIVER_OK : sqlite_error(c, query_table[s->query].name, f);
    if (*err == DRIVER_OK && out) *err = read_row(s, out, a, f);
    return *err == DRIVER_OK;
}

void sqlite_rows_end(struct conn *c, void *cursor)
{
    (void)c;
    release(cursor);
}
