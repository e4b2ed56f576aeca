/* Events and who gets them: the index follows commits, a unit that is taken back leaves nothing, nothing goes round in circles. */
#include "house.h"
#include "base/clock.h"
#include <string.h>
#include <unistd.h>

static struct fake_peer peers[] = {{.url = "http://a/"}, {.url = "http://b/"}, {.url = "http://c/"}};

static int setup(void **state)
{
    static struct house h;
    peers[0] = (struct fake_peer){.url = "http://a/"};
    house_open(&h, peers, 3);
    *state = &h;
    return 0;
}
static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static int n_asks(const char *url)
{
    struct fake_ask *asks;
    int n = 0;
    fake_lock();
    for (int i = 0, all = fake_asks(&asks); i < all; i++) n += strcmp(asks[i].url, url) == 0;
    fake_unlock();
    return n;
}

/* ---- who gets it ---- */

struct wish {
    const char *name;
    struct subscription s;
    int64_t account, source_id;
    enum event_source source;
    int code;
    bool wanted;
};

static void test_fan_out(void **state)
{
    struct house *h = *state;
#define SUB(enabled, of, bits)                                                                                                 \
    {                                                                                                                          \
        .account_id = ACCOUNT, .source = EVENT_DROP, .source_id = of, .codes = bits, .is_enabled = enabled,                    \
        .address = STR("http://a/")                                                                                            \
    }
#define ONE SUB(true, DROP, 1u << 4)
    static const struct wish wishes[] = {
        {"its code", ONE, ACCOUNT, DROP, EVENT_DROP, 4, true},
        {"another code", ONE, ACCOUNT, DROP, EVENT_DROP, 5, false},
        {"another drop", ONE, ACCOUNT, DROP + 1, EVENT_DROP, 4, false},
        {"another kind of source", ONE, ACCOUNT, DROP, EVENT_LIST, 4, false},
        {"another account", ONE, OTHER, DROP, EVENT_DROP, 4, false},
        {"turned off", SUB(false, DROP, 1u << 4), ACCOUNT, DROP, EVENT_DROP, 4, false},
        {"every source of the kind", SUB(true, 0, 1u << 4), ACCOUNT, DROP + 9, EVENT_DROP, 4, true},
        {"every source, another account", SUB(true, 0, 1u << 4), OTHER, DROP + 9, EVENT_DROP, 4, false},
        {"code 62", SUB(true, DROP, UINT64_C(1) << 62), ACCOUNT, DROP, EVENT_DROP, 62, true},
        {"code 0", SUB(true, DROP, 1), ACCOUNT, DROP, EVENT_DROP, 0, true},
    };
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        struct subscription s = wishes[i].s;
        s.subscription_id = i ? 1000000000 : 0; /* the same one, put again and again */
        assert_int_equal(house_put(h, s), 1000000000);
        bool wanted = event_is_wanted(h->outbox, wishes[i].account, wishes[i].source, wishes[i].source_id, wishes[i].code);
        if (wanted != wishes[i].wanted) fail_msg("%s: %d", wishes[i].name, wanted);
    }
}

/* ---- units that are taken back ---- */

enum back { BACK_EMIT, BACK_PUT, BACK_REMOVE };
struct back_case {
    struct house *house;
    enum back what;
    int64_t subscription;
};
static bool then_refuse(struct tx *tx, void *arg)
{
    struct back_case *b = arg;
    struct outbox *o = b->house->outbox;
    struct event e = {.account_id = ACCOUNT, .source = EVENT_DROP, .source_id = DROP, .code = 4, .person_id = 1};
    struct subscription s = {.account_id = ACCOUNT,
                             .source = EVENT_DROP,
                             .source_id = DROP,
                             .codes = 0xFF,
                             .is_enabled = true,
                             .address = STR("http://b/")};
    bool ok = b->what == BACK_EMIT  ? event_emit(o, tx, &e)
              : b->what == BACK_PUT ? subscription_put(o, tx, &house_link, &s, STR_NULL)
                                    : subscription_remove(o, tx, ACCOUNT, b->subscription);
    assert_true(ok);
    return tx_refuse(tx, FAULT_USER, 409, "taken back");
}

static void test_taken_back(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct event *events;
    struct subscription *all;
    struct back_case b = {h, BACK_EMIT, house_subscribe(h, "http://a/")};
    for (b.what = BACK_EMIT; b.what <= BACK_REMOVE; b.what++) assert_false(store_write(h->store, then_refuse, &b, &f));
    assert_int_equal(event_page(h->store, h->arena, ACCOUNT, EVENT_DROP, DROP, 0, 10, &events, &f), 0);
    assert_int_equal(subscription_all(h->store, h->arena, ACCOUNT, EVENT_DROP, DROP, &all, &f), 1);
    house_emit(h, 1, 4); /* goes to a, which was not removed, and not to b, which was not put */
    house_wait_asks(h, 1);
    house_wait_quiet(h);
    assert_int_equal(n_asks("http://a/"), 1);
    assert_int_equal(n_asks("http://b/"), 0);
}

static bool remove_it(struct tx *tx, void *arg)
{
    const struct back_case *b = arg;
    return subscription_remove(b->house->outbox, tx, ACCOUNT, b->subscription);
}

static void test_remove(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct destination *all;
    struct back_case b = {.house = h, .subscription = house_subscribe(h, "http://a/")};
    peers[0].kind = PEER_REFUSE;
    house_emit_many(h, 1, 20, 4);
    house_wait_asks(h, 3);
    assert_true(store_write(h->store, remove_it, &b, &f));
    assert_false(event_is_wanted(h->outbox, ACCOUNT, EVENT_DROP, DROP, 4));
    assert_int_equal(destination_all(h->outbox, h->arena, ACCOUNT, &all, &f), 0); /* nothing points at it any more */
    assert_false(store_write(h->store, remove_it, &b, &f));
    assert_int_equal(f.status, 404);
}

/* ---- hops, delay, restart ---- */

struct hop {
    struct outbox *outbox;
    int hops;
};
static bool emit_hop(struct tx *tx, void *arg)
{
    const struct hop *p = arg;
    struct event e = {.account_id = ACCOUNT,
                      .source = EVENT_DROP,
                      .source_id = DROP,
                      .code = 4,
                      .person_id = p->hops,
                      .hops = p->hops,
                      .detail = STR("{\"k\":1}")};
    return event_emit(p->outbox, tx, &e);
}

static void test_hops(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct event *events;
    house_subscribe(h, "http://a/");
    for (int hops = 3; hops <= 6; hops++) assert_true(store_write(h->store, emit_hop, &(struct hop){h->outbox, hops}, &f));
    house_wait_asks(h, 2);
    house_wait_quiet(h);
    assert_int_equal(n_asks("http://a/"), 2); /* 3 and 4 */
    assert_int_equal(event_page(h->store, h->arena, ACCOUNT, EVENT_DROP, DROP, 0, 10, &events, &f), 4);
    assert_int_equal(events[0].hops, 6); /* kept, newest first */
    assert_true(str_eq(events[0].detail, STR("{\"k\":1}")));
    assert_int_equal(event_page(h->store, h->arena, ACCOUNT, EVENT_DROP, DROP, 3, 10, &events, &f), 1);
    assert_int_equal(events[0].hops, 3);
    assert_int_equal(event_page(h->store, h->arena, OTHER, EVENT_DROP, DROP, 0, 10, &events, &f), 0);
}

static void test_delay(void **state)
{
    struct house *h = *state;
    int64_t now = clock_now_ms();
    clock_set_ms(now);
    house_put(h, (struct subscription){.account_id = ACCOUNT,
                                       .source = EVENT_DROP,
                                       .source_id = DROP,
                                       .codes = 0xFF,
                                       .is_enabled = true,
                                       .delay_ms = 3600000,
                                       .address = STR("http://a/")});
    house_emit(h, 1, 4);
    usleep(600000);
    assert_int_equal(n_asks("http://a/"), 0);
    clock_set_ms(now + 3599000);
    usleep(600000);
    assert_int_equal(n_asks("http://a/"), 0);
    clock_set_ms(now + 3600001);
    house_wait_asks(h, 1);
    house_wait_quiet(h);
}

static void test_restart(void **state)
{
    struct house *h = *state;
    house_subscribe(h, "http://a/");
    house_suspend(h);
    house_resume(h);
    assert_true(event_is_wanted(h->outbox, ACCOUNT, EVENT_DROP, DROP, 4));
    house_emit(h, 1, 4);
    house_wait_asks(h, 1);
    house_wait_quiet(h);
}

/* A subscription that gets another address takes what waits along. */
static void test_readdress(void **state)
{
    struct house *h = *state;
    struct subscription s;
    struct fault f;
    int64_t id = house_subscribe(h, "http://a/");
    peers[0].kind = PEER_REFUSE;
    house_emit_many(h, 1, 20, 4);
    house_wait_asks(h, 3);
    assert_true(subscription_get(h->store, h->arena, ACCOUNT, id, &s, &f));
    assert_false(subscription_get(h->store, h->arena, OTHER, id, &s, &f));
    s.address = STR("http://c/");
    assert_int_equal(house_put(h, s), id);
    clock_set_ms(clock_now_ms() + 6000);
    house_wait_quiet(h);
    assert_true(n_asks("http://c/") >= 20 && n_asks("http://c/") < 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fan_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_remove, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hops, setup, teardown),
        cmocka_unit_test_setup_teardown(test_delay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_readdress, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
