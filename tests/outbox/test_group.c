/* Deliveries that share a request: who comes together, what each of them gets, order keys, waiting, the end. */
#include "house.h"
#include "base/clock.h"
#include "base/limits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URL "http://a/"
static struct fake_peer peer;

/* Codes say what is to come of a delivery; odd and even ones do not go together. */
enum { FINE = 4, BROKEN = 6, LATER = 8, TWO_ROUNDS = 10, AGAIN = 12, APART = 5, WAITS = 14 };
static _Atomic int waits; /* so many times */

static bool joins(void *ctx, struct link_delivery *const *group, int n, const struct link_delivery *d)
{
    (void)ctx, (void)n;
    return group[0]->event.code % 2 == d->event.code % 2;
}

static void ask(struct link_delivery *const *group, int n, enum link_result *results)
{
    const char *body = "";
    for (int i = 0; i < n; i++) {
        struct link_delivery *d = group[i];
        if (results[i] != LINK_ASK) continue;
        body = arena_printf(d->arena, "%s%s%lld:%d:%d", body, *body ? "," : "", (long long)d->event.person_id, d->event.code,
                            d->attempt);
    }
    for (int i = 0; i < n; i++) {
        if (results[i] != LINK_ASK) continue;
        group[i]->ask = (struct fetch_ask){.method = "POST", .url = group[i]->address, .timeout_ms = 300};
        group[i]->ask.body = arena_str(group[i]->arena, str_of(body));
        return;
    }
}

static enum link_result judge(struct link_delivery *d, const struct fetch_answer *answer)
{
    bool was_asked = d->state != NULL;
    snprintf(d->sentence, sizeof d->sentence, "said of %lld", (long long)d->event.person_id);
    d->state = d;
    if (answer->error || answer->status != 200) return LINK_RETRY_LATER;
    switch (d->event.code) {
    case BROKEN: return LINK_PERMANENT;
    case LATER: return d->attempt ? LINK_OK : LINK_RETRY_LATER;
    case TWO_ROUNDS: return was_asked ? LINK_OK : LINK_ASK;
    case AGAIN: return was_asked ? LINK_OK : LINK_RETRY_NOW;
    default: return LINK_OK;
    }
}

static void step_all(void *ctx, struct link_delivery *const *group, int n, const struct fetch_answer *answer,
                     enum link_result *results)
{
    (void)ctx;
    for (int i = 0; i < n; i++) {
        results[i] = answer ? judge(group[i], answer) : LINK_ASK;
        if (!answer && group[i]->event.code == WAITS && waits > 0) {
            waits--;
            results[i] = LINK_WAIT;
            snprintf(group[i]->sentence, sizeof group[i]->sentence, "not yet");
        }
    }
    ask(group, n, results);
}

static int setup(void **state)
{
    static struct house h;
    peer = (struct fake_peer){.url = URL, .delay_ms = 20};
    house_open(&h, &peer, 1);
    house_link.gather_most = 6;
    house_link.joins = joins;
    house_link.step_all = step_all;
    house_link.window = 20;
    *state = &h;
    return 0;
}
static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static const char *said(void)
{
    static char text[20000];
    struct fake_ask *asks;
    size_t n = 0;
    fake_lock();
    for (int i = 0, all = fake_asks(&asks); i < all && n < sizeof text - 300; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s ", asks[i].body);
    fake_unlock();
    text[n] = '\0';
    return text;
}

struct emits {
    struct outbox *outbox;
    const int (*all)[2]; /* person, code; ends with 0 */
};
static bool emits(struct tx *tx, void *arg)
{
    const struct emits *m = arg;
    for (int i = 0; m->all[i][0]; i++) {
        struct event e = {.account_id = ACCOUNT,
                          .source = EVENT_DROP,
                          .source_id = DROP,
                          .code = m->all[i][1],
                          .subject_id = m->all[i][0],
                          .person_id = m->all[i][0]};
        e.happened_at = tx_now(tx);
        if (!event_emit(m->outbox, tx, &e)) return false;
    }
    return true;
}

/* ---- who goes with whom, and what becomes of each (the window begins at 4) ---- */

static const struct {
    const char *name;
    int all[10][2];
    const char *said;
    int n_given_up;
} cases[] = {
    {"one alone", {{1, FINE}}, "1:4:0 ", 0},
    {"all together", {{1, FINE}, {2, FINE}, {3, FINE}}, "1:4:0,2:4:0,3:4:0 ", 0},
    {"one bad item", {{1, FINE}, {2, BROKEN}, {3, FINE}}, "1:4:0,2:6:0,3:4:0 ", 1},
    {"not together", {{1, FINE}, {2, APART}, {3, FINE}}, "1:4:0,3:4:0 2:5:0 ", 0},
    {"two rounds, the first one leaves",
     {{1, FINE}, {2, TWO_ROUNDS}, {3, TWO_ROUNDS}},
     "1:4:0,2:10:0,3:10:0 2:10:0,3:10:0 ",
     0},
    {"once more at once", {{1, AGAIN}, {2, FINE}, {3, AGAIN}}, "1:12:0,2:4:0,3:12:0 1:12:0,3:12:0 ", 0},
    {"one person's one after the other", {{1, FINE}, {1, FINE}, {2, FINE}}, "1:4:0,2:4:0 1:4:0 ", 0},
    {"more than the window, then more than a group",
     {{1, FINE}, {2, FINE}, {3, FINE}, {4, FINE}, {5, FINE}, {6, FINE}},
     "1:4:0,2:4:0,3:4:0,4:4:0 5:4:0,6:4:0 ",
     0},
    {"tried again", {{1, FINE}, {2, LATER}}, "1:4:0,2:8:0 2:8:1 ", 0},
};

static void run_case(struct house *h, size_t i)
{
    struct fault f;
    struct emits m = {h->outbox, cases[i].all};
    house_subscribe(h, URL);
    if (!store_write(h->store, emits, &m, &f)) fail_msg("%s", f.text);
    for (int n = 0; n < 3; n++) {
        house_wait_asks(h, 1);
        usleep(150000);
        clock_set_ms(clock_now_ms() + 6000);
    }
    house_wait_quiet(h);
    if (strcmp(said(), cases[i].said) != 0) fail_msg("%s: %s, not %s", cases[i].name, said(), cases[i].said);
    assert_int_equal(house_destination(h, URL).n_given_up, cases[i].n_given_up);
}

static void test_groups(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clock_set_ms(clock_now_ms());
        run_case(*state, i);
        teardown(state);
        setup(state);
    }
}

/* ---- each has its own words in the log, never the others' answers ---- */

static void test_words(void **state)
{
    struct house *h = *state;
    struct attempt_row *log;
    struct fault f;
    static const int all[][2] = {{1, BROKEN}, {2, BROKEN}, {0, 0}};
    peer.body = "the whole answer";
    house_subscribe(h, URL);
    assert_true(store_write(h->store, emits, &(struct emits){h->outbox, all}, &f));
    house_wait_quiet(h);
    assert_int_equal(attempt_page(h->store, h->arena, ACCOUNT, 0, 0, 10, &log, &f), 2);
    assert_true(str_eq(log[0].answer, STR("said of 2")));
    assert_true(str_eq(log[1].answer, STR("said of 1")));
    assert_int_equal(log[0].http_status, 200);
}

/* ---- what waits is logged once, keeps its place, and counts for nothing ---- */

static void test_waits(void **state)
{
    struct house *h = *state;
    struct attempt_row *log;
    struct fault f;
    static const int all[][2] = {{1, WAITS}, {1, FINE}, {0, 0}};
    waits = 3;
    house_subscribe(h, URL);
    assert_true(store_write(h->store, emits, &(struct emits){h->outbox, all}, &f));
    house_wait_asks(h, 2);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:14:0 1:4:0 ");
    assert_int_equal(attempt_page(h->store, h->arena, ACCOUNT, 0, 0, 10, &log, &f), 3);
    assert_int_equal(log[2].result, LINK_WAIT);
    assert_int_equal(house_destination(h, URL).failing_since, DB_NULL);
}

/* ---- the other side is gone, once for all of them; a stop in the middle loses nothing ---- */

static void test_refused(void **state)
{
    struct house *h = *state;
    clock_set_ms(clock_now_ms());
    peer.fail_first = 1;
    house_subscribe(h, URL);
    house_emit_many(h, 1, 4, FINE);
    house_wait_asks(h, 1);
    house_wait(house_destination(h, URL).failing_since != DB_NULL);
    assert_int_equal(house_destination(h, URL).n_waiting, 4);
    for (int i = 0; i < 4; i++) {
        clock_set_ms(clock_now_ms() + 6000);
        usleep(150000);
    }
    house_wait_quiet(h);
    assert_int_equal(house_destination(h, URL).n_given_up, 0);
}

static void test_stopped(void **state)
{
    struct house *h = *state;
    peer.delay_ms = 3000;
    house_subscribe(h, URL);
    house_emit_many(h, 1, 3, FINE);
    house_wait_asks(h, 1);
    house_suspend(h); /* cuts off what was asked */
    peer.delay_ms = 20;
    house_resume(h);
    house_wait_asks(h, 1);
    house_wait_quiet(h);
    assert_string_equal(said(), "1:4:0,2:4:0,3:4:0 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
    };
    return cmocka_run_group_tests_name("outbox group", tests, NULL, NULL);
}
