/* test_scan_read.c: pushes and files of scans on their way into the store: windows and their counts, codes of no piece, other accounts'
 * pieces, and files that hold anything. */
#include "base/clock.h"
#include "base/limits.h"
#include "fake_press.h"
#include "mail/orphan.h"
#include "post.h"
#include <stdio.h>
#include <stdlib.h>

#define LIVE_MID 901234567

static struct house house, *h = &house;
static struct drop live;

static void set_limit(const char *name, int64_t value)
{
    struct fault f;
    if (!limit_set(str_of(name), value, &f)) fail_msg("%s", f.text);
}

static void assert_counts(const struct scan_intake *in, int64_t rows, int64_t used, int64_t repeats, int64_t orphans,
                          int64_t refused)
{
    if (in->state != INTAKE_DONE) fail_msg("it is not done: %.*s", STR_ARG(in->last_error));
    assert_int_equal(in->n_rows, rows);
    assert_int_equal(in->n_used, used);
    assert_int_equal(in->n_repeat, repeats);
    assert_int_equal(in->n_orphan, orphans);
    assert_int_equal(in->n_refused, refused);
}

/* Every row in its place, whatever its order, over many windows and transactions. */
static void test_windows(void **state)
{
    (void)state;
    enum { PIECES = 60, EACH = 4 };
    static const struct line steps[EACH] = {{0, 200, 881, "1a", "62701", 'A'},
                                            {0, 220, 893, "2b", "10018", 'A'},
                                            {0, 240, 919, "3c", "10118", 'A'},
                                            {0, 230, 895, "2c", "10018", 'A'}};
    struct post p;
    post_send(h, h->account, &live, PIECES, &p);
    clock_set_ms(p.at + 20 * DAY);
    set_limit("scan.sort_rows", 50);
    set_limit("scan.rows_per_commit", 7);
    int order[PIECES * EACH], n = PIECES * EACH;
    for (int i = 0; i < n; i++) order[i] = i;
    srand(7);
    for (int i = n - 1; i > 0; i--) {
        int k = rand() % (i + 1), t = order[i];
        order[i] = order[k], order[k] = t;
    }
    struct buf text = BUF_INIT;
    buf_addz(&text, post_header);
    for (int i = 0; i < n; i++) {
        struct line l = steps[order[i] % EACH];
        l.seat = order[i] / EACH;
        buf_addz(&text, post_line(h, &p, &l));
        if (i % 40 == 0) buf_addz(&text, "garbage,x,y\n"), buf_addz(&text, post_line(h, &p, &l));
    }
    struct scan_intake in = post_read(h, p.account, SCAN_INTAKE_PUSH, buf_str(&text));
    assert_counts(&in, n + 12, n, 6, 0, 6);
    assert_int_equal(in.at_byte, in.bytes);
    for (int i = 0; i < PIECES; i++) { /* Mailed with whatever came first; each on its way at most once */
        const char *events = post_events(h, &p, p.pieces[i]);
        if (strncmp(events, "11 ", 3) != 0 || !strchr(events, '6')) fail_msg("piece %d: %s", i, events);
    }
    in = post_read(h, p.account, SCAN_INTAKE_PUSH, buf_str(&text));
    assert_counts(&in, n + 12, 0, n + 6, 0, 6);
    buf_finish(&text);
    set_limit("scan.sort_rows", 1000000);
    set_limit("scan.rows_per_commit", 5000);
    clock_set_ms(0);
}

/* A code that no batch has yet waits until one has it, also across a restart. */
static void test_orphans(void **state)
{
    (void)state;
    struct post p, next;
    post_send(h, h->account, &live, 2, &p);
    next = p;
    next.first_serial = p.first_serial + 2;
    struct line l[] = {{0, 1, 881, "1a", "62701", 'A'}, {1, 2, 919, "3c", "10118", 'A'}, {1, 2, 919, "3c", "10118", 'A'}};
    struct scan_intake in = post_read_lines(h, &next, l, 3);
    assert_counts(&in, 3, 0, 1, 2, 0);
    assert_int_equal(post_count_events(h, &next), post_count_events(h, &p));
    house_reopen(h, true);
    post_send(h, h->account, &live, 3, &next);
    assert_int_equal(next.first_serial, p.first_serial + 2);
    for (int64_t until = clock_mono_ms() + 60000; clock_mono_ms() < until && !*post_events(h, &next, next.pieces[1]);) {}
    assert_string_equal(post_events(h, &next, next.pieces[0]), "11 4");
    assert_string_equal(post_events(h, &next, next.pieces[1]), "11 6");
    assert_string_equal(post_events(h, &next, next.pieces[2]), "");
    in = post_read_lines(h, &next, l, 0); /* a header line alone */
    assert_counts(&in, 0, 0, 0, 0, 0);
}

/* What one account sends changes nothing of another's pieces; the house's own feed tells of all. */
static void test_accounts(void **state)
{
    (void)state;
    struct post p;
    post_send(h, h->account, &live, 1, &p);
    clock_set_ms(p.at + 20 * DAY);
    struct post theirs = p;
    theirs.account = h->other;
    const struct line l = {0, 200, 881, "1a", "62701", 'A'};
    struct scan_intake in = post_read_lines(h, &theirs, &l, 1);
    assert_counts(&in, 1, 0, 0, 1, 0);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "");
    theirs.account = 0;
    in = post_read_lines(h, &theirs, &l, 1);
    assert_counts(&in, 1, 1, 0, 0, 0);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "11 4");
    clock_set_ms(0);
}

/* A push is kept and read to its end, whatever it holds. */
static void test_anything(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        size_t len;
        int n_rows, n_refused;
    } cases[] = {
        {"empty", "", 0, 1, 1},
        {"no header", "a,b\n1,2\n", 0, 1, 1},
        {"bytes", "\xff\xfe\x00\x01garbage", 11, 1, 1},
        {"broken JSON", "{\"events\":[{\"imb\":", 0, 1, 1},
        {"broken gzip", "\x1f\x8b\x08\x00zzzzzzzz", 12, 1, 1},
        {"empty list", "{\"msgGrpId\":\"1\",\"events\":[]}", 0, 0, 0},
        {"no code", "imb,scanDatetime,scanEventCode\n,2026-01-01T00:00:00,919\n", 0, 1, 1},
        {"impossible", "imb,scanDatetime,scanEventCode\n99999999999999999999,2026-01-01T00:00:00,919\n", 0, 1, 1},
        {"five years old", "imb,scanDatetime,scanEventCode\n00310901234567000001,2020-01-01T00:00:00,919\n", 0, 1, 1},
        {"not UTF-8", "imb,scanDatetime,scanEventCode\n\xe9\xe8,2026-01-01T00:00:00,919\n", 0, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct refused_row *rows;
        struct fault f;
        size_t len = cases[i].len ? cases[i].len : strlen(cases[i].text); /* len: there are NULs in it */
        print_message("%s\n", cases[i].name);
        struct scan_intake in = post_read(h, h->account, SCAN_INTAKE_PUSH, str_make(cases[i].text, len));
        assert_counts(&in, cases[i].n_rows, 0, 0, 0, cases[i].n_refused);
        assert_int_equal(scan_intake_refused(h->store, h->arena, h->account, in.intake_id, 0, 10, &rows, &f),
                         cases[i].n_refused);
        if (cases[i].n_refused) assert_true(rows[0].line > 0 && rows[0].reason.len && rows[0].detail.len);
        assert_int_equal(scan_intake_refused(h->store, h->arena, h->other, in.intake_id, 0, 10, &rows, &f), -1);
    }
}

/* Rows of one piece by the thousand. */
static void test_one_piece(void **state)
{
    (void)state;
    enum { ROWS = 3000 };
    struct post p;
    struct buf text = BUF_INIT;
    post_send(h, h->account, &live, 1, &p);
    clock_set_ms(p.at + 30 * DAY);
    set_limit("scan.rows_per_commit", 100);
    buf_addz(&text, post_header);
    for (int i = 0; i < ROWS; i++) {
        struct line l = {0, 1 + i / 100.0, 881, "1a", "62701", 'A'};
        buf_addz(&text, post_line(h, &p, &l));
    }
    struct scan_intake in = post_read(h, p.account, SCAN_INTAKE_FILE, buf_str(&text));
    assert_counts(&in, ROWS, ROWS, 0, 0, 0);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "11 4");
    buf_finish(&text);
    set_limit("scan.rows_per_commit", 5000);
    clock_set_ms(0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anything), cmocka_unit_test(test_windows),   cmocka_unit_test(test_orphans),
        cmocka_unit_test(test_accounts), cmocka_unit_test(test_one_piece),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
