/* track.h: what a scan means: from the operation table (share/op_codes.csv) and from what is known of the piece (specs: postal
 * §2.5). Pure: the caller brings the piece's earlier scans, which lie beside each other in the store. */
#pragma once
#include "base/fault.h"
#include "postal/scan.h"

/* The operation table: rows (operation codes, phase, what must be known) → status codes, first hit wins. Editable; the columns are
 * op,phase,needs,status,source. Compiled into an array: a look-up is one index. Read-only once made; any thread. */
struct op_table;
const struct op_table *op_table_default(void); /* the one in share/, built in */
/* FAULT_USER names line and column: an unknown word, a code beyond 999, a row that no scan can reach. */
struct op_table *op_table_read(struct str csv, struct fault *f);
struct op_table *op_table_load(const char *path, struct fault *f);
void op_table_destroy(struct op_table **t);

/* What is known of the piece beside the scan. */
enum op_evidence { OP_EVIDENCE_RETURN = 1, OP_EVIDENCE_ID_TAG = 2 };
unsigned op_table_get(const struct op_table *t, int op_code, enum scan_phase phase, unsigned evidence); /* set of STATUS_BIT */

struct track_piece {
    int return_zip3, destination_zip3; /* -1: not known */
    int stid;
    bool has_nixie; /* an ACS record says that it cannot be delivered */
};
struct track_seen { /* an earlier row of this piece, in any order */
    int64_t scanned_at, facility;
    unsigned emits;
};
/* The set that this scan emits: news only, first scan Mailed. 0: the scan is kept and says nothing new. */
unsigned track_emits(const struct op_table *t, const struct scan *s, const struct track_piece *p, const struct track_seen *seen,
                     size_t n_seen);
