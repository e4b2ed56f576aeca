/* fake_fetch.c: see fake_fetch.h. Its own fetcher_*, fetch_* stand before the library's. */
#include "fake_fetch.h"
#include "base/clock.h"
#include "base/log.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct waiting {
    struct waiting *next;
    struct arena *arena;
    fetch_done *done;
    void *arg;
    struct fake_peer *peer;
    int64_t due_mono;
    struct fetch_answer answer;
};
struct fetcher {
    pthread_t thread;
    bool stop;
};
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fake_peer *peers;
    int n_peers;
    struct waiting *waiting;
    struct fake_ask *asks;
    int n, max;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
void (*fake_on_ask)(const struct fetch_ask *ask);

void fake_lock(void) { pthread_mutex_lock(&fake.lock); }
void fake_unlock(void) { pthread_mutex_unlock(&fake.lock); }
int fake_asks(struct fake_ask **out)
{
    *out = fake.asks;
    return fake.n;
}
void fake_forget(void) { fake.n = 0; }

static void *fake_main(void *arg)
{
    struct fetcher *f = arg;
    pthread_mutex_lock(&fake.lock);
    while (!f->stop || fake.waiting) {
        int64_t mono = clock_mono_ms();
        struct waiting **at = &fake.waiting;
        while (*at && (*at)->due_mono > mono && !f->stop) at = &(*at)->next;
        struct waiting *w = *at;
        if (!w) {
            struct timespec t;
            clock_gettime(CLOCK_REALTIME, &t);
            t.tv_nsec += 1000000;
            if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
            pthread_cond_timedwait(&fake.changed, &fake.lock, &t);
            continue;
        }
        *at = w->next;
        if (w->peer) w->peer->n_now--;
        if (w->due_mono > mono) w->answer = (struct fetch_answer){.error = FETCH_STOPPED, .sentence = "stopped"};
        pthread_mutex_unlock(&fake.lock);
        w->done(w->arg, &w->answer);
        free(w);
        pthread_mutex_lock(&fake.lock);
    }
    pthread_mutex_unlock(&fake.lock);
    return NULL;
}

struct fetcher *fake_fetcher(struct fake_peer *peers, int n)
{
    struct fetcher *f = calloc(1, sizeof *f);
    fake.peers = peers;
    fake.n_peers = n;
    fake.n = 0;
    ASSERT(f && pthread_create(&f->thread, NULL, fake_main, f) == 0);
    return f;
}

void fetcher_destroy(struct fetcher **fp)
{
    struct fetcher *f = *fp;
    *fp = NULL;
    if (!f) return;
    pthread_mutex_lock(&fake.lock);
    f->stop = true;
    pthread_cond_signal(&fake.changed);
    pthread_mutex_unlock(&fake.lock);
    pthread_join(f->thread, NULL);
    free(f);
}

static struct fake_peer *find_peer(struct str url)
{
    for (int i = 0; i < fake.n_peers; i++)
        if (str_eq(str_of(fake.peers[i].url), url)) return &fake.peers[i];
    return NULL;
}

static void answer(struct waiting *w, const struct fetch_ask *ask, int64_t now)
{
    struct fake_peer *p = w->peer;
    struct fetch_answer *a = &w->answer;
    w->due_mono = now + (p ? p->delay_ms : 0);
    if (!p || p->kind == PEER_REFUSE) {
        a->error = FETCH_NO_CONNECTION;
        snprintf(a->sentence, sizeof a->sentence, "no connection");
    } else if (p->kind == PEER_HANG) {
        a->error = FETCH_TIMEOUT;
        snprintf(a->sentence, sizeof a->sentence, "no answer within %d ms", ask->timeout_ms);
        w->due_mono = now + ask->timeout_ms;
    } else {
        a->status = p->n <= p->fail_first ? 503 : p->status ? p->status : 200;
        a->head = str_of(p->head ? p->head : "");
        a->body = str_of(p->body ? p->body : "");
        snprintf(a->sentence, sizeof a->sentence, "%d", a->status);
    }
}

static void write_down(struct fake_peer *p, const struct fetch_ask *ask)
{
    if (fake.n == fake.max) {
        fake.max = fake.max ? fake.max * 2 : 64;
        fake.asks = realloc(fake.asks, sizeof *fake.asks * (size_t)fake.max);
        ASSERT(fake.asks);
    }
    struct fake_ask *a = &fake.asks[fake.n++];
    a->peer = p;
    a->at = clock_now_ms();
    snprintf(a->url, sizeof a->url, "%.*s", STR_ARG(ask->url));
    snprintf(a->body, sizeof a->body, "%.*s", STR_ARG(ask->body));
}

void fetch_start(struct fetcher *f, struct arena *a, const struct fetch_ask *ask, fetch_done *done, void *arg)
{
    (void)f;
    struct waiting *w = calloc(1, sizeof *w);
    ASSERT(w);
    pthread_mutex_lock(&fake.lock);
    struct fake_peer *p = find_peer(ask->url);
    *w = (struct waiting){.next = NULL, .arena = a, .done = done, .arg = arg, .peer = p};
    if (p) {
        p->n++;
        if (++p->n_now > p->most_now) p->most_now = p->n_now;
    }
    write_down(p, ask);
    answer(w, ask, clock_mono_ms());
    if (fake_on_ask && w->answer.status == 200) fake_on_ask(ask);
    struct waiting **at = &fake.waiting;
    while (*at) at = &(*at)->next;
    *at = w;
    pthread_cond_signal(&fake.changed);
    pthread_mutex_unlock(&fake.lock);
}

struct str fetch_header(const struct fetch_answer *a, const char *name)
{
    struct str rest = a->head;
    while (rest.len) {
        struct str line = str_cut(rest, '\n', &rest), value, key = str_cut(line, ':', &value);
        if (value.ptr && str_eq_nocase(key, str_of(name))) return str_trim(value);
    }
    return STR_NULL;
}

int64_t fetch_retry_after_ms(const struct fetch_answer *a, int64_t now)
{
    (void)now;
    int64_t seconds;
    return str_to_int64(fetch_header(a, "Retry-After"), &seconds) ? seconds * 1000 : -1;
}
