/* postgres_connection.c: a connection to PostgreSQL: made, made again when it was lost, shown without its password. Called only by
 * the PostgreSQL driver. */
#include "store/postgres_private.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "queries.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FIRST_PAUSE_MS 50
#define MAX_PAUSE_MS   1000
#define LEAST_VERSION  120000

/* ---- the address ---- */

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0) return options->val && *options->val ? options->val : NULL;
    return NULL;
}

/* Who and where. libpq's own sentence about an address that it cannot read would quote it, password and all. */
void postgres_show(const char *address, char *out, size_t n)
{
    PQconninfoOption *options = PQconninfoParse(address, NULL);
    const char *user = option_of(options, "user"), *host = option_of(options, "host"), *port = option_of(options, "port");
    const char *database = option_of(options, "dbname");
    if (!options)
        snprintf(out, n, "postgresql://… (an address that cannot be read)");
    else
        snprintf(out, n, "postgresql://%s%s%s%s%s/%s", user ? user : "", user ? "@" : "", host ? host : "", port ? ":" : "",
                 port ? port : "", database ? database : "");
    PQconninfoFree(options);
}

/* ---- connecting ---- */

static void ignore_notice(void *ctx, const PGresult *r) { (void)ctx, (void)r; }

/* The server's sentence in one line. */
static void say_unreachable(struct conn *c, struct fault *f)
{
    char text[300];
    snprintf(text, sizeof text, "%s", PQerrorMessage(c->pg));
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ') *at = at[1] ? ' ' : '\0';
    fault_operator(f, "The database %s cannot be reached: %s", c->shown, text);
}

static bool ask(struct conn *c, const char *sql, char *out, size_t n, struct fault *f)
{
    PGresult *r = PQexec(c->pg, sql);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
    if (ok)
        snprintf(out, n, "%s", PQgetvalue(r, 0, 0));
    else
        fault_operator(f, "The database %s cannot be used: %s", c->shown,
                       PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) ?: "it does not answer");
    PQclear(r);
    return ok;
}

/* What we rely on: UTF-8, a version that knows our words, and for the writer a commit that is on the disk when it is told. */
static bool check_server(struct conn *c, struct fault *f)
{
    char text[100];
    if (PQserverVersion(c->pg) < LEAST_VERSION)
        return fault_operator(f, "The database %s is PostgreSQL %s; 12 is the oldest that will do.", c->shown,
                              PQparameterStatus(c->pg, "server_version"));
    if (!ask(c, "SHOW server_encoding", text, sizeof text, f)) return false;
    if (strcmp(text, "UTF8") != 0)
        return fault_operator(f, "The database %s has the encoding %s. Create it with ENCODING 'UTF8' TEMPLATE template0.",
                              c->shown, text);
    if (!c->is_writer) return true;
    if (!ask(c, "SELECT pg_is_in_recovery()", text, sizeof text, f)) return false;
    if (text[0] == 't') return fault_operator(f, "The database %s is a standby, which cannot be written.", c->shown);
    return ask(
        c,
        "SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END",
        text, sizeof text, f);
}

static bool connect_once(struct conn *c, struct fault *f)
{
    /* What the address says overrides what stands before it. A peer that vanished is noticed within two minutes. */
    static const char *const words[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                                        "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                                        "dbname",           "client_encoding",  NULL};
    const char *values[] = {"10", "30", "10", "3", "60000", "pennypost", c->address, "UTF8", NULL};
    if (c->pg) PQfinish(c->pg);
    memset(c->known, 0, sizeof *c->known * (size_t)(FORM_COUNT * query_count));
    c->n_sent = 0;
    c->is_lost = true;
    c->pg = PQconnectdbParams(words, values, 1);
    if (PQstatus(c->pg) != CONNECTION_OK) {
        say_unreachable(c, f);
        return false;
    }
    PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
    if (!check_server(c, f)) return false;
    c->is_lost = false;
    postgres_pipeline_begin(c);
    return !c->is_lost;
}

bool postgres_connect(struct conn *c, int64_t patience_ms, struct fault *f)
{
    int64_t until = clock_mono_ms() + patience_ms, pause = FIRST_PAUSE_MS;
    if (!c->is_lost && PQstatus(c->pg) == CONNECTION_OK) return true;
    while (!connect_once(c, f)) {
        if (clock_mono_ms() + pause > until) return false;
        struct timespec t = {.tv_sec = pause / 1000, .tv_nsec = pause % 1000 * 1000000};
        nanosleep(&t, NULL);
        pause = pause * 2 < MAX_PAUSE_MS ? pause * 2 : MAX_PAUSE_MS;
    }
    return true;
}

/* ---- opening and closing ---- */

static struct conn *conn_create(const char *address, bool writer)
{
    struct conn *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->address = strdup(address);
    c->known = calloc((size_t)(FORM_COUNT * query_count), sizeof *c->known);
    ASSERT(c->address && c->known);
    c->is_writer = writer;
    c->is_lost = true;
    c->waiting.arena = arena_create(4096);
    postgres_show(address, c->shown, sizeof c->shown);
    random_bytes(&c->owner, sizeof c->owner);
    c->owner &= INT64_MAX;
    return c;
}

void postgres_close(struct conn *c)
{
    ASSERT(!c->in_transaction);
    if (c->has_marks && !c->is_lost) {
        postgres_bind_and_send(c, Q_COMMIT_MARK_TRIM, &(struct q_commit_mark_trim){c->owner, c->mark + 1});
        PQclear(postgres_finish(c, NULL).result);
    }
    PQfinish(c->pg);
    postgres_append_finish(c);
    free(c->sent);
    free(c->known);
    free(c->address);
    free(c);
}

struct conn *postgres_open(const char *address, bool writer, struct fault *f)
{
    PQconninfoOption *options = PQconninfoParse(address, NULL);
    PQconninfoFree(options);
    if (!options) {
        fault_operator(f, "The database address cannot be read. It looks like postgresql://USER@HOST:PORT/DATABASE.");
        return NULL;
    }
    struct conn *c = conn_create(address, writer);
    if (connect_once(c, f)) return c;
    postgres_close(c);
    return NULL;
}

bool postgres_probe(const char *address, char *version, size_t n, struct fault *f)
{
    struct conn *c = postgres_open(address, true, f);
    if (!c) return false;
    snprintf(version, n, "PostgreSQL %s", PQparameterStatus(c->pg, "server_version"));
    postgres_close(c);
    return true;
}
