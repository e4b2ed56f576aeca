/* Killed at every place of a hand-over, under load: no package is handed over twice and none is forgotten; every piece that is on paper has
 * its MailPieceCreated once. A printer takes finished packages out of its folder all the while, so whoever puts one there again is caught.
 * The child is this program again, with a failpoint armed. */
#include "printing.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/settings.h"
#include "fake_press.h"
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 2, EACH = 110, MAX_PIECES = 10, CHILD_S = 30 };

static const struct printer_def *const kinds[] = {&printer_folder};

static void small(void)
{
    struct fault f;
    assert_true(limit_set(STR("batch.max_pieces"), MAX_PIECES, &f) && limit_set(STR("job.retry_first"), 1, &f));
    assert_true(limit_set(STR("event.per_unit"), 3, &f));
    assert_true(setting_set(STR("mail.recall_minutes"), STR("0"), "test", &f) &&
                setting_set(STR("mail.gather_seconds"), STR("1"), "test", &f));
    house_printers(kinds, 1);
}

/* ---- the child: sends, and hands over until it is killed ---- */

static struct house child;
static const char *child_endpoint;

static void child_done(struct send *s) { sem_post(s->arg); }

static void *child_send(void *arg)
{
    (void)arg;
    struct arena *a = arena_create(4096);
    for (int i = 0; i < EACH; i++) {
        struct fault f;
        sem_t done;
        sem_init(&done, 0, 0);
        struct send s = {.account = child.account, .endpoint = str_of(child_endpoint), .done = child_done, .arg = &done};
        house_recipient(s.values, "Ann");
        if (send_begin(child.mail, &s, a, &f)) sem_wait(&done);
        arena_reset(a);
    }
    return NULL;
}

static int child_main(char **argv)
{
    pthread_t threads[THREADS];
    log_set_level(LOG_ERROR);
    small();
    snprintf(child.dir, sizeof child.dir, "%s", argv[2]);
    snprintf(child.address, sizeof child.address, "%s", argv[5]);
    child.press = fake_press();
    child.account = atoll(argv[3]);
    child_endpoint = argv[4];
    house_resume(&child, true);
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, child_send, NULL);
    sleep(CHILD_S); /* it is killed before */
    _exit(0);
}

/* ---- the printer's man ---- */

struct man {
    const char *dir, *taken;
    pthread_t thread;
    _Atomic bool is_off, stop;
    _Atomic int n_taken, n_twice, n_broken;
};

static bool is_whole(const char *at)
{
    char command[600];
    snprintf(command, sizeof command, "cd %s && sha256sum --quiet -c SHA256SUMS >/dev/null 2>&1", at);
    return system(command) == 0;
}

static void take(struct man *m, const char *name)
{
    char from[400], to[400];
    struct stat st;
    snprintf(from, sizeof from, "%s/%s", m->dir, name);
    snprintf(to, sizeof to, "%s/%s", m->taken, name);
    if (stat(to, &st) == 0) {
        m->n_twice++;
        return;
    }
    if (rename(from, to) == 0) m->n_taken++;
    if (!is_whole(to)) m->n_broken++;
}

static void *fetch(void *arg)
{
    struct man *m = arg;
    while (!m->stop) {
        DIR *d = m->is_off ? NULL : opendir(m->dir);
        for (struct dirent *e; d && (e = readdir(d));)
            if (e->d_name[0] != '.') take(m, e->d_name);
        if (d) closedir(d);
        usleep(2000);
    }
    return NULL;
}

/* ---- the parent ---- */

static bool run_child(struct house *h, const struct drop *d, const char *failpoint)
{
    int status;
    char account[30];
    snprintf(account, sizeof account, "%lld", (long long)h->account);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("PENNYPOST_FAILPOINT", failpoint, 1);
        execl("/proc/self/exe", "test_mail_handover_crash", "child", h->dir, account, d->endpoint.ptr, h->address, (char *)NULL);
        _exit(6);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) fail_msg("the child ended with status %x", status);
    return WIFSIGNALED(status) && WTERMSIG(status) == 9;
}

static bool was_taken(struct house *h, const struct man *m, const struct batch *b)
{
    struct stat st;
    const char *name = arena_printf(h->arena, "batch-%lld-%lld", (long long)b->drop_id, (long long)b->batch_id);
    return stat(arena_printf(h->arena, "%s/%s", m->taken, name), &st) == 0 ||
           stat(arena_printf(h->arena, "%s/%s", m->dir, name), &st) == 0;
}

/* Every batch comes to HandedOver; what nobody can tell, the man at the printer looks up. Returns the pieces. */
static int64_t settle(struct house *h, const struct man *m, const struct drop *d, int *n_unknown)
{
    struct batch *all;
    struct fault f;
    int64_t total = 0;
    int n = batch_all(h->store, h->arena, h->account, d->drop_id, 0, 1000, &all, &f);
    for (int i = 0; i < n; i++) {
        struct batch b;
        for (;;) {
            printing_wait((b = printing_batch(h, all[i].batch_id)).state == BATCH_HANDED_OVER || b.state == BATCH_UNKNOWN);
            if (b.state == BATCH_HANDED_OVER) break;
            ++*n_unknown;
            if (!handover_resolve(h->mail, h->account, b.batch_id, was_taken(h, m, &b), &f)) fail_msg("%s", f.text);
        }
        printing_wait(printing_batch(h, b.batch_id).due_at == DB_NULL);
        if (!was_taken(h, m, &b)) fail_msg("batch %lld is said to be handed over and is nowhere", (long long)b.batch_id);
        total += b.n_pieces;
    }
    return total;
}

static void check_events(struct house *h, const struct drop *d, int64_t total)
{
    struct event *all;
    struct fault f;
    struct map *seen = map_create();
    int n = event_page(h->store, h->arena, h->account, EVENT_DROP, d->drop_id, 0, 20000, &all, &f);
    assert_int_equal(n, total);
    for (int i = 0; i < n; i++)
        if (map_put(seen, str_make(&all[i].subject_id, sizeof all[i].subject_id), &all[i]))
            fail_msg("piece %lld was told of twice", (long long)all[i].subject_id);
    map_destroy(&seen);
}

static bool is_clean(const char *dir)
{
    bool clean = true;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) clean &= !strstr(e->d_name, ".part");
    closedir(d);
    return clean;
}

static bool is_long; /* every place five times, else twice */

static bool live_once(const char *failpoint, bool with_man)
{
    struct house h;
    struct man m = {.is_off = !with_man};
    int n_unknown = 0;
    small();
    house_open(&h, fake_press(), true);
    small();
    house_expect_log("is not known");
    m.dir = printing_folder(&h);
    m.taken = arena_printf(h.arena, "%s/taken", h.dir);
    assert_int_equal(mkdir(m.taken, 0755), 0);
    struct drop d = printing_live(&h);
    house_suspend(&h);
    pthread_create(&m.thread, NULL, fetch, &m);
    bool killed = run_child(&h, &d, failpoint);
    house_resume(&h, true);
    int64_t total = settle(&h, &m, &d, &n_unknown);
    usleep(20000);
    m.stop = true;
    pthread_join(m.thread, NULL);
    check_events(&h, &d, total);
    assert_int_equal(m.n_twice, 0);
    assert_int_equal(m.n_broken, 0);
    assert_true(is_clean(m.dir));
    print_message("%s%s: %s, %lld pieces handed over, %d packages fetched, %d outcomes to be looked up\n", failpoint,
                  with_man ? "" : " (nobody fetches)", killed ? "killed" : "lived", (long long)total, m.n_taken, n_unknown);
    house_close(&h);
    return killed;
}

static void test_killed(void **state)
{
    (void)state;
    static const char *const points[] = {
        "handover.claim.after", "folder.mkdir.after",  "folder.file.after",      "folder.copy.after",  "handover.leaving.after",
        "folder.rename.before", "folder.rename.after", "handover.printer.after", "handover.end.after", "handover.tell.after"};
    static const int nth[] = {1, 3, 6, 11, 15};
    int n_killed = 0, n = 0;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        for (size_t k = 0; k < sizeof nth / sizeof *nth; k += is_long ? 1 : 3) {
            char failpoint[60];
            snprintf(failpoint, sizeof failpoint, "%s:%d:kill", points[i], nth[k]);
            n++;
            n_killed += live_once(failpoint, k % 2 == 0);
        }
    }
    print_message("%d kills in %d lives\n", n_killed, n);
    assert_int_equal(n_killed, n);
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "child") == 0) return child_main(argv);
    is_long = argc == 2 && strcmp(argv[1], "long") == 0;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
