/* postalytics_look.c: one look at a drop's events, which are listed newest first and told page by page (postalytics_event.c). Called in a turn at a watched
 * connection (postalytics_watch.c).
 *
 * A look reads from the top down to a page on which nothing is new, and then on from the page at which the look before ended, its read_on. In between
 * nothing is new: whatever breaks a look off, all above the stored read_on has been read. New events push the others down, so that page holds what is
 * known and some of it is read again; where it does not, the list has become shorter, and the next look reads all of it. So a page is read a few times,
 * however many there are. */
#include "links/postalytics/postalytics_private.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"

enum { PAGE_ROWS = 100, READ_ON_MOST = INT16_MAX, DAY_MS = 86400000 };

enum place {
    AT_TOP,
    AT_OVERLAP, /* the last page of the look before: all of it is known */
    BELOW
};
struct look {
    const struct watched_drop *drop;
    enum place place;
    int64_t page, read_on, n_pages; /* n_pages: that count; going down to what is known costs nothing */
    uint8_t digest[SHA256_BYTES];   /* of the page that was read last */
    int n_rows;
    bool is_new /* it held something that no look had come to */, is_last /* nothing is behind it */;
};

/* ---- one page ---- */

/* A house that does not know PageNumber gives the same page for ever. */
static bool is_repeated(struct look *l, const struct watch *w)
{
    uint8_t before[SHA256_BYTES];
    memcpy(before, l->digest, sizeof before);
    sha256(w->answered, l->digest);
    if (memcmp(before, l->digest, sizeof before) != 0) return false;
    log_warning(
        "postalytics",
        "Connection %lld gives the same events of drop %lld whichever page is asked for: only the newest %d can be read.",
        (long long)w->connection_id, (long long)l->drop->drop_id, PAGE_ROWS);
    return true;
}

/* What its unit stores if something on it is new. */
static int64_t read_on_with(const struct look *l) { return l->place == AT_OVERLAP ? 1 : l->is_last ? 0 : l->page + 1; }

/* Past its end a list is empty, or answers 404; one without events may do so too. */
static bool read_page(struct watch *w, struct look *l, struct fault *f)
{
    struct json_value rows, row;
    struct json_iter it = {0};
    struct json_parser *p = json_parser_create();
    const struct watched_drop *d = l->drop;
    const char *path = arena_printf(w->arena, "/v1/campaigns/%lld/events?PageNumber=%lld&PageSize=%d", (long long)d->drop_id,
                                    (long long)l->page, PAGE_ROWS);
    int n = 0, status;
    bool ok = watch_ask_array(w, path, p, &rows, &status, f), is_past = !ok && status == 404;
    struct happening *all = ok ? ARENA_ARRAY(w->arena, struct happening, json_count(rows) + 1) : NULL;
    for (l->n_rows = 0; ok && json_next(rows, &it, NULL, &row); l->n_rows++) {
        all[n] = (struct happening){.drop_id = d->drop_id, .drop_name = d->name};
        n += happening_of_row(w, row, &all[n]) && all[n].at >= w->now - limit_get(LIMIT_OUTBOX_LOG_DAYS) * DAY_MS;
    }
    l->is_last = l->n_rows != PAGE_ROWS || is_repeated(l, w);
    ok = ok ? happenings_tell(w, all, n, read_on_with(l), f) : is_past;
    l->is_new = false;
    for (int i = 0; ok && i < n; i++) l->is_new |= all[i].is_new;
    json_parser_destroy(&p);
    return ok;
}

/* ---- from page to page ---- */

/* Below the known page at the top. */
static bool go_down(struct look *l)
{
    int64_t next = l->page + 1, overlap = l->drop->read_on - 1;
    if (!l->drop->read_on) return l->read_on = 0, false;
    bool is_there = overlap >= next; /* else the look before ended above, and what is known goes on for a while */
    l->place = is_there ? AT_OVERLAP : BELOW;
    l->read_on = is_there ? l->drop->read_on : next;
    l->page = is_there ? overlap : next;
    return true;
}

/* False: the look is over. */
static bool go_on(struct look *l)
{
    l->n_pages += l->is_new || l->place == BELOW;
    if (l->place == AT_OVERLAP && (l->is_new || !l->n_rows)) return l->read_on = 1, false;
    if (l->is_last) return l->read_on = 0, false;
    if (l->place == AT_TOP && !l->is_new) return go_down(l);
    if (l->place == AT_OVERLAP) l->place = BELOW;
    l->read_on = ++l->page;
    return true;
}

/* ---- the look ---- */

struct keeping {
    const struct watch *watch;
    const struct look *look;
};

bool look_keep(struct tx *tx, const struct watch *w, int64_t drop_id, int64_t read_on)
{
    struct q_mirror_drop_mark in = {w->account, w->connection_id, drop_id, read_on < READ_ON_MOST ? read_on : READ_ON_MOST};
    return tx_run(tx, Q_MIRROR_DROP_MARK, &in, NULL);
}

static bool keep(struct tx *tx, void *arg)
{
    const struct keeping *k = arg;
    return look_keep(tx, k->watch, k->look->drop->drop_id, k->look->read_on);
}

bool look_at_events(struct watch *w, const struct watched_drop *d, struct fault *f)
{
    struct look l = {.drop = d, .page = 1, .read_on = d->read_on};
    struct fault later;
    bool ok = true, goes_on = true;
    struct arena *whole = w->arena, *page_arena = w->arena = arena_create(64 << 10);
    while (ok && goes_on && l.n_pages < limit_get(LIMIT_WATCH_PAGES)) {
        ok = read_page(w, &l, f);
        goes_on = ok && go_on(&l);
        w->asked.data_id = 0; /* its texts go */
        arena_reset(page_arena);
    }
    arena_destroy(&page_arena);
    w->arena = whole;
    w->answered = STR_NULL;
    if (goes_on)
        log_info("postalytics", "Connection %lld: the next look goes on at page %lld of the events of drop %lld (watch.pages).",
                 (long long)w->connection_id, (long long)l.read_on, (long long)d->drop_id);
    return store_write(w->pl->house->store, keep, &(struct keeping){w, &l}, ok ? f : &later) && ok;
}
