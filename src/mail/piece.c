/* piece.c: pieces to look at, and their move to Refused. A piece's row is written once; its page and its tracking code follow
 * from its seat and its batch. */
#include "mail/batch_row.h"
#include "mail/piece_row.h"
#include "mail/recipient.h"
#include "base/log.h"
#include "postal/imb.h"
#include "queries.h"

static const unsigned moves[] = {
    [PIECE_SEATED] = 1u << PIECE_REFUSED | 1u << PIECE_CANCELLED,
    [PIECE_REFUSED] = 0,
    [PIECE_CANCELLED] = 0,
};

const char *piece_state_word(enum piece_state s)
{
    static const char *const words[] = {
        [PIECE_SEATED] = "accepted", [PIECE_REFUSED] = "refused", [PIECE_CANCELLED] = "cancelled"};
    ASSERT(s >= PIECE_SEATED && s <= PIECE_CANCELLED);
    return words[s];
}

const char *piece_refusal_text(int refusal)
{
    if (refusal == PIECE_SUPPRESSED) return "suppressed";
    if (refusal == PIECE_MAILED_LATELY) return "mailed lately";
    if (refusal == PIECE_PRINTER_REFUSED) return "the printer refused it";
    return press_refusal_text((enum press_refusal)refusal);
}

bool piece_refuse(struct tx *tx, int64_t account, int64_t piece_id, int refusal, struct str detail)
{
    ASSERT(moves[PIECE_SEATED] & 1u << PIECE_REFUSED);
    return tx_run(tx, Q_PIECE_REFUSE, &(struct q_piece_refuse){account, piece_id, refusal, detail}, NULL);
}

bool piece_cancel(struct tx *tx, int64_t account, int64_t from_id, int64_t to_id, int64_t *n)
{
    ASSERT(moves[PIECE_SEATED] & 1u << PIECE_CANCELLED);
    return tx_run(tx, Q_PIECE_CANCEL, &(struct q_piece_cancel){account, from_id, to_id}, n);
}

void piece_tracking(const struct batch *b, int64_t piece_id, char out[21])
{
    out[0] = '\0';
    if (b->first_serial == DB_NULL) return;
    bool ok = imb_tracking(0, b->stid, b->mid, b->first_serial + PIECE_SEAT(piece_id), out);
    ASSERT(ok);
}

/* ---- reading ---- */

struct read {
    struct arena *arena;
    struct json_parser *parser;
    int64_t account, id, start;
    struct piece *rows;
    int n, max;
    struct batch batch; /* of the pieces at hand */
};

static bool take(struct read *g, struct tx *tx, const struct r_piece_find *r, struct piece *out)
{
    struct recipient who;
    struct fault f;
    if (!recipient_read(g->parser, g->arena, r->recipient, &who, &f)) return tx_fail(tx, &f);
    *out = (struct piece){
        .piece_id = r->piece_id,
        .contact_id = r->contact_id,
        .batch_id = PIECE_BATCH(r->piece_id),
        .drop_id = g->batch.drop_id,
        .created_at = r->created_at,
        .state = (enum piece_state)r->state,
        .refusal = (int)r->reason,
        .detail = arena_str(g->arena, r->detail),
        .n_values = FIELD_KNOWN,
    };
    for (int i = 0; i < FIELD_KNOWN && i < who.n_values; i++) out->values[i] = who.values[i];
    for (int i = 0; i < who.n_extra; i++) out->values[out->n_values++] = who.extra_values[i];
    char tracking[21];
    piece_tracking(&g->batch, r->piece_id, tracking);
    out->tracking = str_of(arena_strz(g->arena, tracking));
    return true;
}

/* Pages are equally many for each piece of a batch, and refused pieces have none. */
static bool set_page(struct tx *tx, struct read *g, struct piece *p)
{
    struct r_piece_printed_before before = {0};
    struct q_piece_printed_before in = {g->account, PIECE_ID(p->batch_id, 0), p->piece_id};
    if (g->batch.state < BATCH_READY || !g->batch.pages_each || p->state != PIECE_SEATED) return true;
    tx_first(tx, Q_PIECE_PRINTED_BEFORE, &in, &before);
    p->first_page = (int)(before.n * g->batch.pages_each + 1);
    return tx_ok(tx);
}

static bool read_batch(struct tx *tx, struct read *g, int64_t batch_id)
{
    struct r_batch_find b;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){g->account, batch_id}, &b)) return false;
    g->batch = batch_row_read(g->arena, &b);
    return true;
}

static bool read_one(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_piece_find r;
    if (!tx_first(tx, Q_PIECE_FIND, &(struct q_piece_find){g->account, g->id}, &r) || !read_batch(tx, g, PIECE_BATCH(g->id)))
        return tx_not_found(tx, "piece", g->id);
    return take(g, tx, &r, g->rows) && set_page(tx, g, g->rows);
}

static bool run_read(struct store *s, store_fn *fn, struct read *g, struct fault *f)
{
    g->parser = json_parser_create();
    bool ok = store_read(s, fn, g, f);
    json_parser_destroy(&g->parser);
    return ok;
}

bool piece_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct piece *out, struct fault *f)
{
    struct piece row;
    struct read g = {.arena = a, .account = account, .id = id, .rows = &row};
    if (!run_read(s, read_one, &g, f)) return false;
    *out = row;
    return true;
}

static bool read_page(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_piece_find row;
    g->n = 0;
    if (!read_batch(tx, g, g->id)) return tx_not_found(tx, "batch", g->id);
    struct q_piece_range in = {g->account, PIECE_ID(g->id, g->start), PIECE_ID(g->id + 1, 0) - 1, g->max};
    struct rows r = tx_rows(tx, Q_PIECE_RANGE, &in);
    while (g->n < g->max && rows_next(&r, &row))
        if (!take(g, tx, &row, &g->rows[g->n++])) break;
    rows_end(&r);
    for (int i = 0; i < g->n && tx_ok(tx); i++) { /* one count for the first, the others follow */
        struct piece *p = &g->rows[i];
        if (p->state != PIECE_SEATED) continue;
        int last = i - 1;
        while (last >= 0 && !g->rows[last].first_page) last--;
        if (last < 0)
            set_page(tx, g, p);
        else
            p->first_page = g->rows[last].first_page + (int)g->batch.pages_each;
    }
    return tx_ok(tx);
}

int piece_page(struct store *s, struct arena *a, int64_t account, int64_t batch, int64_t start, int n, struct piece **out,
               struct fault *f)
{
    ASSERT(n > 0 && start >= 0 && start < SEATS_A_BATCH);
    struct read g = {
        .arena = a, .account = account, .id = batch, .start = start, .max = n, .rows = ARENA_ARRAY(a, struct piece, n)};
    if (!run_read(s, read_page, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

static bool read_refused(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_piece_find row;
    g->n = 0;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){g->account, g->id}, NULL)) return tx_not_found(tx, "campaign", g->id);
    struct rows r =
        tx_rows(tx, Q_PIECE_REFUSED_OF_DROP, &(struct q_piece_refused_of_drop){g->account, g->id, g->max, SEATS_A_BATCH});
    while (g->n < g->max && rows_next(&r, &row)) {
        if (g->batch.batch_id != PIECE_BATCH(row.piece_id) && !read_batch(tx, g, PIECE_BATCH(row.piece_id))) break;
        if (!take(g, tx, &row, &g->rows[g->n++])) break;
    }
    rows_end(&r);
    return tx_ok(tx);
}

int piece_refused(struct store *s, struct arena *a, int64_t account, int64_t drop, int n, struct piece **out, struct fault *f)
{
    ASSERT(n > 0);
    struct read g = {.arena = a, .account = account, .id = drop, .max = n, .rows = ARENA_ARRAY(a, struct piece, n)};
    if (!run_read(s, read_refused, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}
