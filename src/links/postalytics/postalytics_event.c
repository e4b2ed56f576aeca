/* postalytics_event.c: one event there: read from a list of events or from what a webhook posted, completed, and told here once. It is known by
 * drop, contact, code and second, whichever way it comes.
 *
 * An event of a piece that we had printed there is told as our own drop's. All others are told as the connection's (EVENT_CONNECTION), with
 * the codes of drops and the person, the drop and its name in the event's detail: nothing of the other house becomes a piece of this one, so
 * there is no campaign here that looks as if it could be sent, and links read the detail (links/event_story.h) where they would read the piece. */
#include "links/postalytics/postalytics_private.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/text.h"
#include "mail/contact_check.h"
#include "mail/piece.h"
#include "mail/send.h"
#include "outbox/event.h"
#include "postal/status.h"
#include "queries.h"

enum {
    PATIENT_TURNS = 6, /* that a person who cannot be asked for just now is waited for; then it is told without */
    DAY_MS = 86400000
};

/* ---- reading ---- */

static bool is_set(struct json_value v) { return v.type == JSON_BOOL ? v.boolean : watch_number(v) == 1; }

static void know_it(const struct watch *w, struct happening *e)
{
    e->watch = w;
    e->repeat_id = str_of(arena_printf(w->arena, "%lld:%lld:%d:%lld", (long long)e->drop_id, (long long)e->data_id,
                                       (int)e->status->code, (long long)(e->at / 1000)));
}

static int64_t marked_piece(const struct watch *w, struct json_value fields)
{
    return str_eq(w->mark, STR("none")) ? 0 : watch_number(json_get(fields, arena_strz(w->arena, w->mark.ptr)));
}

bool happening_of_row(const struct watch *w, struct json_value row, struct happening *e)
{
    struct json_value name = json_get(row, "event_name"), date = json_get(row, "event_date"), url = json_get(row, "metadata");
    if (name.type != JSON_STRING || date.type != JSON_STRING || !(e->status = status_by_name(name.string))) return false;
    if (!text_parse_iso8601(date.string, &e->at)) return false;
    e->is_test = is_set(json_get(row, "is_test"));
    e->data_id = watch_number(json_get(row, "data_id"));
    if (!e->data_id) e->data_id = watch_number(json_get(row, "contact_id"));
    e->piece_id = marked_piece(w, row);
    if (url.type == JSON_STRING && url.string.len) e->url = arena_str(w->arena, url.string);
    person_fill(w, row, e->person);
    know_it(w, e);
    return e->data_id > 0;
}

/* A body that has no first and last name of their own has them in one. */
static void part_name(const struct watch *w, struct json_value to, struct happening *e)
{
    struct json_value name = json_get(to, "name");
    if (name.type != JSON_STRING || e->person[FIELD_FIRST_NAME].ptr || e->person[FIELD_LAST_NAME].ptr) return;
    struct str all = str_trim(name.string);
    size_t at = all.len;
    while (at > 0 && all.ptr[at - 1] != ' ') at--;
    if (at > 0) e->person[FIELD_FIRST_NAME] = arena_str(w->arena, str_trim(str_make(all.ptr, at)));
    if (at < all.len) e->person[FIELD_LAST_NAME] = arena_str(w->arena, str_make(all.ptr + at, all.len - at));
}

bool happening_of_post(const struct watch *w, struct json_value root, struct happening *e, struct fault *f)
{
    struct json_value type = json_get(root, "eventType"), date = json_get(root, "eventDate"), meta = json_get(root, "meta"),
                      to = json_get(root, "to"), piece = json_get(root, "piece"), fields = json_get(meta, "fields"),
                      url = json_get(piece, "url");
    if (root.type != JSON_OBJECT) return fault_user(f, 400, "An event is posted as a JSON object.");
    bool has_type = type.type == JSON_INT || (type.type == JSON_STRING && type.string.len);
    if (!has_type || !(e->status = status_find(watch_number(type))))
        return fault_user(f, 400, "eventType is missing, or no number of an event.");
    if (date.type != JSON_STRING || !text_parse_iso8601(date.string, &e->at))
        return fault_user(f, 400, "eventDate is missing, or no time like 2026-05-04T10:31:00Z.");
    e->drop_id = watch_number(json_get(meta, "dropId"));
    e->data_id = watch_number(json_get(meta, "dataId"));
    if (e->drop_id <= 0 || e->data_id <= 0)
        return fault_user(f, 400, "meta must say whose mail it is: dropId and dataId, numbers above 0.");
    e->is_test = is_set(json_get(piece, "isTest"));
    e->piece_id = marked_piece(w, fields);
    if (url.type == JSON_STRING && url.string.len) e->url = arena_str(w->arena, url.string);
    person_fill(w, to, e->person);
    person_fill(w, fields, e->person);
    part_name(w, to, e);
    know_it(w, e);
    return true;
}

/* ---- completing ---- */

/* Whether it is about a piece of ours that was sent through this connection. */
static bool is_ours(struct tx *tx, const struct happening *e, int64_t *piece_id)
{
    const struct watch *w = e->watch;
    struct r_remote_piece_by_remote by_remote;
    int64_t account = w->account, id = w->connection_id;
    struct str remote = str_of(arena_printf(tx_arena(tx), "%lld", (long long)e->data_id));
    if (tx_first(tx, Q_REMOTE_PIECE_BY_REMOTE, &(struct q_remote_piece_by_remote){account, id, remote}, &by_remote)) {
        *piece_id = by_remote.piece_id;
        return true;
    }
    /* A recipient's own value may stand where our mark does: it counts only for a piece whose number there was never heard. */
    *piece_id = e->piece_id;
    struct q_remote_piece_by_piece mark = {account, id, e->piece_id};
    return e->piece_id && tx_ok(tx) && tx_first(tx, Q_REMOTE_PIECE_BY_PIECE, &mark, NULL);
}

struct telling {
    struct watch *watch;
    struct happening *all;
    int n;
    int64_t read_on;
};

/* What is known of them already: most of a page that is read again and again. */
static bool look_ahead(struct tx *tx, void *arg)
{
    const struct telling *t = arg;
    const struct watch *w = t->watch;
    int64_t piece_id;
    for (int i = 0; i < t->n && tx_ok(tx); i++) {
        struct happening *e = &t->all[i];
        struct q_mirror_event_find in = {w->account, w->connection_id, e->repeat_id};
        struct r_mirror_event_find told = {0};
        e->is_told = tx_first(tx, Q_MIRROR_EVENT_FIND, &in, &told);
        e->is_new = !told.is_seen;
        e->is_ours = tx_ok(tx) && !e->is_told && is_ours(tx, e, &piece_id);
    }
    return tx_ok(tx);
}

/* From before it was watched, or so old that nobody remembers whether it was told. */
static bool is_too_old(const struct happening *e)
{
    const struct watch *w = e->watch;
    return e->at < w->since - 60000 || e->at < w->now - limit_get(LIMIT_OUTBOX_LOG_DAYS) * DAY_MS;
}

/* CRMs find a person by e-mail address or telephone, which an event need not say. Nobody is asked for whom nobody wants to hear of. */
static bool complete(struct watch *w, struct happening *e, struct fault *f)
{
    bool is_findable = e->person[FIELD_EMAIL_ADDRESS].len > 0;
    if (is_findable || e->is_ours || is_too_old(e) ||
        !event_is_wanted(w->pl->house->outbox, w->account, EVENT_CONNECTION, w->connection_id, (int)e->status->code))
        return true;
    return person_complete(w, e->drop_id, e->data_id, e->person, f) ||
           (w->attempt > PATIENT_TURNS && !jobs_stopping(w->pl->house->jobs));
}

/* The person and the drop, for links that have no piece to read. */
static struct str detail_of(const struct happening *e)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_int(&j, "drop_id", e->drop_id);
    json_str(&j, "drop_name", e->drop_name.ptr ? e->drop_name : STR(""));
    json_int(&j, "data_id", e->data_id);
    if (e->url.len) json_str(&j, "url", e->url);
    json_object(&j, "person");
    for (int i = 0; i < FIELD_KNOWN; i++)
        if (e->person[i].len) json_str(&j, contact_field_name(i), e->person[i]);
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(e->watch->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* ---- telling ---- */

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

static bool emit(struct tx *tx, struct happening *e)
{
    const struct watch *w = e->watch;
    int64_t piece_id = 0;
    struct event told = {.account_id = w->account,
                         .source = EVENT_CONNECTION,
                         .source_id = w->connection_id,
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

/* What a look comes to counts as new until then, also where a webhook had told it: there may be a gap behind it. */
static bool tell(struct tx *tx, struct happening *e)
{
    const struct watch *w = e->watch;
    int64_t changed = 0;
    struct q_mirror_event_see see = {w->account, w->connection_id, e->repeat_id};
    if (e->is_told && !e->post_id) return tx_run(tx, Q_MIRROR_EVENT_SEE, &see, NULL);
    struct q_mirror_post_remove post = {w->account, w->connection_id, e->post_id};
    if (e->post_id && !tx_run(tx, Q_MIRROR_POST_REMOVE, &post, NULL)) return false;
    struct q_mirror_event_note in = {w->account, w->connection_id, e->repeat_id, tid_next(store_node(tx_store(tx))),
                                     e->post_id == 0};
    if (!tx_run(tx, Q_MIRROR_EVENT_NOTE, &in, &changed)) return false;
    return !changed || is_too_old(e) || emit(tx, e);
}

static bool tell_all(struct tx *tx, void *arg)
{
    const struct telling *t = arg;
    const struct watch *w = t->watch;
    if (!watch_is_there(tx, w)) return tx_ok(tx);
    for (int i = 0; i < t->n; i++)
        if ((t->all[i].is_new || t->all[i].post_id) && !tell(tx, &t->all[i])) return false;
    return !t->read_on || look_keep(tx, w, t->all[0].drop_id, t->read_on);
}

bool happenings_tell(struct watch *w, struct happening *all, int n, int64_t read_on, struct fault *f)
{
    struct telling t = {w, all, n, read_on};
    int n_left = 0;
    if (!store_read(w->pl->house->store, look_ahead, &t, f)) return false;
    for (int i = 0; i < n; i++) {
        if (!all[i].is_told && !complete(w, &all[i], f)) return false;
        if (!all[i].is_told) all[i].detail = detail_of(&all[i]);
        n_left += all[i].is_new || all[i].post_id;
    }
    return !n_left || store_write(w->pl->house->store, tell_all, &t, f);
}
