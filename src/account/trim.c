/* trim.c: the due source that forgets sessions, login links and kept answers that are over: some minutes late, so that it has many at once. */
#include "account/account_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "jobs/due.h"
#include "queries.h"

enum { LATE_MS = 600000, AGAIN_MS = 60000, ROWS = 2000 };

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_session_oldest session = {INT64_MAX - LATE_MS};
    struct r_idempotency_oldest answer = {INT64_MAX - LATE_MS};
    struct accounts *a = ctx;
    (void)n;
    tx_first(tx, Q_SESSION_OLDEST, NULL, &session);
    tx_first(tx, Q_IDEMPOTENCY_OLDEST, NULL, &answer);
    int64_t due = (session.expires_at < answer.expires_at ? session.expires_at : answer.expires_at) + LATE_MS;
    if (due < a->trim_rests_until) due = a->trim_rests_until;
    if (!tx_ok(tx) || due > now) return *next_due = due, 0;
    items[0] = (struct due_item){0};
    return 1;
}

struct trim {
    int64_t before, n;
};

static bool trim(struct tx *tx, void *arg)
{
    struct trim *t = arg;
    int64_t sessions = 0, answers = 0;
    bool ok = tx_run(tx, Q_SESSION_TRIM, &(struct q_session_trim){t->before, ROWS}, &sessions) &&
              tx_run(tx, Q_IDEMPOTENCY_TRIM, &(struct q_idempotency_trim){t->before, ROWS}, &answers);
    t->n = sessions > answers ? sessions : answers;
    return ok;
}

static void run(void *ctx, struct due_item item)
{
    struct accounts *a = ctx;
    struct trim t = {.before = clock_now_ms()};
    struct fault f;
    (void)item;
    do {
        if (store_write(a->store, trim, &t, &f)) continue;
        log_warning("account", "What is over could not be forgotten: %s", f.text);
        a->trim_rests_until = clock_now_ms() + AGAIN_MS; /* not without end */
        return;
    } while (t.n == ROWS);
    accounts_forget_sessions(a, t.before);
}

void accounts_source_add(struct accounts *a, struct jobs *j)
{
    jobs_add(j, &(struct due_source){.name = "old sessions and answers", .n_threads = 1, .find = find, .run = run, .ctx = a});
}
