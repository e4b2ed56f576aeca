/* domain.c: see domain.h. */
#include "mail/domain.h"
#include "mail/mail_private.h"
#include "base/log.h"
#include "base/map.h"
#include "net/url.h"
#include "net/web_address.h"
#include "queries.h"
#include <stdlib.h>

struct domain {
    int64_t account, created_at;
    char host[WEB_HOST_MAX_BYTES + 1];
};
/* by_host: host to struct domain, under the lock. Few, so those of an account are looked for, and a group that changed one reads all of them
 * again: `next` is what they are when it is committed, and takes the place of by_host on the committer's thread, before anybody is answered. */
struct domains {
    struct participant participant; /* must be first */
    pthread_rwlock_t lock;
    struct map *by_host, *next;
};

/* ---- in memory ---- */

static void forget(struct map **by_host)
{
    size_t at = 0;
    struct str key;
    void *entry;
    if (!*by_host) return;
    while (map_next(*by_host, &at, &key, &entry)) free(entry);
    map_destroy(by_host);
}

static bool load(struct tx *tx, void *arg)
{
    struct domains *d = arg;
    struct r_tracking_domain_every row;
    forget(&d->next);
    d->next = map_create();
    struct rows r = tx_rows(tx, Q_TRACKING_DOMAIN_EVERY, NULL);
    while (rows_next(&r, &row)) {
        struct domain *e = calloc(1, sizeof *e);
        ASSERT(e && row.host.len <= WEB_HOST_MAX_BYTES);
        *e = (struct domain){.account = row.account_id, .created_at = row.created_at};
        memcpy(e->host, row.host.ptr, row.host.len);
        free(map_put(d->next, row.host, e));
    }
    rows_end(&r);
    return tx_ok(tx);
}

static bool before_commit(struct participant *p, struct tx *tx) { return load(tx, p); }

static void ended(struct participant *p, bool committed)
{
    struct domains *d = (struct domains *)p;
    if (committed) {
        pthread_rwlock_wrlock(&d->lock);
        struct map *was = d->by_host;
        d->by_host = d->next;
        pthread_rwlock_unlock(&d->lock);
        d->next = was;
    }
    forget(&d->next);
}

struct domains *domains_load(struct store *s, struct fault *f)
{
    struct domains *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->participant = (struct participant){.before_commit = before_commit, .ended = ended};
    pthread_rwlock_init(&d->lock, NULL);
    bool ok = store_read(s, load, d, f);
    ended(&d->participant, ok);
    if (!ok) domains_destroy(&d);
    return d;
}

void domains_destroy(struct domains **dp)
{
    struct domains *d = *dp;
    if (!d) return;
    forget(&d->by_host);
    pthread_rwlock_destroy(&d->lock);
    free(d);
    *dp = NULL;
}

/* "Mail.Example.com.:8080" is mail.example.com. False: longer than a host is. */
static bool host_of(struct str header, char out[WEB_HOST_MAX_BYTES + 1], struct str *host)
{
    struct str port;
    struct str h = header.len && header.ptr[0] == '[' ? header : str_cut(header, ':', &port);
    if (h.len && h.ptr[h.len - 1] == '.') h.len--;
    if (!h.len || h.len > WEB_HOST_MAX_BYTES) return false;
    for (size_t i = 0; i < h.len; i++) out[i] = h.ptr[i] >= 'A' && h.ptr[i] <= 'Z' ? (char)(h.ptr[i] + 32) : h.ptr[i];
    out[h.len] = '\0';
    *host = str_make(out, h.len);
    return true;
}

int64_t domain_account(struct mail *m, struct str host_header)
{
    char text[WEB_HOST_MAX_BYTES + 1];
    struct str host;
    if (!host_header.ptr || !host_of(host_header, text, &host)) return 0;
    pthread_rwlock_rdlock(&m->domains->lock);
    const struct domain *d = map_get(m->domains->by_host, host);
    int64_t account = d ? d->account : 0;
    pthread_rwlock_unlock(&m->domains->lock);
    return account;
}

/* ---- changing ---- */

struct change {
    struct domains *domains;
    int64_t account;
    struct str host;
};

static bool put(struct tx *tx, void *arg)
{
    struct change *c = arg;
    struct r_tracking_domain_find found;
    if (tx_first(tx, Q_TRACKING_DOMAIN_FIND, &(struct q_tracking_domain_find){c->host}, &found))
        return found.account_id == c->account ||
               tx_refuse(tx, FAULT_USER, 409, "%.*s is another account's tracking domain.", STR_ARG(c->host));
    tx_join(tx, &c->domains->participant);
    return tx_run(tx, Q_TRACKING_DOMAIN_INSERT, &(struct q_tracking_domain_insert){c->host, c->account, tx_now(tx)}, NULL);
}

static bool is_host(struct str a, struct str header)
{
    char text[WEB_HOST_MAX_BYTES + 1];
    struct str host;
    return header.ptr && host_of(header, text, &host) && str_eq(a, host);
}

static bool host_check(struct mail *m, struct arena *a, struct str given, struct str asked_at, struct str *host,
                       struct fault *f)
{
    struct web_address w;
    struct url_parts base;
    struct fault why;
    char text[WEB_HOST_MAX_BYTES + 1];
    if (!host_of(given, text, host) || memchr(given.ptr, '/', given.len) ||
        !web_address_read(str_of(arena_printf(a, "http://%.*s/", STR_ARG(*host))), &w, &why) || w.is_ip || !strchr(w.host, '.'))
        return fault_user(f, 400, "\"%.*s\" is no host name as go.example.com.", (int)(given.len > 100 ? 100 : given.len),
                          given.ptr);
    *host = arena_str(a, str_of(w.host));
    bool is_ours = is_host(*host, asked_at) || (url_parse(str_of(m->purl_base), &base) && is_host(*host, base.host));
    return !is_ours ||
           fault_user(f, 400, "%.*s is this house's own name: as a tracking domain it would serve nothing else any more.",
                      STR_ARG(*host));
}

bool domain_put(struct mail *m, int64_t account, struct str host, struct str asked_at, struct fault *f)
{
    struct arena *a = arena_create(1024);
    struct change c = {.domains = m->domains, .account = account};
    bool ok = host_check(m, a, host, asked_at, &c.host, f);
    if (ok && !accounts_exists(m->accounts, account)) ok = not_found(f, "account", account);
    ok = ok && store_write(m->store, put, &c, f);
    arena_destroy(&a);
    return ok;
}

static bool take_away(struct tx *tx, void *arg)
{
    const struct change *c = arg;
    int64_t changed = 0;
    if (!tx_run(tx, Q_TRACKING_DOMAIN_REMOVE, &(struct q_tracking_domain_remove){c->host, c->account}, &changed)) return false;
    if (!changed) return tx_refuse(tx, FAULT_USER, 404, "There is no tracking domain %.*s of this account.", STR_ARG(c->host));
    tx_join(tx, &c->domains->participant);
    return tx_ok(tx);
}

bool domain_delete(struct mail *m, int64_t account, struct str host, struct fault *f)
{
    char text[WEB_HOST_MAX_BYTES + 1];
    struct change c = {.domains = m->domains, .account = account};
    return host_of(host, text, &c.host) ? store_write(m->store, take_away, &c, f)
                                        : fault_user(f, 404, "There is no such tracking domain.");
}

/* ---- showing ---- */

struct showing {
    struct arena *arena;
    int64_t account;
    struct domain_row *rows;
    int n, max;
};

static bool read_all(struct tx *tx, void *arg)
{
    struct showing *g = arg;
    struct r_tracking_domain_every row;
    struct rows r = tx_rows(tx, Q_TRACKING_DOMAIN_EVERY, NULL);
    for (g->n = 0; rows_next(&r, &row);) {
        if (g->account && row.account_id != g->account) continue;
        ARENA_GROW(g->arena, g->rows, g->n, g->max);
        g->rows[g->n++] = (struct domain_row){arena_str(g->arena, row.host), row.account_id, row.created_at};
    }
    rows_end(&r);
    return tx_ok(tx);
}

int domain_all(struct store *s, struct arena *a, int64_t account, struct domain_row **out, struct fault *f)
{
    struct showing g = {.arena = a, .account = account};
    if (!store_read(s, read_all, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

/* ---- what personal URLs begin with ---- */

static const char *newest_of(struct domains *d, struct arena *a, int64_t account)
{
    const struct domain *newest = NULL, *e;
    size_t at = 0;
    struct str key;
    void *entry;
    pthread_rwlock_rdlock(&d->lock);
    while (map_next(d->by_host, &at, &key, &entry)) {
        e = entry;
        if (e->account == account && (!newest || e->created_at > newest->created_at)) newest = e;
    }
    const char *host = newest ? arena_strz(a, newest->host) : NULL;
    pthread_rwlock_unlock(&d->lock);
    return host;
}

const char *purl_base(struct mail *m, struct arena *a, int64_t account)
{
    struct url_parts base;
    const char *host = newest_of(m->domains, a, account);
    if (!host || !url_parse(str_of(m->purl_base), &base)) return m->purl_base;
    bool is_usual = base.port == (str_eq(base.scheme, STR("https")) ? 443 : 80);
    const char *port = is_usual ? "" : arena_printf(a, ":%d", base.port);
    return arena_printf(a, "%.*s://%s%s%.*s", STR_ARG(base.scheme), host, port, STR_ARG(base.path));
}
