/* printed_add.c: a printer's line: may it be said of this piece, and what tracking makes of it (track.h). Called by printed.c inside its units. */
#include "mail/printed.h"
#include "mail/batch_row.h"
#include "mail/recipient.h"
#include "mail/track.h"
#include "base/json_out.h"
#include "base/log.h"
#include "queries.h"

static enum printed_result refuse(struct tx *tx, enum scan_reason *reason, enum scan_reason is, struct str *why,
                                  int64_t piece_id, const char *what)
{
    *reason = is;
    *why = str_of(arena_printf(tx_arena(tx), "piece %lld %s", (long long)piece_id, what));
    return PRINTED_REFUSED;
}

/* The address as it was corrected to be printed. */
static struct str corrected(struct arena *a, const struct address *ad)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "address_street", ad->street);
    json_str(&j, "address_street2", ad->unit.len ? ad->unit : STR_NULL);
    json_str(&j, "address_city", ad->city);
    json_str(&j, "address_state", ad->state);
    json_str(&j, "address_zip",
             ad->zip4.len ? str_of(arena_printf(a, "%.*s-%.*s", STR_ARG(ad->zip5), STR_ARG(ad->zip4))) : ad->zip5);
    json_end(&j);
    json_out_end(&j);
    struct str s = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return s;
}

enum printed_result printed_add(struct mail *m, struct tx *tx, struct json_parser *p, int64_t account,
                                const struct printed_row *row, int64_t intake_id, enum scan_reason *reason, struct str *why)
{
    struct r_piece_find piece;
    struct r_batch_find batch;
    struct address ad;
    struct fault f;
    if (!tx_first(tx, Q_PIECE_FIND, &(struct q_piece_find){account, row->piece_id}, &piece) ||
        !tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, PIECE_BATCH(row->piece_id)}, &batch))
        return refuse(tx, reason, SCAN_REASON_PIECE, why, row->piece_id, "is not there");
    if (piece.state != PIECE_SEATED || batch.is_test || batch.state < BATCH_HANDING_OVER)
        return refuse(tx, reason, SCAN_REASON_PIECE, why, row->piece_id, "was not handed to a printer");
    struct recipient *who = ARENA_NEW(tx_arena(tx), struct recipient);
    if (!recipient_read(p, tx_arena(tx), piece.recipient, who, &f)) return tx_fail(tx, &f), PRINTED_REFUSED;
    struct address_in in = recipient_address(who->values, who->n_values);
    bool has_address = address_standardise(tx_arena(tx), &in, &ad, &f);
    if (row->status == STATUS_MAILED && !(has_address && ad.country == ADDRESS_CA))
        return refuse(tx, reason, SCAN_REASON_STATUS, why, row->piece_id,
                      "goes to the US, where the first scan says that it is Mailed");
    struct track_row seen = {.account = account, .piece_id = row->piece_id, .scan = track_printed(row->status, row->at_ms)};
    struct track_count count = {0};
    if (row->status == STATUS_ADDRESSED && has_address) seen.detail = corrected(tx_arena(tx), &ad);
    if (!track_add(m, tx, &seen, 1, intake_id, &count)) return PRINTED_REFUSED; /* the unit failed */
    return count.n_added ? PRINTED_USED : PRINTED_REPEAT;
}
