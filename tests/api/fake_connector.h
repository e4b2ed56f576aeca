/* fake_connector.h: a connector for tests, "crm": it asks <settings.base> + path with "Bearer <secrets.token>"; 401 is AUTH. Its subscriptions
 * take {"tag": text}. A request to it is {"proof": the token, "pieces": [{"endpoint", "body", "remote_id", "repeat_id"}]}. */
#pragma once
#include "links/connector.h"

#define FAKE_NUMBER 5
extern const struct connector fake_connector;
extern int64_t fake_left;    /* the connection that it last took its leave from */
extern int64_t fake_removed; /* the one that it was last told the end of */
