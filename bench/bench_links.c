/* bench_links.c: status updates a second into HighLevel (a tag and a note each), while that answers in 50 ms: with its limit, and with it lifted; beside
 * it, in rounds that alternate, a bare libcurl multi loop that makes the same two requests of so many people at once as the outbox has under way,
 * without a database. Then the time from an event's commit to its tag at a steady rate below the limit. The other side is one thread of this program.
 * Arguments: a folder on the disk to measure (default .), updates a round with the limit lifted (default 3000). */
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/seal.h"
#include "links/highlevel/highlevel.h"
#include "outbox/outbox.h"
#include "peer.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACCOUNT = 1, DROP = 2, PIECES = 8000, FIRST_PIECE = 10 * 8192, ROUNDS = 3, WINDOW = 32, ANSWERS_MS = 50 };
enum { LIMITED_MS = 30000, PACED = 60, PACE_MS = 250, LIMIT = 100, LIMIT_MS = 10000 };

/* ---- the other side ---- */

static struct {
    int64_t requests_ms[LIMIT]; /* the newest of them, for its limit */
    unsigned n_requests;
    _Atomic bool is_limited;
    _Atomic int64_t n_tags, n_notes, n_refused;
    int64_t tagged_us[PIECES];
} crm;

#define ANSWER(status, length, body)                                                                                           \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body
static const char tags[] = ANSWER("201 Created", "11", "{\"tags\":[]}"),
                  note[] = ANSWER("201 Created", "20", "{\"note\":{\"id\":\"n1\"}}"),
                  notes[] = ANSWER("200 OK", "12", "{\"notes\":[]}"), busy[] = ANSWER("429 Too Many Requests", "2", "{}");

/* A hundred requests in ten seconds. */
static bool is_over(void)
{
    int64_t now = clock_mono_ms(), *oldest = &crm.requests_ms[crm.n_requests % LIMIT];
    if (!atomic_load(&crm.is_limited)) return false;
    if (crm.n_requests >= LIMIT && now - *oldest < LIMIT_MS) return true;
    *oldest = now;
    crm.n_requests++;
    return false;
}

static const char *answer_to(const struct peer_request *r)
{
    const char *path = strstr(r->text, "/contacts/c"), *what = path ? strchr(path + 11, '/') : NULL;
    ASSERT(what);
    if (is_over()) return atomic_fetch_add(&crm.n_refused, 1), busy;
    if (*r->text == 'G') return notes;
    if (strncmp(what, "/notes", 6) == 0) return atomic_fetch_add(&crm.n_notes, 1), note;
    int piece = atoi(path + 11);
    if (piece < PIECES) crm.tagged_us[piece] = clock_mono_us();
    atomic_fetch_add(&crm.n_tags, 1);
    return tags;
}

/* ---- the yardstick ---- */

/* A tag, then a note. */
static void aim(CURL *e, int64_t i)
{
    bool is_note = i % 2;
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/contacts/c%lld/%s", peer_port(0), (long long)(PIECES + i / 2),
             is_note ? "notes" : "tags");
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS,
                     is_note ? "{\"body\":\"Mailed: Spring, mail drop 2, 2026-05-04 10:31 UTC [pennypost 2-4711]\"}"
                             : "{\"tags\":[\"Postalytics Event: Mailed\"]}");
}

static struct figure yardstick(int n)
{
    struct curl_slist *h = curl_slist_append(NULL, "Content-Type: application/json");
    h = curl_slist_append(h, "Authorization: Bearer pit-0123abcd-4567-89ab-cdef-0123456789ab");
    h = curl_slist_append(h, "Version: 2021-07-28");
    struct figure out = bare_curl(2 * (int64_t)n, WINDOW, h, aim);
    curl_slist_free_all(h);
    return (struct figure){out.rate / 2, out.cpu_us * 2};
}

/* ---- the house ---- */

static struct link_house house;
static int64_t connection_id;

static void put_rows(const char *path)
{
    static const char sql[] =
        "INSERT INTO campaign (account_id, campaign_id, name, kind, created_at) VALUES (1, 1, 'Spring', 1, 0);"
        "INSERT INTO template (account_id, template_id, name, size, created_at) VALUES (1, 1, 'card', 1, 0);"
        "INSERT INTO mail_drop (account_id, drop_id, campaign_id, name, state, template_id, template_version, sender, "
        "created_at) "
        "VALUES (1, 2, 1, 'Spring', 0, 1, 1, '{\"sender_name\":\"Penny Post\"}', 0);"
        "INSERT INTO batch (account_id, batch_id, drop_id, state, is_test, template_version, mid, stid, first_serial, "
        "opened_at) "
        "VALUES (1, 10, 2, 3, 0, 1, 912345678, 300, 1, 0);"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 7999) INSERT INTO piece (piece_id, "
        "account_id, "
        "contact_id, created_at, recipient, source_ref) SELECT 81920 + i, 1, 500 + i, 0, '[\"Ada\",\"Lovelace\",null,\"12 St "
        "James "
        "Square\",null,\"Sacramento\",\"CA\",\"95814\",\"US\",\"ada@example.com\"]', '%lld:c' || i FROM n;";
    char text[sizeof sql + 20], *error = NULL;
    sqlite3 *db;
    snprintf(text, sizeof text, sql, (long long)connection_id);
    ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK) fprintf(stderr, "%s\n", error), exit(3);
    sqlite3_close(db);
}

struct saving {
    const char *burst;
    const struct link_def *link; /* NULL: only the connection */
};
static bool save(struct tx *tx, void *arg)
{
    const struct saving *s = arg;
    struct arena *a = tx_arena(tx);
    struct connection c = {.account_id = ACCOUNT, .connection_id = connection_id, .kind = HIGHLEVEL_NUMBER, .label = STR("HL")};
    c.settings = str_of(arena_printf(a, "{\"location_id\":\"l\",\"base_url\":\"http://127.0.0.1:%d\",\"burst\":\"%s\"}",
                                     peer_port(0), s->burst));
    c.secrets = STR("{\"token\":\"pit-0123abcd-4567-89ab-cdef-0123456789ab\"}");
    if (!connection_put(tx, house.seal, &c)) return false;
    connection_id = c.connection_id;
    if (!s->link) return true;
    struct subscription sub = {
        .account_id = ACCOUNT, .source = EVENT_DROP, .source_id = DROP, .codes = ~0ull >> 1, .is_enabled = true};
    sub.destination_id = destination_of_connection(tx, s->link, ACCOUNT, connection_id, c.label);
    return sub.destination_id && subscription_put(house.outbox, tx, s->link, &sub, STR_NULL);
}

struct emit {
    int first_piece, n;
};
static bool emit(struct tx *tx, void *arg)
{
    const struct emit *m = arg;
    for (int k = m->first_piece; k < m->first_piece + m->n; k++) {
        struct event e = {.account_id = ACCOUNT,
                          .source = EVENT_DROP,
                          .source_id = DROP,
                          .code = 11,
                          .subject_id = FIRST_PIECE + k,
                          .person_id = 1 + k};
        e.happened_at = tx_now(tx);
        if (!event_emit(house.outbox, tx, &e)) return false;
    }
    return true;
}

static void write_now(store_fn *fn, void *arg)
{
    struct fault f;
    if (store_write(house.store, fn, arg, &f)) return;
    fprintf(stderr, "%s\n", f.text);
    exit(3);
}

static struct figure tell(int first_piece, int n)
{
    int64_t before = atomic_load(&crm.n_notes), began = clock_mono_us();
    double cpu = own_cpu_us();
    for (int k = 0; k < n; k += 100) write_now(emit, &(struct emit){first_piece + k, n - k < 100 ? n - k : 100});
    while (atomic_load(&crm.n_notes) < before + n) usleep(500);
    return (struct figure){n * 1e6 / (double)(clock_mono_us() - began), (own_cpu_us() - cpu) / n};
}

/* From a commit to the tag, at four events a second: below the limit of 9 requests a second. */
static void paced(int first_piece)
{
    static int64_t committed[PACED], waits[PACED];
    int64_t before = atomic_load(&crm.n_notes);
    for (int i = 0; i < PACED; i++) {
        write_now(emit, &(struct emit){first_piece + i, 1});
        committed[i] = clock_mono_us();
        usleep(PACE_MS * 1000);
    }
    while (atomic_load(&crm.n_notes) < before + PACED) usleep(1000);
    for (int i = 0; i < PACED; i++) {
        waits[i] = crm.tagged_us[first_piece + i] - committed[i];
        if (waits[i] < 0) waits[i] = 0; /* it was there before the commit's answer was */
    }
    print_waits("commit to the tag's arrival at 4/s (its answer takes 50 ms more)", waits, PACED);
}

static void limited(int first_piece)
{
    int64_t refused = atomic_load(&crm.n_refused), before = atomic_load(&crm.n_notes);
    for (int k = 0; k < 500; k += 100) write_now(emit, &(struct emit){first_piece + k, 100});
    usleep(LIMITED_MS * 1000);
    printf("with its limit of %d requests in ten seconds, ours at 90: %.1f updates/s in %d s, %lld refused\n", LIMIT,
           (double)(atomic_load(&crm.n_notes) - before) * 1e3 / LIMITED_MS, LIMITED_MS / 1000,
           (long long)(atomic_load(&crm.n_refused) - refused));
}

static bool open_house(const char *dir, const char *address, struct fault *f)
{
    char key[1200];
    struct store_config config = {.address = address, .data_dir = dir, .node = 1};
    struct address_guard *guard = address_guard_create(STR("127.0.0.0/8"), true, STR("all"), f);
    snprintf(key, sizeof key, "%s/house.key", dir);
    house.store = store_open(&config, f);
    house.seal = seal_open(key, f);
    house.jobs = jobs_create(house.store);
    return house.store && house.seal && guard && (house.fetcher = fetcher_create(&(struct fetcher_config){.guard = guard}, f));
}

int main(int argc, char **argv)
{
    char dir[1000], path[1100], address[1200];
    int n = argc > 2 ? atoi(argv[2]) : 2000;
    struct fault f = {0};
    ASSERT(n >= 100 && n * ROUNDS + PACED + 600 <= PIECES);
    snprintf(dir, sizeof dir, "%s/bench-links-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(dir)) return 3;
    snprintf(path, sizeof path, "%s/store.db", dir);
    snprintf(address, sizeof address, "sqlite:%s", path);
    setvbuf(stdout, NULL, _IOLBF, 0);
    curl_global_init(CURL_GLOBAL_ALL);
    log_set_level(LOG_WARNING);
    peer_start(1, ANSWERS_MS, answer_to, NULL);
    if (!open_house(dir, address, &f)) return fprintf(stderr, "%s\n", f.text), 3;
    write_now(save, &(struct saving){"off", NULL});
    put_rows(path);
    struct highlevel *hl = highlevel_create(&house);
    const struct link_def *link = highlevel_connector(hl)->link;
    house.outbox = outbox_create(&(struct outbox_config){.store = house.store,
                                                         .jobs = house.jobs,
                                                         .fetcher = house.fetcher,
                                                         .links = &link,
                                                         .n_links = 1,
                                                         .seal = house.seal},
                                 &f);
    ASSERT(house.outbox);
    jobs_start(house.jobs);
    write_now(save, &(struct saving){"off", link});
    sleep(6); /* what was recorded in its first seconds is looked for before its note is written */
    printf("a tag and a note each, answered in %d ms, %d updates at once: no more than %d/s\n", ANSWERS_MS, WINDOW,
           WINDOW * 1000 / (2 * ANSWERS_MS));
    for (int round = 0; round < ROUNDS; round++) {
        struct figure bare = yardstick(n), ours = tell(round * n, n);
        printf("limit lifted: bare libcurl %5.0f/s, %3.0f us each   outbox, durable %5.0f/s, %3.0f us each   ratio %.2f\n",
               bare.rate, bare.cpu_us, ours.rate, ours.cpu_us, ours.rate / bare.rate);
    }
    paced(ROUNDS * n);
    atomic_store(&crm.is_limited, true);
    write_now(save, &(struct saving){"90", NULL});
    limited(ROUNDS * n + PACED);
    jobs_stop(&house.jobs);
    outbox_stop(house.outbox);
    fetcher_destroy(&house.fetcher);
    outbox_destroy(&house.outbox);
    highlevel_destroy(&hl);
    store_close(&house.store);
    peer_stop();
    return remove_tree(dir, NULL) ? 0 : 1;
}
