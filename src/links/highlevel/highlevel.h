/* highlevel.h: the connector to HighLevel (API v2): what happens to a piece becomes a tag and a note of its contact there, and a workflow's
 * webhook sends a piece. Facts of the other side: specs crm-apis §1. */
#pragma once
#include "links/connector.h"

#define HIGHLEVEL_NUMBER 2

struct highlevel;
struct highlevel *highlevel_create(const struct link_house *h); /* h must outlive it */
void highlevel_destroy(struct highlevel **h);                   /* after outbox_destroy and tokens_destroy */
const struct connector *highlevel_connector(const struct highlevel *h);
