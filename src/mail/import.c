/* import.c: the due source that works contact files off: Kept, Running, Done or Failed.
 *
 * The thread reads, parses and checks; the committer inserts. Two chunks take turns, so that the next is read while the last is
 * written. `at_byte` moves in the transaction that used the bytes, and only from where it stood: a crash repeats nothing and
 * loses nothing, and another node's late chunk changes nothing. */
#include "mail/contact_event.h"
#include "mail/import.h"
#include "mail/intake_work.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdlib.h>
#include <unistd.h>

struct import;
struct chunk_turn { /* a chunk and its way through the committer: in one slice, or, with a key, in several */
    struct turn turn;
    struct import *import;
    struct import_chunk *chunk;
    int from, to; /* the slice at hand, of the chunk's order */
};
struct import {
    struct intake_work work;
    struct contact_list list;
    struct import_header header;
    bool has_header;
    char separator;
    int64_t header_end;
    int fd;
    char *bytes;
    struct chunk_turn turns[2];
    int now;
};

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    return intake_find_due(tx, INTAKE_CONTACT_CSV, now, items, n, next_due);
}

static bool claim(struct tx *tx, void *arg) { return intake_claim(tx, &((struct import *)arg)->work); }

/* ---- writing a chunk ---- */

static bool insert_contacts(struct tx *tx, const struct import *im, struct import_chunk *c)
{
    struct outbox *o = im->work.mail->outbox;
    if (!c->n) return true;
    bool is_told = o && event_is_wanted(o, im->work.item.account_id, EVENT_LIST, im->work.target_id, CONTACT_CREATED);
    int64_t first = tx_next_ids(tx, ID_CONTACT, c->n);
    for (int i = 0; i < c->n && tx_ok(tx); i++) {
        struct q_contact_insert *row = &c->rows[i];
        row->contact_id = first + i;
        row->created_at = row->updated_at = tx_now(tx);
        tx_run(tx, Q_CONTACT_INSERT, row, NULL);
        if (is_told) contact_emit(o, tx, im->work.item.account_id, im->work.target_id, row->contact_id, CONTACT_CREATED);
    }
    return tx_ok(tx);
}

static bool insert_refused(struct tx *tx, const struct import *im, const struct import_chunk *c)
{
    for (int i = 0; i < c->n_refused && tx_ok(tx); i++) {
        const struct import_refused *r = &c->refused[i];
        struct q_refused_row_insert in = {im->work.item.account_id, im->work.item.id, r->line, r->reason, r->detail, r->raw};
        tx_run(tx, Q_REFUSED_ROW_INSERT, &in, NULL);
    }
    return tx_ok(tx);
}

/* The chunk's bytes are used, and its rows counted, when its last slice is in. What earlier slices wrote is found as it is when they are done
 * again after a crash, so what they added and renewed is counted at once. */
static bool step(struct tx *tx, const struct import *im, const struct import_chunk *c, const struct import_counts *n,
                 bool is_last)
{
    int64_t changed = 0;
    struct q_intake_step in = {.account_id = im->work.item.account_id,
                               .intake_id = im->work.item.id,
                               .at_byte = c->was_byte,
                               .was = c->was_byte,
                               .lease_node = store_node(tx_store(tx)),
                               .lease_until = tx_now(tx) + lease_ms(),
                               .n_inserted = n->inserted,
                               .n_updated = n->updated};
    if (is_last) {
        in.at_byte = c->at_byte;
        in.n_rows = c->n_rows;
        in.n_used = c->n;
        in.n_refused = c->n_refused;
        in.n_repeat = im->header.key_place ? c->n - c->n_order : 0;
    }
    if (!tx_run(tx, Q_INTAKE_STEP, &in, &changed)) return false;
    return changed ? true : intake_lost(tx, &im->work);
}

/* The list may be deleted while its file is worked off: rows that nobody would see are not written. */
static bool list_is_there(struct tx *tx, const struct import *im)
{
    struct r_list_find r;
    if (tx_first(tx, Q_LIST_FIND, &(struct q_list_find){im->work.item.account_id, im->work.target_id}, &r)) return true;
    return tx_ok(tx) && tx_refuse(tx, FAULT_USER, 409, "The list %lld was deleted while the file was imported.",
                                  (long long)im->work.target_id);
}

static bool write_slice(struct tx *tx, void *arg)
{
    struct chunk_turn *t = arg;
    const struct import *im = t->import;
    struct import_chunk *c = t->chunk;
    struct import_counts n = {.inserted = c->n};
    bool has_key = im->header.key_place != 0, is_last = !has_key || t->to == c->n_order;
    bool ok = list_is_there(tx, im) &&
              (has_key ? import_keyed_write(tx, im->work.mail, c, t->from, t->to, &n) : insert_contacts(tx, im, c));
    return ok && step(tx, im, c, &n, is_last) && (!is_last || insert_refused(tx, im, c)) &&
           tx_run(tx, Q_LIST_COUNT, &(struct q_list_count){im->work.item.account_id, im->work.target_id, n.inserted}, NULL);
}

static void next_slice(struct chunk_turn *t)
{
    int most = (int)limit_get(LIMIT_IMPORT_ROWS_PER_COMMIT), left = t->chunk->n_order - t->to;
    t->from = t->to;
    t->to += left < most ? left : most;
}

/* On the committer's thread: other units come between two slices. */
static void slice_done(struct unit *u)
{
    struct chunk_turn *t = (struct chunk_turn *)u->arg;
    if (u->committed && t->to < t->chunk->n_order) {
        next_slice(t);
        if (store_submit(t->import->work.mail->store, u, &u->fault)) return;
        u->committed = false;
    }
    turn_end(&t->turn);
}

/* Waits until the chunk is free; false when it was not stored. */
static bool wait_for(struct chunk_turn *t)
{
    struct intake_work *w = &t->import->work;
    bool ok = turn_wait(&t->turn, &w->fault);
    if (ok && t->turn.unit.run) w->attempt = 1;
    return ok;
}

/* Gives the chunk at hand to the committer and takes the other one. */
static bool flush(struct import *im)
{
    struct chunk_turn *t = &im->turns[im->now], *other = &im->turns[1 - im->now];
    if (!wait_for(other)) return false; /* in order: a chunk that failed keeps the next one out */
    int64_t at_byte = t->chunk->at_byte;
    if (at_byte > t->chunk->was_byte) {
        t->turn.unit = (struct unit){.run = write_slice, .arg = t, .done = slice_done};
        t->from = t->to = 0;
        if (im->header.key_place) import_chunk_sort(t->chunk);
        next_slice(t);
        if (!turn_submit(&t->turn, im->work.mail->store, &im->work.fault)) return false;
        (void)FAILPOINT("import.chunk.submitted");
    }
    im->now = 1 - im->now;
    import_chunk_clear(other->chunk, at_byte);
    return true;
}

/* ---- reading ---- */

static bool on_row(void *ctx, const struct csv_row *row)
{
    struct import *im = ctx;
    import_chunk_add(im->turns[im->now].chunk, &im->header, row, im->work.item.account_id, im->work.target_id);
    return !import_chunk_is_full(im->turns[im->now].chunk) || flush(im);
}

static bool on_header(void *ctx, const struct csv_row *row)
{
    struct import *im = ctx;
    im->has_header = import_header_make(im->work.arena, row, &im->list, &im->header, &im->work.fault);
    im->header_end = row->at_byte;
    return false;
}

/* Feeds the file from `at` on until its end, or until the reader's callback stops it. */
static bool feed(struct import *im, struct csv_reader *r, int64_t at)
{
    ssize_t n;
    while ((n = intake_read(&im->work, im->fd, at, im->bytes)) > 0) {
        if (!csv_reader_feed(r, str_make(im->bytes, (size_t)n))) return false;
        at += n;
    }
    return n == 0 && csv_reader_end(r);
}

static bool read_header(struct import *im)
{
    struct csv_reader *r = csv_reader_create(on_header, im);
    feed(im, r, 0);
    im->separator = csv_reader_separator(r);
    csv_reader_destroy(&r);
    if (!im->has_header && im->work.fault.whose == FAULT_NONE)
        fault_user(&im->work.fault, 400, "The file has no first line that names its columns.");
    return im->has_header;
}

/* The line on which the byte at `at_byte` stands; 0 when the file cannot be read. */
static int64_t line_at(struct import *im, int64_t at_byte)
{
    int64_t line = 1, at = 0;
    while (at < at_byte) {
        ssize_t n = intake_read(&im->work, im->fd, at, im->bytes);
        if (n <= 0) return 0;
        if (n > at_byte - at) n = at_byte - at;
        const char *p = im->bytes, *end = im->bytes + n;
        while ((p = memchr(p, '\n', (size_t)(end - p)))) line++, p++;
        at += n;
    }
    return line;
}

static bool read_rows(struct import *im)
{
    int64_t from = im->work.at_byte > im->header_end ? im->work.at_byte : im->header_end, line = line_at(im, from);
    if (!line)
        return im->work.fault.whose != FAULT_NONE
                   ? false
                   : fault_operator(&im->work.fault, "The file of import %lld is shorter than it was.",
                                    (long long)im->work.item.id);
    struct csv_reader *r = csv_reader_create(on_row, im);
    csv_reader_resume(r, im->separator, line, from);
    import_chunk_clear(im->turns[0].chunk, im->work.at_byte);
    bool ok = feed(im, r, from);
    csv_reader_destroy(&r);
    if (ok) ok = flush(im);
    for (int i = 0; i < 2; i++)
        if (!wait_for(&im->turns[i])) ok = false;
    return ok;
}

/* ---- the whole ---- */

static bool put_columns(struct tx *tx, void *arg)
{
    const struct import *im = arg;
    struct str columns = list_columns_write(tx_arena(tx), im->header.columns, im->header.n_columns);
    return tx_run(tx, Q_LIST_COLUMNS, &(struct q_list_columns){im->work.item.account_id, im->work.target_id, columns}, NULL);
}

static bool prepare(struct import *im)
{
    struct mail *m = im->work.mail;
    struct fault *f = &im->work.fault;
    if (!list_get(m->store, im->work.arena, im->work.item.account_id, im->work.target_id, &im->list, f)) return false;
    if ((im->fd = intake_open(&im->work)) < 0 || !read_header(im)) return false;
    if (im->header.key_place && im->work.at_byte == 0 &&
        !import_keyed_prepare(m, im->work.item.account_id, &im->list, im->header.key_place, f))
        return false;
    return im->header.n_columns == im->list.n_columns || store_write(m->store, put_columns, im, f);
}

static bool work(struct import *im)
{
    for (int i = 0; i < 2; i++) {
        im->turns[i] = (struct chunk_turn){.import = im, .chunk = import_chunk_create(im->header.key_place != 0)};
        turn_init(&im->turns[i].turn);
    }
    bool ok = read_rows(im);
    for (int i = 0; i < 2; i++) {
        turn_finish(&im->turns[i].turn);
        import_chunk_destroy(&im->turns[i].chunk);
    }
    return ok;
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct import im = {.work = {.mail = m, .item = item, .what = "import", .arena = arena_create(64 << 10)}, .fd = -1};
    struct fault f = {0};
    if (!store_write(m->store, claim, &im, &f))
        log_error("mail", "Import %lld could not be claimed: %s", (long long)item.id, f.text);
    if (im.work.is_claimed) {
        im.bytes = malloc(INTAKE_READ_BYTES);
        ASSERT(im.bytes);
        intake_end(&im.work, prepare(&im) && work(&im), IMPORT_HEADER);
        free(im.bytes);
        if (im.fd >= 0) close(im.fd);
    }
    arena_destroy(&im.work.arena);
}

void import_source_add(struct mail *m)
{
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_IMPORT, .n_threads = 1, .find = find, .run = run, .ctx = m});
}
