/* scan_reader.c: the entrance: takes gzip off, sees whether the text is JSON or delimited, and hands it on. One reader lives for one
 * body or file. Failure: everything is a row; see scan.h. */
#include "postal/scan_private.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define WINDOW 65536

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP, PACKING_BETWEEN /* one gzip member has ended */ };

struct scan_reader {
    scan_row_fn *fn;
    void *ctx;
    struct scan_bounds bounds;
    bool stopped, failed;

    enum packing packing;
    z_stream zip;
    char *window; /* what inflate writes to */

    /* Before it is known what the text is: white space and a byte order mark are passed over. */
    int64_t line, at_byte;
    int64_t n_unzipped, max_unzipped; /* bytes */
    struct scan_delimited *delimited;
    struct scan_json *json;
};

struct scan_reader *scan_reader_create(int64_t now_ms, scan_row_fn *fn, void *ctx)
{
    struct scan_reader *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->fn = fn, r->ctx = ctx;
    r->bounds = scan_bounds_make(now_ms);
    r->max_unzipped = limit_get(LIMIT_SCAN_MAX_UNZIPPED_BYTES);
    r->line = 1;
    return r;
}

void scan_reader_destroy(struct scan_reader **r)
{
    if (!r || !*r) return;
    if ((*r)->window) inflateEnd(&(*r)->zip);
    free((*r)->window);
    scan_delimited_destroy(&(*r)->delimited);
    scan_json_destroy(&(*r)->json);
    free(*r);
    *r = NULL;
}

void scan_give(struct scan_reader *r, struct scan_row *row)
{
    if (!scan_is_over(r) && !r->fn(r->ctx, row)) r->stopped = true;
}

bool scan_is_over(const struct scan_reader *r) { return r->stopped || r->failed; }

void scan_fail(struct scan_reader *r, int64_t line, int64_t at_byte, const char *why)
{
    struct scan_row row = {.reason = SCAN_REASON_FILE, .why = why, .line = line, .at_byte = at_byte, .raw = STR("")};
    scan_give(r, &row);
    r->failed = true;
}

/* Passes over white space and a byte order mark; begins the reader of what follows. Returns what is left. */
static struct str text_begin(struct scan_reader *r, struct str bytes)
{
    while (bytes.len > 0 && strchr(" \t\r\n\xEF\xBB\xBF", bytes.ptr[0]) && bytes.ptr[0]) {
        r->line += bytes.ptr[0] == '\n';
        r->at_byte++;
        bytes = str_make(bytes.ptr + 1, bytes.len - 1);
    }
    if (bytes.len == 0) return bytes;
    if (bytes.ptr[0] == '[' || bytes.ptr[0] == '{')
        r->json = scan_json_create(r, &r->bounds, r->at_byte);
    else
        r->delimited = scan_delimited_create(r, &r->bounds, r->line, r->at_byte);
    return bytes;
}

static void text_feed(struct scan_reader *r, struct str bytes)
{
    if (!r->json && !r->delimited) bytes = text_begin(r, bytes);
    if (r->json)
        scan_json_feed(r->json, bytes);
    else if (r->delimited)
        scan_delimited_feed(r->delimited, bytes);
}

static void unzip_fail(struct scan_reader *r, const char *why) { scan_fail(r, 0, r->n_unzipped, why); }

static void unzip_begin(struct scan_reader *r)
{
    r->window = malloc(WINDOW);
    ASSERT(r->window && inflateInit2(&r->zip, 15 + 16) == Z_OK);
    r->packing = PACKING_GZIP;
}

/* Behind a member another may begin; zeros fill a block up. Returns what is left to unzip. */
static struct str member_begin(struct scan_reader *r, struct str bytes)
{
    while (bytes.len > 0 && bytes.ptr[0] == '\0') bytes = str_make(bytes.ptr + 1, bytes.len - 1);
    if (bytes.len == 0) return bytes;
    if (bytes.ptr[0] != '\x1F') {
        unzip_fail(r, "something that is not gzip follows the gzip data");
        return STR("");
    }
    ASSERT(inflateReset(&r->zip) == Z_OK);
    r->packing = PACKING_GZIP;
    return bytes;
}

static void unzip_step(struct scan_reader *r, struct str *bytes)
{
    r->zip.next_in = (Bytef *)(uintptr_t)bytes->ptr;
    r->zip.avail_in = (uInt)(bytes->len < (1u << 30) ? bytes->len : 1u << 30);
    r->zip.next_out = (Bytef *)r->window;
    r->zip.avail_out = WINDOW;
    uInt given = r->zip.avail_in;
    int result = inflate(&r->zip, Z_NO_FLUSH);
    size_t made = WINDOW - r->zip.avail_out, taken = given - r->zip.avail_in;
    *bytes = str_make(bytes->ptr + taken, bytes->len - taken);
    if (made > 0) {
        r->n_unzipped += (int64_t)made;
        if (r->n_unzipped > r->max_unzipped)
            unzip_fail(r, "the data is longer than the limit scan.max_unzipped_bytes once unzipped");
        else
            text_feed(r, str_make(r->window, made));
    }
    if (result == Z_STREAM_END)
        r->packing = PACKING_BETWEEN;
    else if (result != Z_OK && result != Z_BUF_ERROR)
        unzip_fail(r, "the gzip data is broken");
}

/* Goes on after the last byte is taken as long as the window comes back full. */
static void unzip_feed(struct scan_reader *r, struct str bytes)
{
    do {
        if (r->packing == PACKING_BETWEEN) bytes = member_begin(r, bytes);
        if (r->packing == PACKING_BETWEEN) return;
        unzip_step(r, &bytes);
    } while (!scan_is_over(r) && (bytes.len > 0 || r->zip.avail_out == 0));
}

bool scan_reader_feed(struct scan_reader *r, struct str bytes)
{
    if (bytes.len == 0 || scan_is_over(r)) return !r->stopped;
    if (r->packing == PACKING_UNKNOWN) {
        if (bytes.ptr[0] == '\x1F')
            unzip_begin(r);
        else
            r->packing = PACKING_NONE;
    }
    if (r->packing == PACKING_NONE)
        text_feed(r, bytes);
    else
        unzip_feed(r, bytes);
    return !r->stopped;
}

bool scan_reader_end(struct scan_reader *r)
{
    if (scan_is_over(r)) return !r->stopped;
    if (r->packing == PACKING_GZIP) {
        unzip_fail(r, "the gzip data ends too early");
    } else if (r->json) {
        scan_json_end(r->json);
    } else if (r->delimited) {
        scan_delimited_end(r->delimited);
    } else {
        scan_fail(r, 1, r->at_byte, "the file holds nothing");
    }
    return !r->stopped;
}
