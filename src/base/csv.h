/* csv.h: a CSV reader on libcsv that gives rows, whatever the file looks like.
 *
 * Fed by pieces of any size (tests feed single bytes). Takes a UTF-8 BOM off; a row that is not UTF-8 is read as Windows-1252 and
 * counted. Quoted newlines belong to the field. Separator: comma, or what the header line holds most of (`;`, tab, `|`).
 * A NUL byte makes the row unusable. Limits: csv.max_row_bytes, csv.max_columns. Rows are given once, in order; their strings live
 * until the callback returns. Not thread-safe. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

struct csv_row {
    int64_t line;  /* 1-based line on which the row starts */
    int64_t at_byte; /* offset just behind this row: where reading may go on after a stop */
    size_t n;
    const struct str *fields; /* trimmed of spaces and tabs unless quoted; valid UTF-8 */
    struct str raw;   /* as read (before decoding), for the list of refused rows */
    const char *bad;  /* NULL, or why the row cannot be used ("holds a NUL byte", "is longer than …") */
    bool was_windows_1252;
};

struct csv_reader;
/* Returns false to stop reading. */
typedef bool csv_row_fn(void *ctx, const struct csv_row *row);

struct csv_reader *csv_reader_create(csv_row_fn *fn, void *ctx);
/* A file that is continued: the separator that was found, and where it stood. */
void csv_reader_resume(struct csv_reader *r, char separator, int64_t line, int64_t at_byte);
char csv_reader_separator(const struct csv_reader *r);
bool csv_reader_feed(struct csv_reader *r, struct str bytes); /* false: the callback stopped it */
bool csv_reader_end(struct csv_reader *r);                    /* gives the last row when it has no newline; an open quote makes it bad */
void csv_reader_destroy(struct csv_reader **r);

/* Writing one field or row of a CSV that people open in spreadsheets. `defuse` puts a ' before = + - @ tab return. */
struct buf;
void csv_add_field(struct buf *b, struct str s, bool first, bool defuse);
