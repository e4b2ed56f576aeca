/* Numbers: unique under concurrency, across restarts, and when groups are taken back. */
#include "house.h"
#include <pthread.h>
#include <stdlib.h>

static int setup(void **state)
{
    static struct house h;
    house_init(&h);
    house_open(&h);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_finish(*state);
    return 0;
}

struct want {
    enum id_kind kind;
    int64_t n, first;
    bool refuse;
};

static bool take(struct tx *tx, void *arg)
{
    struct want *w = arg;
    w->first = w->n == 1 ? tx_next_id(tx, w->kind) : tx_next_ids(tx, w->kind, w->n);
    if (w->refuse) return tx_refuse(tx, FAULT_USER, 400, "taken back");
    return tx_ok(tx);
}

static int64_t take_now(struct house *h, enum id_kind kind, int64_t n)
{
    struct want w = {.kind = kind, .n = n};
    struct fault f = {0};
    if (!store_write(h->store, take, &w, &f)) fail_msg("%s", f.text);
    return w.first;
}

static const struct block_case {
    const char *name;
    enum id_kind kind;
    int64_t n[4], want[4];
    int64_t after_restart;
} block_cases[] = {
    {"made by hand: no gaps", ID_LIST, {1, 1, 1, 1}, {1, 2, 3, 4}, 5},
    {"contacts: blocks of 4,096", ID_CONTACT, {1, 1, 1, 1}, {1, 2, 3, 4}, 4097},
    {"batches: blocks of 64", ID_BATCH, {1, 62, 2, 1}, {1, 2, 65, 67}, 129},
    {"subscriptions: above every drop", ID_SUBSCRIPTION, {1, 1, 2, 1}, {1000000000, 1000000001, 1000000002, 1000000004}, 1000000005},
    {"a run longer than a block", ID_INTAKE, {1, 1000, 1, 7}, {1, 2, 1002, 1003}, 1010},
};

static void blocks_give_numbers_in_order(void **state)
{
    struct house *h = *state;
    for (size_t k = 0; k < sizeof block_cases / sizeof *block_cases; k++) {
        const struct block_case *c = &block_cases[k];
        for (int i = 0; i < 4; i++) {
            int64_t got = take_now(h, c->kind, c->n[i]);
            if (got != c->want[i]) fail_msg("%s: %d: %lld", c->name, i, (long long)got);
        }
        house_close(h);
        house_open(h);
        int64_t got = take_now(h, c->kind, 1);
        if (got != c->after_restart) fail_msg("%s: after a restart %lld", c->name, (long long)got);
    }
}

/* The database forgets a block that was taken in vain; so must the memory, or the next owner of the numbers finds them used. */
static void a_block_taken_in_vain_goes_back(void **state)
{
    struct house *h = *state;
    struct want w = {.kind = ID_BATCH, .n = 1, .refuse = true};
    assert_false(store_write(h->store, take, &w, NULL));
    assert_int_equal(w.first, 1);
    assert_int_equal(take_now(h, ID_BATCH, 1), 1);
    assert_false(store_write(h->store, take, &w, NULL));
    assert_int_equal(take_now(h, ID_BATCH, 1), 2);
    house_close(h);
    house_open(h);
    assert_int_equal(take_now(h, ID_BATCH, 1), 65);
}

enum { THREADS = 6, EACH = 200 };
struct taker {
    pthread_t thread;
    struct house *h;
    int64_t got[EACH];
};

static void *take_many(void *arg)
{
    struct taker *t = arg;
    for (int i = 0; i < EACH; i++) {
        struct want w = {.kind = ID_BATCH, .n = 1 + i % 3, .refuse = i % 7 == 6};
        bool ok = store_write(t->h->store, take, &w, NULL);
        t->got[i] = ok ? w.first * 4 + w.n : 0;
    }
    return NULL;
}

static void numbers_are_given_once(void **state)
{
    struct house *h = *state;
    static struct taker takers[THREADS];
    static char used[THREADS * EACH * 8];
    for (int i = 0; i < THREADS; i++) {
        takers[i].h = h;
        assert_int_equal(pthread_create(&takers[i].thread, NULL, take_many, &takers[i]), 0);
    }
    int64_t total = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(takers[i].thread, NULL);
        for (int k = 0; k < EACH; k++)
            for (int64_t j = 0; j < takers[i].got[k] % 4; j++) {
                int64_t id = takers[i].got[k] / 4 + j;
                assert_true(id > 0 && id < (int64_t)sizeof used);
                if (used[id]++) fail_msg("%lld was given twice", (long long)id);
                total++;
            }
    }
    assert_true(total > THREADS * EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blocks_give_numbers_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_block_taken_in_vain_goes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_given_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
