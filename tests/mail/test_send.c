/* Sends, seats and batches: each acknowledged send is one piece in one batch, made in the mode of its moment. */
#include "house.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/settings.h"
#include "fake_press.h"
#include "queries.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int setup(void **state)
{
    static struct house h;
    house_open(&h, fake_press(), true);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    struct fault f;
    atomic_store(&fake_press_holds, false);
    house_close(*state);
    assert_true(limit_set(STR("batch.max_pieces"), 5000, &f));
    assert_true(limit_set(STR("job.retry_first"), 5, &f));
    assert_true(limit_set(STR("job.attempts"), 8, &f));
    return 0;
}

static void test_refusals(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send s;
    struct drop d = house_campaign(h, h->account);
    assert_false(house_send(h, h->other, d.endpoint, "Ann", &s, &f));
    assert_fault(404, &f, "no campaign");
    assert_false(house_send(h, h->account, STR("nowhere"), "Ann", &s, &f));
    assert_fault(404, &f, "nowhere");
    assert_false(house_send(h, h->account, d.endpoint, "", &s, &f));
    assert_fault(400, &f, "first_name is required");
    assert_true(campaign_delete(h->mail, h->account, d.drop_id, &f));
    assert_false(house_send(h, h->account, d.endpoint, "Ann", &s, &f));
    assert_fault(404, &f, "no campaign");
}

static void test_live_needs_a_mailer_id(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send test, live, test_again;
    struct drop d = house_campaign(h, h->account), got;
    assert_false(campaign_set_live(h->mail, h->account, d.drop_id, true, &f));
    assert_fault(409, &f, "no mailer id, so it can only test");
    assert_true(account_mailer_id_add(h->accounts, h->account, 123456, &f));
    assert_true(house_send(h, h->account, d.endpoint, "Ann", &test, &f));
    assert_true(campaign_set_live(h->mail, h->account, d.campaign_id, true, &f)); /* a campaign's id names its newest drop */
    assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, NULL, &f));
    assert_true(got.is_live);
    assert_int_equal(got.mid, 123456);
    assert_true(house_send(h, h->account, d.endpoint, "Bea", &live, &f));
    assert_true(campaign_set_live(h->mail, h->account, d.drop_id, false, &f));
    assert_true(house_send(h, h->account, d.endpoint, "Cid", &test_again, &f));
    struct batch a = house_wait_batch(h, h->account, PIECE_BATCH(test.piece_id), BATCH_READY);
    struct batch b = house_wait_batch(h, h->account, PIECE_BATCH(live.piece_id), BATCH_READY);
    struct batch c = house_wait_batch(h, h->account, PIECE_BATCH(test_again.piece_id), BATCH_READY);
    assert_true(a.is_test && !b.is_test && c.is_test);
    assert_true(a.batch_id != b.batch_id && b.batch_id != c.batch_id);
    assert_int_equal(b.first_serial, 0);
    assert_int_equal(b.mid, 123456);
    assert_int_equal(a.mid, ACCOUNT_DEMONSTRATION_MID); /* it had no other when it was opened */
    assert_int_equal(c.mid, 123456);
    assert_int_equal(c.first_serial, 990000000);
}

static void test_full_batch_closes(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send s[7];
    assert_true(limit_set(STR("batch.max_pieces"), 3, &f));
    struct drop d = house_campaign(h, h->account);
    for (int i = 0; i < 7; i++) assert_true(house_send(h, h->account, d.endpoint, "Ann", &s[i], &f));
    static const int want[7][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {2, 0}};
    int64_t first = PIECE_BATCH(s[0].piece_id);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(PIECE_BATCH(s[i].piece_id) - first, want[i][0]);
        assert_int_equal(PIECE_SEAT(s[i].piece_id), want[i][1]);
    }
    assert_int_equal(house_wait_batch(h, h->account, first, BATCH_READY).n_pieces, 3);
    assert_int_equal(house_wait_batch(h, h->account, first + 1, BATCH_READY).n_pieces, 3);
    assert_int_equal(house_wait_batch(h, h->account, first + 2, BATCH_READY).n_pieces, 1);
    struct drop_stats stats;
    struct drop got;
    assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, &stats, &f));
    assert_int_equal(stats.accepted, 7);
    assert_int_equal(stats.printed, 7);
    assert_int_equal(stats.batches_ready, 3);
}

static void test_contact_ids_are_their_own(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send a, b;
    struct piece p;
    struct drop d = house_campaign(h, h->account);
    assert_true(house_send(h, h->account, d.endpoint, "Ann", &a, &f));
    assert_true(house_send(h, h->account, d.endpoint, "Ann", &b, &f)); /* two calls are two pieces */
    assert_int_not_equal(a.contact_id, b.contact_id);
    assert_int_not_equal(a.piece_id, b.piece_id);
    assert_true(piece_get(h->store, h->arena, h->account, a.piece_id, &p, &f));
    assert_int_equal(p.contact_id, a.contact_id);
    assert_false(piece_get(h->store, h->arena, h->other, a.piece_id, &p, &f));
    assert_fault(404, &f, "piece");
    struct batch batch, *all;
    struct piece *pieces;
    assert_false(batch_get(h->store, h->arena, h->other, PIECE_BATCH(a.piece_id), &batch, &f));
    assert_fault(404, &f, "batch");
    assert_int_equal(batch_all(h->store, h->arena, h->other, 0, 0, 10, &all, &f), 0);
    assert_int_equal(batch_all(h->store, h->arena, h->other, d.drop_id, 0, 10, &all, &f), -1);
    assert_int_equal(piece_page(h->store, h->arena, h->other, PIECE_BATCH(a.piece_id), 0, 10, &pieces, &f), -1);
    assert_int_equal(piece_refused(h->store, h->arena, h->other, d.drop_id, 10, &pieces, &f), -1);
    assert_int_equal(batch_all(h->store, h->arena, h->account, d.drop_id, 0, 10, &all, &f), 1);
}

/* ---- many at once, while the drop is switched to and fro ---- */

enum { THREADS = 4, EACH = 250 };
struct sender {
    struct house *house;
    struct str endpoint;
    int64_t piece_ids[EACH];
    pthread_t thread;
};

static void send_done(struct send *s) { sem_post(s->arg); }

static void *send_many(void *arg)
{
    struct sender *x = arg;
    struct arena *a = arena_create(4096);
    for (int i = 0; i < EACH; i++) {
        struct fault f;
        sem_t done;
        sem_init(&done, 0, 0);
        struct send s = {.account = x->house->account, .endpoint = x->endpoint, .done = send_done, .arg = &done};
        house_recipient(s.values, "Ann");
        if (send_begin(x->house->mail, &s, a, &f)) {
            sem_wait(&done);
            x->piece_ids[i] = s.unit.committed ? s.piece_id : 0;
        }
        sem_destroy(&done);
        arena_reset(a);
    }
    arena_destroy(&a);
    return NULL;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void test_many_at_once(void **state)
{
    struct house *h = *state;
    struct fault f;
    static struct sender senders[THREADS];
    static int64_t ids[THREADS * EACH];
    assert_true(account_mailer_id_add(h->accounts, h->account, 123456, &f));
    assert_true(limit_set(STR("batch.max_pieces"), 50, &f));
    struct drop d = house_campaign(h, h->account);
    for (int i = 0; i < THREADS; i++) {
        senders[i] = (struct sender){.house = h, .endpoint = d.endpoint};
        pthread_create(&senders[i].thread, NULL, send_many, &senders[i]);
    }
    for (int i = 0; i < 20; i++) {
        assert_true(campaign_set_live(h->mail, h->account, d.drop_id, i % 2 == 0, &f));
        usleep(10000);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(senders[i].thread, NULL);
        memcpy(ids + i * EACH, senders[i].piece_ids, sizeof senders[i].piece_ids);
    }
    qsort(ids, THREADS * EACH, sizeof *ids, by_id);
    for (int i = 0; i < THREADS * EACH; i++) assert_true(ids[i] > 0 && (i == 0 || ids[i] != ids[i - 1]));
    struct batch *all;
    int n = batch_all(h->store, h->arena, h->account, d.drop_id, 0, 1000, &all, &f);
    int64_t n_pieces = 0;
    for (int i = 0; i < n; i++) {
        struct batch b = house_wait_batch(h, h->account, all[i].batch_id, BATCH_READY);
        assert_in_range(b.n_pieces, 1, 50);
        assert_true(b.first_serial != DB_NULL);
        n_pieces += b.n_pieces;
    }
    assert_int_equal(n_pieces, THREADS * EACH);
}

/* ---- restarts and failures ---- */

static void test_open_batch_survives_a_restart(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send before, after;
    assert_true(account_mailer_id_add(h->accounts, h->account, 123456, &f));
    struct drop d = house_campaign(h, h->account);
    assert_true(campaign_set_live(h->mail, h->account, d.drop_id, true, &f));
    assert_true(house_send(h, h->account, d.endpoint, "Ann", &before, &f));
    house_reopen(h, true);
    assert_true(house_send(h, h->account, d.endpoint, "Bea", &after, &f));
    assert_int_not_equal(PIECE_BATCH(before.piece_id), PIECE_BATCH(after.piece_id));
    assert_int_equal(house_wait_batch(h, h->account, PIECE_BATCH(before.piece_id), BATCH_READY).n_pieces, 1);
    struct batch b = house_wait_batch(h, h->account, PIECE_BATCH(after.piece_id), BATCH_READY);
    assert_true(b.first_serial == 0 || b.first_serial == 1); /* whichever closed first */
}

/* Held batches that restarts left open, more than are read at once. */
enum { LEFT_OPEN = 70 };
struct left_open {
    struct drop drop;
    int64_t account, n;
};

static bool leave_open(struct tx *tx, void *arg)
{
    struct left_open *l = arg;
    for (int i = 0; i < LEFT_OPEN && tx_ok(tx); i++) {
        int64_t id = tx_next_id(tx, ID_BATCH);
        struct q_batch_insert batch = {.account_id = l->account,
                                       .batch_id = id,
                                       .drop_id = l->drop.drop_id,
                                       .state = BATCH_OPEN,
                                       .is_test = true,
                                       .n_pieces = 1,
                                       .template_version = 1,
                                       .mid = ACCOUNT_DEMONSTRATION_MID,
                                       .stid = 310,
                                       .first_serial = DB_NULL,
                                       .opened_at = tx_now(tx),
                                       .due_at = DB_NULL,
                                       .lease_node = 1};
        tx_run(tx, Q_BATCH_INSERT, &batch, NULL);
    }
    return tx_ok(tx);
}

static bool count_open(struct tx *tx, void *arg)
{
    struct left_open *l = arg;
    struct r_batch_open_of_drop row;
    struct rows r = tx_rows(tx, Q_BATCH_OPEN_OF_DROP, &(struct q_batch_open_of_drop){l->account, l->drop.drop_id});
    for (l->n = 0; rows_next(&r, &row);) l->n++;
    return tx_ok(tx);
}

static void test_a_change_closes_all_that_is_open(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct left_open l = {.account = h->account, .drop = house_campaign(h, h->account)};
    assert_true(account_mailer_id_add(h->accounts, h->account, 123456, &f));
    if (!store_write(h->store, leave_open, &l, &f)) fail_msg("%s", f.text);
    if (!campaign_set_live(h->mail, h->account, l.drop.drop_id, true, &f)) fail_msg("%s", f.text);
    assert_true(store_read(h->store, count_open, &l, &f));
    assert_int_equal(l.n, 0);
}

static void test_press_that_fails_is_asked_again(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send s;
    assert_true(limit_set(STR("job.retry_first"), 1, &f));
    struct drop d = house_campaign(h, h->account);
    house_expect_log("The press lost its worker");
    fake_press_fail = 1;
    assert_true(house_send(h, h->account, d.endpoint, "Ann", &s, &f));
    struct batch b = house_wait_batch(h, h->account, PIECE_BATCH(s.piece_id), BATCH_READY);
    assert_int_equal(b.attempt, 2);
    assert_null(b.last_error.ptr);
}

/* A server that is stopped in the middle of a batch has not failed at it, however often that happens. */
static void test_stop_is_no_failure(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send s;
    assert_true(limit_set(STR("job.attempts"), 1, &f));
    struct drop d = house_campaign(h, h->account);
    atomic_store(&fake_press_holds, true);
    assert_true(house_send(h, h->account, d.endpoint, "Ann", &s, &f));
    for (int i = 0; i < 2; i++) {
        house_wait_batch(h, h->account, PIECE_BATCH(s.piece_id), BATCH_RENDERING);
        house_reopen(h, true);
    }
    atomic_store(&fake_press_holds, false);
    struct batch b = house_wait_batch(h, h->account, PIECE_BATCH(s.piece_id), BATCH_READY);
    assert_int_equal(b.attempt, 1);
    assert_null(b.last_error.ptr);
}

/* A run of an earlier lap that holds all live serials of the mailer id; free_at as given. */
static bool hold_all(struct tx *tx, void *arg)
{
    const int64_t *account = arg;
    struct q_serial_run_insert run = {account[0], 900000001, 0, -1, 990000, account[0], 1, 1, account[1]};
    return tx_run(tx, Q_SERIAL_RUN_INSERT, &run, NULL);
}

static void test_no_room_for_serials(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send s;
    assert_true(account_mailer_id_add(h->accounts, h->account, 900000001, &f)); /* a nine-digit one has 990,000 live serials */
    struct drop drip = house_campaign(h, h->account), smart = house_drop(drip.template_id, CAMPAIGN_SMART_SEND);
    smart.contact_list_id = house_list(h, h->account, "People");
    smart.is_live = true;
    struct contact c = house_contact(smart.contact_list_id, "Ann");
    assert_true(contact_create(h->mail, h->account, &c, &f));
    assert_true(campaign_set_live(h->mail, h->account, drip.drop_id, true, &f));
    assert_true(store_write(h->store, hold_all, (int64_t[]){h->account, DB_NULL}, &f));
    assert_false(house_send(h, h->account, drip.endpoint, "Ann", &s, &f));
    assert_fault(409, &f, "has no room");
    assert_false(campaign_create(h->mail, h->account, &smart, &f));
    assert_fault(409, &f, "has no room");
    assert_true(campaign_set_live(h->mail, h->account, drip.drop_id, false, &f));
    assert_true(house_send(h, h->account, drip.endpoint, "Ann", &s, &f)); /* tests have serials of their own */
    house_wait_batch(h, h->account, PIECE_BATCH(s.piece_id), BATCH_READY);
}

/* Accepted while there was room, closed when there was none: it waits, says why, and is printed when serials have rested. */
static void test_serials_come_late(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct send s;
    assert_true(limit_set(STR("job.retry_first"), 1, &f));
    assert_true(account_mailer_id_add(h->accounts, h->account, 900000001, &f));
    struct drop d = house_campaign(h, h->account);
    assert_true(campaign_set_live(h->mail, h->account, d.drop_id, true, &f));
    assert_true(house_send(h, h->account, d.endpoint, "Ann", &s, &f));
    assert_true(store_write(h->store, hold_all, (int64_t[]){h->account, clock_now_ms() + 2500}, &f));
    house_expect_log("has no free serial numbers");
    struct batch b = house_wait_batch(h, h->account, PIECE_BATCH(s.piece_id), BATCH_READY);
    assert_in_range(b.attempt, 2, 4);
    assert_int_equal(b.first_serial, 0);
    /* What it had to wait for is over; that there is no printer may have been said by now. */
    if (b.last_error.ptr) assert_null(strstr(arena_str(h->arena, b.last_error).ptr, "serial"));
}

static void test_purl_codes(void **state)
{
    struct house *h = *state;
    static const int64_t accounts[] = {1, 2, 1048575}, pieces[] = {8192, 8193, 1099511627775};
    char codes[9][13];
    int n = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++, n++) {
            int64_t account, piece;
            purl_code(h->mail, accounts[i], pieces[k], codes[n]);
            assert_int_equal(strlen(codes[n]), 12);
            assert_true(purl_decode(h->mail, codes[n], &account, &piece));
            assert_int_equal(account, accounts[i]);
            assert_int_equal(piece, pieces[k]);
            for (int j = 0; j < n; j++) assert_string_not_equal(codes[j], codes[n]);
        }
    int64_t a, p;
    char again[13];
    assert_false(purl_decode(h->mail, "short", &a, &p));
    assert_false(purl_decode(h->mail, "0000000000l1", &a, &p)); /* letters that are not ours */
    house_reopen(h, false);
    purl_code(h->mail, 1, 8192, again);
    assert_string_equal(again, codes[0]); /* the key is the house's, for good */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_live_needs_a_mailer_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_batch_closes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_contact_ids_are_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_batch_survives_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_press_that_fails_is_asked_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_change_closes_all_that_is_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_is_no_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room_for_serials, setup, teardown),
        cmocka_unit_test_setup_teardown(test_serials_come_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_purl_codes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
