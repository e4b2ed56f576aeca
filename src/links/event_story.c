/* event_story.c: see event_story.h. Called by links, for each delivery, on their reader. */
#include "links/event_story.h"
#include "base/log.h"
#include "mail/contact_check.h"
#include <stdio.h>

static bool never(struct link_delivery *d, const char *why)
{
    snprintf(d->sentence, sizeof d->sentence, "%s", why);
    return false;
}

/* We wrote it (links/postalytics). */
static bool unreadable(struct link_delivery *d, const struct fault *why)
{
    log_error("links", "The detail of event %lld of connection %lld cannot be read: %s", (long long)d->event.event_id,
              (long long)d->event.source_id, why->text);
    return never(d, "What this server has written down of the event cannot be read. Its log says more.");
}

static bool read_watched(struct json_parser *p, struct link_delivery *d, struct piece_story *out)
{
    const struct event *e = &d->event;
    struct json_value root, person, v;
    struct fault f;
    *out = (struct piece_story){.contact_id = e->subject_id, .is_test = e->is_test};
    if (!e->detail.ptr)
        return never(d, "Whose mail the event was about is forgotten: the connection that it came from was removed.");
    if (!json_parse(p, json_padded(d->arena, e->detail), &root, &f)) return unreadable(d, &f);
    person = json_get(root, "person");
    out->who.n_values = FIELD_KNOWN;
    for (int i = 0; i < FIELD_KNOWN; i++)
        if ((v = json_get(person, contact_field_name(i))).type == JSON_STRING && v.string.len)
            out->who.values[i] = arena_str(d->arena, v.string);
    v = json_get(root, "drop_id");
    if (v.type == JSON_INT) out->drop.drop_id = v.integer;
    v = json_get(root, "drop_name");
    out->drop.name = v.type == JSON_STRING ? arena_str(d->arena, v.string) : STR("");
    return true;
}

bool event_story_read(struct tx *tx, struct json_parser *p, struct link_delivery *d, struct piece_story *out)
{
    const struct event *e = &d->event;
    if (e->source == EVENT_CONNECTION) return read_watched(p, d, out);
    if (piece_story_read(tx, p, d->arena, e->account_id, e->subject_id, out)) return true;
    return never(d, "The piece that the event is about is not there any more.");
}
