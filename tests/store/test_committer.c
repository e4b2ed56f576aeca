/* Groups: what is stored when some units fail, what participants are told, what readers see meanwhile. */
#include "house.h"
#include "base/limits.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

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

/* ---- a gate: holds the committer so that a known set of units shares one group ---- */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
    int answered;
};

static struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool wait_at_gate(struct tx *tx, void *arg)
{
    (void)tx, (void)arg;
    pthread_mutex_lock(&gate.lock);
    while (!gate.is_open) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    return true;
}

static void count_answer(struct unit *u)
{
    (void)u;
    pthread_mutex_lock(&gate.lock);
    gate.answered++;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static void wait_for_answers(int n)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.answered < n) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
}

/* Submits the units behind a closed gate, opens it, waits for all. */
static void run_as_group(struct house *h, struct unit *units, int n)
{
    struct unit first = {.run = wait_at_gate, .done = count_answer};
    gate.is_open = false;
    gate.answered = 0;
    assert_true(store_submit(h->store, &first, NULL));
    for (int i = 0; i < n; i++) {
        units[i].done = count_answer;
        assert_true(store_submit(h->store, &units[i], NULL));
    }
    pthread_mutex_lock(&gate.lock);
    gate.is_open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    wait_for_answers(n + 1);
}

/* ---- one bad unit among a hundred ---- */

static bool refuse_early(struct tx *tx, void *arg)
{
    (void)arg;
    return tx_refuse(tx, FAULT_USER, 400, "no");
}

static bool refuse_late(struct tx *tx, void *arg)
{
    note_add(tx, arg);
    return tx_refuse(tx, FAULT_USER, 409, "no, after writing");
}

/* Writes a row, then breaks the key: the engine refuses. */
static bool add_twice(struct tx *tx, void *arg)
{
    note_add(tx, arg);
    return note_add(tx, arg);
}

static const struct bad_case {
    const char *name;
    store_fn *run;
    int bad[4], n_bad; /* which of the hundred */
    int groups_at_most;
    const char *says;
} bad_cases[] = {
    {"none", note_add, {0}, 0, 1, ""},
    {"refused before it wrote", refuse_early, {50}, 1, 1, "no"},
    {"all but the ends refused early", refuse_early, {1, 2, 3, 98}, 4, 1, "no"},
    {"refused after it wrote", refuse_late, {50}, 1, 2, "no, after writing"},
    {"the first", refuse_late, {0}, 1, 2, "no, after writing"},
    {"the last", refuse_late, {99}, 1, 2, "no, after writing"},
    {"four of them", refuse_late, {10, 11, 50, 99}, 4, 6, "no, after writing"},
    {"refused by the engine after it wrote", add_twice, {30}, 1, 2, "The database refused note_add"},
};

static void check_bad_case(struct house *h, const struct bad_case *c, int64_t account_id)
{
    enum { N = 100 };
    struct note notes[N];
    struct unit units[N] = {0};
    struct store_stats before, after;
    store_stats(h->store, &before);
    for (int i = 0; i < N; i++) {
        notes[i] = (struct note){.account_id = account_id, .note_id = i, .body = "b"};
        units[i] = (struct unit){.run = note_add, .arg = &notes[i]};
    }
    for (int i = 0; i < c->n_bad; i++) units[c->bad[i]].run = c->run;
    run_as_group(h, units, N);
    store_stats(h->store, &after);
    for (int i = 0; i < N; i++) {
        if (units[i].committed != (units[i].run == note_add)) fail_msg("%s: unit %d: %s", c->name, i, units[i].fault.text);
        if (!units[i].committed && !strstr(units[i].fault.text, c->says))
            fail_msg("%s: unit %d says: %s", c->name, i, units[i].fault.text);
    }
    if (c->n_bad == 0) assert_int_equal(after.units - before.units, N + 1);
    if (house_count(h, account_id) != (c->n_bad ? N - c->n_bad : N))
        fail_msg("%s: %d rows", c->name, (int)house_count(h, account_id));
    if (after.groups - before.groups > c->groups_at_most)
        fail_msg("%s: %d groups", c->name, (int)(after.groups - before.groups));
}

static void one_failure_is_its_own(void **state)
{
    for (size_t i = 0; i < sizeof bad_cases / sizeof *bad_cases; i++) check_bad_case(*state, &bad_cases[i], (int64_t)i + 1);
}

/* ---- participants ---- */

struct counter {
    struct participant participant; /* must be first */
    int now, committed;             /* what it counts; what it was after the last committed group */
    int asked, kept, taken_back, refusals;
};

static bool counter_before_commit(struct participant *p, struct tx *tx)
{
    struct counter *c = (struct counter *)p;
    c->asked++;
    if (c->refusals > 0) {
        c->refusals--;
        return tx_refuse(tx, FAULT_REMOTE, 0, "somebody was faster");
    }
    return tx_run(tx, Q_NOTE_ADD, &(struct q_note_add){900, 1000 + c->asked, STR_NULL, STR_NULL}, NULL);
}

static void counter_ended(struct participant *p, bool committed)
{
    struct counter *c = (struct counter *)p;
    if (committed)
        c->committed = c->now, c->kept++;
    else
        c->now = c->committed, c->taken_back++;
}

static struct counter counter;

static bool count_one(struct tx *tx, void *arg)
{
    tx_join(tx, &counter.participant);
    counter.now++;
    return note_add(tx, arg);
}

static bool count_and_refuse(struct tx *tx, void *arg)
{
    (void)arg;
    tx_join(tx, &counter.participant);
    counter.now++;
    return tx_refuse(tx, FAULT_USER, 400, "memory moved, but no row");
}

static const struct participant_case {
    const char *name;
    store_fn *bad; /* the third of five; NULL: none */
    int refusals;  /* of before_commit */
    int want_now, want_stored;
} participant_cases[] = {
    {"all good", NULL, 0, 5, 5},
    {"a unit refuses after its memory moved", count_and_refuse, 0, 4, 4},
    {"the participant refuses once", NULL, 1, 5, 5},
    {"the participant refuses until each is alone", NULL, 3, 5, 5},
    {"the participant refuses one for good", NULL, 6, 4, 4},
};

static void participants_move_with_the_group(void **state)
{
    struct house *h = *state;
    for (size_t k = 0; k < sizeof participant_cases / sizeof *participant_cases; k++) {
        const struct participant_case *c = &participant_cases[k];
        struct note notes[5];
        struct unit units[5] = {0};
        counter = (struct counter){.participant = {.before_commit = counter_before_commit, .ended = counter_ended},
                                   .refusals = c->refusals};
        counter.asked = (int)k * 100;
        for (int i = 0; i < 5; i++) {
            notes[i] = (struct note){.account_id = (int64_t)k + 1, .note_id = i};
            units[i] = (struct unit){.run = count_one, .arg = &notes[i]};
        }
        if (c->bad) units[2].run = c->bad;
        run_as_group(h, units, 5);
        if (counter.now != c->want_now || counter.committed != c->want_now) fail_msg("%s: counted %d", c->name, counter.now);
        if (house_count(h, (int64_t)k + 1) != c->want_stored)
            fail_msg("%s: stored %d", c->name, (int)house_count(h, (int64_t)k + 1));
        if ((c->bad || c->refusals) != (counter.taken_back > 0))
            fail_msg("%s: taken back %d times", c->name, counter.taken_back);
        if (counter.participant.joined) fail_msg("%s: still joined", c->name);
    }
}

/* ---- readers ---- */

static bool read_around_a_write(struct tx *tx, void *arg)
{
    struct house *h = arg;
    struct note n = {.account_id = 1};
    assert_true(note_count(tx, &n));
    assert_int_equal(n.n, 1);
    pthread_mutex_lock(&gate.lock); /* lets the other thread write, and waits until it has */
    gate.is_open = true;
    pthread_cond_broadcast(&gate.changed);
    while (gate.answered == 0) pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    assert_true(note_count(tx, &n));
    assert_int_equal(n.n, 1);
    (void)h;
    return true;
}

static void *write_when_open(void *arg)
{
    struct house *h = arg;
    wait_at_gate(NULL, NULL);
    struct note n = {.account_id = 1, .note_id = 2};
    bool ok = store_write(h->store, note_add, &n, NULL);
    count_answer(NULL);
    return ok ? h : NULL;
}

static void readers_see_one_snapshot(void **state)
{
    struct house *h = *state;
    pthread_t t;
    void *ok = NULL;
    gate.is_open = false;
    gate.answered = 0;
    assert_true(store_write(h->store, note_add, &(struct note){.account_id = 1, .note_id = 1}, NULL));
    assert_int_equal(pthread_create(&t, NULL, write_when_open, h), 0);
    assert_true(store_read(h->store, read_around_a_write, h, NULL));
    pthread_join(t, &ok);
    assert_non_null(ok);
    assert_int_equal(house_count(h, 1), 2);
}

/* ---- many threads ---- */

enum { THREADS = 8, EACH = 150 };
struct writer {
    pthread_t thread;
    struct house *h;
    int64_t id, n_ok, n_seen_wrong;
};

static void *write_many(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < EACH; i++) {
        struct note n = {.account_id = w->id, .note_id = i, .body = "of many"};
        store_fn *fn = i % 10 == 9 ? refuse_late : note_add;
        bool ok = store_write(w->h->store, fn, &n, NULL);
        w->n_ok += ok;
        if (ok != (fn == note_add)) w->n_seen_wrong++;
        if (i % 25 == 0 && store_read(w->h->store, note_count, &n, NULL) && n.n != w->n_ok)
            w->n_seen_wrong++; /* own writes are seen */
    }
    return NULL;
}

static _Atomic int groups_told;
static void told(void *ctx)
{
    (void)ctx;
    groups_told++;
}

static void many_threads_store_what_they_were_told(void **state)
{
    struct house *h = *state;
    struct writer writers[THREADS];
    store_after_group(h->store, told, NULL);
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.h = h, .id = i + 1};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(writers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(writers[i].n_seen_wrong, 0);
        assert_int_equal(house_count(h, i + 1), EACH - EACH / 10);
    }
    struct store_stats stats;
    store_stats(h->store, &stats);
    assert_int_equal(stats.units, THREADS * (EACH - EACH / 10));
    assert_int_equal(stats.waiting, 0);
    assert_true(groups_told >= stats.groups && stats.groups > 0 && stats.groups < stats.units);
}

static void a_full_queue_refuses(void **state)
{
    struct house *h = *state;
    enum { ROOM = 3 };
    struct note note = {.account_id = 1};
    struct unit units[ROOM] = {{.run = wait_at_gate, .done = count_answer},
                               {.run = note_add, .arg = &note, .done = count_answer},
                               {.run = wait_at_gate, .done = count_answer}};
    struct fault f = {0};
    const int64_t before = limit_get(LIMIT_STORE_QUEUE_UNITS);
    assert_true(limit_set(STR("store.queue_units"), ROOM, NULL));
    gate.is_open = false;
    gate.answered = 0;
    for (int i = 0; i < ROOM; i++) assert_true(store_submit(h->store, &units[i], NULL));
    assert_false(store_write(h->store, note_add, &note, &f));
    assert_int_equal(f.whose, FAULT_REMOTE);
    assert_non_null(strstr(f.text, "store.queue_units is 3"));
    pthread_mutex_lock(&gate.lock);
    gate.is_open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    wait_for_answers(ROOM);
    note.note_id = 1;
    assert_true(store_write(h->store, note_add, &note, NULL));
    assert_int_equal(house_count(h, 1), 2);
    assert_true(limit_set(STR("store.queue_units"), before, NULL));
}

static void closing_works_off_what_waits(void **state)
{
    struct house *h = *state;
    enum { N = 500 };
    struct note notes[N];
    struct unit units[N];
    gate.answered = 0;
    for (int i = 0; i < N; i++) {
        notes[i] = (struct note){.account_id = 1, .note_id = i};
        units[i] = (struct unit){.run = note_add, .arg = &notes[i], .done = count_answer};
        assert_true(store_submit(h->store, &units[i], NULL));
    }
    house_close(h);
    assert_int_equal(gate.answered, N);
    house_open(h);
    assert_int_equal(house_count(h, 1), N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_failure_is_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(participants_move_with_the_group, setup, teardown),
        cmocka_unit_test_setup_teardown(readers_see_one_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(many_threads_store_what_they_were_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(closing_works_off_what_waits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
