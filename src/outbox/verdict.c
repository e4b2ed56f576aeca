/* verdict.c: see verdict.h. Give-up is by count and by age, whichever comes first: a destination that is probed rarely must not keep a
 * delivery for weeks, nor one that begs for patience for ever. */
#include "outbox/verdict.h"
#include "base/limits.h"
#include "base/log.h"

const char *link_result_word(enum link_result r)
{
    static const char *const words[] = {
        [LINK_ASK] = "waiting",
        [LINK_OK] = "delivered",
        [LINK_PERMANENT] = "given up",
        [LINK_AUTH] = "not authorised",
        [LINK_HOLD] = "held for a decision",
        [LINK_PAUSE_DESTINATION] = "paused",
        [LINK_DISABLE] = "disabled",
        [LINK_RETRY_LATER] = "to be tried again",
        [LINK_RETRY_NOW] = "to be tried again at once",
        [LINK_CANCELLED] = "cancelled",
        [LINK_WAIT] = "waiting for something else",
        [LINK_REST] = "waiting for its turn",
    };
    _Static_assert(sizeof words / sizeof *words == LINK_RESULTS, "every result has its word");
    ASSERT(r >= LINK_ASK && r < LINK_RESULTS);
    return words[r];
}

static bool is_too_old(const struct retry_ladder *l, const struct tried *t)
{
    return t->now - t->first_due_at >= l->at_ms[l->n_at - 1];
}

static void next_step(const struct retry_ladder *l, const struct tried *t, int chance, struct verdict *v)
{
    int64_t next = t->attempt + 1;
    if (next >= l->n_at || is_too_old(l, t)) {
        v->fate = FATE_GIVEN_UP;
        return;
    }
    int64_t step = l->at_ms[next] - l->at_ms[next - 1], soonest = t->now + l->at_ms[1];
    v->fate = FATE_AGAIN;
    v->attempt = next;
    v->due_at = t->first_due_at + l->at_ms[next];
    if (v->due_at < soonest) v->due_at = soonest;
    if (v->due_at < t->not_before) v->due_at = t->not_before;
    v->due_at += step * l->jitter / 1000 * chance / 1000;
}

/* At once: where it stands, in front of what came after it. Later: as one that is tried again, so that it holds its order key. */
static void wait_for_it(const struct retry_ladder *l, const struct tried *t, struct verdict *v)
{
    if (is_too_old(l, t)) {
        v->fate = FATE_GIVEN_UP;
    } else if (t->not_before > t->now) {
        v->fate = FATE_AGAIN;
        v->due_at = t->not_before;
        v->attempt = t->attempt ? t->attempt : 1;
    } else {
        v->fate = FATE_STAYS;
    }
}

struct verdict delivery_verdict(const struct retry_ladder *ladder, const struct tried *t, int chance)
{
    ASSERT(ladder->n_at >= 1 && chance >= 0 && chance < 1000);
    struct verdict v = {.due_at = t->due_at, .attempt = t->attempt, .first_due_at = t->first_due_at};
    switch (t->result) {
    case LINK_OK:
        v.fate = FATE_GONE;
        v.is_success = true;
        break;
    case LINK_CANCELLED: v.fate = FATE_GONE; break;
    case LINK_WAIT: wait_for_it(ladder, t, &v); break;
    case LINK_PERMANENT:
    case LINK_HOLD: v.fate = FATE_GIVEN_UP; break;
    case LINK_AUTH:
    case LINK_DISABLE: v.fate = FATE_STAYS; break;
    case LINK_PAUSE_DESTINATION:
    case LINK_REST:
        v.fate = is_too_old(ladder, t) ? FATE_GIVEN_UP : FATE_STAYS;
        v.is_failure = t->result == LINK_PAUSE_DESTINATION;
        break;
    case LINK_RETRY_LATER:
    case LINK_RETRY_NOW: /* the second in a row; the first never comes here */
        next_step(ladder, t, chance, &v);
        v.is_failure = true;
        break;
    default: ASSERT(t->result < LINK_ASK); /* there is no such result */
    }
    if (v.fate == FATE_GIVEN_UP) {
        v.due_at = INT64_MAX;
        v.attempt = t->attempt + 1;
    }
    return v;
}
