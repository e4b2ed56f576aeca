/* trim.c: the log of attempts and deliveries that were given up longer than outbox.log_days ago go, some thousands of rows a unit, when the worker has
 * handed in everything else. A unit that removed a full load is followed by the next one; else an hour passes. */
#include "outbox/worker_private.h"
#include "base/ids.h"
#include "base/clock.h"
#include "base/log.h"

enum { TRIM_ROWS = 2000, HOUR_MS = 3600000 };

static bool trim(struct tx *tx, void *arg)
{
    struct trim_unit *u = arg;
    int64_t before = tx_now(tx) - limit_get(LIMIT_OUTBOX_LOG_DAYS) * 86400000, n_given_up = 0;
    u->n = 0;
    if (!tx_run(tx, Q_DELIVERY_LOG_TRIM, &(struct q_delivery_log_trim){tid_first_of(before), TRIM_ROWS}, &u->n) ||
        !tx_run(tx, Q_DELIVERY_TRIM, &(struct q_delivery_trim){before, TRIM_ROWS}, &n_given_up))
        return false;
    if (n_given_up > u->n) u->n = n_given_up;
    return true;
}

static void done(struct unit *unit)
{
    struct trim_unit *u = (struct trim_unit *)unit;
    atomic_store(&u->is_out, false);
}

void outbox_trim(struct worker *w, int64_t mono)
{
    struct trim_unit *u = &w->trim_unit;
    struct fault f;
    if (mono < w->trimmed_mono || atomic_load(&u->is_out) || w->results.first) return;
    if (u->was_out) {
        u->was_out = false;
        if (!u->unit.committed) log_warning("outbox", "Old rows could not be removed: %s", u->unit.fault.text);
        if (!u->unit.committed || u->n < TRIM_ROWS) {
            w->trimmed_mono = mono + HOUR_MS;
            return;
        }
    }
    u->unit = (struct unit){.run = trim, .arg = u, .done = done};
    u->was_out = true;
    atomic_store(&u->is_out, true);
    if (store_submit(w->o->store, &u->unit, &f)) return;
    u->was_out = false;
    atomic_store(&u->is_out, false);
    w->trimmed_mono = mono + STORE_AGAIN_MS;
}
