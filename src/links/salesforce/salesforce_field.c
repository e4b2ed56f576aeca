/* salesforce_field.c: the job that looks after the fields of drops: which are due, whose turn it is, and what came of it in the row and in the
 * connection's status. A field that could not be made (salesforce_fitting.c) leaves its reason there, and is tried again. */
#include "links/salesforce/salesforce_fitting.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"
#include <stdatomic.h>
#include <stdio.h>

#define SOURCE_FIELDS "salesforce fields"
enum { LEASE_MS = 600000, LOOK_MS = 2000 };

/* ---- the row, and what the connection's status says ---- */

static const char *state_word(const struct sf_fitting *g)
{
    switch (g->state) {
    case SF_FIELD_WANTED: return "wanted";
    case SF_FIELD_READY: return "ready";
    case SF_FIELD_NO_LAYOUT: return "layout_missing";
    case SF_FIELD_FAILED: return g->is_for_now ? "failing" : "failed";
    }
    return "unknown";
}

static struct str status_of(struct sf_fitting *g, int64_t now)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_strz(&j, "state", state_word(g));
    json_int(&j, "drop_id", g->drop_id);
    json_str(&j, "field", g->name);
    json_str(&j, "layout", g->object->layout);
    if (g->left >= 0)
        json_int(&j, "custom_fields_left", g->left);
    else
        json_null(&j, "custom_fields_left");
    json_strz(&j, "message", *g->says ? g->says : NULL);
    json_time(&j, "at", now);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(g->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

struct claim {
    struct sf_fitting *g;
    struct str object;
    int64_t attempt;
    bool is_ours;
};

static bool claim(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct sf_fitting *g = c->g;
    struct r_remote_field_claim row;
    int64_t account = g->connection.account_id, id = g->connection.connection_id, now = tx_now(tx);
    struct str name = sf_field_name(g->arena, &g->config, g->drop_id);
    struct q_remote_field_put put = {account, id, g->drop_id, c->object, name, SF_FIELD_WANTED, now};
    struct q_remote_field_claim in = {account, id, g->drop_id, c->object, store_node(tx_store(tx)), now + LEASE_MS, now};
    if (!tx_run(tx, Q_REMOTE_FIELD_PUT, &put, NULL)) return false;
    c->is_ours = tx_first(tx, Q_REMOTE_FIELD_CLAIM, &in, &row);
    c->attempt = c->is_ours ? row.attempt : 0;
    if (c->is_ours) g->name = arena_str(g->arena, row.remote_name);
    return tx_ok(tx);
}

static bool finish(struct tx *tx, void *arg)
{
    struct claim *c = arg;
    struct sf_fitting *g = c->g;
    int64_t account = g->connection.account_id, id = g->connection.connection_id, now = tx_now(tx);
    int64_t attempt = g->state == SF_FIELD_READY ? 0 : c->attempt + 1, changed = 0;
    int64_t due = g->state == SF_FIELD_READY ? DB_NULL
                  : g->is_for_now            ? retry_due(now, (int)attempt)
                                             : now + limit_get(LIMIT_SALESFORCE_AGAIN_S) * 1000;
    struct q_remote_field_done in = {
        account, id,  g->drop_id, g->object->name,         g->state, *g->says ? str_of(g->says) : STR_NULL,
        now,     due, attempt,    store_node(tx_store(tx))};
    if (!tx_run(tx, Q_REMOTE_FIELD_DONE, &in, &changed)) return false;
    if (!changed) return true; /* it took too long: somebody else has it */
    return sf_note(tx, account, id, arena_strz(tx_arena(tx), g->object->name.ptr), status_of(g, now)) &&
           sf_usage_note(g->sf, tx, account, id);
}

/* ---- the source ---- */

static bool fit_one(struct sf_fitting *g, const struct sf_object *o, struct fault *f)
{
    struct claim c = {.g = g, .object = o->name};
    if (!store_write(g->sf->house->store, claim, &c, f)) return false;
    if (!c.is_ours) return true;
    g->object = o;
    sf_fit(g);
    return store_write(g->sf->house->store, finish, &c, f);
}

/* Of a connection that is gone; what it leaves is due still. */
static bool forget(struct tx *tx, void *arg)
{
    const struct due_item *item = arg;
    struct q_remote_field_clear in = {item->account_id, item->id, limit_get(LIMIT_CONNECTION_CLEAR_ROWS)};
    return tx_run(tx, Q_REMOTE_FIELD_CLEAR, &in, NULL);
}

static bool is_written_to(const struct sf_config *c, struct str object)
{
    for (int i = 0; i < c->n_objects; i++)
        if (str_eq(c->objects[i].name, object)) return true;
    return false;
}

/* Those of objects that were taken out of the connection's: nobody takes them, and they would be due for ever. A save has them looked at again. */
static bool rest_others(struct tx *tx, void *arg)
{
    const struct sf_fitting *g = arg;
    int64_t account = g->connection.account_id, id = g->connection.connection_id;
    struct r_remote_field_objects row;
    struct connection now;
    if (!connection_read(tx, g->sf->house->seal, tx_arena(tx), account, id, &now)) return tx_ok(tx);
    if (now.saved_version != g->connection.saved_version)
        return true; /* the objects may be others by now: the save had all looked at again */
    struct str others[SF_OBJECTS_MAX];
    int n = 0;
    struct rows r = tx_rows(tx, Q_REMOTE_FIELD_OBJECTS, &(struct q_remote_field_objects){account, id, g->drop_id});
    while (n < SF_OBJECTS_MAX && rows_next(&r, &row))
        if (!is_written_to(&g->config, row.object)) others[n++] = arena_str(tx_arena(tx), row.object);
    rows_end(&r);
    for (int i = 0; i < n && tx_ok(tx); i++)
        tx_run(tx, Q_REMOTE_FIELD_REST, &(struct q_remote_field_rest){account, id, g->drop_id, others[i]}, NULL);
    return tx_ok(tx);
}

static bool run_item(struct sf_fitting *g, struct due_item *item, struct fault *f)
{
    const struct link_house *h = g->sf->house;
    if (!connection_get(h->store, h->seal, g->arena, item->account_id, item->id, &g->connection, f))
        return f->status == 404 && store_write(h->store, forget, item, f);
    if (!sf_config_read(g->arena, g->connection.settings, g->connection.secrets, &g->config, f)) return false;
    if (!g->config.user_id.ptr) { /* it comes with the first token */
        struct connection renewed = g->connection;
        if (token_renew_now(h->tokens, &g->sf->connector, &renewed, g->arena, f)) g->connection = renewed;
        if (!sf_config_read(g->arena, g->connection.settings, g->connection.secrets, &g->config, f)) return false;
    }
    for (int i = 0; i < g->config.n_objects; i++)
        if (!fit_one(g, &g->config.objects[i], f)) return false;
    return store_write(h->store, rest_others, g, f);
}

static void run(void *ctx, struct due_item item)
{
    struct sf_fitting g = {.sf = ctx, .arena = arena_create(1 << 16), .parser = json_parser_create(), .drop_id = item.sub_id};
    struct fault f = {0};
    if (!run_item(&g, &item, &f))
        log_warning("salesforce", "The fields of drop %lld could not be looked after: %s", (long long)item.sub_id, f.text);
    json_parser_destroy(&g.parser);
    arena_destroy(&g.arena);
}

static bool is_there(const struct due_item *items, int n, struct due_item item)
{
    for (int i = 0; i < n; i++)
        if (items[i].account_id == item.account_id && items[i].id == item.id && items[i].sub_id == item.sub_id) return true;
    return false;
}

static int find_due(struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_remote_field_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_REMOTE_FIELD_DUE, &(struct q_remote_field_due){now, n});
    while (found < n && rows_next(&r, &row)) {
        struct due_item item = {row.account_id, row.connection_id, row.drop_id};
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        if (!is_there(items, found, item)) items[found++] = item;
    }
    rows_end(&r);
    return found;
}

/* Drops that are told of here and have no field yet: looked for now and then, so that a new campaign's field can be chosen there soon. */
static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct salesforce *s = ctx;
    struct r_remote_field_wanted row;
    int found = find_due(tx, now, items, n, next_due);
    int64_t mono = clock_mono_ms();
    if (mono < atomic_load(&s->looked_mono) + LOOK_MS) return found;
    atomic_store(&s->looked_mono, mono);
    struct rows r = tx_rows(tx, Q_REMOTE_FIELD_WANTED, &(struct q_remote_field_wanted){SALESFORCE_NUMBER, n});
    while (found < n && rows_next(&r, &row)) {
        struct due_item item = {row.account_id, row.connection_id, row.drop_id};
        if (!is_there(items, found, item)) items[found++] = item;
    }
    rows_end(&r);
    return found;
}

void sf_fields_source_add(struct salesforce *s)
{
    jobs_add(s->house->jobs, &(struct due_source){.name = SOURCE_FIELDS, .n_threads = 2, .find = find, .run = run, .ctx = s});
}
