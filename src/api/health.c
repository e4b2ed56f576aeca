/* health.c: whether this house is alive: for load balancers, ./run and the command line. Answers without the database. */
#include "api/api_private.h"
#include "base/durable.h"
#include "store/store.h"

void handle_health(struct http_exchange *x)
{
    struct store_stats s;
    int64_t free_mb = disk_free_mb(api_data_dir(x));
    bool is_full = free_mb >= 0 && free_mb < limit_get(LIMIT_DISK_MIN_FREE_MB);
    store_stats(api_store(x), &s);
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_strz(j, "status", is_full ? "disk full" : "ok");
    json_strz(j, "version", PENNYPOST_VERSION);
    json_object(j, "writer");
    json_int(j, "waiting", s.waiting);
    json_int(j, "groups", s.groups);
    json_int(j, "units", s.units);
    json_end(j);
    json_end(j);
    reply_end(&r, is_full ? 503 : 200);
}
