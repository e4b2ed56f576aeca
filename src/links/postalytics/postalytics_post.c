/* postalytics_post.c: what a watched connection's other side posts here (connector.hook). A request is looked at, kept, and answered when that is
 * durable; a due source then tells its event, because a person may have to be asked for at the other side first, at its rate. What is kept is
 * told in the order in which it came, by one node at a time; the event's own number keeps it from being told twice (postalytics_event.c). */
#include "links/postalytics/postalytics_private.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"

#define SOURCE_POSTS "events that were posted here"
enum { LEASE_MS = 30000, PAGE_ROWS = 100 };

/* ---- the request ---- */

struct keeping {
    const struct hook_call *call;
    int64_t drop_id;
};

static bool keep(struct tx *tx, void *arg)
{
    const struct keeping *k = arg;
    const struct connection *c = k->call->connection;
    int64_t account = c->account_id, id = c->connection_id, now = tx_now(tx);
    struct r_mirror_post_count count;
    if (!tx_first(tx, Q_CONNECTION_FIND, &(struct q_connection_find){account, id}, NULL)) return connection_refuse(tx, id);
    if (!tx_first(tx, Q_MIRROR_DROP_FIND, &(struct q_mirror_drop_find){account, id, k->drop_id}, NULL))
        return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 404, "Mail drop %lld is none of those that were seen at this connection.",
                                      (long long)k->drop_id);
    if (!tx_first(tx, Q_MIRROR_POST_COUNT, &(struct q_mirror_post_count){account, id}, &count)) return false;
    if (count.n >= limit_get(LIMIT_WATCH_POSTS))
        return tx_refuse(tx, FAULT_USER, 503, "Too many events of this connection wait (watch.posts). Post it again later.");
    struct q_mirror_post_put in = {account, id, tid_next(store_node(tx_store(tx))), now, k->call->body};
    return tx_run(tx, Q_MIRROR_POST_PUT, &in, NULL);
}

static bool read_drop(struct watch *w, struct str body, int64_t *drop_id, struct fault *f)
{
    struct json_value root;
    struct happening e = {0};
    if (!json_parse(w->parser, json_padded(w->arena, body), &root, NULL))
        return fault_user(f, 400, "What was posted is no whole JSON document.");
    if (!happening_of_post(w, root, &e, f)) return false;
    *drop_id = e.drop_id;
    return true;
}

int postalytics_hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f)
{
    struct postalytics *pl = ctx;
    const struct connection *c = h->connection;
    struct keeping k = {.call = h};
    struct watch w;
    (void)out;
    (void)answer;
    watch_init(&w, pl, c->account_id, c->connection_id, h->arena);
    bool ok = watch_open(&w, f) &&
              (w.way != WATCH_OFF || fault_user(f, 409, "This connection is not watched (its setting watch is off).")) &&
              read_drop(&w, h->body, &k.drop_id, f) && store_write(pl->house->store, keep, &k, f);
    watch_finish(&w);
    if (ok) jobs_wake(pl->house->jobs, SOURCE_POSTS);
    return ok ? 0 : -1;
}

/* ---- telling ---- */

struct turn {
    struct watch watch;
    int64_t until; /* the lease, and the mark of the rows that are ours */
    bool is_claimed, is_over;
    struct r_mirror_post_page rows[PAGE_ROWS];
    int n;
};

static bool claim(struct tx *tx, void *arg)
{
    struct turn *t = arg;
    struct watch *w = &t->watch;
    struct r_mirror_find mirror;
    int64_t changed = 0, now = tx_now(tx);
    t->is_claimed = false;
    t->until = now + LEASE_MS;
    w->now = w->since = now;
    if (tx_first(tx, Q_MIRROR_FIND, &(struct q_mirror_find){w->account, w->connection_id}, &mirror)) w->since = mirror.since;
    struct q_mirror_post_claim in = {w->account, w->connection_id, now, t->until};
    if (!tx_run(tx, Q_MIRROR_POST_CLAIM, &in, &changed)) return false;
    t->is_claimed = changed > 0;
    return true;
}

static bool read_rows(struct tx *tx, void *arg)
{
    struct turn *t = arg;
    struct watch *w = &t->watch;
    struct q_mirror_post_page in = {w->account, w->connection_id, t->until, PAGE_ROWS};
    struct rows r = tx_rows(tx, Q_MIRROR_POST_PAGE, &in);
    for (t->n = 0; t->n < PAGE_ROWS && rows_next(&r, &t->rows[t->n]); t->n++)
        t->rows[t->n].body = arena_str(w->arena, t->rows[t->n].body);
    rows_end(&r);
    return tx_ok(tx);
}

static bool later(struct tx *tx, void *arg)
{
    const struct turn *t = arg;
    const struct watch *w = &t->watch;
    struct q_mirror_post_later in = {w->account, w->connection_id, t->until, retry_due(tx_now(tx), (int)w->attempt)};
    return tx_run(tx, Q_MIRROR_POST_LATER, &in, NULL);
}

static bool read_name(struct tx *tx, void *arg)
{
    struct happening *e = arg;
    struct r_mirror_drop_find row;
    struct q_mirror_drop_find in = {e->watch->account, e->watch->connection_id, e->drop_id};
    if (tx_first(tx, Q_MIRROR_DROP_FIND, &in, &row)) e->drop_name = arena_str(e->watch->arena, row.name);
    return tx_ok(tx);
}

static bool remove_post(struct tx *tx, void *arg)
{
    const struct q_mirror_post_remove *in = arg;
    return tx_run(tx, Q_MIRROR_POST_REMOVE, in, NULL);
}

/* It was looked at when it came, by an earlier version of this program. */
static bool leave_out(const struct watch *w, int64_t post_id, struct fault *f)
{
    struct q_mirror_post_remove in = {w->account, w->connection_id, post_id};
    log_warning("postalytics", "An event that connection %lld posted cannot be read and is left out: %s",
                (long long)w->connection_id, f->text);
    return store_write(w->pl->house->store, remove_post, &in, f);
}

static bool tell_one(struct watch *w, const struct r_mirror_post_page *row, struct fault *f)
{
    struct happening e = {.post_id = row->post_id};
    struct json_value root;
    struct json_parser *p = json_parser_create();
    w->attempt = row->attempt;
    bool is_event = json_parse(p, json_padded(w->arena, row->body), &root, f) && happening_of_post(w, root, &e, f);
    bool ok = is_event ? store_read(w->pl->house->store, read_name, &e, f) && happenings_tell(w, &e, 1, 0, f)
                       : leave_out(w, row->post_id, f);
    json_parser_destroy(&p);
    return ok;
}

/* Of a connection that is gone; what it leaves is due still. */
static bool forget(struct tx *tx, void *arg)
{
    const struct watch *w = arg;
    struct q_mirror_post_clear in = {w->account, w->connection_id, limit_get(LIMIT_CONNECTION_CLEAR_ROWS)};
    return tx_run(tx, Q_MIRROR_POST_CLEAR, &in, NULL);
}

static bool tell_all(struct turn *t, struct fault *f)
{
    struct watch *w = &t->watch;
    int64_t hurry = w->now + LEASE_MS / 2;
    if (!watch_open(w, f)) return f->status == 404 && store_write(w->pl->house->store, forget, w, f);
    do {
        if (!store_read(w->pl->house->store, read_rows, t, f)) return false;
        for (int i = 0; i < t->n; i++)
            if (jobs_stopping(w->pl->house->jobs) || clock_now_ms() > hurry || !tell_one(w, &t->rows[i], f)) return false;
    } while (t->n == PAGE_ROWS);
    return true;
}

static void run(void *ctx, struct due_item item)
{
    struct postalytics *pl = ctx;
    struct fault f = {0}, more;
    struct arena *a = arena_create(64 << 10);
    struct turn *t = ARENA_NEW(a, struct turn);
    watch_init(&t->watch, pl, item.account_id, item.id, a);
    if (store_write(pl->house->store, claim, t, &f) && t->is_claimed && !tell_all(t, &f)) {
        if (f.whose) log_info("postalytics", "Events that connection %lld posted wait: %s", (long long)item.id, f.text);
        if (!f.whose) t->watch.attempt = 1; /* not a failure: others have their turn */
        if (!store_write(pl->house->store, later, t, &more))
            log_warning("postalytics", "Events that connection %lld posted wait for half a minute: %s", (long long)item.id,
                        more.text);
    }
    watch_finish(&t->watch);
    arena_destroy(&a);
}

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    struct r_mirror_post_due row;
    int found = 0;
    (void)ctx;
    struct rows r = tx_rows(tx, Q_MIRROR_POST_DUE, &(struct q_mirror_post_due){n});
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

void postalytics_posts_add(struct postalytics *pl)
{
    jobs_add(pl->house->jobs, &(struct due_source){.name = SOURCE_POSTS, .n_threads = 2, .find = find, .run = run, .ctx = pl});
}
