/* house.c: see house.h. */
#include "house.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *expected_log;
static bool on_log(enum log_level level, const char *line)
{
    if (level < LOG_WARNING || (expected_log && strstr(line, expected_log))) return true;
    fprintf(stderr, "a log line that no test announced: %s\n", line);
    abort();
}
void house_expect_log(const char *text) { expected_log = text; }

/* ---- the link: 200 is delivered; 4xx and 5xx speak each for one result ---- */

struct str house_secret;
struct str house_secrets;
char house_seen_secret[50];

static enum link_result link_step(void *ctx, struct link_delivery *d, const struct fetch_answer *answer)
{
    (void)ctx;
    if (!answer) {
        snprintf(house_seen_secret, sizeof house_seen_secret, "%.*s", STR_ARG(d->secret));
        d->ask = (struct fetch_ask){.method = "POST", .url = d->address, .timeout_ms = 300};
        d->ask.body = str_of(arena_printf(d->arena, "%lld:%d:%d%s", (long long)d->event.person_id, d->event.code, d->attempt,
                                          d->may_be_known ? "?" : ""));
        d->leave_mark = STR("was here");
        d->secrets = house_secrets;
        return LINK_ASK;
    }
    snprintf(d->sentence, sizeof d->sentence, "%s", answer->sentence);
    if (answer->error) return LINK_RETRY_LATER;
    switch (answer->status) {
    case 200: return LINK_OK;
    case 400: return LINK_PERMANENT;
    case 401: return LINK_AUTH;
    case 409: return LINK_HOLD;
    case 410: return LINK_DISABLE;
    case 419: return LINK_RETRY_NOW;
    case 429: d->pause_until = d->now + fetch_retry_after_ms(answer, d->now); return LINK_PAUSE_DESTINATION;
    case 430: d->pause_until = d->now + fetch_retry_after_ms(answer, d->now); return LINK_REST;
    default: return LINK_RETRY_LATER;
    }
}

int house_overtaken;

static bool still_holds(void *ctx, struct tx *tx, struct link_delivery *d)
{
    (void)ctx, (void)tx;
    if (!house_overtaken) return true;
    house_overtaken--;
    snprintf(d->sentence, sizeof d->sentence, "overtaken");
    return false;
}

static const int64_t steps[] = {0, 5000, 305000, 2105000};
static const struct retry_ladder ladder = {"test", steps, 4, 0};
struct link_def house_link = {.name = "test",
                              .number = 1,
                              .ladder = &ladder,
                              .is_ordered = true,
                              .window = 8,
                              .step = link_step,
                              .still_holds = still_holds};
static const struct link_def *const links[] = {&house_link};

/* ---- the house ---- */

void house_resume(struct house *h)
{
    struct fault f = {0};
    char address[128], key[128];
    snprintf(address, sizeof address, "sqlite:%s/test.db", h->dir);
    h->store = store_open(&(struct store_config){.address = address, .data_dir = h->dir, .node = 1}, &f);
    if (!h->store) fail_msg("%s", f.text);
    h->jobs = jobs_create(h->store);
    h->fetcher = fake_fetcher(h->peers, h->n_peers);
    struct outbox_config c = {.store = h->store, .jobs = h->jobs, .fetcher = h->fetcher, .links = links, .n_links = 1};
    snprintf(key, sizeof key, "%s/house.key", h->dir);
    c.seal = h->seal = seal_open(key, &f);
    if (!h->seal) fail_msg("%s", f.text);
    h->outbox = outbox_create(&c, &f);
    if (!h->outbox) fail_msg("%s", f.text);
    jobs_start(h->jobs);
}

void house_suspend(struct house *h)
{
    jobs_stop(&h->jobs);
    outbox_stop(h->outbox);
    fetcher_destroy(&h->fetcher);
    outbox_destroy(&h->outbox);
    seal_close(&h->seal);
    store_close(&h->store);
}

void house_open(struct house *h, struct fake_peer *peers, int n)
{
    *h = (struct house){.dir = "/tmp/pennypost-outbox-XXXXXX", .peers = peers, .n_peers = n};
    assert_non_null(mkdtemp(h->dir));
    log_set_hook(on_log);
    expected_log = NULL;
    house_secret = house_secrets = STR_NULL;
    h->arena = arena_create(1 << 16);
    house_link.window = 8;
    house_link.is_ordered = true;
    house_link.gather_most = 0;
    clock_set_ms(0);
    house_resume(h);
}

void house_close(struct house *h)
{
    house_suspend(h);
    arena_destroy(&h->arena);
    assert_true(remove_tree(h->dir, NULL));
    log_set_hook(NULL);
    clock_set_ms(0);
}

struct put {
    struct outbox *outbox;
    struct subscription s;
};
static bool put(struct tx *tx, void *arg)
{
    struct put *p = arg;
    struct subscription s = p->s; /* it may run again */
    if (!subscription_put(p->outbox, tx, &house_link, &s, house_secret)) return false;
    p->s.destination_id = s.destination_id;
    p->s.created_at = s.subscription_id;
    return true;
}

int64_t house_put(struct house *h, struct subscription s)
{
    struct put p = {h->outbox, s};
    struct fault f;
    if (!store_write(h->store, put, &p, &f)) fail_msg("%s", f.text);
    return p.s.created_at;
}

int64_t house_subscribe(struct house *h, const char *url)
{
    struct subscription s = {.account_id = ACCOUNT,
                             .source = EVENT_DROP,
                             .source_id = DROP,
                             .codes = UINT64_MAX >> 1,
                             .is_enabled = true,
                             .name = STR("hook"),
                             .address = str_of(url)};
    return house_put(h, s);
}

struct emit {
    struct outbox *outbox;
    int64_t person, event_id;
    int code, n;
};
static bool emit(struct tx *tx, void *arg)
{
    struct emit *m = arg;
    for (int i = 0; i < m->n; i++) {
        struct event e = {.account_id = ACCOUNT,
                          .source = EVENT_DROP,
                          .source_id = DROP,
                          .code = m->code,
                          .subject_id = m->person + i,
                          .person_id = m->person + i};
        e.happened_at = tx_now(tx);
        if (!event_emit(m->outbox, tx, &e)) return false;
        m->event_id = e.event_id;
    }
    return true;
}

int64_t house_emit(struct house *h, int64_t person, int code)
{
    struct emit m = {.outbox = h->outbox, .person = person, .code = code, .n = 1};
    struct fault f;
    if (!store_write(h->store, emit, &m, &f)) fail_msg("%s", f.text);
    return m.event_id;
}

void house_emit_many(struct house *h, int first_person, int n, int code)
{
    struct emit m = {.outbox = h->outbox, .person = first_person, .code = code, .n = n};
    struct fault f;
    if (!store_write(h->store, emit, &m, &f)) fail_msg("%s", f.text);
}

void house_wait_asks(struct house *h, int n)
{
    struct fake_ask *asks;
    int got = 0;
    (void)h;
    for (int64_t until = clock_mono_ms() + 60000; clock_mono_ms() < until && got < n; usleep(2000)) {
        fake_lock();
        got = fake_asks(&asks);
        fake_unlock();
    }
    if (got < n) fail_msg("%d asks after a minute, not %d", got, n);
}

static bool is_quiet(struct house *h)
{
    struct destination *all;
    struct outbox_stats stats;
    struct fault f;
    outbox_stats(h->outbox, &stats);
    if (stats.in_flight) return false;
    int n = destination_all(h->outbox, h->arena, ACCOUNT, &all, &f);
    for (int i = 0; i < n; i++)
        if (all[i].n_waiting) return false;
    return true;
}

void house_wait_quiet(struct house *h) { house_wait(is_quiet(h)); }

struct destination house_destination(struct house *h, const char *url)
{
    struct destination *all;
    struct fault f;
    int n = destination_all(h->outbox, h->arena, ACCOUNT, &all, &f);
    for (int i = 0; i < n; i++)
        if (str_eq(all[i].address, str_of(url))) return all[i];
    fail_msg("no destination has the address %s", url);
    return *all;
}
