/* connection_clear.c: what a connection that is gone has left: cleared some rows a unit, each of which writes down how far it came. So it goes on after a
 * crash, and no unit holds the writer for long however much there is. */
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "jobs/due.h"
#include "links/connection_end.h"
#include "mail/piece.h"
#include "outbox/event.h"
#include "queries.h"

#define SOURCE "connections that are gone"
enum { UNITS_AT_ONCE = 20, SPARED_MS = 3600000 };

struct gone {
    int64_t account, id /* 0: of an account that is gone, what had no connection */, step, place;
    int64_t left;      /* rows that this unit may still look at */
    bool is_step_over; /* out, of a step */
};

/* ---- the steps ---- */

static bool took(struct gone *g, int64_t n)
{
    g->is_step_over = n < g->left;
    g->left -= n + 1; /* looking counts too: an account may have had very many connections */
    return true;
}

#define CLEAR(query, QUERY)                                                                                                    \
    static bool clear_##query(struct tx *tx, struct gone *g)                                                                   \
    {                                                                                                                          \
        int64_t n = 0;                                                                                                         \
        return tx_run(tx, Q_##QUERY##_CLEAR, &(struct q_##query##_clear){g->account, g->id, g->left}, &n) && took(g, n);       \
    }
CLEAR(remote_import, REMOTE_IMPORT)
CLEAR(remote_field, REMOTE_FIELD)
CLEAR(remote_value, REMOTE_VALUE)
CLEAR(remote_contact, REMOTE_CONTACT)
CLEAR(hook_seen, HOOK_SEEN)
CLEAR(mirror_drop, MIRROR_DROP)
CLEAR(mirror_post, MIRROR_POST)
CLEAR(mirror_list, MIRROR_LIST)
CLEAR(mirror_event, MIRROR_EVENT)
CLEAR(action_log, ACTION_LOG)
#undef CLEAR

/* Of an account all at once: it comes before its connections, which then have none. */
static bool clear_actions(struct tx *tx, struct gone *g)
{
    int64_t n = 0;
    if (g->id) return clear_action_log(tx, g);
    return tx_run(tx, Q_ACTION_LOG_CLEAR_ALL, &(struct q_action_log_clear_all){g->account, g->left}, &n) && took(g, n);
}

static bool clear_pieces(struct tx *tx, struct gone *g)
{
    struct r_remote_piece_window w = {0};
    struct q_remote_piece_window which = {g->account, g->id, g->place, g->left};
    if (!tx_first(tx, Q_REMOTE_PIECE_WINDOW, &which, &w)) return false;
    struct q_remote_piece_clear in = {g->account,    g->id,       g->place,           w.last,
                                      SEATS_A_BATCH, BATCH_READY, BATCH_HANDING_OVER, BATCH_UNKNOWN};
    if (w.n && !tx_run(tx, Q_REMOTE_PIECE_CLEAR, &in, NULL)) return false;
    if (w.n) g->place = w.last;
    return took(g, w.n);
}

/* The people of another house, of whom nothing else is here. */
static bool forget_people(struct tx *tx, struct gone *g)
{
    int64_t n = 0;
    return event_details_forget(tx, g->account, EVENT_CONNECTION, g->id, g->left, &g->place, &n) && took(g, n);
}

/* Their numbers are stored: a new one is the last. */
enum { STEP_OF_PIECES = 11 };
static bool (*const steps[])(struct tx *tx, struct gone *g) = {
    clear_remote_import, clear_remote_field,   clear_mirror_drop,  clear_mirror_post,
    forget_people,       clear_remote_contact, clear_remote_value, clear_hook_seen,
    clear_mirror_list,   clear_mirror_event,   clear_actions,      [STEP_OF_PIECES] = clear_pieces,
};
enum { N_STEPS = sizeof steps / sizeof *steps };

/* ---- a unit ---- */

struct clearing {
    int64_t account, id; /* id: out, the one that the last unit was at, also when that failed */
    bool is_over;
};

static bool next(struct tx *tx, struct gone *g)
{
    struct r_connection_gone_first row;
    struct q_connection_gone_first in = {g->account, tx_now(tx) + CONNECTION_OTHERS_MS};
    if (!tx_first(tx, Q_CONNECTION_GONE_FIRST, &in, &row)) return false;
    g->id = row.connection_id;
    g->step = row.step;
    g->place = row.place;
    return true;
}

static bool move(struct tx *tx, const struct gone *g)
{
    struct q_connection_gone_move in = {g->account, g->id, g->step, g->place, tx_now(tx) + CONNECTION_OTHERS_MS};
    if (g->step < N_STEPS) return tx_run(tx, Q_CONNECTION_GONE_MOVE, &in, NULL);
    if (!tx_first(tx, Q_REMOTE_PIECE_LEFT, &(struct q_remote_piece_left){g->account, g->id}, NULL))
        return tx_ok(tx) && tx_run(tx, Q_CONNECTION_GONE_REMOVE, &(struct q_connection_gone_remove){g->account, g->id}, NULL);
    in.step = STEP_OF_PIECES; /* their batches may be over by then */
    in.due_at = tx_now(tx) + SPARED_MS;
    return tx_run(tx, Q_CONNECTION_GONE_MOVE, &in, NULL);
}

static bool clear_some(struct tx *tx, void *arg)
{
    struct clearing *c = arg;
    struct gone g = {.account = c->account, .left = limit_get(LIMIT_CONNECTION_CLEAR_ROWS)};
    while (g.left > 0 && next(tx, &g)) {
        c->id = g.id;
        while (g.left > 0 && g.step < N_STEPS) {
            if (!steps[g.step](tx, &g)) return false;
            if (!g.is_step_over) continue;
            g.step++;
            g.place = 0;
        }
        if (!move(tx, &g)) return false;
    }
    c->is_over = g.left > 0; /* there was no next one */
    return tx_ok(tx);
}

static bool clear(const struct link_house *h, struct clearing *c, struct fault *f)
{
    struct clearing now = *c;
    bool ok = store_write(h->store, clear_some, &now, f);
    c->id = now.id;
    if (ok) c->is_over = now.is_over;
    (void)FAILPOINT("connection.clear.after");
    return ok;
}

/* ---- who does it ---- */

void connection_clear(const struct link_house *h, int64_t account)
{
    struct clearing c = {.account = account};
    struct fault f;
    for (int i = 0; i < UNITS_AT_ONCE && !c.is_over; i++)
        if (!clear(h, &c, &f)) break;
    if (!c.is_over && h->jobs) jobs_wake(h->jobs, SOURCE);
}

static bool later(struct tx *tx, void *arg)
{
    const struct due_item *item = arg;
    struct q_connection_gone_later in = {item->account_id, retry_due(tx_now(tx), 1)};
    return tx_run(tx, Q_CONNECTION_GONE_LATER, &in, NULL);
}

static void run(void *ctx, struct due_item item)
{
    const struct link_house *h = ctx;
    struct clearing c = {.account = item.account_id, .id = item.id};
    struct fault f, more;
    while (!c.is_over && !jobs_stopping(h->jobs)) {
        if (clear(h, &c, &f)) continue;
        log_warning("links", "What connection %lld has left could not be cleared, which is tried again: %s", (long long)c.id,
                    f.text);
        (void)store_write(h->store, later, &item, &more);
        return;
    }
}

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_connection_gone_due row;
    int found = 0;
    (void)ctx;
    struct rows r = tx_rows(tx, Q_CONNECTION_GONE_DUE, &(struct q_connection_gone_due){n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            if (row.due_at < *next_due) *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.connection_id, 0};
    }
    rows_end(&r);
    return found;
}

void connection_clear_add(const struct link_house *h)
{
    jobs_add(h->jobs,
             &(struct due_source){.name = SOURCE, .n_threads = 1, .find = find, .run = run, .ctx = (void *)(uintptr_t)h});
}
