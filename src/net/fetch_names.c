/* fetch_names.c: getaddrinfo in a few threads. Names that failed or hung before have threads of their own, so a thousand dead names hold up each
 * other and nobody else; each name is asked for once at a time however many wait for it. Lives with its fetcher. */
#include "net/fetch_private.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/workpool.h"
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SLOW_MS = 1000, DNS_WAIT_S = 2, DNS_TRIES = 2 };

struct fetch_names {
    struct workpool *usual, *suspect;
    atomic_bool is_ending;
};

struct fetch_names *fetch_names_create(void)
{
    struct fetch_names *n = calloc(1, sizeof *n);
    ASSERT(n);
    int threads = (int)limit_get(LIMIT_FETCH_NAME_THREADS), few = threads > 4 ? threads / 4 : 1;
    n->suspect = workpool_create(few, "slow names");
    n->usual = workpool_create(threads > few ? threads - few : 1, "names");
    return n;
}

void fetch_names_destroy(struct fetch_names **n)
{
    if (!n || !*n) return;
    atomic_store(&(*n)->is_ending, true);
    workpool_destroy(&(*n)->usual);
    workpool_destroy(&(*n)->suspect);
    free(*n);
    *n = NULL;
}

/* glibc keeps the resolver's patience per thread: 2 s twice a server instead of resolv.conf's usual 5 s. */
static void be_impatient(void)
{
    if (!(_res.options & RES_INIT)) res_init();
    if (_res.retrans > DNS_WAIT_S) _res.retrans = DNS_WAIT_S;
    if (_res.retry > DNS_TRIES) _res.retry = DNS_TRIES;
}

static int resolve(const char *host, struct sockaddr_storage *out, int max)
{
    struct addrinfo *all = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    int n = 0;
    be_impatient();
    if (getaddrinfo(host, NULL, &hints, &all) != 0) return 0;
    for (struct addrinfo *i = all; i && n < max; i = i->ai_next)
        if (i->ai_addrlen <= sizeof *out) memcpy(&out[n++], i->ai_addr, i->ai_addrlen);
    freeaddrinfo(all);
    return n;
}

static void run(void *arg)
{
    struct name_task *t = arg;
    struct fetcher *f = t->fetcher;
    int64_t from = clock_mono_ms();
    if (!atomic_load(&f->names->is_ending))
        t->n_ips = f->config.resolve ? f->config.resolve(f->config.resolve_ctx, t->host, t->ips, ENDPOINT_IPS)
                                     : resolve(t->host, t->ips, ENDPOINT_IPS);
    t->was_slow = clock_mono_ms() - from > SLOW_MS;
    fetcher_post_name(f, t);
}

bool fetch_names_ask(struct fetch_names *n, struct name_task *t, bool is_suspect)
{
    return workpool_submit(is_suspect ? n->suspect : n->usual, run, t, (int)limit_get(LIMIT_FETCH_NAME_QUEUE));
}
