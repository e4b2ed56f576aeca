/* salesforce_limits.c: how much of an organisation's daily requests is used, as its answers say, and what a connection's status shows of it.
 * In memory, for one node; the other side counts anyway. */
#include "links/salesforce/salesforce_private.h"
#include "base/limits.h"
#include <stdlib.h>

enum { FULL_PERCENT = 95 };

struct usage {
    int64_t used, most /* 0: not known yet */, heard_at;
    int64_t noted; /* what the status says is used; -1: nothing */
};

static void usage_begin(void *u) { ((struct usage *)u)->noted = -1; }

struct per_connection *sf_usage_create(void) { return per_connection_create(sizeof(struct usage), usage_begin, NULL); }

/* When nearly all is used: one request now and then, to hear whether there is room again. */
int64_t sf_pace(void *ctx, int64_t connection_id, int64_t now)
{
    struct per_connection *all = ((struct salesforce *)ctx)->usage;
    int64_t until = 0;
    struct usage *u = per_connection_lock(all, connection_id);
    if (u->most && u->used * 100 >= u->most * FULL_PERCENT)
        until = u->heard_at + limit_get(LIMIT_SALESFORCE_FULL_PAUSE_S) * 1000;
    per_connection_unlock(all);
    return until > now ? until : 0;
}

void sf_heard(void *ctx, int64_t connection_id, const struct fetch_answer *answer, int64_t now)
{
    struct per_connection *all = ((struct salesforce *)ctx)->usage;
    int64_t used, most;
    if (!answer->head.ptr || !sf_limit_read(fetch_header(answer, "Sforce-Limit-Info"), &used, &most)) return;
    struct usage *u = per_connection_lock(all, connection_id);
    u->used = used;
    u->most = most;
    u->heard_at = now;
    per_connection_unlock(all);
}

/* ---- the status ---- */

bool sf_note(struct tx *tx, int64_t account, int64_t connection_id, const char *key, struct str json)
{
    struct connection c;
    struct json_value was = {.type = JSON_MISSING}, v;
    struct json_iter it = {0};
    struct str name;
    if (!connection_read(tx, NULL, tx_arena(tx), account, connection_id, &c)) return tx_ok(tx);
    struct json_parser *p = json_parser_create();
    if (c.status.len && !json_parse(p, json_padded(tx_arena(tx), c.status), &was, NULL)) was.type = JSON_MISSING;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    while (json_next(was, &it, &name, &v))
        if (!str_eq(name, str_of(key))) json_value_write(&j, arena_str(tx_arena(tx), name).ptr, v);
    json_raw(&j, key, json);
    json_end(&j);
    json_out_end(&j);
    bool ok = connection_note(tx, account, connection_id, buf_str(&b));
    buf_finish(&b);
    json_parser_destroy(&p);
    return ok;
}

bool sf_usage_note(struct salesforce *s, struct tx *tx, int64_t account, int64_t connection_id)
{
    struct usage *u = per_connection_lock(s->usage, connection_id), is = *u;
    bool is_news = is.most && (is.noted < 0 || llabs(is.used - is.noted) * 100 >= is.most);
    if (is_news) u->noted = is.used; /* a unit that is taken back loses this word of it; the next hundredth has another */
    per_connection_unlock(s->usage);
    if (!is_news) return true;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_int(&j, "used", is.used);
    json_int(&j, "of", is.most);
    json_time(&j, "at", is.heard_at);
    json_end(&j);
    json_out_end(&j);
    bool ok = sf_note(tx, account, connection_id, "api_requests", buf_str(&b));
    buf_finish(&b);
    return ok;
}
