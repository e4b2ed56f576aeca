/* mailing.c: see mailing.h. `load` reads whom the event is about and makes all checks that a send makes; `step` says what came of them;
 * `settle` seats the piece. */
#include "links/mailing/mailing.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/log.h"
#include "links/connector.h"
#include "links/event_story.h"
#include "mail/contact_check.h"
#include "mail/recipient.h"
#include "mail/send.h"
#include "mail/story.h"
#include "queries.h"
#include <stdio.h>
#include <stdlib.h>

enum { ENDPOINT_MOST = 200 };

/* Seconds to a day: what a piece waits for is a campaign that compiles, a disk, a serial number. */
static const int64_t ladder_at[] = {0, 5000, 60000, 600000, 3600000, 21600000, 86400000};
static const struct retry_ladder ladder = {"mailing", ladder_at, sizeof ladder_at / sizeof *ladder_at, 100};

struct mailing {
    const struct link_house *house;
    struct json_parser *parser; /* load's thread */
    struct link_def link;
};
struct wish { /* d->state */
    struct send send;
    struct fault why; /* whose FAULT_NONE: it can be sent */
};

/* ---- what a subscription says ---- */

static bool check_values(struct json_value values, struct fault *f)
{
    struct json_iter it = {0};
    struct str name;
    struct json_value v;
    if (values.type == JSON_MISSING || values.type == JSON_NULL) return true;
    if (values.type != JSON_OBJECT)
        return fault_user(f, 400, "send.values must be an object like {\"var_field_1\": \"again\"}.");
    while (json_next(values, &it, &name, &v)) {
        int field = contact_field_find(name);
        if (field < 0) return fault_user(f, 400, "send.values: there is no field \"%.60s\".", name.len > 60 ? "…" : name.ptr);
        if (v.type != JSON_STRING || v.string.len > contact_field_max(field) * 4)
            return fault_user(f, 400, "send.values: %s must be a text of at most %zu characters.", contact_field_name(field),
                              contact_field_max(field));
    }
    return true;
}

bool mailing_settings_read(struct json_value send, struct arena *a, struct mailing_settings *out, struct fault *f)
{
    struct json_value endpoint = json_get(send, "endpoint"), values = json_get(send, "values");
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    if (send.type != JSON_OBJECT) return fault_user(f, 400, "send must be an object: {\"endpoint\": the campaign's}.");
    while (json_next(send, &it, &key, &v))
        if (!str_eq(key, STR("endpoint")) && !str_eq(key, STR("values")))
            return fault_user(f, 400, "send takes endpoint and values.");
    if (endpoint.type != JSON_STRING || !str_trim(endpoint.string).len || endpoint.string.len > ENDPOINT_MOST)
        return fault_user(f, 400, "send.endpoint is required: of the campaign that is sent.");
    if (!check_values(values, f)) return false;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "endpoint", str_trim(endpoint.string));
    if (values.type == JSON_OBJECT) json_value_write(&j, "values", values);
    json_end(&j);
    json_out_end(&j);
    out->settings = arena_str(a, buf_str(&b));
    out->endpoint = arena_str(a, str_trim(endpoint.string));
    out->address = str_of(arena_printf(a, "campaign %.*s", STR_ARG(out->endpoint)));
    buf_finish(&b);
    return true;
}

/* ---- whom the event is about ---- */

static bool never(struct link_delivery *d, const char *why)
{
    snprintf(d->sentence, sizeof d->sentence, "%s", why);
    return false;
}

static bool of_mail(struct mailing *m, struct tx *tx, struct link_delivery *d, struct send *s)
{
    struct piece_story *p = ARENA_NEW(d->arena, struct piece_story);
    const struct event *e = &d->event;
    if (!event_story_read(tx, m->parser, d, p)) return false;
    for (int i = 0; i < FIELD_KNOWN && i < p->who.n_values; i++) s->values[i] = p->who.values[i];
    if (e->source == EVENT_CONNECTION) return true; /* another house's: it has no more */
    s->extra = recipient_extra(d->arena, p->who.extra_names, p->who.extra_values, p->who.n_extra);
    s->source_ref = piece_source_ref(tx, d->arena, e->account_id, e->subject_id);
    return tx_ok(tx);
}

static bool of_contact(struct mailing *m, struct tx *tx, struct link_delivery *d, struct send *s)
{
    struct contact *c = ARENA_NEW(d->arena, struct contact);
    const struct event *e = &d->event;
    if (!contact_story_read(tx, m->parser, d->arena, e->account_id, e->subject_id, c))
        return never(d, "The contact that the event is about is not there any more.");
    for (int i = 0; i < FIELD_KNOWN && i < c->n_values; i++) s->values[i] = c->values[i];
    s->source_ref = contact_source_ref(tx, d->arena, e->account_id, e->subject_id);
    return tx_ok(tx);
}

static bool apply(struct mailing *m, struct link_delivery *d, struct send *s)
{
    struct json_value root, values, v;
    struct json_iter it = {0};
    struct str name;
    if (!json_parse(m->parser, json_padded(d->arena, d->settings), &root, NULL))
        return never(d, "The subscription's settings cannot be read. Save it again.");
    s->endpoint = arena_str(d->arena, json_get(root, "endpoint").string);
    values = json_get(root, "values");
    while (values.type == JSON_OBJECT && json_next(values, &it, &name, &v)) {
        int field = contact_field_find(name);
        if (field >= 0 && v.type == JSON_STRING) s->values[field] = v.string.len ? arena_str(d->arena, v.string) : STR_NULL;
    }
    return true;
}

static bool goes_round(const struct event *e) { return e->hops + 1 > limit_get(LIMIT_OUTBOX_MAX_HOPS); }

static void prepare(struct mailing *m, struct tx *tx, struct link_delivery *d, struct wish *w)
{
    struct send *s = &w->send;
    s->account = d->event.account_id;
    s->source_ref = source_ref_hop(d->arena, d->event.hops + 1, s->source_ref);
    if (!send_prepare_in(m->house->mail, tx, s, d->arena, &w->why)) return;
    w->why.whose = FAULT_NONE;
    if (d->event.is_test && s->is_live)
        fault_user(&w->why, 400, "The event is a test, and the campaign %.*s sends real mail: no paper comes of tests.",
                   STR_ARG(s->endpoint));
}

static bool load(void *ctx, struct tx *tx, struct link_delivery *d)
{
    struct mailing *m = ctx;
    struct wish *w = ARENA_NEW(d->arena, struct wish);
    const struct event *e = &d->event;
    bool ok;
    d->state = w;
    if (goes_round(e)) {
        snprintf(d->sentence, sizeof d->sentence,
                 "The event has come through %d links already (outbox.max_hops): its campaigns send each other in a circle. No "
                 "piece was made.",
                 e->hops);
        return false;
    }
    switch (e->source) {
    case EVENT_DROP:
    case EVENT_CONNECTION: ok = of_mail(m, tx, d, &w->send); break;
    case EVENT_LIST:
        ok = e->code != CONTACT_DELETED ? of_contact(m, tx, d, &w->send) : never(d, "The contact was deleted.");
        break;
    default: return never(d, "Nobody to send mail to: the event is about no piece and no contact.");
    }
    if (!ok || !apply(m, d, &w->send)) return false;
    prepare(m, tx, d, w);
    return tx_ok(tx);
}

static enum link_result step(void *ctx, struct link_delivery *d, const struct fetch_answer *answer)
{
    const struct wish *w = d->state;
    (void)ctx;
    (void)answer;
    if (w->why.whose == FAULT_NONE) return LINK_OK;
    snprintf(d->sentence, sizeof d->sentence, "%.290s", w->why.text);
    bool is_final = w->why.whose == FAULT_USER && w->why.status != 409; /* 409: its template compiles, its serials rest */
    return is_final ? LINK_PERMANENT : LINK_RETRY_LATER;
}

/* A campaign that was deleted since then, or that sends real mail now: `load` finds the words for it. */
static bool still_holds(void *ctx, struct tx *tx, struct link_delivery *d)
{
    const struct wish *w = d->state;
    struct r_drop_by_endpoint row;
    (void)ctx;
    if (tx_first(tx, Q_DROP_BY_ENDPOINT, &(struct q_drop_by_endpoint){w->send.account, w->send.endpoint}, &row) &&
        !(d->event.is_test && row.is_live))
        return true;
    snprintf(d->sentence, sizeof d->sentence, "The campaign %.*s was changed meanwhile: it is looked at again.",
             STR_ARG(w->send.endpoint));
    return false;
}

static bool settle(void *ctx, struct tx *tx, struct link_delivery *d, enum link_result result)
{
    struct wish *w = d->state;
    (void)ctx;
    return result != LINK_OK || send_in(tx, &w->send);
}

/* ---- life ---- */

struct mailing *mailing_create(const struct link_house *h)
{
    struct mailing *m = calloc(1, sizeof *m);
    ASSERT(m);
    m->house = h;
    m->parser = json_parser_create();
    m->link = (struct link_def){.name = "mailing",
                                .number = MAILING_NUMBER,
                                .ladder = &ladder,
                                .is_ordered = true,
                                .window = 64,
                                .load = load,
                                .step = step,
                                .still_holds = still_holds,
                                .settle = settle,
                                .ctx = m};
    return m;
}

void mailing_destroy(struct mailing **mp)
{
    struct mailing *m = *mp;
    *mp = NULL;
    if (!m) return;
    json_parser_destroy(&m->parser);
    free(m);
}

const struct link_def *mailing_link(const struct mailing *m) { return &m->link; }
