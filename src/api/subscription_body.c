/* subscription_body.c: see subscription_body.h. Called by handlers on the pool: the guard asks for names. */
#include "api/subscription_body.h"
#include "base/utf8.h"
#include "links/webhook/webhook.h"
#include "postal/status.h"

struct hooks api_hooks(struct http_exchange *x)
{
    const struct api_config *c = &api_caller(x)->api->config;
    return (struct hooks){c->store, c->outbox, c->webhook, false, c->mailing};
}

const char *event_source_word(enum event_source source)
{
    return source == EVENT_LIST ? "list" : source == EVENT_CONNECTION ? "connection" : "drop";
}

/* ---- events ---- */

/* -1: no such event. */
static int event_code(enum event_source source, struct json_value v)
{
    if (source == EVENT_LIST) {
        int code = v.type == JSON_STRING ? list_event_by_name(v.string) : list_event_find(v.integer) ? (int)v.integer : 0;
        return code ? code : -1;
    }
    const struct status_def *s = v.type == JSON_STRING ? status_by_name(v.string) : status_find(v.integer);
    return s ? (int)s->code : -1;
}

static bool read_events(struct json_value root, struct hook_wish *w, struct fault *f)
{
    struct json_value events = json_get(root, "events"), v;
    struct json_iter it = {0};
    if (events.type <= JSON_NULL) return true;
    if (events.type != JSON_ARRAY) return fault_user(f, 400, "events must be an array of names or codes.");
    w->has_codes = true;
    while (json_next(events, &it, NULL, &v)) {
        int code = v.type == JSON_STRING || v.type == JSON_INT ? event_code(w->source, v) : -1;
        if (code < 0 && v.type == JSON_STRING)
            return fault_user(f, 400, "events: \"%.*s\" is no event of a %s.", STR_ARG(v.string), event_source_word(w->source));
        if (code < 0) return fault_user(f, 400, "events must be an array of names or codes.");
        w->codes |= UINT64_C(1) << code;
    }
    return w->codes ||
           fault_user(f, 400,
                      "events is empty: nothing would ever be told. Name at least one, leave events away for all of "
                      "them, or say \"is_enabled\": false to have a rest.");
}

void subscription_events_json(struct json_out *j, const struct subscription *s)
{
    json_array(j, "events");
    for (int code = 0; code < 63; code++) {
        if (!(s->codes >> code & 1)) continue;
        const struct status_def *status = s->source != EVENT_LIST ? status_find(code) : NULL;
        const struct list_event_def *of_list = s->source == EVENT_LIST ? list_event_find(code) : NULL;
        if (status) json_strz(j, NULL, status->crm);
        if (of_list) json_strz(j, NULL, of_list->name);
    }
    json_end(j);
}

/* ---- the rest ---- */

static bool check(struct http_exchange *x, struct subscription_body *b, struct fault *f)
{
    size_t most = (size_t)limit_get(LIMIT_NAME_MAX_CHARACTERS);
    if (b->name.ptr && b->name.len > most * 4) return fault_user(f, 400, "The name is longer than %zu characters.", most);
    if (utf8_has_control(b->name)) return fault_user(f, 400, "The name holds a control character.");
    int64_t longest = limit_get(LIMIT_SUBSCRIPTION_DELAY_S);
    if (b->delay_s != DB_NULL && (b->delay_s < 0 || b->delay_s > longest))
        return fault_user(f, 400, "delay_s must be a number from 0 to %lld (%lld days).", (long long)longest,
                          (long long)longest / 86400);
    if (b->secret.ptr && !webhook_secret_check(b->secret, f)) return false;
    return !b->url.ptr || address_guard_url(api_caller(x)->api->config.guard, b->url, f);
}

bool subscription_read(struct http_exchange *x, struct json_value root, struct subscription_body *b, struct hook_wish *w,
                       struct fault *f)
{
#define AT(member) offsetof(struct subscription_body, member)
    static const struct body_field fields[] = {
        {"campaign_id", "source_id", BODY_INT, false, AT(source_id)},
        {"id", NULL, BODY_INT, false, AT(id)},
        {"delay_s", NULL, BODY_INT, false, AT(delay_s)},
        {"url", "address", BODY_TEXT, false, AT(url)},
        {"campaign_name", "name", BODY_TEXT, false, AT(name)},
        {"secret", NULL, BODY_TEXT, false, AT(secret)},
        {"is_subscribed", "is_enabled", BODY_FLAG, false, AT(is_enabled)},
    };
#undef AT
    if (!body_read(root, http_arena(x), fields, sizeof fields / sizeof *fields, b, f)) return false;
    if (b->url.ptr) b->url = str_trim(b->url);
    if (!read_events(root, w, f) || !check(x, b, f)) return false;
    w->source_id = b->source_id;
    w->name = b->name.ptr ? arena_str(http_arena(x), b->name) : STR_NULL;
    w->url = b->url.ptr ? arena_str(http_arena(x), b->url) : STR_NULL;
    w->secret = b->secret.ptr ? arena_str(http_arena(x), b->secret) : STR_NULL;
    w->is_enabled = b->is_enabled;
    w->delay_ms = b->delay_s == DB_NULL ? DB_NULL : b->delay_s * 1000;
    w->new_secret = webhook_secret_make(http_arena(x));
    return true;
}

void subscription_secret_json(struct json_out *j, const struct hook *h, const struct hook_wish *w)
{
    json_str(j, "secret", h->is_new_secret ? w->new_secret : STR_NULL);
}
