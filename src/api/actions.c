/* actions.c: actions that a user of another system waits for: Send Campaign Mail (links/kizen). The request is held while it is tried, for
 * action.patience at most, without a thread of the pool. */
#include "api/api_private.h"
#include "api/body.h"
#include "api/page.h"
#include "links/kizen/kizen.h"
#include "base/buf.h"
#include "base/text.h"

/* ---- the request ---- */

struct action_body {
    int64_t connection_id;
    struct str endpoint, contact_id;
};

static bool check(const struct action_body *b, struct json_value contact, struct fault *f)
{
    bool comes_along = contact.type == JSON_OBJECT;
    if (!b->endpoint.len) return fault_user(f, 400, "endpoint is required: the campaign's.");
    if (b->endpoint.len > 200) return fault_user(f, 400, "endpoint is longer than 200 bytes.");
    if (contact.type > JSON_NULL && !comes_along)
        return fault_user(f, 400, "contact must be an object of the contact's fields.");
    if (b->contact_id.len > 200) return fault_user(f, 400, "contact_id is longer than 200 bytes.");
    if (b->connection_id != DB_NULL && b->connection_id <= 0)
        return fault_user(f, 400, "connection_id must be the number of a connection to Kizen.");
    if (comes_along || (b->contact_id.len && b->connection_id > 0)) return true;
    return fault_user(f, 400, "Give the contact itself as contact, or contact_id and the connection_id to read it with.");
}

static bool action_read(struct http_exchange *x, struct kizen_action *k, struct fault *f)
{
#define AT(member) offsetof(struct action_body, member)
    static const struct body_field fields[] = {
        {"connection_id", NULL, BODY_INT, false, AT(connection_id)},
        {"endpoint", NULL, BODY_TEXT, false, AT(endpoint)},
        {"contact_id", NULL, BODY_TEXT, false, AT(contact_id)},
    };
#undef AT
    struct action_body b;
    struct json_value root, contact;
    struct arena *a = http_arena(x);
    if (!body_parse(x, false, &root, f) || !body_read(root, a, fields, sizeof fields / sizeof *fields, &b, f)) return false;
    b.endpoint = str_trim(b.endpoint);
    b.contact_id = str_trim(b.contact_id);
    contact = json_get(root, "contact");
    if (!check(&b, contact, f)) return false;
    k->arena = a;
    k->account = api_account(x);
    memcpy(k->key, api_caller(x)->key_hint, sizeof k->key);
    k->connection_id = b.connection_id == DB_NULL ? 0 : b.connection_id;
    k->endpoint = arena_str(a, b.endpoint);
    if (b.contact_id.len) k->contact_id = arena_str(a, b.contact_id);
    if (contact.type == JSON_OBJECT) k->contact = json_value_text(a, contact);
    return true;
}

/* ---- the answer: of what the other side said, whether, as what, after how many tries and when ---- */

static void write_missing(struct json_out *j, struct str names)
{
    json_array(j, "missing_fields");
    while (names.len) {
        struct str name = str_trim(str_cut(names, ',', &names));
        if (name.len) json_str(j, NULL, name);
    }
    json_end(j);
}

static void write_outcome(struct json_out *j, const struct kizen_action *k)
{
    json_int(j, "action_id", k->action_id);
    json_strz(j, "outcome", action_outcome_word(k->outcome));
    reply_int(j, "last_status", k->status ? k->status : DB_NULL);
    json_int(j, "tries", k->tries);
    json_int(j, "took_ms", k->took_ms);
}

static void write_failure(struct json_out *j, const struct kizen_action *k)
{
    json_object(j, "error");
    json_strz(j, "message", k->why.text);
    json_int(j, "status_code", kizen_action_status(k));
    json_strz(j, "code", action_outcome_word(k->outcome));
    json_int(j, "tries", k->tries);
    reply_int(j, "last_status", k->status ? k->status : DB_NULL);
    if (k->outcome == ACTION_MISSING) write_missing(j, k->missing);
    json_end(j);
}

static void answer(struct http_exchange *x, const struct kizen_action *k)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    if (k->outcome == ACTION_SENT) {
        write_outcome(j, k);
        json_time(j, "send_date", k->sent_at);
        json_time(j, "send-date", k->sent_at);
    } else {
        write_failure(j, k);
    }
    json_end(j);
    reply_end(&r, kizen_action_status(k));
}

static void action_done(struct kizen_action *k)
{
    struct http_exchange *x = k->arg;
    struct http_server *server = http_server_of(x);
    answer(x, k);
    http_release(x);
    http_wake(server);
}

void handle_action_send(struct http_exchange *x)
{
    struct kizen_action *k = ARENA_NEW(http_arena(x), struct kizen_action);
    struct fault f;
    if (!api_takes_mail(x, &k->why)) {
        k->outcome = ACTION_UNSENT;
        answer(x, k);
        return;
    }
    if (request_failed(x, action_read(x, k, &f), &f)) return;
    k->done = action_done;
    k->arg = x;
    http_hold(x);
    kizen_action_begin(api_caller(x)->api->config.kizen, k); /* from here on x may be gone */
}

/* ---- to look at ---- */

void handle_actions_get(struct http_exchange *x)
{
    struct action_row *rows;
    struct fault f;
    int64_t before, limit;
    if (!request_number(x, "before", 0, 1, INT64_MAX, &before) ||
        !request_rows(x, LIMIT_API_BATCH_ROWS, LIMIT_API_PAGE_ROWS, &limit))
        return;
    int n = action_page(api_store(x), http_arena(x), api_account(x), before, (int)limit, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) {
        const struct action_row *row = &rows[i];
        json_object(j, NULL);
        json_int(j, "action_id", row->action_id);
        json_time(j, "created_date", row->at);
        json_strz(j, "action", "send-campaign-mail");
        reply_int(j, "connection_id", row->connection_id);
        json_str(j, "contact_id", row->subject);
        json_str(j, "endpoint", row->endpoint);
        json_strz(j, "outcome", action_outcome_word(row->outcome));
        reply_int(j, "last_status", row->status);
        json_int(j, "tries", row->tries);
        json_int(j, "took_ms", row->took_ms);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}
