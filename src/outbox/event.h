/* event.h: facts that happened, and how they reach the outbox (DESIGN §1). An event is written inside the unit that made it true, together
 * with one delivery for each subscription that wants it, so neither can be without the other.
 *
 *   event         a piece was scanned, a contact changed: source (which kind of thing, which one), a code of that source, whom it is about
 *   subscription  which codes of which source interest which destination, and after what delay
 *   delivery      one event for one subscription: a durable row until its link has delivered it
 *   destination   where deliveries go: a webhook's address, a CRM connection. It has a window, a pause and a lease; one node at a time serves it
 *   link          what speaks to a destination (link.h)
 *
 * No producer knows a consumer: mail emits, links subscribe. */
#pragma once
#include "store/store.h"

struct outbox;

enum event_source {
    EVENT_DROP = 1,
    EVENT_AUDIENCE,
    EVENT_JOB,
    EVENT_CONNECTION,
    EVENT_LIST
}; /* EVENT_DROP: codes of postal/status.def */
enum list_event {
    CONTACT_CREATED = 1,
    CONTACT_UPDATED,
    CONTACT_DELETED
}; /* codes of EVENT_LIST; subject and person: the contact */
struct list_event_def {
    const char *name /* in the API and in webhooks: "contact.created" */, *title /* for people: "Contact created" */;
};
const struct list_event_def *list_event_find(int64_t code); /* NULL: no such code */
int list_event_by_name(struct str name);                    /* of either case; 0: none */

struct event {
    int64_t account_id, source_id /* above 0 */, event_id;
    enum event_source source;
    int code; /* 0-62: a bit of subscription.codes */
    bool is_test;
    int hops; /* how many links an event has caused the next one through; above outbox.max_hops it is kept but not delivered */
    int64_t subject_id;  /* what it is about: the piece, the contact */
    int64_t person_id;   /* deliveries of one subscription, person and source go one at a time, in order of commit */
    int64_t happened_at; /* when it was true (the scan's time) */
    int64_t recorded_at; /* when we learnt it: emit sets it */
    struct str detail;   /* JSON object or STR_NULL: what the source's own rows do not say */
};

/* Inside a unit: writes the event and its deliveries, wakes their destinations after the commit. Sets event_id and recorded_at. False when
 * the unit failed. */
bool event_emit(struct outbox *o, struct tx *tx, struct event *e);
/* Does anybody want this code of this source? For bulk work whose events nobody would read (a list's import). Any thread, no waiting. */
bool event_is_wanted(struct outbox *o, int64_t account, enum event_source source, int64_t source_id, int code);
/* Inside a unit: forgets the details of the next `most` events of a source behind the event `*place` (0: from the first one on); that they happened
 * stays. *n: how many there were; then *place is the last of them. */
bool event_details_forget(struct tx *tx, int64_t account, enum event_source source, int64_t source_id, int64_t most,
                          int64_t *place, int64_t *n);
/* Newest first from the start-th (0-based) on; returns how many, -1 with a fault. */
int event_page(struct store *s, struct arena *a, int64_t account, enum event_source source, int64_t source_id, int64_t start,
               int n, struct event **out, struct fault *f);
