/* piece.h: pieces and batches to look at. Piece state and batch state move only in piece.c and batch.c (tables of moves: specs:
 * schema §4). */
#pragma once
#include "mail/contact.h"
#include "store/store.h"

enum piece_state { PIECE_SEATED = 0, PIECE_REFUSED = 1, PIECE_CANCELLED = 2 };
enum batch_state {
    BATCH_OPEN,
    BATCH_CLOSED,
    BATCH_RENDERING,
    BATCH_READY,
    BATCH_HANDING_OVER,
    BATCH_HANDED_OVER,
    BATCH_DONE, /* of the table of states; nothing moves a batch there: HandedOver is the end */
    BATCH_CANCELLED,
    BATCH_FAILED,
    BATCH_UNKNOWN,
    BATCH_STATES
};
const char *batch_state_word(enum batch_state s);
const char *piece_state_word(enum piece_state s);
struct batch {
    int64_t batch_id, drop_id, n_pieces, n_refused, n_cancelled, n_told, pages_each, template_version, opened_at, due_at,
        attempt, file_bytes, mid, first_serial, handed_over_at /* DB_NULL */, printer_id /* DB_NULL */;
    enum batch_state state;
    bool is_test;
    int stid;
    struct str file, last_error, printer_job;
};
/* Above a daily cap, and not released: it is not due, ever. */
bool batch_is_held(const struct batch *b);
/* Its print file was made and counts. */
bool batch_is_written(const struct batch *b);
/* Why a piece is refused: by the press (enum press_refusal), or by us. */
enum piece_refusal { PIECE_SUPPRESSED = 32, PIECE_MAILED_LATELY = 33, PIECE_PRINTER_REFUSED = 34 };
const char *piece_refusal_text(int refusal);
struct piece {
    int64_t piece_id, contact_id, batch_id, drop_id, created_at;
    enum piece_state state;
    int refusal; /* 0: none */
    struct str detail;
    int n_values;
    struct str values[FIELD_KNOWN + LIMIT_MOST_PERSON_MAX_EXTRA]; /* known fields, then what else it was given */
    int first_page;                                               /* 1-based; 0: not printed */
    struct str tracking;
};
/* piece_id = batch_id * SEATS_A_BATCH + seat. A batch never has more pieces, or two pieces would share a
 * number. */
#define SEATS_A_BATCH         8192
#define BATCH_MOST            ((1LL << 27) - 1) /* the last number of a batch: a piece's is written with 40 bits (purl.c) */
#define PIECE_BATCH(piece_id) ((piece_id) / SEATS_A_BATCH)
#define PIECE_SEAT(piece_id)  ((piece_id) % SEATS_A_BATCH)
_Static_assert(LIMIT_MOST_BATCH_MAX_PIECES <= SEATS_A_BATCH, "every piece of a batch has a seat");
bool batch_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct batch *out, struct fault *f);
int batch_all(struct store *s, struct arena *a, int64_t account, int64_t drop_or_0, int64_t before_id /* 0: newest */, int n,
              struct batch **out, struct fault *f);
bool piece_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct piece *out, struct fault *f);
int piece_page(struct store *s, struct arena *a, int64_t account, int64_t batch, int64_t start, int n, struct piece **out,
               struct fault *f);
int piece_refused(struct store *s, struct arena *a, int64_t account, int64_t drop, int n, struct piece **out, struct fault *f);
/* Pieces done of a batch that is being rendered now, -1: it is not. */
struct mail;
int64_t batch_progress(struct mail *m, int64_t batch_id);
/* Path of the batch's pieces.pdf; "" while not Ready, and when it is not kept any more. */
const char *batch_pdf(struct mail *m, struct arena *a, const struct batch *b);
/* It had a print file, which is not kept any more (keep.batch_days). */
bool batch_is_forgotten(const struct batch *b);
