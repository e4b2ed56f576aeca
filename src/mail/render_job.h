/* render_job.h: what the press needs for one batch, made of its rows. */
#pragma once
#include "mail/batch_row.h"
#include "press/package.h"

#define RENDER_INDICIA_MOST 6 /* lines of mail.indicia */

struct render_seat { /* a piece as it was read */
    int64_t piece_id, contact_id;
    struct str recipient;
    const uint8_t *match; /* it marked this address as mailed (screening.h); NULL: it did not */
};
struct render_refusal {
    int64_t piece_id;
    enum press_refusal reason;
    struct str detail;
};
struct render_job {
    /* in */
    int64_t account;
    struct batch batch;
    struct drop drop;
    struct str template_name;
    struct creative creative;
    struct render_seat *seats; /* not refused, not cancelled; in order */
    int n_seats, n_cancelled;
    /* out */
    struct press_job job;
    struct package_spec spec;
    int64_t *piece_ids;             /* parallel to job.pieces */
    struct render_refusal *refused; /* those that cannot be printed whatever the press does */
    int n_refused;
};
/* False: a stored row is broken (FAULT_OURS). The job lives in the arena. */
bool render_job_build(struct mail *m, struct arena *a, struct render_job *r, struct fault *f);
