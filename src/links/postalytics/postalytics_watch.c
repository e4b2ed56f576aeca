/* postalytics_watch.c: what happens to mail at the other side, told here. A connection whose setting `watch` is on is asked every watch.pause:
 * its campaigns, then each one's events, newest first, until a page brings nothing new. There is no webhook to wait for that a connection
 * could not lose, so asking is the one way; an event is known by drop, contact, name and time, and is told once (mirror_event).
 *
 * An event of a piece that we had printed there is told as our own drop's. All others are told as the connection's (EVENT_CONNECTION), with
 * the codes of drops and the person, the drop and its name in the event's detail: nothing of the other house becomes a row of this one, so
 * there is no campaign here that looks as if it could be sent, and links read the detail (links/crm.c) where they would read the piece. What
 * happened before the connection was watched is not told. */
#include "links/postalytics/postalytics_private.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "mail/contact_check.h"
#include "mail/piece.h"
#include "mail/remote_piece.h"
#include "outbox/event.h"
#include "postal/status.h"
#include "queries.h"
#include <stdio.h>

enum { PAGE_ROWS = 100, DAY_MS = 86400000 };

struct watch {
    struct postalytics *pl;
    struct due_item item;
    struct arena *arena;
    struct connection connection;
    struct json_parser *parser;
    int64_t since, attempt, now;
    bool is_claimed, is_on;
    struct str mark; /* var_field_N; "none" */
};

/* ---- turns ---- */

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

/* What is read while its owner removes it must leave nothing behind. */
static bool is_there(struct tx *tx, const struct watch *w)
{
    return tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){w->item.account_id, w->item.id}, NULL);
}

static bool claim(struct tx *tx, void *arg)
{
    struct watch *w = arg;
    struct r_mirror_claim row;
    int64_t account = w->item.account_id, id = w->item.id;
    w->is_claimed = false;
    w->now = tx_now(tx);
    if (!is_there(tx, w)) return tx_ok(tx);
    if (!tx_run(tx, Q_MIRROR_BEGIN, &(struct q_mirror_begin){account, id, w->now, w->now}, NULL)) return false;
    struct q_mirror_claim in = {account, id, store_node(tx_store(tx)), w->now + limit_get(LIMIT_JOB_LEASE_S) * 1000, w->now};
    if (!tx_first(tx, Q_MIRROR_CLAIM, &in, &row)) return tx_ok(tx);
    w->since = row.since;
    w->attempt = row.attempt;
    return w->is_claimed = true;
}

struct ending {
    const struct watch *watch;
    const struct fault *why; /* NULL: it went well */
};

static bool end(struct tx *tx, void *arg)
{
    const struct ending *e = arg;
    const struct watch *w = e->watch;
    int64_t pause = limit_get(LIMIT_WATCH_PAUSE_S) * 1000, rest = retry_due(tx_now(tx), (int)w->attempt);
    struct q_mirror_end in = {.account_id = w->item.account_id,
                              .connection_id = w->item.id,
                              .lease_node = store_node(tx_store(tx)),
                              .due_at = e->why && rest > tx_now(tx) + pause ? rest : tx_now(tx) + pause,
                              .attempt = e->why ? w->attempt : 0,
                              .last_error = e->why ? str_of(e->why->text) : STR_NULL};
    int64_t before = tid_first_of(tx_now(tx) - limit_get(LIMIT_OUTBOX_LOG_DAYS) * DAY_MS);
    if (!tx_run(tx, Q_MIRROR_END, &in, NULL)) return false;
    if (e->why) {
        struct buf b = BUF_INIT;
        struct json_out j = json_out_begin(&b);
        json_object(&j, NULL);
        json_str(&j, "watching", in.last_error);
        json_end(&j);
        json_out_end(&j);
        bool ok = connection_note(tx, w->item.account_id, w->item.id, buf_str(&b));
        buf_finish(&b);
        return ok;
    }
    return (!w->is_on || connection_note(tx, w->item.account_id, w->item.id, STR("{\"watching\":null}"))) &&
           tx_run(tx, Q_MIRROR_EVENT_TRIM, &(struct q_mirror_event_trim){w->item.account_id, w->item.id, before}, NULL);
}

/* ---- asking ---- */

/* An array, as all collections there are. */
static bool ask_array(struct watch *w, const char *path, struct json_parser *p, struct json_value *out, struct fault *f)
{
    struct fetch_ask ask = {.method = "GET", .url = str_of(path)};
    struct connector_answer answer;
    const struct link_house *h = w->pl->house;
    if (!connector_call(h, &w->pl->connector, &w->connection, &ask, w->arena, &answer, f)) return false;
    if (answer.result != LINK_OK) return fault_remote(f, "%s", answer.sentence);
    if (json_parse(p, json_padded(w->arena, answer.body), out, f) && out->type == JSON_ARRAY) return true;
    return fault_remote(f, "Postalytics answered with something that is no list.");
}

/* ---- one event ---- */

struct happening {
    const struct watch *watch;
    int64_t drop_id, at, data_id, piece_id;
    const struct status_def *status;
    struct str drop_name, detail, repeat_id;
    bool is_new, is_test;
};

static int64_t number(struct json_value v)
{
    int64_t n = 0;
    if (v.type == JSON_INT) return v.integer;
    return v.type == JSON_STRING && str_to_int64(v.string, &n) ? n : 0;
}

/* The person and the drop, for links that have no piece to read. */
static struct str detail_of(const struct watch *w, const struct happening *e, struct json_value row)
{
    static const char *const names[][2] = {
        {"first_name", "first_name"}, {"last_name", "last_name"}, {"company", "company"}, {"address", "address_street"},
        {"city", "address_city"},     {"state", "address_state"}, {"zip", "address_zip"}, {"email_address", "email_address"}};
    struct json_value url = json_get(row, "metadata"), v;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_int(&j, "drop_id", e->drop_id);
    json_str(&j, "drop_name", e->drop_name);
    json_int(&j, "data_id", e->data_id);
    if (url.type == JSON_STRING && url.string.len) json_str(&j, "url", url.string);
    json_object(&j, "person");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((v = json_get(row, names[i][0])).type == JSON_STRING && v.string.len) json_str(&j, names[i][1], v.string);
    for (int i = FIELD_VAR_1; i < FIELD_KNOWN; i++)
        if ((v = json_get(row, contact_field_name(i))).type == JSON_STRING && v.string.len)
            json_str(&j, contact_field_name(i), v.string);
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(w->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* False: it is nothing that can be told. */
static bool read_event(const struct watch *w, struct json_value row, struct happening *e)
{
    struct json_value name = json_get(row, "event_name"), date = json_get(row, "event_date"), test = json_get(row, "is_test");
    if (name.type != JSON_STRING || date.type != JSON_STRING || !(e->status = status_by_name(name.string))) return false;
    if (!text_parse_iso8601(date.string, &e->at)) return false;
    e->is_test = test.type == JSON_BOOL ? test.boolean : number(test) == 1;
    e->data_id = number(json_get(row, "data_id"));
    if (!e->data_id) e->data_id = number(json_get(row, "contact_id"));
    e->piece_id = str_eq(w->mark, STR("none")) ? 0 : number(json_get(row, arena_strz(w->arena, w->mark.ptr)));
    e->repeat_id = str_of(arena_printf(w->arena, "%lld:%lld:%d:%lld", (long long)e->drop_id, (long long)e->data_id,
                                       (int)e->status->code, (long long)(e->at / 1000)));
    e->detail = detail_of(w, e, row);
    return e->data_id > 0;
}

/* Whether it is about a piece of ours that was sent through this connection. */
static bool is_ours(struct tx *tx, const struct happening *e, int64_t *piece_id)
{
    const struct watch *w = e->watch;
    struct r_remote_piece_by_remote by_remote;
    int64_t account = w->item.account_id, id = w->item.id;
    *piece_id = e->piece_id;
    struct q_remote_piece_by_piece mark = {account, id, e->piece_id};
    if (!e->piece_id || !tx_first(tx, Q_REMOTE_PIECE_BY_PIECE, &mark, NULL)) {
        struct str remote = str_of(arena_printf(tx_arena(tx), "%lld", (long long)e->data_id));
        if (!tx_first(tx, Q_REMOTE_PIECE_BY_REMOTE, &(struct q_remote_piece_by_remote){account, id, remote}, &by_remote))
            return false;
        *piece_id = by_remote.piece_id;
    }
    return tx_ok(tx);
}

/* The event as it is told of a piece of ours. */
static bool as_ours(struct tx *tx, int64_t piece_id, struct event *told)
{
    struct r_piece_find piece;
    struct r_piece_hops hops;
    struct r_batch_find batch;
    int64_t account = told->account_id;
    if (!tx_first(tx, Q_PIECE_FIND, &(struct q_piece_find){account, piece_id}, &piece) ||
        !tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, PIECE_BATCH(piece_id)}, &batch))
        return false;
    told->source = EVENT_DROP;
    told->source_id = batch.drop_id;
    told->is_test = batch.is_test != 0;
    if (tx_first(tx, Q_PIECE_HOPS, &(struct q_piece_hops){account, piece_id}, &hops))
        told->hops = source_ref_hops(hops.source_ref);
    told->subject_id = piece_id;
    told->person_id = piece.contact_id ? piece.contact_id : -piece_id;
    return true;
}

static bool tell(struct tx *tx, void *arg)
{
    struct happening *e = arg;
    const struct watch *w = e->watch;
    int64_t changed = 0, piece_id = 0;
    e->is_new = false;
    if (!is_there(tx, w)) return tx_ok(tx);
    struct q_mirror_event_note in = {w->item.account_id, w->item.id, e->repeat_id, tid_next(store_node(tx_store(tx)))};
    if (!tx_run(tx, Q_MIRROR_EVENT_NOTE, &in, &changed)) return false;
    e->is_new = changed == 1;
    if (!e->is_new || e->at < w->since - 60000) return true;
    struct event told = {.account_id = w->item.account_id,
                         .source = EVENT_CONNECTION,
                         .source_id = w->item.id,
                         .code = (int)e->status->code,
                         .is_test = e->is_test,
                         .subject_id = e->data_id,
                         .person_id = e->data_id,
                         .happened_at = e->at,
                         .detail = e->detail};
    if (is_ours(tx, e, &piece_id) && as_ours(tx, piece_id, &told) && e->status->code == STATUS_CREATED)
        return true; /* told when it was handed over */
    return tx_ok(tx) && event_emit(w->pl->house->outbox, tx, &told);
}

/* ---- a drop, a connection ---- */

static bool watch_page(struct watch *w, int64_t drop_id, struct str name, int page, bool *goes_on, struct fault *f)
{
    struct json_value rows, row;
    struct json_iter it = {0};
    struct json_parser *p = json_parser_create();
    const char *path =
        arena_printf(w->arena, "/v1/campaigns/%lld/events?PageNumber=%d&PageSize=%d", (long long)drop_id, page, PAGE_ROWS);
    bool ok = ask_array(w, path, p, &rows, f);
    int n = 0, n_new = 0;
    while (ok && json_next(rows, &it, NULL, &row)) {
        struct happening e = {.watch = w, .drop_id = drop_id, .drop_name = name};
        n++;
        if (!read_event(w, row, &e) || e.at < w->now - limit_get(LIMIT_OUTBOX_LOG_DAYS) * DAY_MS) continue;
        ok = store_write(w->pl->house->store, tell, &e, f);
        n_new += e.is_new;
    }
    *goes_on = n == PAGE_ROWS && n_new > 0;
    json_parser_destroy(&p);
    return ok;
}

struct seen {
    const struct watch *watch;
    int64_t drop_id;
    struct str name, endpoint;
};

static bool put_drop(struct tx *tx, void *arg)
{
    const struct seen *s = arg;
    if (!is_there(tx, s->watch)) return tx_ok(tx);
    struct q_mirror_drop_put in = {s->watch->item.account_id, s->watch->item.id, s->drop_id, s->name, s->endpoint, tx_now(tx)};
    return tx_run(tx, Q_MIRROR_DROP_PUT, &in, NULL);
}

static bool watch_drop(struct watch *w, struct json_value campaign, struct fault *f)
{
    struct json_value name = json_get(campaign, "name"), endpoint = json_get(campaign, "endpoint");
    struct seen s = {.watch = w, .drop_id = number(json_get(campaign, "drop_id"))};
    bool goes_on = true;
    if (s.drop_id <= 0) return true;
    s.name = arena_str(w->arena, name.type == JSON_STRING ? name.string : STR(""));
    s.endpoint = endpoint.type == JSON_STRING ? arena_str(w->arena, endpoint.string) : STR_NULL;
    if (!store_write(w->pl->house->store, put_drop, &s, f)) return false;
    for (int page = 1; goes_on && page <= limit_get(LIMIT_WATCH_PAGES); page++)
        if (!watch_page(w, s.drop_id, s.name, page, &goes_on, f)) return false;
    return true;
}

static bool read_connection(struct watch *w, struct fault *f)
{
    struct json_value values;
    const struct link_house *h = w->pl->house;
    if (!connection_get(h->store, h->seal, w->arena, w->item.account_id, w->item.id, &w->connection, f)) return false;
    if (!json_parse(w->parser, json_padded(w->arena, w->connection.settings), &values, f)) return false;
    w->is_on = str_eq(connector_setting_get(&w->pl->connector, values, "watch"), STR("on"));
    w->mark = arena_str(w->arena, connector_setting_get(&w->pl->connector, values, "mark_field"));
    return true;
}

static bool look(struct watch *w, struct fault *f)
{
    struct json_value campaigns, one;
    struct json_iter it = {0};
    if (!read_connection(w, f)) return f->status == 404; /* it was removed */
    if (!w->is_on) return true;
    bool ok = ask_array(w, "/v1/campaigns", w->parser, &campaigns, f);
    while (ok && json_next(campaigns, &it, NULL, &one) && !jobs_stopping(w->pl->house->jobs)) ok = watch_drop(w, one, f);
    return ok;
}

static void run(void *ctx, struct due_item item)
{
    struct watch w = {.pl = ctx, .item = item};
    struct fault f = {0}, later;
    if (!store_write(w.pl->house->store, claim, &w, &f) || !w.is_claimed) return;
    w.arena = arena_create(64 << 10);
    w.parser = json_parser_create();
    bool ok = look(&w, &f);
    if (!store_write(w.pl->house->store, end, &(struct ending){&w, ok ? NULL : &f}, &later))
        log_warning("postalytics", "What came of watching connection %lld was not stored: %s", (long long)item.id, later.text);
    json_parser_destroy(&w.parser);
    arena_destroy(&w.arena);
}

void postalytics_watch_add(struct postalytics *pl)
{
    jobs_add(pl->house->jobs,
             &(struct due_source){.name = "connections to watch", .n_threads = 2, .find = find, .run = run, .ctx = pl});
}
