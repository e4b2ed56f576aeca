/* scan_delimited.c: tracking data as delimited text with a header line. Called by scan_reader.c.
 *
 * Not through libcsv, as other files are: it takes 1 us for a row of 25 columns, and the budget of a whole scan is 4. A row is one
 * physical line, so lines are found by memchr, and their fields by comparing 16 bytes at a time. Lines with quotes take a slower way.
 * Failure: a line that cannot be used is given with its reason; a header without the needed columns ends the file. */
#include "postal/scan_private.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct scan_delimited {
    struct scan_reader *reader;
    struct scan_bounds bounds;
    int64_t line, at_byte; /* of the line that begins here; at_byte counts what is done with */
    size_t max_row, max_columns;
    struct buf held;     /* the beginning of a line that goes on in the next piece */
    int64_t thrown_away; /* bytes of a line beyond the limit */

    char separator; /* 0: the header has not come yet */
    size_t n_columns;
    int8_t *field;  /* of each column; -1: not ours */
    uint32_t *ends; /* of each field of the row */
    struct buf unquoted;
    struct arena *decoded; /* Windows-1252 turned into UTF-8 */
};

struct scan_delimited *scan_delimited_create(struct scan_reader *r, const struct scan_bounds *b, int64_t line, int64_t at_byte)
{
    struct scan_delimited *d = calloc(1, sizeof *d);
    ASSERT(d);
    d->reader = r, d->bounds = *b;
    d->line = line, d->at_byte = at_byte;
    d->max_row = (size_t)limit_get(LIMIT_CSV_MAX_ROW_BYTES);
    d->max_columns = (size_t)limit_get(LIMIT_CSV_MAX_COLUMNS);
    d->field = calloc(d->max_columns, sizeof *d->field);
    d->ends = calloc(d->max_columns + 1, sizeof *d->ends);
    ASSERT(d->field && d->ends);
    return d;
}

void scan_delimited_destroy(struct scan_delimited **d)
{
    if (!d || !*d) return;
    buf_finish(&(*d)->held);
    buf_finish(&(*d)->unquoted);
    arena_destroy(&(*d)->decoded);
    free((*d)->field);
    free((*d)->ends);
    free(*d);
    *d = NULL;
}

static void end_add(struct scan_delimited *d, size_t *n, size_t at)
{
    if (*n < d->max_columns) d->ends[*n] = (uint32_t)at;
    ++*n;
}

/* Where each field of the line ends; returns how many there are, which may be more than ends are kept of. */
static size_t fields_split(struct scan_delimited *d, struct str line)
{
    size_t n = 0, i = 0;
#ifdef __SSE2__
    const __m128i separators = _mm_set1_epi8(d->separator);
    for (; i + 16 <= line.len; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(line.ptr + i));
        unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, separators));
        for (; found; found &= found - 1) end_add(d, &n, i + (size_t)__builtin_ctz(found));
    }
#endif
    for (; i < line.len; i++)
        if (line.ptr[i] == d->separator) end_add(d, &n, i);
    end_add(d, &n, line.len);
    return n;
}

/* Takes the quotes off a line, into `unquoted`, and notes the fields. 0: a quote is never closed. */
static size_t fields_unquote(struct scan_delimited *d, struct str line)
{
    size_t n = 0;
    bool in_quotes = false, at_start = true;
    buf_clear(&d->unquoted);
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        if (c == '"' && in_quotes && i + 1 < line.len && line.ptr[i + 1] == '"') {
            buf_add_byte(&d->unquoted, line.ptr[i++]);
        } else if (c == '"' && (in_quotes || at_start)) {
            in_quotes = !in_quotes;
            at_start = false;
        } else if (c == d->separator && !in_quotes) {
            end_add(d, &n, d->unquoted.len);
            buf_add_byte(&d->unquoted, c);
            at_start = true;
        } else {
            buf_add_byte(&d->unquoted, c);
            at_start = at_start && c == ' ';
        }
    }
    end_add(d, &n, d->unquoted.len);
    return in_quotes ? 0 : n;
}

static size_t fields_find(struct scan_delimited *d, struct str *line)
{
    if (!memchr(line->ptr, '"', line->len)) return fields_split(d, *line);
    size_t n = fields_unquote(d, *line);
    *line = buf_str(&d->unquoted);
    return n;
}

static struct str field_at(const struct scan_delimited *d, struct str line, size_t i)
{
    size_t from = i == 0 ? 0 : d->ends[i - 1] + 1;
    return str_make(line.ptr + from, d->ends[i] - from);
}

static struct str blanks_off(struct str s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s.ptr++, s.len--;
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
    return s;
}

static char separator_of(struct str header)
{
    static const char candidates[] = ",\t;|";
    size_t best = 0, most = 0;
    for (size_t c = 0; c < sizeof candidates - 1; c++) {
        size_t count = 0;
        for (size_t i = 0; i < header.len; i++) count += header.ptr[i] == candidates[c];
        if (count > most) best = c, most = count;
    }
    return candidates[best];
}

static void fail(struct scan_delimited *d, size_t line_len, const char *why)
{
    scan_fail(d->reader, d->line, d->at_byte + (int64_t)line_len, why);
}

static void header_read(struct scan_delimited *d, struct str line, size_t whole_len)
{
    bool has[SCAN_FIELDS] = {false};
    line = str_skip_bom(line);
    d->separator = separator_of(line);
    d->n_columns = fields_find(d, &line);
    if (d->n_columns == 0 || d->n_columns > d->max_columns) {
        fail(d, whole_len,
             d->n_columns ? "the header line has too many columns" : "the header line has a quote that is never closed");
        return;
    }
    for (size_t i = 0; i < d->n_columns; i++) {
        int field = scan_field_of(field_at(d, line, i));
        d->field[i] = (int8_t)field;
        if (field >= 0) has[field] = true;
    }
    if (!has[SCAN_FIELD_TRACKING] && !has[SCAN_FIELD_IMB] && !(has[SCAN_FIELD_MID] && has[SCAN_FIELD_SERIAL]))
        fail(d, whole_len,
             "the header line names no column with a barcode (imbTrackingCode, imb, or imbMid and imbSerialNumber)");
    else if (!has[SCAN_FIELD_TIME])
        fail(d, whole_len, "the header line names no column scanDatetime");
    else if (!has[SCAN_FIELD_OP])
        fail(d, whole_len, "the header line names no column scanEventCode");
}

/* The names of a facility are kept; a file that is not UTF-8 is read as Windows-1252. */
static void names_decode(struct scan_delimited *d, struct scan_values *v)
{
    static const enum scan_field names[] = {SCAN_FIELD_FACILITY, SCAN_FIELD_CITY, SCAN_FIELD_STATE};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str *s = &v->v[names[i]];
        if (s->len == 0 || utf8_is_valid(*s, NULL)) continue;
        if (!d->decoded) d->decoded = arena_create(1024);
        *s = text_from_windows_1252(d->decoded, *s);
    }
}

static void row_refuse(struct scan_row *row, const char *why)
{
    row->reason = SCAN_REASON_UNREADABLE;
    row->why = why;
}

/* `line` without its end; `whole_len` counts that too. */
static void row_read(struct scan_delimited *d, struct str line, size_t whole_len)
{
    struct scan_row row = {.line = d->line, .at_byte = d->at_byte + (int64_t)whole_len, .raw = scan_raw(line)};
    struct scan_values values = {0};
    struct scan_why why;
    size_t n = 0;
    if (d->thrown_away > 0) {
        row_refuse(&row, "the line is longer than the limit csv.max_row_bytes");
    } else if (memchr(line.ptr, '\0', line.len)) {
        row_refuse(&row, "the line holds a NUL byte");
    } else if ((n = fields_find(d, &line)) == 0) {
        row_refuse(&row, "the line has a quote that is never closed");
    } else if (n > d->n_columns) {
        row_refuse(&row, scan_why_set(&why, "the line has %zu columns, the header line %zu", n, d->n_columns));
    } else {
        for (size_t i = 0; i < n; i++) {
            int field = d->field[i];
            if (field >= 0 && values.v[field].len == 0) values.v[field] = blanks_off(field_at(d, line, i));
        }
        names_decode(d, &values);
        scan_make(&values, &d->bounds, &row, &why);
    }
    scan_give(d->reader, &row);
    if (d->decoded) arena_reset(d->decoded);
}

static void line_end(struct scan_delimited *d, struct str line)
{
    size_t whole_len = line.len + (size_t)d->thrown_away;
    if (line.len > 0 && line.ptr[line.len - 1] == '\n') line.len--;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') line.len--;
    if (blanks_off(line).len > 0) {
        if (d->separator)
            row_read(d, line, whole_len);
        else if (d->thrown_away > 0)
            fail(d, whole_len, "the header line is longer than the limit csv.max_row_bytes");
        else
            header_read(d, line, whole_len);
    }
    d->line++;
    d->at_byte += (int64_t)whole_len;
    d->thrown_away = 0;
    buf_clear(&d->held);
}

/* Keeps what a line may hold. */
static void line_hold(struct scan_delimited *d, struct str part)
{
    size_t room = d->max_row - d->held.len;
    if (part.len > room) {
        d->thrown_away += (int64_t)(part.len - room);
        part.len = room;
    }
    buf_add_str(&d->held, part);
}

void scan_delimited_feed(struct scan_delimited *d, struct str bytes)
{
    while (bytes.len > 0 && !scan_is_over(d->reader)) {
        const char *newline = memchr(bytes.ptr, '\n', bytes.len);
        struct str part = str_make(bytes.ptr, newline ? (size_t)(newline - bytes.ptr) + 1 : bytes.len);
        bytes = str_make(bytes.ptr + part.len, bytes.len - part.len);
        if (newline && d->held.len == 0 && part.len <= d->max_row) {
            line_end(d, part);
            continue;
        }
        line_hold(d, part);
        if (newline) line_end(d, buf_str(&d->held));
    }
}

void scan_delimited_end(struct scan_delimited *d)
{
    if (d->held.len > 0 && !scan_is_over(d->reader)) line_end(d, buf_str(&d->held));
    if (!d->separator && !scan_is_over(d->reader)) fail(d, 0, "the file holds nothing");
}
