/* printed.c: the due source that works printers' return files off: Kept, Running, Done or Failed. The file is read from its beginning each
 * time (its header names the columns) and the lines that are used already are passed over; `at_byte` moves in the transaction that used
 * them, so a crash repeats nothing and loses nothing. A line without a time gets the file's own. */
#include "mail/printed.h"
#include "mail/intake_work.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"
#include <unistd.h>

enum { CHUNK_ROWS = 500 };

struct line { /* a row that outlives its callback */
    struct printed_row row;
    struct str why, raw;
};
struct printers_return {
    struct intake_work work;
    struct arena *chunk; /* of the lines at hand */
    struct json_parser *parser;
    int64_t received_at;
    struct line lines[CHUNK_ROWS];
    int n;
    int64_t chunk_end;
};

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    return intake_find_due(tx, INTAKE_PRINTED, now, items, n, next_due);
}

static bool claim(struct tx *tx, void *arg)
{
    struct printers_return *p = arg;
    struct r_intake_find row;
    struct q_intake_find in = {p->work.item.account_id, p->work.item.id};
    if (!intake_claim(tx, &p->work) || !p->work.is_claimed) return tx_ok(tx);
    p->work.is_claimed = tx_first(tx, Q_INTAKE_FIND, &in, &row);
    p->received_at = row.received_at;
    return tx_ok(tx);
}

/* ---- a chunk ---- */

static bool keep_refused(struct tx *tx, const struct printers_return *p, const struct line *l, enum scan_reason reason,
                         struct str why)
{
    struct q_refused_row_insert in = {p->work.item.account_id, p->work.item.id, l->row.line, reason, why, l->raw};
    return tx_run(tx, Q_REFUSED_ROW_INSERT, &in, NULL);
}

static bool write_chunk(struct tx *tx, void *arg)
{
    struct printers_return *p = arg;
    int64_t n_of[3] = {0}, changed = 0;
    for (int i = 0; i < p->n && tx_ok(tx); i++) {
        const struct line *l = &p->lines[i];
        enum scan_reason reason = l->row.reason;
        struct str why = l->why;
        enum printed_result result = PRINTED_REFUSED;
        if (reason == SCAN_FINE)
            result = printed_add(p->work.mail, tx, p->parser, p->work.item.account_id, &l->row, p->work.item.id, &reason, &why);
        if (!tx_ok(tx)) return false;
        n_of[result]++;
        if (result == PRINTED_REFUSED && !keep_refused(tx, p, l, reason, why)) return false;
    }
    struct q_printed_step step = {p->work.item.account_id, p->work.item.id,       p->chunk_end,    p->n,
                                  n_of[PRINTED_USED],      n_of[PRINTED_REFUSED], p->work.at_byte, store_node(tx_store(tx)),
                                  tx_now(tx) + lease_ms(), n_of[PRINTED_REPEAT]};
    return tx_run(tx, Q_PRINTED_STEP, &step, &changed) && (changed || intake_lost(tx, &p->work));
}

static bool flush(struct printers_return *p)
{
    if (p->n == 0) return true;
    if (!store_write(p->work.mail->store, write_chunk, p, &p->work.fault)) return false;
    (void)FAILPOINT("printed.chunk.after");
    p->work.at_byte = p->chunk_end;
    p->work.attempt = 1;
    p->n = 0;
    arena_reset(p->chunk);
    return true;
}

static bool on_row(void *ctx, const struct printed_row *row)
{
    struct printers_return *p = ctx;
    if (row->reason == SCAN_REASON_FILE) fault_user(&p->work.fault, 400, "%s", row->why);
    if (row->at_byte <= p->work.at_byte) return true;
    struct line *l = &p->lines[p->n++];
    *l = (struct line){.row = *row, .why = arena_str(p->chunk, str_of(row->why)), .raw = arena_str(p->chunk, row->raw)};
    p->chunk_end = row->at_byte;
    return p->n < CHUNK_ROWS || flush(p);
}

static bool read_file(struct printers_return *p, int fd)
{
    char *bytes = arena_alloc(p->work.arena, INTAKE_READ_BYTES);
    struct printed_reader *r = printed_reader_create(p->received_at, on_row, p);
    ssize_t n;
    int64_t at = 0;
    bool ok = true;
    while (ok && (n = intake_read(&p->work, fd, at, bytes)) != 0) {
        ok = n > 0 && printed_reader_feed(r, str_make(bytes, (size_t)n));
        at += n;
    }
    ok = ok && printed_reader_end(r);
    printed_reader_destroy(&r);
    return ok;
}

/* ---- the whole ---- */

/* A file that cannot be used says so in a row of its own, which is stored too. */
static bool work_off(struct printers_return *p)
{
    int fd = intake_open(&p->work);
    if (fd < 0) return false;
    bool ok = read_file(p, fd), is_unusable = p->work.fault.whose == FAULT_USER;
    close(fd);
    return (ok || is_unusable) && flush(p) && !is_unusable;
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct arena *a = arena_create(64 << 10);
    struct printers_return *p = ARENA_NEW(a, struct printers_return);
    struct fault f;
    *p = (struct printers_return){.work = {.mail = m, .item = item, .what = "printer's return", .arena = a},
                                  .chunk = arena_create(64 << 10),
                                  .parser = json_parser_create()};
    if (!store_write(m->store, claim, p, &f))
        log_error("mail", "The printer's return %lld could not be claimed: %s", (long long)item.id, f.text);
    if (p->work.is_claimed) intake_end(&p->work, work_off(p), 0);
    json_parser_destroy(&p->parser);
    arena_destroy(&p->chunk);
    arena_destroy(&a);
}

void printed_source_add(struct mail *m)
{
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_PRINTED, .n_threads = 1, .find = find, .run = run, .ctx = m});
}
