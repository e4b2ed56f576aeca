/* Every query of the house, prepared by a real PostgreSQL against the migrated schema: its text is understood, its values and columns
 * have the types that its list names. (SQLite prepares each when the program is built.) */
#include "fresh_store.h"
#include "base/log.h"
#include "store/store.h"
#include "store/store_private.h"
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

static bool is_of_type(enum query_type type, Oid oid)
{
    switch (type) {
    case QUERY_INT: return oid == 20 || oid == 21 || oid == 23; /* int8, int2, int4: what the driver reads */
    case QUERY_TEXT: return oid == 25;
    case QUERY_BLOB: return oid == 17;
    }
    return false;
}

static const Oid oids[] = {[QUERY_INT] = 20, [QUERY_TEXT] = 25, [QUERY_BLOB] = 17},
                 array_oids[] = {[QUERY_INT] = 1016, [QUERY_TEXT] = 1009, [QUERY_BLOB] = 1001};

/* Returns how many complaints it printed. */
static int check(PGconn *c, const struct query_def *q, const char *text, const Oid *types)
{
    Oid in[100];
    int bad = 0;
    assert_true(q->n_in <= 100);
    for (int i = 0; i < q->n_in; i++) in[i] = types[q->in[i].type];
    PGresult *r = PQprepare(c, "", text, q->n_in, in), *shape = NULL;
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        print_error("%s: %s", q->name, PQerrorMessage(c));
        bad++;
    } else {
        shape = PQdescribePrepared(c, "");
        if (PQnparams(shape) != q->n_in || PQnfields(shape) != q->n_out) {
            print_error("%s: %d values, %d columns\n", q->name, PQnparams(shape), PQnfields(shape));
            bad++;
        }
        for (int i = 0; i < q->n_out && !bad; i++)
            if (!is_of_type(q->out[i].type, PQftype(shape, i))) {
                print_error("%s: column %s has the type %u\n", q->name, q->out[i].name, PQftype(shape, i));
                bad++;
            }
    }
    PQclear(shape);
    PQclear(r);
    return bad;
}

static void every_query_is_understood(void **state)
{
    (void)state;
    char address[FRESH_STORE_BYTES], dir[] = "/tmp/pennypost-prepare-XXXXXX", lock[80];
    struct fault f = {0};
    int bad = 0, n_append = 0;
    assert_non_null(mkdtemp(dir));
    fresh_store("", address);
    struct store *s = store_open(&(struct store_config){.address = address, .data_dir = dir, .node = 1}, &f);
    if (!s) fail_msg("%s", f.text);
    store_close(&s);
    PGconn *c = PQconnectdb(address);
    assert_int_equal(PQstatus(c), CONNECTION_OK);
    for (int i = 0; i < query_count; i++) {
        const struct query_def *q = &query_table[i];
        char text[4000];
        bad += check(c, q, q->postgres, oids);
        if (!q->append_into) continue;
        n_append++;
        int n = snprintf(text, sizeof text, "INSERT INTO %s SELECT * FROM unnest(", q->append_into);
        for (int k = 0; k < q->n_in; k++) n += snprintf(text + n, sizeof text - (size_t)n, "%s$%d", k ? ", " : "", k + 1);
        snprintf(text + n, sizeof text - (size_t)n, ")");
        bad += check(c, q, text, array_oids);
    }
    PQfinish(c);
    snprintf(lock, sizeof lock, "%s/pennypost.lock", dir);
    remove(lock);
    remove(dir);
    print_message("%d queries, %d of them append\n", query_count, n_append);
    assert_true(query_count > 90 && n_append >= 3);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_query_is_understood)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
