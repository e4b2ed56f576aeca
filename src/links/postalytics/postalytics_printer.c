/* postalytics_printer.c: the printer `postalytics`: each piece of a batch is made at the other house by its send call, at its rate. Settings:
 * {"kind": "postalytics", "connection_id": a connection of the account, "endpoint": of a triggered campaign there}.
 *
 * A piece is claimed (mail/remote_piece.h) before its request and marked after it. Silence after the request, a 2xx without a send date,
 * and answers of gateways (408, 500, 502, 504) leave it Unknown: it is never sent again, the others go on, and at the end the batch is Unknown
 * with the pieces' numbers. After UNKNOWN_MAX in a row, in whichever turns, the batch rests before each further one until one is answered, so
 * that a house that is down or hangs makes few of them. "Not now" (425, 429, 503, no connection) leaves it unsent, and the batch rests: for as long
 * as the other side says, an hour at most, and else for printer.rest, doubled with each attempt that nothing comes of. A refusal of the piece
 * refuses it and no other; a refusal of the key or of the campaign stops the batch until somebody has put that right. A batch is worked at for
 * printer.turn at a time, so that slow ones do not keep others waiting. */
#include "links/postalytics/postalytics_private.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/contact_check.h"
#include "mail/printer.h"
#include "mail/remote_piece.h"
#include <stdio.h>

enum { SHOWN = 10, HOUR_MS = 3600000, UNKNOWN_MAX = 3 };

struct printing {
    struct postalytics *pl;
    struct handover *h;
    int64_t connection_id;
    struct str endpoint;
    int mark_field; /* FIELD_…; -1: none */
};

static bool check(struct json_value settings, struct fault *f)
{
    struct json_value id = json_get(settings, "connection_id"), endpoint = json_get(settings, "endpoint");
    if (id.type != JSON_INT || id.integer <= 0)
        return fault_user(f, 400, "connection_id is required: the number of the account's Postalytics connection.");
    if (endpoint.type != JSON_STRING || !endpoint.string.len || endpoint.string.len > 200)
        return fault_user(f, 400, "endpoint is required: of the triggered campaign there.");
    return true;
}

/* ---- settings ---- */

/* Which variable field carries our number, by the connection's setting. */
static bool read_mark(struct printing *p, struct fault *f)
{
    struct connection c;
    struct json_value values;
    int64_t n = 0;
    const struct link_house *h = p->pl->house;
    p->mark_field = -1;
    if (!connection_get(h->store, h->seal, p->h->arena, p->h->account, p->connection_id, &c, f)) return false;
    struct json_parser *parser = json_parser_create();
    if (json_parse(parser, json_padded(p->h->arena, c.settings), &values, NULL)) {
        struct str mark = connector_setting_get(&p->pl->connector, values, "mark_field");
        if (mark.len > 10 && str_to_int64(str_make(mark.ptr + 10, mark.len - 10), &n) && n >= 1 && n <= 35)
            p->mark_field = FIELD_VAR_1 + (int)n - 1;
    }
    json_parser_destroy(&parser);
    return true;
}

static void read_settings(struct printing *p)
{
    p->connection_id = json_get(p->h->settings, "connection_id").integer;
    p->endpoint = json_get(p->h->settings, "endpoint").string;
}

/* ---- what is not known ---- */

static enum handover_result at_the_end(struct printing *p)
{
    int64_t ids[SHOWN + 1];
    struct handover *h = p->h;
    int n = remote_piece_open(p->pl->house->store, h->account, h->batch_id, ids, SHOWN + 1, &h->why);
    if (n < 0) return HANDOVER_UNKNOWN;
    if (!n) {
        h->done_job = str_of(arena_printf(h->arena, "connection %lld", (long long)p->connection_id));
        return HANDOVER_DONE;
    }
    const char *list = "";
    for (int i = 0; i < n && i < SHOWN; i++) list = arena_printf(h->arena, "%s%s%lld", list, i ? ", " : "", (long long)ids[i]);
    fault_remote(
        &h->why,
        "Postalytics had the requests for the pieces %s%s and did not say whether it made them; all others were made. Look at "
        "the campaign there.",
        list, n > SHOWN ? " and more" : "");
    return HANDOVER_UNKNOWN;
}

/* ---- one piece ---- */

enum step { GO_ON, REST, STOP };

static struct sender_piece piece_of(const struct printing *p, const struct remote_piece *r)
{
    struct arena *a = p->h->arena;
    struct sender_piece s = {.account = r->account, .connection_id = p->connection_id, .endpoint = p->endpoint};
    for (int i = 0; i < FIELD_KNOWN && i < r->who.n_values; i++) s.values[i] = r->who.values[i];
    if (p->mark_field >= 0 && !s.values[p->mark_field].len)
        s.values[p->mark_field] = str_of(arena_printf(a, "%lld", (long long)r->piece_id));
    s.try_key = str_of(arena_printf(a, "pennypost-piece-%lld-%lld", (long long)r->account, (long long)r->piece_id));
    return s;
}

/* Paper is stricter than an action: a gateway that says 500 may have a house behind it that has begun. */
static enum sender_outcome for_paper(enum sender_outcome out, int status)
{
    bool is_clear = status == 0 || status == 425 || status == 429 || status == 503;
    return out == SENDER_TRANSIENT && !is_clear ? SENDER_UNKNOWN : out;
}

static bool is_of_the_batch(int status) { return status != 400 && status != 413 && status != 422; }

/* In a row, whichever turns they fell in. */
static bool count_unknown(const struct printing *p, int *n, struct fault *f)
{
    *n = remote_piece_in_a_row(p->pl->house->store, p->h->account, p->h->batch_id, f);
    return *n >= 0;
}

static enum step settle(struct printing *p, const struct remote_piece *r, enum sender_outcome out, const struct sender_piece *s)
{
    struct store *store = p->pl->house->store;
    struct handover *h = p->h;
    struct fault f;
    bool ok = true;
    int n_unknown = 0;
    enum step next = GO_ON;
    if (out != SENDER_SENT) h->why = s->why;
    switch (out) {
    case SENDER_SENT: ok = remote_piece_mark(store, r, REMOTE_SENT, s->remote_id, STR_NULL, &f); break;
    case SENDER_UNKNOWN:
        ok = remote_piece_mark(store, r, REMOTE_UNKNOWN, STR_NULL, STR_NULL, &f) && count_unknown(p, &n_unknown, &f);
        if (n_unknown >= UNKNOWN_MAX || s->retry_after_ms > 0) next = REST;
        break;
    case SENDER_TRANSIENT: ok = remote_piece_unclaim(store, r, &f), next = REST; break;
    case SENDER_REFUSED:
        next = is_of_the_batch(s->status) ? STOP : GO_ON;
        ok = next == STOP ? remote_piece_unclaim(store, r, &f)
                          : remote_piece_mark(store, r, REMOTE_REFUSED, STR_NULL, str_of(s->why.text), &f);
        break;
    }
    if (ok) return next;
    h->why = f; /* the row says Claimed, or Unknown if only the count failed: the end tells of both */
    return REST;
}

static enum step send_one(struct printing *p, struct remote_piece *r)
{
    struct handover *h = p->h;
    bool is_ours = false;
    r->connection_id = p->connection_id;
    if (!remote_piece_claim(p->pl->house->store, r, &is_ours, &h->why)) return REST;
    if (!is_ours) {
        fault_remote(&h->why, "Another node sends this batch.");
        return REST;
    }
    struct sender_piece s = piece_of(p, r);
    (void)FAILPOINT("postalytics.send.before");
    enum sender_outcome out = postalytics_send(p->pl, &s, h->arena);
    out = for_paper(out, s.status);
    (void)FAILPOINT("postalytics.send.after");
    enum step next = settle(p, r, out, &s);
    int64_t wish = s.retry_after_ms < HOUR_MS ? s.retry_after_ms : HOUR_MS;
    if (next == REST && wish > 0) h->again_at = clock_now_ms() + wish;
    return next;
}

/* ---- the face ---- */

/* The batch's own count of attempts doubles it, also by those that sent pieces: it is no longer than nothing has come of any. */
static int64_t shorten(struct printing *p, int64_t wait, int64_t now)
{
    int64_t last_at, least = limit_get(LIMIT_PRINTER_REST_S) * 1000;
    struct fault f;
    if (!remote_piece_last(p->pl->house->store, p->h->account, p->h->batch_id, &last_at, &f) || last_at == DB_NULL) return wait;
    int64_t fruitless = now - last_at > least ? now - last_at : least;
    return wait < fruitless ? wait : fruitless;
}

static enum handover_result rest(struct printing *p)
{
    struct handover *h = p->h;
    int doublings = h->attempt > 6 ? 6 : h->attempt - 1;
    int64_t wait = limit_get(LIMIT_PRINTER_REST_S) * 1000 << (doublings < 0 ? 0 : doublings), now = clock_now_ms();
    if (wait > HOUR_MS) wait = HOUR_MS;
    if (!h->again_at) h->again_at = now + shorten(p, wait, now); /* else the other side has said when */
    return HANDOVER_PARTLY;
}

static enum handover_result go(struct printing *p)
{
    struct handover *h = p->h;
    int64_t until = clock_mono_ms() + limit_get(LIMIT_PRINTER_TURN_S) * 1000;
    struct remote_piece *r = ARENA_NEW(h->arena, struct remote_piece);
    for (bool is_over = false;;) {
        if (!remote_piece_next(p->pl->house->store, h->arena, h->account, h->batch_id, r, &is_over, &h->why)) return rest(p);
        if (is_over) return at_the_end(p);
        switch (send_one(p, r)) {
        case GO_ON: break;
        case REST: return rest(p);
        case STOP: h->again_at = 0; return HANDOVER_PARTLY;
        }
        if (clock_mono_ms() < until) continue;
        h->why.text[0] = '\0';
        h->again_at = clock_now_ms();
        return HANDOVER_PARTLY;
    }
}

static enum handover_result hand_over(struct handover *h)
{
    struct printing p = {.pl = h->printer->ctx, .h = h};
    read_settings(&p);
    if (!read_mark(&p, &h->why)) return HANDOVER_NOT_PRINTED;
    const char *job = arena_printf(h->arena, "connection %lld", (long long)p.connection_id);
    if (!h->leaving(h, str_of(job), &h->why)) return HANDOVER_NOT_PRINTED;
    h->why = (struct fault){0};
    return go(&p);
}

/* After a crash: what is not begun may go on; what was under way is not known, and shows at the end. */
static enum handover_result ask(struct handover *h)
{
    struct printing p = {.pl = h->printer->ctx, .h = h};
    struct remote_piece *r = ARENA_NEW(h->arena, struct remote_piece);
    bool is_over = false;
    read_settings(&p);
    if (!remote_piece_next(p.pl->house->store, h->arena, h->account, h->batch_id, r, &is_over, &h->why))
        return HANDOVER_UNKNOWN;
    if (is_over) return at_the_end(&p);
    h->again_at = clock_now_ms();
    return HANDOVER_PARTLY;
}

void postalytics_printer_init(struct postalytics *pl)
{
    pl->printer = (struct printer_def){.name = PRINTER_OF_DROPS, .check = check, .hand_over = hand_over, .ask = ask, .ctx = pl};
}
