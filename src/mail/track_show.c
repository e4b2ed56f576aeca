/* track_show.c: what is known of a piece, to be shown, and batches that went quiet. */
#include "mail/track.h"
#include "base/clock.h"
#include "base/limits.h"
#include "mail/mail_private.h"
#include "postal/calendar.h"
#include "postal/scan_time.h"
#include "queries.h"

enum { DAY_MS = 86400000, QUIET_ROWS = 200, QUIET_FROM_DAYS = 60 };
#define LOCAL (STATUS_BIT(STATUS_IN_LOCAL_AREA) | STATUS_BIT(STATUS_PROCESSED))
#define AWAY  (STATUS_BIT(STATUS_REROUTED) | STATUS_BIT(STATUS_RETURNED))

bool track_expect(const struct scan_seen *rows, size_t n, struct track_expected *out)
{
    const struct scan_seen *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].emits & AWAY)
            last = NULL;
        else if (rows[i].emits & LOCAL)
            last = &rows[i];
    }
    if (!last) return false;
    int64_t day = calendar_day(scan_local_ms(last->scanned_at, scan_facility_zip3(last->facility)));
    struct calendar_span span = calendar_expected(day);
    *out = (struct track_expected){span.from_day * DAY_MS, span.to_day * DAY_MS};
    return true;
}

struct read {
    struct arena *arena;
    int64_t account, id;
    struct scan_seen *rows;
    struct quiet_batch *quiet;
    int n, max;
};

static bool read_piece(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_scan_of_piece row;
    struct rows r = tx_rows(tx, Q_SCAN_OF_PIECE, &(struct q_scan_of_piece){g->account, g->id, g->max});
    g->n = 0;
    while (g->n < g->max && rows_next(&r, &row))
        g->rows[g->n++] = (struct scan_seen){
            .scanned_at = row.scanned_at,
            .facility = row.facility,
            .intake_id = row.intake_id,
            .op_code = (int)row.op_code,
            .phase = (enum scan_phase)row.phase,
            .handling = (char)row.handling,
            .emits = (unsigned)row.emits,
            .detail = arena_str(g->arena, row.detail),
        };
    rows_end(&r);
    return tx_ok(tx);
}

int track_of_piece(struct store *s, struct arena *a, int64_t account, int64_t piece_id, struct scan_seen **out, struct fault *f)
{
    int max = (int)limit_get(LIMIT_STORY_ROWS);
    struct read g = {.arena = a, .account = account, .id = piece_id, .rows = ARENA_ARRAY(a, struct scan_seen, max), .max = max};
    if (!store_read(s, read_piece, &g, f)) return -1;
    *out = g.rows;
    return g.n;
}

static bool read_quiet(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_batch_quiet row;
    int64_t now = clock_now_ms(), to = now - limit_get(LIMIT_TRACK_QUIET_DAYS) * DAY_MS;
    struct q_batch_quiet in = {g->account, now - (int64_t)QUIET_FROM_DAYS * DAY_MS, to, g->max, SEATS_A_BATCH};
    struct rows r = tx_rows(tx, Q_BATCH_QUIET, &in);
    g->n = 0;
    while (g->n < g->max && rows_next(&r, &row))
        g->quiet[g->n++] = (struct quiet_batch){row.batch_id, row.drop_id, row.n_pieces, row.handed_over_at,
                                                arena_str(g->arena, row.printer_job)};
    rows_end(&r);
    return tx_ok(tx);
}

int track_quiet(struct store *s, struct arena *a, int64_t account, struct quiet_batch **out, struct fault *f)
{
    struct read g = {
        .arena = a, .account = account, .max = QUIET_ROWS, .quiet = ARENA_ARRAY(a, struct quiet_batch, QUIET_ROWS)};
    if (!store_read(s, read_quiet, &g, f)) return -1;
    *out = g.quiet;
    return g.n;
}
