/* bench_outbox.c: deliveries a second to good endpoints while a tenth of all is bad (hang, drip, refuse: a third each), with real webhooks of
 * real pieces over loopback; beside it a bare libcurl multi loop that posts the same body to the same good endpoints without a database, in
 * rounds that alternate; both also by processor time, the other side's not counted. Then the time from an event's commit to its arrival, at a steady rate. The other side is one thread of this program.
 * Arguments: a folder on the disk to measure (default .), events for each endpoint (default 1000). */
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "links/webhook/webhook.h"
#include "outbox/outbox.h"
#include "peer.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENDPOINTS = 100, BAD = 10, GOOD = ENDPOINTS - BAD, PIECES = 5000, ACCOUNT = 1, BATCH = 10, FIRST_PIECE = BATCH * 8192 };
enum { CONNECTIONS = 64, ROUNDS = 3, PACED_MS = 4000, PACE_A_SECOND = 2000 };
enum kind { ANSWERS, HANGS, DRIPS, REFUSES };

/* ---- the other side ---- */

static struct {
    _Atomic int64_t n_answered;
    int64_t committed_us[ENDPOINTS][PIECES], arrived_us[ENDPOINTS][PIECES];
    char body[4096]; /* of the first request, for the yardstick */
} seen;

static enum kind kind_of(int endpoint) { return endpoint < GOOD ? ANSWERS : (enum kind)(HANGS + (endpoint - GOOD) % 3); }

static bool refuses(int endpoint) { return kind_of(endpoint) == REFUSES; }

static const char *answer_to(const struct peer_request *r)
{
    if (kind_of(r->place) == HANGS) return NULL;
    if (kind_of(r->place) == DRIPS) return PEER_DRIPS;
    const char *id = strstr(r->body, "\"mailId\":");
    int64_t piece = id ? atoll(id + 9) - FIRST_PIECE : -1;
    if (piece >= 0 && piece < PIECES && !seen.arrived_us[r->place][piece]) seen.arrived_us[r->place][piece] = clock_mono_us();
    if (atomic_load(&seen.n_answered) == 0) snprintf(seen.body, sizeof seen.body, "%s", r->body);
    atomic_fetch_add(&seen.n_answered, 1);
    return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
}

/* ---- the yardstick ---- */

static void aim(CURL *e, int64_t i)
{
    char url[60];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer_port((int)(i % GOOD)));
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, seen.body);
}

static struct figure yardstick(int64_t n)
{
    struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
    h = curl_slist_append(h, "Expect:");
    h = curl_slist_append(h, "webhook-id: msg_1000000000000000");
    h = curl_slist_append(h, "webhook-timestamp: 1700000000");
    struct figure out = bare_curl(n, CONNECTIONS, h, aim);
    curl_slist_free_all(h);
    return out;
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
        "0, 1, 912345678, 300, 1, 0);"
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
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", peer_port(i));
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
    while (atomic_load(&seen.n_answered) < n) usleep(500);
}

/* Deliveries a second to the good ones, of a backlog of n events for each endpoint. */
static struct figure deliver(int first_piece, int n)
{
    struct destination *all;
    struct arena *a = arena_create(10000);
    struct fault f;
    int got = destination_all(outbox, a, ACCOUNT, &all, &f);
    for (int i = 0; i < got; i++) ASSERT(destination_set_state(outbox, ACCOUNT, all[i].destination_id, DESTINATION_PAUSED, &f));
    int64_t before = atomic_load(&seen.n_answered), emitted = clock_mono_us();
    for (int k = 0; k < n; k += 50) write_now(emit, &(struct emit){first_piece + k, 50, 0, ENDPOINTS});
    double emit_s = (double)(clock_mono_us() - emitted) / 1e6;
    int64_t began = clock_mono_us(), good = (int64_t)n * GOOD;
    double cpu = own_cpu_us();
    for (int i = 0; i < got; i++) ASSERT(destination_set_state(outbox, ACCOUNT, all[i].destination_id, DESTINATION_OPEN, &f));
    wait_answered(before + good);
    struct figure out = {(double)good * 1e6 / (double)(clock_mono_us() - began), (own_cpu_us() - cpu) / (double)good};
    arena_destroy(&a);
    printf("  (events with their deliveries: %.0f/s)\n", n * ENDPOINTS / emit_s);
    return out;
}

/* From a commit to the arrival of its first attempt, good endpoints in turn. */
static void paced(void)
{
    static int64_t waits[PACED_MS * PACE_A_SECOND / 1000];
    int n = 0, sent = 0;
    int64_t before = atomic_load(&seen.n_answered), began = clock_mono_us();
    memset(seen.arrived_us, 0, sizeof seen.arrived_us);
    while (sent < PACED_MS * PACE_A_SECOND / 1000) {
        int64_t due = began + (int64_t)sent * 1000000 / PACE_A_SECOND;
        while (clock_mono_us() < due) usleep(100);
        int piece = sent / GOOD, endpoint = sent % GOOD;
        write_now(emit, &(struct emit){piece, 1, endpoint, 1});
        seen.committed_us[endpoint][piece] = clock_mono_us();
        sent++;
    }
    double took = (double)(clock_mono_us() - began) / 1e6;
    wait_answered(before + sent);
    for (int i = 0; i < sent; i++) {
        int64_t wait = seen.arrived_us[i % GOOD][i / GOOD] - seen.committed_us[i % GOOD][i / GOOD];
        waits[n++] = wait < 0 ? 0 : wait;
    }
    char what[100];
    snprintf(what, sizeof what, "commit to arrival at %.0f/s, bad ones beside them", sent / took);
    print_waits(what, waits, (size_t)n);
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
    peer_start(ENDPOINTS, 0, answer_to, refuses);
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
    printf("%d endpoints, %d of them bad; body of %zu bytes\n", ENDPOINTS, BAD, strlen(seen.body));
    for (int round = 0; round < ROUNDS; round++) {
        struct figure bare = yardstick((int64_t)n * GOOD / 2), ours = deliver(round * n, n);
        printf("bare libcurl %8.0f/s, %3.0f us each   outbox, durable %8.0f/s to the good ones, %3.0f us each   ratio %.2f; by "
               "processor time %.2f\n",
               bare.rate, bare.cpu_us, ours.rate, ours.cpu_us, ours.rate / bare.rate, bare.cpu_us / ours.cpu_us);
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
    peer_stop();
    return remove_tree(dir, NULL) ? 0 : 1;
}
