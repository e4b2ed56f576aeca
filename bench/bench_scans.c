/* bench_scans.c: scans of the USPS from a file to durable rows, events and statistics (src/mail/scan_read.c): alone, with one subscription
 * (each event a delivery too), and beside 500 sends a second whose slowest answers are told. Beside them a bare SQLite loop that inserts
 * the same scan rows, sorted, 5,000 a transaction, durable, and nothing else. Rows come in random order, one for each of so many pieces;
 * wave 1 tells of each two events, waves 2 and 3 one. Each run is a process of its own, so that its peak memory is its own.
 *
 *   bench_scans [ROWS]        default 300000 */
#include "mail/batch.h"
#include "mail/piece.h"
#include "mail/scan_intake.h"
#include "mail/send.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/text.h"
#include "fake_press.h"
#include "outbox/outbox.h"
#include "postal/imb.h"
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MID = 123456, SERIALS_A_BATCH = 5000, ROWS_A_COMMIT = 5000, WAVES = 3, SENDS_A_SECOND = 500, DAY = 86400000 };

static const struct wave {
    int op;
    const char *phase, *zip;
} waves[WAVES] = {{881, "Phase 1a - Origin Primary Processing", "94105"},
                  {893, "Phase 2b - Destination SCF Processing", "62701"},
                  {919, "Phase 3c - Destination Sequenced Carrier Sortation", "62702"}};

/* ---- a house with n pieces in the mail ---- */

struct bench {
    char dir[64];
    int n;
    struct store *store;
    struct accounts *accounts;
    struct jobs *jobs;
    struct outbox *outbox;
    struct mail *mail;
    struct arena *arena;
    int64_t account, at;
    struct drop drop;
};

static void post(void *sem) { sem_post(sem); }

static void make_drop(struct bench *b)
{
    struct fault f = {0};
    sem_t compiled;
    struct template_row t = {.name = STR("card"), .html = STR("<p>x</p>"), .size = SIZE_6X9, .is_full_html = true};
    sem_init(&compiled, 0, 0);
    ASSERT(template_create(b->mail, b->account, &t, &f));
    jobs_start(b->jobs);
    template_when_compiled(b->mail, b->account, t.template_id, 30000, post, &compiled);
    while (sem_wait(&compiled) != 0) {}
    b->drop = (struct drop){.name = STR("bench"),
                            .template_id = t.template_id,
                            .kind = CAMPAIGN_TRIGGERED,
                            .contact_list_id = DB_NULL,
                            .send_at = DB_NULL,
                            .credit_type = 22,
                            .sender_name = STR("P"),
                            .sender_address1 = STR("1 Main St"),
                            .sender_city = STR("X"),
                            .sender_state = STR("IL"),
                            .sender_zip = STR("62701")};
    if (!campaign_create(b->mail, b->account, &b->drop, &f)) fprintf(stderr, "%s\n", f.text);
}

struct birth {
    struct bench *bench;
    int64_t n, batch_id;
};

static bool make_batch(struct tx *tx, void *arg)
{
    struct birth *w = arg;
    struct bench *b = w->bench;
    struct batch_birth in = {b->account, b->drop.drop_id, 1, MID, 310, tx_now(tx) + 365 * (int64_t)DAY, false};
    int64_t contact = tx_next_ids(tx, ID_CONTACT, w->n);
    w->batch_id = batch_make_closed(tx, &in, w->n);
    for (int64_t i = 0; i < w->n && tx_ok(tx); i++) {
        struct q_piece_insert piece = {PIECE_ID(w->batch_id, i),
                                       b->account,
                                       contact + i,
                                       tx_now(tx),
                                       STR_NULL,
                                       STR_NULL,
                                       STR("[\"Christopher\",\"Featherstonehaugh\",\"Pennypost Incorporated\",\"12345 North "
                                           "Main Street\",null,\"San Francisco\","
                                           "\"CA\",\"94103-1234\"]")};
        tx_run(tx, Q_PIECE_INSERT, &piece, NULL);
    }
    return tx_ok(tx) && w->batch_id;
}

static void open_bench(struct bench *b)
{
    struct fault f = {0};
    char address[128], key[37];
    log_set_level(LOG_WARNING);
    ASSERT(setting_set(STR("mail.test_gather_ms"), STR("6000000"), "bench", &f)); /* no rendering beside it */
    snprintf(address, sizeof address, "sqlite:%s/bench.db", b->dir);
    b->arena = arena_create(4096);
    b->store = store_open(&(struct store_config){.address = address, .data_dir = b->dir, .node = 1}, &f);
    ASSERT(b->store);
    b->accounts = accounts_load(b->store, &f);
    b->jobs = jobs_create(b->store);
    b->outbox = outbox_create(&(struct outbox_config){.store = b->store, .jobs = b->jobs}, &f);
    b->mail = mail_create(&(struct mail_config){.store = b->store,
                                                .jobs = b->jobs,
                                                .press = fake_press(),
                                                .accounts = b->accounts,
                                                .outbox = b->outbox,
                                                .data_dir = b->dir,
                                                .purl_base = "http://x/p/"},
                          &f);
    ASSERT(b->accounts && b->outbox && b->mail);
    ASSERT(account_create(b->accounts, &(struct account){.username = STR("bench")}, &b->account, key, &f));
    ASSERT(account_mailer_id_add(b->accounts, b->account, MID, &f));
    make_drop(b);
    for (int made = 0; made < b->n; made += SERIALS_A_BATCH) {
        struct birth w = {b, b->n - made < SERIALS_A_BATCH ? b->n - made : SERIALS_A_BATCH, 0};
        ASSERT(store_write(b->store, make_batch, &w, &f));
    }
    b->at = clock_now_ms();
}

static void close_bench(struct bench *b)
{
    jobs_stop(&b->jobs);
    outbox_stop(b->outbox);
    mail_destroy(&b->mail);
    outbox_destroy(&b->outbox);
    accounts_destroy(&b->accounts);
    store_close(&b->store);
    arena_destroy(&b->arena);
}

struct outcome {
    int64_t ms[WAVES];
    int64_t p50_us, p99_us, n_sends; /* of the sends beside it */
    int64_t cpu_us;
};

/* ---- the file: serials of the pool come in a row from 0 on ---- */

static int *shuffled(int n)
{
    int *order = malloc(sizeof *order * (size_t)n);
    ASSERT(order);
    srand(11);
    for (int i = 0; i < n; i++) order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int k = (int)(((unsigned)rand() << 15 ^ (unsigned)rand()) % (unsigned)(i + 1)), t = order[i];
        order[i] = order[k], order[k] = t;
    }
    return order;
}

static int64_t scan_time(const struct bench *b, int wave, int serial)
{
    return (b->at / 1000 + wave * 14400 + serial % 7200) * 1000;
}

static void write_feed(const struct bench *b, int wave, const char *path)
{
    char tracking[21], when[21];
    int *order = shuffled(b->n);
    FILE *f = fopen(path, "w");
    ASSERT(f);
    fputs("edocJobId,edocMailingGroupId,edocSubmitterCrid,handlingEventType,handlingEventTypeDescription,idTag,imb,imbMid,"
          "imbRoutingCode,imbSerialNumber,imbStid,imbTrackingCode,ldeDeliveryMode,machineId,machineName,mailClassDescription,"
          "mailPhase,"
          "mailShapeDescription,predictedDeliveryDate,scanDatetime,scanEventCode,scanFacilityCity,scanFacilityName,"
          "scanFacilityState,"
          "scanFacilityZip\n",
          f);
    for (int i = 0; i < b->n; i++) {
        int serial = order[i];
        ASSERT(imb_tracking(0, 310, MID, serial, tracking));
        text_iso8601(scan_time(b, wave, serial), when);
        fprintf(f,
                "4711,123456789,12345678,A,Actual,,,%d,94103123412,%d,310,%s,,17,DBCS-051,First-Class "
                "Mail,%s,Letters,2026-12-01,%s,%d,"
                "San Francisco,San Francisco P&DC,CA,%s\n",
                MID, serial, tracking, waves[wave].phase, when, waves[wave].op, waves[wave].zip);
    }
    ASSERT(fclose(f) == 0);
    free(order);
}

static int64_t cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000) + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

/* From the file's being taken to its end. */
static void read_wave(struct bench *b, int wave, struct outcome *o)
{
    struct fault f = {0};
    struct scan_intake in;
    int64_t id;
    char path[128];
    snprintf(path, sizeof path, "%s/feed.csv", b->dir);
    write_feed(b, wave, path);
    int64_t start = clock_mono_ms(), cpu = cpu_us();
    ASSERT(scan_intake_keep(b->mail, b->account, SCAN_INTAKE_FILE, path, &id, &f));
    do {
        usleep(2000);
        ASSERT(scan_intake_get(b->store, b->arena, b->account, id, &in, &f));
        ASSERT(in.state != INTAKE_FAILED);
    } while (in.state != INTAKE_DONE);
    if (in.n_used != b->n) fprintf(stderr, "%lld of %d rows were used\n", (long long)in.n_used, b->n);
    ASSERT(in.n_used == b->n);
    o->cpu_us += cpu_us() - cpu;
    o->ms[wave] = clock_mono_ms() - start;
}

/* ---- the runs ---- */

static void alone(struct bench *b, struct outcome *o)
{
    for (int w = 0; w < WAVES; w++) read_wave(b, w, o);
}

static enum link_result never(void *ctx, struct link_delivery *d, const struct fetch_answer *answer)
{
    (void)ctx, (void)d, (void)answer;
    return LINK_OK;
}
static const int64_t steps[] = {0};
static const struct retry_ladder ladder = {"bench", steps, 1, 0};
static const struct link_def bench_link = {.name = "bench", .number = 1, .ladder = &ladder, .window = 1, .step = never};

static bool subscribe(struct tx *tx, void *arg)
{
    struct bench *b = arg;
    struct subscription s = {.account_id = b->account,
                             .source = EVENT_DROP,
                             .source_id = b->drop.drop_id,
                             .codes = 0xfff,
                             .is_enabled = true,
                             .delay_ms = 30 * (int64_t)DAY, /* to be delivered when the bench is over */
                             .name = STR("bench"),
                             .settings = STR("{}"),
                             .address = STR("http://127.0.0.1:9/")};
    return subscription_put(b->outbox, tx, &bench_link, &s, STR_NULL);
}

static void subscribed(struct bench *b, struct outcome *o)
{
    struct fault f = {0};
    if (!store_write(b->store, subscribe, b, &f)) fprintf(stderr, "%s\n", f.text);
    alone(b, o);
}

enum { SLOTS = 4096 };
struct slot {
    struct send send;
    struct arena *arena;
    int64_t began_us;
    _Atomic bool is_busy;
};
struct sender {
    struct bench *bench;
    _Atomic bool is_over;
    struct slot slots[SLOTS];
    int64_t *took_us;
    _Atomic int64_t n, n_begun;
    int64_t max;
};
static struct sender sender;

static void answered(struct send *s) /* on the committer's thread */
{
    struct slot *slot = s->arg;
    int64_t n = atomic_fetch_add(&sender.n, 1);
    ASSERT(s->unit.committed);
    if (n < sender.max) sender.took_us[n] = clock_mono_us() - slot->began_us;
    atomic_store(&slot->is_busy, false);
}

static void *send_on(void *arg)
{
    (void)arg;
    struct fault f;
    int64_t start = clock_mono_us();
    for (int64_t i = 0; !atomic_load(&sender.is_over); i++) {
        struct slot *slot = &sender.slots[i % SLOTS];
        int64_t due = start + i * 1000000 / SENDS_A_SECOND, now = clock_mono_us();
        if (due > now) usleep((useconds_t)(due - now));
        if (atomic_load(&slot->is_busy)) continue;
        arena_reset(slot->arena);
        atomic_store(&slot->is_busy, true);
        slot->began_us = due > now ? clock_mono_us() : now; /* a late thread is not the server's */
        slot->send = (struct send){
            .account = sender.bench->account, .endpoint = sender.bench->drop.endpoint, .done = answered, .arg = slot};
        slot->send.values[FIELD_FIRST_NAME] = STR("Christopher"), slot->send.values[FIELD_LAST_NAME] = STR("Featherstonehaugh");
        slot->send.values[FIELD_ADDRESS_STREET] = STR("12345 North Main Street");
        slot->send.values[FIELD_ADDRESS_CITY] = STR("San Francisco"), slot->send.values[FIELD_ADDRESS_STATE] = STR("CA");
        slot->send.values[FIELD_ADDRESS_ZIP] = STR("94103-1234");
        ASSERT(send_begin(sender.bench->mail, &slot->send, slot->arena, &f));
        atomic_fetch_add(&sender.n_begun, 1);
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void beside_sends(struct bench *b, struct outcome *o)
{
    pthread_t thread;
    sender.bench = b;
    sender.max = 1000000;
    sender.took_us = calloc((size_t)sender.max, sizeof *sender.took_us);
    ASSERT(sender.took_us);
    for (int i = 0; i < SLOTS; i++) sender.slots[i].arena = arena_create(2048);
    pthread_create(&thread, NULL, send_on, NULL);
    alone(b, o);
    atomic_store(&sender.is_over, true);
    pthread_join(thread, NULL);
    while (atomic_load(&sender.n) < atomic_load(&sender.n_begun)) usleep(1000);
    o->n_sends = atomic_load(&sender.n);
    qsort(sender.took_us, (size_t)o->n_sends, sizeof *sender.took_us, by_value);
    o->p50_us = sender.took_us[o->n_sends / 2];
    o->p99_us = sender.took_us[o->n_sends * 99 / 100];
}

/* The yardstick. */
static void bare(struct bench *b, struct outcome *o)
{
    char path[128];
    sqlite3 *db;
    sqlite3_stmt *insert;
    close_bench(b);
    snprintf(path, sizeof path, "%s/bench.db", b->dir);
    ASSERT(sqlite3_open(path, &db) == SQLITE_OK);
    sqlite3_exec(db,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=8000",
                 NULL, NULL, NULL);
    ASSERT(sqlite3_prepare_v2(db, "INSERT INTO scan VALUES (1,?,?,?,?,65,?,16,1,NULL)", -1, &insert, NULL) == SQLITE_OK);
    int64_t cpu = cpu_us();
    for (int w = 0; w < WAVES; w++) {
        int64_t start = clock_mono_ms();
        for (int i = 0; i < b->n; i++) {
            if (i % ROWS_A_COMMIT == 0) sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
            sqlite3_bind_int64(insert, 1, PIECE_ID(100 + i / SERIALS_A_BATCH, i % SERIALS_A_BATCH));
            sqlite3_bind_int64(insert, 2, scan_time(b, w, i));
            sqlite3_bind_int64(insert, 3, waves[w].op);
            sqlite3_bind_int64(insert, 4, atoi(waves[w].zip));
            sqlite3_bind_int64(insert, 5, w);
            ASSERT(sqlite3_step(insert) == SQLITE_DONE);
            sqlite3_reset(insert);
            if (i % ROWS_A_COMMIT == ROWS_A_COMMIT - 1 || i == b->n - 1)
                ASSERT(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
        }
        o->ms[w] = clock_mono_ms() - start;
    }
    o->cpu_us = cpu_us() - cpu;
    sqlite3_finalize(insert);
    sqlite3_close(db);
}

static double run(const char *name, void (*fn)(struct bench *, struct outcome *), int n)
{
    struct bench b = {.dir = "/tmp/pennypost-bench-XXXXXX", .n = n};
    struct outcome o = {0};
    struct rusage use;
    int ends[2], status;
    ASSERT(mkdtemp(b.dir) && pipe(ends) == 0);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        open_bench(&b);
        fn(&b, &o);
        _exit(write(ends[1], &o, sizeof o) == (ssize_t)sizeof o ? 0 : 1);
    }
    ASSERT(wait4(pid, &status, 0, &use) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ASSERT(read(ends[0], &o, sizeof o) == (ssize_t)sizeof o);
    int64_t total = 0;
    printf("%-18s", name);
    for (int w = 0; w < WAVES; w++) {
        printf(" %7.0f", n * 1000.0 / (double)o.ms[w]);
        total += o.ms[w];
    }
    double rate = n * 1000.0 * WAVES / (double)total;
    printf("  all %7.0f rows/s  %5.2f us CPU a row  %5.1f MB peak\n", rate, (double)o.cpu_us / n / WAVES,
           (double)use.ru_maxrss / 1024);
    if (o.n_sends)
        printf("%-18s %lld sends, p50 %.1f ms, p99 %.1f ms\n", "", (long long)o.n_sends, (double)o.p50_us / 1000,
               (double)o.p99_us / 1000);
    remove_tree(b.dir, NULL);
    return rate;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 300000;
    ASSERT(n > 0 && n <= 10000000);
    printf("%d rows a wave over as many pieces; rows/s of waves 1, 2, 3:\n", n);
    double yardstick = run("bare sqlite", bare, n), one = run("alone", alone, n), sub = run("one subscription", subscribed, n),
           beside = run("beside 500 sends/s", beside_sends, n);
    printf("alone is %.2f of bare sqlite, with one subscription %.2f, beside sends %.2f\n", one / yardstick, sub / yardstick,
           beside / yardstick);
    return 0;
}
