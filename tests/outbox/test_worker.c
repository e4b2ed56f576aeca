/* The worker: every result has its consequence, order keys, windows, pauses; bad destinations beside good ones. */
#include "house.h"
#include "base/clock.h"
#include "base/limits.h"
#include "queries.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URL "http://a/"
static struct fake_peer peer;

static int setup(void **state)
{
    static struct house h;
    peer = (struct fake_peer){.url = URL};
    house_open(&h, &peer, 1);
    *state = &h;
    return 0;
}
static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static void step_clock(int64_t ms) { clock_set_ms(clock_now_ms() + ms); }

static const int64_t DAY_MS = 86400000;

static void begin_clock(void) { clock_set_ms(clock_now_ms()); } /* from here on it may be stepped */

/* All asks so far, "person:code:attempt" each followed by a blank. */
static const char *said(void)
{
    static char text[20000];
    struct fake_ask *asks;
    size_t n = 0;
    fake_lock();
    for (int i = 0, all = fake_asks(&asks); i < all && n < sizeof text - 100; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", asks[i].body);
    fake_unlock();
    text[n] = '\0';
    return text;
}

static int n_rows(struct house *h, bool given_up, struct delivery_row **rows)
{
    struct fault f;
    return delivery_waiting(h->store, h->arena, ACCOUNT, house_destination(h, URL).destination_id, given_up, 0, 100, rows, &f);
}

static int n_logged(struct house *h, struct attempt_row **rows)
{
    struct fault f;
    return attempt_page(h->store, h->arena, ACCOUNT, 0, 0, 100, rows, &f);
}

/* ---- delivered ---- */

static void test_delivered(void **state)
{
    struct house *h = *state;
    struct attempt_row *log;
    house_subscribe(h, URL);
    int64_t event = house_emit(h, 1, 4);
    house_wait_asks(h, 1);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:4:0 ");
    assert_int_equal(n_logged(h, &log), 1);
    assert_int_equal(log->result, LINK_OK);
    assert_int_equal(log->http_status, 200);
    assert_int_equal(log->event_id, event);
    assert_null(log->answer.ptr);
    house_emit(h, 2, 4); /* after it went to sleep, or before */
    usleep(3000000);
    house_emit(h, 3, 4);
    house_wait_asks(h, 3);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:4:0 2:4:0 3:4:0 ");
}

/* ---- one result each ---- */

static const struct {
    const char *name;
    int status;
    enum link_result result;
    bool given_up;
    enum destination_state state;
    const char *body, *answer;
} results[] = {
    {"permanent", 400, LINK_PERMANENT, true, DESTINATION_OPEN, "no \"such\" thing", "400: no \"such\" thing"},
    {"not UTF-8", 400, LINK_PERMANENT, true, DESTINATION_OPEN, "a\xff\xfe z", "400: a\xef\xbf\xbd\xef\xbf\xbd z"},
    {"a person must decide", 409, LINK_HOLD, true, DESTINATION_OPEN, NULL, "409"},
    {"credentials", 401, LINK_AUTH, false, DESTINATION_PAUSED, NULL, "401"},
    {"gone", 410, LINK_DISABLE, false, DESTINATION_DISABLED, NULL, "410"},
    {"later", 500, LINK_RETRY_LATER, false, DESTINATION_OPEN, NULL, "500"},
    {"at once, twice", 419, LINK_RETRY_LATER, false, DESTINATION_OPEN, NULL, "419"},
};

static void test_results(void **state)
{
    struct house *h = *state;
    struct delivery_row *rows;
    struct attempt_row *log;
    struct fault f;
    int64_t n;
    begin_clock();
    house_subscribe(h, URL);
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        peer.status = results[i].status;
        peer.body = results[i].body;
        int64_t event = house_emit(h, (int64_t)i + 1, 4);
        house_wait(n_logged(h, &log) > 0 && log->event_id == event);
        if (log->result != results[i].result || !str_eq(log->answer, str_of(results[i].answer)))
            fail_msg("%s: %s, \"%.*s\"", results[i].name, link_result_word(log->result), STR_ARG(log->answer));
        struct destination d = house_destination(h, URL);
        assert_int_equal(d.state, results[i].state);
        assert_int_equal(d.n_given_up, results[i].given_up);
        assert_int_equal(d.n_waiting, !results[i].given_up);
        assert_int_equal(n_rows(h, results[i].given_up, &rows), 1);
        assert_int_equal(rows->last_result, results[i].result);
        /* and it goes when a person has it driven again */
        peer.status = 200;
        peer.body = NULL;
        if (results[i].given_up) {
            assert_true(delivery_redrive(h->outbox, ACCOUNT, d.destination_id, 0, &n, &f));
            assert_int_equal(n, 1);
        } else if (results[i].state != DESTINATION_OPEN) {
            usleep(300000);
            assert_int_equal(house_destination(h, URL).n_waiting, 1);
            assert_true(destination_set_state(h->outbox, ACCOUNT, d.destination_id, DESTINATION_OPEN, &f));
        } else {
            step_clock(6000);
        }
        house_wait_quiet(h);
        assert_int_equal(house_destination(h, URL).state, DESTINATION_OPEN);
        assert_int_equal(house_destination(h, URL).failing_since, DB_NULL);
    }
    assert_false(destination_set_state(h->outbox, OTHER, house_destination(h, URL).destination_id, DESTINATION_OPEN, &f));
    assert_int_equal(f.status, 404);
}

/* The owner mends a destination while an attempt with the old credentials is out: its refusal stops nothing any more. */
static void test_mended_meanwhile(void **state)
{
    struct house *h = *state;
    struct fault f;
    static const int refusals[] = {401, 410};
    for (size_t i = 0; i < 2; i++) {
        peer.status = refusals[i];
        peer.delay_ms = 300;
        house_subscribe(h, URL);
        house_emit(h, 1, 4);
        house_wait_asks(h, 1 + 2 * (int)i);
        peer.status = 0;
        peer.delay_ms = 0;
        assert_true(destination_set_state(h->outbox, ACCOUNT, house_destination(h, URL).destination_id, DESTINATION_OPEN, &f));
        house_wait_asks(h, 2 + 2 * (int)i);
        house_wait_quiet(h);
        assert_int_equal(house_destination(h, URL).state, DESTINATION_OPEN);
    }
}

/* ---- the ladder ---- */

static void test_ladder(void **state)
{
    struct house *h = *state;
    static const int64_t waits[] = {5000, 300000, 1800000};
    struct delivery_row *rows;
    struct attempt_row *log;
    begin_clock();
    int64_t began = clock_now_ms();
    peer.kind = PEER_REFUSE;
    house_subscribe(h, URL);
    house_emit(h, 1, 4);
    for (int i = 0; i < 3; i++) {
        house_wait(n_logged(h, &log) == i + 1 && n_rows(h, false, &rows) == 1 && rows->attempt == i + 1);
        step_clock(waits[i] - 2000);
        usleep(400000);
        assert_int_equal(n_logged(h, &log), i + 1);
        step_clock(2000);
    }
    house_wait(n_rows(h, true, &rows) == 1);
    assert_int_equal(rows->due_at, INT64_MAX);
    assert_int_equal(rows->attempt, 4);
    assert_in_range(rows->first_due_at, began, began + 1000);
    assert_string_equal(said(), "1:4:0 1:4:1 1:4:2 1:4:3 ");
    assert_in_range(house_destination(h, URL).failing_since, began, began + 1000);
    assert_true(str_eq(house_destination(h, URL).last_error, STR("no connection")));
}

/* ---- order ---- */

static void test_order(void **state)
{
    struct house *h = *state;
    begin_clock();
    peer.fail_first = 1;
    peer.delay_ms = 5;
    house_subscribe(h, URL);
    for (int code = 1; code <= 4; code++) house_emit(h, 1, code);
    house_emit(h, 2, 1);
    house_wait_asks(h, 2); /* person 1's first fails; person 2 is not held back */
    usleep(600000);
    assert_string_equal(said(), "1:1:0 2:1:0 ");
    step_clock(5200);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:1:0 2:1:0 1:1:1 1:2:0 1:3:0 1:4:0 ");
}

/* A failed head lets the next go, and one that is tried for ever holds its key for outbox.hold only. */
static void test_hold_ends(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct delivery_row *rows;
    assert_true(limit_set(STR("outbox.hold"), 60, &f));
    begin_clock();
    peer.kind = PEER_REFUSE;
    house_subscribe(h, URL);
    house_emit(h, 1, 1);
    house_wait(n_rows(h, false, &rows) == 1 && rows->attempt == 1);
    house_emit(h, 1, 2);
    step_clock(5000);
    house_wait(n_rows(h, false, &rows) == 2 &&
               rows[0].attempt + rows[1].attempt == 2); /* the head's second attempt, due in 5 min */
    peer.kind = PEER_STATUS;
    usleep(400000);
    assert_string_equal(said(), "1:1:0 1:1:1 ");
    step_clock(56000);
    house_wait_asks(h, 3);
    assert_string_equal(said(), "1:1:0 1:1:1 1:2:0 ");
    step_clock(300000);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:1:0 1:1:1 1:2:0 1:1:2 ");

    peer.status = 400;
    house_emit(h, 1, 3);
    house_emit(h, 1, 4);
    house_wait(house_destination(h, URL).n_given_up == 2);
    assert_true(limit_set(STR("outbox.hold"), 3600, &f));
}

static void test_unordered(void **state)
{
    struct house *h = *state;
    house_link.is_ordered = false;
    peer.delay_ms = 100;
    house_subscribe(h, URL);
    for (int code = 1; code <= 4; code++) house_emit(h, 1, code);
    house_wait_asks(h, 4);
    house_wait_quiet(h);
    assert_true(peer.most_now > 1);
}

/* Hundreds for one person, one at a time and in order; others pass them by. */
static void test_hot_key(void **state)
{
    struct house *h = *state;
    struct fake_ask *asks;
    house_subscribe(h, URL);
    peer.delay_ms = 1;
    for (int i = 0; i < 62; i++) house_emit(h, 1, i % 16);
    house_emit_many(h, 2, 100, 4);
    house_wait_asks(h, 162);
    house_wait_quiet(h);
    fake_lock();
    int n = fake_asks(&asks), next = 0, last_other = 0;
    for (int i = 0; i < n; i++) {
        int person, code, attempt;
        assert_int_equal(sscanf(asks[i].body, "%d:%d:%d", &person, &code, &attempt), 3);
        if (person == 1)
            assert_int_equal(code, next++ % 16);
        else
            last_other = i;
    }
    fake_unlock();
    assert_int_equal(next, 62);
    assert_true(last_other < n - 1);
}

/* ---- window and pause ---- */

/* What stands behind a key that is under way is looked at again when that is through, and not before. */
static void test_a_slow_key_costs_nothing(void **state)
{
    struct house *h = *state;
    struct outbox_stats before, after;
    peer.delay_ms = 600;
    house_subscribe(h, URL);
    for (int code = 1; code <= 3; code++) house_emit(h, 1, code);
    house_wait_asks(h, 1);
    outbox_stats(h->outbox, &before);
    house_wait_asks(h, 2);
    outbox_stats(h->outbox, &after);
    assert_in_range(after.reads - before.reads, 1, 12);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:1:0 1:2:0 1:3:0 ");
}

static void test_window(void **state)
{
    struct house *h = *state;
    house_subscribe(h, URL);
    peer.delay_ms = 20;
    house_emit_many(h, 1, 200, 4);
    house_wait_asks(h, 200);
    house_wait_quiet(h);
    assert_int_equal(peer.most_now, 8); /* grown from 4 to the link's window, and no further */
}

/* It fails for good: after some failures it is only probed, not asked for every delivery that waits. */
static void test_probing(void **state)
{
    struct house *h = *state;
    struct outbox_stats stats;
    house_subscribe(h, URL);
    peer.kind = PEER_REFUSE;
    house_emit_many(h, 1, 500, 4);
    usleep(1500000);
    fake_lock();
    int n = peer.n;
    fake_unlock();
    assert_in_range(n, 8, 60);
    outbox_stats(h->outbox, &stats);
    assert_true(stats.oldest_due_at > 0);
    peer.kind = PEER_STATUS;
    house_wait(house_destination(h, URL).n_waiting <= 60); /* one success, and all go but those that were tried */
    assert_int_equal(house_destination(h, URL).failing_since, DB_NULL);
}

static void test_pause(void **state)
{
    struct house *h = *state;
    begin_clock();
    peer.status = 429;
    peer.head = "Server: x\r\nRetry-After: 40\r\n";
    house_subscribe(h, URL);
    int64_t now = clock_now_ms();
    house_emit(h, 1, 1);
    house_wait(house_destination(h, URL).paused_until >= now + 40000);
    assert_in_range(house_destination(h, URL).paused_until, now + 40000, now + 41000);
    peer.status = 200;
    house_emit(h, 2, 1);
    usleep(400000);
    assert_string_equal(said(), "1:1:0 ");
    step_clock(40001);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:1:0 1:1:0 2:1:0 "); /* the attempt did not count */
}

/* The same, without a word against the destination, and written down once however often it is looked at. */
static void test_rest(void **state)
{
    struct house *h = *state;
    struct attempt_row *log;
    begin_clock();
    peer.status = 430;
    peer.head = "Retry-After: 40\r\n";
    house_subscribe(h, URL);
    house_emit(h, 1, 1);
    for (int i = 1; i <= 2; i++) {
        int64_t now = clock_now_ms();
        house_wait(house_destination(h, URL).paused_until >= now + 40000);
        assert_int_equal(house_destination(h, URL).failing_since, DB_NULL);
        assert_int_equal(n_logged(h, &log), 1);
        assert_int_equal(log->result, LINK_REST);
        if (i == 2) peer.status = 200;
        step_clock(41001);
    }
    house_wait_quiet(h);
    assert_string_equal(said(), "1:1:0 1:1:0 1:1:0 ");
}

/* What load saw was not so any more when the result was to be written: it is read again, and nothing is said to be delivered meanwhile. */
static void test_overtaken(void **state)
{
    struct house *h = *state;
    struct attempt_row *log;
    house_overtaken = 1;
    house_subscribe(h, URL);
    house_emit(h, 1, 4);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:4:0 1:4:0 ");
    assert_int_equal(n_logged(h, &log), 2);
    assert_int_equal(log[0].result, LINK_OK);
    assert_int_equal(log[1].result, LINK_WAIT);
    assert_true(str_eq(log[1].answer, STR("overtaken")));
    assert_int_equal(house_overtaken, 0);
}

/* Somebody pauses it while much is under way; nothing more begins, nothing is lost, and it goes on. */
static void test_pause_by_hand(void **state)
{
    struct house *h = *state;
    struct fault f;
    house_subscribe(h, URL);
    peer.delay_ms = 10;
    house_emit_many(h, 1, 300, 4);
    house_wait_asks(h, 20);
    int64_t id = house_destination(h, URL).destination_id;
    assert_true(destination_set_state(h->outbox, ACCOUNT, id, DESTINATION_PAUSED, &f));
    usleep(300000);
    int64_t waiting = house_destination(h, URL).n_waiting;
    assert_in_range(waiting, 1, 290);
    usleep(300000);
    assert_int_equal(house_destination(h, URL).n_waiting, waiting);
    assert_true(destination_set_state(h->outbox, ACCOUNT, id, DESTINATION_OPEN, &f));
    house_wait_quiet(h);
    assert_int_equal(peer.n, 300);
}

/* ---- secrets ---- */

static void test_secret(void **state)
{
    struct house *h = *state;
    char key[100];
    house_secret = STR("whsec_one");
    house_subscribe(h, URL);
    house_emit(h, 1, 4);
    house_wait_asks(h, 1);
    house_wait_quiet(h);
    assert_string_equal(house_seen_secret, "whsec_one");
    house_secret = STR_NULL; /* leaves it alone */
    house_subscribe(h, URL);
    house_emit(h, 2, 4);
    house_wait_asks(h, 3);
    house_wait_quiet(h);
    assert_string_equal(house_seen_secret, "whsec_one");
    /* with another house's key nothing goes out unsigned */
    house_suspend(h);
    snprintf(key, sizeof key, "%s/house.key", h->dir);
    assert_int_equal(unlink(key), 0);
    house_resume(h);
    house_emit(h, 3, 4);
    house_wait(house_destination(h, URL).state == DESTINATION_PAUSED);
    assert_int_equal(peer.n, 3);
    assert_true(str_starts(house_destination(h, URL).last_error, STR("The destination's secret does not open")));
}

/* ---- taken back; given up for days ---- */

static void test_cancel(void **state)
{
    struct house *h = *state;
    struct delivery_row *rows;
    struct attempt_row *log;
    struct fault f;
    begin_clock();
    peer.kind = PEER_REFUSE;
    house_subscribe(h, URL);
    house_emit(h, 1, 4);
    house_wait(n_rows(h, false, &rows) == 1 && rows->attempt == 1);
    assert_false(delivery_cancel(h->outbox, OTHER, rows->destination_id, rows->delivery_id, &f));
    assert_int_equal(f.status, 404);
    assert_true(delivery_cancel(h->outbox, ACCOUNT, rows->destination_id, rows->delivery_id, &f));
    assert_int_equal(n_rows(h, false, &rows), 0);
    assert_int_equal(n_logged(h, &log), 2);
    assert_int_equal(log->result, LINK_CANCELLED);
    assert_int_equal(
        attempt_page(h->store, h->arena, ACCOUNT, house_destination(h, URL).destination_id, log->log_id, 9, &log, &f), 1);
    assert_int_equal(log->result, LINK_RETRY_LATER);
    assert_int_equal(attempt_page(h->store, h->arena, OTHER, 0, 0, 9, &log, &f), 0);
}

static void pass_days(struct house *h, int n)
{
    house_suspend(h);
    step_clock(n * DAY_MS);
    house_resume(h);
}

static void test_trim(void **state)
{
    struct house *h = *state;
    struct attempt_row *log;
    begin_clock();
    house_subscribe(h, URL);
    house_emit(h, 1, 1);
    house_wait_asks(h, 1);
    house_wait_quiet(h);
    peer.status = 400;
    struct subscription later = {.account_id = ACCOUNT,
                                 .source = EVENT_DROP,
                                 .source_id = DROP,
                                 .codes = 1 << 2,
                                 .delay_ms = 60 * DAY_MS,
                                 .is_enabled = true};
    later.address = STR(URL);
    house_put(h, later);
    house_emit(h, 2, 2);
    house_wait(house_destination(h, URL).n_given_up == 1);
    pass_days(h, 60);
    house_wait(house_destination(h, URL).n_given_up == 2);
    pass_days(h, 89); /* those of the first day are too old; the ninety days of the other began when it was given up */
    house_wait(n_logged(h, &log) == 1 && house_destination(h, URL).n_given_up == 1);
    usleep(500000);
    assert_int_equal(house_destination(h, URL).n_given_up, 1);
    pass_days(h, 2);
    house_wait(n_logged(h, &log) == 0 && house_destination(h, URL).n_given_up == 0);
}

static void test_five_days(void **state)
{
    struct house *h = *state;
    begin_clock();
    peer.kind = PEER_REFUSE;
    house_subscribe(h, URL);
    house_emit(h, 1, 1);
    house_wait(house_destination(h, URL).failing_since != DB_NULL);
    step_clock(INT64_C(86400000) * 5);
    house_emit(h, 2, 1); /* a second failure after a long silence is not yet hopeless */
    house_wait(peer.n >= 3);
    usleep(300000);
    assert_int_equal(house_destination(h, URL).state, DESTINATION_OPEN);
    house_emit(h, 3, 1);
    house_wait(house_destination(h, URL).state == DESTINATION_DISABLED);
    assert_true(str_starts(house_destination(h, URL).last_error, STR("Nothing but failures for 5 days.")));
    peer.kind = PEER_STATUS;
    house_subscribe(h, URL); /* its owner saves it again: it works again */
    house_wait(house_destination(h, URL).state == DESTINATION_OPEN);
}

/* ---- a tenth of the destinations is bad ---- */

enum { GOOD = 27, BAD = 3, EACH = 20 };

static void test_bad_beside_good(void **state)
{
    (void)state;
    static struct fake_peer many[GOOD + BAD];
    static char urls[GOOD + BAD][30];
    struct house h;
    for (int i = 0; i < GOOD + BAD; i++) {
        snprintf(urls[i], sizeof urls[i], "http://peer/%d", i);
        many[i] = (struct fake_peer){.url = urls[i]};
    }
    many[GOOD].kind = PEER_HANG;
    many[GOOD + 1].kind = PEER_REFUSE;
    many[GOOD + 2].status = 500;
    house_open(&h, many, GOOD + BAD);
    for (int i = 0; i < GOOD + BAD; i++) house_subscribe(&h, urls[i]);
    for (int i = 0; i < EACH; i++) house_emit_many(&h, i * 10, 10, 4);
    for (int i = 0; i < GOOD; i++) house_wait(many[i].n == EACH * 10);
    for (int i = 0; i < GOOD; i++) house_wait(house_destination(&h, urls[i]).n_waiting == 0);
    for (int i = GOOD; i < GOOD + BAD; i++) {
        struct destination d = house_destination(&h, urls[i]);
        assert_int_equal(d.n_waiting, EACH * 10);
        assert_true(many[i].most_now <= 8 && many[i].n < 300);
    }
    house_close(&h);
}

/* ---- a lease that was not given back ---- */

/* Node 2 takes it, and is gone. */
static bool take_for_node_2(struct tx *tx, void *arg)
{
    struct q_destination_lease in = {ACCOUNT, *(int64_t *)arg, 2, tx_now(tx) - 1, INT64_MAX};
    return tx_first(tx, Q_DESTINATION_LEASE, &in, &(struct r_destination_lease){0});
}

static void lose_node_2(struct house *h)
{
    struct fault f;
    int64_t id = house_destination(h, URL).destination_id;
    if (!store_write(h->store, take_for_node_2, &id, &f)) fail_msg("%s", f.text);
}

static bool is_asleep(struct house *h)
{
    struct outbox_stats stats;
    outbox_stats(h->outbox, &stats);
    return stats.awake == 0;
}

/* Whoever takes over tells the link of what is older; of what comes later, and after the destination was empty, it does not. */
static void test_taken_over(void **state)
{
    struct house *h = *state;
    struct fault f;
    begin_clock();
    house_subscribe(h, URL);
    house_emit(h, 1, 4);
    house_wait_asks(h, 1);
    house_wait(is_asleep(h));
    lose_node_2(h);
    house_emit(h, 2, 4);
    house_wait_asks(h, 2);
    step_clock(10000);
    house_emit(h, 3, 4);
    house_wait_asks(h, 3);
    house_wait(is_asleep(h));
    house_emit(h, 4, 4);
    house_wait_asks(h, 4);
    assert_string_equal(said(), "1:4:0 2:4:0? 3:4:0 4:4:0 ");
    /* given back while something waits: what is older stays so */
    house_wait(is_asleep(h));
    lose_node_2(h);
    peer.status = 401;
    house_emit(h, 5, 4);
    house_wait_asks(h, 5);
    house_wait(house_destination(h, URL).state == DESTINATION_PAUSED && is_asleep(h));
    peer.status = 200;
    assert_true(destination_set_state(h->outbox, ACCOUNT, house_destination(h, URL).destination_id, DESTINATION_OPEN, &f));
    house_wait_asks(h, 6);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:4:0 2:4:0? 3:4:0 4:4:0 5:4:0? 5:4:0? ");
}

/* The other side says what it was told: neither the log nor the delivery keeps it. */
static void test_echo(void **state)
{
    struct house *h = *state;
    struct attempt_row *log;
    struct delivery_row *rows;
    house_secret = STR("whsec_5f2c9d");
    house_secrets = STR("{\"access_token\":\"00D!0123456789abcdef\",\"private_key\":\"-----BEGIN PRIVATE "
                        "KEY-----\\nMIIEvQIBADANBgkqhkiG9w0B\\n\"}");
    peer.status = 400;
    peer.body =
        "{\"message\":\"no access for 00D!0123456789abcdef\",\"signed\":\"whsec_5f2c9d\",\"key\":\"MIIEvQIBADANBgkqhkiG9w0B\"}";
    house_subscribe(h, URL);
    house_emit(h, 1, 1);
    house_wait(n_logged(h, &log) == 1);
    const char *want = ": {\"message\":\"no access for [secret]\",\"signed\":\"[secret]\",\"key\":\"[secret]\"}";
    if (!str_ends(log->answer, str_of(want))) fail_msg("%.*s", STR_ARG(log->answer));
    assert_int_equal(n_rows(h, true, &rows), 1);
    if (!str_ends(rows->last_error, str_of(want))) fail_msg("%.*s", STR_ARG(rows->last_error));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_delivered),
        T(test_results),
        T(test_mended_meanwhile),
        T(test_ladder),
        T(test_order),
        T(test_hold_ends),
        T(test_unordered),
        T(test_hot_key),
        T(test_window),
        T(test_a_slow_key_costs_nothing),
        T(test_probing),
        T(test_pause),
        T(test_rest),
        T(test_overtaken),
        T(test_pause_by_hand),
        T(test_secret),
        T(test_echo),
        T(test_cancel),
        T(test_five_days),
        T(test_taken_over),
        T(test_trim), /* behind it: numbers that hold a time never go back in a process, and this one goes far ahead */
        cmocka_unit_test(test_bad_beside_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
