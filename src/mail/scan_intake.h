/* scan_intake.h: pushes and files that tell of pieces in the mail: kept whole before anything else, then read by the due source "scans to
 * read" (specs: postal §2, schema §5 and §7).
 *
 *   body or file ─▶ intake row, file in its place ─▶ rows ─▶ matched by run ─▶ sorted by piece and time ─▶ track_add, 5,000 a transaction
 *                                                     ├─▶ refused rows with line and reason
 *                                                     └─▶ orphans: codes of no piece, matched when a run of serials brings it
 *
 * `at_byte` moves in the transaction that used the last of a window of scan.sort_rows rows. A crash reads that window again: rows are known
 * by their key, so nothing is lost and nothing follows twice; the counts are exact. */
#pragma once
#include "mail/intake.h"
#include "base/fault.h"

/* Those of enum intake_kind that tell of pieces in the mail. */
enum scan_intake_kind {
    SCAN_INTAKE_PUSH = INTAKE_SCAN_PUSH,
    SCAN_INTAKE_FILE = INTAKE_SCAN_FILE,
    SCAN_INTAKE_ACS = INTAKE_ACS,
    SCAN_INTAKE_ORPHANS = INTAKE_ORPHANS /* of a batch */
};
const char *scan_intake_word(enum scan_intake_kind k);

struct scan_intake {
    int64_t intake_id;
    enum scan_intake_kind kind;
    enum intake_state state;
    int64_t bytes, at_byte, n_rows, n_used, n_repeat, n_orphan, n_refused, received_at;
    struct str last_error; /* STR_NULL: none */
};
/* Takes `path` (renames it into the data folder, durably), whatever it holds, and an empty one too. account 0: the house's own feed, whose
 * rows may tell of anybody's pieces; else of the account's and its sub-accounts' only. Not subject to disk.min_free: tracking goes on.
 * Fails only for the disk or the database (503). */
bool scan_intake_keep(struct mail *m, int64_t account, enum scan_intake_kind kind, const char *path, int64_t *intake_id,
                      struct fault *f);
bool scan_intake_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct scan_intake *out, struct fault *f);
/* Newest first, below before_id (0: all). */
int scan_intake_page(struct store *s, struct arena *a, int64_t account, int64_t before_id, int n, struct scan_intake **out,
                     struct fault *f);
/* Refused rows behind a line, as intake_refused. */
int scan_intake_refused(struct store *s, struct arena *a, int64_t account, int64_t id, int64_t after_line, int n,
                        struct refused_row **out, struct fault *f);
