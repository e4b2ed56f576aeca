/* salesforce_link.c: events into fields. `load` reads whose record it is, whether the drop's field is ready and what it holds; up to 200 records
 * go in one request, in which each has its own answer. A record whose id is not known is searched for by e-mail first; what is found is
 * remembered, and the delivery is read again. */
#include "links/salesforce/salesforce_delivery.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/url.h"
#include "queries.h"
#include <stdio.h>

#define SECONDS(n) ((n)*INT64_C(1000))
#define HOURS(n)   ((n)*INT64_C(3600000))
enum { TIMEOUT_MS = 30000, LOOK_AGAIN_MS = 300, BUSY_MS = 60000 };

/* Five days: an organisation may be locked out over a long weekend. */
static const int64_t steps[] = {0,        SECONDS(5), SECONDS(20), SECONDS(60), SECONDS(300), SECONDS(1800),
                                HOURS(2), HOURS(6),   HOURS(12),   HOURS(24),   HOURS(48),    HOURS(120)};
static const struct retry_ladder ladder = {"Salesforce", steps, sizeof steps / sizeof *steps, 100};

enum link_result sf_say(struct link_delivery *d, enum link_result r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(d->sentence, sizeof d->sentence, fmt, args);
    va_end(args);
    if (r == LINK_WAIT) d->says_it_all = true; /* it is about what we do next, not about the answer */
    return r;
}

/* ---- what replaces what ---- */

static bool is_visit(int code) { return code == STATUS_PURL_OPENED || code == STATUS_PURL_COMPLETED; }

bool sf_is_newer(const struct sf_written *was, const struct sf_written *now)
{
    if (was->code < 0) return true;
    if (is_visit(now->code)) return !is_visit(was->code) || now->happened_at > was->happened_at;
    if (now->piece_id != was->piece_id) return now->piece_id > was->piece_id;
    if (is_visit(was->code) || was->code == STATUS_RETURNED) return false;
    const struct status_def *a = status_find(was->code), *b = status_find(now->code);
    if (!a || !b) return b != NULL;
    if (a->rank && b->rank) return b->rank > a->rank;
    return now->code == STATUS_RETURNED || now->happened_at > was->happened_at;
}

/* ---- marks of earlier attempts: words ---- */

bool sf_has_mark(const struct link_delivery *d, const char *word)
{
    return d->sent_mark.ptr && memmem(d->sent_mark.ptr, d->sent_mark.len, word, strlen(word));
}

/* ---- load ---- */

static enum link_result look_at_field(struct tx *tx, struct link_delivery *d, struct sf_delivery *s)
{
    struct r_remote_field_find row;
    struct q_remote_field_find in = {d->event.account_id, d->connection_id, s->drop_id, s->object->name};
    if (!tx_first(tx, Q_REMOTE_FIELD_FIND, &in, &row)) {
        s->wants_field = true;
        d->pause_until = d->now + SF_FIELD_AGAIN_MS;
        return sf_say(d, LINK_WAIT, "The drop's field is being made in Salesforce.");
    }
    s->field = arena_str(d->arena, row.remote_name);
    if (sf_field_is_shared(s->field)) s->value_drop = 0;
    s->wants_check = row.state == SF_FIELD_READY && row.due_at == DB_NULL &&
                     d->now - row.checked_at > limit_get(LIMIT_SALESFORCE_CHECK_S) * 1000;
    if (row.state == SF_FIELD_READY) return LINK_ASK;
    d->pause_until = d->now + SF_FIELD_AGAIN_MS;
    if (row.state != SF_FIELD_WANTED && row.due_at != DB_NULL && row.due_at > d->pause_until)
        d->pause_until = row.due_at + SF_FIELD_AGAIN_MS;
    return sf_say(d, LINK_WAIT, "%.*s",
                  STR_ARG(row.status.len ? row.status : STR("The drop's field is being made in Salesforce.")));
}

static enum link_result look_at_value(struct tx *tx, struct link_delivery *d, struct sf_delivery *s)
{
    struct r_remote_value_find row;
    struct q_remote_value_find in = {d->event.account_id, d->connection_id, s->value_drop,
                                     str_make(s->remote_id.ptr, SF_ID_CHARS)};
    struct sf_written was = {.code = -1};
    if (tx_first(tx, Q_REMOTE_VALUE_FIND, &in, &row)) was = (struct sf_written){row.piece_id, row.happened_at, (int)row.code};
    s->blanks_first = s->config.blanks_repeats && is_visit(was.code) && was.code == s->value.code;
    return sf_is_newer(&was, &s->value) ? LINK_ASK : LINK_OK;
}

static enum link_result look_at_record(struct tx *tx, struct link_delivery *d, struct sf_delivery *s)
{
    if (!s->remote_id.ptr) {
        s->phase = SF_PHASE_SEARCH;
        if (s->email.ptr) return LINK_ASK;
        return sf_say(
            d, LINK_PERMANENT,
            "Nobody knows whose record it is: no id came with the send, and there is no e-mail address to search by.");
    }
    s->phase = SF_PHASE_WRITE;
    if (!sf_id_is(s->remote_id))
        return sf_say(d, LINK_PERMANENT, "\"%.*s\" is no id of a record in Salesforce (15 or 18 letters and digits).",
                      (int)(s->remote_id.len < 40 ? s->remote_id.len : 40), s->remote_id.ptr);
    s->object = sf_object_of_id(&s->config, s->remote_id);
    if (!s->object)
        return sf_say(d, LINK_PERMANENT,
                      "The connection writes to no kind of record with ids like %.*s; add it to its objects.",
                      STR_ARG(s->remote_id));
    enum link_result r = look_at_field(tx, d, s);
    return r == LINK_ASK ? look_at_value(tx, d, s) : r;
}

static bool load(void *ctx, struct tx *tx, struct link_delivery *d)
{
    struct salesforce *sf = ctx;
    struct crm_update u;
    struct fault f;
    struct sf_delivery *s = ARENA_NEW(d->arena, struct sf_delivery);
    if (!crm_update_read(sf->house, tx, sf->parser, d, &u)) return false;
    d->state = s;
    s->connection = u.connection;
    s->drop_id = s->value_drop = u.piece.drop.drop_id;
    s->contact_id = u.piece.contact_id;
    s->value = (struct sf_written){u.piece.piece_id, d->event.happened_at, d->event.code};
    s->code = str_of(u.status->crm);
    s->email = u.email;
    s->remote_id = u.remote_id;
    s->was_found = u.was_found;
    if (u.connection.is_sealed_shut)
        s->result = sf_say(d, LINK_AUTH, "The connection's secrets do not open with this house's key. Save it again.");
    else if (!sf_config_read(d->arena, u.connection.settings, u.connection.secrets, &s->config, &f))
        s->result = sf_say(d, LINK_AUTH, "%s", f.text);
    else
        s->result = look_at_record(tx, d, s);
    return tx_ok(tx);
}

static bool joins(void *ctx, struct link_delivery *const *group, int n, const struct link_delivery *d)
{
    const struct sf_delivery *first = sf_of(group[0]), *s = sf_of(d);
    (void)ctx;
    if (first->result != LINK_ASK || s->result != LINK_ASK) return first->result != LINK_ASK && s->result != LINK_ASK;
    if (first->phase != s->phase || sf_has_mark(d, "alone") || sf_has_mark(group[0], "alone")) return false;
    return n < (s->phase == SF_PHASE_SEARCH ? SF_SEARCH_MAX : SF_COLLECTION_MAX);
}

/* ---- asking ---- */

void sf_all_say(struct link_delivery *const *group, int n, enum link_result *results, enum link_result r, int64_t until,
                const char *sentence)
{
    for (int i = 0; i < n; i++) {
        if (results[i] != LINK_ASK) continue;
        results[i] = sf_say(group[i], r, "%s", sentence);
        group[i]->pause_until = until;
    }
}

static void renew(struct salesforce *sf, struct link_delivery *const *group, int n, enum link_result *results,
                  const struct link_delivery *first)
{
    struct fault why = {0};
    switch (token_renew(sf->house->tokens, &sf->connector, &sf_of(first)->connection, &why)) {
    case TOKEN_RENEWING:
        sf_all_say(group, n, results, LINK_WAIT, first->now + LOOK_AGAIN_MS, "The access token is being renewed.");
        break;
    case TOKEN_RENEWED: sf_all_say(group, n, results, LINK_WAIT, 0, "The access token was renewed."); break;
    case TOKEN_REFUSED: sf_all_say(group, n, results, LINK_AUTH, 0, why.text); break;
    case TOKEN_FAILED: sf_all_say(group, n, results, LINK_RETRY_LATER, 0, why.text); break;
    }
}

static void search_url(struct link_delivery *const *group, int n, const enum link_result *results,
                       const struct sf_delivery *first, struct arena *a, struct fetch_ask *ask)
{
    const struct sf_object *o = &first->config.objects[first->object_at];
    struct buf b = BUF_INIT;
    buf_addf(&b, "SELECT Id, %.*s FROM %.*s WHERE %.*s IN (", STR_ARG(o->email), STR_ARG(o->name), STR_ARG(o->email));
    for (int i = 0, k = 0; i < n; i++) {
        if (results[i] != LINK_ASK) continue;
        if (k++) buf_add_byte(&b, ',');
        sf_soql_quote(&b, sf_of(group[i])->email);
    }
    buf_addz(&b, ")");
    if (str_eq(o->name, STR("Lead"))) buf_addz(&b, " AND IsConverted = false");
    ask->method = "GET";
    ask->url = sf_path(a, &first->config, arena_printf(a, "/query?q=%.*s", STR_ARG(url_encoded(a, buf_str(&b)))));
    buf_finish(&b);
}

/* Of two events for one field the newer is written; both have the answer. */
static bool is_overtaken(struct link_delivery *const *group, int n, const enum link_result *results, int at)
{
    const struct sf_delivery *s = sf_of(group[at]);
    for (int i = 0; i < n; i++) {
        const struct sf_delivery *o = sf_of(group[i]);
        if (i == at || results[i] != LINK_ASK || !sf_id_eq(o->remote_id, s->remote_id) || !str_eq(o->field, s->field)) continue;
        bool newer = sf_is_newer(&s->value, &o->value), older = sf_is_newer(&o->value, &s->value);
        if (newer != older ? newer : i > at) return true;
    }
    return false;
}

static void add_record(struct json_out *j, struct link_delivery *const *group, int n, const enum link_result *results, int at)
{
    struct sf_delivery *s = sf_of(group[at]);
    json_object(j, NULL);
    json_object(j, "attributes");
    json_str(j, "type", s->object->name);
    json_end(j);
    json_str(j, "id", s->remote_id);
    for (int i = at; i < n; i++) {
        struct sf_delivery *o = sf_of(group[i]);
        if (results[i] != LINK_ASK || !sf_id_eq(o->remote_id, s->remote_id)) continue;
        o->row = s->row;
        o->is_overtaken = is_overtaken(group, n, results, i);
        if (o->is_overtaken) continue;
        bool is_blank = o->blanks_first && !o->has_blanked;
        json_str(j, arena_strz(group[i]->arena, o->field.ptr), is_blank ? STR_NULL : o->code);
    }
    json_end(j);
}

static void write_body(struct link_delivery *const *group, int n, const enum link_result *results,
                       const struct sf_delivery *first, struct arena *a, struct fetch_ask *ask)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    int n_rows = 0;
    for (int i = 0; i < n; i++) sf_of(group[i])->row = -1;
    json_object(&j, NULL);
    json_bool(&j, "allOrNone", false);
    json_array(&j, "records");
    for (int i = 0; i < n; i++) {
        struct sf_delivery *s = sf_of(group[i]);
        if (results[i] != LINK_ASK || s->row >= 0) continue;
        s->row = n_rows++;
        add_record(&j, group, n, results, i);
    }
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
    ask->method = "PATCH";
    ask->url = sf_path(a, &first->config, "/composite/sobjects");
    ask->headers[ask->n_headers++] = STR("Content-Type: application/json");
    ask->body = arena_str(a, buf_str(&b));
    buf_finish(&b);
}

/* The request of those that are left, at the first of them. */
static void ask_all(struct salesforce *sf, struct link_delivery *const *group, int n, enum link_result *results)
{
    struct link_delivery *first = NULL;
    struct fault f = {0};
    for (int i = 0; i < n && !first; i++)
        if (results[i] == LINK_ASK) first = group[i];
    if (!first) return;
    const struct sf_delivery *s = sf_of(first);
    int64_t until = sf_pace(sf, first->connection_id, first->now);
    if (until) {
        sf_all_say(group, n, results, LINK_REST, until, "The organisation has used nearly all of its API requests of the day.");
        return;
    }
    first->ask = (struct fetch_ask){.timeout_ms = TIMEOUT_MS, .is_guarded = true, .is_repeatable = true};
    first->ask.max_answer = limit_get(LIMIT_CONNECTOR_MAX_ANSWER_BYTES);
    if (s->phase == SF_PHASE_SEARCH)
        search_url(group, n, results, s, first->arena, &first->ask);
    else
        write_body(group, n, results, s, first->arena, &first->ask);
    switch (sf_authorise(sf, &s->connection, first->arena, first->now, &first->ask, &f)) {
    case AUTHORISED: break;
    case AUTHORISE_RENEW: renew(sf, group, n, results, first); break;
    case AUTHORISE_CANNOT: sf_all_say(group, n, results, LINK_AUTH, 0, f.text);
    }
}

/* ---- steps ---- */

static int64_t pause_of(const struct fetch_answer *answer, int64_t now)
{
    bool is_busy = answer->body.len && memmem(answer->body.ptr, answer->body.len, "Concurrent", 10);
    return now + (is_busy ? BUSY_MS : limit_get(LIMIT_SALESFORCE_FULL_PAUSE_S) * 1000);
}

static void step_all(void *ctx, struct link_delivery *const *group, int n, const struct fetch_answer *answer,
                     enum link_result *results)
{
    struct salesforce *sf = ctx;
    char sentence[260];
    for (int i = 0; i < n; i++) results[i] = answer ? LINK_ASK : sf_of(group[i])->result;
    if (!answer) {
        ask_all(sf, group, n, results);
        return;
    }
    sf_heard(sf, group[0]->connection_id, answer, group[0]->now);
    enum link_result r = sf_judge(sf, answer, sentence, sizeof sentence);
    switch (r) {
    case LINK_OK: sf_answer_read(group, n, answer->body, results); break;
    case LINK_AUTH:
        if (answer->status == 403) /* it knows the token, and a new one would have the same rights */
            sf_all_say(group, n, results, r, 0, sentence);
        else
            renew(sf, group, n, results, group[0]);
        break;
    case LINK_PERMANENT: sf_answer_refused(group, n, answer, sentence, results); break;
    case LINK_PAUSE_DESTINATION: sf_all_say(group, n, results, r, pause_of(answer, group[0]->now), sentence); break;
    default: sf_all_say(group, n, results, r, 0, sentence);
    }
    ask_all(sf, group, n, results);
}

/* ---- what is durable with the result ---- */

static bool settle(void *ctx, struct tx *tx, struct link_delivery *d, enum link_result result)
{
    struct salesforce *sf = ctx;
    const struct sf_delivery *s = d->state;
    int64_t account = d->event.account_id, connection = d->connection_id;
    (void)result;
    if (!s) return true;
    if (s->is_found.ptr && !crm_remember(tx, account, connection, s->contact_id, s->is_found)) return false;
    if (s->is_gone && !crm_remember(tx, account, connection, s->contact_id, STR_NULL)) return false;
    if (s->is_written) {
        struct q_remote_value_put in = {
            account,           connection,    s->value_drop,       str_make(s->remote_id.ptr, SF_ID_CHARS),
            s->value.piece_id, s->value.code, s->value.happened_at};
        if (!tx_run(tx, Q_REMOTE_VALUE_PUT, &in, NULL)) return false;
    }
    if (s->wants_field || s->wants_check) {
        struct str name = sf_field_name(tx_arena(tx), &s->config, s->drop_id);
        struct q_remote_field_put put = {account, connection, s->drop_id, s->object->name, name, SF_FIELD_WANTED, tx_now(tx)};
        struct q_remote_field_again again = {
            account, connection, s->drop_id, s->object->name, s->wants_field ? SF_FIELD_WANTED : SF_FIELD_READY, tx_now(tx)};
        int64_t is_new = 0;
        if (!tx_run(tx, Q_REMOTE_FIELD_PUT, &put, &is_new)) return false;
        if (!is_new && !tx_run(tx, Q_REMOTE_FIELD_AGAIN, &again, NULL)) return false;
    }
    return sf_usage_note(sf, tx, account, connection);
}

const struct link_def *sf_link_init(struct salesforce *s)
{
    s->link = (struct link_def){.name = "salesforce",
                                .number = SALESFORCE_NUMBER,
                                .ladder = &ladder,
                                .is_ordered = true,
                                .window = SF_COLLECTION_MAX,
                                .load = load,
                                .settle = settle,
                                .gather_most = SF_COLLECTION_MAX,
                                .joins = joins,
                                .step_all = step_all,
                                .ctx = s};
    return &s->link;
}
