/* press_private.h: shared by the files of the press itself: press.c, press_cage.c, press_compile.c,
 * press_samples.c and press_ink.c on the caller's side; press_worker.c, press_job.c, press_print.c, press_check.c and press_seal.c
 * in the worker. */
#pragma once
#include "press/coverage.h"
#include "press/pdf.h"
#include "press/pdf_import.h"
#include "press/press.h"
#include "press/press_wire.h"

/* ---- caller's side ---- */
/* press_cage.c: the Chromium of one worker. It sees documents of one owner only, and outlives a job that went well. */
struct press_cage {
    struct chromium_cage cage;
    bool is_running;
    bool is_held;      /* the worker has the ends of the pipe, even of one that ended meanwhile */
    int64_t owner;     /* whose documents it sees */
    int64_t killed_mb; /* the last one was killed at that size; 0: it was not */
    int64_t peak_mb;   /* in the job at hand */
    int starts;        /* in the job at hand */
    int64_t looked_ms; /* at its memory */
    int64_t kept_ms;   /* when the last job ended */
};
void press_cage_end(struct press_cage *c);
/* Before a job: one that saw another owner's documents, or has ended, is done with, and the worker hears of it. */
bool press_cage_ready(struct press_cage *c, int sock, int64_t owner, struct fault *f);
/* The worker wants a fresh one. */
bool press_cage_give(struct press_cage *c, int sock, struct fault *f);
/* To be called every 100 ms or more often: kills one that is too large, looking four times a second. */
void press_cage_watch(struct press_cage *c);
/* After a job that went well: keeps it, unless it is no one's or has grown. */
void press_cage_keep(struct press_cage *c);
/* The worker has let go of it: a job that failed, a worker that is gone. */
void press_cage_drop(struct press_cage *c);
struct press_call {
    enum frame_kind ask; /* FRAME_JOB, FRAME_COMPILE */
    const struct press_job *job;
    int *pages; /* out, per piece: as printed */
};
/* Talks to one worker until the job is done; starts the worker when there is none, replaces it when it failed. */
bool press_talk(struct press *p, const struct press_call *call, struct arena *a, struct press_outcome *out, struct fault *f);
/* press_samples.c: made-up recipients: typical, empty, longest. */
enum { PRESS_SAMPLES = 3 };
const struct press_piece *press_samples(struct arena *a, const struct creative *c);
/* press_ink.c: how much of a page's address zone carries ink; a sentence into `warning` when it is worth one. `pdf` is ours. */
bool press_ink_look(struct str pdf, int page, const struct press_geometry *g, char warning[200], struct fault *f);

/* ---- the worker ---- */
struct press_house { /* what a worker has loaded before it was sealed */
    int sock;
    struct buf font_regular, font_bold;
    struct coverage *coverage;
    struct chromium *chromium; /* kept between jobs; NULL: none. The press tells when it has ended */
};
/* No call but those of a press at work is let through after this. */
bool press_seal(struct fault *f);

/* One sheet: what one Chromium document printed. */
struct press_sheet {
    struct buf pdf;
    struct pdf_source *source;
};
/* Where one document of one piece lies. */
struct press_place {
    int sheet, page, pages;
};
struct press_printed { /* a piece on its way */
    int index;         /* in the job */
    struct press_place at[2];
    enum press_refusal refusal;
    char why[400];
};
struct press_work {
    struct press_house *house;
    const struct press_job *job;
    const struct creative *creative;
    bool is_compile;
    const struct field_set *fields;
    struct merge *merge[2];
    int n_documents;            /* Chromium documents a piece: 1 or 2 */
    struct coverage *own_fonts; /* the creative's */
    int stops; /* how often this job's Chromium ended before its time */
    struct press_sheet *sheets;
    int n_sheets, cap_sheets;
    int pages_each;      /* 0: not known yet */
    struct arena *chunk; /* emptied after each chunk */
};
/* Merges and prints the pieces of one chunk: fills at[] or refusal of each. False: the whole job has failed. */
bool press_print(struct press_work *w, struct press_printed *pieces, int n, struct fault *f);
void press_sheets_close(struct press_work *w);
/* Looks for characters that no font has in the piece's values and address lines. */
bool press_check_glyphs(const struct press_work *w, const struct press_piece *piece, char why[400]);
/* The whole job; `pages`: per piece as printed. */
bool press_job_run(struct press_house *house, const struct press_job *job, bool is_compile, struct arena *a,
                   struct press_outcome *out, int *pages, struct fault *f);
/* Asks the caller for a fresh cage. */
struct chromium *press_cage_ask(struct press_house *house, int64_t *killed_mb, struct fault *f);
