/* story.c: see story.h. Called by links, for each delivery, on their reader. */
#include "mail/story.h"
#include "mail/batch_row.h"
#include "mail/contact_row.h"
#include "mail/drop_row.h"
#include "mail/piece_row.h"
#include "mail/send.h"

static bool read_drop(struct tx *tx, struct arena *a, int64_t account, int64_t drop_id, struct drop *out, struct fault *f)
{
    struct r_drop_printed row;
    if (!tx_first(tx, Q_DROP_PRINTED, &(struct q_drop_printed){account, drop_id}, &row)) return false;
    return drop_row_read(a, &row, out, f) || tx_fail(tx, f);
}

bool piece_story_read(struct tx *tx, struct json_parser *p, struct arena *a, int64_t account, int64_t piece_id,
                      struct piece_story *out)
{
    struct r_piece_find piece;
    struct r_batch_find batch;
    struct fault f;
    if (!tx_first(tx, Q_PIECE_FIND, &(struct q_piece_find){account, piece_id}, &piece)) return false;
    if (!tx_first(tx, Q_BATCH_FIND, &(struct q_batch_find){account, PIECE_BATCH(piece_id)}, &batch)) return false;
    struct batch b = batch_row_read(a, &batch);
    *out = (struct piece_story){
        .piece_id = piece_id, .contact_id = piece.contact_id, .batch_id = b.batch_id, .created_at = piece.created_at};
    out->is_test = b.is_test;
    piece_tracking(&b, piece_id, out->tracking);
    if (!recipient_read(p, a, piece.recipient, &out->who, &f)) return tx_fail(tx, &f);
    return read_drop(tx, a, account, b.drop_id, &out->drop, &f);
}

struct str piece_remote_id(struct tx *tx, struct arena *a, int64_t account, int64_t piece_id, int64_t connection_id)
{
    struct r_piece_source row;
    if (!tx_first(tx, Q_PIECE_SOURCE, &(struct q_piece_source){account, piece_id}, &row)) return STR_NULL;
    struct str ours = source_ref_write(tx_arena(tx), connection_id, STR(""));
    if (row.source_ref.ptr && str_starts(row.source_ref, ours))
        return arena_str(a, str_make(row.source_ref.ptr + ours.len, row.source_ref.len - ours.len));
    return row.connection_id == connection_id ? arena_str(a, row.source_key) : STR_NULL;
}

bool contact_story_read(struct tx *tx, struct json_parser *p, struct arena *a, int64_t account, int64_t contact_id,
                        struct contact *out)
{
    struct r_contact_find row;
    struct fault f;
    if (!tx_first(tx, Q_CONTACT_FIND, &(struct q_contact_find){account, contact_id}, &row)) return false;
    return contact_row_read(p, a, &row, out, &f) || tx_fail(tx, &f);
}
