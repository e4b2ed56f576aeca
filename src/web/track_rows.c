/* track_rows.c: see track_rows.h. Called by the campaign's and the piece's page, on pool threads. */
#include "web/track_rows.h"
#include "mail/stat.h"
#include "mail/track.h"
#include "mail/visit.h"
#include "postal/scan_time.h"
#include "web/show.h"
#include "queries.h"
#include <stdlib.h>

enum { DAY_MS = 86400000, DAYS_SHOWN = 60, VISITS_SHOWN = 50 };

/* ---- a drop's numbers ---- */

/* Each step with what it is a part of. */
static const struct step {
    int code;
    const char *group, *word, *glyph, *tint;
} steps[] = {
    {STATUS_CREATED, "At the printer", "Created", "sheet", ""},
    {STATUS_MAILED, "In the mail", "Mailed", "mailed", "blue"},
    {STATUS_IN_TRANSIT, NULL, "In transit", "transit", "blue"},
    {STATUS_IN_LOCAL_AREA, NULL, "In local area", "local", "blue"},
    {STATUS_PROCESSED, NULL, "Processed for delivery", "processed", "blue"},
    {STATUS_REROUTED, "Off the way", "Re-routed", "rerouted", "ochre"},
    {STATUS_RETURNED, NULL, "Returned to sender", "returned", "red"},
    {STATUS_PURL_OPENED, "On the web", "Visits", "opened", "violet"},
    {STAT_VISIT, NULL, "Page views", "opened", "violet"},
    {STAT_VISITOR, NULL, "Unique visitors", "opened", "violet"},
    {STATUS_PURL_COMPLETED, NULL, "Visits that reached the goal", "completed", "violet"},
    {STAT_CONVERSION, NULL, "Conversions", "completed", "violet"},
};
enum { STEPS = sizeof steps / sizeof *steps };

static const struct {
    int code;
    const char *name;
} day_columns[] = {
    {STATUS_CREATED, "created"},     {STATUS_MAILED, "mailed"},       {STATUS_IN_TRANSIT, "transit"},
    {STATUS_IN_LOCAL_AREA, "local"}, {STATUS_PROCESSED, "processed"}, {STATUS_RETURNED, "returned"},
    {STATUS_PURL_OPENED, "visits"},  {STAT_VISITOR, "visitors"},      {STAT_CONVERSION, "conversions"},
};
enum { DAY_COLUMNS = sizeof day_columns / sizeof *day_columns };

/* Shares are of the pieces that were written. */
static void add_steps(struct view *v, const struct stat_totals *t, int64_t pieces)
{
    for (int i = 0; i < STEPS; i++) {
        const struct step *s = &steps[i];
        struct view *row = view_item(v, "steps");
        int64_t n = t->n[s->code];
        bool is_part = pieces > 0 && s->code != STATUS_PURL_OPENED && s->code != STAT_VISIT &&
                       s->code != STATUS_PURL_COMPLETED && n <= pieces;
        view_strz(row, "group", s->group);
        view_strz(row, "step", s->word);
        view_strz(row, "step_glyph", s->glyph);
        view_strz(row, "step_tint", s->tint);
        show_count(row, "reached", n);
        if (!is_part) continue;
        struct view *share = view_item(row, "share");
        view_number(share, "part", n);
        view_number(share, "whole", pieces);
        view_fmt(share, "percent", "%.1f%%", 100.0 * (double)n / (double)pieces);
    }
}

static void add_days(struct view *v, const struct stat_day_row *days, int n)
{
    int first = n > DAYS_SHOWN ? n - DAYS_SHOWN : 0;
    for (int i = n - 1; i >= first; i--) {
        struct view *row = view_item(v, "days");
        show_day(row, "day", days[i].day * DAY_MS);
        for (int c = 0; c < DAY_COLUMNS; c++) show_count(row, day_columns[c].name, days[i].totals.n[day_columns[c].code]);
    }
    if (first) view_fmt(v, "earlier_days", "%d", first);
}

static bool add_track(struct page *p, const struct drop *d, bool is_test, int64_t pieces, struct fault *f)
{
    struct stat_totals totals;
    struct stat_day_row *days;
    if (!stat_of_drop(p->store, p->account, d->drop_id, is_test, &totals, f)) return false;
    int n = stat_by_day(p->store, p->arena, p->account, d->drop_id, is_test, 0, INT32_MAX, &days, f);
    if (n <= 0) return n == 0;
    struct view *v = view_item(p->view, "tracks");
    view_flag(v, "track_is_test", is_test);
    add_steps(v, &totals, pieces);
    add_days(v, days, n);
    return true;
}

struct written {
    int64_t account, drop_id, n[2]; /* live, test */
};

static bool read_written(struct tx *tx, void *arg)
{
    struct written *g = arg;
    struct r_web_drop_written row;
    struct rows r = tx_rows(tx, Q_WEB_DROP_WRITTEN, &(struct q_web_drop_written){g->account, g->drop_id});
    while (rows_next(&r, &row)) g->n[row.is_test != 0] = row.n_pieces;
    rows_end(&r);
    return tx_ok(tx);
}

bool track_rows(struct page *p, const struct drop *d, struct fault *f)
{
    struct written w = {.account = p->account, .drop_id = d->drop_id};
    return store_read(p->store, read_written, &w, f) && add_track(p, d, false, w.n[0], f) && add_track(p, d, true, w.n[1], f);
}

/* ---- one piece's journey ---- */

struct stop {
    int64_t at, order; /* shown time; what came later is further up */
    const char *word, *glyph, *tint, *note;
    struct str detail;
    bool is_test;
};

static int newest_first(const void *pa, const void *pb)
{
    const struct stop *a = pa, *b = pb;
    return a->order != b->order ? (a->order < b->order) - (a->order > b->order) : 0;
}

static const struct step *step_of(int code)
{
    for (int i = 0; i < STEPS; i++)
        if (steps[i].code == code) return &steps[i];
    return NULL;
}

/* A scan that caused nothing is in the story (`pennypost why`), not here. */
static int add_scans(struct page *p, const struct scan_seen *scans, int n, struct stop *out)
{
    int k = 0;
    for (int i = 0; i < n; i++)
        for (size_t s = 0; status_at(s); s++) {
            const struct status_def *status = status_at(s);
            const struct scan_seen *row = &scans[i];
            if (!(row->emits & STATUS_BIT(status->code))) continue;
            const struct step *step = step_of(status->code);
            bool is_usps = row->facility > 0;
            out[k++] = (struct stop){
                .at = is_usps ? scan_local_ms(row->scanned_at, scan_facility_zip3(row->facility)) : row->scanned_at,
                .order = row->scanned_at,
                .word = step ? step->word : status->api,
                .glyph = step ? step->glyph : "sheet",
                .tint = step ? step->tint : "",
                .note = is_usps                ? arena_printf(p->arena, "facility %05lld, operation %d, time of that place",
                                                              (long long)row->facility, row->op_code)
                        : row->handling == 'P' ? "as the printer says"
                                               : "by an address change record",
            };
        }
    return k;
}

static int add_visits(const struct visit_row *visits, int n, struct stop *out)
{
    static const struct {
        const char *word, *glyph;
    } kinds[] = {[VISIT_OPENED] = {"Personal URL opened", "opened"},
                 [VISIT_PAGE] = {"Page seen", "opened"},
                 [VISIT_GOAL] = {"Goal reached", "completed"}};
    for (int i = 0; i < n; i++)
        out[i] = (struct stop){.at = visits[i].visited_at,
                               .order = visits[i].visited_at,
                               .word = kinds[visits[i].kind].word,
                               .glyph = kinds[visits[i].kind].glyph,
                               .tint = "violet",
                               .detail = visits[i].url,
                               .is_test = visits[i].is_test};
    return n;
}

static void add_expected(struct page *p, const struct scan_seen *scans, int n)
{
    struct track_expected e;
    if (!track_expect(scans, (size_t)n, &e)) return;
    struct view *v = view_item(p->view, "expected");
    show_day(v, "expected_from", e.from_ms);
    if (e.to_ms != e.from_ms) show_day(v, "expected_to", e.to_ms);
}

bool journey_rows(struct page *p, const struct piece *piece, struct fault *f)
{
    struct scan_seen *scans;
    struct visit_row *visits;
    int n_scans = track_of_piece(p->store, p->arena, p->account, piece->piece_id, &scans, f);
    int n_visits = visit_of_piece(p->store, p->arena, p->account, piece->piece_id, VISITS_SHOWN, &visits, f);
    if (n_scans < 0 || n_visits < 0) return false;
    struct stop *stops = ARENA_ARRAY(p->arena, struct stop, n_scans * STATUS_CODES + n_visits + 1);
    int n = add_scans(p, scans, n_scans, stops);
    n += add_visits(visits, n_visits, stops + n);
    stops[n++] =
        (struct stop){.at = piece->created_at, .order = piece->created_at, .word = "Accepted", .glyph = "ring", .tint = ""};
    qsort(stops, (size_t)n, sizeof *stops, newest_first);
    add_expected(p, scans, n_scans);
    for (int i = 0; i < n; i++) {
        struct view *row = view_item(p->view, "journey");
        view_strz(row, "stop", stops[i].word);
        view_strz(row, "stop_glyph", stops[i].glyph);
        view_strz(row, "stop_tint", stops[i].tint);
        view_strz(row, "stop_note", stops[i].note);
        view_str(row, "stop_detail", stops[i].detail);
        view_flag(row, "stop_is_test", stops[i].is_test);
        show_time(row, "stop_time", stops[i].at);
    }
    if (n_visits == VISITS_SHOWN) view_fmt(p->view, "many_visits", "%d", VISITS_SHOWN);
    return true;
}
