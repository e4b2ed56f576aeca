/* csv_reader.c: rows out of CSV bytes, by libcsv, which is given one physical line at a time so that the exact bytes of each
 * row are known.
 *
 * Used by imports, scan files and printers' returns. A reader lives for one file (or one stretch of it). Nothing here fails: a
 * row that cannot be used is given with the reason, and reading goes on behind it. A row that grows too long, for instance
 * because a quote is never closed, is given up at the limit, and the next physical line begins a new row: memory stays bounded
 * and the loss small. */
#include "base/csv.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>

/* Invariants between feeds: `row` is empty or lies in `held`; its first `parsed` bytes, whole lines, are with libcsv. */
struct csv_reader {
    csv_row_fn *fn;
    void *ctx;
    struct csv_parser parser;
    char separator; /* 0: not known yet */
    bool stopped;
    int64_t line, at_byte; /* where the row begins */
    size_t max_row, max_columns;

    struct str row; /* the unfinished row's bytes: in the caller's piece, or in `held` once they come from two pieces */
    struct buf held;
    bool is_held;
    bool cr_pending;      /* the last byte was a return: a newline may follow that belongs to it */
    size_t parsed;        /* bytes of `row` that libcsv has seen */
    int64_t lines_in_row; /* line ends inside the row so far */
    int64_t thrown_away;  /* bytes beyond the limit; above 0 the row is given up at the end of its line */

    /* What libcsv's callbacks build. */
    struct str *fields; /* .ptr counts from the beginning of `text` until the row is given */
    size_t n_fields, cap_fields;
    struct buf text;
    bool row_done;
    char reason[80];       /* why the row is bad; empty: it is not */
    struct arena *decoded; /* Windows-1252 turned into UTF-8 */
};

static void parser_init(struct csv_reader *r)
{
    /* Reporting every line end tells an empty line from an open quote. */
    ASSERT(csv_init(&r->parser, CSV_REPALL_NL) == 0);
    csv_set_blk_size(&r->parser, 4096);
    csv_set_delim(&r->parser, (unsigned char)csv_reader_separator(r));
}

struct csv_reader *csv_reader_create(csv_row_fn *fn, void *ctx)
{
    struct csv_reader *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->fn = fn, r->ctx = ctx;
    r->line = 1;
    r->max_row = (size_t)limit_get(LIMIT_CSV_MAX_ROW_BYTES);
    r->max_columns = (size_t)limit_get(LIMIT_CSV_MAX_COLUMNS);
    parser_init(r);
    return r;
}

void csv_reader_resume(struct csv_reader *r, char separator, int64_t line, int64_t at_byte)
{
    r->separator = separator;
    csv_set_delim(&r->parser, (unsigned char)separator);
    r->line = line, r->at_byte = at_byte;
}

char csv_reader_separator(const struct csv_reader *r) { return r->separator ? r->separator : ','; }

void csv_reader_destroy(struct csv_reader **r)
{
    if (!r || !*r) return;
    csv_free(&(*r)->parser);
    buf_finish(&(*r)->held);
    buf_finish(&(*r)->text);
    arena_destroy(&(*r)->decoded);
    free((*r)->fields);
    free(*r);
    *r = NULL;
}

static void on_field(void *bytes, size_t n, void *ctx)
{
    struct csv_reader *r = ctx;
    if (r->n_fields == r->max_columns) {
        snprintf(r->reason, sizeof r->reason, "has more than %zu columns", r->max_columns);
        return;
    }
    if (r->n_fields == r->cap_fields) {
        r->cap_fields = r->cap_fields ? r->cap_fields * 2 : 32;
        r->fields = realloc(r->fields, r->cap_fields * sizeof *r->fields);
        ASSERT(r->fields);
    }
    r->fields[r->n_fields++] = (struct str){(const char *)(uintptr_t)r->text.len, n};
    buf_add(&r->text, bytes, n);
}

static void on_row(int terminator, void *ctx)
{
    (void)terminator;
    ((struct csv_reader *)ctx)->row_done = true;
}

/* A row that is not UTF-8 is taken for Windows-1252 as a whole. */
static bool row_decode(struct csv_reader *r, struct str raw)
{
    if (utf8_is_valid(raw, NULL)) return false;
    if (!r->decoded) r->decoded = arena_create(4096);
    arena_reset(r->decoded);
    for (size_t i = 0; i < r->n_fields; i++) r->fields[i] = text_from_windows_1252(r->decoded, r->fields[i]);
    return true;
}

static struct str without_mark(const struct csv_reader *r, struct str s)
{
    return r->at_byte == 0 ? str_skip_bom(s) : s;
}

static void row_begin_next(struct csv_reader *r)
{
    r->line += r->lines_in_row;
    r->at_byte += (int64_t)r->row.len + r->thrown_away;
    r->row = STR_NULL;
    r->is_held = r->row_done = false;
    r->parsed = r->n_fields = 0;
    r->lines_in_row = r->thrown_away = 0;
    r->reason[0] = '\0';
    buf_clear(&r->held);
    buf_clear(&r->text);
}

/* Gives the row that stands in r->row and steps behind it. An empty line is no row. */
static void row_give(struct csv_reader *r)
{
    struct str raw = without_mark(r, r->row);
    struct csv_row row = {.line = r->line, .n = r->n_fields, .fields = r->fields, .raw = raw};
    row.at_byte = r->at_byte + (int64_t)r->row.len + r->thrown_away;
    bool is_utf16 = r->at_byte == 0 && (str_starts(raw, STR("\xFF\xFE")) || str_starts(raw, STR("\xFE\xFF")));
    if (is_utf16)
        strcpy(r->reason, "is UTF-16 text; save the file as \"CSV UTF-8\"");
    else if (raw.len && memchr(raw.ptr, 0, raw.len))
        strcpy(r->reason, "holds a NUL byte");
    if (r->reason[0]) row.bad = r->reason;
    if (row.n > 0 || row.bad) {
        const char *base = buf_str(&r->text).ptr;
        for (size_t i = 0; i < row.n; i++) r->fields[i].ptr = base + (uintptr_t)r->fields[i].ptr;
        row.was_windows_1252 = row_decode(r, raw);
        if (!r->fn(r->ctx, &row)) r->stopped = true;
    }
    row_begin_next(r);
}

/* Gives the row without fields. The parser, maybe inside a quote, has no reset: it starts anew. */
static void row_give_up(struct csv_reader *r)
{
    csv_free(&r->parser);
    parser_init(r);
    r->n_fields = 0;
    snprintf(r->reason, sizeof r->reason, "is longer than %zu bytes", r->max_row);
    row_give(r);
}

/* Looks at the first line that holds anything. */
static void separator_find(struct csv_reader *r, struct str line)
{
    static const char candidates[] = ",;\t|";
    size_t count[sizeof candidates - 1] = {0}, best = 0;
    bool in_quotes = false;
    if (str_is_empty(str_trim(line))) return;
    for (size_t i = 0; i < line.len; i++) {
        const char *candidate = line.ptr[i] ? strchr(candidates, line.ptr[i]) : NULL;
        if (line.ptr[i] == '"') in_quotes = !in_quotes;
        if (candidate && !in_quotes) count[candidate - candidates]++;
    }
    for (size_t i = 1; i < sizeof count / sizeof *count; i++)
        if (count[i] > count[best]) best = i;
    r->separator = candidates[best];
    csv_set_delim(&r->parser, (unsigned char)r->separator);
}

/* Hands libcsv what it has not seen of the row: one physical line. */
static void line_parse(struct csv_reader *r)
{
    struct str line = str_make(r->row.ptr + r->parsed, r->row.len - r->parsed);
    if (r->parsed == 0) line = without_mark(r, line);
    if (!r->separator) separator_find(r, line);
    ASSERT(csv_parse(&r->parser, line.ptr, line.len, on_field, on_row, r) == line.len);
    r->parsed = r->row.len;
}

/* A part of the caller's piece, and its next newline, so that a file of bare returns is not searched again and again. */
struct piece {
    struct str rest;
    const char *newline; /* its end when there is none */
};

static struct str piece_cut(struct piece *p, size_t n)
{
    struct str cut = str_make(p->rest.ptr, n);
    p->rest.ptr += n, p->rest.len -= n;
    return cut;
}

/* Cuts one physical line, or what there is of it. *is_whole says that its end is in. */
static struct str line_cut(struct csv_reader *r, struct piece *p, bool *is_whole)
{
    const char *end = p->rest.ptr + p->rest.len;
    *is_whole = true;
    if (r->cr_pending) {
        r->cr_pending = false;
        return piece_cut(p, p->rest.ptr[0] == '\n');
    }
    if (!p->newline || p->newline < p->rest.ptr) p->newline = memchr(p->rest.ptr, '\n', p->rest.len);
    if (!p->newline) p->newline = end;
    const char *cr = memchr(p->rest.ptr, '\r', (size_t)(p->newline - p->rest.ptr));
    if (cr && cr + 1 < end) return piece_cut(p, (size_t)(cr - p->rest.ptr) + 1 + (cr[1] == '\n'));
    if (!cr && p->newline < end) return piece_cut(p, (size_t)(p->newline - p->rest.ptr) + 1);
    r->cr_pending = cr != NULL;
    *is_whole = false;
    return piece_cut(p, p->rest.len);
}

static void row_extend(struct csv_reader *r, struct str more)
{
    size_t room = r->max_row - r->row.len;
    if (more.len > room) {
        r->thrown_away += (int64_t)(more.len - room);
        more.len = room;
    }
    if (r->is_held) {
        buf_add_str(&r->held, more);
        r->row = buf_str(&r->held);
    } else if (r->row.ptr) {
        r->row.len += more.len; /* lines of one piece stand side by side */
    } else {
        r->row = more;
    }
}

static void line_end(struct csv_reader *r)
{
    r->lines_in_row++;
    if (r->thrown_away > 0) {
        row_give_up(r);
        return;
    }
    line_parse(r);
    if (r->row_done) row_give(r);
}

bool csv_reader_feed(struct csv_reader *r, struct str bytes)
{
    struct piece p = {bytes, NULL};
    while (p.rest.len > 0 && !r->stopped) {
        bool is_whole;
        row_extend(r, line_cut(r, &p, &is_whole));
        if (is_whole) line_end(r);
    }
    if (r->row.ptr && !r->is_held) {
        buf_add_str(&r->held, r->row);
        r->row = buf_str(&r->held);
        r->is_held = true;
    }
    return !r->stopped;
}

bool csv_reader_end(struct csv_reader *r)
{
    if (r->stopped || !r->row.ptr) return !r->stopped;
    r->cr_pending = false;
    if (r->thrown_away > 0) {
        row_give_up(r);
        return !r->stopped;
    }
    if (r->parsed < r->row.len) line_parse(r);
    /* A newline ends the last row; only inside a quote it does not. */
    if (!r->row_done) csv_parse(&r->parser, "\n", 1, on_field, on_row, r);
    if (!r->row_done) strcpy(r->reason, "has a quote that is never closed");
    csv_fini(&r->parser, on_field, on_row, r);
    row_give(r);
    return !r->stopped;
}
