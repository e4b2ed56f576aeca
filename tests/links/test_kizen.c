/* test_kizen.c: how long an action may take, from the moment when somebody asked for it: what waited too long for a thread is not sent, nor is
 * what waits when the server stops, and every try fits into what is left. The sender is played. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "fresh_store.h"
#include "links/kizen/kizen.h"

enum { THREADS = 2, QUEUED = 20, PATIENCE_MS = 2000, LEAST_MS = 100 };
#define CONTACT                                                                                                                \
    "{\"first_name\":\"Ada\",\"last_name\":\"L\",\"street_address_1\":\"1 A "                                                  \
    "St\",\"city\":\"C\",\"state\":\"CA\",\"zipcode\":\"95814\"}"

static struct {
    char dir[64], address[FRESH_STORE_BYTES];
    struct link_house house;
    struct sender sender;
    struct kizen *kizen;
    sem_t let_go, done;
    _Atomic int under_way, sent;
    _Atomic bool is_slow, is_busy;
    _Atomic int64_t least_left, until;
} t;

static enum sender_outcome play(void *ctx, struct sender_piece *p, struct arena *a)
{
    (void)ctx, (void)a;
    int64_t left = p->until_mono - clock_mono_ms();
    if (left < t.least_left) t.least_left = left;
    t.until = p->until_mono;
    t.under_way++;
    if (t.is_slow) sem_wait(&t.let_go);
    t.sent++;
    p->retry_after_ms = 20;
    p->status = t.is_busy ? 503 : 200;
    if (!t.is_busy) return SENDER_SENT;
    fault_remote(&p->why, "busy");
    return SENDER_TRANSIENT;
}

static void over(struct kizen_action *x)
{
    (void)x;
    sem_post(&t.done);
}

static void ask_as(int64_t account, struct kizen_action *x)
{
    *x = (struct kizen_action){
        .arena = arena_create(1024), .account = account, .endpoint = STR("spring"), .contact = STR(CONTACT), .done = over};
    kizen_action_begin(t.kizen, x);
}

static void ask_for(struct kizen_action *x) { ask_as(1, x); }

/* All threads are at the sender's, each with another account's. */
static void fill(struct kizen_action x[THREADS])
{
    t.is_slow = true;
    for (int i = 0; i < THREADS; i++) ask_as(i + 1, &x[i]);
    for (int i = 0; t.under_way < THREADS; i++) {
        assert_true(i < 10000);
        usleep(1000);
    }
}

static void let_all_go(void)
{
    t.is_slow = false;
    for (int i = 0; i < THREADS; i++) sem_post(&t.let_go);
}

static void check_unsent(const struct kizen_action *x)
{
    assert_int_equal(x->outcome, ACTION_UNSENT);
    assert_int_equal(x->tries, 0);
    assert_int_equal(kizen_action_status(x), 503);
    assert_non_null(strstr(x->why.text, "Nothing was sent"));
}

/* ---- the house ---- */

static int open_house(void **state)
{
    (void)state;
    struct fault f;
    char file[100];
    snprintf(t.dir, sizeof t.dir, "/tmp/pennypost-kizen-XXXXXX");
    assert_non_null(mkdtemp(t.dir));
    snprintf(file, sizeof file, "%s/pennypost.db", t.dir);
    fresh_store(file, t.address);
    t.house.store = store_open(&(struct store_config){.address = t.address, .data_dir = t.dir, .node = 1}, &f);
    if (!t.house.store) fail_msg("%s", f.text);
    t.sender = (struct sender){.send = play};
    t.house.here = &t.sender;
    assert_true(limit_set(STR("action.threads"), THREADS, &f));
    assert_true(limit_set(STR("action.patience"), PATIENCE_MS / 1000, &f));
    assert_true(limit_set(STR("connector.least"), LEAST_MS, &f));
    assert_true(limit_set(STR("action.retries"), 1000, &f));
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    store_close(&t.house.store);
    remove_tree(t.dir, NULL);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    sem_init(&t.let_go, 0, 0);
    sem_init(&t.done, 0, 0);
    t.under_way = t.sent = 0;
    t.is_slow = t.is_busy = false;
    t.least_left = INT64_MAX;
    t.kizen = kizen_create(&t.house);
    return 0;
}

static int end(void **state)
{
    (void)state;
    kizen_destroy(&t.kizen);
    return 0;
}

/* ---- the cases ---- */

static void test_in_time(void **state)
{
    (void)state;
    struct kizen_action x;
    int64_t now = clock_mono_ms();
    ask_for(&x);
    sem_wait(&t.done);
    assert_int_equal(x.outcome, ACTION_SENT);
    assert_int_equal(x.tries, 1);
    assert_true(t.until >= now + PATIENCE_MS && t.until <= now + PATIENCE_MS + 1000);
    arena_destroy(&x.arena);
}

/* Whoever asked has left by now. */
static void test_late(void **state)
{
    (void)state;
    struct kizen_action busy[THREADS], x;
    fill(busy);
    ask_for(&x);
    usleep((PATIENCE_MS + 100) * 1000);
    let_all_go();
    for (int i = 0; i < THREADS + 1; i++) sem_wait(&t.done);
    check_unsent(&x);
    assert_int_equal(t.sent, THREADS);
    assert_true(x.took_ms >= PATIENCE_MS);
    for (int i = 0; i < THREADS; i++) arena_destroy(&busy[i].arena);
    arena_destroy(&x.arena);
}

/* Nobody looks for a thread for it any more: it is answered at once, and can be seen like any other; of more in the same second none is written. */
static void test_too_many(void **state)
{
    (void)state;
    struct kizen_action busy[THREADS], waits, x, more;
    struct action_row *rows;
    struct fault f;
    fill(busy);
    limit_set(STR("action.queue"), 1, NULL);
    ask_for(&waits);
    ask_for(&x);
    assert_int_equal(sem_trywait(&t.done), 0);
    check_unsent(&x);
    assert_int_equal(action_page(t.house.store, x.arena, 1, 0, 1, &rows, &f), 1);
    assert_int_equal(rows[0].action_id, x.action_id);
    assert_string_equal(action_outcome_word(rows[0].outcome), "not_sent");
    assert_true(str_eq(rows[0].endpoint, STR("spring")));
    for (int i = 0; i < 3; i++, arena_destroy(&more.arena)) {
        ask_for(&more);
        assert_int_equal(sem_trywait(&t.done), 0);
        check_unsent(&more);
        assert_string_equal(action_outcome_word((int)more.outcome), "not_sent");
    }
    assert_int_equal(action_page(t.house.store, x.arena, 1, 0, 1, &rows, &f), 1);
    assert_int_equal(rows[0].action_id, x.action_id);
    usleep(1100000);
    ask_for(&more);
    assert_int_equal(sem_trywait(&t.done), 0);
    assert_int_equal(action_page(t.house.store, x.arena, 1, 0, 1, &rows, &f), 1);
    assert_int_equal(rows[0].action_id, more.action_id);
    arena_destroy(&more.arena);
    let_all_go();
    for (int i = 0; i < THREADS + 1; i++) sem_wait(&t.done);
    assert_int_equal(waits.outcome, ACTION_SENT);
    assert_int_equal(t.sent, THREADS + 1);
    limit_set(STR("action.queue"), 200, NULL);
    for (int i = 0; i < THREADS; i++) arena_destroy(&busy[i].arena);
    arena_destroy(&waits.arena);
    arena_destroy(&x.arena);
}

static void *let_go_later(void *arg)
{
    usleep(200000);
    let_all_go();
    return arg;
}

/* Those under way are waited for, those that wait are answered. */
static void test_stop(void **state)
{
    (void)state;
    struct kizen_action busy[THREADS], x[QUEUED];
    pthread_t thread;
    fill(busy);
    for (int i = 0; i < QUEUED; i++) ask_for(&x[i]);
    assert_int_equal(pthread_create(&thread, NULL, let_go_later, NULL), 0);
    kizen_stop(t.kizen);
    pthread_join(thread, NULL);
    for (int i = 0; i < THREADS + QUEUED; i++) assert_int_equal(sem_trywait(&t.done), 0);
    assert_int_equal(t.sent, THREADS);
    for (int i = 0; i < QUEUED; i++) check_unsent(&x[i]), arena_destroy(&x[i].arena);
    ask_for(&x[0]); /* by a request that the HTTP server has not ended yet */
    check_unsent(&x[0]);
    assert_non_null(strstr(x[0].why.text, "stopping"));
    arena_destroy(&x[0].arena);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(busy[i].outcome, ACTION_SENT);
        arena_destroy(&busy[i].arena);
    }
}

/* One account's hang: another's goes by them, and what waits has its turn when one of its own is over. */
static void test_share(void **state)
{
    (void)state;
    enum { OWN = THREADS / 2, MORE = 3 };
    struct kizen_action hanging[OWN + MORE], other, more;
    limit_set(STR("action.queue"), 2 * MORE, NULL);
    t.is_slow = true;
    for (int i = 0; i < OWN + MORE; i++) ask_as(1, &hanging[i]);
    ask_as(1, &more); /* half of the queue is its account's already */
    assert_int_equal(sem_trywait(&t.done), 0);
    check_unsent(&more);
    assert_non_null(strstr(more.why.text, "of the account"));
    usleep(100000);
    assert_int_equal(t.under_way, OWN);
    ask_as(2, &other);
    for (int i = 0; t.under_way == OWN; i++) {
        assert_true(i < 1000);
        usleep(1000);
    }
    for (int i = 0; i < OWN + MORE + 1; i++) sem_post(&t.let_go);
    for (int i = 0; i < OWN + MORE + 1; i++) sem_wait(&t.done);
    assert_int_equal(t.sent, OWN + MORE + 1);
    assert_int_equal(other.outcome, ACTION_SENT);
    for (int i = 0; i < OWN + MORE; i++) {
        assert_int_equal(hanging[i].outcome, ACTION_SENT);
        arena_destroy(&hanging[i].arena);
    }
    arena_destroy(&other.arena);
    arena_destroy(&more.arena);
    limit_set(STR("action.queue"), 200, NULL);
}

static void test_tries_fit(void **state)
{
    (void)state;
    struct kizen_action x;
    t.is_busy = true;
    ask_for(&x);
    sem_wait(&t.done);
    assert_int_equal(x.outcome, ACTION_NO_ANSWER);
    assert_true(x.tries > 2 && x.tries == t.sent);
    assert_true(t.least_left > 0);
    assert_true(x.took_ms <= PATIENCE_MS);
    arena_destroy(&x.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_in_time, begin, end),  cmocka_unit_test_setup_teardown(test_late, begin, end),
        cmocka_unit_test_setup_teardown(test_too_many, begin, end), cmocka_unit_test_setup_teardown(test_stop, begin, end),
        cmocka_unit_test_setup_teardown(test_share, begin, end),    cmocka_unit_test_setup_teardown(test_tries_fit, begin, end),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
