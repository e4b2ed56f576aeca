/* page.h: which part of a list a request asks for: ?start= counts from 1 (0 is 1 too), ?limit= rows. One client of the hosted service
 * expects start..start+limit, both ends included: the setting page.inclusive. */
#pragma once
#include "api/api_private.h"

struct page_range {
    int64_t skip; /* rows before it */
    int n;        /* at most */
};
/* For lists that are read page by page: limit from 1 to `most`, `by_default` when it is not said. False: it has answered (400). */
bool page_request(struct http_exchange *x, enum limit by_default, enum limit most, struct page_range *out);
/* For short lists (webhooks, campaigns): everything behind `start` unless a limit is said. */
bool page_request_open(struct http_exchange *x, struct page_range *out);
/* The part of n rows that are at hand: the first one's index, and *shown how many. */
int page_cut(const struct page_range *p, int n, int *shown);
