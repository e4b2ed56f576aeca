/* webhooks.c: webhooks of drops in the hosted service's way (specs: postalytics-api §9). A path or body that names a drop means its newest
 * webhook; numbers from 1,000,000,000 up are webhooks'. */
#include "api/page.h"
#include "api/subscription_body.h"
#include "base/clock.h"
#include "mail/campaign.h"

static struct hooks webhooks(struct http_exchange *x)
{
    struct hooks h = api_hooks(x);
    h.only_webhooks = true;
    return h;
}

/* ---- showing ---- */

/* The endpoint of its drop; of a drop that was deleted, and of all drops, there is none. */
static struct str endpoint_of(struct http_exchange *x, const struct subscription *s)
{
    struct drop d;
    struct fault f;
    bool ok = s->source_id && campaign_get(api_store(x), http_arena(x), api_account(x), s->source_id, &d, NULL, &f);
    return ok ? d.endpoint : STR_NULL;
}

static void webhook_json(struct http_exchange *x, struct json_out *j, const struct subscription *s)
{
    json_object(j, NULL);
    json_int(j, "id", s->subscription_id);
    json_int(j, "campaign_id", s->source_id);
    json_str(j, "campaign_name", s->name);
    json_str(j, "url", s->address);
    json_int(j, "is_subscribed", s->is_enabled);
    json_int(j, "is_enabled", s->is_enabled);
    json_str(j, "endpoint_id", endpoint_of(x, s));
    json_time(j, "created_date", s->created_at);
    json_str(j, "name", s->name);
    json_time(j, "updated_date", s->updated_at);
    json_int(j, "destination_id", s->destination_id);
    subscription_events_json(j, s);
    json_end(j);
}

void handle_webhooks_get(struct http_exchange *x)
{
    struct hooks hooks = webhooks(x);
    struct subscription *rows;
    struct page_range page;
    struct fault f;
    int shown;
    if (!page_request_open(x, &page)) return;
    int n = hook_all(&hooks, api_account(x), EVENT_DROP, 0, http_arena(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--) webhook_json(x, j, &rows[i++]);
    json_end(j);
    reply_end(&r, 200);
}

void handle_webhook_get(struct http_exchange *x)
{
    struct hooks hooks = webhooks(x);
    struct hook h;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "webhook", &id)) return;
    if (request_failed(x, hook_get(&hooks, api_account(x), id, http_arena(x), &h, &f), &f)) return;
    struct reply r;
    webhook_json(x, reply_begin(&r, x), &h.s);
    reply_end(&r, 200);
}

/* ---- making, changing, removing ---- */

static void hook_changed_json(struct json_out *j, const char *date_name, int64_t date, const struct hook *h,
                              const struct hook_wish *w)
{
    json_object(j, NULL);
    json_time(j, date_name, date);
    json_int(j, "id", h->s.subscription_id);
    json_int(j, "campaign_id", h->s.source_id);
    if (w) subscription_secret_json(j, h, w);
    json_end(j);
}

static void reply_hook(struct http_exchange *x, const char *date_name, int64_t date, const struct hook *h,
                       const struct hook_wish *w)
{
    struct reply r;
    hook_changed_json(reply_begin(&r, x), date_name, date, h, w);
    reply_end(&r, 200);
}

struct hook_made {
    struct hook hook;
    struct hook_wish wish;
};

static void hook_made_json(void *made, struct buf *out, bool is_kept)
{
    struct hook_made *m = made;
    struct json_out j = json_out_begin(out);
    struct hook shown = m->hook;
    if (is_kept) shown.is_new_secret = false;
    hook_changed_json(&j, "created_date", shown.s.created_at, &shown, &m->wish);
    json_out_end(&j);
}

void handle_webhook_post(struct http_exchange *x)
{
    struct hooks hooks = webhooks(x);
    struct hook_made *made = ARENA_NEW(http_arena(x), struct hook_made);
    struct hook_wish *w = &made->wish;
    struct subscription_body b;
    struct json_value root;
    struct fault f;
    struct once once;
    if (!once_begin(&once, x, hook_made_json, made)) return;
    w->source = EVENT_DROP;
    bool ok = body_parse(x, false, &root, &f) && subscription_read(x, root, &b, w, &f);
    if (ok && (w->source_id == DB_NULL || w->source_id <= 0)) ok = fault_user(&f, 400, "campaign_id is required.");
    if (ok && !w->url.ptr) ok = fault_user(&f, 400, "url is required.");
    ok = ok && hook_add(&hooks, api_account(x), w, http_arena(x), &made->hook, &f);
    once_reply(&once, ok, &f);
}

/* The path's number wins; without one the body's id, or the drop that it names. */
static void put(struct http_exchange *x, int64_t id)
{
    struct hooks hooks = webhooks(x);
    struct hook_wish w = {.source = EVENT_DROP};
    struct subscription_body b;
    struct json_value root;
    struct hook h;
    struct fault f;
    bool ok = body_parse(x, id > 0, &root, &f) && subscription_read(x, root, &b, &w, &f);
    if (ok && !id) {
        id = b.id == DB_NULL ? b.source_id : b.id;
        if (b.id == DB_NULL) w.source_id = DB_NULL;
        if (id == DB_NULL || id <= 0) ok = fault_user(&f, 400, "campaign_id is required.");
    }
    if (ok && id == w.source_id) w.source_id = DB_NULL;
    ok = ok && hook_change(&hooks, api_account(x), id, &w, http_arena(x), &h, &f);
    if (!request_failed(x, ok, &f)) reply_hook(x, "updated_date", h.s.updated_at, &h, &w);
}

void handle_webhooks_put(struct http_exchange *x) { put(x, 0); }

void handle_webhook_put(struct http_exchange *x)
{
    int64_t id;
    if (request_id(x, "id", "webhook", &id)) put(x, id);
}

void handle_webhook_delete(struct http_exchange *x)
{
    struct hooks hooks = webhooks(x);
    struct hook h;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "webhook", &id)) return;
    bool ok = hook_remove(&hooks, api_account(x), id, http_arena(x), &h, &f);
    if (!request_failed(x, ok, &f)) reply_hook(x, "deleted_date", clock_now_ms(), &h, NULL);
}
