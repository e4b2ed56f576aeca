/* fresh_store.c: see fresh_store.h. */
#include "fresh_store.h"
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void give_up(const char *address, const char *why)
{
    fprintf(stderr, "%s: %s\n", address, why);
    abort();
}

/* NULL: no row. */
static char *first_on_postgres(const char *address, const char *sql)
{
    PGconn *c = PQconnectdb(address);
    if (PQstatus(c) != CONNECTION_OK) give_up(address, PQerrorMessage(c));
    PGresult *r = PQexec(c, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) give_up(address, PQerrorMessage(c));
    char *first = PQntuples(r) > 0 ? strdup(PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    PQfinish(c);
    return first;
}

static int keep_first(void *ctx, int n, char **values, char **names)
{
    char **first = ctx;
    (void)n, (void)names;
    if (!*first && values[0]) *first = strdup(values[0]);
    return 0;
}

static char *first_on_sqlite(const char *address, const char *sql)
{
    sqlite3 *db;
    char *why = NULL, *first = NULL;
    if (sqlite3_open(strchr(address, ':') + 1, &db) != SQLITE_OK) give_up(address, sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, keep_first, &first, &why) != SQLITE_OK) give_up(address, why);
    sqlite3_close(db);
    return first;
}

bool fresh_store_is_sqlite(void) { return getenv("PENNYPOST_TEST_STORE") == NULL; }

void fresh_store_script(const char *address, const char *sql)
{
    free((fresh_store_is_sqlite() ? first_on_sqlite : first_on_postgres)(address, sql));
}

int64_t fresh_store_number(const char *address, const char *sql)
{
    char *first = (fresh_store_is_sqlite() ? first_on_sqlite : first_on_postgres)(address, sql);
    if (!first) give_up(address, sql);
    int64_t number = strtoll(first, NULL, 10);
    free(first);
    return number;
}

void fresh_store(const char *sqlite_file, char out[FRESH_STORE_BYTES])
{
    static int n;
    const char *base = getenv("PENNYPOST_TEST_STORE");
    char name[60], sql[100];
    struct timespec now;
    if (!base) {
        snprintf(out, FRESH_STORE_BYTES, "sqlite:%s", sqlite_file);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(name, sizeof name, "t_%d_%d_%ld", (int)getpid(), n++, now.tv_sec * 1000 + now.tv_nsec / 1000000);
    snprintf(sql, sizeof sql, "CREATE SCHEMA %s", name);
    free(first_on_postgres(base, sql));
    snprintf(out, FRESH_STORE_BYTES, "%s%coptions=-csearch_path%%3D%s", base, strchr(base, '?') ? '&' : '?', name);
}
