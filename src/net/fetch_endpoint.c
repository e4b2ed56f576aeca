/* fetch_endpoint.c: one host and port of the world outside: the addresses of its name for a while, how many asks it may have at once, and who
 * waits for either. All on the fetcher's thread. An endpoint goes when nobody waits or runs there and its addresses are old. */
#include "net/fetch_private.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUSPECT_KEPT_S = 60 };

struct endpoint *endpoint_find(struct fetcher *f, const struct web_address *w)
{
    char key[WEB_HOST_MAX_BYTES + 32];
    snprintf(key, sizeof key, "http%s://%s:%d", w->is_https ? "s" : "", w->host, w->port);
    struct endpoint *e = map_get(f->endpoints, str_of(key));
    if (e) return e;
    e = calloc(1, sizeof *e);
    ASSERT(e);
    e->key = strdup(key);
    e->fetcher = f;
    e->address = *w;
    TAILQ_INIT(&e->waiting);
    if (w->is_ip) {
        e->ips[0] = w->ip;
        e->n_ips = 1;
        e->known_until_ms = INT64_MAX;
    }
    map_put(f->endpoints, str_of(key), e);
    return e;
}

/* Every one, not only that which will be used: a name that leads inside and outside is a trick. */
bool endpoint_is_open(const struct endpoint *e, const struct asking *q, struct fault *f)
{
    const struct address_guard *guard = e->fetcher->config.guard;
    if (!q->ask.is_guarded) return true;
    if (!guard) return fault_user(f, 400, "This server has no address guard.");
    if (!address_guard_text(guard, q->ask.url, f)) return false;
    for (int i = 0; i < e->n_ips; i++)
        if (!address_guard_ip(guard, (const struct sockaddr *)&e->ips[i], f)) return false;
    return true;
}

static void take_places(struct endpoint *e)
{
    const struct fetcher *f = e->fetcher;
    int most = f->config.max_per_host ? f->config.max_per_host : (int)limit_get(LIMIT_FETCH_MAX_PER_HOST);
    for (struct asking *q; e->n_running < most && (q = TAILQ_FIRST(&e->waiting));) {
        struct fault why;
        TAILQ_REMOVE(&e->waiting, q, queued);
        if (!endpoint_is_open(e, q, &why)) {
            asking_fail(q, FETCH_REFUSED, "%s", why.text);
            continue;
        }
        e->n_running++;
        asking_ready(q);
    }
}

static void fail_waiting(struct endpoint *e, const char *why)
{
    for (struct asking *q; (q = TAILQ_FIRST(&e->waiting));) {
        TAILQ_REMOVE(&e->waiting, q, queued);
        asking_fail(q, FETCH_NO_NAME, "the name %s %s", e->address.host, why);
    }
}

static void ask_name(struct endpoint *e)
{
    if (e->is_resolving) return;
    struct name_task *t = calloc(1, sizeof *t);
    ASSERT(t);
    t->fetcher = e->fetcher;
    t->endpoint = e;
    strcpy(t->host, e->address.host);
    e->is_resolving = fetch_names_ask(e->fetcher->names, t, e->is_suspect);
    if (e->is_resolving) return;
    free(t);
    fail_waiting(e, "was not asked for: too many names wait for an answer");
}

static bool is_known(const struct endpoint *e) { return e->n_ips > 0 && clock_mono_ms() < e->known_until_ms; }

void endpoint_add(struct endpoint *e, struct asking *q)
{
    q->endpoint = e;
    q->state = ASKING_AT_ENDPOINT;
    TAILQ_INSERT_TAIL(&e->waiting, q, queued);
    if (is_known(e))
        take_places(e);
    else
        ask_name(e);
}

static bool is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family) return false;
    if (a->ss_family == AF_INET)
        return memcmp(&((const struct sockaddr_in *)a)->sin_addr, &((const struct sockaddr_in *)b)->sin_addr, 4) == 0;
    return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
}

void endpoint_prefer(struct endpoint *e, int at)
{
    if (at <= 0 || at >= e->n_ips) return;
    struct sockaddr_storage good = e->ips[at];
    memmove(&e->ips[1], &e->ips[0], sizeof *e->ips * (size_t)at);
    e->ips[0] = good;
}

void endpoint_named(struct endpoint *e, struct name_task *t)
{
    struct sockaddr_storage good = e->ips[0];
    bool was_known = e->n_ips > 0;
    e->is_resolving = false;
    e->is_suspect = t->n_ips <= 0 || t->was_slow;
    e->n_ips = t->n_ips > 0 ? t->n_ips : 0;
    memcpy(e->ips, t->ips, sizeof *e->ips * (size_t)e->n_ips);
    for (int i = 1; was_known && i < e->n_ips; i++)
        if (is_same(&e->ips[i], &good)) endpoint_prefer(e, i); /* kept connections lead there */
    e->known_until_ms = clock_mono_ms() + 1000 * (e->n_ips ? limit_get(LIMIT_FETCH_NAME_KEPT_S) : SUSPECT_KEPT_S);
    free(t);
    if (e->n_ips)
        take_places(e);
    else
        fail_waiting(e, "does not resolve");
}

void endpoint_leave(struct endpoint *e)
{
    ASSERT(e->n_running > 0);
    e->n_running--;
    if (TAILQ_EMPTY(&e->waiting)) return;
    if (is_known(e))
        take_places(e);
    else
        ask_name(e);
}

/* An endpoint without a good name is remembered for a while as a suspect. */
void endpoint_tidy(struct fetcher *f, int64_t now_ms, bool is_end)
{
    struct map *kept = map_create();
    struct str key;
    void *value;
    for (size_t at = 0; map_next(f->endpoints, &at, &key, &value);) {
        struct endpoint *e = value;
        bool is_busy = e->n_running || e->is_resolving || !TAILQ_EMPTY(&e->waiting);
        ASSERT(!is_end || !is_busy);
        if (!is_end && (is_busy || (now_ms < e->known_until_ms && !e->address.is_ip))) {
            map_put(kept, key, e);
            continue;
        }
        free(e->key);
        free(e);
    }
    map_destroy(&f->endpoints);
    f->endpoints = kept;
}
