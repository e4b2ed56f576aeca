/* campaign_json.h: how campaigns are written. */
#pragma once
#include "api/api_private.h"
#include "mail/campaign.h"

void campaign_json(struct json_out *j, const struct drop *d, const struct drop_stats *s);
void campaign_details_json(struct json_out *j, const struct drop *d);
