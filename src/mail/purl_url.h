/* purl_url.h: the addresses around a personal URL, as text. Pure; any thread. */
#pragma once
#include "base/arena.h"

/* The parameter of a landing page's address that tells its script whom it is for: the code, and behind a hyphen the visit's number. */
#define PURL_PARAMETER "pp"
/* The Starting URL with the visitor's own query and ours: what stands in Location, so ASCII without blanks. `visit_id` 0: none. A query
 * longer than url.max_bytes is left away, and so is a parameter of our name that came. */
char *purl_location(struct arena *a, struct str starting_url, struct str code, int64_t visit_id, struct str query);
/* The address without our parameter: what is kept of a page that was seen. */
struct str purl_page(struct arena *a, struct str url);
/* Has who sees `url` reached the goal? Host and path are equal (case of the host, a slash at the end and the scheme do not matter), and
 * each parameter that the goal names is there with its value. */
bool purl_is_goal(struct str goal_url, struct str url);
