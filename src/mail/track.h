/* track.h: what is known to have happened to pieces, as rows of `scan`, and what follows from each: the event, its deliveries and the
 * statistics, in one unit. The one door for scans of the USPS, printers' returns and ACS records (specs: schema §2, postal §2.5).
 *
 * A row is its own status record: `emits` is the set of codes that it caused. What a piece has reached is the OR over its rows, so rows may
 * come late, twice and in any order; no status steps back. */
#pragma once
#include "mail/stat.h"
#include "postal/acs.h"
#include "postal/scan.h"
#include "postal/track.h"

/* What is not a machine's scan lies in the same columns:
 *   handling 'P', a printer's line: op_code is the status code (Addressed, Printed, Mailed); facility 0, phase NONE
 *   handling 'C', an ACS record:    op_code is its letter, phase its enum acs_kind; facility 0 */
struct track_row {
    int64_t account, piece_id; /* of the piece; the caller has seen that the account's batch has this seat */
    struct scan scan;          /* mid, serial, stid and barcode_id do not count any more */
    struct str detail;         /* JSON object or STR_NULL */
};
struct scan track_printed(enum status_code status, int64_t at_ms);
struct scan track_acs(enum acs_kind kind, char letter, int64_t at_ms);

struct track_count {
    int64_t n_added, n_repeat; /* rows that were new, rows that were there already: nothing follows from those */
    int64_t n_events;
};
/* Inside a unit: rows of any number, in the order of track_order. Adds to *count. False when the unit failed; STATUS_CREATED is not its
 * business (mail/handover.h). */
bool track_add(struct mail *m, struct tx *tx, const struct track_row *rows, size_t n, int64_t intake_id,
               struct track_count *count);
/* By account, piece and time: for qsort. */
int track_order(const void *a, const void *b);

/* When a piece should be in its mailbox, by its last local scan (calendar.h): expected, never observed. False: no local scan, or it went
 * elsewhere since. Times are midnights UTC of the days. */
struct track_expected {
    int64_t from_ms, to_ms;
};
struct scan_seen { /* a row of `scan`, as shown */
    int64_t scanned_at, facility, intake_id;
    int op_code;
    enum scan_phase phase;
    char handling;
    unsigned emits;
    struct str detail;
};
bool track_expect(const struct scan_seen *rows, size_t n, struct track_expected *out);
/* All rows of a piece in order of time; -1 with a fault. The status to show is status_shown(OR of the emits). */
int track_of_piece(struct store *s, struct arena *a, int64_t account, int64_t piece_id, struct scan_seen **out,
                   struct fault *f);

/* ---- what went quiet: a batch with US pieces that was handed over track.quiet_days ago and has no scan yet ---- */
struct quiet_batch {
    int64_t batch_id, drop_id, n_pieces, handed_over_at;
    struct str printer_job; /* as the printer's face wrote it; STR_NULL */
};
int track_quiet(struct store *s, struct arena *a, int64_t account, struct quiet_batch **out, struct fault *f);
