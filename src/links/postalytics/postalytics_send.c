/* postalytics_send.c: one piece through a connection, once. What an answer means is a table of cases (specs: crm-apis §3.2): a request of
 * which no byte left, and an answer that says "not now", may be repeated; silence after the request left may not; a 2xx without a send
 * date is a failure that is not repeated, because a piece may have come of it. */
#include "links/postalytics/postalytics_private.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/url.h"

/* The body as a send's answer: its send date as text; STR_NULL: it is none. */
static struct str sent_on(struct json_value root, struct arena *a, struct str *remote_id)
{
    struct json_value date = json_get(root, "send_date"), id = json_get(root, "contact_id");
    if (date.type != JSON_STRING || !date.string.len) date = json_get(root, "send-date");
    if (id.type == JSON_INT) *remote_id = str_of(arena_printf(a, "%lld", (long long)id.integer));
    return date.type == JSON_STRING && date.string.len ? date.string : STR_NULL;
}

static enum sender_outcome read_success(struct json_parser *parser, struct arena *a, const struct connector_answer *answer,
                                        struct sender_piece *p)
{
    struct json_value root;
    bool is_object =
        !answer->is_cut && json_parse(parser, json_padded(a, answer->body), &root, NULL) && root.type == JSON_OBJECT;
    if (is_object && sent_on(root, a, &p->remote_id).ptr) {
        p->sent_at = clock_now_ms();
        return SENDER_SENT;
    }
    fault_remote(
        &p->why,
        "Postalytics answered %d, but not with a send date, so it is not known whether the piece was made. Look at the "
        "campaign there before you send it again.",
        answer->status);
    return SENDER_UNKNOWN;
}

/* No whole answer. */
static enum sender_outcome read_silence(const struct connector_answer *answer, struct sender_piece *p)
{
    if (!answer->was_sent) return SENDER_TRANSIENT; /* *why is what connector_call said */
    fault_remote(
        &p->why,
        "Postalytics did not answer after it had the request, so it is not known whether the piece was made. Look at the "
        "campaign there before you send it again.");
    return SENDER_UNKNOWN;
}

enum sender_outcome postalytics_send_outcome(struct json_parser *parser, struct arena *a, const struct connector_answer *answer,
                                             struct sender_piece *p)
{
    p->retry_after_ms = answer->retry_after_ms;
    p->status = answer->error == FETCH_OK ? answer->status : 0;
    if (answer->error == FETCH_REFUSED) return SENDER_REFUSED;
    if (answer->error != FETCH_OK) return read_silence(answer, p);
    if (answer->status >= 200 && answer->status <= 299) return read_success(parser, a, answer, p);
    fault_remote(&p->why, "%s", answer->sentence);
    return connector_is_for_now(answer->status) ? SENDER_TRANSIENT : SENDER_REFUSED;
}

static struct fetch_ask ask_of(struct sender_piece *p, struct arena *a)
{
    struct fetch_ask ask = {
        .method = "POST", .body = sender_body(a, p->values), .timeout_ms = (int)limit_get(LIMIT_POSTALYTICS_TRY_MS)};
    ask.url = str_of(arena_printf(a, "/v1/send/%.*s", STR_ARG(url_encoded(a, p->endpoint))));
    ask.headers[ask.n_headers++] = STR("Content-Type: application/json");
    if (p->try_key.ptr) ask.headers[ask.n_headers++] = str_of(arena_printf(a, "Idempotency-Key: %.*s", STR_ARG(p->try_key)));
    return ask;
}

enum sender_outcome postalytics_send(struct postalytics *pl, struct sender_piece *p, struct arena *a)
{
    struct connection c;
    struct connector_answer answer = {.retry_after_ms = -1};
    p->retry_after_ms = -1;
    p->status = 0;
    if (!connection_get(pl->house->store, pl->house->seal, a, p->account, p->connection_id, &c, &p->why))
        return p->why.whose == FAULT_USER ? SENDER_REFUSED : SENDER_TRANSIENT;
    if (c.kind != POSTALYTICS_NUMBER)
        return fault_user(&p->why, 409, "Connection %lld is not one to Postalytics.", (long long)p->connection_id),
               SENDER_REFUSED;
    struct fetch_ask ask = ask_of(p, a);
    bool is_answered = connector_call_by(pl->house, &pl->connector, &c, &ask, p->until_mono, a, &answer, &p->why);
    if (!is_answered && answer.error == FETCH_OK) /* it was not asked at all */
        return p->why.whose == FAULT_REMOTE ? SENDER_TRANSIENT : SENDER_REFUSED;
    struct json_parser *parser = json_parser_create();
    enum sender_outcome out = postalytics_send_outcome(parser, a, &answer, p);
    json_parser_destroy(&parser);
    return out;
}
