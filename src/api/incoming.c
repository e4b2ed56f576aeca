/* incoming.c: requests that the other side of a connection makes here, and the token that lets it. The connector reads a request; the
 * pieces that it asks for are checked as those of POST /api/v1/send are, and durable before the connector's answer goes out. */
#include "api/connection_body.h"
#include "api/pace.h"
#include "api/person.h"
#include "api/visitor.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/log.h"
#include "links/incoming.h"

/* ---- the token ---- */

static const struct connector *find(struct http_exchange *x, int64_t *id)
{
    struct connection c;
    struct fault f;
    const struct connector *d = NULL;
    if (!request_id(x, "id", "connection", id)) return NULL;
    if (connection_get(api_store(x), NULL, http_arena(x), api_account(x), *id, &c, &f)) d = api_connector(x, c.kind, &f);
    if (d && !d->hook) {
        fault_user(&f, 409, "%s makes no requests here.", d->title);
        d = NULL;
    }
    request_failed(x, d != NULL, &f);
    return d;
}

void handle_connection_hook_post(struct http_exchange *x)
{
    struct reply r;
    struct str token;
    struct fault f;
    int64_t id;
    const struct connector *d = find(x, &id);
    if (!d ||
        request_failed(x, incoming_token_make(api_links(x), api_account(x), id, d->keeps_token, http_arena(x), &token, &f), &f))
        return;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "connection_id", id);
    json_str(j, "token", token);
    const char *path = arena_printf(http_arena(x), "/v1/hooks/%s/%.*s", d->name, STR_ARG(token));
    const char *base = setting_get(SETTING_PUBLIC_BASE); /* without one nobody here knows how the world reaches us */
    json_strz(j, "path", path);
    json_strz(j, "url", *base ? arena_printf(http_arena(x), "%s%s", base, path) : NULL);
    json_time(j, "created_date", clock_now_ms());
    json_end(j);
    http_add_header(x, "Cache-Control", "no-store");
    reply_end(&r, 200);
}

void handle_connection_hook_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "connection", &id)) return;
    if (request_failed(x, incoming_token_remove(api_links(x), api_account(x), id, &f), &f)) return;
    reply_done(x, "deleted_date", "connection_id", id);
}

/* ---- the pieces ---- */

struct request {
    struct http_exchange *x;
    const struct connector *connector;
    struct connection connection;
    struct str token;
    struct hook_send asked[HOOK_SENDS_MAX];
    struct incoming_piece pieces[HOOK_SENDS_MAX];
    int n, first_refused /* -1: none */;
    struct fault why; /* of it */
};

static bool read_piece(struct request *r, const struct hook_send *asked, struct incoming_piece *p, struct json_parser *parser,
                       struct fault *f)
{
    struct arena *a = http_arena(r->x);
    struct json_value root;
    struct person person;
    if (!asked->endpoint.len) return fault_user(f, 400, "The request names no campaign (its endpoint).");
    if (!json_parse(parser, json_padded(a, asked->body), &root, f) || !person_read(root, a, &person, f)) return false;
    send_take_person(&p->send, a, &person);
    p->send.account = r->connection.account_id;
    p->send.endpoint = asked->endpoint;
    if (asked->remote_id.len) p->send.source_ref = source_ref_write(a, r->connection.connection_id, asked->remote_id);
    memcpy(p->send.key, r->token.ptr + r->token.len - 4, 4);
    p->repeat_id = asked->repeat_id.len ? asked->repeat_id : STR_NULL;
    return send_prepare(api_mail(r->x), &p->send, a, f);
}

/* One that cannot be sent leaves the others alone; what is not its own fault stops them all. */
static bool read_pieces(struct request *r, struct fault *f)
{
    struct json_parser *parser = json_parser_create();
    bool ok = true;
    r->first_refused = -1;
    for (int i = 0; i < r->n && ok; i++) {
        struct incoming_piece *p = &r->pieces[i];
        if (read_piece(r, &r->asked[i], p, parser, f)) continue;
        ok = f->whose == FAULT_USER;
        p->is_refused = true;
        if (!ok || r->first_refused >= 0) continue;
        r->first_refused = i;
        r->why = *f;
    }
    json_parser_destroy(&parser);
    return ok;
}

/* ---- the request ---- */

static struct str header_of(const struct hook_call *h, const char *name)
{
    return http_header((struct http_exchange *)(uintptr_t)h->request, name);
}

/* Wrong tokens have a pace. A good one is never held back for others' wrong ones: many accounts there share one address. */
static void refuse_token(struct http_exchange *x, const struct fault *f)
{
    uint8_t address[16];
    visitor_address(x, address);
    int64_t wait = f->whose != FAULT_USER ? 0
                                          : pace_take(api_caller(x)->api->hook_pace, address,
                                                      limit_get(LIMIT_INCOMING_WRONG_PER_MINUTE), clock_mono_ms());
    if (!wait) {
        http_fail_fault(x, f);
        return;
    }
    http_add_header(x, "Retry-After", arena_printf(http_arena(x), "%lld", (long long)(wait + 999) / 1000));
    http_fail(x, 429, "Too many requests. Try again in a minute.");
}

static bool open_request(struct request *r)
{
    const struct api_config *c = &api_caller(r->x)->api->config;
    struct fault f;
    r->connector = connector_find(c->connectors, c->n_connectors, http_param(r->x, "connector"));
    bool ok = r->connector && r->connector->hook
                  ? incoming_connection(c->links, r->connector, r->token, http_arena(r->x), &r->connection, &f)
                  : fault_user(&f, 404, "There is nothing at this address.");
    if (!ok) refuse_token(r->x, &f);
    return ok;
}

/* So that whoever wonders why nothing is mailed can see it. */
static void fail(struct request *r, const struct fault *f)
{
    struct fault later;
    if (f->whose == FAULT_USER && f->status < 500 && !incoming_note(api_links(r->x), &r->connection, f->text, &later))
        log_warning("api", "A refused request to connection %lld could not be noted: %s",
                    (long long)r->connection.connection_id, later.text);
    http_fail_fault(r->x, f);
}

static bool take(struct request *r, struct hook_answer *answer, struct fault *f)
{
    struct hook_call call = {.arena = http_arena(r->x),
                             .connection = &r->connection,
                             .body = http_body(r->x),
                             .header = header_of,
                             .request = r->x,
                             .now = clock_now_ms()};
    if (!api_takes_mail(r->x, f)) return false;
    r->n = r->connector->hook(r->connector->ctx, &call, r->asked, answer, f);
    if (r->n < 0) return false;
    if (!answer->content_type) *answer = (struct hook_answer){"application/json", STR("{}")};
    ASSERT(r->n <= HOOK_SENDS_MAX);
    if (!read_pieces(r, f)) return false;
    if (r->n > 0 && !incoming_take(api_links(r->x), &r->connection, r->pieces, r->n, f)) return false;
    if (r->first_refused < 0) return true;
    *f = r->why;
    if (r->n == 1) return false;
    return fault_user(f, r->why.status, "Number %d of %d cannot be mailed, the others are: %.400s", r->first_refused + 1, r->n,
                      r->why.text);
}

void handle_hook_post(struct http_exchange *x)
{
    struct request *r = ARENA_NEW(http_arena(x), struct request);
    struct hook_answer answer = {0};
    struct fault f;
    r->x = x;
    r->token = http_param(x, "token");
    if (!open_request(r)) return;
    if (take(r, &answer, &f))
        http_answer(x, 200, answer.content_type, answer.body);
    else
        fail(r, &f);
}
