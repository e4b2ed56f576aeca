/* postgres_private.h: what the files of the PostgreSQL driver share. */
#pragma once
#include "base/buf.h"
#include "store/store_private.h"
#include <libpq-fe.h>

#define POSTGRES_MAX_VALUES 64
/* A statement that is none of the table's: BEGIN, COMMIT … */
#define POSTGRES_CONTROL (-1)

/* A query in the shape in which the server knows it: by itself, or with an array for each value (its merged form). */
enum postgres_form { FORM_ONE, FORM_MANY, FORM_COUNT };
enum postgres_known { KNOWN_NOT = 0, KNOWN_ASKED, KNOWN_READY };

/* A command that was sent and whose answer was not read yet. */
struct postgres_sent {
    int query; /* or POSTGRES_CONTROL */
    enum postgres_form form;
    bool is_prepare;
};

/* Rows of one append query that wait to be written together. */
struct postgres_waiting {
    int query, n;
    size_t bytes;
    struct buf rows;     /* n of the query's q_ structs, their texts in `arena` */
    struct arena *arena; /* reset when they were sent */
    struct buf columns[POSTGRES_MAX_VALUES];
    struct buf text;
};

/* Invariants: `waiting.n` is 0 outside a transaction; the connection is in pipeline mode whenever `pg` is usable; `n_sent` counts
 * what was sent since the last postgres_finish. */
struct conn {
    PGconn *pg;
    char *address;   /* with its password: never shown */
    char shown[300]; /* without */
    bool is_writer, in_transaction;
    bool is_lost;               /* must be made again before it can be used */
    bool is_careful;            /* a statement that nobody waited for failed: until a commit each is waited for */
    enum postgres_known *known; /* [form * query_count + query] */
    struct postgres_sent *sent;
    int n_sent, sent_room;
    struct postgres_waiting waiting;
    bool has_marks;      /* the table commit_mark is there */
    int64_t owner, mark; /* of the last group */
};

/* What became of the commands sent since the last time: all OK, or the first failure. */
struct postgres_answer {
    enum driver_error error;
    bool is_last;     /* the failure is the last command's own */
    PGresult *result; /* the last command's; NULL unless error is OK */
};

/* ---- postgres_wire.c: commands out, answers in ---- */
void postgres_send(struct conn *c, const char *sql);
/* A query by its number, prepared on this connection when it is not yet. */
void postgres_send_query(struct conn *c, int query, enum postgres_form form, const char *const *values, const int *lengths);
/* Waits for the answers of everything that was sent. A failure of another command than the last is told as DRIVER_RETRY, and the
 * connection gets careful: run again, the failure shows where it belongs. PQclear the result. */
struct postgres_answer postgres_finish(struct conn *c, struct fault *f);
/* Of a result that came outside the pipeline. */
enum driver_error postgres_error(struct conn *c, const PGresult *r, const char *what, struct fault *f);
/* Out of pipeline mode (waiting for what was sent) and into it. */
enum driver_error postgres_pipeline_end(struct conn *c, struct fault *f);
void postgres_pipeline_begin(struct conn *c);

/* ---- postgres_connection.c ---- */
/* Connects again when the connection is lost, trying for so long. */
bool postgres_connect(struct conn *c, int64_t patience_ms, struct fault *f);
void postgres_show(const char *address, char *out, size_t n);
bool postgres_probe(const char *address, char *version, size_t n, struct fault *f);
struct conn *postgres_open(const char *address, bool writer, struct fault *f);
void postgres_close(struct conn *c);

/* ---- postgres_statement.c ---- */
/* Sends one query with its values. */
void postgres_bind_and_send(struct conn *c, int query, const void *in);
enum driver_error postgres_run(struct conn *c, int query, const void *in, int64_t *changed, struct fault *f);
void *postgres_rows(struct conn *c, int query, const void *in, enum driver_error *err, struct fault *f);
bool postgres_next(struct conn *c, void *cursor, void *out, struct arena *a, enum driver_error *err, struct fault *f);
void postgres_rows_end(struct conn *c, void *cursor);

/* ---- postgres_append.c: rows that wait ---- */
/* Keeps a copy of the row; sends those of another query first, and all when they are many. */
enum driver_error postgres_append(struct conn *c, int query, const void *in, struct fault *f);
/* Sends what waits. */
enum driver_error postgres_append_send(struct conn *c, struct fault *f);
void postgres_append_forget(struct conn *c);
void postgres_append_finish(struct conn *c);
/* "INSERT INTO table (…) SELECT * FROM unnest(…)" */
void postgres_append_text(const struct query_def *q, struct buf *out);

static inline unsigned postgres_type(enum query_type type, bool is_array)
{
    static const unsigned types[][2] = {
        [QUERY_INT] = {20, 1016}, [QUERY_TEXT] = {25, 1009}, [QUERY_BLOB] = {17, 1001}}; /* pg_type.h */
    return types[type][is_array];
}
static inline void postgres_put32(char *at, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(at, &v, sizeof v);
}
static inline void postgres_put64(char *at, int64_t v)
{
    uint64_t big = __builtin_bswap64((uint64_t)v);
    memcpy(at, &big, sizeof big);
}
