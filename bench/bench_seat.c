/* bench_seat.c: what a durable send costs below HTTP: the check on the caller's thread, and the committer's part, with so many
 * sends waiting at once as the server has connections.
 *
 *   bench_seat [SENDS [WAITING]]      default 200000 256 */
#include "mail/campaign.h"
#include "mail/mail.h"
#include "mail/send.h"
#include "mail/template.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/settings.h"
#include "fake_press.h"
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WAITING_MAX = 4096 };
struct slot {
    struct send send;
    struct arena *arena;
    struct slot *next;
};
static _Atomic(struct slot *) ready; /* answered, to be sent again */
static sem_t n_ready;
static int64_t committer_ns, n_refused;

static int64_t thread_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void on_done(struct send *s) /* on the committer's thread */
{
    struct slot *slot = s->arg;
    if (!s->unit.committed) n_refused++;
    slot->next = atomic_load(&ready);
    while (!atomic_compare_exchange_weak(&ready, &slot->next, slot)) {}
    sem_post(&n_ready);
}
static void after_group(void *ctx)
{
    (void)ctx;
    committer_ns = thread_ns();
}

static struct slot *take(void)
{
    while (sem_wait(&n_ready) != 0) {}
    struct slot *slot = atomic_load(&ready);
    while (!atomic_compare_exchange_weak(&ready, &slot, slot->next)) {}
    return slot;
}

static void fill(struct str values[FIELD_KNOWN])
{
    values[FIELD_FIRST_NAME] = STR("Christopher"), values[FIELD_LAST_NAME] = STR("Featherstonehaugh");
    values[FIELD_COMPANY] = STR("Pennypost Incorporated"), values[FIELD_ADDRESS_STREET] = STR("12345 North Main Street");
    values[FIELD_ADDRESS_STREET2] = STR("Apartment 12"), values[FIELD_ADDRESS_CITY] = STR("San Francisco");
    values[FIELD_ADDRESS_STATE] = STR("CA"), values[FIELD_ADDRESS_ZIP] = STR("94103-1234");
    values[FIELD_EMAIL_ADDRESS] = STR("christopher@example.com"), values[FIELD_PHONE] = STR("415-555-0100");
    values[FIELD_VAR_1] = STR("spring"), values[FIELD_VAR_1 + 1] = STR("20 percent");
}

static void post(void *sem) { sem_post(sem); }

static struct drop make_drop(struct mail *m, struct jobs *jobs, int64_t account)
{
    struct fault f = {0};
    sem_t compiled;
    struct template_row t = {.name = STR("card"), .html = STR("<p>x</p>"), .size = SIZE_6X9, .is_full_html = true};
    static struct drop d = {.name = STR("bench"),
                            .kind = CAMPAIGN_TRIGGERED,
                            .credit_type = 22,
                            .sender_name = STR("P"),
                            .sender_address1 = STR("1 Main St"),
                            .sender_city = STR("X"),
                            .sender_state = STR("IL"),
                            .sender_zip = STR("62701")};
    sem_init(&compiled, 0, 0);
    ASSERT(template_create(m, account, &t, &f));
    jobs_start(jobs);
    template_when_compiled(m, account, t.template_id, 10000, post, &compiled);
    while (sem_wait(&compiled) != 0) {}
    d.template_id = t.template_id;
    if (!campaign_create(m, account, &d, &f)) fprintf(stderr, "%s\n", f.text);
    return d;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 200000, waiting = argc > 2 ? atoi(argv[2]) : 256;
    char dir[] = "/tmp/pennypost-bench-XXXXXX", address[128], key[37];
    static struct slot slots[WAITING_MAX];
    struct fault f = {0};
    int64_t account;
    ASSERT(waiting > 0 && waiting <= WAITING_MAX && mkdtemp(dir));
    log_set_level(LOG_WARNING);
    ASSERT(setting_set(STR("mail.test_gather_ms"), STR("600000"), "bench", &f)); /* no rendering beside it */
    snprintf(address, sizeof address, "sqlite:%s/bench.db", dir);
    struct store *s = store_open(&(struct store_config){.address = address, .data_dir = dir, .node = 1}, &f);
    struct accounts *accounts = accounts_load(s, &f);
    struct jobs *jobs = jobs_create(s);
    struct mail *m = mail_create(
        &(struct mail_config){
            .store = s, .jobs = jobs, .press = fake_press(), .accounts = accounts, .data_dir = dir, .purl_base = "http://x/p/"},
        &f);
    ASSERT(m && account_create(accounts, &(struct account){.username = STR("bench")}, &account, key, &f));
    struct drop d = make_drop(m, jobs, account);
    jobs_stop(&jobs);

    sem_init(&n_ready, 0, 0);
    store_after_group(s, after_group, NULL);
    for (int i = 0; i < waiting; i++) {
        slots[i].arena = arena_create(4096);
        slots[i].send = (struct send){.account = account, .endpoint = d.endpoint, .done = on_done, .arg = &slots[i]};
        fill(slots[i].send.values);
        on_done(&slots[i].send);
    }
    n_refused = 0;
    int64_t start = clock_mono_us(), mine = thread_ns();
    for (int i = 0; i < n; i++) {
        struct slot *slot = take();
        arena_reset(slot->arena);
        ASSERT(send_begin(m, &slot->send, slot->arena, &f));
    }
    for (int i = 0; i < waiting; i++) take();
    mine = thread_ns() - mine;
    int64_t took = clock_mono_us() - start;
    struct store_stats stats;
    store_stats(s, &stats);
    printf("%d sends, %d waiting at once: %.0f/s durable; caller %.2f us a send, committer %.2f us a send, %.0f a group, %lld "
           "refused\n",
           n, waiting, n * 1e6 / (double)took, (double)mine / 1000 / n, (double)committer_ns / 1000 / n,
           (double)stats.units / (double)stats.groups, (long long)n_refused);
    mail_destroy(&m);
    accounts_destroy(&accounts);
    store_close(&s);
    for (int i = 0; i < waiting; i++) arena_destroy(&slots[i].arena);
    remove_tree(dir, NULL);
    return 0;
}
