/* crm.c: see crm.h. */
#include "links/crm.h"
#include "links/event_story.h"
#include "base/text.h"
#include "queries.h"
#include <stdio.h>

static bool never(struct link_delivery *d, const char *why)
{
    snprintf(d->sentence, sizeof d->sentence, "%s", why);
    return false;
}

static struct str value(const struct recipient *who, int field)
{
    struct str s = field < who->n_values ? who->values[field] : STR_NULL;
    return s.len ? s : STR_NULL;
}

static bool find_remote(struct tx *tx, const struct link_delivery *d, struct crm_update *u)
{
    struct r_remote_contact_find row;
    int64_t account = d->event.account_id;
    if (u->piece.piece_id) u->remote_id = piece_remote_id(tx, d->arena, account, u->piece.piece_id, d->connection_id);
    if (u->remote_id.ptr || !tx_ok(tx)) return tx_ok(tx);
    struct q_remote_contact_find in = {account, d->connection_id, u->piece.contact_id};
    u->was_found = tx_first(tx, Q_REMOTE_CONTACT_FIND, &in, &row);
    if (u->was_found) u->remote_id = arena_str(d->arena, row.remote_id);
    return tx_ok(tx);
}

bool crm_update_read(const struct link_house *h, struct tx *tx, struct json_parser *p, struct link_delivery *d,
                     struct crm_update *out)
{
    const struct event *e = &d->event;
    bool is_watched = e->source == EVENT_CONNECTION;
    *out = (struct crm_update){.status = e->source == EVENT_DROP || is_watched ? status_find(e->code) : NULL};
    if (!out->status) return never(d, "CRMs are told of what happens to pieces of mail only.");
    if (!connection_read(tx, h->seal, d->arena, e->account_id, d->connection_id, &out->connection))
        return never(d, "The connection is not there any more.");
    d->secrets = out->connection.secrets;
    if (!event_story_read(tx, p, d, &out->piece)) return false;
    if (is_watched) out->piece.contact_id = -out->piece.contact_id; /* theirs: remembered beside ours */
    out->email = value(&out->piece.who, FIELD_EMAIL_ADDRESS);
    out->phone = value(&out->piece.who, FIELD_MOBILE_PHONE);
    if (!out->phone.ptr) out->phone = value(&out->piece.who, FIELD_PHONE);
    return find_remote(tx, d, out);
}

struct str crm_marker(struct arena *a, const struct link_delivery *d)
{
    return str_of(arena_printf(a, "[pennypost %lld-%lld]", (long long)d->event.source_id, (long long)d->event.event_id));
}

/* "2026-05-04 10:31 UTC" */
static const char *minute(struct arena *a, int64_t ms)
{
    char text[21];
    text_iso8601(ms, text);
    return arena_printf(a, "%.10s %.5s UTC", text, text + 11);
}

static struct str visited(struct arena *a, struct str detail)
{
    struct json_value root, url = {0};
    struct fault f;
    if (!detail.ptr) return STR_NULL;
    struct json_parser *p = json_parser_create();
    if (json_parse(p, json_padded(a, detail), &root, &f)) url = json_get(root, "url");
    struct str out = url.type == JSON_STRING ? arena_str(a, url.string) : STR_NULL;
    json_parser_destroy(&p);
    return out;
}

struct str crm_note(struct arena *a, const struct link_delivery *d, const struct crm_update *u, bool with_marker)
{
    const struct drop *drop = &u->piece.drop;
    struct str url = visited(a, d->event.detail);
    const char *text = arena_printf(a, "%s: %.*s, mail drop %lld, %s", u->status->crm, STR_ARG(drop->name),
                                    (long long)drop->drop_id, minute(a, d->event.happened_at));
    if (url.len) text = arena_printf(a, "%s, %.*s", text, STR_ARG(url));
    if (d->event.is_test) text = arena_printf(a, "%s (test)", text);
    if (with_marker) text = arena_printf(a, "%s %.*s", text, STR_ARG(crm_marker(a, d)));
    return str_of(text);
}

bool crm_remember(struct tx *tx, int64_t account, int64_t connection_id, int64_t contact_id, struct str remote_id)
{
    if (!remote_id.ptr)
        return tx_run(tx, Q_REMOTE_CONTACT_FORGET, &(struct q_remote_contact_forget){account, connection_id, contact_id}, NULL);
    struct q_remote_contact_put in = {account, connection_id, contact_id, remote_id};
    return tx_run(tx, Q_REMOTE_CONTACT_PUT, &in, NULL);
}
