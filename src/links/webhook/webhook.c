/* webhook.c: the connector's table entry: what it reads, what it asks, and what an answer means. */
#include "links/webhook/webhook_private.h"
#include "base/json.h"
#include "links/event_story.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

#define SECONDS(n) ((n)*INT64_C(1000))
#define MINUTES(n) ((n)*INT64_C(60000))
enum { TIMEOUT_MS = 15000 };

/* The list of Standard Webhooks 1.0.0, since the first attempt: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h apart. */
static const int64_t steps[] = {
    0,
    SECONDS(5),
    MINUTES(5) + SECONDS(5),
    MINUTES(35) + SECONDS(5),
    MINUTES(155) + SECONDS(5),
    MINUTES(455) + SECONDS(5),
    MINUTES(1055) + SECONDS(5),
    MINUTES(1895) + SECONDS(5),
    MINUTES(3095) + SECONDS(5),
    MINUTES(4535) + SECONDS(5),
};
static const struct retry_ladder ladder = {"Standard Webhooks", steps, sizeof steps / sizeof *steps, 100};

struct webhook {
    struct link_def link;
    struct json_parser *parser; /* of load, which one thread calls */
};

/* ---- what it reads ---- */

static bool load(void *ctx, struct tx *tx, struct link_delivery *d)
{
    struct webhook *w = ctx;
    struct webhook_story *s = ARENA_NEW(d->arena, struct webhook_story);
    const struct event *e = &d->event;
    d->state = s;
    switch (e->source) {
    case EVENT_DROP:
    case EVENT_CONNECTION: return event_story_read(tx, w->parser, d, &s->piece);
    case EVENT_LIST:
        s->has_contact = e->code != CONTACT_DELETED &&
                         contact_story_read(tx, w->parser, d->arena, e->account_id, e->subject_id, &s->contact);
        return tx_ok(tx);
    default:
        snprintf(d->sentence, sizeof d->sentence, "Webhooks carry events of drops, lists and connections only.");
        return false;
    }
}

/* ---- what it asks ---- */

static void add_header(struct fetch_ask *ask, const char *line) { ask->headers[ask->n_headers++] = str_of(line); }

static enum link_result ask(struct link_delivery *d)
{
    struct buf b = BUF_INIT;
    struct arena *a = d->arena;
    webhook_body(&b, d);
    d->ask = (struct fetch_ask){.method = "POST", .url = d->address, .timeout_ms = TIMEOUT_MS, .is_guarded = true};
    d->ask.body = arena_str(a, buf_str(&b));
    buf_finish(&b);
    char id[40];
    snprintf(id, sizeof id, "msg_%lld", (long long)d->delivery_id); /* the same in every attempt */
    add_header(&d->ask, "Content-Type: application/json");
    add_header(&d->ask, "User-Agent: Pennypost/" PENNYPOST_VERSION);
    add_header(&d->ask, arena_printf(a, "webhook-id: %s", id));
    add_header(&d->ask, arena_printf(a, "webhook-timestamp: %lld", (long long)(d->now / 1000)));
    struct str signature = webhook_sign(a, d->secret, str_of(id), d->now / 1000, d->ask.body);
    if (signature.ptr) add_header(&d->ask, arena_printf(a, "webhook-signature: %.*s", STR_ARG(signature)));
    return LINK_ASK;
}

/* ---- what an answer means ---- */

static enum link_result slow_down(struct link_delivery *d, const struct fetch_answer *answer)
{
    int64_t wait = fetch_retry_after_ms(answer, d->now);
    if (wait < 0) return LINK_RETRY_LATER; /* the window shrinks, which is slower too */
    d->pause_until = d->now + (wait < 1000 ? 1000 : wait);
    return LINK_PAUSE_DESTINATION;
}

static enum link_result understand(struct link_delivery *d, const struct fetch_answer *answer)
{
    int status = answer->status;
    snprintf(d->sentence, sizeof d->sentence, "%s", answer->sentence);
    if (answer->error == FETCH_REFUSED) return LINK_PERMANENT; /* an address that this server does not speak to */
    if (answer->error != FETCH_OK) return LINK_RETRY_LATER;
    if (status >= 200 && status <= 299) return LINK_OK;
    if (status == 410) return LINK_DISABLE;
    if (str_eq_nocase(fetch_header(answer, "webhook-delivery"), STR("abort-message"))) return LINK_PERMANENT;
    if (status == 429 || (status >= 502 && status <= 504)) return slow_down(d, answer);
    if (status >= 300 && status <= 399)
        snprintf(d->sentence, sizeof d->sentence, "%.200s: redirects are not followed", answer->sentence);
    return LINK_RETRY_LATER;
}

static enum link_result step(void *ctx, struct link_delivery *d, const struct fetch_answer *answer)
{
    (void)ctx;
    return answer ? understand(d, answer) : ask(d);
}

/* ---- life ---- */

struct webhook *webhook_create(void)
{
    struct webhook *w = calloc(1, sizeof *w);
    ASSERT(w);
    w->parser = json_parser_create();
    w->link = (struct link_def){.name = "webhook",
                                .number = WEBHOOK_NUMBER,
                                .ladder = &ladder,
                                .is_ordered = true,
                                .window = 16,
                                .load = load,
                                .step = step,
                                .ctx = w};
    return w;
}

void webhook_destroy(struct webhook **wp)
{
    struct webhook *w = *wp;
    *wp = NULL;
    if (!w) return;
    json_parser_destroy(&w->parser);
    free(w);
}

const struct link_def *webhook_link(const struct webhook *w) { return &w->link; }
