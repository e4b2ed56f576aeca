/* worker_attempt.c: one attempt, from its first step to its result, and what its result says of the destination: the window shrinks by half
 * with a failure (once for all that were under way then) and grows by one with a success. */
#include "outbox/worker_private.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- memory ---- */

void attempt_free(struct attempt *a)
{
    arena_destroy(&a->d.arena);
    free(a);
}

struct attempt *attempt_take(struct worker *w, struct dest *d)
{
    struct attempt *a = w->idle;
    struct arena *arena;
    if (a) {
        w->idle = a->link;
        w->n_idle--;
        arena = a->d.arena;
    } else {
        a = malloc(sizeof *a);
        ASSERT(a);
        arena = arena_create(4096);
    }
    *a = (struct attempt){.d.arena = arena, .dest = d, .worker = w, .is_suspect = d->n_failures > 0, .next = d->attempts};
    if (d->attempts) d->attempts->prev = a;
    d->attempts = a;
    d->n_attempts++;
    w->n_under_way++;
    w->n_suspects += a->is_suspect;
    return a;
}

void attempt_release(struct worker *w, struct attempt *a)
{
    struct dest *d = a->dest;
    if (a->prev)
        a->prev->next = a->next;
    else
        d->attempts = a->next;
    if (a->next) a->next->prev = a->prev;
    d->n_attempts--;
    w->n_under_way--;
    w->n_suspects -= a->is_suspect;
    if (w->n_idle >= IDLE_ATTEMPTS) {
        attempt_free(a);
        return;
    }
    arena_reset(a->d.arena);
    a->link = w->idle;
    w->idle = a;
    w->n_idle++;
}

/* ---- steps ---- */

static void answered(void *arg, const struct fetch_answer *answer)
{
    struct attempt *a = arg;
    struct worker *w = a->worker;
    a->answer = *answer;
    pthread_mutex_lock(&w->lock);
    w->n_asked--;
    attempt_list_add(&w->answered, a);
    worker_signal(w);
    pthread_mutex_unlock(&w->lock);
}

void attempt_drop(struct worker *w, struct attempt *a)
{
    struct dest *d = a->dest;
    attempt_release(w, a);
    d->unwritten_until = FOREVER;
    d->next_due = 0;
    dest_look(w, d);
}

void attempt_ask(struct worker *w, struct attempt *a)
{
    (void)FAILPOINT("outbox.ask.before");
    pthread_mutex_lock(&w->lock);
    w->n_asked++;
    pthread_mutex_unlock(&w->lock);
    fetch_start(w->o->fetcher, a->d.arena, &a->d.ask, answered, a);
}

static void step(struct worker *w, struct attempt *a, const struct fetch_answer *answer)
{
    const struct link_def *link = a->dest->link;
    a->d.now = clock_now_ms();
    enum link_result r = link->step(link->ctx, &a->d, answer);
    if (r == LINK_RETRY_NOW && !a->is_again) {
        a->is_again = true;
        a->d.now = clock_now_ms();
        r = link->step(link->ctx, &a->d, NULL);
    }
    if (r != LINK_ASK) {
        attempt_end(w, a, r);
        return;
    }
    if (w->asks_nobody)
        attempt_drop(w, a);
    else
        attempt_ask(w, a);
}

void attempt_begin(struct worker *w, struct attempt *a)
{
    atomic_fetch_add(&w->attempts, 1);
    step(w, a, NULL);
}

void attempt_answered(struct worker *w, struct attempt *a)
{
    (void)FAILPOINT("outbox.answer.after");
    if (a->group) {
        group_answered(w, a);
        return;
    }
    if (a->answer.error == FETCH_STOPPED) {
        attempt_drop(w, a);
        return;
    }
    a->http_status = a->answer.status;
    step(w, a, &a->answer);
}

/* ---- the end ---- */

/* Whatever the other side said, as a line that every engine stores and every terminal shows. */
static struct str clean(struct arena *a, struct str s, size_t max)
{
    char *out = arena_alloc(a, max + 1);
    size_t n = 0;
    while (s.len && n + 4 <= max) {
        int32_t cp = utf8_next(&s);
        if (cp < 0) cp = 0xFFFD;
        if (utf8_is_control(cp)) cp = ' ';
        n += utf8_put(out + n, (uint32_t)cp);
    }
    return str_make(out, n);
}

/* The other side was told our secrets; what it says is kept without them: the one place for all links. */
static void redact(struct attempt *a)
{
    struct redaction r = redaction_begin(a->d.arena);
    if (a->result == LINK_OK || (!a->d.sentence[0] && !a->answer.body.len)) return;
    redaction_add(&r, a->d.secret);
    redaction_add_json(&r, a->d.secrets);
    for (int i = 0; i < a->d.ask.n_headers; i++) redaction_add_header(&r, a->d.ask.headers[i]);
    redaction_run_in(&r, a->d.sentence, sizeof a->d.sentence);
    a->answer.body = redaction_run(&r, a->answer.body);
}

static struct str note(const struct attempt *a)
{
    struct arena *arena = a->d.arena;
    struct str said = clean(arena, str_of(a->d.sentence), sizeof a->d.sentence * 3);
    struct str body = clean(arena, a->answer.body, (size_t)limit_get(LIMIT_OUTBOX_ANSWER_BYTES));
    if (a->result == LINK_OK) return STR_NULL;
    if (!a->http_status || !body.len || a->d.says_it_all) return said;
    return str_of(arena_printf(arena, "%.*s: %.*s", STR_ARG(said), STR_ARG(body)));
}

static void shrink(struct dest *d, const struct attempt *a)
{
    int64_t mono = clock_mono_ms(), longest = limit_get(LIMIT_OUTBOX_PROBE_LONGEST_S) * 1000, wait = PROBE_FIRST_MS;
    if (a->started_mono < d->shrunk_mono) return; /* of the cohort that was counted */
    d->window = d->window > 1 ? d->window / 2 : 1;
    d->n_failures++;
    d->shrunk_mono = mono + 1; /* what begins within this millisecond is of the cohort too */
    if (d->n_failures < FAILURES_BEFORE_PROBING) return;
    for (int i = FAILURES_BEFORE_PROBING; i < d->n_failures && wait < longest; i++) wait *= 2;
    d->probe_mono = mono + (wait < longest ? wait : longest);
}

static void grow(struct dest *d)
{
    d->n_failures = 0;
    d->probe_mono = 0;
    if (d->window < d->link->window) d->window++;
}

static void mark(struct worker *w, struct attempt *a)
{
    struct dest *d = a->dest;
    struct dest_mark *m = &d->mark;
    const struct verdict *v = &a->verdict;
    bool pauses = a->result == LINK_PAUSE_DESTINATION || a->result == LINK_REST;
    bool stops = a->result == LINK_AUTH || a->result == LINK_DISABLE || pauses;
    if (!stops && !v->is_failure && !(v->is_success && (d->is_failing || m->is_set))) return;
    if (!m->is_set) {
        m->is_set = true;
        d->next_marked = w->marked;
        w->marked = d;
    }
    if (v->is_success) m->had_success = true, m->is_failing = false;
    if (v->is_failure) m->is_failing = true;
    if (!v->is_success) snprintf(m->error, sizeof m->error, "%s", a->d.sentence);
    if (!stops) return;
    d->waits_for_mark = true;
    if (a->result == LINK_AUTH && m->state == DESTINATION_OPEN) m->state = DESTINATION_PAUSED;
    if (a->result == LINK_DISABLE) m->state = DESTINATION_DISABLED;
    if (a->n_opened > m->n_opened) m->n_opened = a->n_opened;
    int64_t most = a->d.now + limit_get(LIMIT_OUTBOX_LONGEST_PAUSE_S) * 1000;
    int64_t until = a->d.pause_until < most ? a->d.pause_until : most;
    if (pauses && until > m->paused_until) m->paused_until = until;
}

void attempt_end(struct worker *w, struct attempt *a, enum link_result r)
{
    ASSERT(r > LINK_ASK && r < LINK_RESULTS);
    bool is_first = a->row.last_result == LINK_ASK;
    int64_t now = clock_now_ms();
    struct tried t = {
        .result = r,
        .attempt = a->row.attempt,
        .started_at = a->started_at,
        .now = now,
        .first_due_at = is_first ? a->started_at : a->row.first_due_at,
        .due_at = a->row.due_at,
        .not_before = a->d.pause_until,
    };
    a->result = r == LINK_RETRY_NOW ? LINK_RETRY_LATER : r;
    a->verdict = delivery_verdict(a->dest->link->ladder, &t, r == LINK_OK ? 0 : (int)random_below(1000));
    a->took_ms = clock_mono_ms() - a->started_mono;
    redact(a);
    utf8_line(a->d.sentence, sizeof a->d.sentence, str_of(a->d.sentence));
    a->note = note(a);
    if (a->verdict.is_failure) shrink(a->dest, a);
    if (a->verdict.is_success) grow(a->dest);
    if (a->verdict.fate == FATE_AGAIN) a->dest->has_retries = true;
    mark(w, a);
    atomic_fetch_add(&w->delivered, r == LINK_OK);
    attempt_list_add(&w->results, a);
}
