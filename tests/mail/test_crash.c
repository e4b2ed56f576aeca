/* Killed at named places while sends come and batches are rendered: every acknowledged send is stored once, every piece lies in
 * exactly one finished batch, no half package is ever seen. The child is this program again, with a failpoint armed.
 *
 *   test_mail_crash [long]      long: ./test --all */
#include "house.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "fake_press.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, EACH = 400, MAX_PIECES = 20 };
static bool is_long; /* every place three times, else once */

/* ---- the child: sends until it is killed ---- */

struct child {
    struct mail *mail;
    int64_t account;
    struct str endpoint;
    int number;
};

static void child_done(struct send *s) { sem_post(s->arg); }

static void *child_send(void *arg)
{
    const struct child *c = arg;
    struct arena *a = arena_create(4096);
    for (int i = 0; i < EACH; i++) {
        char name[30], line[80];
        struct fault f;
        sem_t done;
        sem_init(&done, 0, 0);
        snprintf(name, sizeof name, "P%d-%d", c->number, i);
        struct send s = {.account = c->account, .endpoint = c->endpoint, .done = child_done, .arg = &done};
        house_recipient(s.values, name);
        if (send_begin(c->mail, &s, a, &f)) {
            sem_wait(&done);
            int n = snprintf(line, sizeof line, "%lld %s\n", (long long)s.piece_id, name);
            if (s.unit.committed && write(STDOUT_FILENO, line, (size_t)n) != n) _exit(4);
        }
        arena_reset(a);
    }
    return NULL;
}

static void small_batches(void)
{
    struct fault f;
    if (!limit_set(STR("batch.max_pieces"), MAX_PIECES, &f) || !limit_set(STR("job.retry_first"), 1, &f) ||
        !setting_set(STR("mail.test_gather_ms"), STR("30"), "test", &f))
        _exit(5);
}

static int child_main(char **argv)
{
    struct fault f;
    pthread_t threads[THREADS];
    struct child c[THREADS];
    log_set_level(LOG_ERROR);
    small_batches();
    struct store *store = store_open(&(struct store_config){.address = argv[5], .data_dir = argv[2], .node = 1}, &f);
    if (!store) return 3;
    struct jobs *jobs = jobs_create(store);
    struct mail *mail = mail_create(
        &(struct mail_config){
            .store = store, .jobs = jobs, .press = fake_press(), .data_dir = argv[2], .purl_base = "http://127.0.0.1:8080/p/"},
        &f);
    if (!mail) return 3;
    jobs_start(jobs);
    for (int i = 0; i < THREADS; i++) {
        c[i] = (struct child){mail, atoll(argv[3]), str_of(argv[4]), i};
        pthread_create(&threads[i], NULL, child_send, &c[i]);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    sleep(strstr(getenv("PENNYPOST_FAILPOINT"), "render")
              ? 3
              : 0); /* what is killed while rendering is killed here at the latest */
    _exit(0);       /* no clean end: the threads are at work */
}

/* ---- the parent ---- */

struct ack {
    int64_t piece_id;
    char name[30];
};
static struct ack acks[THREADS * EACH];

static int run_child(struct house *h, const struct drop *d, const char *failpoint, bool *killed)
{
    int pipe_fds[2], status, n = 0;
    char account[30];
    snprintf(account, sizeof account, "%lld", (long long)h->account);
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        close(pipe_fds[0]);
        setenv("PENNYPOST_FAILPOINT", failpoint, 1);
        execl("/proc/self/exe", "test_mail_crash", "child", h->dir, account, d->endpoint.ptr, h->address, (char *)NULL);
        _exit(6);
    }
    close(pipe_fds[1]);
    FILE *from = fdopen(pipe_fds[0], "r");
    long long id;
    while (n < THREADS * EACH && fscanf(from, "%lld %29s", &id, acks[n].name) == 2) acks[n++].piece_id = id;
    fclose(from);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    *killed = WIFSIGNALED(status) && WTERMSIG(status) == 9;
    if (!*killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) fail_msg("the child ended with status %x", status);
    return n;
}

static void check_acks(struct house *h, int n)
{
    struct fault f;
    struct piece p;
    for (int i = 0; i < n; i++) {
        if (!piece_get(h->store, h->arena, h->account, acks[i].piece_id, &p, &f))
            fail_msg("%s was acknowledged and is not there: %s", acks[i].name, f.text);
        assert_str(acks[i].name, p.values[FIELD_FIRST_NAME]);
    }
}

/* Every batch gets Ready; what its file says is its pieces, each once. */
static int64_t check_batches(struct house *h, const struct drop *d)
{
    struct fault f;
    struct batch *all;
    struct piece *pieces;
    int64_t total = 0;
    int n = batch_all(h->store, h->arena, h->account, d->drop_id, 0, 1000, &all, &f);
    for (int i = 0; i < n; i++) {
        struct batch b = house_wait_batch(h, h->account, all[i].batch_id, BATCH_READY);
        int n_pieces =
            piece_page(h->store, h->arena, h->account, b.batch_id, 0, b.n_pieces > 0 ? (int)b.n_pieces : 1, &pieces, &f);
        assert_int_equal(n_pieces, b.n_pieces);
        assert_in_range(n_pieces, 1, MAX_PIECES);
        struct buf pdf = BUF_INIT;
        assert_true(file_read(batch_pdf(h->mail, h->arena, &b), 1 << 20, &pdf, &f));
        char *at = pdf.data;
        assert_non_null(at);
        for (int k = 0; k < n_pieces; k++) {
            char want[120];
            int len = snprintf(want, sizeof want, "%lld|%.*s|%.*s|", (long long)pieces[k].piece_id,
                               STR_ARG(pieces[k].values[FIELD_FIRST_NAME]), STR_ARG(pieces[k].tracking));
            if (strncmp(at, want, (size_t)len) != 0) fail_msg("the file does not say \"%s\" at its place", want);
            at = strchr(at, '\n') + 1;
        }
        assert_int_equal(*at, 0);
        buf_finish(&pdf);
        total += n_pieces;
    }
    return total;
}

/* One life and what it left behind. Returns how many pieces are stored. */
static int64_t live_once(const char *failpoint, int *n_acks, bool *killed)
{
    struct house h;
    struct fault f;
    struct drop got;
    struct drop_stats stats;
    house_open(&h, fake_press(), true);
    small_batches();
    struct drop d = house_campaign(&h, h.account);
    house_suspend(&h);
    *n_acks = run_child(&h, &d, failpoint, killed);
    house_resume(&h, true);
    check_acks(&h, *n_acks);
    int64_t total = check_batches(&h, &d);
    assert_true(campaign_get(h.store, h.arena, h.account, d.drop_id, &got, &stats, &f));
    assert_int_equal(stats.accepted, total);
    assert_int_equal(stats.printed, total);
    print_message("%s: %s, %d acknowledged, %lld stored\n", failpoint, *killed ? "killed" : "lived", *n_acks, (long long)total);
    house_close(&h);
    return total;
}

static void test_killed(void **state)
{
    (void)state;
    static const char *const points[] = {
        "store.commit.before:20", "store.commit.before:90", "store.commit.before:200", "store.commit.after:20",
        "store.commit.after:90",  "store.commit.after:200", "store.unit.after:5",      "store.unit.after:333",
        "store.unit.after:900",   "render.claim.after:1",   "render.claim.after:7",    "render.claim.after:20",
        "render.package.after:1", "render.package.after:9", "render.package.after:25", "render.finish.after:1",
        "render.finish.after:5",  "render.finish.after:11",
    }; /* three of a place */
    int n_killed = 0, n_lives = 0, n;
    bool killed;
    small_batches();
    for (size_t i = is_long ? 0 : 1; i < sizeof points / sizeof *points; i += is_long ? 1 : 3) {
        int64_t total = live_once(points[i], &n, &killed);
        assert_true(total >= n);
        n_killed += killed;
        n_lives++;
    }
    assert_true(n_killed >= n_lives - (is_long ? 3 : 1));
}

/* The group is taken back, and the process lives: memory must be what the database is. */
static void test_taken_back(void **state)
{
    (void)state;
    static const char *const points[] = {
        "store.commit.before:25:fail", "store.commit.before:26:fail", "store.unit.after:100:fail",  "store.unit.after:257:fail",
        "seat.fill.lost:10:fail",      "seat.fill.lost:11:fail",      "render.package.after:3:fail"};
    int n;
    bool killed;
    small_batches();
    for (size_t i = 0; i < sizeof points / sizeof *points; i += is_long ? 1 : 2) {
        int64_t total = live_once(points[i], &n, &killed);
        assert_int_equal(total, n);
        assert_false(killed);
        assert_true(n > THREADS * EACH / 2);
    }
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "child") == 0) return child_main(argv);
    is_long = argc == 2 && strcmp(argv[1], "long") == 0;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken_back), cmocka_unit_test(test_killed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
