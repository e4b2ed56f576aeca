/* send.c: one recipient to a triggered campaign; the hot path. The body is read and checked on the HTTP thread, the request then
 * waits for the commit without a thread, and the committer's thread answers it. */
#include "api/api_private.h"
#include "api/body.h"
#include "api/person.h"
#include "mail/contact.h"
#include "mail/recipient.h"
#include "mail/send.h"
#include "base/log.h"
#include "base/text.h"
#include <stdio.h>

/* On the committer's thread: short. The server's threads are woken once a group, by who owns the server (http_wake). */
static void send_answer(struct send *s)
{
    struct http_exchange *x = s->arg;
    if (s->unit.committed) {
        char date[21], body[200];
        text_iso8601(s->created_at, date);
        int n = snprintf(body, sizeof body, "{\"send_date\":\"%s\",\"send-date\":\"%s\",\"mail_id\":%lld,\"contact_id\":%lld}",
                         date, date, (long long)s->piece_id, (long long)s->contact_id);
        http_answer(x, 200, "application/json", str_make(body, (size_t)n));
    } else {
        http_fail_fault(x, &s->unit.fault);
    }
    http_release(x);
}

/* The parser's texts die with its next document: those that are used later move to the arena. */
static void send_keep(struct send *s, struct arena *a, const struct person *p)
{
    for (int i = 0; i < FIELD_KNOWN; i++)
        if (p->values[i].ptr) s->values[i] = arena_str(a, p->values[i]);
    s->extra = recipient_extra(a, p->extra_names, p->extra_values, p->n_extra);
}

void handle_send_post(struct http_exchange *x)
{
    struct arena *a = http_arena(x);
    struct send *s = ARENA_NEW(a, struct send);
    struct person p;
    struct json_value root;
    struct fault f;
    if (request_failed(x, body_parse(x, false, &root, &f) && person_read(root, a, &p, &f), &f)) return;
    s->account = api_account(x);
    s->endpoint = http_param(x, "endpoint");
    s->done = send_answer;
    s->arg = x;
    send_keep(s, a, &p);
    http_hold(x);
    if (send_begin(api_mail(x), s, a, &f)) return; /* from here on x may be gone */
    http_fail_fault(x, &f);
    http_release(x);
}
