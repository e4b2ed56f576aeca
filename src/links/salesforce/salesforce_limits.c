/* salesforce_limits.c: how much of an organisation's daily requests is used, as its answers say, and what a connection's status shows of it.
 * In memory, for one node; the other side counts anyway. */
#include "links/salesforce/salesforce_private.h"
#include "base/limits.h"
#include "base/log.h"
#include <pthread.h>
#include <stdlib.h>

enum { FULL_PERCENT = 95, CONNECTIONS_MAX = 4096 };

struct sf_limits {
    pthread_mutex_t lock;
    struct sf_usage *all;
    int n, max;
};

struct sf_limits *sf_limits_create(void)
{
    struct sf_limits *l = calloc(1, sizeof *l);
    ASSERT(l && pthread_mutex_init(&l->lock, NULL) == 0);
    return l;
}

void sf_limits_destroy(struct sf_limits **lp)
{
    struct sf_limits *l = *lp;
    *lp = NULL;
    if (!l) return;
    pthread_mutex_destroy(&l->lock);
    free(l->all);
    free(l);
}

/* Under the lock. */
static struct sf_usage *usage_of(struct sf_limits *l, int64_t connection_id)
{
    for (int i = 0; i < l->n; i++)
        if (l->all[i].connection_id == connection_id) return &l->all[i];
    if (l->n == CONNECTIONS_MAX) return NULL;
    if (l->n == l->max) {
        l->max = l->max ? l->max * 2 : 16;
        l->all = realloc(l->all, sizeof *l->all * (size_t)l->max);
        ASSERT(l->all);
    }
    l->all[l->n] = (struct sf_usage){.connection_id = connection_id, .noted = -1};
    return &l->all[l->n++];
}

/* When nearly all is used: one request now and then, to hear whether there is room again. */
int64_t sf_pace(void *ctx, int64_t connection_id, int64_t now)
{
    struct sf_limits *l = ((struct salesforce *)ctx)->limits;
    int64_t until = 0;
    pthread_mutex_lock(&l->lock);
    struct sf_usage *u = usage_of(l, connection_id);
    if (u && u->most && u->used * 100 >= u->most * FULL_PERCENT)
        until = u->heard_at + limit_get(LIMIT_SALESFORCE_FULL_PAUSE_S) * 1000;
    pthread_mutex_unlock(&l->lock);
    return until > now ? until : 0;
}

void sf_heard(void *ctx, int64_t connection_id, const struct fetch_answer *answer, int64_t now)
{
    struct sf_limits *l = ((struct salesforce *)ctx)->limits;
    int64_t used, most;
    if (!answer->head.ptr || !sf_limit_read(fetch_header(answer, "Sforce-Limit-Info"), &used, &most)) return;
    pthread_mutex_lock(&l->lock);
    struct sf_usage *u = usage_of(l, connection_id);
    if (u) {
        u->used = used;
        u->most = most;
        u->heard_at = now;
    }
    pthread_mutex_unlock(&l->lock);
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
    struct sf_limits *l = s->limits;
    pthread_mutex_lock(&l->lock);
    struct sf_usage *u = usage_of(l, connection_id), is = u ? *u : (struct sf_usage){0};
    bool is_news = is.most && (is.noted < 0 || llabs(is.used - is.noted) * 100 >= is.most);
    if (is_news) u->noted = is.used; /* a unit that is taken back loses this word of it; the next hundredth has another */
    pthread_mutex_unlock(&l->lock);
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
