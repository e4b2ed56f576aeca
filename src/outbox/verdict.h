/* verdict.h: what becomes of a delivery after an attempt: the one table from a link's result to the row's next place. Pure. */
#pragma once
#include "outbox/link.h"

enum delivery_fate {
    FATE_GONE,     /* the row goes; the log keeps it */
    FATE_AGAIN,    /* the row moves to due_at */
    FATE_GIVEN_UP, /* the row moves to the end of all time */
    FATE_STAYS     /* where it is: it goes first, when the destination opens again or at once (LINK_WAIT) */
};
struct verdict {
    enum delivery_fate fate;
    int64_t due_at, attempt, first_due_at; /* of the row from now on */
    bool is_failure;                       /* of the destination: its window shrinks */
    bool is_success;
};
struct tried {
    enum link_result result;
    int64_t attempt, started_at, now; /* of this attempt */
    int64_t first_due_at;             /* when the first attempt began; this one's start if it is the first */
    int64_t due_at;                   /* the row's */
    int64_t not_before;               /* the link's wish; 0: none */
};
/* `chance` is 0-999: where in the jitter's width it falls. */
struct verdict delivery_verdict(const struct retry_ladder *ladder, const struct tried *t, int chance);
