/* subscriptions.c: who is told of which events of drops and lists, in our own way: webhooks.c is the hosted service's view of those of
 * drops. A secret belongs to an address: it is shown once, and again only when it is replaced. Events go to an address or to a connection. */
#include "api/page.h"
#include "api/connection_body.h"
#include "api/subscription_body.h"
#include "links/mailing/mailing.h"
#include "links/webhook/webhook.h"

static bool read_source(struct str word, enum event_source *out, struct fault *f)
{
    *out = EVENT_DROP;
    if (!word.ptr || str_is_empty(word) || str_eq_nocase(word, STR("drop"))) return true;
    *out = EVENT_LIST;
    if (str_eq_nocase(word, STR("list"))) return true;
    *out = EVENT_CONNECTION;
    if (str_eq_nocase(word, STR("connection"))) return true;
    return fault_user(f, 400, "source must be \"drop\", \"list\" or \"connection\".");
}

static void subscription_json(struct json_out *j, const struct hook *h, const struct hook_wish *w)
{
    const struct subscription *s = &h->s;
    json_object(j, NULL);
    json_int(j, "subscription_id", s->subscription_id);
    json_str(j, "name", s->name);
    json_strz(j, "source", event_source_word(s->source));
    json_int(j, "source_id", s->source_id);
    subscription_events_json(j, s);
    bool is_send = s->link == MAILING_NUMBER;
    json_str(j, "url", s->connection_id == DB_NULL && !is_send ? s->address : STR_NULL);
    json_int(j, "destination_id", s->destination_id);
    json_int(j, "delay_s", s->delay_ms / 1000);
    json_bool(j, "is_enabled", s->is_enabled);
    json_time(j, "created_date", s->created_at);
    json_time(j, "updated_date", s->updated_at);
    reply_int(j, "connection_id", s->connection_id);
    json_raw(j, "settings", s->settings.len && !is_send ? s->settings : STR("{}"));
    if (is_send)
        json_raw(j, "send", s->settings);
    else
        json_null(j, "send");
    if (w) subscription_secret_json(j, h, w);
    json_end(j);
}

static void reply_one(struct http_exchange *x, const struct hook *h, const struct hook_wish *w)
{
    struct reply r;
    subscription_json(reply_begin(&r, x), h, w);
    reply_end(&r, 200);
}

/* With connection_id those that are told to it: of one source when that is said, else of all. 404: no such connection. */
static int read_rows(struct http_exchange *x, enum event_source source, int64_t source_id, int64_t connection_id,
                     struct subscription **rows, struct fault *f)
{
    struct hooks hooks = api_hooks(x);
    struct arena *a = http_arena(x);
    struct connection c;
    int kept = 0;
    if (!connection_id) return hook_all(&hooks, api_account(x), source, source_id, a, rows, f);
    if (!connection_get(api_store(x), NULL, a, api_account(x), connection_id, &c, f)) return -1;
    if (!http_query(x, "source").ptr && !source_id)
        return subscription_all_to(api_store(x), a, api_account(x), connection_id, rows, f);
    int n = hook_all(&hooks, api_account(x), source, source_id, a, rows, f);
    for (int i = 0; i < n; i++)
        if ((*rows)[i].connection_id == connection_id) (*rows)[kept++] = (*rows)[i];
    return n < 0 ? n : kept;
}

void handle_subscriptions_get(struct http_exchange *x)
{
    enum event_source source;
    struct subscription *rows;
    struct page_range page;
    struct fault f;
    int64_t source_id, connection_id;
    int shown;
    if (!page_request_open(x, &page) || !request_number(x, "source_id", 0, 0, INT64_MAX, &source_id) ||
        !request_number(x, "connection_id", 0, 1, INT64_MAX, &connection_id) ||
        request_failed(x, read_source(http_query(x, "source"), &source, &f), &f))
        return;
    int n = read_rows(x, source, source_id, connection_id, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--) subscription_json(j, &(struct hook){rows[i++], false}, NULL);
    json_end(j);
    reply_end(&r, 200);
}

/* "send": what an event sends instead of being told somewhere. */
static bool read_send(struct http_exchange *x, struct json_value root, struct hook_wish *w, struct fault *f)
{
    struct json_value send = json_get(root, "send");
    struct mailing_settings settings;
    if (send.type == JSON_MISSING || send.type == JSON_NULL) return true;
    if (w->url.ptr || w->secret.ptr || w->connection_id)
        return fault_user(f, 400,
                          "An event goes to a url, to a connection, or sends mail: say one of url, connection_id and send.");
    if (!mailing_settings_read(send, http_arena(x), &settings, f)) return false;
    w->is_send = true;
    w->settings = settings.settings;
    w->url = settings.address;
    w->endpoint = settings.endpoint;
    return true;
}

struct subscription_made {
    struct hook hook;
    struct hook_wish wish;
};

static void made_json(void *arg, struct buf *out, bool is_kept)
{
    struct subscription_made *m = arg;
    struct json_out j = json_out_begin(out);
    struct hook shown = m->hook;
    if (is_kept) shown.is_new_secret = false;
    subscription_json(&j, &shown, &m->wish);
    json_out_end(&j);
}

static bool has_no_condition(struct json_value root, struct fault *f)
{
    return json_get(root, "condition").type <= JSON_NULL ||
           fault_user(f, 400, "A subscription carries no condition: it would tell of every event. Leave condition away.");
}

static bool read_new(struct http_exchange *x, struct hook_wish *w, struct fault *f)
{
    struct subscription_body b;
    struct json_value root;
    struct str word;
    if (!body_parse(x, false, &root, f) || !has_no_condition(root, f)) return false;
    if (!body_text(json_get(root, "source"), "source", http_arena(x), &word, f) || !read_source(word, &w->source, f) ||
        !subscription_read(x, root, &b, w, f) || !connection_of_subscription(x, root, w, f) || !read_send(x, root, w, f))
        return false;
    if (!w->url.ptr && !w->connection_id) return fault_user(f, 400, "url, connection_id or send is required.");
    if (w->source_id == DB_NULL) w->source_id = 0; /* of all of them */
    return w->source_id >= 0 || fault_user(f, 400, "source_id must be a number from 0 up.");
}

void handle_subscription_post(struct http_exchange *x)
{
    struct hooks hooks = api_hooks(x);
    struct subscription_made *made = ARENA_NEW(http_arena(x), struct subscription_made);
    struct once once;
    struct fault f;
    if (!once_begin(&once, x, made_json, made)) return;
    bool ok = read_new(x, &made->wish, &f) && hook_add(&hooks, api_account(x), &made->wish, http_arena(x), &made->hook, &f);
    once_reply(&once, ok, &f);
}

/* By its own number: a drop's would be its newest webhook's, which is the other surface's way. */
static bool find(struct http_exchange *x, struct hook *h)
{
    struct hooks hooks = api_hooks(x);
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "subscription", &id)) return false;
    if (request_failed(x, hook_get(&hooks, api_account(x), id, http_arena(x), h, &f), &f)) return false;
    if (h->s.subscription_id == id) return true;
    http_fail(x, 404, "There is no subscription %lld.", (long long)id);
    return false;
}

void handle_subscription_get(struct http_exchange *x)
{
    struct hook h;
    if (find(x, &h)) reply_one(x, &h, NULL);
}

/* What a subscription is cannot be changed: events of its source, to an address, to a connection, or to a campaign. To say again what it is does
 * no harm: null where it has nothing. */
static bool stays_what_it_is(struct http_exchange *x, struct json_value root, const struct subscription *s, struct fault *f)
{
    struct str word;
    enum event_source source;
    if (!body_text(json_get(root, "source"), "source", http_arena(x), &word, f)) return false;
    if (word.ptr && !read_source(word, &source, f)) return false;
    if (word.ptr && source != s->source)
        return fault_user(f, 400, "A subscription keeps its source, \"%s\": make another one.", event_source_word(s->source));
    if (json_get(root, "send").type == JSON_NULL && s->link == MAILING_NUMBER)
        return fault_user(f, 400,
                          "This subscription sends mail: say what with send, or delete it and make one that tells somebody.");
    if (json_get(root, "connection_id").type == JSON_NULL && s->connection_id != DB_NULL)
        return fault_user(f, 400, "A subscription keeps its connection: make another one.");
    return has_no_condition(root, f);
}

void handle_subscription_patch(struct http_exchange *x)
{
    struct hooks hooks = api_hooks(x);
    struct subscription_body b;
    struct json_value root;
    struct hook h;
    struct fault f;
    if (!find(x, &h)) return;
    struct hook_wish w = {.source = h.s.source};
    bool ok = body_parse(x, false, &root, &f) && stays_what_it_is(x, root, &h.s, &f) &&
              subscription_read(x, root, &b, &w, &f) &&
              connection_settings_of_subscription(x, root, h.s.connection_id, &w, &f) && read_send(x, root, &w, &f) &&
              hook_change(&hooks, api_account(x), h.s.subscription_id, &w, http_arena(x), &h, &f);
    if (!request_failed(x, ok, &f)) reply_one(x, &h, &w);
}

void handle_subscription_delete(struct http_exchange *x)
{
    struct hooks hooks = api_hooks(x);
    struct hook h;
    struct fault f;
    if (!find(x, &h)) return;
    bool ok = hook_remove(&hooks, api_account(x), h.s.subscription_id, http_arena(x), &h, &f);
    if (!request_failed(x, ok, &f)) reply_done(x, "deleted_date", "subscription_id", h.s.subscription_id);
}

/* A new secret for its address. The body may bring one: two parted by a blank sign with both while receivers change over. */
void handle_subscription_secret(struct http_exchange *x)
{
    struct hooks hooks = api_hooks(x);
    struct subscription_body b;
    struct json_value root;
    struct hook h;
    struct fault f;
    if (!find(x, &h)) return;
    struct hook_wish w = {.source = h.s.source};
    bool ok = body_parse(x, true, &root, &f) && subscription_read(x, root, &b, &w, &f), is_made = !w.secret.ptr;
    if (ok && h.s.link == MAILING_NUMBER) ok = fault_user(&f, 409, "This subscription sends mail: it has no secret.");
    if (ok && h.s.connection_id != DB_NULL)
        ok = fault_user(&f, 409, "This subscription goes to a connection: its secrets are the connection's.");
    struct hook_wish only = {.source_id = DB_NULL, .is_enabled = -1, .delay_ms = DB_NULL};
    only.secret = is_made ? w.new_secret : w.secret;
    ok = ok && hook_change(&hooks, api_account(x), h.s.subscription_id, &only, http_arena(x), &h, &f);
    if (request_failed(x, ok, &f)) return;
    h.is_new_secret = is_made;
    reply_one(x, &h, &w);
}
