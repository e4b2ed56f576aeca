/* postalytics.h: a Postalytics account, or another Pennypost, as the other side: every request of its API by name, a sender of pieces
 * (mail/sender.h), and a printer (mail/handover.h) that has each piece made there. Their rate, 3 requests a second and 180 a minute for a
 * key, is kept for each connection. */
#pragma once
#include "links/connector.h"
#include "mail/handover.h"
#include "mail/sender.h"

#define POSTALYTICS_NUMBER 5
struct postalytics;
struct postalytics *postalytics_create(const struct link_house *h);
void postalytics_destroy(struct postalytics **p); /* after outbox_destroy and mail_destroy */
const struct connector *postalytics_connector(const struct postalytics *p);
const struct sender *postalytics_sender(const struct postalytics *p);
const struct printer_def *postalytics_printer(const struct postalytics *p);
