/* salesforce_link.c: events into fields. `load` reads whose record it is, whether the drop's field is ready and what it holds; up to 200 records
 * go in one request, in which each has its own answer. A record whose id is not known is searched for by e-mail first; what is found is
 * remembered, and the delivery is read again. */
#include "links/salesforce/salesforce_private.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/url.h"
#include "queries.h"
#include <stdio.h>

#define SECONDS(n) ((n)*INT64_C(1000))
#define HOURS(n)   ((n)*INT64_C(3600000))
enum { TIMEOUT_MS = 30000, LOOK_AGAIN_MS = 300, FIELD_AGAIN_MS = 1000, BUSY_MS = 60000, FOUND_MAX = 10 };

/* Five days: an organisation may be locked out over a long weekend. */
static const int64_t steps[] = {0,        SECONDS(5), SECONDS(20), SECONDS(60), SECONDS(300), SECONDS(1800),
                                HOURS(2), HOURS(6),   HOURS(12),   HOURS(24),   HOURS(48),    HOURS(120)};
static const struct retry_ladder ladder = {"Salesforce", steps, sizeof steps / sizeof *steps, 100};

enum phase { PHASE_SEARCH, PHASE_WRITE };
struct sf_delivery {
    struct connection connection;
    struct sf_config config;
    enum phase phase;
    enum link_result result; /* of load: LINK_ASK, or what it has seen already */
    int64_t drop_id, contact_id;
    struct sf_written value;
    struct str email, remote_id, field, code;
    const struct sf_object *object;
    bool was_found;
    /* writing */
    bool blanks_first, has_blanked, is_overtaken;
    int row; /* of the request */
    /* searching */
    int object_at, n_found;
    struct str found[FOUND_MAX];
    const char *found_text; /* "Contact 003…, Lead 00Q…" */
    /* for settle */
    bool wants_field, wants_check, is_gone, is_written;
    struct str is_found;
};

static struct sf_delivery *of(const struct link_delivery *d) { return d->state; }

static enum link_result say(struct link_delivery *d, enum link_result r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static enum link_result say(struct link_delivery *d, enum link_result r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(d->sentence, sizeof d->sentence, fmt, args);
    va_end(args);
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

static bool has_mark(const struct link_delivery *d, const char *word)
{
    return d->sent_mark.ptr && memmem(d->sent_mark.ptr, d->sent_mark.len, word, strlen(word));
}

static void leave_mark(struct link_delivery *d, const char *word)
{
    d->leave_mark = d->sent_mark.len ? str_of(arena_printf(d->arena, "%.*s %s", STR_ARG(d->sent_mark), word)) : str_of(word);
}

/* ---- load ---- */

static enum link_result look_at_field(struct tx *tx, struct link_delivery *d, struct sf_delivery *s)
{
    struct r_remote_field_find row;
    struct q_remote_field_find in = {d->event.account_id, d->connection_id, s->drop_id, s->object->name};
    if (!tx_first(tx, Q_REMOTE_FIELD_FIND, &in, &row)) {
        s->wants_field = true;
        d->pause_until = d->now + FIELD_AGAIN_MS;
        return say(d, LINK_WAIT, "The drop's field is being made in Salesforce.");
    }
    s->field = arena_str(d->arena, row.remote_name);
    s->wants_check = row.state == FIELD_READY && row.due_at == DB_NULL &&
                     d->now - row.checked_at > limit_get(LIMIT_SALESFORCE_CHECK_S) * 1000;
    if (row.state == FIELD_READY) return LINK_ASK;
    d->pause_until = d->now + FIELD_AGAIN_MS;
    if (row.state != FIELD_WANTED && row.due_at != DB_NULL && row.due_at > d->pause_until)
        d->pause_until = row.due_at + FIELD_AGAIN_MS;
    return say(d, LINK_WAIT, "%.*s",
               STR_ARG(row.status.len ? row.status : STR("The drop's field is being made in Salesforce.")));
}

static enum link_result look_at_value(struct tx *tx, struct link_delivery *d, struct sf_delivery *s)
{
    struct r_remote_value_find row;
    struct q_remote_value_find in = {d->event.account_id, d->connection_id, s->drop_id, str_make(s->remote_id.ptr, ID_CHARS)};
    struct sf_written was = {.code = -1};
    if (tx_first(tx, Q_REMOTE_VALUE_FIND, &in, &row)) was = (struct sf_written){row.piece_id, row.happened_at, (int)row.code};
    s->blanks_first = s->config.blanks_repeats && is_visit(was.code) && was.code == s->value.code;
    return sf_is_newer(&was, &s->value) ? LINK_ASK : LINK_OK;
}

static enum link_result look_at_record(struct tx *tx, struct link_delivery *d, struct sf_delivery *s)
{
    if (!s->remote_id.ptr) {
        s->phase = PHASE_SEARCH;
        if (s->email.ptr) return LINK_ASK;
        return say(d, LINK_PERMANENT,
                   "Nobody knows whose record it is: no id came with the send, and there is no e-mail address to search by.");
    }
    s->phase = PHASE_WRITE;
    if (!sf_id_is(s->remote_id))
        return say(d, LINK_PERMANENT, "\"%.*s\" is no id of a record in Salesforce (15 or 18 letters and digits).",
                   (int)(s->remote_id.len < 40 ? s->remote_id.len : 40), s->remote_id.ptr);
    s->object = sf_object_of_id(&s->config, s->remote_id);
    if (!s->object)
        return say(d, LINK_PERMANENT, "The connection writes to no kind of record with ids like %.*s; add it to its objects.",
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
    s->drop_id = u.piece.drop.drop_id;
    s->contact_id = u.piece.contact_id;
    s->value = (struct sf_written){u.piece.piece_id, d->event.happened_at, d->event.code};
    s->code = str_of(u.status->crm);
    s->email = u.email;
    s->remote_id = u.remote_id;
    s->was_found = u.was_found;
    if (u.connection.is_sealed_shut)
        s->result = say(d, LINK_AUTH, "The connection's secrets do not open with this house's key. Save it again.");
    else if (!sf_config_read(d->arena, u.connection.settings, u.connection.secrets, &s->config, &f))
        s->result = say(d, LINK_AUTH, "%s", f.text);
    else
        s->result = look_at_record(tx, d, s);
    return tx_ok(tx);
}

static bool joins(void *ctx, struct link_delivery *const *group, int n, const struct link_delivery *d)
{
    const struct sf_delivery *first = of(group[0]), *s = of(d);
    (void)ctx;
    if (first->result != LINK_ASK || s->result != LINK_ASK) return first->result != LINK_ASK && s->result != LINK_ASK;
    if (first->phase != s->phase || has_mark(d, "alone") || has_mark(group[0], "alone")) return false;
    return n < (s->phase == PHASE_SEARCH ? SEARCH_MAX : COLLECTION_MAX);
}

/* ---- asking ---- */

static void all_say(struct link_delivery *const *group, int n, enum link_result *results, enum link_result r, int64_t until,
                    const char *sentence)
{
    for (int i = 0; i < n; i++) {
        if (results[i] != LINK_ASK) continue;
        results[i] = say(group[i], r, "%s", sentence);
        group[i]->pause_until = until;
    }
}

static void renew(struct salesforce *sf, struct link_delivery *const *group, int n, enum link_result *results,
                  const struct link_delivery *first)
{
    struct fault why = {0};
    switch (token_renew(sf->house->tokens, &sf->connector, &of(first)->connection, &why)) {
    case TOKEN_RENEWING:
        all_say(group, n, results, LINK_WAIT, first->now + LOOK_AGAIN_MS, "The access token is being renewed.");
        break;
    case TOKEN_RENEWED: all_say(group, n, results, LINK_WAIT, 0, "The access token was renewed."); break;
    case TOKEN_REFUSED: all_say(group, n, results, LINK_AUTH, 0, why.text); break;
    case TOKEN_FAILED: all_say(group, n, results, LINK_RETRY_LATER, 0, why.text); break;
    }
}

static void search_url(struct link_delivery *const *group, int n, const enum link_result *results,
                       const struct sf_delivery *first, struct arena *a, struct fetch_ask *ask)
{
    const struct sf_object *o = &first->config.objects[first->object_at];
    struct buf b = BUF_INIT, url = BUF_INIT;
    buf_addf(&b, "SELECT Id, %.*s FROM %.*s WHERE %.*s IN (", STR_ARG(o->email), STR_ARG(o->name), STR_ARG(o->email));
    for (int i = 0, k = 0; i < n; i++) {
        if (results[i] != LINK_ASK) continue;
        if (k++) buf_add_byte(&b, ',');
        soql_quote(&b, of(group[i])->email);
    }
    buf_addz(&b, ")");
    if (str_eq(o->name, STR("Lead"))) buf_addz(&b, " AND IsConverted = false");
    url_encode(&url, buf_str(&b));
    ask->method = "GET";
    ask->url = sf_path(a, &first->config, arena_printf(a, "/query?q=%.*s", STR_ARG(buf_str(&url))));
    buf_finish(&b);
    buf_finish(&url);
}

/* Of two events for one field the newer is written; both have the answer. */
static bool is_overtaken(struct link_delivery *const *group, int n, const enum link_result *results, int at)
{
    const struct sf_delivery *s = of(group[at]);
    for (int i = 0; i < n; i++) {
        const struct sf_delivery *o = of(group[i]);
        if (i == at || results[i] != LINK_ASK || !sf_id_eq(o->remote_id, s->remote_id) || !str_eq(o->field, s->field)) continue;
        bool newer = sf_is_newer(&s->value, &o->value), older = sf_is_newer(&o->value, &s->value);
        if (newer != older ? newer : i > at) return true;
    }
    return false;
}

static void add_record(struct json_out *j, struct link_delivery *const *group, int n, const enum link_result *results, int at)
{
    struct sf_delivery *s = of(group[at]);
    json_object(j, NULL);
    json_object(j, "attributes");
    json_str(j, "type", s->object->name);
    json_end(j);
    json_str(j, "id", s->remote_id);
    for (int i = at; i < n; i++) {
        struct sf_delivery *o = of(group[i]);
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
    for (int i = 0; i < n; i++) of(group[i])->row = -1;
    json_object(&j, NULL);
    json_bool(&j, "allOrNone", false);
    json_array(&j, "records");
    for (int i = 0; i < n; i++) {
        struct sf_delivery *s = of(group[i]);
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
    const struct sf_delivery *s = of(first);
    int64_t until = sf_pace(sf, first->connection_id, first->now);
    if (until) {
        all_say(group, n, results, LINK_PAUSE_DESTINATION, until,
                "The organisation has used nearly all of its API requests of the day.");
        return;
    }
    first->ask = (struct fetch_ask){.timeout_ms = TIMEOUT_MS, .is_guarded = true, .is_repeatable = true};
    first->ask.max_answer = limit_get(LIMIT_CONNECTOR_MAX_ANSWER_BYTES);
    if (s->phase == PHASE_SEARCH)
        search_url(group, n, results, s, first->arena, &first->ask);
    else
        write_body(group, n, results, s, first->arena, &first->ask);
    switch (sf_authorise(sf, &s->connection, first->arena, first->now, &first->ask, &f)) {
    case AUTHORISED: break;
    case AUTHORISE_RENEW: renew(sf, group, n, results, first); break;
    case AUTHORISE_CANNOT: all_say(group, n, results, LINK_AUTH, 0, f.text);
    }
}

/* ---- what an answer means ---- */

static bool names_field(const struct str message, const struct sf_delivery *s)
{
    return memmem(message.ptr, message.len, s->field.ptr, s->field.len) != NULL;
}

static enum link_result field_refused(struct link_delivery *d, const char *message)
{
    struct sf_delivery *s = of(d);
    if (has_mark(d, "fitted"))
        return say(d, LINK_PERMANENT,
                   "The connected user may not write the field %.*s, or it was deleted. Give its profile the right to edit it "
                   "(Setup > "
                   "Object Manager > Fields) and deliver again: %.120s",
                   STR_ARG(s->field), message);
    leave_mark(d, "fitted");
    s->wants_field = true;
    d->pause_until = d->now + FIELD_AGAIN_MS * 3;
    return say(d, LINK_WAIT, "Salesforce does not show the field %.*s to us; it is being made visible again.",
               STR_ARG(s->field));
}

static enum link_result record_gone(struct link_delivery *d, enum link_result r)
{
    struct sf_delivery *s = of(d);
    if (!s->was_found || has_mark(d, "gone")) return r;
    leave_mark(d, "gone");
    s->is_gone = true;
    d->pause_until = 0;
    return LINK_WAIT; /* searched for once more */
}

static enum link_result judge_error(struct link_delivery *d, const char *code, const char *message)
{
    char sentence[260];
    if (sf_is_about_field(code)) return field_refused(d, message);
    enum link_result r = sf_judge_code(code, message, sentence, sizeof sentence);
    if (r == LINK_AUTH) r = LINK_RETRY_LATER; /* a row is no place for it */
    const struct sf_delivery *s = of(d);
    say(d, r, "%.*s %.*s: %s", STR_ARG(s->object->name), STR_ARG(s->remote_id), sentence);
    if (r == LINK_PAUSE_DESTINATION) d->pause_until = d->now + limit_get(LIMIT_SALESFORCE_FULL_PAUSE_S) * 1000;
    bool is_gone = strcmp(code, "ENTITY_IS_DELETED") == 0 || strcmp(code, "NOT_FOUND") == 0 ||
                   strcmp(code, "CANNOT_UPDATE_CONVERTED_LEAD") == 0 || strcmp(code, "INVALID_CROSS_REFERENCE_KEY") == 0;
    return is_gone ? record_gone(d, r) : r;
}

static enum link_result judge_row(struct link_delivery *d, struct json_value row)
{
    struct sf_delivery *s = of(d);
    struct json_value e = {.type = JSON_MISSING}, success = json_get(row, "success"), errors = json_get(row, "errors");
    struct json_iter it = {0};
    if (success.type == JSON_BOOL && success.boolean) {
        if (s->blanks_first && !s->has_blanked && !s->is_overtaken) {
            s->has_blanked = true;
            return LINK_ASK;
        }
        s->is_written = !s->is_overtaken;
        return LINK_OK;
    }
    if (success.type != JSON_BOOL || errors.type != JSON_ARRAY || !json_next(errors, &it, NULL, &e))
        return say(d, LINK_RETRY_LATER, "Salesforce's answer has not the shape of an answer to this request.");
    struct json_value code = json_get(e, "statusCode"), message = json_get(e, "message");
    if (code.type != JSON_STRING) code = json_get(e, "errorCode");
    return judge_error(d, code.type == JSON_STRING ? arena_str(d->arena, code.string).ptr : "",
                       message.type == JSON_STRING ? arena_str(d->arena, message.string).ptr : "");
}

static void judge_rows(struct link_delivery *const *group, int n, struct json_value root, enum link_result *results)
{
    int n_rows = 0;
    struct json_iter it = {0};
    struct json_value row;
    for (int i = 0; i < n; i++)
        if (results[i] == LINK_ASK && of(group[i])->row >= n_rows) n_rows = of(group[i])->row + 1;
    if (root.type != JSON_ARRAY || (int)json_count(root) != n_rows) {
        all_say(group, n, results, LINK_RETRY_LATER, 0, "Salesforce's answer has not the shape of an answer to this request.");
        return;
    }
    for (int at = 0; json_next(root, &it, NULL, &row); at++)
        for (int i = 0; i < n; i++)
            if (of(group[i])->row == at) results[i] = judge_row(group[i], row);
}

/* ---- searching ---- */

static void found_one(struct link_delivery *d, const struct sf_object *o, struct str id)
{
    struct sf_delivery *s = of(d);
    for (int i = 0; i < s->n_found && i < FOUND_MAX; i++)
        if (sf_id_eq(s->found[i], id)) return;
    if (s->n_found < FOUND_MAX) {
        s->found[s->n_found] = arena_str(d->arena, id);
        s->found_text = arena_printf(d->arena, "%s%s%.*s %.*s", s->n_found ? s->found_text : "", s->n_found ? ", " : "",
                                     STR_ARG(o->name), STR_ARG(id));
    }
    s->n_found++;
}

static enum link_result search_ended(struct link_delivery *d)
{
    struct sf_delivery *s = of(d);
    if (s->n_found == 1) {
        s->is_found = s->found[0];
        d->pause_until = 0;
        return say(d, LINK_WAIT, "Found by its e-mail address: %s.", s->found_text);
    }
    if (s->n_found == 0)
        return say(d, LINK_PERMANENT, "No record in Salesforce has the e-mail address %.*s. Add one and deliver again.",
                   STR_ARG(s->email));
    return say(
        d, LINK_HOLD,
        "%d records have the e-mail address %.80s: %.150s%s. Merge them, or send with the record's id, and deliver again.",
        s->n_found, s->email.ptr, s->found_text, s->n_found > FOUND_MAX ? ", …" : "");
}

static bool read_found(struct link_delivery *const *group, int n, struct json_value root, enum link_result *results)
{
    const struct sf_object *o = NULL;
    struct json_iter it = {0};
    struct json_value record, records = json_get(root, "records");
    for (int i = 0; i < n && !o; i++)
        if (results[i] == LINK_ASK) o = &of(group[i])->config.objects[of(group[i])->object_at];
    if (records.type != JSON_ARRAY) return false;
    while (json_next(records, &it, NULL, &record)) {
        struct json_value id = json_get(record, "Id"), email = json_get(record, o->email.ptr);
        if (id.type != JSON_STRING || !sf_id_is(id.string)) return false;
        for (int i = 0; email.type == JSON_STRING && i < n; i++)
            if (results[i] == LINK_ASK && str_eq_nocase(email.string, of(group[i])->email)) found_one(group[i], o, id.string);
    }
    return true;
}

static void judge_found(struct link_delivery *const *group, int n, struct json_value root, enum link_result *results)
{
    struct json_value done = json_get(root, "done");
    if (!read_found(group, n, root, results)) {
        all_say(group, n, results, LINK_RETRY_LATER, 0, "Salesforce's answer has not the shape of an answer to a query.");
        return;
    }
    for (int i = 0; i < n; i++) {
        struct sf_delivery *s = of(group[i]);
        if (results[i] != LINK_ASK) continue;
        if (done.type == JSON_BOOL && !done.boolean) s->n_found += 2; /* thousands: nobody is one of a kind here */
        if (++s->object_at == s->config.n_objects || s->n_found > 1) results[i] = search_ended(group[i]);
    }
}

/* ---- a whole answer ---- */

static void judge_body(struct link_delivery *const *group, int n, struct str body, enum link_result *results)
{
    struct arena *a = arena_create(4096);
    struct json_parser *p = json_parser_create();
    struct json_value root;
    enum phase phase = of(group[0])->phase;
    if (!json_parse(p, json_padded(a, body), &root, NULL))
        all_say(group, n, results, LINK_RETRY_LATER, 0, "Salesforce's answer is not JSON, or only a part of it.");
    else if (phase == PHASE_SEARCH)
        judge_found(group, n, root, results);
    else
        judge_rows(group, n, root, results);
    json_parser_destroy(&p);
    arena_destroy(&a);
}

/* The request as a whole was refused. One bad item never fails its batch: each goes alone, and the bad one is known. */
static void refused(struct link_delivery *const *group, int n, const struct fetch_answer *answer, const char *sentence,
                    enum link_result *results)
{
    struct sf_error e;
    sf_error_read(answer->body, &e);
    for (int i = 0; i < n; i++) {
        struct link_delivery *d = group[i];
        if (results[i] != LINK_ASK) continue;
        if (n > 1) {
            if (!has_mark(d, "alone")) leave_mark(d, "alone");
            results[i] =
                say(d, LINK_WAIT, "Salesforce refused a request with several records: each goes alone. %.150s", sentence);
            if (of(d)->phase == PHASE_WRITE && sf_is_about_field(e.code) && names_field(str_of(e.message), of(d)))
                results[i] = field_refused(d, e.message);
        } else if (of(d)->phase == PHASE_WRITE && *e.code) {
            results[i] = judge_error(d, e.code, e.message);
        } else {
            results[i] = say(d, LINK_PERMANENT, "%s", sentence);
        }
    }
}

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
    for (int i = 0; i < n; i++) results[i] = answer ? LINK_ASK : of(group[i])->result;
    if (!answer) {
        ask_all(sf, group, n, results);
        return;
    }
    sf_heard(sf, group[0]->connection_id, answer, group[0]->now);
    enum link_result r = sf_judge(sf, answer, sentence, sizeof sentence);
    switch (r) {
    case LINK_OK: judge_body(group, n, answer->body, results); break;
    case LINK_AUTH: renew(sf, group, n, results, group[0]); break;
    case LINK_PERMANENT: refused(group, n, answer, sentence, results); break;
    case LINK_PAUSE_DESTINATION: all_say(group, n, results, r, pause_of(answer, group[0]->now), sentence); break;
    default: all_say(group, n, results, r, 0, sentence);
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
            account,           connection,    s->drop_id,          str_make(s->remote_id.ptr, ID_CHARS),
            s->value.piece_id, s->value.code, s->value.happened_at};
        if (!tx_run(tx, Q_REMOTE_VALUE_PUT, &in, NULL)) return false;
    }
    if (s->wants_field || s->wants_check) {
        struct str name = sf_field_name(tx_arena(tx), s->drop_id);
        struct q_remote_field_put put = {account, connection, s->drop_id, s->object->name, name, FIELD_WANTED, tx_now(tx)};
        struct q_remote_field_again again = {
            account, connection, s->drop_id, s->object->name, s->wants_field ? FIELD_WANTED : FIELD_READY, tx_now(tx)};
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
                                .window = COLLECTION_MAX,
                                .load = load,
                                .settle = settle,
                                .gather_most = COLLECTION_MAX,
                                .joins = joins,
                                .step_all = step_all,
                                .ctx = s};
    return &s->link;
}
