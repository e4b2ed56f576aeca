/* bench_outbox.c: deliveries a second to good endpoints while a tenth of all is bad (hang, drip, refuse: a third each), with real webhooks of
 * real pieces over loopback; beside it a bare libcurl multi loop that posts the same body to the same good endpoints without a database, in
 * rounds that alternate. Then the time from an event's commit to its arrival, at a steady rate. The other side is one thread of this program.
 * Arguments: a folder on the disk to measure (default .), events for each endpoint (default 1000). */
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "links/webhook/webhook.h"
#include "outbox/outbox.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ENDPOINTS = 100, BAD = 10, GOOD = ENDPOINTS - BAD, PIECES = 5000, ACCOUNT = 1, BATCH = 10, FIRST_PIECE = BATCH * 8192 };
enum { CONNECTIONS = 64, ROUNDS = 3, PACED_MS = 4000, PACE_A_SECOND = 2000 };
enum kind { ANSWERS, HANGS, DRIPS, REFUSES };

/* ---- the other side ---- */

struct conn {
    int fd, endpoint;
    size_t n, need;
    char in[8192];
    struct conn *next_drip;
};
static struct {
    int epoll, listeners[ENDPOINTS], ports[ENDPOINTS];
    struct conn *drips;
    _Atomic int64_t n_answered;
    _Atomic bool stop;
    int64_t committed_us[ENDPOINTS][PIECES], arrived_us[ENDPOINTS][PIECES];
    char body[4096], head[2048]; /* the newest request, for the yardstick */
} peer;

static enum kind kind_of(int endpoint) { return endpoint < GOOD ? ANSWERS : (enum kind)(HANGS + (endpoint - GOOD) % 3); }

static void watch(int fd, void *p)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    ASSERT(epoll_ctl(peer.epoll, EPOLL_CTL_ADD, fd, &e) == 0);
}

static void peer_open(void)
{
    peer.epoll = epoll_create1(0);
    for (int i = 0; i < ENDPOINTS; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof a;
        int fd = peer.listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        ASSERT(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
        peer.ports[i] = ntohs(a.sin_port);
        if (kind_of(i) == REFUSES) continue;
        ASSERT(listen(fd, 512) == 0);
        watch(fd, &peer.listeners[i]);
    }
}

static void arrived(struct conn *c, const char *body)
{
    const char *id = strstr(body, "\"mailId\":");
    int64_t piece = id ? atoll(id + 9) - FIRST_PIECE : -1;
    if (piece >= 0 && piece < PIECES && !peer.arrived_us[c->endpoint][piece])
        peer.arrived_us[c->endpoint][piece] = clock_mono_us();
}

static void request(struct conn *c)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    char *end;
    while (c->n && (end = memmem(c->in, c->n, "\r\n\r\n", 4))) {
        const char *length = memmem(c->in, c->n, "Content-Length: ", 16);
        size_t head = (size_t)(end + 4 - c->in), body = length ? (size_t)atoll(length + 16) : 0;
        if (c->n < head + body) return;
        c->in[c->n] = '\0';
        if (kind_of(c->endpoint) == HANGS) return;
        if (kind_of(c->endpoint) == DRIPS) {
            c->next_drip = peer.drips;
            peer.drips = c;
            c->n = 0;
            return;
        }
        arrived(c, end + 4);
        if (atomic_load(&peer.n_answered) == 0) snprintf(peer.body, sizeof peer.body, "%.*s", (int)body, end + 4);
        atomic_fetch_add(&peer.n_answered, 1);
        (void)!write(c->fd, answer, sizeof answer - 1);
        memmove(c->in, c->in + head + body, c->n - head - body);
        c->n -= head + body;
    }
}

static void drip(void)
{
    static int64_t next;
    if (clock_mono_ms() < next) return;
    next = clock_mono_ms() + 1000;
    for (struct conn *c = peer.drips; c; c = c->next_drip)
        if (c->fd >= 0) (void)!send(c->fd, "H", 1, MSG_NOSIGNAL);
}

static void take(int *listener)
{
    for (int fd; (fd = accept4(*listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        struct conn *c = calloc(1, sizeof *c); /* kept to the end: who drips may still be listed */
        ASSERT(c);
        c->fd = fd;
        c->endpoint = (int)(listener - peer.listeners);
        watch(fd, c);
    }
}

static void *peer_main(void *arg)
{
    (void)arg;
    struct epoll_event events[128];
    while (!atomic_load(&peer.stop)) {
        int n = epoll_wait(peer.epoll, events, 128, 200);
        for (int i = 0; i < n; i++) {
            int *listener = events[i].data.ptr;
            if (listener >= peer.listeners && listener < peer.listeners + ENDPOINTS) {
                take(listener);
                continue;
            }
            struct conn *c = events[i].data.ptr;
            ssize_t got = read(c->fd, c->in + c->n, sizeof c->in - 1 - c->n);
            if (got > 0) {
                c->n += (size_t)got;
                request(c);
            } else if (got == 0) {
                close(c->fd);
                c->fd = -1;
            }
        }
        drip();
    }
    return NULL;
}

/* ---- the yardstick ---- */

static void aim(CURL *e, int i)
{
    char url[60];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer.ports[i % GOOD]);
    curl_easy_setopt(e, CURLOPT_URL, url);
}

static double yardstick(int64_t n)
{
    CURLM *m = curl_multi_init();
    struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
    h = curl_slist_append(h, "Expect:");
    h = curl_slist_append(h, "webhook-id: msg_1000000000000000");
    h = curl_slist_append(h, "webhook-timestamp: 1700000000");
    int64_t began = clock_mono_us(), done = 0;
    int at = 0, running;
    curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, 4L * GOOD);
    for (int i = 0; i < CONNECTIONS; i++) {
        CURL *e = curl_easy_init();
        aim(e, at++);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, peer.body);
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, h);
        curl_multi_add_handle(m, e);
    }
    while (done < n) {
        CURLMsg *msg;
        int left;
        curl_multi_perform(m, &running);
        while ((msg = curl_multi_info_read(m, &left))) {
            CURL *e = msg->easy_handle;
            done += msg->data.result == CURLE_OK;
            curl_multi_remove_handle(m, e);
            aim(e, at++);
            curl_multi_add_handle(m, e);
        }
        curl_multi_poll(m, NULL, 0, 100, NULL);
    }
    double took = (double)(clock_mono_us() - began) / 1e6;
    curl_multi_cleanup(m); /* the handles go with the process */
    curl_slist_free_all(h);
    return (double)done / took;
}

/* ---- the house ---- */

static void put_rows(const char *path)
{
    static const char sql[] =
        "INSERT INTO campaign (account_id, campaign_id, name, kind, created_at) VALUES (1, 1, 'Spring', 1, 0);"
        "INSERT INTO template (account_id, template_id, name, size, created_at) VALUES (1, 1, 'card', 1, 0);"
        "INSERT INTO mail_drop (account_id, drop_id, campaign_id, name, state, template_id, template_version, sender, "
        "created_at) VALUES (1, 2, 1, "
        "'Spring', 0, 1, 1, '{\"sender_name\":\"Penny Post\",\"sender_address1\":\"1 Main "
        "St\",\"sender_city\":\"Springfield\"}', 0);"
        "INSERT INTO batch (account_id, batch_id, drop_id, state, is_test, template_version, mid, stid, first_serial, "
        "opened_at) VALUES (1, 10, 2, 3, "
        "0, 1, 123456789, 300, 1, 0);"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) INSERT INTO piece (piece_id, "
        "account_id, contact_id, "
        "created_at, recipient) SELECT 81920 + i, 1, 500 + i, 0, '[\"Ada\",\"Lovelace\",\"Analytical Engines\",\"12 St James "
        "Square\",\"Suite "
        "4\",\"Sacramento\",\"CA\",\"95814\",\"US\",\"ada@example.com\",\"+1 916 555 0100\",null,null,null,\"a "
        "value\",\"another value\"]' FROM n;";
    sqlite3 *db;
    char *error = NULL;
    ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK) fprintf(stderr, "%s\n", error), exit(3);
    sqlite3_close(db);
}

static struct outbox *outbox;
static struct store *store;
static const struct link_def *webhook;

static bool subscribe(struct tx *tx, void *arg)
{
    char url[60];
    int i = *(int *)arg;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer.ports[i]);
    struct subscription s = {
        .account_id = ACCOUNT, .source = EVENT_DROP, .source_id = 100 + i, .codes = 1u << 4, .is_enabled = true};
    s.address = str_of(url);
    return subscription_put(outbox, tx, webhook, &s, STR_NULL);
}

struct emit {
    int first_piece, n, first_endpoint, n_endpoints;
};
static bool emit(struct tx *tx, void *arg)
{
    const struct emit *m = arg;
    for (int k = m->first_piece; k < m->first_piece + m->n; k++)
        for (int i = m->first_endpoint; i < m->first_endpoint + m->n_endpoints; i++) {
            struct event e = {.account_id = ACCOUNT,
                              .source = EVENT_DROP,
                              .source_id = 100 + i,
                              .code = 4,
                              .subject_id = FIRST_PIECE + k,
                              .person_id = k};
            e.happened_at = tx_now(tx);
            if (!event_emit(outbox, tx, &e)) return false;
        }
    return true;
}

static void write_now(store_fn *fn, void *arg)
{
    struct fault f;
    if (store_write(store, fn, arg, &f)) return;
    fprintf(stderr, "%s\n", f.text);
    exit(3);
}

static void wait_answered(int64_t n)
{
    while (atomic_load(&peer.n_answered) < n) usleep(500);
}

/* Deliveries a second to the good ones, of a backlog of n events for each endpoint. */
static double deliver(int first_piece, int n)
{
    struct destination *all;
    struct arena *a = arena_create(10000);
    struct fault f;
    int got = destination_all(outbox, a, ACCOUNT, &all, &f);
    for (int i = 0; i < got; i++) ASSERT(destination_set_state(outbox, ACCOUNT, all[i].destination_id, DESTINATION_PAUSED, &f));
    int64_t before = atomic_load(&peer.n_answered), emitted = clock_mono_us();
    for (int k = 0; k < n; k += 50) write_now(emit, &(struct emit){first_piece + k, 50, 0, ENDPOINTS});
    double emit_s = (double)(clock_mono_us() - emitted) / 1e6;
    int64_t began = clock_mono_us();
    for (int i = 0; i < got; i++) ASSERT(destination_set_state(outbox, ACCOUNT, all[i].destination_id, DESTINATION_OPEN, &f));
    wait_answered(before + (int64_t)n * GOOD);
    double took = (double)(clock_mono_us() - began) / 1e6;
    arena_destroy(&a);
    printf("  (events with their deliveries: %.0f/s)\n", n * ENDPOINTS / emit_s);
    return (double)n * GOOD / took;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* From a commit to the arrival of its first attempt, good endpoints in turn. */
static void paced(void)
{
    static int64_t waits[PACED_MS * PACE_A_SECOND / 1000];
    int n = 0, sent = 0;
    int64_t before = atomic_load(&peer.n_answered), began = clock_mono_us();
    memset(peer.arrived_us, 0, sizeof peer.arrived_us);
    while (sent < PACED_MS * PACE_A_SECOND / 1000) {
        int64_t due = began + (int64_t)sent * 1000000 / PACE_A_SECOND;
        while (clock_mono_us() < due) usleep(100);
        int piece = sent / GOOD, endpoint = sent % GOOD;
        write_now(emit, &(struct emit){piece, 1, endpoint, 1});
        peer.committed_us[endpoint][piece] = clock_mono_us();
        sent++;
    }
    double took = (double)(clock_mono_us() - began) / 1e6;
    wait_answered(before + sent);
    for (int i = 0; i < sent; i++) {
        int64_t wait = peer.arrived_us[i % GOOD][i / GOOD] - peer.committed_us[i % GOOD][i / GOOD];
        waits[n++] = wait < 0 ? 0 : wait;
    }
    qsort(waits, (size_t)n, sizeof *waits, compare);
    printf("commit to arrival at %.0f/s, bad ones beside them: p50 %.2f ms, p99 %.2f ms, longest %.1f ms\n", sent / took,
           (double)waits[n / 2] / 1e3, (double)waits[n * 99 / 100] / 1e3, (double)waits[n - 1] / 1e3);
}

static void print_memory(void)
{
    char line[200];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "VmHWM", 5) == 0) printf("%s", line);
    if (f) fclose(f);
}

int main(int argc, char **argv)
{
    char dir[1000], path[1100], address[1200];
    int n = argc > 2 ? atoi(argv[2]) : 1000;
    struct fault f = {0};
    pthread_t thread;
    ASSERT(n % 50 == 0 && n * ROUNDS <= PIECES);
    snprintf(dir, sizeof dir, "%s/bench-outbox-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(dir)) return 3;
    snprintf(path, sizeof path, "%s/store.db", dir);
    snprintf(address, sizeof address, "sqlite:%s", path);
    curl_global_init(CURL_GLOBAL_ALL);
    log_set_level(LOG_WARNING);
    struct store_config store_config = {.address = address, .data_dir = dir, .node = 1};
    if (!(store = store_open(&store_config, &f))) return fprintf(stderr, "%s\n", f.text), 3;
    store_close(&store);
    put_rows(path);
    store = store_open(&store_config, &f);
    peer_open();
    pthread_create(&thread, NULL, peer_main, NULL);
    struct jobs *jobs = jobs_create(store);
    struct address_guard *guard = address_guard_create(STR("127.0.0.0/8"), true, STR("all"), &f);
    ASSERT(guard);
    struct fetcher *fetcher = fetcher_create(&(struct fetcher_config){.guard = guard}, &f);
    if (!fetcher) return fprintf(stderr, "%s\n", f.text), 3;
    struct webhook *hook = webhook_create();
    webhook = webhook_link(hook);
    outbox = outbox_create(
        &(struct outbox_config){.store = store, .jobs = jobs, .fetcher = fetcher, .links = &webhook, .n_links = 1}, &f);
    ASSERT(outbox);
    jobs_start(jobs);
    for (int i = 0; i < ENDPOINTS; i++) write_now(subscribe, &i);
    write_now(emit, &(struct emit){PIECES - 1, 1, 0, 1}); /* its body is what the yardstick posts */
    wait_answered(1);
    printf("%d endpoints, %d of them bad; body of %zu bytes\n", ENDPOINTS, BAD, strlen(peer.body));
    for (int round = 0; round < ROUNDS; round++) {
        double bare = yardstick((int64_t)n * GOOD / 2), ours = deliver(round * n, n);
        printf("bare libcurl %8.0f/s   outbox, durable %8.0f/s to the good ones   ratio %.2f\n", bare, ours, ours / bare);
    }
    paced();
    print_memory();
    struct outbox_stats stats;
    outbox_stats(outbox, &stats);
    printf("attempts %lld, delivered %lld, under way %lld\n", (long long)stats.attempts, (long long)stats.delivered,
           (long long)stats.in_flight);
    jobs_stop(&jobs);
    outbox_stop(outbox);
    fetcher_destroy(&fetcher);
    outbox_destroy(&outbox);
    webhook_destroy(&hook);
    store_close(&store);
    address_guard_destroy(&guard);
    atomic_store(&peer.stop, true);
    pthread_join(thread, NULL);
    return remove_tree(dir, NULL) ? 0 : 1;
}
