/* sender.c: see sender.h: a send of this house for somebody who waits. */
#include "mail/sender.h"
#include "mail/contact_check.h"
#include "mail/mail_private.h"
#include "base/json_out.h"

static bool make(struct tx *tx, void *arg) { return send_in(tx, arg); }

/* The writer's queue is full, the disk, another node: nothing was made, and it passes. */
static enum sender_outcome refused(struct sender_piece *p)
{
    p->status = fault_http_status(&p->why);
    return p->why.whose == FAULT_USER ? SENDER_REFUSED : SENDER_TRANSIENT;
}

static enum sender_outcome send_here(void *ctx, struct sender_piece *p, struct arena *a)
{
    struct mail *m = ctx;
    struct send s = {.account = p->account, .endpoint = p->endpoint, .extra = p->extra, .source_ref = p->source_ref};
    memcpy(s.key, p->key, sizeof s.key);
    memcpy(s.values, p->values, sizeof s.values);
    p->retry_after_ms = -1;
    if (!send_prepare(m, &s, a, &p->why) || !store_write(m->store, make, &s, &p->why)) return refused(p);
    p->status = 200;
    p->sent_at = s.created_at;
    p->remote_id = str_of(arena_printf(a, "%lld", (long long)s.contact_id));
    return SENDER_SENT;
}

void sender_here(struct mail *m, struct sender *out) { *out = (struct sender){send_here, m}; }

struct str sender_body(struct arena *a, const struct str values[FIELD_KNOWN])
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    for (int i = 0; i < FIELD_KNOWN; i++)
        if (values[i].len) json_str(&j, contact_field_name(i), values[i]);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}
