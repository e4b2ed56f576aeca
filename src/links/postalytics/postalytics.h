/* postalytics.h: a Postalytics account, or another Pennypost, as the other side: every request of its API by name, a sender of pieces
 * (mail/sender.h), and a printer (mail/handover.h) that has each piece made there. Their rate, 3 requests a second and 180 a minute for a
 * key, is kept for each connection. */
#pragma once
#include "links/connector.h"
#include "mail/handover.h"
#include "mail/sender.h"

#define POSTALYTICS_NUMBER 5
struct postalytics;
struct postalytics *postalytics_create(const struct link_house *h, const char *data_dir /* lives as long */);
void postalytics_destroy(struct postalytics **p); /* after outbox_destroy and mail_destroy */
const struct connector *postalytics_connector(const struct postalytics *p);
const struct sender *postalytics_sender(const struct postalytics *p);
const struct printer_def *postalytics_printer(const struct postalytics *p);

/* A drop there, as it was when the connection was last watched. */
struct postalytics_drop {
    int64_t drop_id, seen_at;
    struct str name, endpoint /* STR_NULL: it has none */;
    bool is_posted; /* its events are posted here */
};
/* Newest first, at most max; how many, -1 with a fault. A connection that is not watched has none. */
int postalytics_drops(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int max,
                      struct postalytics_drop **out, struct fault *f);

/* A contact list there, and the list here that follows it. */
struct postalytics_list {
    int64_t remote_list_id, contact_list_id, n_contacts /* there */, intake_id /* the last import that it made; 0: none */,
        seen_at;
    struct str name;
};
/* By number; how many, -1 with a fault. */
int postalytics_lists(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int max,
                      struct postalytics_list **out, struct fault *f);
