/* call.c: see call.h. Waits on the caller's thread, for the pace in small steps. */
#include "links/call.h"
#include "links/tokens.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/redact.h"
#include "base/utf8.h"
#include <unistd.h>

static bool wait_for_pace(const struct connector *c, int64_t connection_id, int64_t until_mono, struct fault *f)
{
    int64_t until = clock_mono_ms() + limit_get(LIMIT_CONNECTOR_PATIENCE_S) * 1000, at;
    if (until_mono && until_mono < until) until = until_mono;
    while (c->pace && (at = c->pace(c->ctx, connection_id, clock_now_ms())) != 0) {
        int64_t wait = at - clock_now_ms();
        if (clock_mono_ms() + wait > until)
            return fault_remote(f, "%s takes no more requests of this connection for %lld s.", c->title,
                                (long long)(wait / 1000));
        usleep((useconds_t)(wait > 50 ? 50000 : wait > 1 ? wait * 1000 : 1000));
    }
    return true;
}

static bool fit(const struct connector *c, int64_t until_mono, struct fetch_ask *ask, struct fault *f)
{
    int64_t left = until_mono - clock_mono_ms();
    if (!until_mono) return true;
    if (left < limit_get(LIMIT_CONNECTOR_LEAST_MS))
        return fault_remote(f, "%s was not asked: no time was left for it. Try again in a minute.", c->title);
    if (ask->timeout_ms > left) ask->timeout_ms = (int)left;
    return true;
}

static bool authorise(const struct link_house *h, const struct connector *c, struct connection *to, struct fetch_ask *ask,
                      struct arena *a, struct fault *f)
{
    struct fetch_ask bare = *ask;
    if (to->is_sealed_shut)
        return fault_user(f, 409, "The connection's secrets do not open with this house's key. Save it again.");
    for (int i = 0; i < 2; i++) {
        *ask = bare;
        switch (c->authorise(c->ctx, to, a, clock_now_ms(), ask, f)) {
        case AUTHORISED: return true;
        case AUTHORISE_CANNOT: return false;
        case AUTHORISE_RENEW:
            if (!token_renew_now(h->tokens, c, to, a, f)) return false;
        }
    }
    return fault_user(f, 409, "%s gave a token that is over already. Look at this machine's clock.", c->title);
}

/* What the other side says is used, shown and kept without what it was told. */
static void redact(const struct connection *to, const struct fetch_ask *ask, struct arena *a, struct fetch_answer *answer,
                   struct connector_answer *out)
{
    struct redaction r = redaction_begin(a);
    redaction_add_json(&r, to->secrets);
    for (int i = 0; i < ask->n_headers; i++) redaction_add_header(&r, ask->headers[i]);
    redaction_run_in(&r, out->sentence, sizeof out->sentence);
    utf8_line(out->sentence, sizeof out->sentence, str_of(out->sentence));
    redaction_run_in(&r, answer->sentence, sizeof answer->sentence);
    utf8_line(answer->sentence, sizeof answer->sentence, str_of(answer->sentence));
    answer->head = redaction_run(&r, answer->head);
    answer->body = redaction_run(&r, answer->body);
}

bool connector_is_for_now(int status)
{
    return status == 408 || status == 425 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

/* Is it for the token's age that it was refused? 403: the token is known, and a new one would have the same rights. Any other status may say so
 * (SOAP: 500). One that has only just been made is not over. */
static bool may_be_over(const struct link_house *h, const struct connector *c, const struct connection *to,
                        const struct fetch_answer *answer)
{
    if (!c->renew_ask || answer->status == 403) return false;
    if (c->lacks_scope && c->lacks_scope(c->ctx, answer)) return false;
    return !token_is_young(h->tokens, to);
}

bool connector_call(const struct link_house *h, const struct connector *c, struct connection *to, struct fetch_ask *ask,
                    struct arena *a, struct connector_answer *out, struct fault *f)
{
    return connector_call_by(h, c, to, ask, 0, a, out, f);
}

bool connector_call_by(const struct link_house *h, const struct connector *c, struct connection *to, struct fetch_ask *ask,
                       int64_t until_mono, struct arena *a, struct connector_answer *out, struct fault *f)
{
    struct fetch_ask bare = *ask;
    struct fetch_answer answer;
    *out = (struct connector_answer){.retry_after_ms = -1};
    for (int tries = 0; tries < 2; tries++) {
        *ask = bare;
        ask->is_guarded = true;
        if (!ask->timeout_ms) ask->timeout_ms = (int)limit_get(LIMIT_CONNECTOR_TIMEOUT_S) * 1000;
        if (!ask->max_answer) ask->max_answer = limit_get(LIMIT_CONNECTOR_MAX_ANSWER_BYTES);
        if (!authorise(h, c, to, ask, a, f) || !wait_for_pace(c, to->connection_id, until_mono, f) ||
            !fit(c, until_mono, ask, f))
            return false;
        fetch_now(h->fetcher, a, ask, &answer);
        if (c->heard) c->heard(c->ctx, to->connection_id, &answer, clock_now_ms());
        out->result = c->judge(c->ctx, &answer, out->sentence, sizeof out->sentence);
        redact(to, ask, a, &answer, out);
        out->error = answer.error;
        out->was_sent = answer.was_sent;
        out->is_cut = answer.is_cut;
        out->retry_after_ms = fetch_retry_after_ms(&answer, clock_now_ms());
        out->is_young = out->result == LINK_AUTH && answer.status == 401 && token_is_young(h->tokens, to);
        if (out->result != LINK_AUTH || tries > 0 || !may_be_over(h, c, to, &answer)) break;
        if (!token_renew_now(h->tokens, c, to, a, f)) return false;
    }
    if (answer.error == FETCH_REFUSED) return fault_user(f, 400, "%s", answer.sentence);
    if (answer.error != FETCH_OK) return fault_remote(f, "%s: %s.", c->title, answer.sentence);
    out->status = answer.status;
    out->body = answer.body;
    out->head = answer.head;
    out->content_type = fetch_header(&answer, "Content-Type");
    return true;
}
