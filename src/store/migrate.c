/* migrate.c: brings a database to the schema this program knows. Called by store_open on the writer's connection, before
 * anybody else is there. Each migration is one transaction with its row in schema_version, so a crash leaves it done or not
 * begun. A database that is newer than the program, or whose applied migrations are not those of the program, is refused and
 * left as it is. */
#include "store/store_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "queries.h"

int64_t store_schema_known(void) { return migration_table[migration_count - 1].version; }

/* One applied migration, against the program's table. */
static bool check_applied(const struct r_schema_version_list *row, int i, struct fault *f)
{
    if (i >= migration_count)
        return fault_operator(f,
                              "The database is newer than this program: it has migration %lld (%.*s), the program knows %lld. "
                              "Use the newer program.",
                              (long long)row->version, STR_ARG(row->name), (long long)store_schema_known());
    const struct migration *m = &migration_table[i];
    if (row->version != m->version)
        return fault_operator(
            f, "The database has migration %lld (%.*s) where this program has %lld (%s): they are of different descent.",
            (long long)row->version, STR_ARG(row->name), (long long)m->version, m->name);
    if (!str_eq(row->digest, str_make(m->digest, sizeof m->digest)))
        return fault_operator(
            f, "Migration %lld (%s) of this program is not the one that was applied to the database: its text has changed.",
            (long long)m->version, m->name);
    return true;
}

static bool read_applied(const struct store_driver *driver, struct conn *c, struct arena *a, int *n, struct fault *f)
{
    bool has = false, ok = true;
    *n = 0;
    if (!driver->has_table(c, "schema_version", &has, f)) return false;
    if (!has) return true;
    enum driver_error error = DRIVER_OK;
    void *cursor = driver->rows(c, Q_SCHEMA_VERSION_LIST, NULL, &error, f);
    if (!cursor) return false;
    struct r_schema_version_list row;
    while (ok && driver->next(c, cursor, &row, a, &error, f)) {
        ok = check_applied(&row, *n, f);
        (*n)++;
    }
    driver->rows_end(c, cursor);
    return ok && error == DRIVER_OK;
}

static bool apply(const struct store_driver *driver, struct conn *c, const struct migration *m, struct fault *f)
{
    struct q_schema_version_add row = {m->version, str_of(m->name), str_make(m->digest, sizeof m->digest), clock_now_ms()};
    if (driver->begin(c, true, f) != DRIVER_OK) return false;
    if (driver->script(c, driver->migration(m), f) && driver->run(c, Q_SCHEMA_VERSION_ADD, &row, NULL, f) == DRIVER_OK &&
        driver->commit(c, f) == DRIVER_OK)
        return true;
    driver->rollback(c);
    return false;
}

bool migrate(const struct store_driver *driver, struct conn *c, bool read_only, int64_t *version, struct fault *f)
{
    struct arena *a = arena_create(4096);
    int n = 0;
    bool ok = read_applied(driver, c, a, &n, f);
    arena_destroy(&a);
    if (ok && read_only && n < migration_count)
        return fault_operator(f,
                              "The database is older than this program (migration %lld of %lld). Start the server once, or run "
                              "pennypost migrate.",
                              (long long)(n ? migration_table[n - 1].version : 0), (long long)store_schema_known());
    for (; ok && n < migration_count; n++) {
        ok = apply(driver, c, &migration_table[n], f);
        if (ok)
            log_info("store", "applied migration %lld (%s)", (long long)migration_table[n].version, migration_table[n].name);
    }
    if (ok) *version = store_schema_known();
    return ok;
}
