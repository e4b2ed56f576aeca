/* postalytics.c: the connector's entry: its settings, how it proves who asks, its rate, and what its answers mean. */
#include "links/postalytics/postalytics_private.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/utf8.h"
#include "net/rate.h"
#include "net/url.h"
#include "queries.h"
#include <stdio.h>
#include <stdlib.h>

#define KEYS_ARE_AT "At Postalytics they are at your profile, Connect, API Keys."

static const struct connector_setting settings[] = {
    {.name = "api_key", .is_secret = true, .is_required = true, .what = "The account's API key. " KEYS_ARE_AT},
    {.name = "environment",
     .fallback = "production",
     .what = "production, development, or the address of another server that speaks the same API: https://mail.example.com",
     .leads = true},
    {.name = "rate",
     .fallback = "vendor",
     .what = "Requests it takes of one key: vendor (3/s,180/min), off, N/s, M/min, or N/s,M/min"},
    {.name = "watch",
     .fallback = "off",
     .what = "on: what happens to the mail of its campaigns is told here, as events of this connection; webhooks: at once, by "
             "webhooks that are made there (this server needs public.base)"},
    {.name = "contacts",
     .fallback = "off",
     .what = "When it is watched: which of its contact lists have a list here that follows them: off, all, or their numbers: "
             "12,15"},
    {.name = "mark_field",
     .fallback = "var_field_35",
     .what = "When it prints our pieces: the variable field in which a piece carries our number, by which its events are "
             "known; none: "
             "no field"},
};
static const struct connector_operation operations[] = {
#define OPERATION(name, method, path, query, body, what) {name, method, path, query, body, what, false},
#include "links/postalytics/postalytics_operations.def"
#undef OPERATION
    {"call", "GET", "/", NULL, NULL, "any request below the connection's address: /v1/templates", true},
};

/* ---- settings ---- */

/* Its base address without a slash at the end; STR_NULL: it is none. */
static struct str address_of(struct str environment)
{
    if (str_eq_nocase(environment, STR("production"))) return STR("https://api.postalytics.com");
    if (str_eq_nocase(environment, STR("development"))) return STR("https://api-dev.postalytics.com");
    while (str_ends(environment, STR("/"))) environment.len--;
    if (str_ends(environment, STR("/api"))) environment.len -= 4;
    return url_is_base(environment) ? environment : STR_NULL;
}

static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] <= ' ' || key.ptr[i] == ':' || key.ptr[i] == 0x7f) return false;
    return key.len > 0 && key.len <= 500;
}

/* off, all, or numbers parted by commas. */
static bool are_lists(struct str s)
{
    int64_t n;
    if (str_eq(s, STR("off")) || str_eq(s, STR("all"))) return true;
    for (struct str rest = s; rest.ptr;)
        if (!str_to_int64(str_trim(str_cut(rest, ',', &rest)), &n) || n <= 0) return false;
    return true;
}

static bool check(void *ctx, struct json_value values, struct json_value secrets, struct fault *f)
{
    const struct postalytics *pl = ctx;
    struct json_value key = json_get(secrets, "api_key");
    struct rate rate;
    if (key.type != JSON_MISSING && (key.type != JSON_STRING || !is_key(key.string)))
        return fault_user(f, 400, "api_key is no API key: it has no blanks and no colon. " KEYS_ARE_AT);
    if (!address_of(connector_setting_get(&pl->connector, values, "environment")).ptr)
        return fault_user(f, 400, "environment must be production, development, or an address like https://mail.example.com.");
    struct str watch = connector_setting_get(&pl->connector, values, "watch");
    if (!str_eq(watch, STR("on")) && !str_eq(watch, STR("off")) && !str_eq(watch, STR("webhooks")))
        return fault_user(f, 400, "watch must be off, on or webhooks.");
    if (!are_lists(connector_setting_get(&pl->connector, values, "contacts")))
        return fault_user(f, 400, "contacts must be off, all, or numbers of contact lists there: 12,15.");
    struct str mark = connector_setting_get(&pl->connector, values, "mark_field");
    int64_t n = 0;
    if (!str_eq(mark, STR("none")) &&
        !(str_starts(mark, STR("var_field_")) && str_to_int64(str_make(mark.ptr + 10, mark.len - 10), &n) && n >= 1 && n <= 35))
        return fault_user(f, 400, "mark_field must be var_field_1 to var_field_35, or none.");
    return rate_parse(connector_setting_get(&pl->connector, values, "rate"), &rate, f);
}

/* ---- the rate ---- */

struct meter {
    struct rate_meter meter;
    struct rate rate;
    int64_t not_before; /* the other side said so */
};

static void meter_begin(void *entry)
{
    struct meter *m = entry;
    rate_meter_init(&m->meter);
    rate_parse(STR("vendor"), &m->rate, NULL);
}

static int64_t pace(void *ctx, int64_t connection_id, int64_t now)
{
    struct postalytics *pl = ctx;
    struct meter *m = per_connection_lock(pl->meters, connection_id);
    int64_t at = m->not_before > now ? m->not_before : 0;
    if (!at) {
        int64_t wait_us = rate_take(&m->meter, m->rate, now * 1000);
        at = wait_us ? now + (wait_us + 999) / 1000 : 0;
        /* spread, not in bursts: their second need not begin when ours does */
        if (!at && m->rate.per_second) m->not_before = now + 1050 / m->rate.per_second;
    }
    per_connection_unlock(pl->meters);
    return at;
}

static void heard(void *ctx, int64_t connection_id, const struct fetch_answer *answer, int64_t now)
{
    struct postalytics *pl = ctx;
    int64_t wait = fetch_retry_after_ms(answer, now);
    if (answer->error != FETCH_OK || answer->status != 429) return;
    struct meter *m = per_connection_lock(pl->meters, connection_id);
    m->not_before = now + (wait < 1000 ? 1000 : wait > 60000 ? 60000 : wait);
    per_connection_unlock(pl->meters);
}

static void set_rate(struct postalytics *pl, int64_t connection_id, struct str text)
{
    struct rate rate;
    if (!rate_parse(text, &rate, NULL)) return;
    struct meter *m = per_connection_lock(pl->meters, connection_id);
    m->rate = rate;
    per_connection_unlock(pl->meters);
}

/* ---- asking ---- */

static struct str basic(struct arena *a, struct str key)
{
    struct str proof = base64_encode(a, str_of(arena_printf(a, "%.*s:", STR_ARG(key))));
    return str_of(arena_printf(a, "Authorization: Basic %.*s", STR_ARG(proof)));
}

static enum authorised authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                                 struct fault *f)
{
    struct postalytics *pl = ctx;
    struct json_value values, secrets;
    enum authorised out = AUTHORISE_CANNOT;
    struct json_parser *p = json_parser_create(), *q = json_parser_create();
    (void)now;
    if (json_parse(p, json_padded(a, c->settings), &values, f) &&
        json_parse(q, json_padded(a, c->secrets.ptr ? c->secrets : STR("{}")), &secrets, f)) {
        struct str base = address_of(connector_setting_get(&pl->connector, values, "environment"));
        struct json_value key = json_get(secrets, "api_key");
        if (key.type != JSON_STRING || !base.ptr) {
            fault_user(f, 409, "The connection has no API key. Save it again with one. " KEYS_ARE_AT);
        } else {
            ask->url = str_of(arena_printf(a, "%.*s/api%.*s", STR_ARG(base), STR_ARG(ask->url)));
            ask->headers[ask->n_headers++] = basic(a, key.string);
            ask->headers[ask->n_headers++] = STR("Accept: application/json");
            set_rate(pl, c->connection_id, connector_setting_get(&pl->connector, values, "rate"));
            out = AUTHORISED;
        }
    }
    json_parser_destroy(&p);
    json_parser_destroy(&q);
    return out;
}

/* ---- what an answer means ---- */

/* error.message, message, or the bare text, as its clients read them. */
struct str postalytics_message(struct json_parser *p, struct arena *a, struct str body)
{
    struct json_value root, v;
    if (!body.len || !json_parse(p, json_padded(a, body), &root, NULL)) return STR_NULL;
    v = root.type == JSON_OBJECT ? json_get(json_get(root, "error"), "message") : root;
    if (v.type != JSON_STRING && root.type == JSON_OBJECT) v = json_get(root, "message");
    if (v.type != JSON_STRING || !v.string.len) return STR_NULL;
    enum { SAID_MOST = 180 };
    char *said = arena_alloc(a, SAID_MOST + 1);
    return str_make(said, utf8_line(said, SAID_MOST + 1, v.string));
}

static enum link_result by_status(int status)
{
    if (status == 401) return LINK_AUTH;
    if (status == 429 || status == 408 || status == 425 || status >= 500) return LINK_RETRY_LATER;
    return LINK_PERMANENT;
}

static enum link_result judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    struct postalytics *pl = ctx;
    struct json_value root;
    int status = answer->status;
    if (answer->error != FETCH_OK) {
        snprintf(sentence, n, "Postalytics: %s.", answer->sentence);
        return answer->error == FETCH_REFUSED ? LINK_PERMANENT : LINK_RETRY_LATER;
    }
    struct arena *a = arena_create(2048);
    pthread_mutex_lock(&pl->judge_lock);
    bool is_json = !answer->is_cut && json_parse(pl->judging, json_padded(a, answer->body), &root, NULL);
    struct str said = postalytics_message(pl->judging, a, answer->body);
    pthread_mutex_unlock(&pl->judge_lock);
    enum link_result out = LINK_OK;
    if (status >= 200 && status <= 299 && !is_json) {
        snprintf(
            sentence, n,
            "Postalytics answered %d with something that is no whole JSON document. Look at the connection's environment: is "
            "it the address of the API?",
            status);
        out = LINK_PERMANENT;
    } else if (status == 401) { /* its words may hold what was sent */
        snprintf(sentence, n,
                 "Postalytics refused the API key. Save the connection again with one that is valid. " KEYS_ARE_AT);
        out = LINK_AUTH;
    } else if (status < 200 || status > 299) {
        snprintf(sentence, n, said.ptr ? "Postalytics answered %d: %.*s" : "Postalytics answered %d.", status, STR_ARG(said));
        out = by_status(status);
    }
    arena_destroy(&a);
    return out;
}

/* ---- life ---- */

static enum sender_outcome send_piece(void *ctx, struct sender_piece *p, struct arena *a)
{
    return postalytics_send(ctx, p, a);
}

/* What its settings say now is done at the next turn, which is not waited for. */
static bool saved(void *ctx, struct tx *tx, int64_t account, int64_t connection_id)
{
    (void)ctx;
    return tx_run(tx, Q_MIRROR_AGAIN, &(struct q_mirror_again){account, connection_id, tx_now(tx)}, NULL);
}

static void removed(void *ctx, int64_t connection_id)
{
    per_connection_forget(((struct postalytics *)ctx)->meters, connection_id);
}

struct postalytics *postalytics_create(const struct link_house *h, const char *data_dir)
{
    struct postalytics *pl = calloc(1, sizeof *pl);
    ASSERT(pl);
    pl->house = h;
    pl->data_dir = data_dir;
    pl->judging = json_parser_create();
    pl->meters = per_connection_create(sizeof(struct meter), meter_begin, NULL);
    pthread_mutex_init(&pl->judge_lock, NULL);
    pl->sender = (struct sender){send_piece, pl};
    pl->connector = (struct connector){.name = "postalytics",
                                       .title = "Postalytics",
                                       .number = POSTALYTICS_NUMBER,
                                       .verbs = CONNECTOR_SENDS | CONNECTOR_IS_WATCHED,
                                       .settings = settings,
                                       .n_settings = sizeof settings / sizeof *settings,
                                       .operations = operations,
                                       .n_operations = sizeof operations / sizeof *operations,
                                       .ctx = pl,
                                       .check = check,
                                       .saved = saved,
                                       .removed = removed,
                                       .leave = postalytics_leave,
                                       .keeps_token = true,
                                       .hook = postalytics_hook,
                                       .authorise = authorise,
                                       .pace = pace,
                                       .heard = heard,
                                       .judge = judge,
                                       .try_operation = "who-am-i",
                                       .try_member = "account_id"};
    postalytics_printer_init(pl);
    if (!h->jobs) return pl;
    contacts_tidy(pl);
    postalytics_watch_add(pl);
    postalytics_posts_add(pl);
    return pl;
}

void postalytics_destroy(struct postalytics **pp)
{
    struct postalytics *pl = *pp;
    *pp = NULL;
    if (!pl) return;
    per_connection_destroy(&pl->meters);
    json_parser_destroy(&pl->judging);
    pthread_mutex_destroy(&pl->judge_lock);
    free(pl);
}

const struct connector *postalytics_connector(const struct postalytics *pl) { return &pl->connector; }
const struct sender *postalytics_sender(const struct postalytics *pl) { return &pl->sender; }
const struct printer_def *postalytics_printer(const struct postalytics *pl) { return &pl->printer; }
