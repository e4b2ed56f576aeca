/* printed.c: the due source that works printers' return files off: Kept, Running, Done or Failed. The file is read from its beginning each
 * time (its header names the columns) and the lines that are used already are passed over; `at_byte` moves in the transaction that used
 * them, so a crash repeats nothing and loses nothing. A line without a time gets the file's own. */
#include "mail/printed.h"
#include "mail/intake.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CHUNK_ROWS = 500, READ_BYTES = 1 << 16 };

struct line { /* a row that outlives its callback */
    struct printed_row row;
    struct str why, raw;
};
struct work {
    struct mail *mail;
    struct due_item item;
    struct arena *arena, *chunk; /* of the file, of the lines at hand */
    struct json_parser *parser;
    struct str file;
    int64_t at_byte, received_at, attempt;
    bool is_claimed, is_unusable;
    struct line lines[CHUNK_ROWS];
    int n;
    int64_t chunk_end;
    struct fault fault;
};

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    return intake_find_due(tx, INTAKE_PRINTED, now, items, n, next_due);
}

static bool claim(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_intake_claim r;
    struct r_intake_find row;
    int64_t now = tx_now(tx);
    intake_move(INTAKE_KEPT, INTAKE_RUNNING);
    struct q_intake_claim in = {w->item.account_id, w->item.id, store_node(tx_store(tx)), now + lease_ms(), now};
    w->is_claimed = tx_first(tx, Q_INTAKE_CLAIM, &in, &r) &&
                    tx_first(tx, Q_INTAKE_FIND, &(struct q_intake_find){w->item.account_id, w->item.id}, &row);
    if (!w->is_claimed) return tx_ok(tx);
    w->file = arena_str(w->arena, r.file);
    w->at_byte = r.at_byte;
    w->attempt = r.attempt;
    w->received_at = row.received_at;
    return true;
}

/* ---- a chunk ---- */

static bool lease_was_lost(struct tx *tx, const struct work *w)
{
    return tx_refuse(tx, FAULT_REMOTE, 0, "The printer's return %lld is worked off by another node.", (long long)w->item.id);
}

static bool keep_refused(struct tx *tx, const struct work *w, const struct line *l, enum scan_reason reason, struct str why)
{
    struct q_refused_row_insert in = {w->item.account_id, w->item.id, l->row.line, reason, why, l->raw};
    return tx_run(tx, Q_REFUSED_ROW_INSERT, &in, NULL);
}

static bool write_chunk(struct tx *tx, void *arg)
{
    struct work *w = arg;
    int64_t n_of[3] = {0}, changed = 0;
    for (int i = 0; i < w->n && tx_ok(tx); i++) {
        const struct line *l = &w->lines[i];
        enum scan_reason reason = l->row.reason;
        struct str why = l->why;
        enum printed_result result = PRINTED_REFUSED;
        if (reason == SCAN_FINE)
            result = printed_add(w->mail, tx, w->parser, w->item.account_id, &l->row, w->item.id, &reason, &why);
        if (!tx_ok(tx)) return false;
        n_of[result]++;
        if (result == PRINTED_REFUSED && !keep_refused(tx, w, l, reason, why)) return false;
    }
    struct q_printed_step step = {w->item.account_id,
                                  w->item.id,
                                  w->chunk_end,
                                  w->n,
                                  n_of[PRINTED_USED],
                                  n_of[PRINTED_REFUSED],
                                  w->at_byte,
                                  store_node(tx_store(tx)),
                                  tx_now(tx) + lease_ms(),
                                  n_of[PRINTED_REPEAT]};
    return tx_run(tx, Q_PRINTED_STEP, &step, &changed) && (changed || lease_was_lost(tx, w));
}

static bool flush(struct work *w)
{
    if (w->n == 0) return true;
    if (!store_write(w->mail->store, write_chunk, w, &w->fault)) return false;
    (void)FAILPOINT("printed.chunk.after");
    w->at_byte = w->chunk_end;
    w->attempt = 1;
    w->n = 0;
    arena_reset(w->chunk);
    return true;
}

static bool on_row(void *ctx, const struct printed_row *row)
{
    struct work *w = ctx;
    if (row->reason == SCAN_REASON_FILE) w->is_unusable = true, fault_user(&w->fault, 400, "%s", row->why);
    if (row->at_byte <= w->at_byte) return true;
    struct line *l = &w->lines[w->n++];
    *l = (struct line){.row = *row, .why = arena_str(w->chunk, str_of(row->why)), .raw = arena_str(w->chunk, row->raw)};
    w->chunk_end = row->at_byte;
    return w->n < CHUNK_ROWS || flush(w);
}

static bool read_file(struct work *w, int fd)
{
    char *bytes = arena_alloc(w->arena, READ_BYTES);
    struct printed_reader *r = printed_reader_create(w->received_at, on_row, w);
    ssize_t n;
    bool ok = true;
    while (ok && (n = read(fd, bytes, READ_BYTES)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            ok = fault_errno(&w->fault, "the file cannot be read");
        else if (jobs_stopping(w->mail->jobs))
            ok = fault_remote(&w->fault, "The server is stopping.");
        else
            ok = printed_reader_feed(r, str_make(bytes, (size_t)n));
    }
    ok = ok && printed_reader_end(r);
    printed_reader_destroy(&r);
    return ok || w->is_unusable;
}

/* ---- the whole ---- */

struct ending {
    const struct work *work;
    enum intake_state to;
    int64_t due_at, attempt;
    struct str why;
};

static bool end(struct tx *tx, void *arg)
{
    const struct ending *e = arg;
    const struct work *w = e->work;
    int64_t changed = 0;
    intake_move(INTAKE_RUNNING, e->to);
    struct q_intake_end in = {w->item.account_id, w->item.id, e->to, e->due_at, e->attempt, e->why, store_node(tx_store(tx))};
    return tx_run(tx, Q_INTAKE_END, &in, &changed) && (changed || lease_was_lost(tx, w));
}

static void finish(struct work *w, bool ok)
{
    struct fault f;
    struct ending e = {w, INTAKE_DONE, DB_NULL, w->attempt, STR_NULL};
    if (!ok && jobs_stopping(w->mail->jobs)) {
        e.to = INTAKE_RUNNING, e.due_at = clock_now_ms(), e.attempt--;
    } else if (!ok || w->is_unusable) {
        bool is_over = w->is_unusable || retry_is_over((int)w->attempt);
        e.why = str_of(w->fault.text);
        e.to = is_over ? INTAKE_FAILED : INTAKE_RUNNING;
        if (!is_over) e.due_at = retry_due(clock_now_ms(), (int)w->attempt);
        if (!w->is_unusable) log_error("mail", "The printer's return %lld stopped: %s", (long long)w->item.id, w->fault.text);
    }
    if (!store_write(w->mail->store, end, &e, &f))
        log_error("mail", "The end of the printer's return %lld was not stored: %s", (long long)w->item.id, f.text);
}

static bool work_off(struct work *w)
{
    int fd = open(mail_path(w->mail, w->arena, "%.*s", STR_ARG(w->file)), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fault_errno(&w->fault, "its file cannot be opened");
    bool ok = read_file(w, fd) && flush(w);
    close(fd);
    return ok;
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct arena *a = arena_create(64 << 10);
    struct work *w = ARENA_NEW(a, struct work);
    struct fault f;
    *w = (struct work){.mail = m, .item = item, .arena = a, .chunk = arena_create(64 << 10), .parser = json_parser_create()};
    if (!store_write(m->store, claim, w, &f))
        log_error("mail", "The printer's return %lld could not be claimed: %s", (long long)item.id, f.text);
    if (w->is_claimed) finish(w, work_off(w));
    json_parser_destroy(&w->parser);
    arena_destroy(&w->chunk);
    arena_destroy(&a);
}

void printed_source_add(struct mail *m)
{
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_PRINTED, .n_threads = 1, .find = find, .run = run, .ctx = m});
}
