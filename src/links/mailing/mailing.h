/* mailing.h: the link `mailing`: an event sends a piece of mail to whom it is about: a visit, a status, a contact that changed. It needs no
 * connection: a subscription names the campaign, {"endpoint": …, "values": {"var_field_1": …}}, and what is not named of the values is
 * the person's as the event's piece or contact has it. The piece is made in the unit that writes down that the event was delivered: once,
 * or not at all. */
#pragma once
#include "base/json.h"
#include "outbox/link.h"

#define MAILING_NUMBER 7
struct mailing;
struct link_house;
struct mailing *mailing_create(const struct link_house *h);
void mailing_destroy(struct mailing **m); /* after outbox_destroy */
const struct link_def *mailing_link(const struct mailing *m);

/* Reads a subscription's "send". `settings`: as they are stored; `address`: what a destination shows where an address would stand, one for
 * each campaign. From the arena. FAULT_USER 400 names what is wrong. Whether there is such a campaign is asked when it is stored. */
struct mailing_settings {
    struct str settings, address, endpoint;
};
bool mailing_settings_read(struct json_value send, struct arena *a, struct mailing_settings *out, struct fault *f);
