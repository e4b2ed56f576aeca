/* request.c: what a request's path and query say, with the answer when they say something else. Called by handlers. */
#include "api/api_private.h"
#include <unistd.h>

bool request_id(struct http_exchange *x, const char *param, const char *what, int64_t *id)
{
    struct str s = http_param(x, param);
    if (str_to_int64(s, id) && *id > 0) return true;
    http_fail(x, 404, "There is no %s %.*s.", what, STR_ARG(s));
    return false;
}

bool request_number(struct http_exchange *x, const char *name, int64_t by_default, int64_t least, int64_t most, int64_t *out)
{
    struct str s = http_query(x, name);
    *out = by_default;
    if (!s.ptr || str_is_empty(s)) return true;
    if (str_to_int64(s, out) && *out >= least && *out <= most) return true;
    http_fail(x, 400, "%s must be a number from %lld to %lld.", name, (long long)least, (long long)most);
    return false;
}

bool request_rows(struct http_exchange *x, enum limit by_default, enum limit most, int64_t *out)
{
    int64_t rows = limit_get(by_default), max = limit_get(most);
    return request_number(x, "limit", rows < max ? rows : max, 1, max, out);
}

bool request_slice(struct http_exchange *x, int n, int *first, int *end)
{
    int64_t start, limit;
    if (!request_number(x, "start", 0, 0, INT32_MAX, &start) || !request_number(x, "limit", INT32_MAX, 1, INT32_MAX, &limit))
        return false;
    int64_t skip = start > 0 ? start - 1 : 0;
    *first = (int)(skip < n ? skip : n);
    *end = (int)(skip + limit < n ? skip + limit : n);
    if (*end < *first) *end = *first;
    return true;
}

bool request_failed(struct http_exchange *x, bool ok, const struct fault *f)
{
    if (!ok) http_fail_fault(x, f);
    return !ok;
}

bool request_upload(struct http_exchange *x, const char *what, const char **path)
{
    int64_t bytes = 0;
    *path = http_body_file(x, &bytes);
    if (*path && bytes > 0) return true;
    if (*path) unlink(*path);
    http_fail(x, 400, "The body is empty; %s.", what);
    return false;
}

bool request_upload_failed(struct http_exchange *x, bool ok, const char *path, const struct fault *f)
{
    if (!ok) unlink(path);
    return request_failed(x, ok, f);
}
