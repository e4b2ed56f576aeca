/* send.c: one recipient to a triggered campaign; the hot path. The body is read and checked on the HTTP thread, the request then
 * waits for the commit without a thread, and the committer's thread answers it. */
#include "api/api_private.h"
#include "api/body.h"
#include "api/person.h"
#include "mail/contact.h"
#include "mail/recipient.h"
#include "mail/send.h"
#include "base/buf.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* The parser's texts die with its next document: those that are used later move to the arena. */
void send_take_person(struct send *s, struct arena *a, const struct person *p)
{
    for (int i = 0; i < FIELD_KNOWN; i++)
        if (p->values[i].ptr) s->values[i] = arena_str(a, p->values[i]);
    s->extra = recipient_extra(a, p->extra_names, p->extra_values, p->n_extra);
}

bool send_read(struct http_exchange *x, struct send *s, struct fault *f)
{
    struct arena *a = http_arena(x);
    struct person p;
    struct json_value root;
    if (!body_parse(x, false, &root, f) || !person_read(root, a, &p, f)) return false;
    send_take_person(s, a, &p);
    s->account = api_account(x);
    memcpy(s->key, api_caller(x)->key_hint, sizeof s->key);
    s->endpoint = http_param(x, "endpoint");
    s->arg = x;
    return true;
}

static struct str send_json(const struct send *s, char *body, size_t size)
{
    char date[21];
    text_iso8601(s->created_at, date);
    int n = snprintf(body, size, "{\"send_date\":\"%s\",\"send-date\":\"%s\",\"mail_id\":%lld,\"contact_id\":%lld}", date, date,
                     (long long)s->piece_id, (long long)s->contact_id);
    return str_make(body, (size_t)n);
}

void send_reply(struct send *s)
{
    char body[200];
    http_answer(s->arg, 200, "application/json", send_json(s, body, sizeof body));
}

/* ---- with an Idempotency-Key ---- */

struct send_once {
    struct once once;
    struct send send;
    struct unit look; /* for a send that was refused at once: was it made before? */
    struct fault why;
};

static void send_compose(void *made, struct buf *out, bool is_kept)
{
    char body[200];
    (void)is_kept;
    buf_add_str(out, send_json(made, body, sizeof body));
}

static void send_once_done(struct send *s)
{
    struct send_once *o = (struct send_once *)((char *)s - offsetof(struct send_once, send));
    struct http_exchange *x = s->arg;
    once_reply(&o->once, s->unit.committed, &s->unit.fault);
    http_release(x);
}

static bool look_run(struct tx *tx, void *arg) { return idempotency_look(tx, &((struct send_once *)arg)->once.id); }

static void look_done(struct unit *u)
{
    struct send_once *o = u->arg;
    struct http_exchange *x = o->once.x;
    once_reply(&o->once, false, u->committed ? &o->why : &u->fault);
    http_release(x);
}

/* The writer is asked, because this thread must not wait: a repeat is answered as before also when the campaign is gone by now. */
static void refuse_unless_repeat(struct send_once *o, const struct fault *why)
{
    struct http_exchange *x = o->once.x;
    struct fault f;
    o->why = *why;
    o->look = (struct unit){.run = look_run, .arg = o, .done = look_done};
    if (store_submit(api_store(x), &o->look, &f)) return; /* from here on x may be gone */
    http_fail_fault(x, &f);
    http_release(x);
}

static void send_post_once(struct http_exchange *x)
{
    struct send_once *o = ARENA_NEW(http_arena(x), struct send_once);
    struct fault f;
    if (request_failed(x, once_prepare(&o->once, x, NULL, send_compose, &o->send, &f), &f)) return;
    o->send.rider = &o->once.id.rider;
    o->send.done = send_once_done;
    bool ok = api_takes_mail(x, &f) && send_read(x, &o->send, &f);
    http_hold(x);
    if (ok && send_begin(api_mail(x), &o->send, http_arena(x), &f)) return; /* from here on x may be gone */
    refuse_unless_repeat(o, &f);
}

/* ---- without ---- */

/* On the committer's thread: short. The server's threads are woken once a group, by who owns the server (http_wake). */
static void send_done(struct send *s)
{
    struct http_exchange *x = s->arg;
    if (s->unit.committed)
        send_reply(s);
    else
        http_fail_fault(x, &s->unit.fault);
    http_release(x);
}

void handle_send_post(struct http_exchange *x)
{
    struct send *s = ARENA_NEW(http_arena(x), struct send);
    struct fault f;
    if (http_header(x, "Idempotency-Key").ptr) {
        send_post_once(x);
        return;
    }
    if (request_failed(x, api_takes_mail(x, &f) && send_read(x, s, &f), &f)) return;
    s->done = send_done;
    http_hold(x);
    if (send_begin(api_mail(x), s, http_arena(x), &f)) return; /* from here on x may be gone */
    http_fail_fault(x, &f);
    http_release(x);
}
