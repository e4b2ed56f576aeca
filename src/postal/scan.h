/* scan.h: reading what the USPS tells of mail in its stream (IV-MTR): pushes and files, into records (specs: postal §2).
 *
 *   body or file, in pieces ─▶ [gunzip] ─▶ JSON or delimited ─▶ rows, each a scan or refused with its reason
 *
 * What the bytes are is seen from them: gzip by its mark, JSON by its first `[` or `{`, else delimited text with a header line.
 *   JSON: an array of objects; an object that holds one as `events`, `data`, `records` or `scans` (any case); the answer of the pull
 *   API (`data` an object with `imb` and its `scans`); one single object; several of these behind each other.
 *   Delimited: comma, tab, `;` or `|`, whichever the header line holds most of; columns in any order, found by name. A row is one line.
 * Names are compared without case, blanks, `_` and `-`, so that scanDatetime, scan_date_time and "Scan DateTime" are one.
 *
 * Memory is bounded: one row (csv.max_row_bytes, scan.max_object_bytes) and a window of 64 KiB. Nothing is dropped silently: what
 * cannot be used comes as a row with a reason, and reading goes on behind it. */
#pragma once
#include "base/fault.h"
#include "base/str.h"

enum scan_reason {
    SCAN_FINE = 0,
#define SCAN_REASON(ident, word) SCAN_REASON_##ident,
#include "postal/scan_reason.def"
#undef SCAN_REASON
};
const char *scan_reason_word(int reason);

enum scan_phase {
#define SCAN_PHASE(ident, key, words) SCAN_PHASE_##ident,
#include "postal/scan_phase.def"
#undef SCAN_PHASE
    SCAN_PHASES
};
const char *scan_phase_key(int phase);
/* "Phase 3c - Destination Sequenced Carrier Sortation", "phase 3c", "3c" and the words alone are one. Empty or unknown: NONE. */
enum scan_phase scan_phase_of(struct str s);

/* handling: A actual, L logical, S assumed as the feed writes them (none: A; anything else: O). The letters of what is no scan of a
 * machine but lies in the same table: P a printer's return, C an ACS record. */
struct scan {
    int64_t scanned_at; /* ms UTC; a time without a zone is the facility's local time (scan_time.h) */
    int64_t facility;   /* ZIP code as a number, else the locale key packed, else 0 (scan_facility_*) */
    int32_t mid, serial;
    int16_t stid, op_code; /* op_code 0 to 999 */
    uint8_t phase;         /* enum scan_phase */
    char handling;
    uint8_t barcode_id;
    bool has_routing : 1, has_id_tag : 1;
};

struct scan_row {
    enum scan_reason reason; /* SCAN_FINE: `scan` holds it */
    const char *why;         /* a sentence for the list of refused rows; NULL when fine */
    struct scan scan;
    struct str facility_name, city, state; /* as given, or empty; for the directory of facilities */
    int64_t line;                          /* 1-based: of the file, or the number of the object in JSON */
    int64_t at_byte; /* how far it is read, in unzipped bytes; never goes back. Rows of one object may have the same */
    struct str raw;  /* the row as read, any bytes; cut at 4 KiB */
};
/* Texts live until the callback returns. Returns false to stop reading. */
typedef bool scan_row_fn(void *ctx, const struct scan_row *row);

struct scan_reader;
/* `now_ms` is what "too old" and "in the future" are measured from. Not thread-safe. */
struct scan_reader *scan_reader_create(int64_t now_ms, scan_row_fn *fn, void *ctx);
/* False: the callback stopped it. Bytes of an unusable file (broken gzip, JSON that goes wrong between its objects, more than
 * scan.max_unzipped_bytes, no column with a barcode) give one row with SCAN_REASON_FILE, and what follows is passed over. */
bool scan_reader_feed(struct scan_reader *r, struct str bytes);
bool scan_reader_end(struct scan_reader *r); /* gives the last row; JSON or gzip that ends too early is a FILE row */
void scan_reader_destroy(struct scan_reader **r);

/* What identifies a piece, out of any writing of its barcode: 20, 25, 29 or 31 digits with or without blanks and hyphens, or the 65
 * letters. */
struct scan_code {
    int32_t mid, serial;
    int16_t stid;
    uint8_t barcode_id;
    bool has_routing;
};
/* False: *why says what is wrong. */
bool scan_code_parse(struct str s, struct scan_code *out, const char **why);

int64_t scan_facility_of_zip(struct str zip); /* 0: not 5 or 9 digits */
int64_t scan_facility_of_key(struct str key); /* up to 11 letters and digits; 0: none */
int scan_facility_zip3(int64_t facility);     /* 0 to 999; -1: not known by ZIP */
void scan_facility_text(int64_t facility, char out[13]);
