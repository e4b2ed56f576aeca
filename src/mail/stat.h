/* stat.h: the numbers of a drop by day: `drop_stat`, kept as things happen. Added up in memory during a group of units and written once
 * with its commit, each node in rows of its own (slot), so nodes do not wait for each other (specs: schema §5). */
#pragma once
#include "mail/mail.h"
#include "postal/status.h"

/* Codes below STATUS_CODES are those of status.def: how many events of that code there were. The rest counts what is no event. Test pieces
 * (and visits in online test mode) count under code + STAT_TEST, so that live numbers are read by equality and test numbers can be wiped. */
enum stat_code {
    STAT_VISIT = 16, /* page views of a personal URL, each one */
    STAT_VISITOR,    /* pieces whose personal URL was visited for the first time: unique visitors */
    STAT_CONVERSION, /* pieces that reached the Goal URL for the first time */
    STAT_CODES,      /* behind the last */
    STAT_TEST = 64,
};

struct stats; /* the sums of the group under way; one per mail house, the committer's */
struct stats *stats_create(void);
void stats_destroy(struct stats **s);

/* Inside a unit. `at_ms`: when it happened; its day is counted in UTC until accounts have zones (stat_day is the one place). */
bool stat_add(struct mail *m, struct tx *tx, int64_t account, int64_t drop_id, int code, bool is_test, int64_t at_ms,
              int64_t n);
int64_t stat_day(int64_t account, int64_t at_ms); /* days since 1970-01-01 */
/* Inside a unit: the test numbers of a drop are gone (online test mode wipes STAT_VISIT, STAT_VISITOR, STAT_CONVERSION and both pURL codes). */
bool stat_wipe_test(struct tx *tx, int64_t account, int64_t drop_id, unsigned codes /* bits */);

/* ---- to read ---- */
struct stat_totals {
    int64_t n[STAT_CODES]; /* by code */
};
struct stat_day_row {
    int64_t day;
    struct stat_totals totals;
};
/* All days of one drop together. A drop that is not there has zeros. */
bool stat_of_drop(struct store *s, int64_t account, int64_t drop_id, bool is_test, struct stat_totals *out, struct fault *f);
bool stat_of_drop_tx(struct tx *tx, int64_t account, int64_t drop_id, bool is_test, struct stat_totals *out);
/* Days that have a number, oldest first; how many, -1 with a fault. */
int stat_by_day(struct store *s, struct arena *a, int64_t account, int64_t drop_id, bool is_test, int64_t from_day,
                int64_t to_day, struct stat_day_row **out, struct fault *f);
