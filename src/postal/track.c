/* track.c: what a scan says about its piece that was not known. Called for each matched scan, by the intake and when an orphan finds
 * its piece. Pure; any thread. */
#include "postal/track.h"
#include "postal/calendar.h"
#include "postal/scan_time.h"
#include "postal/status.h"
#include "postal/stid.h"

#define BIT_MAILED    STATUS_BIT(STATUS_MAILED)
#define BIT_PROCESSED STATUS_BIT(STATUS_PROCESSED)
#define BIT_REROUTED  STATUS_BIT(STATUS_REROUTED)
#define BIT_RETURNED  STATUS_BIT(STATUS_RETURNED)
#define BITS_ON_WAY   (STATUS_BIT(STATUS_IN_TRANSIT) | STATUS_BIT(STATUS_IN_LOCAL_AREA) | BIT_PROCESSED)

struct history {
    unsigned reached;
    int64_t processed_at, returned_at; /* the first; INT64_MAX: never */
};

static int64_t local_day(int64_t at, int64_t facility) { return calendar_day(scan_local_ms(at, scan_facility_zip3(facility))); }

/* ReRouted is news again at another facility or on another day. */
static bool is_same_reroute(const struct scan *s, const struct track_seen *seen)
{
    return seen->facility == s->facility &&
           local_day(seen->scanned_at, seen->facility) == local_day(s->scanned_at, s->facility);
}

static struct history history_of(const struct scan *s, const struct track_seen *seen, size_t n)
{
    struct history h = {0, INT64_MAX, INT64_MAX};
    for (size_t i = 0; i < n; i++) {
        unsigned emits = seen[i].emits;
        if ((emits & BIT_REROUTED) && !is_same_reroute(s, &seen[i])) emits &= ~BIT_REROUTED;
        h.reached |= emits;
        if ((emits & BIT_PROCESSED) && seen[i].scanned_at < h.processed_at) h.processed_at = seen[i].scanned_at;
        if ((emits & BIT_RETURNED) && seen[i].scanned_at < h.returned_at) h.returned_at = seen[i].scanned_at;
    }
    return h;
}

static unsigned evidence_of(const struct scan *s, const struct track_piece *p)
{
    int zip3 = scan_facility_zip3(s->facility);
    bool is_near_sender = zip3 >= 0 && zip3 == p->return_zip3;
    bool returns = is_near_sender || p->has_nixie || stid_returns(p->stid);
    return (returns ? OP_EVIDENCE_RETURN : 0u) | (s->has_id_tag ? OP_EVIDENCE_ID_TAG : 0u);
}

/* Before the last sorting: phases 0 to 2; where the feed gives none, what the table says of the operation. */
static bool is_early(const struct scan *s, unsigned caused)
{
    if (s->phase == SCAN_PHASE_NONE) return (caused & BITS_ON_WAY) && !(caused & BIT_PROCESSED);
    return caused && s->phase >= SCAN_PHASE_0 && s->phase <= SCAN_PHASE_2C;
}

/* A piece that was out for delivery and is sorted early again goes elsewhere: home, or to another address (rules 4 and 5). */
static unsigned moved_on(const struct scan *s, const struct track_piece *p, const struct history *h, unsigned caused)
{
    int zip3 = scan_facility_zip3(s->facility);
    if (s->scanned_at <= h->processed_at || s->handling != 'A' || zip3 < 0 || !is_early(s, caused)) return caused;
    if (zip3 == p->return_zip3 && zip3 != p->destination_zip3) return BIT_RETURNED;
    if (p->destination_zip3 >= 0 && zip3 != p->destination_zip3 && zip3 != p->return_zip3) return BIT_REROUTED;
    return caused;
}

unsigned track_emits(const struct op_table *t, const struct scan *s, const struct track_piece *p, const struct track_seen *seen,
                     size_t n_seen)
{
    if (s->handling == 'S') return 0; /* assumed from its tray: nobody has seen the piece */
    struct history h = history_of(s, seen, n_seen);
    unsigned caused = op_table_get(t, s->op_code, (enum scan_phase)s->phase, evidence_of(s, p));
    caused = moved_on(s, p, &h, caused);
    if (s->scanned_at > h.returned_at) caused &= ~BITS_ON_WAY; /* that is the way back */
    return status_news(h.reached, caused | BIT_MAILED);
}
