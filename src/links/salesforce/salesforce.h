/* salesforce.h: the connector of Salesforce (specs: crm-apis §2): contacts and leads come in, a field per mail drop goes back, hooks ask for
 * pieces. One for a server. */
#pragma once
#include "links/connector.h"

#define SALESFORCE_NUMBER 3

struct salesforce;
/* `h` must outlive it; its due sources are added to h->jobs here. `data_dir`: imports are gathered below it. */
struct salesforce *salesforce_create(const struct link_house *h, const char *data_dir);
void salesforce_destroy(struct salesforce **s); /* after outbox_destroy and jobs_stop */
const struct connector *salesforce_connector(const struct salesforce *s);
