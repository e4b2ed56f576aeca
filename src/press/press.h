/* press.h: rows in, a finished PDF out, in a worker process without network, database or secrets (DESIGN §5). The caller's
 * side.
 *
 *   press      the pool of worker processes; one per server or command
 *   job        one creative and its pieces: prints into a file descriptor
 *   compile    one creative and sample pieces: a report
 * A worker keeps its Chromium warm for the next job of the same owner (creative.h); see README.md.
 * A call blocks the calling thread while a worker works; several threads may call at once (one worker each). A worker that
 * crashes, is killed for memory or time, or lies, is replaced; its job fails with a sentence and nothing is left behind. */
#pragma once
#include "press/creative.h"

struct press;
struct press *press_create(int n_workers /* 0: one per core */, struct fault *f);
void press_destroy(struct press **p);
int press_workers(const struct press *p);
/* In main(), before anything else: when argv says that this process is a worker, works until its socket closes and returns
 * true. */
bool press_worker_main(int argc, char **argv, int *exit_code);

enum press_refusal {
    PRESS_OK = 0,
    PRESS_MISSING_FIELD = 1,
    PRESS_MISSING_GLYPH = 2,
    PRESS_OVERFLOW = 3,
    PRESS_BAD_ADDRESS = 4,
    PRESS_MISSING_ASSET = 5,
    PRESS_FIELD_TOO_LONG = 6,
    PRESS_CREATIVE_STOPPED = 7
};
const char *press_refusal_text(enum press_refusal r);

struct press_piece {
    const struct str *values; /* by the creative's field_set: FIELD_KNOWN + n_extra_fields of them */
    const struct str *lines;  /* address block */
    int n_lines;
    char bars[66]; /* "" none */
    struct str purl;
    struct str note; /* see overlay.h */
};
struct press_job {
    const struct creative *creative;
    const struct press_piece *pieces;
    int n_pieces;
    const struct str *return_lines, *indicia_lines;
    int n_return, n_indicia;
    bool specimen;
    bool one_a_document;                                /* tests: each piece in its own Chromium document */
    int out_fd;                                         /* the PDF is written here */
    void (*progress)(void *ctx, int done, int refused); /* from the calling thread, may be NULL */
    void *ctx;
    bool (*stop)(void *ctx); /* asked now and then; true ends the job with a fault; may be NULL */
};
struct press_outcome {
    int n_printed, n_refused;
    int pages_each;
    int64_t bytes;
    int *first_page;             /* per piece, 1-based; 0: refused */
    enum press_refusal *refusal; /* per piece */
    struct str *detail;          /* per piece: contact's box and reason; STR_NULL when printed */
    int64_t worker_peak_kb, chromium_peak_mb;
    int chromium_starts; /* 0: there was a warm one, or none was needed */
};
bool press_run(struct press *p, const struct press_job *job, struct arena *a, struct press_outcome *out, struct fault *f);
/* Lays the creative out for a few sample pieces (given, or made up when n is 0) and looks at the result. False only when the
 * press itself failed. */
bool press_compile(struct press *p, const struct creative *c, const struct press_piece *samples, int n,
                   struct creative_report *r, struct fault *f);
