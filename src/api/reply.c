/* reply.c: JSON answers. Called by handlers, after the commit of what they report. */
#include "api/api_private.h"
#include "base/clock.h"
#include "store/store.h"

struct json_out *reply_begin(struct reply *r, struct http_exchange *x)
{
    *r = (struct reply){.x = x};
    r->json = json_out_begin(&r->buf);
    return &r->json;
}

void reply_end(struct reply *r, int status)
{
    json_out_end(&r->json);
    http_answer(r->x, status, "application/json", buf_str(&r->buf));
    buf_finish(&r->buf);
}

void reply_done(struct http_exchange *x, const char *date_name, const char *id_name, int64_t id)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_time(j, date_name, clock_now_ms());
    json_int(j, id_name, id);
    json_end(j);
    reply_end(&r, 200);
}

void reply_int(struct json_out *j, const char *key, int64_t v)
{
    if (v == DB_NULL)
        json_null(j, key);
    else
        json_int(j, key, v);
}

void reply_time(struct json_out *j, const char *key, int64_t ms)
{
    if (ms == DB_NULL)
        json_null(j, key);
    else
        json_time(j, key, ms);
}
