/* test_track.c: what is known of pieces and what follows from it: events, statistics, what is expected, what went quiet. */
#include "base/clock.h"
#include "base/limits.h"
#include "fake_press.h"
#include "mail/stat.h"
#include "mail/why.h"
#include "post.h"
#include <sqlite3.h>
#include <stdio.h>

#define LIVE_MID 901234567

static struct house house, *h = &house;
static struct drop drip, live;

static int64_t stat(const struct post *p, int code, bool is_test)
{
    struct stat_totals t;
    struct fault f;
    assert_true(stat_of_drop(h->store, p->account, p->drop.drop_id, is_test, &t, &f));
    return t.n[code];
}

#define S(seat, hours, op, phase, zip)                                                                                         \
    {                                                                                                                          \
        seat, hours, op, phase, zip, 'A'                                                                                       \
    }
#define read_lines(p, ...)                                                                                                     \
    post_read_lines(h, p, (const struct line[]){__VA_ARGS__},                                                                  \
                    (int)(sizeof((const struct line[]){__VA_ARGS__}) / sizeof(struct line)))

/* From the press to the mailbox, and back home because the address was wrong. */
static void test_journey(void **state)
{
    (void)state;
    struct post p;
    post_send(h, h->account, &live, 3, &p);
    int64_t mailed = stat(&p, STATUS_MAILED, false); /* by tests before this one */
    clock_set_ms(p.at + 20 * DAY);
    struct scan_intake in = read_lines(&p, S(0, 200, 881, "Phase 1a - Origin Primary Processing", "62701"),
                                       S(0, 220, 893, "Phase 2b - Destination SCF Processing", "10018"),
                                       S(0, 240, 919, "Phase 3c - Destination Sequenced Carrier Sortation", "10118"),
                                       S(1, 201, 881, "Phase 1a - Origin Primary Processing", "62701"));
    assert_int_equal(in.state, INTAKE_DONE);
    assert_int_equal(in.n_rows, 4);
    assert_int_equal(in.n_used, 4);
    assert_int_equal(in.n_repeat + in.n_orphan + in.n_refused, 0);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "11 4 5 6");
    assert_string_equal(post_events(h, &p, p.pieces[1]), "11 4");
    assert_string_equal(post_events(h, &p, p.pieces[2]), "");
    in = read_lines(&p, S(0, 300, 897, "PARS Processing", "62701"));
    assert_int_equal(in.n_used, 1);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "11 4 5 6 3");
    assert_int_equal(stat(&p, STATUS_MAILED, false), mailed + 2);
    assert_int_equal(stat(&p, STATUS_IN_TRANSIT, false), 2);
    assert_int_equal(stat(&p, STATUS_IN_LOCAL_AREA, false), 1);
    assert_int_equal(stat(&p, STATUS_PROCESSED, false), 1);
    assert_int_equal(stat(&p, STATUS_RETURNED, false), 1);
    assert_int_equal(stat(&p, STATUS_MAILED, true), 0);
    clock_set_ms(0);
}

/* The same in test mode: events are marked, numbers are counted apart. */
static void test_test_mode(void **state)
{
    (void)state;
    struct post p;
    struct event *rows;
    struct fault f;
    post_send(h, h->account, &drip, 2, &p);
    int64_t before = stat(&p, STATUS_MAILED, true);
    clock_set_ms(p.at + 20 * DAY);
    read_lines(&p, S(1, 200, 881, "1a", "62701"), S(1, 240, 919, "3c", "10118"));
    assert_string_equal(post_events(h, &p, p.pieces[1]), "11 4 6");
    assert_true(event_page(h->store, h->arena, p.account, EVENT_DROP, p.drop.drop_id, 0, 10, &rows, &f) >= 3);
    while (rows->code == STATUS_CREATED) rows++; /* of the package, which comes at its own time */
    assert_true(rows[0].is_test);
    assert_int_equal(rows[0].happened_at / 1000, (p.at + 240 * HOUR) / 1000);
    assert_true(rows[0].person_id > 0);
    assert_int_equal(stat(&p, STATUS_MAILED, true), before + 1);
    assert_int_equal(stat(&p, STATUS_MAILED, false), 0);
    clock_set_ms(0);
}

/* No status steps back, nothing is told twice; what comes late is kept. */
static void test_late_and_again(void **state)
{
    (void)state;
    struct post p;
    struct fault f;
    struct scan_seen *seen;
    post_send(h, h->account, &live, 1, &p);
    clock_set_ms(p.at + 20 * DAY);
    read_lines(&p, S(0, 240, 919, "3c", "10118"));
    assert_string_equal(post_events(h, &p, p.pieces[0]), "11 6");
    struct scan_intake in =
        read_lines(&p, S(0, 200, 881, "1a", "62701"), S(0, 240, 919, "3c", "10118"), S(0, 200, 881, "1a", "62701"));
    assert_int_equal(in.n_used, 1);
    assert_int_equal(in.n_repeat, 2);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "11 6");
    assert_int_equal(track_of_piece(h->store, h->arena, p.account, p.pieces[0], &seen, &f), 2);
    assert_int_equal(seen[0].op_code, 881); /* in order of time */
    assert_int_equal(seen[0].emits, 0);
    clock_set_ms(0);
}

/* Tracked by its printer: Canada Post tells nothing. */
struct printed {
    const struct post *p;
    struct track_count count;
};

static bool add_printed(struct tx *tx, void *arg)
{
    struct printed *w = arg;
    const struct post *p = w->p;
    struct track_row rows[] = {
        {.account = p->account, .piece_id = p->pieces[0], .scan = track_printed(STATUS_ADDRESSED, p->at + HOUR)},
        {.account = p->account, .piece_id = p->pieces[0], .scan = track_printed(STATUS_PRINTED, p->at + 2 * HOUR)},
        {.account = p->account, .piece_id = p->pieces[0], .scan = track_printed(STATUS_MAILED, p->at + 3 * HOUR)},
        {.account = p->account, .piece_id = p->pieces[0], .scan = track_printed(STATUS_MAILED, p->at + 3 * HOUR)},
        {.account = p->account, .piece_id = p->pieces[1], .scan = track_printed(STATUS_MAILED, p->at + 3 * HOUR)},
        {.account = p->account, .piece_id = p->pieces[1], .scan = track_printed(STATUS_PRINTED, p->at + 4 * HOUR)},
    };
    w->count = (struct track_count){0};
    return track_add(h->mail, tx, rows, 6, 0, &w->count);
}

static void test_printed(void **state)
{
    (void)state;
    struct post p;
    struct fault f;
    post_send(h, h->account, &live, 2, &p);
    struct printed w = {.p = &p};
    if (!store_write(h->store, add_printed, &w, &f)) fail_msg("%s", f.text);
    assert_int_equal(w.count.n_added, 5);
    assert_int_equal(w.count.n_repeat, 1);
    assert_int_equal(w.count.n_events, 4);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "9 10 11");
    assert_string_equal(post_events(h, &p, p.pieces[1]), "11");
}

/* Address change records: by class and letter. */
static void test_acs(void **state)
{
    (void)state;
    struct post p;
    struct fault f;
    struct scan_seen *seen;
    post_send(h, h->account, &live, 3, &p);
    clock_set_ms(p.at + 20 * DAY);
    char *text = arena_printf(h->arena,
                              "Mailer ID,Serial Number,Deliverability Code,New Street,New City,New State,New ZIP\n"
                              "%lld,%lld,N,,,,\n%lld,%lld,W,,,,\n%lld,99,N,,,,\n%lld,%lld,?,,,,\n",
                              (long long)p.mid, (long long)p.first_serial, (long long)p.mid, (long long)p.first_serial + 1,
                              912345678LL, (long long)p.mid, (long long)p.first_serial + 2);
    struct scan_intake in = post_read(h, p.account, SCAN_INTAKE_ACS, str_of(text));
    assert_int_equal(in.n_rows, 4);
    assert_int_equal(in.n_used, 2);
    assert_int_equal(in.n_orphan, 1);
    assert_int_equal(in.n_refused, 1);
    assert_string_equal(post_events(h, &p, p.pieces[0]), "3");
    assert_string_equal(post_events(h, &p, p.pieces[1]), "2");
    assert_int_equal(track_of_piece(h->store, h->arena, p.account, p.pieces[0], &seen, &f), 1);
    assert_int_equal(seen[0].handling, 'C');
    if (!strstr(seen[0].detail.ptr, "no such number")) fail_msg("%s", seen[0].detail.ptr);
    clock_set_ms(0);
}

/* Expected is one to two business days after the last local scan, and nothing when the piece went elsewhere. */
static void test_expected(void **state)
{
    (void)state;
    const int64_t thursday = 1795651200000; /* 2026-11-26, Thanksgiving, 00:00 UTC */
    struct scan_seen rows[] = {
        {.scanned_at = thursday - DAY, .facility = scan_facility_of_zip(STR("10018")), .emits = STATUS_BIT(STATUS_IN_TRANSIT)},
        {.scanned_at = thursday - DAY / 2,
         .facility = scan_facility_of_zip(STR("10018")),
         .emits = STATUS_BIT(STATUS_PROCESSED)},
        {.scanned_at = thursday + DAY, .emits = STATUS_BIT(STATUS_RETURNED)},
    };
    struct track_expected e;
    assert_false(track_expect(rows, 1, &e));
    assert_true(track_expect(rows, 2, &e)); /* Wednesday noon in New York: Friday to Saturday */
    assert_int_equal(e.from_ms, thursday + DAY);
    assert_int_equal(e.to_ms, thursday + 2 * DAY);
    assert_false(track_expect(rows, 3, &e));
}

/* Days of a drop, and wiping what was a test. */
static bool add_stats(struct tx *tx, void *arg)
{
    const struct drop *d = arg;
    for (int i = 0; i < 300; i++) /* more sums than fit at first */
        if (!stat_add(h->mail, tx, h->account, d->drop_id, STAT_VISIT, false, i * DAY + 5, 2)) return false;
    return stat_add(h->mail, tx, h->account, d->drop_id, STAT_VISIT, false, 5, 1) &&
           stat_add(h->mail, tx, h->account, d->drop_id, STAT_VISIT, true, -1, 7) &&
           stat_add(h->mail, tx, h->account, d->drop_id, STAT_VISITOR, true, 5, 1);
}
static bool refuse_stats(struct tx *tx, void *arg) { return add_stats(tx, arg) && tx_refuse(tx, FAULT_USER, 400, "no"); }
static bool wipe_stats(struct tx *tx, void *arg)
{
    return stat_wipe_test(tx, h->account, ((struct drop *)arg)->drop_id, 1u << STAT_VISIT);
}

static void test_stats(void **state)
{
    (void)state;
    struct fault f;
    struct stat_day_row *days;
    struct stat_totals t;
    struct drop d = house_campaign(h, h->account);
    assert_false(store_write(h->store, refuse_stats, &d, &f)); /* what is taken back counts nothing */
    assert_true(store_write(h->store, add_stats, &d, &f));
    assert_true(store_write(h->store, add_stats, &d, &f));
    assert_true(stat_of_drop(h->store, h->account, d.drop_id, false, &t, &f));
    assert_int_equal(t.n[STAT_VISIT], 1202);
    assert_int_equal(t.n[STAT_VISITOR], 0);
    assert_int_equal(stat_by_day(h->store, h->arena, h->account, d.drop_id, false, 0, 2, &days, &f), 3);
    assert_int_equal(days[0].totals.n[STAT_VISIT], 6);
    assert_int_equal(days[2].day, 2);
    assert_int_equal(days[2].totals.n[STAT_VISIT], 4);
    assert_int_equal(stat_by_day(h->store, h->arena, h->account, d.drop_id, true, -5, 5, &days, &f), 2);
    assert_int_equal(days[0].day, -1);
    assert_int_equal(days[0].totals.n[STAT_VISIT], 14);
    assert_true(store_write(h->store, wipe_stats, &d, &f));
    assert_true(stat_of_drop(h->store, h->account, d.drop_id, true, &t, &f));
    assert_int_equal(t.n[STAT_VISIT], 0);
    assert_int_equal(t.n[STAT_VISITOR], 2);
    assert_true(stat_of_drop(h->store, h->other, d.drop_id, false, &t, &f));
    assert_int_equal(t.n[STAT_VISIT], 0);
}

static void hand_over(const struct post *p, int64_t at)
{
    char path[600], sql[200];
    sqlite3 *db;
    house_suspend(h);
    snprintf(path, sizeof path, "%s/test.db", h->dir);
    snprintf(sql, sizeof sql, "UPDATE batch SET handed_over_at = %lld, printer_job = 'folder' WHERE batch_id = %lld",
             (long long)at, (long long)p->batch_id);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_close(db);
    house_resume(h, true);
}

static void test_quiet(void **state)
{
    (void)state;
    struct post p;
    struct fault f;
    struct quiet_batch *rows;
    post_send(h, h->account, &live, 2, &p);
    hand_over(&p, p.at);
    clock_set_ms(p.at + 5 * DAY - 1000);
    assert_int_equal(track_quiet(h->store, h->arena, h->account, &rows, &f), 0);
    clock_set_ms(p.at + 5 * DAY + 1000);
    assert_int_equal(track_quiet(h->store, h->arena, h->account, &rows, &f), 1);
    assert_int_equal(rows[0].batch_id, p.batch_id);
    assert_str("folder", rows[0].printer_job);
    assert_int_equal(track_quiet(h->store, h->arena, h->other, &rows, &f), 0);
    read_lines(&p, S(1, 100, 881, "1a", "62701"));
    assert_int_equal(track_quiet(h->store, h->arena, h->account, &rows, &f), 0);
    clock_set_ms(0);
}

static void test_why(void **state)
{
    (void)state;
    struct post p;
    struct fault f;
    struct buf out = BUF_INIT;
    post_send(h, h->account, &live, 2, &p);
    clock_set_ms(p.at + 20 * DAY);
    read_lines(&p, S(1, 200, 881, "1a", "62701"), S(1, 240, 919, "3c", "10118"));
    struct json_out j = json_out_begin(&out);
    if (!why_piece(h->mail, h->arena, h->account, p.pieces[1], &j, &f)) fail_msg("%s", f.text);
    json_out_end(&j);
    const char *const words[] = {"\"status\":\"ProcessedForDelivery\"",
                                 "\"expected_delivery\":{\"from\":",
                                 "\"operation\":881",
                                 "\"status\":[\"InTransit\",\"Mailed\"]",
                                 "\"code\":6",
                                 "\"name\":\"Spring\"",
                                 "\"seat\":1",
                                 "\"tracking_code\":\"0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(out.data, words[i])) fail_msg("%s is not in %s", words[i], out.data);
    assert_null(strstr(out.data, "eliver\"")); /* no delivery is told */
    buf_clear(&out);
    j = json_out_begin(&out);
    assert_false(why_piece(h->mail, h->arena, h->other, p.pieces[1], &j, &f));
    assert_fault(404, &f, "There is no piece");
    buf_finish(&out);
    clock_set_ms(0);
}

static int setup(void **state)
{
    (void)state;
    house_open(h, fake_press(), true);
    drip = house_campaign(h, h->account);
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
        cmocka_unit_test(test_expected), cmocka_unit_test(test_stats),     cmocka_unit_test(test_printed),
        cmocka_unit_test(test_journey),  cmocka_unit_test(test_test_mode), cmocka_unit_test(test_late_and_again),
        cmocka_unit_test(test_acs),      cmocka_unit_test(test_why),       cmocka_unit_test(test_quiet),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
