/* page.c: see page.h. */
#include "api/page.h"
#include "base/settings.h"
#include <string.h>

static void settle(struct page_range *out, int64_t start, int64_t limit)
{
    bool both_ends = strcmp(setting_get(SETTING_PAGE_INCLUSIVE), "on") == 0;
    int64_t first = start > 0 ? start : 1;
    out->skip = first - 1;
    out->n = (int)(both_ends ? start + limit - first + 1 : limit);
}

bool page_request(struct http_exchange *x, enum limit by_default, enum limit most, struct page_range *out)
{
    int64_t start, limit;
    if (!request_number(x, "start", 0, 0, INT32_MAX, &start) || !request_rows(x, by_default, most, &limit)) return false;
    settle(out, start, limit);
    return true;
}

bool page_request_open(struct http_exchange *x, struct page_range *out)
{
    int64_t start, limit, most = limit_get(LIMIT_API_PAGE_ROWS);
    if (!request_number(x, "start", 0, 0, INT32_MAX, &start) || !request_number(x, "limit", 0, 1, most, &limit)) return false;
    settle(out, start, limit ? limit : INT32_MAX / 2);
    if (!limit) out->n = INT32_MAX;
    return true;
}

int page_cut(const struct page_range *p, int n, int *shown)
{
    int first = p->skip < n ? (int)p->skip : n;
    *shown = n - first < p->n ? n - first : p->n;
    return first;
}
