/* scan_read.c: the due source that reads kept pushes and files of scans, and works off orphans that found their piece: Kept, Running, Done or
 * Failed, as imports are.
 *
 * The thread parses, matches and sorts a window of rows; the committer stores them, scan.rows_per_commit at a time, two transactions under
 * way. `n_rows` and `at_byte` move with the window's last transaction, which brings the refused rows too. A file is read from its beginning
 * each time, in the same pieces, and so many rows are passed over. What a crash leaves half done is done again: rows that are there already
 * are known by their key. */
#include "mail/intake_work.h"
#include "mail/orphan.h"
#include "mail/runs.h"
#include "mail/scan_intake.h"
#include "mail/scan_window.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"
#include <stdlib.h>
#include <unistd.h>

enum { LEAST_STEP = 250, OWN_UNITS = 3 };

struct reading;
struct rows_turn { /* a run of sorted rows and its way through the committer */
    struct turn turn;
    struct reading *reading;
    size_t from, to;
    int64_t took_us; /* of the writer */
};
struct reading {
    struct intake_work work;
    enum scan_intake_kind kind;
    int64_t *family; /* whose pieces it may tell of */
    size_t n_family; /* 0: everybody's */
    struct scan_window window;
    int64_t n_passed; /* rows of those that were stored before */
    struct rows_turn turns[2];
    int now;
    int64_t n_units; /* of the store, when it was looked at last */
    bool has_failed; /* the committer's: rows were not stored, so those behind them must not be either */
    struct buf text;
};

/* ---- claiming ---- */

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    struct r_scan_intake_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_SCAN_INTAKE_DUE, &(struct q_scan_intake_due){n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.intake_id, 0};
    }
    rows_end(&r);
    return found;
}

/* An account's feed tells of its own pieces and of those of the accounts below it; the house's of everybody's. */
static bool read_family(struct tx *tx, struct reading *g)
{
    struct r_accounts_below row;
    size_t max = 0;
    g->n_family = 0;
    if (g->work.item.account_id == HOUSE_ACCOUNT) return true;
    ARENA_GROW(g->work.arena, g->family, g->n_family, max);
    g->family[g->n_family++] = g->work.item.account_id;
    struct rows r = tx_rows(tx, Q_ACCOUNTS_BELOW, &(struct q_accounts_below){g->work.item.account_id});
    while (rows_next(&r, &row)) {
        ARENA_GROW(g->work.arena, g->family, g->n_family, max);
        g->family[g->n_family++] = row.account_id;
    }
    rows_end(&r);
    return tx_ok(tx);
}

static bool claim(struct tx *tx, void *arg)
{
    struct reading *g = arg;
    struct r_scan_intake_find row;
    if (!intake_claim(tx, &g->work) || !g->work.is_claimed) return tx_ok(tx);
    if (!tx_first(tx, Q_SCAN_INTAKE_FIND, &(struct q_scan_intake_find){g->work.item.account_id, g->work.item.id}, &row))
        return false;
    g->kind = (enum scan_intake_kind)row.kind;
    return read_family(tx, g);
}

static bool count_rows(struct tx *tx, const struct reading *g, int64_t n_used, int64_t n_orphan)
{
    int64_t changed = 0;
    struct q_scan_intake_add in = {g->work.item.account_id,  g->work.item.id,        n_used, n_orphan,
                                   store_node(tx_store(tx)), tx_now(tx) + lease_ms()};
    if (!tx_run(tx, Q_SCAN_INTAKE_ADD, &in, &changed)) return false;
    return changed ? true : intake_lost(tx, &g->work);
}

/* ---- storing a window ---- */

/* In order: a piece's later status, stored before its earlier one, would keep that from being told. */
static bool store_rows(struct tx *tx, void *arg)
{
    struct rows_turn *t = arg;
    int64_t began_us = clock_mono_us();
    const struct reading *g = t->reading;
    const struct scan_window *w = &g->window;
    if (g->has_failed) return tx_refuse(tx, FAULT_REMOTE, 0, "Rows before these were not stored.");
    struct track_count count = {0};
    int64_t n_orphan = 0;
    size_t orphans_end = t->to < w->n_orphans ? t->to : w->n_orphans;
    size_t n_orphans = orphans_end > t->from ? orphans_end - t->from : 0, first = t->from + n_orphans;
    bool ok =
        orphans_put(g->work.mail, tx, w->rows + t->from, n_orphans, g->work.item.account_id, g->work.item.id, &n_orphan) &&
        track_add(g->work.mail, tx, w->rows + first, t->to - first, g->work.item.id, &count) &&
        count_rows(tx, g, count.n_added, n_orphan);
    t->took_us = clock_mono_us() - began_us;
    return ok;
}

static bool store_step(struct tx *tx, void *arg)
{
    const struct reading *g = arg;
    const struct scan_window *w = &g->window;
    int64_t changed = 0;
    for (int i = 0; i < w->n_refused && tx_ok(tx); i++) {
        const struct scan_refused *r = &w->refused[i];
        struct q_refused_row_insert in = {g->work.item.account_id, g->work.item.id, r->line, r->reason, r->detail, r->raw};
        tx_run(tx, Q_REFUSED_ROW_INSERT, &in, NULL);
    }
    struct q_scan_intake_step step = {
        g->work.item.account_id,  g->work.item.id,        w->at_byte, w->n_rows, w->n_refused, w->was_byte,
        store_node(tx_store(tx)), tx_now(tx) + lease_ms()};
    if (!tx_ok(tx) || !tx_run(tx, Q_SCAN_INTAKE_STEP, &step, &changed)) return false;
    return changed ? true : intake_lost(tx, &g->work);
}

static void rows_done(struct unit *u)
{
    struct rows_turn *t = (struct rows_turn *)u->arg;
    if (!u->committed) t->reading->has_failed = true;
    turn_end(&t->turn);
}

/* Others wait for the writer while we have it: where there are any, a transaction takes as many rows as scan.hold lets it. */
static size_t rows_of_step(struct reading *g, const struct rows_turn *last)
{
    struct store_stats s;
    size_t most = (size_t)limit_get(LIMIT_SCAN_ROWS_PER_COMMIT), least = most < LEAST_STEP ? most : LEAST_STEP;
    store_stats(g->work.mail->store, &s);
    bool are_alone = s.units - g->n_units <= OWN_UNITS;
    g->n_units = s.units;
    if (are_alone || !last->took_us) return most;
    size_t rows = (last->to - last->from) * (size_t)limit_get(LIMIT_SCAN_HOLD_MS) * 1000 / (size_t)last->took_us;
    return rows > most ? most : rows < least ? least : rows;
}

/* Submits the next rows from *at on, and moves it. */
static bool submit(struct reading *g, size_t *at)
{
    struct rows_turn *t = &g->turns[g->now];
    if (!turn_wait(&t->turn, &g->work.fault)) return false;
    size_t rows = rows_of_step(g, t);
    t->from = *at;
    t->to = *at = g->window.n - *at < rows ? g->window.n : *at + rows;
    t->turn.unit = (struct unit){.run = store_rows, .arg = t, .done = rows_done};
    if (!turn_submit(&t->turn, g->work.mail->store, &g->work.fault)) return false;
    (void)FAILPOINT("scans.rows.submitted");
    g->now = 1 - g->now;
    return true;
}

static bool wait_for_both(struct reading *g)
{
    bool is_first = turn_wait(&g->turns[0].turn, &g->work.fault);
    return turn_wait(&g->turns[1].turn, &g->work.fault) && is_first;
}

static bool flush(struct reading *g)
{
    struct scan_window *w = &g->window;
    bool ok = true;
    if (w->at_byte == w->was_byte && !w->n_rows) return true;
    scan_window_sort(w);
    for (size_t at = 0; ok && at < w->n;) ok = submit(g, &at);
    ok = wait_for_both(g) && ok;
    (void)FAILPOINT("scans.window.stored");
    if (!ok || !store_write(g->work.mail->store, store_step, g, &g->work.fault)) return false;
    (void)FAILPOINT("scans.window.done");
    g->work.attempt = 1;
    scan_window_clear(w, w->at_byte);
    return runs_refresh(g->work.mail->runs, g->work.mail->store, &g->work.fault);
}

/* ---- rows ---- */

static bool is_family(const struct reading *g, int64_t account)
{
    for (size_t i = 0; i < g->n_family; i++)
        if (g->family[i] == account) return true;
    return !g->n_family;
}

static bool after_row(struct reading *g) { return !scan_window_is_full(&g->window) || flush(g); }

static bool add(struct reading *g, const struct scan *s, struct str detail, int64_t at_byte)
{
    struct run_hit hit;
    struct track_row row = {.scan = *s, .detail = detail};
    if (runs_find(g->work.mail->runs, s->mid, s->serial, s->scanned_at, &hit) && is_family(g, hit.account)) {
        row.account = hit.account;
        row.piece_id = hit.piece_id;
    }
    scan_window_add(&g->window, &row, at_byte);
    return after_row(g);
}

static bool is_stored(struct reading *g, int64_t line, enum scan_reason reason)
{
    if (g->n_passed == g->work.n_rows) return false;
    g->n_passed++;
    scan_window_pass(&g->window, line, reason);
    return true;
}

static bool on_scan(void *ctx, const struct scan_row *row)
{
    struct reading *g = ctx;
    if (is_stored(g, row->line, row->reason)) return true;
    if (row->reason == SCAN_FINE) return add(g, &row->scan, STR_NULL, row->at_byte);
    scan_window_refuse(&g->window, row->line, row->reason, row->why, row->raw, row->at_byte);
    return after_row(g);
}

static struct str acs_detail(struct reading *g, const struct acs_record *r)
{
    char letter[2] = {r->letter, '\0'};
    g->text.len = 0;
    struct json_out j = json_out_begin(&g->text);
    json_object(&j, NULL);
    json_strz(&j, "acs", letter);
    json_strz(&j, "what", r->what);
    if (r->has_new_address) {
        json_object(&j, "new_address");
        json_str(&j, "name", r->name);
        json_str(&j, "street", r->street);
        json_str(&j, "city", r->city);
        json_str(&j, "state", r->state);
        json_str(&j, "zip", r->zip);
        json_str(&j, "zip4", r->zip4);
        json_end(&j);
    }
    json_end(&j);
    json_out_end(&j);
    return buf_str(&g->text);
}

static bool on_acs(void *ctx, const struct acs_row *row)
{
    struct reading *g = ctx;
    const struct acs_record *r = &row->record;
    if (is_stored(g, row->line, row->reason)) return true;
    if (row->reason == SCAN_FINE) {
        struct scan s = track_acs(r->kind, r->letter, r->at_ms);
        s.mid = r->code.mid;
        s.serial = r->code.serial;
        s.stid = r->code.stid;
        return add(g, &s, acs_detail(g, r), row->at_byte);
    }
    scan_window_refuse(&g->window, row->line, row->reason, row->why, row->raw, row->at_byte);
    return after_row(g);
}

/* ---- the file ---- */

struct reader { /* one of the two */
    struct scan_reader *scans;
    struct acs_reader *acs;
};

static bool reader_feed(struct reader *r, struct str bytes)
{
    return r->scans ? scan_reader_feed(r->scans, bytes) : acs_reader_feed(r->acs, bytes);
}

static bool reader_end(struct reader *r) { return r->scans ? scan_reader_end(r->scans) : acs_reader_end(r->acs); }

static bool feed(struct reading *g, struct reader *r, int fd)
{
    char *bytes = malloc(INTAKE_READ_BYTES);
    ASSERT(bytes);
    ssize_t n;
    int64_t at = 0;
    bool ok = true;
    while (ok && (n = intake_read(&g->work, fd, at, bytes)) != 0) {
        ok = n > 0 && reader_feed(r, str_make(bytes, (size_t)n));
        at += n;
    }
    free(bytes);
    return ok && reader_end(r);
}

static bool read_file(struct reading *g)
{
    struct mail *m = g->work.mail;
    int64_t now = clock_now_ms();
    if (!runs_refresh(m->runs, m->store, &g->work.fault)) return false;
    int fd = intake_open(&g->work);
    if (fd < 0) return false;
    struct reader r = {0};
    if (g->kind == SCAN_INTAKE_ACS)
        r.acs = acs_reader_create(m->acs_layout, now, on_acs, g);
    else
        r.scans = scan_reader_create(now, on_scan, g);
    scan_window_init(&g->window);
    scan_window_clear(&g->window, g->work.at_byte);
    bool ok = feed(g, &r, fd) && flush(g);
    ok = wait_for_both(g) && ok;
    scan_window_finish(&g->window);
    scan_reader_destroy(&r.scans);
    acs_reader_destroy(&r.acs);
    close(fd);
    return ok;
}

/* ---- orphans ---- */

struct matching {
    struct reading *reading;
    int64_t n_found;
};

static bool match(struct tx *tx, void *arg)
{
    struct matching *k = arg;
    const struct reading *g = k->reading;
    struct track_count count = {0};
    return orphans_match(g->work.mail, tx, g->work.item.account_id, g->work.target_id, g->work.item.id, &count, &k->n_found) &&
           count_rows(tx, g, count.n_added, 0);
}

static bool match_orphans(struct reading *g)
{
    struct matching k = {.reading = g};
    do
        if (!store_write(g->work.mail->store, match, &k, &g->work.fault)) return false;
    while (k.n_found);
    return true;
}

/* ---- the whole ---- */

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct reading g = {.work = {.mail = m, .item = item, .what = "file of scans", .arena = arena_create(16 << 10)},
                        .text = BUF_INIT};
    struct fault f = {0};
    if (!store_write(m->store, claim, &g, &f))
        log_error("mail", "The file of scans %lld could not be claimed: %s", (long long)item.id, f.text);
    if (g.work.is_claimed) {
        for (int i = 0; i < 2; i++) g.turns[i].reading = &g, turn_init(&g.turns[i].turn);
        intake_end(&g.work, g.kind == SCAN_INTAKE_ORPHANS ? match_orphans(&g) : read_file(&g), 0);
        for (int i = 0; i < 2; i++) turn_finish(&g.turns[i].turn);
    }
    buf_finish(&g.text);
    arena_destroy(&g.work.arena);
}

void scan_source_add(struct mail *m)
{
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_SCANS, .n_threads = 1, .find = find, .run = run, .ctx = m});
}
