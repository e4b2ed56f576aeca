/* test_scan_crash.c: killed at named places while a push is kept, read and stored: what was answered for is read to its end, every event is
 * there once, and the counts are exact. The child is this program again, with a failpoint armed.
 *
 *   test_mail_scan_crash [long]      long: ./test --all */
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "fake_press.h"
#include "mail/stat.h"
#include "post.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIVE_MID 901234567
enum { PIECES = 40, EACH = 4, REPEATS = 5, REFUSED = 3 };
static bool is_long; /* every place, else every second */

static struct house house, *h = &house;
static struct drop live;

static void small_steps(const char *sort_rows)
{
    struct fault f;
    int64_t rows;
    if (!str_to_int64(str_of(sort_rows), &rows) || !limit_set(STR("scan.sort_rows"), rows, &f) ||
        !limit_set(STR("scan.rows_per_commit"), 9, &f) || !limit_set(STR("job.retry_first"), 1, &f))
        _exit(5);
}

/* child DIR ACCOUNT FILE CLOCK SORT_ROWS */
static int child_main(char **argv)
{
    struct fault f;
    struct house c = {.press = fake_press()};
    int64_t id, account = atoll(argv[3]);
    log_set_level(LOG_ERROR);
    small_steps(argv[6]);
    clock_set_ms(atoll(argv[5]));
    snprintf(c.dir, sizeof c.dir, "%s", argv[2]);
    snprintf(c.address, sizeof c.address, "%s", argv[7]);
    c.arena = arena_create(1 << 16);
    house_resume(&c, true);
    if (!scan_intake_keep(c.mail, account, SCAN_INTAKE_PUSH, argv[4], &id, &f)) return 3;
    if (write(STDOUT_FILENO, "kept\n", 5) != 5) return 4;
    struct scan_intake in = post_wait(&c, account, id);
    _exit(in.state == INTAKE_DONE ? 0 : 7); /* no clean end: the threads are at work */
}

static bool run_child(const char *file, int64_t clock, const char *sort_rows, const char *failpoint, bool *killed)
{
    int ends[2], status;
    char account[30], at[30], said[8] = "";
    snprintf(account, sizeof account, "%lld", (long long)h->account);
    snprintf(at, sizeof at, "%lld", (long long)clock);
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        setenv("PENNYPOST_FAILPOINT", failpoint, 1);
        execl("/proc/self/exe", "test_scan_crash", "child", h->dir, account, file, at, sort_rows, h->address, (char *)NULL);
        _exit(6);
    }
    close(ends[1]);
    bool was_kept = read(ends[0], said, 5) == 5;
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    *killed = WIFSIGNALED(status) && WTERMSIG(status) == 9;
    if (!*killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) fail_msg("the child ended with status %x", status);
    return was_kept;
}

static struct str push_text(const struct post *p)
{
    static const struct line steps[EACH] = {{0, 200, 881, "1a", "62701", 'A'},
                                            {0, 220, 893, "2b", "10018", 'A'},
                                            {0, 230, 895, "2c", "10018", 'A'},
                                            {0, 240, 919, "3c", "10118", 'A'}};
    char *text = arena_strz(h->arena, post_header);
    for (int i = 0; i < PIECES * EACH; i++) {
        struct line l = steps[i % EACH];
        l.seat = i / EACH;
        text = arena_printf(h->arena, "%s%s%s%s", text, post_line(h, p, &l),
                            i % 31 == 0 && i / 31 < REPEATS ? post_line(h, p, &l) : "",
                            i % 47 == 0 && i / 47 < REFUSED ? "garbage,x\n" : "");
    }
    struct line l = {.seat = 100000, .hours = 1, .op = 881, .phase = "1a", .zip = "62701", .handling = 'A'};
    return str_of(arena_printf(h->arena, "%s%s", text, post_line(h, p, &l)));
}

/* The same rows as objects inside objects inside an envelope, a few of which hold all of them. */
static struct str nested_text(struct str delimited)
{
    enum { AN_OBJECT = 150 };
    struct str names = str_cut(delimited, '\n', &delimited);
    char *all = arena_strz(h->arena, "{\"msgGrpId\":\"1\",\"events\":[");
    for (int n = 0; delimited.len; n++) {
        struct str line = str_cut(delimited, '\n', &delimited), left = names;
        const char *object = "";
        while (left.len && line.len) {
            struct str name = str_cut(left, ',', &left), value = str_cut(line, ',', &line);
            object = arena_printf(h->arena, "%s%s\"%.*s\":\"%.*s\"", object, *object ? "," : "", STR_ARG(name), STR_ARG(value));
        }
        all = arena_printf(h->arena, "%s%s{%s}", all, n % AN_OBJECT ? "," : n ? "]},{\"scans\":[" : "{\"scans\":[", object);
    }
    return str_of(arena_printf(h->arena, "%s]}]}", all));
}

struct sums {
    int64_t n, rows, used, repeats, orphans, refused;
};
static struct sums wait_all(int64_t after_id, int64_t *last_id)
{
    struct scan_intake *rows;
    struct fault f;
    struct sums s = {0};
    int n = scan_intake_page(h->store, h->arena, h->account, 0, 10, &rows, &f);
    *last_id = after_id;
    for (int i = 0; i < n && rows[i].intake_id > after_id; i++) {
        struct scan_intake in = post_wait(h, h->account, rows[i].intake_id);
        assert_int_equal(in.state, INTAKE_DONE);
        assert_int_equal(in.n_rows, in.n_used + in.n_repeat + in.n_orphan + in.n_refused);
        s = (struct sums){s.n + 1,
                          s.rows + in.n_rows,
                          s.used + in.n_used,
                          s.repeats + in.n_repeat,
                          s.orphans + in.n_orphan,
                          s.refused + in.n_refused};
        if (in.intake_id > *last_id) *last_id = in.intake_id;
    }
    return s;
}

static int64_t mailed(void)
{
    struct stat_totals t;
    struct fault f;
    assert_true(stat_of_drop(h->store, h->account, live.drop_id, false, &t, &f));
    return t.n[STATUS_MAILED];
}

static bool live_once(const char *sort_rows, const char *failpoint, bool is_nested)
{
    static int64_t last_id;
    struct post p;
    bool killed;
    clock_set_ms(0);
    post_send(h, h->account, &live, PIECES, &p);
    int64_t clock = p.at + 20 * DAY, before = mailed();
    struct str text = is_nested ? nested_text(push_text(&p)) : push_text(&p);
    char *file = house_write_file(h, "push.txt", text.ptr);
    house_suspend(h);
    bool was_kept = run_child(file, clock, sort_rows, failpoint, &killed);
    clock_set_ms(clock + HOUR); /* a clock that stands still across a restart would give the same tids again */
    house_resume(h, true);
    struct sums s = wait_all(last_id, &last_id);
    if (was_kept) assert_int_equal(s.n, 1);
    if (!was_kept) { /* nobody was told that it is kept, so it comes again */
        struct scan_intake in = post_read(h, h->account, SCAN_INTAKE_PUSH, text);
        assert_int_equal(in.state, INTAKE_DONE);
        s.used += in.n_used, s.orphans += in.n_orphan, s.refused += s.n ? 0 : in.n_refused, s.repeats = REPEATS;
        last_id = in.intake_id;
    }
    print_message("%s, %s rows a window: %s, %s\n", failpoint, sort_rows, was_kept ? "kept" : "not answered",
                  killed ? "killed" : "lived");
    assert_int_equal(s.used, PIECES * EACH);
    assert_int_equal(s.repeats, REPEATS);
    assert_int_equal(s.orphans, 1);
    assert_int_equal(s.refused, REFUSED);
    for (int i = 0; i < PIECES; i++) {
        const char *events = post_events(h, &p, p.pieces[i]);
        if (strcmp(events, "11 4 5 6") != 0) fail_msg("piece %d of batch %lld: \"%s\"", i, (long long)p.batch_id, events);
    }
    assert_int_equal(mailed(), before + PIECES);
    return killed;
}

static void test_killed(void **state)
{
    (void)state;
    static const struct {
        const char *point, *sort_rows;
        bool is_nested;
    } points[] = {
        {"scans.window.done:1", "50", true},        {"scans.window.done:2", "50", true},
        {"scans.rows.submitted:15", "50", true},    {"scans.file.kept", "1000", false},
        {"scans.rows.submitted:1", "1000", false},  {"scans.rows.submitted:7", "1000", false},
        {"scans.rows.submitted:18", "1000", false}, {"scans.rows.submitted:15", "50", false},
        {"scans.window.stored:1", "1000", false},   {"scans.window.stored:3", "50", false},
        {"scans.window.done:1", "1000", false},     {"scans.window.done:2", "50", false},
        {"store.commit.before:3", "1000", false},   {"store.commit.before:4", "1000", false},
        {"store.commit.before:5", "1000", false},   {"store.commit.before:9", "50", false},
        {"store.commit.before:15", "1000", false},  {"store.commit.before:20", "50", false},
        {"store.commit.after:3", "1000", false},    {"store.commit.after:4", "1000", false},
        {"store.commit.after:6", "1000", false},    {"store.commit.after:11", "50", false},
        {"store.commit.after:16", "1000", false},   {"store.commit.after:22", "50", false},
    };
    int n = sizeof points / sizeof *points, n_killed = 0;
    int n_lives = 0;
    for (int i = 0; i < n; i += is_long ? 1 : 2, n_lives++)
        n_killed += live_once(points[i].sort_rows, points[i].point, points[i].is_nested);
    assert_true(n_killed >= n_lives - (is_long ? 2 : 1));
}

/* A group that is taken back runs again and tells nothing twice. */
static void test_taken_back(void **state)
{
    (void)state;
    static const char *const points[] = {"store.commit.before:6:fail", "store.commit.before:9:fail",
                                         "store.commit.before:13:fail"};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) assert_false(live_once("1000", points[i], false));
}

static int setup(void **state)
{
    (void)state;
    house_open(h, fake_press(), true);
    live = post_live(h, h->account, LIVE_MID);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    house_close(h);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 7 && strcmp(argv[1], "child") == 0) return child_main(argv);
    is_long = argc == 2 && strcmp(argv[1], "long") == 0;
    if (argc > 1 && !is_long) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed), cmocka_unit_test(test_taken_back)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
