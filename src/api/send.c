/* send.c: one recipient to a triggered campaign; the hot path. The body is read and checked on the HTTP thread, the request then
 * waits for the commit without a thread, and the committer's thread answers it. */
#include "api/api_private.h"
#include "api/body.h"
#include "api/person.h"
#include "mail/contact.h"
#include "mail/recipient.h"
#include "mail/send.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* The parser's texts die with its next document: those that are used later move to the arena. */
static void send_keep(struct send *s, struct arena *a, const struct person *p)
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
    send_keep(s, a, &p);
    s->account = api_account(x);
    memcpy(s->key, api_caller(x)->key_hint, sizeof s->key);
    s->endpoint = http_param(x, "endpoint");
    s->arg = x;
    return true;
}

void send_reply(struct send *s)
{
    char date[21], body[200];
    text_iso8601(s->created_at, date);
    int n = snprintf(body, sizeof body, "{\"send_date\":\"%s\",\"send-date\":\"%s\",\"mail_id\":%lld,\"contact_id\":%lld}",
                     date, date, (long long)s->piece_id, (long long)s->contact_id);
    http_answer(s->arg, 200, "application/json", str_make(body, (size_t)n));
}

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
    if (request_failed(x, api_takes_mail(x, &f) && send_read(x, s, &f), &f)) return;
    s->done = send_done;
    http_hold(x);
    if (send_begin(api_mail(x), s, http_arena(x), &f)) return; /* from here on x may be gone */
    http_fail_fault(x, &f);
    http_release(x);
}
