/* postalytics_watch.c: a connection whose setting `watch` is not off, turn by turn: its campaigns, then each one's events (postalytics_look.c),
 * and its contact lists now and then (postalytics_contacts.c). With `webhooks` its events are posted here as well, at once (postalytics_hooks.c,
 * postalytics_post.c); then the turns are further apart, and find what was lost. What happened before the connection was watched is not told. */
#include "links/postalytics/postalytics_private.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/lease_keeper.h"
#include "queries.h"

enum { DAY_MS = 86400000, TAKE_DOWN_MS = 60000 };

/* ---- a watch ---- */

void watch_init(struct watch *w, struct postalytics *pl, int64_t account, int64_t connection_id, struct arena *a)
{
    *w = (struct watch){.pl = pl, .account = account, .connection_id = connection_id, .arena = a, .attempt = 1};
    w->parser = json_parser_create();
    w->fields = field_set_create(a, NULL, 0);
    w->mark = STR("none");
}

void watch_finish(struct watch *w) { json_parser_destroy(&w->parser); }

bool watch_is_there(struct tx *tx, const struct watch *w)
{
    return tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){w->account, w->connection_id}, NULL);
}

bool watch_open(struct watch *w, struct fault *f)
{
    struct json_value values;
    const struct link_house *h = w->pl->house;
    const struct connector *d = &w->pl->connector;
    if (!connection_get(h->store, h->seal, w->arena, w->account, w->connection_id, &w->connection, f)) return false;
    if (!json_parse(w->parser, json_padded(w->arena, w->connection.settings), &values, f)) return false;
    struct str way = connector_setting_get(d, values, "watch");
    w->way = str_eq(way, STR("on")) ? WATCH_POLLS : str_eq(way, STR("webhooks")) ? WATCH_HOOKS : WATCH_OFF;
    w->mark = arena_str(w->arena, connector_setting_get(d, values, "mark_field"));
    w->contacts = arena_str(w->arena, connector_setting_get(d, values, "contacts"));
    return true;
}

int64_t watch_number(struct json_value v)
{
    int64_t n = 0;
    if (v.type == JSON_INT) return v.integer;
    return v.type == JSON_STRING && str_to_int64(v.string, &n) ? n : 0;
}

static bool is_stopping(const struct watch *w)
{
    const struct jobs *j = w->pl->house->jobs;
    return j && jobs_stopping(j);
}

bool watch_ask(struct watch *w, const char *method, const char *path, struct str body, struct json_parser *p,
               struct json_value *out, int *status, struct fault *f)
{
    struct fetch_ask ask = {.method = method, .url = str_of(path), .body = body};
    struct connector_answer answer;
    const struct link_house *h = w->pl->house;
    *status = w->status = 0;
    if (is_stopping(w)) return fault_remote(f, "The server is stopping.");
    if (body.ptr) ask.headers[ask.n_headers++] = STR("Content-Type: application/json");
    if (!connector_call(h, &w->pl->connector, &w->connection, &ask, w->arena, &answer, f)) return false;
    *status = w->status = answer.status;
    if (answer.result != LINK_OK) return fault_remote(f, "%s", answer.sentence);
    w->answered = answer.body;
    return json_parse(p, json_padded(w->arena, answer.body), out, f);
}

bool watch_ask_array(struct watch *w, const char *path, struct json_parser *p, struct json_value *out, int *status,
                     struct fault *f)
{
    if (!watch_ask(w, "GET", path, STR_NULL, p, out, status, f)) return false;
    return out->type == JSON_ARRAY || fault_remote(f, "Postalytics answered with something that is no list.");
}

/* ---- turns ---- */

struct turn {
    struct watch watch;
    int64_t contacts_at;
    bool is_claimed, is_posted /* all its events are posted here */;
    struct str hooks_said, contacts_said; /* for its owner; STR_NULL */
};

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    struct r_mirror_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_MIRROR_DUE, &(struct q_mirror_due){POSTALYTICS_NUMBER, now, 1000});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at != DB_NULL && row.due_at > now) {
            if (row.due_at < *next_due) *next_due = row.due_at;
            continue;
        }
        items[found++] = (struct due_item){row.account_id, row.connection_id, 0};
    }
    rows_end(&r);
    int64_t look_again = now + limit_get(LIMIT_WATCH_PAUSE_S) * 1000; /* a connection that is new by then */
    if (look_again < *next_due) *next_due = look_again;
    return found;
}

static bool claim(struct tx *tx, void *arg)
{
    struct turn *t = arg;
    struct watch *w = &t->watch;
    struct r_mirror_claim row;
    int64_t account = w->account, id = w->connection_id;
    t->is_claimed = false;
    w->now = tx_now(tx);
    if (!watch_is_there(tx, w)) return tx_ok(tx);
    if (!tx_run(tx, Q_MIRROR_BEGIN, &(struct q_mirror_begin){account, id, w->now, w->now}, NULL)) return false;
    struct q_mirror_claim in = {account, id, store_node(tx_store(tx)), w->now + limit_get(LIMIT_JOB_LEASE_S) * 1000, w->now};
    if (!tx_first(tx, Q_MIRROR_CLAIM, &in, &row)) return tx_ok(tx);
    w->since = row.since;
    w->attempt = row.attempt;
    t->contacts_at = row.contacts_at;
    return t->is_claimed = true;
}

static bool renew(struct tx *tx, void *arg)
{
    const struct watch *w = arg;
    int64_t until = tx_now(tx) + limit_get(LIMIT_JOB_LEASE_S) * 1000;
    struct q_mirror_renew in = {w->account, w->connection_id, store_node(tx_store(tx)), until};
    return tx_run(tx, Q_MIRROR_RENEW, &in, NULL);
}

struct ending {
    const struct turn *turn;
    const struct fault *why; /* NULL: it went well */
};

/* How it stands, at the connection: {"watching": why it cannot be, "webhooks", "contacts"}. */
static bool note(struct tx *tx, const struct ending *e)
{
    const struct turn *t = e->turn;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_strz(&j, "watching", e->why ? e->why->text : NULL);
    if (t->hooks_said.ptr) json_str(&j, "webhooks", t->hooks_said);
    if (t->contacts_said.ptr) json_str(&j, "contacts", t->contacts_said);
    json_end(&j);
    json_out_end(&j);
    bool ok = connection_note(tx, t->watch.account, t->watch.connection_id, buf_str(&b));
    buf_finish(&b);
    return ok;
}

static bool end(struct tx *tx, void *arg)
{
    const struct ending *e = arg;
    const struct watch *w = &e->turn->watch;
    int64_t now = tx_now(tx), rest = retry_due(now, (int)w->attempt), changed = 0;
    int64_t pause = limit_get(e->turn->is_posted ? LIMIT_WATCH_SLOW_PAUSE_S : LIMIT_WATCH_PAUSE_S) * 1000;
    struct q_mirror_end in = {.account_id = w->account,
                              .connection_id = w->connection_id,
                              .lease_node = store_node(tx_store(tx)),
                              .due_at = e->why && rest > now + pause ? rest : now + pause,
                              .attempt = e->why ? w->attempt : 0,
                              .last_error = e->why ? str_of(e->why->text) : STR_NULL};
    int64_t before = tid_first_of(now - limit_get(LIMIT_OUTBOX_LOG_DAYS) * DAY_MS);
    if (!tx_run(tx, Q_MIRROR_END, &in, &changed)) return false;
    if (!changed) return true; /* it was saved meanwhile, and has its next turn at once */
    if ((w->way != WATCH_OFF || e->why) && !note(tx, e)) return false;
    struct q_mirror_event_trim trim = {w->account, w->connection_id, before};
    return e->why || tx_run(tx, Q_MIRROR_EVENT_TRIM, &trim, NULL);
}

/* The server is stopping, which is no failure: the turn is begun again with the next start. */
static bool give_back(struct tx *tx, void *arg)
{
    const struct watch *w = &((const struct ending *)arg)->turn->watch;
    struct q_mirror_end in = {.account_id = w->account,
                              .connection_id = w->connection_id,
                              .lease_node = store_node(tx_store(tx)),
                              .due_at = tx_now(tx),
                              .attempt = w->attempt - 1,
                              .last_error = STR_NULL};
    return tx_run(tx, Q_MIRROR_END, &in, NULL);
}

/* ---- its drops ---- */

struct seen {
    const struct watch *watch;
    struct watched_drop *drops;
    int n;
};

static bool put_drops(struct tx *tx, void *arg)
{
    const struct seen *s = arg;
    if (!watch_is_there(tx, s->watch)) return tx_ok(tx);
    for (int i = 0; i < s->n; i++) {
        struct watched_drop *d = &s->drops[i];
        struct q_mirror_drop_put in = {s->watch->account, s->watch->connection_id, d->drop_id, d->name, d->endpoint,
                                       tx_now(tx)};
        struct r_mirror_drop_partial row = {0};
        struct q_mirror_drop_partial which = {s->watch->account, s->watch->connection_id, d->drop_id};
        if (!tx_run(tx, Q_MIRROR_DROP_PUT, &in, NULL) || !tx_first(tx, Q_MIRROR_DROP_PARTIAL, &which, &row)) return false;
        d->read_on = row.read_on;
    }
    return true;
}

static bool read_drops(struct watch *w, struct seen *s, struct fault *f)
{
    struct json_value campaigns, one, name, endpoint;
    struct json_iter it = {0};
    int status;
    if (!watch_ask_array(w, "/v1/campaigns", w->parser, &campaigns, &status, f)) return false;
    s->drops = ARENA_ARRAY(w->arena, struct watched_drop, json_count(campaigns) + 1);
    while (json_next(campaigns, &it, NULL, &one)) {
        struct watched_drop *d = &s->drops[s->n];
        name = json_get(one, "name");
        endpoint = json_get(one, "endpoint");
        *d = (struct watched_drop){.drop_id = watch_number(json_get(one, "drop_id")), .endpoint = STR_NULL};
        d->name = arena_str(w->arena, name.type == JSON_STRING ? name.string : STR(""));
        if (endpoint.type == JSON_STRING) d->endpoint = arena_str(w->arena, endpoint.string);
        s->n += d->drop_id > 0;
    }
    return store_write(w->pl->house->store, put_drops, s, f);
}

/* Said by an answer about one campaign, not about all that we ask. */
static bool is_of_one(const struct watch *w, const struct fault *why)
{
    return why->whose == FAULT_REMOTE && w->status != 0 && w->status != 401 && w->status != 429;
}

/* One that cannot be read keeps no other from being looked at: *left says which was left out. */
static bool look_at_drops(struct watch *w, const struct seen *s, struct fault *left, struct fault *f)
{
    for (int i = 0; i < s->n; i++) {
        if (look_at_events(w, &s->drops[i], f)) continue;
        if (!is_of_one(w, f)) return false;
        if (left->whose == FAULT_NONE)
            fault_remote(left, "The events of mail drop %lld there cannot be read: %.300s", (long long)s->drops[i].drop_id,
                         f->text);
    }
    return true;
}

static bool look(struct turn *t, struct fault *f)
{
    struct watch *w = &t->watch;
    struct seen s = {.watch = w};
    struct fault left = {0};
    int n_posted = 0;
    if (!watch_open(w, f)) return f->status == 404; /* it was removed */
    if (w->way != WATCH_HOOKS && !hooks_take_down(w, clock_mono_ms() + TAKE_DOWN_MS, f)) return false;
    if (w->way == WATCH_OFF) return true;
    if (!read_drops(w, &s, f)) return false;
    if (w->way == WATCH_HOOKS && !hooks_put(w, s.drops, s.n, &n_posted, &t->hooks_said, f)) return false;
    t->is_posted = s.n > 0 && n_posted == s.n;
    if (!look_at_drops(w, &s, &left, f) || !contacts_follow(w, t->contacts_at, &t->contacts_said, f)) return false;
    if (left.whose != FAULT_NONE) *f = left;
    return left.whose == FAULT_NONE;
}

static void run(void *ctx, struct due_item item)
{
    struct postalytics *pl = ctx;
    struct arena *a = arena_create(64 << 10);
    struct turn *t = ARENA_NEW(a, struct turn);
    struct lease_keeper keeper;
    struct fault f = {0}, later;
    watch_init(&t->watch, pl, item.account_id, item.id, a);
    if (store_write(pl->house->store, claim, t, &f) && t->is_claimed) {
        lease_keeper_init(&keeper, pl->house->store, renew, &t->watch, "watched connection", item.id);
        bool ok = look(t, &f);
        lease_keeper_finish(&keeper);
        bool is_stopped = !ok && jobs_stopping(pl->house->jobs);
        if (!store_write(pl->house->store, is_stopped ? give_back : end, &(struct ending){t, ok ? NULL : &f}, &later))
            log_warning("postalytics", "What came of watching connection %lld was not stored: %s", (long long)item.id,
                        later.text);
    }
    watch_finish(&t->watch);
    arena_destroy(&a);
}

void postalytics_watch_add(struct postalytics *pl)
{
    jobs_add(pl->house->jobs,
             &(struct due_source){.name = "connections to watch", .n_threads = 2, .find = find, .run = run, .ctx = pl});
}
