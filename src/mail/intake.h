/* intake.h: files that are worked off: contact imports. The file is kept, then worked in chunks; `at_byte` moves in the
 * transaction that used the bytes, so a crash repeats nothing and loses nothing. Rows that cannot be used are kept with line
 * and reason. A due source (jobs/due.h). */
#pragma once
#include "jobs/due.h"
#include "base/arena.h"

enum intake_kind { INTAKE_CONTACT_CSV = 1, INTAKE_SCAN_PUSH, INTAKE_SCAN_FILE, INTAKE_PRINTED, INTAKE_ACS, INTAKE_ORPHANS };
enum intake_state { INTAKE_KEPT = 0, INTAKE_RUNNING = 1, INTAKE_DONE = 2, INTAKE_FAILED = 3 };
/* Every move of an intake passes here, whatever its kind; one that is not in the table ends the process. */
void intake_move(enum intake_state from, enum intake_state to);
/* due_source.find for intakes of one kind. */
int intake_find_due(struct tx *tx, int64_t kind, int64_t now, struct due_item *items, int n, int64_t *next_due);
struct intake {
    int64_t intake_id, target_id;
    enum intake_kind kind;
    enum intake_state state;
    int64_t bytes, at_byte, n_rows, n_used, n_repeat, n_refused, received_at;
    int64_t n_inserted, n_updated; /* contacts: of those used; the rest were as the list had them. n_repeat: the file names the same key again soon after */
    struct str last_error; /* why it failed, or why the last attempt did; STR_NULL: none did since the last chunk */
};
struct refused_row {
    int64_t line;
    struct str reason, detail, raw;
};
struct mail;
/* Takes `path` (renames it into the data folder, durably) as an import into the list. `key` names the field that tells its contacts apart, so that
 * rows update instead of adding; it stays with the list (409 when the list has another one). STR_NULL: as the list has it. `out` is set before
 * the unit has ended. */
bool intake_keep(struct mail *m, int64_t account, int64_t list, const char *path, struct str key, struct intake *out,
                 struct fault *f);
bool intake_keep_contacts(struct mail *m, int64_t account, int64_t list, const char *path, int64_t *intake_id, struct fault *f);
/* The same for a printer's return file (postal/printed.h): raw first, worked off afterwards. */
bool intake_keep_printed(struct mail *m, int64_t account, const char *path, int64_t *intake_id, struct fault *f);
bool intake_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct intake *out, struct fault *f);
int intake_refused(struct store *s, struct arena *a, int64_t account, int64_t id, int64_t after_line, int n,
                   struct refused_row **out, struct fault *f);
