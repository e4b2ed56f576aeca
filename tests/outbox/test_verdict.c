/* What becomes of a delivery after an attempt: every result, every step of the webhooks' ladder, both ways to give up. */
#include "outbox/verdict.h"
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <cmocka.h>

#define S(x) ((x)*INT64_C(1000))
#define M(x) ((x)*INT64_C(60000))
#define H(x) ((x)*INT64_C(3600000))
static const int64_t steps[] = {0, S(5), S(305), M(35) + S(5)};
static const struct retry_ladder ladder = {"test", steps, 4, 200};
static const struct retry_ladder once = {"once", steps, 1, 0};
enum { T = 1000000000 };

static const struct {
    const char *name;
    const struct retry_ladder *ladder;
    enum link_result result;
    int64_t attempt, first, started, now, not_before;
    int chance;
    enum delivery_fate fate;
    int64_t due, next_attempt;
    bool is_failure, is_success;
} cases[] = {
    {"delivered", &ladder, LINK_OK, 0, T, T, T + 50, 0, 0, FATE_GONE, T, 0, false, true},
    {"taken back", &ladder, LINK_CANCELLED, 0, T, T, T + 50, 0, 0, FATE_GONE, T, 0, false, false},
    {"permanent", &ladder, LINK_PERMANENT, 0, T, T, T + 50, 0, 0, FATE_GIVEN_UP, INT64_MAX, 1, false, false},
    {"held", &ladder, LINK_HOLD, 1, T, T, T + 50, 0, 0, FATE_GIVEN_UP, INT64_MAX, 2, false, false},
    {"credentials refused", &ladder, LINK_AUTH, 1, T, T, T + 50, 0, 0, FATE_STAYS, T, 1, false, false},
    {"gone for good", &ladder, LINK_DISABLE, 1, T, T, T + 50, 0, 0, FATE_STAYS, T, 1, false, false},
    {"paused: does not count", &ladder, LINK_PAUSE_DESTINATION, 1, T, T, T + 50, T + S(60), 0, FATE_STAYS, T, 1, true, false},
    {"paused for longer than the ladder", &ladder, LINK_PAUSE_DESTINATION, 0, T, T, T + M(36), 0, 0, FATE_GIVEN_UP, INT64_MAX,
     1, true, false},
    {"rests: does not count, and is no failure", &ladder, LINK_REST, 1, T, T, T + 50, T + S(60), 0, FATE_STAYS, T, 1, false,
     false},
    {"rests for longer than the ladder", &ladder, LINK_REST, 0, T, T, T + M(36), 0, 0, FATE_GIVEN_UP, INT64_MAX, 1, false,
     false},
    {"first failure", &ladder, LINK_RETRY_LATER, 0, T, T, T + 50, 0, 0, FATE_AGAIN, T + 50 + S(5), 1, true, false},
    {"first failure, by time out", &ladder, LINK_RETRY_LATER, 0, T, T, T + S(15), 0, 0, FATE_AGAIN, T + S(20), 1, true, false},
    {"second failure", &ladder, LINK_RETRY_LATER, 1, T, T + S(5), T + S(6), 0, 0, FATE_AGAIN, T + S(305), 2, true, false},
    {"second failure, jitter", &ladder, LINK_RETRY_LATER, 1, T, T + S(5), T + S(6), 0, 500, FATE_AGAIN, T + S(305) + S(30), 2,
     true, false},
    {"third failure", &ladder, LINK_RETRY_LATER, 2, T, T + S(305), T + S(306), 0, 0, FATE_AGAIN, T + M(35) + S(5), 3, true,
     false},
    {"the other side's wish", &ladder, LINK_RETRY_LATER, 1, T, T + S(5), T + S(6), T + H(1), 0, FATE_AGAIN, T + H(1), 2, true,
     false},
    {"a wish that is sooner", &ladder, LINK_RETRY_LATER, 1, T, T + S(5), T + S(6), T + S(7), 0, FATE_AGAIN, T + S(305), 2, true,
     false},
    {"given up by count", &ladder, LINK_RETRY_LATER, 3, T, T + M(20), T + M(20), 0, 0, FATE_GIVEN_UP, INT64_MAX, 4, true,
     false},
    {"given up by age", &ladder, LINK_RETRY_LATER, 1, T, T + M(36), T + M(36), 0, 0, FATE_GIVEN_UP, INT64_MAX, 2, true, false},
    {"at once, the second time", &ladder, LINK_RETRY_NOW, 0, T, T, T + 50, 0, 0, FATE_AGAIN, T + 50 + S(5), 1, true, false},
    {"waits: where it stands", &ladder, LINK_WAIT, 0, T, T, T + 50, 0, 0, FATE_STAYS, T, 0, false, false},
    {"waits: its time is past", &ladder, LINK_WAIT, 2, T, T, T + 50, T + 50, 0, FATE_STAYS, T, 2, false, false},
    {"waits: later, holding its key", &ladder, LINK_WAIT, 0, T, T, T + 50, T + S(2), 999, FATE_AGAIN, T + S(2), 1, false,
     false},
    {"waits: uses up no attempt", &ladder, LINK_WAIT, 3, T, T, T + 50, T + S(2), 0, FATE_AGAIN, T + S(2), 3, false, false},
    {"waited too long", &ladder, LINK_WAIT, 0, T, T, T + M(36), T + H(1), 0, FATE_GIVEN_UP, INT64_MAX, 1, false, false},
    {"a ladder of one step", &once, LINK_RETRY_LATER, 0, T, T, T + 50, 0, 0, FATE_GIVEN_UP, INT64_MAX, 1, true, false},
};

static void test_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tried t = {cases[i].result,    cases[i].attempt, cases[i].started, cases[i].now, cases[i].first, T,
                          cases[i].not_before};
        struct verdict v = delivery_verdict(cases[i].ladder, &t, cases[i].chance);
        if (v.fate != cases[i].fate || v.due_at != cases[i].due || v.attempt != cases[i].next_attempt ||
            v.is_failure != cases[i].is_failure || v.is_success != cases[i].is_success || v.first_due_at != cases[i].first)
            fail_msg("%s: fate %d, due %lld, attempt %lld, %d %d", cases[i].name, v.fate, (long long)v.due_at - T,
                     (long long)v.attempt, v.is_failure, v.is_success);
    }
}

static void test_words(void **state)
{
    (void)state;
    for (int r = 0; r < LINK_RESULTS; r++) assert_non_null(link_result_word((enum link_result)r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verdict), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
