/* intake_work.h: a kept file while it is worked off, whatever it holds: claimed under a lease, its rows stored in units that take turns with
 * the reading, and ended: Done, Failed, or due again by the retry ladder. What a row means is import.c's, printed.c's and scan_read.c's. */
#pragma once
#include "mail/intake.h"
#include "mail/mail_private.h"
#include <semaphore.h>

struct intake_work {
    struct mail *mail;
    struct due_item item;
    const char *what;    /* "import": it goes into sentences with its number */
    struct arena *arena; /* lives as long as the work */
    /* By the claim: */
    bool is_claimed;
    struct str file; /* below the data folder */
    int64_t target_id, at_byte, n_rows;
    int64_t attempt;    /* since the last rows that were stored; whoever stores some sets it to 1, as the row has it then */
    struct fault fault; /* what stopped it; FAULT_USER: the file's own, which ends it at once */
};
/* In a unit. False only when the unit failed; `is_claimed` says whether it is ours. */
bool intake_claim(struct tx *tx, struct intake_work *w);
/* In a unit that found its row taken: the refusal that says so. */
bool intake_lost(struct tx *tx, const struct intake_work *w);
/* The file, open for reading; below 0: it is not there (fault). */
int intake_open(struct intake_work *w);
/* The bytes from `at` on, INTAKE_READ_BYTES at most: how many; 0 at the end, below 0 when it cannot, or when the server stops (fault). */
enum { INTAKE_READ_BYTES = 1 << 18 };
ssize_t intake_read(struct intake_work *w, int fd, int64_t at, char *bytes);
/* The end of the work, stored. !ok: what stopped it stands in the fault. header_reason: the reason under which a file that cannot be used
 * stands among its own refused rows as line 1; 0: it does not. */
void intake_end(struct intake_work *w, bool ok, int header_reason);

/* ---- turns: the committer stores one run of rows while the worker reads the next ---- */
struct turn {
    struct unit unit; /* run, arg and done are set before turn_submit; `done` ends with turn_end */
    sem_t is_free;
};
void turn_init(struct turn *t);
void turn_finish(struct turn *t);
/* Waits until its rows are stored. False when they were not: the first fault is kept in `f`. True when it never had any. */
bool turn_wait(struct turn *t, struct fault *f);
/* Waits as above, then gives the unit to the committer. */
bool turn_submit(struct turn *t, struct store *s, struct fault *f);
/* On the committer's thread. */
void turn_end(struct turn *t);
