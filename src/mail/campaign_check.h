/* campaign_check.h: what a new campaign must say, in the wire's names. */
#pragma once
#include "mail/campaign.h"

/* Everything that can be checked without the database; trims the texts. FAULT_USER 400 names the field. */
bool campaign_check(struct drop *d, struct fault *f);
/* The credit type must be that of the template's size and the postage (specs: postalytics-api §6). */
bool campaign_credit_check(const struct drop *d, int size, struct fault *f);
/* 400 unless it is from 0 to 3650. */
bool campaign_min_days_check(int64_t days, struct fault *f);
