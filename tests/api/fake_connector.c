/* fake_connector.c: see fake_connector.h. */
#include "fake_connector.h"
#include <stdio.h>

static const struct connector_setting settings[] = {
    {.name = "base", .is_required = true, .what = "Where it is.", .leads = true},
    {.name = "stage", .fallback = "production", .what = "Which of its systems.", .leads = true},
    {.name = "tag", .fallback = "mail", .what = "What its tags begin with.", .fills = "note"},
    {.name = "token", .is_secret = true, .is_required = true, .what = "From its settings page."},
    {.name = "second", .is_secret = true, .what = "Another secret."},
};
static const struct connector_operation operations[] = {
    {.name = "me", .method = "GET", .path = "/me", .what = "Who am I."},
    {.name = "tag_add",
     .method = "POST",
     .path = "/contacts/{contact_id}/tags",
     .query = "dry",
     .body = "tags* note",
     .what = "Adds tags."},
    {.name = "put", .method = "PUT", .path = "/things/{id}", .body = "...", .what = "Puts a thing."},
    {.name = "call", .what = "Any request.", .is_free = true},
};

static enum link_result step(void *ctx, struct link_delivery *d, const struct fetch_answer *answer)
{
    (void)ctx, (void)d, (void)answer;
    return LINK_OK;
}
static const int64_t steps[] = {0};
static const struct retry_ladder ladder = {"once", steps, 1, 0};
static const struct link_def link = {.name = "crm", .number = FAKE_NUMBER, .ladder = &ladder, .window = 1, .step = step};

static bool parse(struct arena *a, struct str text, struct json_parser *p, struct json_value *root)
{
    struct fault f;
    return json_parse(p, json_padded(a, text), root, &f);
}

static struct str text_of(struct arena *a, struct str object, const char *name)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    struct str s = STR_NULL;
    if (object.ptr && parse(a, object, p, &root) && json_get(root, name).type == JSON_STRING)
        s = arena_str(a, json_get(root, name).string);
    json_parser_destroy(&p);
    return s;
}

static bool check(void *ctx, struct json_value given, struct json_value secrets, struct fault *f)
{
    (void)ctx, (void)secrets;
    if (str_starts(json_get(given, "base").string, STR("http://"))) return true;
    return fault_user(f, 400, "settings.base must begin with http://.");
}

static bool check_subscription(void *ctx, struct json_value given, struct fault *f)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    (void)ctx;
    while (json_next(given, &it, &key, &v))
        if (!str_eq(key, STR("tag")) || v.type != JSON_STRING) return fault_user(f, 400, "settings takes tag, a text.");
    return true;
}

static enum authorised authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                                 struct fault *f)
{
    (void)ctx, (void)now;
    struct str base = text_of(a, c->settings, "base"), token = text_of(a, c->secrets, "token");
    if (str_starts(token, STR("told"))) return fault_remote(f, "Of %.*s nothing is known.", STR_ARG(token)), AUTHORISE_CANNOT;
    ask->url = str_of(arena_printf(a, "%.*s%.*s", STR_ARG(base), STR_ARG(ask->url)));
    ask->headers[ask->n_headers++] = str_of(arena_printf(a, "Authorization: Bearer %.*s", STR_ARG(token)));
    return AUTHORISED;
}

static enum link_result judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    (void)ctx;
    snprintf(sentence, n, "%s", answer->sentence);
    if (answer->status == 500) snprintf(sentence, n, "%.*s", STR_ARG(answer->body));
    if (answer->error != FETCH_OK || answer->status >= 500) return LINK_RETRY_LATER;
    if (answer->status == 401) {
        snprintf(sentence, n, "The token was refused. Make a new one.");
        return LINK_AUTH;
    }
    return answer->status <= 299 ? LINK_OK : LINK_PERMANENT;
}

static struct str piece_text(struct arena *a, struct json_value piece, const char *name)
{
    struct json_value v = json_get(piece, name);
    return v.type == JSON_STRING ? arena_str(a, v.string) : STR_NULL;
}

static struct str piece_body(struct arena *a, struct json_value piece)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_value_write(&j, NULL, json_get(piece, "body"));
    json_out_end(&j);
    struct str s = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return s;
}

static int hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root, piece;
    struct json_iter it = {0};
    int n = -1;
    (void)ctx;
    if (!parse(h->arena, h->body, p, &root))
        fault_user(f, 400, "That is no JSON.");
    else if (!str_eq(json_get(root, "proof").string, text_of(h->arena, h->connection->secrets, "token")))
        fault_user(f, 401, "The proof is wrong.");
    else
        for (n = 0; json_next(json_get(root, "pieces"), &it, NULL, &piece); n++)
            out[n] = (struct hook_send){piece_text(h->arena, piece, "endpoint"), piece_body(h->arena, piece),
                                        piece_text(h->arena, piece, "remote_id"), piece_text(h->arena, piece, "repeat_id")};
    json_parser_destroy(&p);
    *answer = (struct hook_answer){"text/xml", STR("<Ack>true</Ack>")};
    return n;
}

int64_t fake_left, fake_removed;

static void leave(void *ctx, int64_t account, int64_t connection_id)
{
    (void)ctx;
    (void)account;
    fake_left = connection_id;
}

static void removed(void *ctx, int64_t connection_id)
{
    (void)ctx;
    fake_removed = connection_id;
}

const struct connector fake_connector = {
    .name = "crm",
    .title = "The CRM",
    .number = FAKE_NUMBER,
    .verbs = CONNECTOR_SETS_STATE | CONNECTOR_KEEPS_HISTORY,
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .operations = operations,
    .n_operations = sizeof operations / sizeof *operations,
    .link = &link,
    .check = check,
    .check_subscription = check_subscription,
    .authorise = authorise,
    .judge = judge,
    .try_operation = "me",
    .try_member = "name",
    .hook = hook,
    .leave = leave,
    .removed = removed,
    .keeps_token = true,
};
