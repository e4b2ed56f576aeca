/* campaign_check.h: what a new campaign must say, in the wire's names. */
#pragma once
#include "mail/campaign.h"

/* Everything that can be checked without the database; trims the texts. FAULT_USER 400 names the field. */
bool campaign_check(struct drop *d, struct fault *f);
/* An http or https address, or none. */
bool campaign_url_check(struct str s, const char *field, struct fault *f);
/* The credit type must be that of the template's size and the postage (specs: postalytics-api §6). */
bool campaign_credit_check(const struct drop *d, int size, struct fault *f);
/* The same for what is changed later; an empty address is allowed. */
bool campaign_change_check(struct campaign_change *c, struct fault *f);
