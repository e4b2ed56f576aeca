/* sqlite_private.h: what the two files of the SQLite driver share. */
#pragma once
#include "store/store_private.h"
#include <sqlite3.h>

/* A prepared statement of a query, kept for the next time. `busy` while a cursor is on it; then the same query, asked again
 * inside its own loop, gets a statement of its own for that once (is_extra). */
struct sqlite_statement {
    sqlite3_stmt *stmt;
    int query;
    bool busy, is_extra;
};

enum sqlite_control { CONTROL_BEGIN_READ, CONTROL_BEGIN_WRITE, CONTROL_COMMIT, CONTROL_ROLLBACK, CONTROL_COUNT };

struct conn {
    sqlite3 *db;
    char *path;
    int lock_fd;                         /* the writer's */
    struct sqlite_statement *statements; /* by query number; prepared when first used */
    sqlite3_stmt *controls[CONTROL_COUNT];
    int wal_pages;    /* in the log after the last commit */
    int copied_pages; /* of them, when the last checkpoint was tried */
};

/* The engine's last error in our words: fills the fault, returns the kind. `what` was being done. */
enum driver_error sqlite_error(struct conn *c, const char *what, struct fault *f);

void sqlite_statements_init(struct conn *c);
void sqlite_statements_finish(struct conn *c);
enum driver_error sqlite_control(struct conn *c, enum sqlite_control which, struct fault *f);
enum driver_error sqlite_run(struct conn *c, int query, const void *in, int64_t *changed, struct fault *f);
void *sqlite_rows(struct conn *c, int query, const void *in, enum driver_error *err, struct fault *f);
bool sqlite_next(struct conn *c, void *cursor, void *out, struct arena *a, enum driver_error *err, struct fault *f);
void sqlite_rows_end(struct conn *c, void *cursor);
