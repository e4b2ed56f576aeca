/* postgres_wire.c: commands out, answers in. A connection is in libpq's pipeline mode: what is sent is not waited for until
 * somebody needs an answer, so a group of units costs few journeys. A blocking connection reads while it waits to write
 * (libpq's pqSendSome), so neither side can get stuck on the other's full buffer.
 *
 * Called only by the other files of the PostgreSQL driver. */
#include "store/postgres_private.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- errors ---- */

/* SQLSTATEs: https://www.postgresql.org/docs/15/errcodes-appendix.html */
static const struct {
    const char *begins;
    enum driver_error error;
    bool is_lost;
} states[] = {
    {"40001", DRIVER_RETRY, false}, {"40P01", DRIVER_RETRY, false}, /* serialization, deadlock */
    {"55P03", DRIVER_RETRY, false}, {"57014", DRIVER_RETRY, false},
    {"25P0", DRIVER_RETRY, true}, /* lock, cancelled, timed out */
    {"57P0", DRIVER_RETRY, true},   {"08", DRIVER_RETRY, true},
    {"53300", DRIVER_RETRY, true}, /* shut down, line, full house */
    {"53", DRIVER_FULL, false},    /* disk, memory */
    {"22", DRIVER_REFUSE, false},   {"23", DRIVER_REFUSE, false},
    {"54", DRIVER_REFUSE, false}, /* value, constraint, too large */
};

static enum driver_error kind_of(struct conn *c, const char *state)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (strncmp(state, states[i].begins, strlen(states[i].begins)) != 0) continue;
        c->is_lost |= states[i].is_lost;
        return states[i].error;
    }
    return DRIVER_BROKEN;
}

static enum driver_error lost(struct conn *c, struct fault *f)
{
    c->is_lost = true;
    fault_remote(f, "The connection to the database %s was lost.", c->shown);
    return DRIVER_RETRY;
}

/* Only the first line of the server's words: the others quote values. */
enum driver_error postgres_error(struct conn *c, const PGresult *r, const char *what, struct fault *f)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE), *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || !text) return lost(c, f);
    enum driver_error error = kind_of(c, state);
    if (error == DRIVER_RETRY)
        fault_remote(f, "The database %s could not do %s now: %s", c->shown, what, text);
    else if (error == DRIVER_FULL)
        fault_operator(f, "The database %s has no room (%s). Make room: a server that runs goes on by itself.", c->shown, text);
    else if (error == DRIVER_REFUSE)
        fault_ours(f, "The database refused %s: %s", what, text);
    else
        fault_ours(f, "%s failed: %s (PostgreSQL says %s)", what, text, state);
    return error;
}

/* ---- sending ---- */

static void remember(struct conn *c, int query, enum postgres_form form, bool is_prepare)
{
    if (c->n_sent == c->sent_room) {
        c->sent_room = c->sent_room ? 2 * c->sent_room : 64;
        c->sent = realloc(c->sent, sizeof *c->sent * (size_t)c->sent_room);
        ASSERT(c->sent);
    }
    c->sent[c->n_sent++] = (struct postgres_sent){query, form, is_prepare};
}

void postgres_send(struct conn *c, const char *sql)
{
    if (c->is_lost) return;
    if (PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 1))
        remember(c, POSTGRES_CONTROL, FORM_ONE, false);
    else
        c->is_lost = true;
}

static bool prepare(struct conn *c, int query, enum postgres_form form, const char *name)
{
    const struct query_def *q = &query_table[query];
    struct buf text = BUF_INIT;
    Oid types[POSTGRES_MAX_VALUES];
    ASSERT(q->n_in <= POSTGRES_MAX_VALUES);
    for (int i = 0; i < q->n_in; i++) types[i] = postgres_type(q->in[i].type, form == FORM_MANY);
    if (form == FORM_MANY) postgres_append_text(q, &text);
    bool ok = PQsendPrepare(c->pg, name, form == FORM_MANY ? text.data : q->postgres, q->n_in, types);
    buf_finish(&text);
    if (ok) remember(c, query, form, true);
    return ok;
}

void postgres_send_query(struct conn *c, int query, enum postgres_form form, const char *const *values, const int *lengths)
{
    static const int binary[POSTGRES_MAX_VALUES] = {[0 ... POSTGRES_MAX_VALUES - 1] = 1};
    enum postgres_known *known = &c->known[form * query_count + query];
    char name[24];
    if (c->is_lost) return;
    snprintf(name, sizeof name, "q%d%s", query, form == FORM_MANY ? "m" : "");
    if (*known == KNOWN_NOT) {
        if (!prepare(c, query, form, name)) {
            c->is_lost = true;
            return;
        }
        *known = KNOWN_ASKED;
    }
    if (PQsendQueryPrepared(c->pg, name, query_table[query].n_in, values, lengths, binary, 1))
        remember(c, query, form, false);
    else
        c->is_lost = true;
}

/* ---- reading ---- */

static void note_prepared(struct conn *c, const struct postgres_sent *s, ExecStatusType status)
{
    if (s->is_prepare) c->known[s->form * query_count + s->query] = status == PGRES_COMMAND_OK ? KNOWN_READY : KNOWN_NOT;
}

/* The answer of one command; NULL: the line is dead. */
static PGresult *read_one(struct conn *c)
{
    PGresult *r = PQgetResult(c->pg), *more;
    if (!r) return NULL;
    if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) return r;
    while (PQstatus(c->pg) == CONNECTION_OK && (more = PQgetResult(c->pg)))
        PQclear(more); /* the NULL that ends each command's results */
    return r;
}

static bool is_fine(ExecStatusType status) { return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK; }

/* Keeps the first failure, and the last command's result. */
static void take(struct conn *c, struct postgres_answer *a, int i, int n, PGresult *r, struct fault *f)
{
    const struct postgres_sent *s = &c->sent[i];
    ExecStatusType status = PQresultStatus(r);
    note_prepared(c, s, status);
    if (!is_fine(status) && status != PGRES_PIPELINE_ABORTED && a->error == DRIVER_OK) {
        const char *what = s->query == POSTGRES_CONTROL ? "a transaction's end or beginning" : query_table[s->query].name;
        a->error = postgres_error(c, r, what, f);
        a->is_last = i == n - 1 || (i == n - 2 && s->is_prepare);
    }
    if (i == n - 1 && a->error == DRIVER_OK)
        a->result = r;
    else
        PQclear(r);
}

static struct postgres_answer end_lost(struct conn *c, struct postgres_answer a, struct fault *f)
{
    if (a.result) PQclear(a.result);
    a.result = NULL;
    a.is_last = false;
    a.error = lost(c, f);
    return a;
}

struct postgres_answer postgres_finish(struct conn *c, struct fault *f)
{
    struct postgres_answer a = {.error = DRIVER_OK};
    int n = c->n_sent;
    c->n_sent = 0;
    if (c->is_lost || !PQpipelineSync(c->pg)) return end_lost(c, a, f);
    for (int i = 0; i < n; i++) {
        PGresult *r = read_one(c);
        if (!r) return end_lost(c, a, f);
        take(c, &a, i, n, r, f);
    }
    if (!c->is_lost) {
        PGresult *sync = read_one(c);
        c->is_lost = !sync || PQresultStatus(sync) != PGRES_PIPELINE_SYNC;
        PQclear(sync);
    }
    if (c->is_lost && a.error == DRIVER_OK && !a.result) return end_lost(c, a, f);
    if ((a.error == DRIVER_REFUSE || a.error == DRIVER_BROKEN) && !a.is_last && !c->is_careful) {
        a.error = DRIVER_RETRY;
        c->is_careful = true;
    }
    return a;
}

enum driver_error postgres_pipeline_end(struct conn *c, struct fault *f)
{
    struct postgres_answer a = postgres_finish(c, f);
    PQclear(a.result);
    if (a.error == DRIVER_OK && c->is_lost) a.error = lost(c, f);
    if (a.error == DRIVER_OK && !PQexitPipelineMode(c->pg)) a.error = lost(c, f);
    return a.error;
}

void postgres_pipeline_begin(struct conn *c)
{
    if (PQstatus(c->pg) != CONNECTION_OK || !PQenterPipelineMode(c->pg)) c->is_lost = true;
}
