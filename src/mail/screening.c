/* screening.c: see screening.h. The keys of a batch's people are made outside any unit; then chunks of them are decided in units of their
 * own, so that a large batch does not hold the writer. A unit that runs again decides the same. */
#include "mail/screening.h"
#include "mail/piece_row.h"
#include "mail/recipient.h"
#include "mail/suppression.h"
#include "base/limits.h"
#include "base/log.h"

enum { DAY_MS = 86400000 };

struct screening {
    struct mail *mail;
    struct arena *arena;
    struct render_job *r;
    struct render_seat *seats; /* the job's, to be moved */
    struct suppression_key *keys;
    bool *has_address, *stays;
    bool has_suppressed;
    int from, to; /* of this unit */
};

static bool is_spaced(const struct screening *s) { return s->r->drop.min_days_between > 0; }

static bool read_uses(struct tx *tx, void *arg)
{
    struct screening *s = arg;
    s->has_suppressed = !suppression_is_empty(tx, s->r->account);
    return tx_ok(tx);
}

static bool make_keys(struct screening *s, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct recipient *who = ARENA_NEW(s->arena, struct recipient);
    struct address ad;
    struct fault why;
    bool ok = true;
    for (int i = 0; i < s->r->n_seats && ok; i++) {
        if (!(ok = recipient_read(p, s->arena, s->seats[i].recipient, who, f))) break;
        struct address_in in = recipient_address(who->values, who->n_values);
        s->has_address[i] = address_standardise(s->arena, &in, &ad, &why); /* if not, the press job refuses it */
        if (s->has_address[i]) address_match_key(&ad, in.last_name, s->keys[i].match);
        struct str email = who->n_values > FIELD_EMAIL_ADDRESS ? who->values[FIELD_EMAIL_ADDRESS] : STR_NULL;
        s->keys[i].has_email = email.len > 0;
        if (email.len) suppression_email_key(email, s->keys[i].email);
    }
    json_parser_destroy(&p);
    return ok;
}

static bool refuse_suppressed(struct tx *tx, const struct screening *s, int i, int64_t list)
{
    struct str why = str_of(arena_printf(tx_arena(tx), "on suppression list %lld", (long long)list));
    return piece_refuse(tx, s->r->account, s->seats[i].piece_id, PIECE_SUPPRESSED, why);
}

/* *stays false: this campaign mailed to the address less than its minimum of days ago. */
static bool space(struct tx *tx, struct screening *s, int i)
{
    const struct render_job *r = s->r;
    int64_t days = r->drop.min_days_between, now = tx_now(tx), piece_id = s->seats[i].piece_id;
    struct str key = str_make(s->keys[i].match, sizeof s->keys[i].match);
    struct r_mailed_find last;
    bool was = tx_first(tx, Q_MAILED_FIND, &(struct q_mailed_find){r->account, key, r->drop.campaign_id}, &last);
    if (was && last.piece_id == piece_id) return true;
    if (was && now - last.mailed_at < days * DAY_MS) {
        struct str why =
            str_of(arena_printf(tx_arena(tx), "mailed %lld days ago (piece %lld); the campaign waits %lld days",
                                (long long)((now - last.mailed_at) / DAY_MS), (long long)last.piece_id, (long long)days));
        s->stays[i] = false;
        return piece_refuse(tx, r->account, piece_id, PIECE_MAILED_LATELY, why);
    }
    if (r->batch.is_test) return tx_ok(tx);
    return tx_run(tx, Q_MAILED_PUT, &(struct q_mailed_put){r->account, key, r->drop.campaign_id, piece_id, now}, NULL);
}

static bool decide(struct tx *tx, void *arg)
{
    struct screening *s = arg;
    for (int i = s->from; i < s->to && tx_ok(tx); i++) {
        int64_t list;
        s->stays[i] = true;
        if (s->has_suppressed && suppression_find(tx, s->r->account, &s->keys[i], &list)) {
            s->stays[i] = false;
            refuse_suppressed(tx, s, i, list);
        } else if (is_spaced(s) && s->has_address[i]) {
            space(tx, s, i);
        }
    }
    return tx_ok(tx);
}

static void move_together(struct screening *s)
{
    int n = 0;
    for (int i = 0; i < s->r->n_seats; i++) {
        if (!s->stays[i]) continue;
        s->seats[n] = s->seats[i];
        s->seats[n].match = s->has_address[i] && is_spaced(s) ? s->keys[i].match : NULL;
        n++;
    }
    s->r->n_seats = n;
}

bool screening_run(struct mail *m, struct arena *a, struct render_job *r, struct fault *f)
{
    struct screening s = {.mail = m, .arena = a, .r = r, .seats = r->seats};
    int n = r->n_seats, step = (int)limit_get(LIMIT_SCREENING_PER_UNIT);
    if (!store_read(m->store, read_uses, &s, f)) return false;
    if ((!s.has_suppressed && !is_spaced(&s)) || n == 0) return true;
    s.keys = ARENA_ARRAY(a, struct suppression_key, n);
    s.has_address = ARENA_ARRAY(a, bool, n);
    s.stays = ARENA_ARRAY(a, bool, n);
    if (!make_keys(&s, f)) return false;
    for (s.from = 0; s.from < n; s.from = s.to) {
        s.to = s.from + step < n ? s.from + step : n;
        if (!store_write(m->store, decide, &s, f)) return false;
    }
    move_together(&s);
    return true;
}

bool screening_give_back(struct tx *tx, const struct render_job *r, int64_t piece_id)
{
    int low = 0, high = r->n_seats; /* seats stand in order */
    while (low < high) {
        int mid = low + (high - low) / 2;
        if (r->seats[mid].piece_id < piece_id)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == r->n_seats || r->seats[low].piece_id != piece_id || !r->seats[low].match || r->batch.is_test) return true;
    struct q_mailed_give_back in = {r->account, str_make(r->seats[low].match, 16), r->drop.campaign_id, piece_id};
    return tx_run(tx, Q_MAILED_GIVE_BACK, &in, NULL);
}
